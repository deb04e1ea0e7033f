package archive_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
)

// seal replaces the last line by one that fits what is before it.
func seal(body string, queues, parts, messages int) string {
	sum := sha256.Sum256([]byte(body))
	return body + fmt.Sprintf(`{"end":{"queues":%d,"parts":%d,"messages":%d,"sha256":"%s"}}`+"\n", queues, parts, messages, hex.EncodeToString(sum[:]))
}

func TestHostileFilesAreRefusedAndChangeNothing(t *testing.T) {
	good := export(t, small(t), archive.ExportOptions{})
	lines := strings.SplitAfter(good, "\n")
	header, queue, message := lines[0], lines[1], lines[2]
	at := strings.Index(message, `"packet":"`) + len(`"packet":"`)
	edit := func(line, old, new string) string {
		if !strings.Contains(line, old) {
			t.Fatalf("no %s in %s", old, line)
		}
		return strings.Replace(line, old, new, 1)
	}
	rest := strings.Join(lines[1:], "")
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "empty"},
		{"another file", "PK\x03\x04 zip", "no export of Posthouse"},
		{"another file with lines", "a,b,c\n1,2,3\n", "no export of Posthouse"},
		{"other JSON", `{"messages":[]}` + "\n", "no export of Posthouse"},
		{"another kind", edit(header, `"export"`, `"backup"`) + rest, "no export of Posthouse"},
		{"a newer version", edit(header, `"version":1`, `"version":2,"compressed":true`) + rest, "version 2"},
		{"version 0", edit(header, `"version":1`, `"version":0`) + rest, "version 0"},
		{"a newer program's field", header + edit(queue, `"label"`, `"colour":"red","label"`), "colour"},
		{"no header", rest, "no export of Posthouse"},
		{"two headers", header + header + rest, "second header"},
		{"two exports joined", good + good, "follows the end"},
		{"bytes after the end", good + "\n", "follows the end"},
		{"an unknown line", header + `{"script":"rm -rf /"}` + "\n", "script"},
		{"an empty line", header + "\n", "line 2"},
		{"an empty object", header + "{}\n", "not one of"},
		{"two things on a line", header + edit(queue, `{"queue"`, `{"part":{"name":"x"},"queue"`), "not one of"},
		{"two values on a line", header + strings.TrimSpace(queue) + " {}\n", "more follows"},
		{"a message before any queue", header + message, "outside of a queue"},
		{"a queue twice", header + queue + queue, "twice"},
		{"a queue of another computer", header + edit(queue, `.\\private$`, `HUB\\private$`), "names a computer"},
		{"a path trick", header + edit(queue, `private$\\orders`, `private$\\..\\..\\etc\\passwd`), "line 2"},
		{"a bad queue name", header + edit(queue, `private$\\orders`, `private$\\or+ders`), "the character '+'"},
		{"a part as a queue", header + edit(queue, `orders"`, `orders;poison"`), "no private queue"},
		{"a queue as a part", header + `{"part":{"name":".\\private$\\orders"}}` + "\n", "needs a definition"},
		{"bad permissions", header + edit(queue, `"sddl":"`, `"sddl":"X`), "permissions"},
		{"bad base64", header + queue + message[:at] + "!!" + message[at+2:], "base64"},
		{"a packet with a damaged header", header + queue + message[:at] + "AAAA" + message[at+4:], "the packet of message"},
		{"a packet cut short", header + queue + message[:at+40] + message[len(message)-4:], "line 3"},
		{"a wrong hash", strings.Replace(good, "Ærø", "Arø", 1), "hash"},
		{"wrong counts", seal(strings.Join(lines[:len(lines)-2], ""), 2, 1, 7), "7 messages"},
		{"no end", strings.Join(lines[:len(lines)-2], ""), "part of it is missing"},
		{"a line cut", good[:len(good)-20], "middle of a line"},
		{"a bomb of one line", header + `{"message":{"packet":"` + strings.Repeat("A", 8<<20), "longer than any message"},
		{"a deep bomb", header + strings.Repeat(`[`, 200_000) + "\n", "line 2"},
		{"negative counts", header + queue + edit(message, `"packet"`, `"aborts":-1,"packet"`), "counts"},
		{"NUL bytes", header + strings.Repeat("\x00", 100) + "\n", "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := empty()
			r, err := archive.Import(t.Context(), n, strings.NewReader(c.file), archive.ImportOptions{})
			if mgmtclient.Code(err) != mq.ErrInvalidParameter || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
			if len(must(n.Queues(t.Context(), mgmtclient.QueueFilter{}))) != 0 || r.Messages != 0 {
				t.Errorf("something was imported: %+v", r)
			}
		})
	}
}

func TestAFileCutAnywhereIsRefused(t *testing.T) {
	good := export(t, small(t), archive.ExportOptions{})
	for i := range len(good) {
		if _, err := archive.Verify(t.Context(), strings.NewReader(good[:i])); err == nil {
			t.Fatalf("cut at byte %d of %d it was taken for whole", i, len(good))
		}
	}
}

func TestAnEndlessLineTakesNoMoreMemoryThanTheLongestMessage(t *testing.T) {
	header, _, _ := strings.Cut(export(t, small(t), archive.ExportOptions{}), "\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := archive.Verify(t.Context(), io.MultiReader(strings.NewReader(header+"\n"), endless{}))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "longer than any message") {
		t.Errorf("error %v", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d bytes were allocated for a line that is too long", got)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func FuzzVerify(f *testing.F) {
	var b strings.Builder
	n := empty()
	must(n.CreateQueue(f.Context(), "a", mgmtclient.QueueSettings{}))
	must(n.Send(f.Context(), mgmtclient.SendRequest{Queue: "a", Label: "x", Body: []byte("<?xml?>")}))
	must(archive.Export(f.Context(), n, &b, archive.ExportOptions{Journals: true}))
	f.Add(b.String())
	f.Add(strings.Replace(b.String(), `"version":1`, `"version":9`, 1))
	f.Add(b.String()[:200] + "\n{}\n")
	f.Fuzz(func(t *testing.T, file string) {
		s, err := archive.Verify(t.Context(), strings.NewReader(file))
		if err != nil {
			if mgmtclient.Code(err) != mq.ErrInvalidParameter {
				t.Fatalf("error without a reason: %v", err)
			}
			return
		}
		// What is accepted is imported as it says.
		n := empty()
		r, err := archive.Import(t.Context(), n, strings.NewReader(file), archive.ImportOptions{Own: true})
		if err == nil && r.Messages != s.Messages {
			t.Fatalf("%d messages of %d were imported without an error", r.Messages, s.Messages)
		}
	})
}
