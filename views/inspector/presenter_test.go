package inspector

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen/screentest"
)

const orders = `HUB-CPH01\private$\orders.in`

type view struct {
	*screentest.Host
	node *fake.Node
	p    *Presenter
}

func newView(t *testing.T, n *fake.Node) *view {
	t.Helper()
	h := screentest.New(t, n)
	return &view{h, n, NewPresenter(h)}
}

// show shows the i-th message of a queue and waits for its body.
func (v *view) show(t *testing.T, queue string, i int) mgmtclient.Message {
	t.Helper()
	page, err := v.node.Messages(context.Background(), queue, mgmtclient.Page{Limit: i + 1})
	if err != nil {
		t.Fatal(err)
	}
	n, _ := v.Node("")
	v.p.Show(v.Scope(), n, queue, page.Messages[i])
	v.Until(t, "the body", func() bool { return !v.p.loading })
	return page.Messages[i]
}

func value(pairs []kit.Pair, key string) string {
	for _, p := range pairs {
		if p.Key == key {
			return strings.TrimSpace(p.Value + " " + p.Tail)
		}
	}
	return "(none)"
}

func TestAMessageInPlainWords(t *testing.T) {
	v := newView(t, fake.Sample())
	v.show(t, orders, 3)
	for key, want := range map[string]string{
		"Class":          "Normal message",
		"Message ID":     `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961`,
		"Sent":           "19 Nov 2026 00:03:32",
		"Arrived":        "19 Nov 2026 00:03:33 1 s later",
		"Expires":        "23 Nov 2026 00:03 in 3 d 9 h",
		"Delivery":       "Recoverable, transactional",
		"Priority":       "0 always 0 in a transaction",
		"Correlation":    "None",
		"Response queue": `HUB-CPH01\private$\orders.replies`,
		"Attempts":       "0 aborts, 0 moves",
	} {
		if got := value(v.p.Pairs(), key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if doc, _ := v.p.Document(); doc.Mode != body.XML || len(doc.Lines) != 15 || v.p.Format() != ".NET XmlMessageFormatter" || v.p.Encoding() != body.UTF8 {
		t.Errorf("%s, %d lines, %s, %s", doc.Mode, len(doc.Lines), v.p.Format(), v.p.Encoding())
	}
}

func TestEveryTabHasWordsForEverything(t *testing.T) {
	now := fake.Now
	later := now.Add(-time.Hour)
	ttl := uint32(345600)
	full := mgmtclient.Message{
		ID: `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\1`, Label: "x", Priority: 5, ClassCode: mq.ClassNackBadDestQueue, Delivery: "express",
		SentTime: now, ArrivedTime: now.Add(-time.Minute), Expires: &later, TTRQ: &ttl, Acknowledge: []string{"reached", "not-received"},
		Journal: true, DeadLetter: true, DeadLetterQueue: `DIRECT=OS:A\private$\dead`, Trace: true, BodySize: 7, BodyType: 8, AppSpecific: 4711,
		Extension: []byte{1, 2, 3}, SenderSID: "S-1-5-7", Authenticated: true, Encrypted: true, PrivacyLevel: "body", AbortCount: 1,
		LastMoveTime: &later, Locked: true, FirstInTransaction: true, Transactional: true,
	}
	for _, m := range []mgmtclient.Message{full, {}} {
		for _, tab := range Tabs {
			pairs := Pairs(tab, &m, now)
			if len(pairs) == 0 {
				t.Errorf("%s is empty", tab)
			}
			for _, p := range pairs {
				if p.Key == "" || p.Value == "" && p.Key != "Computer" && p.Key != "Delivery" {
					t.Errorf("%s: %+v", tab, p)
				}
			}
		}
	}
	for _, c := range []struct{ tab, key, want string }{
		{General, "Class", "There is no such queue at the destination BAD_DST_Q"},
		{General, "Arrived", "19 Nov 2026 14:31:07 the clocks differ by 1 min"},
		{General, "Expires", "19 Nov 2026 13:32 1 h ago"},
		{General, "Application", "4711 0x00001267"},
		{General, "Body type", "Text (8)"},
		{General, "State", "Being read, or held by a transaction"},
		{Queues, "Dead letters", `A\private$\dead`},
		{Sender, "Authenticated", "Yes, the signature was checked"},
		{Tracking, "Tell the sender", "If it arrived, was not read"},
		{Tracking, "Reach within", "4 d from sending"},
		{Tracking, "Be read within", "No limit"},
		{Tracking, "In transaction", "The first message"},
		{Extension, "Bytes", "010203"},
	} {
		if got := value(Pairs(c.tab, &full, now), c.key); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.tab, c.key, got, c.want)
		}
	}
}

func TestHexReadsTheWholeBody(t *testing.T) {
	v := newView(t, fake.Sample())
	big := strings.Repeat("0123456789abcdef", 40_000)
	if _, err := v.node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Label: "big/../x", Body: []byte(big)}); err != nil {
		t.Fatal(err)
	}
	v.show(t, `HUB-CPH01\private$\tariff.rates`, 0)
	doc, data := v.p.Document()
	if len(data) != body.PreviewLimit || !doc.Cut() || doc.Total != len(big) {
		t.Errorf("%d bytes read, cut %v, %d in all", len(data), doc.Cut(), doc.Total)
	}
	v.p.SetMode(body.Hex)
	v.Until(t, "the whole body", func() bool { _, data := v.p.Document(); return len(data) == len(big) })
	if doc, _ := v.p.Document(); doc.Mode != body.Hex {
		t.Errorf("mode %s", doc.Mode)
	}
	if name := v.p.FileName(); name != "big-..-x.bin" {
		t.Errorf("file name %q", name)
	}
}

func TestTheWholeBodyIsSaved(t *testing.T) {
	v := newView(t, fake.Sample())
	big := strings.Repeat("0123456789abcdef", 10_000)
	if _, err := v.node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Body: []byte(big)}); err != nil {
		t.Fatal(err)
	}
	v.show(t, `HUB-CPH01\private$\tariff.rates`, 0)
	file := filepath.Join(t.TempDir(), v.p.FileName())
	v.p.SaveBody(file)
	v.Until(t, "the file", func() bool { return len(v.Actions) == 1 })
	if got, err := os.ReadFile(file); err != nil || string(got) != big {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	v.p.SaveBody(filepath.Join(file, "no folder"))
	v.Until(t, "the failure", func() bool { return len(v.Failed) == 1 })
}

func TestAMessageThatIsGoneSaysSo(t *testing.T) {
	v := newView(t, fake.Sample())
	v.node.Fail("Message", mq.Errorf(mq.ErrMessageNotFound, "read", "it is gone"))
	v.show(t, orders, 0)
	if title, _, _, ok := v.p.Fault(); !ok || title != "It is not there any more" {
		t.Errorf("%q", title)
	}
	v.node.Fail("Message", nil)
	v.show(t, orders, 0)
	if _, _, _, failed := v.p.Fault(); failed {
		t.Error("showing it again does not try again")
	}
}

func TestAnotherMessageEndsTheReadingOfTheOneBefore(t *testing.T) {
	v := newView(t, fake.Sample())
	page, err := v.node.Messages(context.Background(), orders, mgmtclient.Page{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	release := v.node.Hold("Message")
	n, _ := v.Node("")
	v.p.Show(v.Scope(), n, orders, page.Messages[0])
	v.Until(t, "words that one waits", v.p.Waiting)
	v.p.Show(v.Scope(), n, orders, page.Messages[1])
	release()
	v.Until(t, "the body", func() bool { return !v.p.loading })
	if v.p.Title() != page.Messages[1].Label {
		t.Errorf("%q", v.p.Title())
	}
	v.p.ShowCount(0)
	if one, _ := v.p.Shown(); one {
		t.Error("still shown")
	}
}

func TestTheEncodingChosenIsKept(t *testing.T) {
	v := newView(t, fake.Sample())
	v.show(t, orders, 0)
	v.p.SetEncoding(body.UTF16LE)
	v.Until(t, "the other encoding", func() bool { return v.p.Encoding() == body.UTF16LE || v.p.doc.Mode == body.Hex })
	if other := NewPresenter(v.Host); other.Chosen() != body.UTF16LE {
		t.Errorf("kept %q", other.Chosen())
	}
}
