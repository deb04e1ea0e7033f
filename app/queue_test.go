package app

import (
	"encoding/json"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

func TestQueueCreateSetsWhatIsAskedFor(t *testing.T) {
	d := newDesk(t)
	q := document[mgmtclient.Queue](d.must("queue", "create", "orders", "--transactional", "--label", "Orders",
		"--journal", "--quota", "2048", "--journal-quota", "unlimited", "--authenticate", "--privacy", "body",
		"--allow-send", "anonymous", "--json").complains("warning:", "signed messages", "encrypted messages"))
	if !q.Transactional || q.Label != "Orders" || !q.Journal || q.QuotaKB == nil || *q.QuotaKB != 2048 ||
		q.JournalQuotaKB != nil || !q.Authenticate || q.PrivacyLevel != "body" {
		t.Errorf("created %+v", q)
	}
	shown := document[mgmtclient.Queue](d.must("queue", "show", `.\PRIVATE$\Orders`, "--json"))
	equal(t, "shown", shown.ID, q.ID)
}

func TestQueueCreateWarnsThatNoOtherMachineMaySend(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders").says("created", `orders`).complains("come unsigned and are refused", "--allow-send anonymous")
	d.must("queue", "create", "open", "--allow-send", "anonymous").quiet()
}

func TestQueueShowTellsWhatComesFromOtherMachines(t *testing.T) {
	d := newDesk(t)
	d.node = fake.Sample()
	t.Cleanup(func() { _ = d.node.Close() })
	d.opener = memory{node: d.node}
	d.must("queue", "show", "orders.in").says("Comes from", "number 1180 of stream 65a1f00000000001", "1 rejected as out of order or come twice")
	q := document[mgmtclient.Queue](d.must("queue", "show", "orders.in", "--json"))
	if len(q.Incoming) != 3 || q.Incoming[0].Last.Number != 1180 {
		t.Errorf("incoming %+v", q.Incoming)
	}
}

func TestQueueJSONHasTheFieldsOfTheDesign(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--allow-send", "anonymous")
	list := document[[]json.RawMessage](d.must("queue", "list", "--json").quiet())
	if len(list) != 1 {
		t.Fatalf("%d queues", len(list))
	}
	equal(t, "fields", names(t, list[0]), []string{
		"pathName", "formatName", "id", "label", "serviceType", "transactional", "authenticate", "privacyLevel",
		"quotaKB", "journal", "journalQuotaKB", "basePriority", "foreign", "messages", "bytes", "journalMessages",
		"journalBytes", "state", "location", "type", "nextHops", "connectionHistory", "subqueues", "created", "modified",
	})
	var q map[string]any
	if err := json.Unmarshal(list[0], &q); err != nil {
		t.Fatal(err)
	}
	if q["quotaKB"] != nil || q["type"] != "PRIVATE" || q["bytes"] != "0" {
		t.Errorf("quotaKB %v, type %v, bytes %v", q["quotaKB"], q["type"], q["bytes"])
	}
	for _, name := range []string{"nextHops", "connectionHistory", "subqueues"} {
		if _, ok := q[name].([]any); !ok {
			t.Errorf("%s is %v, want a list", name, q[name])
		}
	}
}

func TestAnEmptyListOfQueuesIsAnEmptyArray(t *testing.T) {
	d := newDesk(t)
	equal(t, "json", d.must("queue", "list", "--json").quiet().out, "[]\n")
	equal(t, "jsonl", d.must("queue", "list", "--jsonl").quiet().out, "")
	a := d.must("queue", "list").complains("no queues")
	equal(t, "table", a.out, "")
}

func TestQueueListIsAnAlignedTable(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "a", "--label", "first", "--allow-send", "everyone")
	d.must("queue", "create", "longer", "--transactional", "--label", "bell\abell", "--allow-send", "everyone")
	d.must("message", "send", "a", "--body", "x", "--count", "1234")
	list := d.must("queue", "list").quiet()
	bytes := count(document[mgmtclient.Queue](d.must("queue", "show", "a", "--json")).Bytes)
	if len(bytes) != len("123,456") {
		t.Fatalf("%s bytes", bytes)
	}
	equal(t, "table", list.out, ""+
		`NAME                    MESSAGES    BYTES  JOURNAL  TRANSACTIONAL  LABEL
LAPTOP\private$\a          1,234  `+bytes+`        0  no             first
LAPTOP\private$\longer         0        0        0  yes            bell\abell
`)
}

func TestQueueListFilters(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--allow-send", "anonymous")
	d.must("queue", "create", "bills", "--allow-send", "everyone")
	d.must("message", "send", "bills", "--body", "x")
	for _, c := range []struct {
		flag []string
		want int
	}{
		{nil, 2},
		{[]string{"--with-messages"}, 1},
		{[]string{"--contains", "ORD"}, 1},
		{[]string{"--system"}, 5},
		{[]string{"--outgoing"}, 0},
		{[]string{"--all"}, 7},
	} {
		a := d.must(append([]string{"queue", "list", "--json"}, c.flag...)...)
		if n := len(document[[]mgmtclient.Queue](a)); n != c.want {
			t.Errorf("%v gives %d queues, want %d", c.flag, n, c.want)
		}
	}
}

func TestQueueSetChangesOnlyWhatIsNamed(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--label", "Orders", "--journal", "--quota", "10", "--allow-send", "everyone")
	q := document[mgmtclient.Queue](d.must("queue", "set", "orders", "--quota", "unlimited", "--json").quiet())
	if q.Label != "Orders" || !q.Journal || q.QuotaKB != nil {
		t.Errorf("after --quota unlimited: %+v", q)
	}
	q = document[mgmtclient.Queue](d.must("queue", "set", "orders", "--journal=false", "--json"))
	if q.Journal {
		t.Error("--journal=false left the journal on")
	}
	d.run("queue", "set", "orders").exits(exitUsage).complains("nothing to set")
	d.run("queue", "set", "orders", "--json").exits(exitUsage)
}

func TestQueueDeleteNeedsConsent(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--allow-send", "anonymous")
	d.must("message", "send", "orders", "--body", "x", "--count", "3")

	d.run("queue", "delete", "orders").exits(exitUsage).complains("--yes", "--dry-run")
	equal(t, "dry run", d.must("queue", "delete", "orders", "--dry-run").quiet().out,
		"would delete LAPTOP\\private$\\orders with 3 messages in it and 0 messages in its journal\n")
	d.must("queue", "show", "orders")

	d.terminal["in"], d.terminal["err"], d.stdin = true, true, "\n"
	d.run("queue", "delete", "orders").exitsOnTerminal(exitFailed).
		complains("Delete LAPTOP\\private$\\orders with 3 messages in it", "[y/N]", "nothing was done")
	d.must("queue", "show", "orders")
	d.stdin = "y\n"
	d.must("queue", "delete", "orders").says("deleted LAPTOP\\private$\\orders with 3 messages")
	d.run("queue", "show", "orders").exits(exitFailed).complains("MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003)")
}

// exitsOnTerminal is exits where a question stands before the error.
func (a answer) exitsOnTerminal(code int) answer {
	a.t.Helper()
	if a.code != code {
		a.t.Fatalf("exit status %d, want %d\nstderr: %s", a.code, code, a.err)
	}
	return a
}

func TestQueueDeleteSaysInJSONWhatItTook(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--allow-send", "anonymous")
	d.must("message", "send", "orders", "--body", "x")
	equal(t, "dry run", document[map[string]any](d.must("queue", "delete", "orders", "--dry-run", "--json")),
		map[string]any{"queue": `LAPTOP\private$\orders`, "messages": 1.0, "journalMessages": 0.0, "dryRun": true})
	equal(t, "deleted", document[map[string]any](d.must("queue", "delete", "orders", "--yes", "--json")),
		map[string]any{"queue": `LAPTOP\private$\orders`, "messages": 1.0, "journalMessages": 0.0})
}

func TestQueuePurgeEmptiesAndCounts(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders", "--allow-send", "anonymous")
	d.must("message", "send", "orders", "--body", "x", "--count", "1500")
	d.run("queue", "purge", "orders").exits(exitUsage).complains("--yes")
	d.must("queue", "purge", "orders", "--dry-run").says("would remove 1,500 messages")
	equal(t, "purged", document[map[string]any](d.must("queue", "purge", "orders", "--yes", "--json")),
		map[string]any{"queue": `LAPTOP\private$\orders`, "messages": 1500.0})
	d.must("queue", "purge", "orders", "--yes").says("removed 0 messages")
}

func TestQueueACL(t *testing.T) {
	d := newDesk(t)
	d.must("queue", "create", "orders")
	before := document[acl](d.must("queue", "acl", "orders", "--json"))
	after := document[acl](d.must("queue", "acl", "orders", "--allow-send", "anonymous,S-1-22-1-7", "--json"))
	if before.SDDL+"(A;;0x20024;;;AN)(A;;0x20024;;;S-1-22-1-7)" != after.SDDL {
		t.Errorf("%s became %s", before.SDDL, after.SDDL)
	}
	d.must("queue", "acl", "orders", "--set", before.SDDL)
	equal(t, "set back", document[acl](d.must("queue", "acl", "orders", "--json")).SDDL, before.SDDL)
	d.must("queue", "acl", "--machine").says("D:", "Administrators", "may everything")
	d.run("queue", "acl").exits(exitUsage).complains("--machine")
	d.run("queue", "acl", "orders", "--machine").exits(exitUsage)
	d.run("queue", "acl", "orders", "--allow-send", "bob").exits(exitFailed).complains("bob")

	d.must("queue", "acl", "orders", "--allow", "everyone=send, look", "--deny", "S-1-22-1-7=take").
		says("Everyone", "may send, look", "Unix user 7", "may not take")
	d.must("queue", "acl", "orders", "--allow", "everyone=WriteMessage").says("may send\n")
	d.must("queue", "acl", "orders", "--revoke", "S-1-22-1-7", "--revoke", "everyone")
	equal(t, "as before", document[acl](d.must("queue", "acl", "orders", "--json")).SDDL, before.SDDL)
	d.run("queue", "acl", "orders", "--revoke", "everyone").exits(exitFailed).complains("no entry")
	d.run("queue", "acl", "orders", "--allow", "everyone=fly").exits(exitFailed).complains("no right on a queue", "everything")
	d.run("queue", "acl", "orders", "--allow", "everyone").exits(exitFailed).complains("WHO=RIGHTS")
	d.run("queue", "acl", "orders", "--set", before.SDDL, "--allow", "everyone=send").exits(exitUsage)
}
