package local_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
	"posthouse/mgmtclient/fake"
	"posthouse/mgmtclient/local"
)

func node(t *testing.T) *local.Node {
	t.Helper()
	m, dir := start(t)
	n := local.New(m, qmtest.Owner, local.About{Version: "1.2.3", DataFolder: dir})
	t.Cleanup(func() { n.Close() })
	return n
}

func TestMachineTellsWhereItLives(t *testing.T) {
	m, dir := start(t)
	n := local.New(m, qmtest.Owner, local.About{Version: "1.2.3", DataFolder: dir})
	defer n.Close()
	got, err := n.Machine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Version != "1.2.3" || got.DataFolder != dir || got.Name != "LAPTOP" || time.Since(got.Started) > time.Hour {
		t.Errorf("machine %+v", got)
	}
}

func TestEachNodeSpeaksForItsCaller(t *testing.T) {
	m, dir := start(t)
	owner := local.New(m, qmtest.Owner, local.About{DataFolder: dir})
	defer owner.Close()
	stranger := local.New(m, qmtest.Stranger, local.About{DataFolder: dir})
	defer stranger.Close()
	ctx := t.Context()
	if _, err := owner.CreateQueue(ctx, "secret", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.CreateQueue(ctx, "open", mgmtclient.QueueSettings{AllowSend: []string{"everyone"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Send(ctx, mgmtclient.SendRequest{Queue: "open", Label: "hello"}); err != nil {
		t.Errorf("sending where everyone may: %v", err)
	}
	page, err := owner.Messages(ctx, "open", mgmtclient.Page{})
	if err != nil || len(page.Messages) != 1 || page.Messages[0].SenderSID != qmtest.Stranger.Token.User.String() {
		t.Errorf("messages %+v, %v", page.Messages, err)
	}
	for name, do := range map[string]func() error{
		"send": func() error { _, err := stranger.Send(ctx, mgmtclient.SendRequest{Queue: "secret"}); return err },
		"read": func() error { _, err := stranger.Messages(ctx, "open", mgmtclient.Page{}); return err },
		"receive": func() error {
			_, err := stranger.Receive(ctx, "open", mgmtclient.ReceiveOptions{Timeout: time.Hour})
			return err
		},
		"purge":      func() error { _, err := stranger.Purge(ctx, "open"); return err },
		"delete":     func() error { return stranger.DeleteQueue(ctx, "open") },
		"change":     func() error { _, err := stranger.SetQueue(ctx, "open", mgmtclient.QueueSettings{}); return err },
		"permit":     func() error { return stranger.SetACL(ctx, "open", "D:(A;;0xf003f;;;WD)") },
		"administer": func() error { return stranger.Disconnect(ctx) },
		"restore": func() error {
			return stranger.Restore(ctx, "open", nil)
		},
	} {
		if err := do(); mgmtclient.Code(err) != mq.ErrAccessDenied {
			t.Errorf("a stranger may %s: %v", name, err)
		}
	}
}

// withoutIdentity drops what two machines never share: the header, the hash.
func withoutIdentity(file []byte) string {
	lines := strings.SplitAfter(string(file), "\n")
	return strings.Join(lines[1:len(lines)-2], "")
}

func TestAnExportGoesThroughTheStoreToTheBit(t *testing.T) {
	o := archive.ExportOptions{Journals: true, Now: fake.Now, Queues: []string{
		"orders.error", "orders.in.retries", "invoices.in", mgmtclient.TransactionDeadLetter, mgmtclient.DeadLetterQueue,
	}}
	var from, to bytes.Buffer
	if _, err := archive.Export(t.Context(), fake.Sample(), &from, o); err != nil {
		t.Fatal(err)
	}
	n := node(t)
	r, err := archive.Import(t.Context(), n, bytes.NewReader(from.Bytes()), archive.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Messages != 17+6+2*408+23+14 {
		t.Errorf("report %+v", r)
	}
	if _, err := archive.Export(t.Context(), n, &to, o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutIdentity(from.Bytes()), withoutIdentity(to.Bytes())); diff != "" {
		t.Errorf("the copy differs (-exported +imported):\n%.3000s", diff)
	}
}

func TestAPacketOfAnotherMachineLeavesAsItCame(t *testing.T) {
	n := node(t)
	sample := fake.Sample()
	records, err := sample.Records(t.Context(), "orders.in", 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	if _, err := n.CreateQueue(t.Context(), "orders.in", mgmtclient.QueueSettings{Transactional: &yes}); err != nil {
		t.Fatal(err)
	}
	if err := n.Restore(t.Context(), "orders.in", records); err != nil {
		t.Fatal(err)
	}
	page, err := n.Messages(t.Context(), "orders.in", mgmtclient.Page{Limit: 4, BodyLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	m := page.Messages[3]
	if m.Label != "Order 4711-2096" || m.ID != `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961` || m.SourceMachine != "6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4" ||
		m.Format != ".NET XmlMessageFormatter" {
		t.Errorf("message %+v", m)
	}
}
