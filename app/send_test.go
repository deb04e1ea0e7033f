package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// withQueues makes queues; a name that ends in ! is transactional.
func (d *desk) withQueues(list ...string) *desk {
	d.t.Helper()
	for _, name := range list {
		args := []string{"queue", "create", strings.TrimSuffix(name, "!"), "--allow-send", "anonymous"}
		if strings.HasSuffix(name, "!") {
			args = append(args, "--transactional")
		}
		d.must(args...)
	}
	return d
}

// messages are what a queue holds, with their bodies.
func (d *desk) messages(queue string) []mgmtclient.Message {
	d.t.Helper()
	return document[[]mgmtclient.Message](d.must("message", "list", queue, "--limit", "0", "--body-limit", "-1", "--json"))
}

func TestSendSetsEveryProperty(t *testing.T) {
	d := newDesk(t).withQueues("orders", "replies", "answers")
	extension := filepath.Join(t.TempDir(), "extension")
	if err := os.WriteFile(extension, []byte{1, 2, 0}, 0o600); err != nil {
		t.Fatal(err)
	}
	r := document[mgmtclient.SendResult](d.must("message", "send", "orders", "--body", "hello", "--label", "Greeting",
		"--priority", "6", "--ttrq", "1h", "--ttbr", "7200", "--journal", "--dead-letter", "--ack", "reached,Received",
		"--admin-queue", "replies", "--response-queue", "answers", "--correlation", `{00000000-0000-0000-0000-00000000000a}\5`,
		"--app-specific", "7", "--body-type", "0x1011", "--extension-file", extension, "--trace", "--json").quiet())
	if r.Outcome != mgmtclient.OutcomeArrived || r.Sent != 1 || r.FirstID == "" || r.FirstID != r.LastID || r.LookupID == 0 {
		t.Errorf("result %+v", r)
	}
	m := d.messages("orders")[0]
	if m.ID != r.FirstID || m.Label != "Greeting" || m.Priority != 6 || *m.TTRQ != 3600 || *m.TTBR != 7200 ||
		!m.Journal || !m.DeadLetter || m.AppSpecific != 7 || m.BodyType != 0x1011 || !m.Trace ||
		string(m.Body) != "hello" || string(m.Extension) != "\x01\x02\x00" || m.Delivery != "recoverable" || m.Transactional {
		t.Errorf("message %+v", m)
	}
	if !strings.Contains(m.AdminQueue, "replies") || !strings.Contains(m.ResponseQueue, "answers") ||
		m.CorrelationID != `{00000000-0000-0000-0000-00000000000a}\5` {
		t.Errorf("admin queue %q, response queue %q, correlation %q", m.AdminQueue, m.ResponseQueue, m.CorrelationID)
	}
	equal(t, "acknowledge", m.Acknowledge, []string{"reached", "received"})
}

func TestSendTakesTheBodyFromAFileOrStandardInput(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.must("message", "send", "orders", "--body-file", file)
	d.stdin = "from\x00a pipe"
	d.must("message", "send", "orders")
	d.terminal["in"] = true
	d.must("message", "send", "orders", "--body-file", "-")
	d.must("message", "send", "orders", "--body", "")
	var bodies []string
	for _, m := range d.messages("orders") {
		bodies = append(bodies, string(m.Body))
	}
	equal(t, "bodies", bodies, []string{"from a file\n", "from\x00a pipe", "from\x00a pipe", ""})

	d.run("message", "send", "orders").exits(exitUsage).complains("--body")
	d.run("message", "send", "orders", "--body", "x", "--body-file", file).exits(exitUsage).complains("body-file")
	d.run("message", "send", "orders", "--body-file", file+".none").exits(exitFailed).complains("read the body", "no such file")
}

func TestSendEncodesTextForCOM(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "hé", "--body-type", "string")
	m := d.messages("orders")[0]
	if m.BodyType != 8 || string(m.Body) != "h\x00\xe9\x00" {
		t.Errorf("body type %d, body %q", m.BodyType, m.Body)
	}
	d.must("message", "receive", "orders").says("hé\n", "8 (string)")
}

func TestSendManyKeepsFirstAndLastID(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	r := document[mgmtclient.SendResult](d.must("message", "send", "orders", "--body", "x", "--count", "2500", "--json"))
	list := d.messages("orders")
	if r.Sent != 2500 || len(list) != 2500 || r.FirstID != list[0].ID || r.LastID != list[2499].ID || r.LookupID != list[2499].LookupID {
		t.Errorf("result %+v of %d messages, %s to %s", r, len(list), list[0].ID, list[len(list)-1].ID)
	}
	if n := d.node.Calls("Send"); n != 3 {
		t.Errorf("%d requests, want 3: a long sending can be watched and interrupted", n)
	}
}

func TestSendInATransactionIsOneRequest(t *testing.T) {
	d := newDesk(t).withQueues("orders!")
	d.must("message", "send", "orders", "--body", "x", "--count", "2500", "--transactional")
	list := d.messages("orders")
	if n := d.node.Calls("Send"); n != 1 || len(list) != 2500 || list[0].TransactionID != list[2499].TransactionID ||
		!list[0].FirstInTransaction || !list[2499].LastInTransaction {
		t.Errorf("%d requests, %d messages", n, len(list))
	}
}

func TestSendShowsProgressOnATerminalOnly(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.terminal["err"] = true
	d.must("message", "send", "orders", "--body", "x", "--count", "1500").complains("\rsent 1,000 of 1,500\rsent 1,500 of 1,500\n")
	d.must("message", "send", "orders", "--body", "x").quiet()
}

func TestSendTellsWhatWasStoredBeforeAnError(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	calls := 0
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method != "Send" {
			return nil
		}
		if calls++; calls == 3 {
			return mq.Errorf(mq.ErrInsufficientResources, "send to orders", "the disk is full").WithFix("make room")
		}
		return nil
	})
	a := d.run("message", "send", "orders", "--body", "x", "--count", "5000", "--json").exits(exitFailed).
		complains("MQ_ERROR_INSUFFICIENT_RESOURCES (0xC00E0027)", "the disk is full", "2,000 of 5,000 messages", "make room")
	if r := document[mgmtclient.SendResult](a); r.Sent != 2000 {
		t.Errorf("sent %d", r.Sent)
	}
}

func TestSendCanBeInterrupted(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	ctx, cancel := context.WithCancel(t.Context())
	d.ctx = ctx
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Send" && d.node.Calls("Send") == 3 {
			cancel()
		}
		return nil
	})
	a := d.run("message", "send", "orders", "--body", "x", "--count", "900000", "--json").exits(exitFailed).
		complains("MQ_ERROR_OPERATION_CANCELLED", "of 900,000 messages")
	stored := document[mgmtclient.SendResult](a).Sent
	d.ctx = t.Context()
	d.node.SetHook(nil)
	if n := len(d.messages("orders")); n != stored || n == 0 {
		t.Errorf("said %d, stored %d", stored, n)
	}
}

func TestSendRefusesWrongUsage(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	for _, c := range []struct {
		args []string
		word string
	}{
		{[]string{"--express", "--transactional"}, "--express --transactional"},
		{[]string{"--priority", "8"}, "0 to 7"},
		{[]string{"--count", "0"}, "at least 1"},
		{[]string{"--ack", "maybe"}, "not-received or all"},
		{[]string{"--ttbr", "soon"}, "soon"},
		{[]string{"--body-type", "blob"}, "blob"},
		{[]string{"--app-specific", "many"}, `"many" for "--app-specific" flag: want a number (`},
		{[]string{"--app-specific", "4294967296"}, "flag: that is too much or too little ("},
		{[]string{"--lable", "x"}, "did you mean --label?"},
	} {
		d.run(append([]string{"message", "send", "orders", "--body", "x"}, c.args...)...).exits(exitUsage).complains(c.word)
	}
	if n := d.node.Calls("Send"); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestSendPassesOnWhatTheQueueManagerSays(t *testing.T) {
	d := newDesk(t).withQueues("orders!")
	d.run("message", "send", "orders", "--body", "x").exits(exitFailed).complains("MQ_ERROR_TRANSACTION_USAGE (0xC00E0050)")
	d.run("message", "send", "nowhere", "--body", "x").exits(exitFailed).complains("MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003)")
	d.run("message", "send", `DIRECT=HTTP://otherhost/msmq/private$/orders`, "--body", "x").exits(exitFailed).complains("otherhost")
	d.run("message", "send", `a\b\c\d`, "--body", "x").exits(exitFailed).complains("0xC00E0014")
}

func TestExpressMessagesThatEndWithTheCommandAreWarnedOf(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.opener = memory{node: d.node, own: true}
	d.must("message", "send", "orders", "--body", "x", "--express", "--count", "3").complains("warning: 3 express messages lost")
	d.opener = memory{node: d.node}
	d.must("message", "send", "orders", "--body", "x", "--express").quiet()
}

const far = `far\private$\orders`

func TestSendSaysHonestlyWhatIsKeptAndWhatWasSent(t *testing.T) {
	d := newDesk(t)
	d.opener = memory{node: d.node, own: true}
	d.must("message", "send", far, "--body", "x").quiet().says("1 message kept for "+far, "leaves when a queue manager runs")
	d.opener = memory{node: d.node}
	d.must("message", "send", far, "--body", "x").says("1 message kept for", "WAITING: The computer does not answer.")
	equal(t, "outcome", document[mgmtclient.SendResult](d.must("message", "send", far, "--body", "x", "--json")).Outcome, mgmtclient.OutcomeKept)
	equal(t, "kept", len(d.messages(far)), 3)

	// The line comes up as soon as the message is there.
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Message" {
			return d.node.Deliver(far, 100)
		}
		return nil
	})
	d.must("message", "send", far, "--body", "x", "--count", "2").says("2 messages sent to")
	equal(t, "kept", len(d.messages(far)), 0)
}

func TestSendWaitsUntilTheOtherMachineHasIt(t *testing.T) {
	d := newDesk(t)
	d.run("message", "send", far, "--body", "x", "--wait", "0.05").exits(exitNothing).
		complains("no other machine accepted it within 50ms", "WAITING: The computer does not answer.", "leaves later").says("kept for")
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Message" && d.node.Calls("Message") == 3 {
			return d.node.Deliver(far, 100)
		}
		return nil
	})
	d.must("message", "send", far, "--body", "x", "--wait", "60", "--transactional", "--dead-letter").says("1 message sent to")
	equal(t, "not read", len(d.messages(far+mgmtclient.AwaitingSuffix)), 1)
	d.node.SetHook(nil)
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Search" {
			d.node.SetHook(nil)
		}
		return nil
	})
	several := `DIRECT=OS:far\private$\orders,DIRECT=OS:farther\private$\orders`
	d.run("message", "send", several, "--body", "x", "--wait", "0.05").exits(exitNothing)
	for _, queue := range []string{far, `farther\private$\orders`} {
		if err := d.node.Deliver(queue, 100); err != nil {
			t.Fatal(err)
		}
	}
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Search" {
			return errors.Join(d.node.Deliver(far, 100), d.node.Deliver(`farther\private$\orders`, 100))
		}
		return nil
	})
	d.must("message", "send", several, "--body", "x", "--wait", "60").says("sent to")
}

func TestSendTellsARefusalFromADelivery(t *testing.T) {
	d := newDesk(t)
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Message" {
			return d.node.Refuse(far, 1, mq.ClassNackBadDestQueue)
		}
		return nil
	})
	d.run("message", "send", far, "--body", "x", "--wait", "60", "--transactional", "--dead-letter").exits(exitFailed).
		complains("it was not delivered and is a dead letter now", "NACK_BAD_DST_Q", "deadxact")
}

func TestSendResultHasTheFieldsOfTheContract(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	a := d.must("message", "send", "orders", "--body", "x", "--jsonl")
	equal(t, "fields", names(t, lines(a)[0]), []string{"outcome", "sent", "firstId", "lastId", "lookupId"})
	var r map[string]any
	if err := json.Unmarshal([]byte(a.out), &r); err != nil {
		t.Fatal(err)
	}
	if _, ok := r["lookupId"].(string); !ok {
		t.Errorf("lookupId is %v, want a string", r["lookupId"])
	}
}

func TestAFailingReaderOfTheBodyIsNamed(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	a := answer{t: t}
	var out, errs safeBuffer
	a.code = run(t.Context(), []string{"message", "send", "orders"}, env{
		in: failing{}, out: &out, err: &errs,
		terminal: func(any) bool { return false }, getenv: os.Getenv, open: d.opener,
	})
	a.err = errs.String()
	a.exits(exitFailed).complains("read the body", "the pipe burst")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the pipe burst") }
