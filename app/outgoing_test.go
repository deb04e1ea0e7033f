package app

import (
	"encoding/json"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

// newHub is a desk at the machine of the sample, which sends to others.
func newHub(t *testing.T) *desk {
	d := newDesk(t)
	d.node = fake.Sample()
	t.Cleanup(func() { _ = d.node.Close() })
	d.opener = memory{node: d.node}
	return d
}

func TestOutgoingIsEmptyWithoutOtherMachines(t *testing.T) {
	d := newDesk(t)
	equal(t, "json", d.must("outgoing", "list", "--json").quiet().out, "[]\n")
	for _, verb := range []string{"show", "pause", "resume", "resend"} {
		d.run("outgoing", verb, `DIRECT=OS:far\private$\orders`).exits(exitFailed).
			complains(verb+" outgoing queue", "MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003)", "nothing is kept here for it", "outgoing list")
	}
	d.withQueues("orders").run("outgoing", "pause", "orders").exits(exitFailed).complains("outgoing list")
	d.run("outgoing", "show", "orders").exits(exitFailed).complains("is no outgoing queue", "outgoing list")
}

func TestOutgoingListTellsStateAndWhy(t *testing.T) {
	d := newHub(t)
	d.must("outgoing", "list").quiet().says(
		"STATE", "UNSENT", "UNREAD", "NEXT TRY", "WHY",
		`WAITING    WMS-ODN01\private$\stock.moves          1,118       0  in 4s     10.20.4.11 answers, but nothing listens on port 1801.`,
		`CONNECTED  HUB-AAR02\private$\orders.out               3     120            A session with 10.30.1.5 is open.`,
	)
	list := document[[]mgmtclient.Queue](d.must("outgoing", "list", "--contains", "stock", "--with-messages", "--json"))
	if len(list) != 1 || list[0].Outgoing.Unsent != 1118 || list[0].Outgoing.Failures != 408 {
		t.Errorf("list %+v", list)
	}
}

func TestOutgoingJSONHasTheFieldsOfTheContract(t *testing.T) {
	d := newHub(t)
	var q struct {
		Outgoing json.RawMessage `json:"outgoing"`
	}
	if err := json.Unmarshal([]byte(d.must("outgoing", "show", `HUB-AAR02\private$\orders.out`, "--json").out), &q); err != nil {
		t.Fatal(err)
	}
	equal(t, "fields", names(t, q.Outgoing), []string{
		"unsent", "unread", "why", "since", "nextTry", "failures", "oldest", "expires", "history",
		"lastAck", "lastAckTime", "lastAckCount", "firstNonAck", "lastNonAck", "nextSequence", "noAckCount",
		"resendCount", "resendInterval", "resendTime",
	})
}

func TestOutgoingShowTellsTheConnectionAndTheStream(t *testing.T) {
	d := newHub(t)
	d.must("outgoing", "show", `WMS-ODN01\private$\stock.moves`).says(
		"WAITING: Waiting to connect", "Since", "2026-11-19 12:58:04", "10.20.4.11:1801", "408", "1,118 messages",
		"First to expire", "2026-11-23 12:58:04", "0x80000004  Connection refused (10.20.4.11:1801)", "WMS-ODN01 closed the connection")
	d.must("outgoing", "show", `DIRECT=OS:HUB-AAR02\private$\orders.out`).says(
		"Acknowledged last", "number 120 of stream", "2: numbers 121 to 122", "number 123", "Delivered, not read", "120 messages")
}

func TestOutgoingQueuesArePausedAndResumed(t *testing.T) {
	d := newHub(t)
	const queue = `HUB-AAR02\private$\orders.out`
	d.must("outgoing", "pause", queue).quiet().says(queue+" is ONHOLD", "paused")
	q := document[mgmtclient.Queue](d.must("outgoing", "show", queue, "--json"))
	equal(t, "state", q.State, "ONHOLD")
	q = document[mgmtclient.Queue](d.must("outgoing", "resume", queue, "--json"))
	equal(t, "state", q.State, "CONNECTED")
	const stuck = `WMS-ODN01\private$\pick.lists`
	d.must("outgoing", "resend", stuck).says("is WAITING")
	q = document[mgmtclient.Queue](d.must("outgoing", "show", stuck, "--json"))
	equal(t, "failures", q.Outgoing.Failures, 409)
	equal(t, "names", d.must("__complete", "outgoing", "pause", "desk-r").out, "DESK-RONNE\\private$\\price.updates\n:4\n")
}

func TestMessagesOfOutgoingQueuesAreDeletedAsSuch(t *testing.T) {
	d := newHub(t)
	const queue = `WMS-ODN01\private$\pick.lists`
	list := d.messages(queue)
	d.must("message", "show", queue, list[0].LookupID.String()).says("On its way", "waiting, not sent")
	d.run("message", "delete", queue, list[0].LookupID.String()).exits(exitUsage).complains("--yes")
	d.terminal["in"], d.terminal["err"], d.stdin = true, true, "y\n"
	d.must("message", "delete", queue, list[0].LookupID.String()).says("deleted 1 message").
		complains("Delete 1 message for "+queue, "Nobody will get what was not delivered")
	equal(t, "left", len(d.messages(queue)), len(list)-1)
	d.must("queue", "show", queue).says("Not sent", "85 messages", "Connection refused")
}

func TestMachineShowAndSetHowMessagesTravel(t *testing.T) {
	d := newDesk(t)
	d.must("machine", "show").says("Listening on", "127.0.0.1:1801", "Answers to", "Sends again after", "30, 300, 1800 s, three times each, then every 21600 s")
	m := document[mgmtclient.Machine](d.must("machine", "set", "--accept-aliases", "--insecure-nacks", "--ping", "--ping-answer",
		"--resend", "1, 2,3,4", "--json"))
	if n := m.Network; !n.Alias || !n.InsecureNack || !n.Ping || !n.PingAnswer || n.Hardened || n.Resend != [4]uint32{1, 2, 3, 4} {
		t.Errorf("network %+v", n)
	}
	m = document[mgmtclient.Machine](d.must("machine", "set", "--hardened", "--ping=false", "--json"))
	if n := m.Network; !n.Hardened || n.Ping || !n.PingAnswer {
		t.Errorf("network %+v", n)
	}
	for _, bad := range []string{"1,2,3", "1,2,3,0", "a,b,c,d", ""} {
		d.run("machine", "set", "--resend", bad).exits(exitUsage).complains("30,300,1800,21600")
	}
}

func TestReturnShowsBothIDsAndWarnsOfWhatHadArrived(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", far, "--body", "x", "--dead-letter", "--transactional")
	if err := d.node.Refuse(far, 1, 0x8000); err != nil {
		t.Fatal(err)
	}
	old := d.messages(mgmtclient.TransactionDeadLetter)[0]
	d.must("message", "return", mgmtclient.TransactionDeadLetter, "--all").quiet().says("OLD ID", old.ID, "NEW ID", "returned 1 message")
	back := d.messages(far)[0]
	if back.ID == old.ID || !back.Transactional {
		t.Errorf("returned %+v", back)
	}

	d.must("message", "send", "orders", "--body", "x", "--dead-letter")
	d.must("queue", "purge", "orders", "--yes")
	old = d.messages(mgmtclient.DeadLetterQueue)[0]
	a := d.must("message", "return", mgmtclient.DeadLetterQueue, old.LookupID.String(), "--json").
		complains("warning: 1 message had reached the queue before", "twice")
	r := document[[]map[string]any](a)
	if len(r) != 1 || r[0]["oldId"] != old.ID || r[0]["newId"] != d.messages("orders")[0].ID || r[0]["class"] != "NACK_Q_PURGED" || r[0]["arrived"] != true {
		t.Errorf("result %+v", r)
	}
	d.run("message", "return", mgmtclient.DeadLetterQueue, "12345", "--json").exits(exitFailed)

	d.must("message", "send", "orders", "--body", "x", "--dead-letter", "--ttbr", "0")
	d.must("message", "return", mgmtclient.DeadLetterQueue, "--all").complains("limit of less than a minute")
}
