package app

import (
	"context"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func TestMoveToASubqueueKeepsTheID(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "3")
	m := d.messages("orders")[1]
	equal(t, "dry run", d.must("message", "move", "orders", m.LookupID.String(), "--to", "orders;poison", "--dry-run").out,
		"would move 1 message of orders to orders;poison\n")
	equal(t, "left", len(d.messages("orders")), 3)
	equal(t, "moved", d.must("message", "move", "orders", m.LookupID.String(), "--to", "orders;poison").quiet().out, "moved 1 message\n")
	moved := d.messages("orders;poison")
	if len(moved) != 1 || moved[0].ID != m.ID || moved[0].MoveCount != 1 {
		t.Errorf("in the subqueue: %+v", moved)
	}
}

func TestMoveElsewhereShowsOldAndNewID(t *testing.T) {
	d := newDesk(t).withQueues("orders", "other")
	d.must("message", "send", "orders", "--body", "x", "--count", "2")
	old := d.messages("orders")[0]
	a := d.must("message", "move", "orders", "--all", "--to", "other").quiet()
	moved := d.messages("other")
	a.says(old.LookupID.String(), moved[0].ID, moved[1].ID, "NEW ID", "moved 2 messages")
	if moved[0].ID == old.ID {
		t.Error("the id is the old one")
	}
}

func TestCopyLeavesTheMessages(t *testing.T) {
	d := newDesk(t).withQueues("orders", "other")
	d.must("message", "send", "orders", "--body", "x", "--count", "1200")
	list := document[[]mgmtclient.ItemResult](d.must("message", "copy", "orders", "--all", "--to", "other", "--json"))
	if len(list) != 1200 || list[0].NewID == "" || list[0].Error != "" {
		t.Errorf("%d results, first %+v", len(list), list[0])
	}
	equal(t, "there", len(d.messages("other")), 1200)
	equal(t, "here", len(d.messages("orders")), 1200)
}

func TestDeleteSaysHowManySendersWillBeTold(t *testing.T) {
	d := newDesk(t).withQueues("orders", "replies")
	d.must("message", "send", "orders", "--body", "x", "--count", "2", "--ack", "received", "--admin-queue", "replies")
	d.must("message", "send", "orders", "--body", "x", "--ack", "reached", "--admin-queue", "replies")
	d.run("message", "delete", "orders", "--all").exits(exitUsage).complains("--yes")
	for _, which := range [][]string{{"--all"}, {
		d.messages("orders")[0].LookupID.String(), d.messages("orders")[1].LookupID.String(), d.messages("orders")[2].LookupID.String(),
	}} {
		args := append([]string{"message", "delete", "orders", "--dry-run"}, which...)
		equal(t, "dry run", d.must(args...).out, "would delete 3 messages of orders; 2 senders would be told \"received\"\n")
		equal(t, "dry run", document[map[string]any](d.must(append(args, "--json")...)),
			map[string]any{"dryRun": true, "queue": "orders", "messages": 3.0, "toldReceived": 2.0})
	}
	equal(t, "left", len(d.messages("orders")), 3)

	d.terminal["in"], d.terminal["err"], d.stdin = true, true, "yes\n"
	d.must("message", "delete", "orders", "--all").complains("Delete 3 messages of orders? 2 senders will be told \"received\".").
		says("deleted 3 messages")
	equal(t, "left", len(d.messages("orders")), 0)
}

func TestDeleteTakesLookupIDsFromStandardInput(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "4")
	list := d.messages("orders")
	d.stdin = list[0].LookupID.String() + "\n\n" + list[2].LookupID.String() + "\n"
	got := document[[]mgmtclient.ItemResult](d.must("message", "delete", "orders", "-", "--yes", "--json").quiet())
	equal(t, "results", got, []mgmtclient.ItemResult{{LookupID: list[0].LookupID}, {LookupID: list[2].LookupID}})
	left := d.messages("orders")
	if len(left) != 2 || left[0].ID != list[1].ID || left[1].ID != list[3].ID {
		t.Errorf("left %+v", left)
	}
}

func TestBulkActionsAnswerForEachMessage(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "3")
	list := d.messages("orders")
	d.node.FailItem("Delete", list[1].LookupID, mq.Errorf(mq.ErrMessageLocked, "delete", "a transaction holds it"))
	args := []string{"message", "delete", "orders", "--yes", list[0].LookupID.String(), list[1].LookupID.String(), "5"}
	a := d.run(append(args, "--json")...).exits(exitFailed).complains("2 of 3 messages failed", "0xC00E009C")
	got := document[[]mgmtclient.ItemResult](a)
	if len(got) != 3 || got[0].Error != "" || got[1].Code != mq.ErrMessageLocked || got[2].Code != mq.ErrMessageNotFound {
		t.Errorf("results %+v", got)
	}
	d.run(args...).exits(exitFailed).says("failed: ", "a transaction holds it")
}

func TestBulkActionsNeedASelection(t *testing.T) {
	d := newDesk(t).withQueues("orders", "other")
	for _, args := range [][]string{
		{"delete", "orders", "--yes"},
		{"delete", "orders", "5", "--all", "--yes"},
		{"move", "orders", "--to", "other"},
		{"move", "orders", "5"},
		{"return", "orders"},
		{"copy", "orders", "--all", "x", "--to", "other"},
	} {
		d.run(append([]string{"message"}, args...)...).exits(exitUsage)
	}
	equal(t, "nothing to do", d.must("message", "delete", "orders", "--all", "--yes", "--json").out, "[]\n")
}

func TestReturnSendsDeadLettersToWhereTheyWereGoing(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "3", "--dead-letter")
	d.must("queue", "purge", "orders", "--yes")
	dead := d.messages(mgmtclient.DeadLetterQueue)
	if len(dead) != 3 || dead[0].Class != "NACK_Q_PURGED" {
		t.Fatalf("dead letters: %+v", dead)
	}
	d.must("message", "return", mgmtclient.DeadLetterQueue, dead[0].LookupID.String(), "--dry-run").says("would return 1 message")
	d.must("message", "return", mgmtclient.DeadLetterQueue, dead[0].LookupID.String()).says("returned 1 message")
	d.must("message", "return", mgmtclient.DeadLetterQueue, "--all").says("returned 2 messages")
	equal(t, "back", len(d.messages("orders")), 3)
	equal(t, "dead", len(d.messages(mgmtclient.DeadLetterQueue)), 0)
}

func TestABulkActionThatStopsSaysHowFarItCame(t *testing.T) {
	d := newDesk(t).withQueues("orders", "other")
	d.must("message", "send", "orders", "--body", "x", "--count", "1200")
	d.opener = stoppingOpener{memory{node: d.node}}
	a := d.run("message", "copy", "orders", "--all", "--to", "other", "--json").exits(exitFailed).
		complains("500 of 1,200 messages were copied", "MQ_ERROR_SERVICE_NOT_AVAILABLE")
	if n := len(document[[]mgmtclient.ItemResult](a)); n != 500 {
		t.Errorf("%d results", n)
	}
}

func TestWhatANodeCannotDoIsSaid(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.node.Lack(mgmtclient.CanAdmin, mgmtclient.CanPurge, mgmtclient.CanSend, mgmtclient.CanReceive, mgmtclient.CanRemove,
		mgmtclient.CanMove, mgmtclient.CanSearch, mgmtclient.CanGuard, mgmtclient.CanMachineAdmin, mgmtclient.CanMachineAct, mgmtclient.CanExport)
	for _, args := range []string{
		"queue create x", "queue set orders --journal", "queue delete orders --yes", "queue purge orders --yes", "queue acl orders",
		"message send orders --body x", "message receive orders", "message delete orders 5 --yes", "message move orders 5 --to x",
		"message copy orders 5 --to x", "message return orders 5", "message search orders x", "machine set --profile strict",
		"machine connect", "machine tidy", "check", "export -",
	} {
		d.run(strings.Fields(args)...).exits(exitFailed).complains("MQ_ERROR_UNSUPPORTED_OPERATION (0xC00E006A)", "does not offer it")
	}
}

// stopping is a queue manager that goes away during a copy.
type stopping struct {
	kept
	calls *int
}

func (s stopping) Copy(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	if *s.calls++; *s.calls > 1 {
		return nil, mq.Errorf(mq.ErrServiceNotAvailable, "copy", "the queue manager stopped")
	}
	return s.kept.Copy(ctx, from, ids, to)
}

type stoppingOpener struct{ memory }

func (o stoppingOpener) Open(context.Context, string, *network) (handle, error) {
	return handle{Node: stopping{kept{o.node}, new(int)}}, nil
}
