package app

import (
	"os"
	"path/filepath"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
)

func TestExportAndImportCarryQueuesAndMessages(t *testing.T) {
	d := newDesk(t).withQueues("orders", "bills!")
	d.must("queue", "set", "orders", "--label", "Orders", "--quota", "5000")
	d.must("message", "send", "orders", "--body", "x", "--label", "L", "--count", "1200", "--ttbr", "9999")
	d.must("message", "send", "bills", "--body", "y", "--transactional", "--count", "3")
	d.must("message", "move", "orders", d.messages("orders")[0].LookupID.String(), "--to", "orders;poison")
	file := filepath.Join(t.TempDir(), "export.jsonl")
	r := document[archive.Report](d.must("export", file, "--json").quiet())
	if r.Queues != 2 || r.Parts != 1 || r.Messages != 1203 {
		t.Errorf("exported %+v", r)
	}

	other := newDesk(t)
	other.must("import", file, "--dry-run").says("would import 2 queues and 1,203 messages")
	equal(t, "queues", other.must("queue", "list", "--json").out, "[]\n")
	other.must("import", file).quiet().says("imported 2 queues and 1,203 messages")
	q := document[mgmtclient.Queue](other.must("queue", "show", "orders", "--json"))
	if q.Label != "Orders" || q.QuotaKB == nil || *q.QuotaKB != 5000 || q.Messages != 1199 {
		t.Errorf("imported %+v", q)
	}
	for _, name := range []string{"orders", "orders;poison", "bills"} {
		was, is := d.messages(name), other.messages(name)
		if len(was) != len(is) {
			t.Fatalf("%s has %d messages, had %d", name, len(is), len(was))
		}
		for i := range was {
			was[i].LookupID, is[i].LookupID = 0, 0 // places are new
			was[i].Size, is[i].Size = 0, 0         // of no packet here
		}
		equal(t, name, is, was)
	}
}

func TestImportIntoExistingQueues(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "5")
	file := filepath.Join(t.TempDir(), "export.jsonl")
	d.must("export", file)
	d.run("import", file).exits(exitFailed).complains("MQ_ERROR_QUEUE_EXISTS (0xC00E0005)")
	d.must("import", file, "--existing", "skip").says("left 1 queue alone")
	d.must("import", file, "--existing", "append").says("5 messages")
	equal(t, "after append", len(d.messages("orders")), 10)
	d.must("import", file, "--rename", "orders=copy").says("1 queue and 5 messages")
	equal(t, "renamed", len(d.messages("copy")), 5)

	d.run("import", file, "--existing", "replace").exits(exitUsage).complains("--yes")
	d.terminal["in"], d.terminal["err"], d.stdin = true, true, "n\n"
	d.run("import", file, "--existing", "replace").exitsOnTerminal(exitFailed).
		complains("Replace .\\private$\\orders and delete what is in it?", "nothing was done")
	d.must("import", file, "--existing", "replace", "--yes").says("replaced 1 queue")
	equal(t, "after replace", len(d.messages("orders")), 5)
	d.run("import", file, "--existing", "perhaps").exits(exitUsage)
	d.run("import", file, "--rename", "orders").exits(exitUsage).complains("OLD=NEW")
}

func TestExportThroughPipes(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "5")
	a := d.must("export", "-", "--queue", "orders").complains("exported 1 queue and 5 messages")
	other := newDesk(t)
	other.stdin = a.out
	other.must("import", "-").says("imported 1 queue and 5 messages")
	equal(t, "there", len(other.messages("orders")), 5)
}

func TestExportLeavesNothingHalfDone(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "5")
	folder := t.TempDir()
	file := filepath.Join(folder, "export.jsonl")
	d.node.Fail("Records", mq.Errorf(mq.ErrAccessDenied, "read", "it is not yours"))
	d.run("export", file).exits(exitFailed).complains("MQ_ERROR_ACCESS_DENIED")
	if list, err := os.ReadDir(folder); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	d.node.Fail("Records", nil)
	d.must("export", file)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d.run("export", file).exits(exitFailed).complains("the file exists", "--overwrite")
	d.must("export", file, "--overwrite")

	if err := os.WriteFile(file, before[:len(before)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	d.must("queue", "delete", "orders", "--yes")
	d.run("import", file).exits(exitFailed).complains("a part of it is missing")
	equal(t, "queues", d.must("queue", "list", "--json").out, "[]\n")
	d.run("import", file+".none").exits(exitFailed).complains("no such file")
	d.run("export", filepath.Join(folder, "none", "x")).exits(exitFailed).complains("no such file")
}
