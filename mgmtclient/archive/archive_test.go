package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
	"posthouse/mgmtclient/fake"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // ends the test with the stack
	}
	return v
}

func empty() *fake.Node {
	return fake.New(fake.Options{Name: "OTHER", Now: fake.NewClock(fake.Now).Now})
}

// small is a machine with a few messages of every kind: orders (3 messages,
// 1 in ;poison, 1 in the journal) and plain (2).
func small(t *testing.T) *fake.Node {
	t.Helper()
	ctx := t.Context()
	n := fake.New(fake.Options{Name: "HUB", Now: fake.NewClock(fake.Now).Now})
	yes, label, limit, high := true, `Orders "<web>"`, uint32(4096), 6
	must(n.CreateQueue(ctx, "orders", mgmtclient.QueueSettings{
		Transactional: &yes, Label: &label, Journal: &yes, Quota: &mgmtclient.Quota{KB: &limit}, AllowSend: []string{"everyone"},
	}))
	must(n.CreateQueue(ctx, "plain", mgmtclient.QueueSettings{}))
	must(n.Send(ctx, mgmtclient.SendRequest{
		Queue: "orders", Label: "Ærø & <co>", Body: []byte{0, 1, 2, 255}, Transactional: true, Count: 5,
		Extension: []byte("ext"), CorrelationID: strings.Repeat("ab", 20), ResponseQueue: "plain",
	}))
	must(n.Send(ctx, mgmtclient.SendRequest{Queue: "plain", Label: "low", Express: true}))
	must(n.Send(ctx, mgmtclient.SendRequest{Queue: "plain", Label: "high", Priority: &high, DeadLetter: true}))
	page := must(n.Messages(ctx, "orders", mgmtclient.Page{Limit: 1}))
	must(n.Move(ctx, "orders", []mgmtclient.LookupID{page.Messages[0].LookupID}, "orders;poison"))
	must(n.Receive(ctx, "orders", mgmtclient.ReceiveOptions{}))
	return n
}

func export(t *testing.T, n mgmtclient.Node, o archive.ExportOptions) string {
	t.Helper()
	o.Now = fake.Now
	var b strings.Builder
	if _, err := archive.Export(t.Context(), n, &b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withoutIdentity drops what two machines never share: the header, the hash.
func withoutIdentity(file string) string {
	lines := strings.SplitAfter(file, "\n")
	return strings.Join(lines[1:len(lines)-2], "")
}

func TestWhatWasExportedIsImportedToTheBit(t *testing.T) {
	for _, c := range []struct {
		source *fake.Node
		o      archive.ExportOptions
		want   archive.Report
	}{
		{
			fake.Sample(),
			archive.ExportOptions{Journals: true, Queues: []string{"orders.error", "orders.in.retries", "invoices.in", mgmtclient.TransactionDeadLetter, mgmtclient.DeadLetterQueue}},
			archive.Report{Queues: 3, Parts: 5, Messages: 17 + 6 + 2*408 + 23 + 14},
		},
		{small(t), archive.ExportOptions{Journals: true}, archive.Report{Queues: 2, Parts: 3, Messages: 7}},
	} {
		file := export(t, c.source, c.o)
		n := empty()
		r, err := archive.Import(t.Context(), n, strings.NewReader(file), archive.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r.Bytes = 0
		if diff := cmp.Diff(c.want, r); diff != "" {
			t.Errorf("report:\n%s", diff)
		}
		if diff := cmp.Diff(withoutIdentity(file), withoutIdentity(export(t, n, c.o))); diff != "" {
			t.Errorf("the copy differs (-exported +imported):\n%.2000s", diff)
		}
	}
}

func TestALabelCanBeFoundWithGrep(t *testing.T) {
	file := export(t, small(t), archive.ExportOptions{})
	if !strings.Contains(file, `"label":"Ærø & <co>"`) || !strings.Contains(file, `"label":"Orders \"<web>\""`) {
		t.Errorf("labels are not in plain text:\n%s", file)
	}
}

func TestVerifyTellsWhatAFileHolds(t *testing.T) {
	s, err := archive.Verify(t.Context(), strings.NewReader(export(t, small(t), archive.ExportOptions{Journals: true})))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, x := range s.Sections {
		got += fmt.Sprintf("%s %v %d\n", x.Name, x.Definition, x.Messages)
	}
	want := `.\private$\orders true 3
.\private$\orders;poison false 1
.\private$\orders;journal false 1
.\private$\plain true 2
.\private$\plain;journal false 0
`
	if got != want || s.Messages != 7 || s.Header.Machine != "HUB" || s.Header.Version != 1 {
		t.Errorf("sections:\n%s\nsummary %+v", got, s)
	}
}

func TestDefinitionsCanGoAlone(t *testing.T) {
	n := empty()
	file := export(t, small(t), archive.ExportOptions{Definitions: true})
	if _, err := archive.Import(t.Context(), n, strings.NewReader(file), archive.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	q := must(n.Queue(t.Context(), "orders"))
	if !q.Transactional || !q.Journal || q.Label != `Orders "<web>"` || q.QuotaKB == nil || *q.QuotaKB != 4096 || q.Messages != 0 {
		t.Errorf("queue %+v", q)
	}
	if acl := must(n.ACL(t.Context(), "orders")); acl != must(small(t).ACL(t.Context(), "orders")) {
		t.Errorf("permissions %s", acl)
	}
}

func TestImportWithQueuesThatExist(t *testing.T) {
	file := export(t, small(t), archive.ExportOptions{})
	for _, c := range []struct {
		name     string
		o        archive.ImportOptions
		code     mq.HResult
		messages int64 // in plain afterwards, which had one
		orders   bool
		report   archive.Report
	}{
		{"fail", archive.ImportOptions{}, mq.ErrQueueExists, 1, false, archive.Report{}},
		{
			"skip",
			archive.ImportOptions{Existing: archive.Skip},
			mq.OK, 1, true,
			archive.Report{Queues: 1, Parts: 1, Messages: 4, Skipped: []string{`.\private$\plain`}},
		},
		{"append", archive.ImportOptions{Existing: archive.Append}, mq.OK, 3, true, archive.Report{Queues: 1, Parts: 1, Messages: 6}},
		{
			"replace",
			archive.ImportOptions{Existing: archive.Replace},
			mq.OK, 2, true,
			archive.Report{Queues: 2, Parts: 1, Messages: 6, Replaced: []string{`.\private$\plain`}},
		},
		{
			"dry run",
			archive.ImportOptions{Existing: archive.Replace, DryRun: true},
			mq.OK, 1, false,
			archive.Report{Queues: 2, Parts: 1, Messages: 6, Replaced: []string{`.\private$\plain`}},
		},
		{
			"another name",
			archive.ImportOptions{Names: map[string]string{"PLAIN": "plain2"}},
			mq.OK, 1, true,
			archive.Report{Queues: 2, Parts: 1, Messages: 6},
		},
		{"a name that is taken in the file", archive.ImportOptions{Names: map[string]string{"plain": "orders"}}, mq.ErrInvalidParameter, 1, false, archive.Report{}},
		{"a name that is none", archive.ImportOptions{Names: map[string]string{"plain": `a\b\c`}}, mq.ErrIllegalQueuePathname, 1, false, archive.Report{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := empty()
			must(n.CreateQueue(t.Context(), "plain", mgmtclient.QueueSettings{}))
			must(n.Send(t.Context(), mgmtclient.SendRequest{Queue: "plain"}))
			r, err := archive.Import(t.Context(), n, strings.NewReader(file), c.o)
			if mgmtclient.Code(err) != c.code {
				t.Fatalf("error %v, want %s", err, c.code.Name())
			}
			r.Bytes = 0
			if diff := cmp.Diff(c.report, r); diff != "" {
				t.Errorf("report:\n%s", diff)
			}
			if q := must(n.Queue(t.Context(), "plain")); q.Messages != c.messages {
				t.Errorf("plain has %d messages, want %d", q.Messages, c.messages)
			}
			if _, err := n.Queue(t.Context(), "orders"); (err == nil) != c.orders {
				t.Errorf("orders: %v", err)
			}
		})
	}
}

// pipe hides that a reader can seek.
type pipe struct{ io.Reader }

func TestAnImportFromAPipeSaysWhatItDidBeforeAnError(t *testing.T) {
	file := export(t, small(t), archive.ExportOptions{})
	cut := strings.Index(file, `{"queue":{"name":".\\private$\\plain"`)
	if cut < 0 {
		t.Fatal("no second queue in the file")
	}
	n := empty()
	r, err := archive.Import(t.Context(), n, pipe{strings.NewReader(file[:cut])}, archive.ImportOptions{})
	if mgmtclient.Code(err) != mq.ErrInvalidParameter || !strings.Contains(err.Error(), "part of it is missing") {
		t.Errorf("error %v", err)
	}
	if r.Queues != 1 || r.Messages != 3 {
		t.Errorf("report %+v", r)
	}

	n = empty()
	r, err = archive.Import(t.Context(), n, strings.NewReader(file[:cut]), archive.ImportOptions{})
	if err == nil || r.Queues != 0 || len(must(n.Queues(t.Context(), mgmtclient.QueueFilter{}))) != 0 {
		t.Errorf("a damaged file that can be read twice changed something: %+v, %v", r, err)
	}
}

func TestAnImportThatFailsNamesTheQueueItLeftHalfDone(t *testing.T) {
	source := empty()
	must(source.CreateQueue(t.Context(), "big", mgmtclient.QueueSettings{}))
	if err := source.Fill("big", fake.Readings(1200)); err != nil {
		t.Fatal(err)
	}
	file := export(t, source, archive.ExportOptions{})
	n := empty()
	calls := 0
	n.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Restore" {
			if calls++; calls == 2 {
				return mq.ErrMessageStorageFailed
			}
		}
		return nil
	})
	r, err := archive.Import(t.Context(), n, strings.NewReader(file), archive.ImportOptions{})
	if mgmtclient.Code(err) != mq.ErrMessageStorageFailed || r.Partial != `.\private$\big` || r.Messages != 500 {
		t.Errorf("report %+v, error %v", r, err)
	}
}

func TestExportRefusesWhatItCannotWrite(t *testing.T) {
	n := fake.Sample()
	for name, code := range map[string]mq.HResult{
		"nothere": mq.ErrQueueNotFound,
		`DIRECT=OS:WMS-ODN01\private$\stock.moves`: mq.ErrUnsupportedOperation,
		`a"b`: mq.ErrIllegalQueuePathname,
	} {
		var b bytes.Buffer
		if _, err := archive.Export(t.Context(), n, &b, archive.ExportOptions{Queues: []string{name}}); mgmtclient.Code(err) != code {
			t.Errorf("%s: %v, want %s", name, err, code.Name())
		}
	}
	if _, err := archive.Export(t.Context(), small(t), failing{}, archive.ExportOptions{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("a writer that fails: %v", err)
	}
	n.Lack(mgmtclient.CanExport)
	if _, err := archive.Export(t.Context(), n, io.Discard, archive.ExportOptions{}); mgmtclient.Code(err) != mq.ErrUnsupportedOperation {
		t.Errorf("a node without the capability: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := archive.Export(ctx, small(t), io.Discard, archive.ExportOptions{}); mgmtclient.Code(err) != mq.ErrOperationCancelled {
		t.Errorf("cancelled: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
