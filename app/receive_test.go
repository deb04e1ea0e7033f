package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"

	"posthouse/mgmtclient"
)

func TestReceiveTakesTheFirstMessageAndShowsIt(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "one\ttwo\nthree\x1b[31m", "--label", "La\abel")
	a := d.must("message", "receive", "orders").quiet().says("Label", `La\abel`, "Body", "0 (empty)", "recoverable", "2026-11")
	if strings.Contains(a.out, "\x1b") {
		t.Errorf("a control character reached the terminal: %q", a.out)
	}
	a.says("\n\none\ttwo\nthree\\x1b[31m\n")
	equal(t, "left", len(d.messages("orders")), 0)
}

func TestReceiveShowsBytesInHexadecimal(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.stdin = "\x00\x01\xff"
	d.must("message", "send", "orders")
	d.must("message", "receive", "orders").says("00000000  00 01 ff")
}

func TestReceiveRawIsTheBodyByteForByte(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.stdin = "\x00\x01\xff\n\n"
	d.must("message", "send", "orders")
	equal(t, "shown", d.must("message", "receive", "orders", "--peek", "--raw").quiet().out, d.stdin)
	equal(t, "body", d.must("message", "receive", "orders", "--raw").quiet().out, d.stdin)
	d.run("message", "receive", "orders", "--raw", "--json").exits(exitUsage)
}

func TestReceiveOfNothingExitsWith3(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	for _, args := range [][]string{{}, {"--timeout", "0.02"}, {"--timeout", "20ms", "--peek"}, {"--json"}, {"--count", "2"}} {
		a := d.run(append([]string{"message", "receive", "orders"}, args...)...).exits(exitNothing).
			complains("MQ_ERROR_IO_TIMEOUT (0xC00E001B)")
		equal(t, "output", a.out, "")
	}
	equal(t, "json of a count", d.run("message", "receive", "orders", "--count", "2", "--json").exits(exitNothing).out, "[]\n")
}

func TestReceiveOfAnUnknownQueueOrMessageExitsWith1(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.run("message", "receive", "nowhere", "--timeout", "5").exits(exitFailed).complains("MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003)")
	d.run("message", "receive", "orders", "--lookup-id", "5").exits(exitFailed).complains("MQ_ERROR_MESSAGE_NOT_FOUND (0xC00E0088)")
}

func TestReceiveWaitsForAMessage(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	waiting := make(chan struct{})
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Receive" {
			close(waiting)
		}
		return nil
	})
	got := make(chan answer)
	go func() { got <- d.run("message", "receive", "orders", "--timeout", "forever", "--json") }()
	<-waiting
	d.node.SetHook(nil)
	d.must("message", "send", "orders", "--body", "late")
	a := <-got
	if m := document[mgmtclient.Message](a.exits(exitDone)); string(m.Body) != "late" {
		t.Errorf("received %q", m.Body)
	}
}

func TestReceiveInterruptedIsNotAnEndedWait(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	ctx, cancel := context.WithCancel(t.Context())
	d.ctx = ctx
	d.node.SetHook(func(_ context.Context, method, _ string) error {
		if method == "Receive" {
			cancel()
		}
		return nil
	})
	d.run("message", "receive", "orders", "--timeout", "forever").exits(exitFailed).complains("MQ_ERROR_OPERATION_CANCELLED")
}

func TestReceivePeekLeavesTheMessage(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "a")
	d.must("message", "send", "orders", "--body", "b")
	second := d.messages("orders")[1].LookupID.String()
	m := document[mgmtclient.Message](d.must("message", "receive", "orders", "--peek", "--lookup-id", second, "--json"))
	equal(t, "body", string(m.Body), "b")
	equal(t, "left", len(d.messages("orders")), 2)
	d.must("message", "receive", "orders", "--lookup-id", second)
	equal(t, "left", string(d.messages("orders")[0].Body), "a")
}

func TestReceiveCountTakesUpToSoMany(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "5")
	equal(t, "lines", len(lines(d.must("message", "receive", "orders", "--count", "2", "--jsonl"))), 2)
	equal(t, "array", len(document[[]mgmtclient.Message](d.must("message", "receive", "orders", "--count", "9", "--json"))), 3)
	d.run("message", "receive", "orders", "--count", "2", "--peek").exits(exitUsage)
}

// closed is a pipe whose reader has gone after some bytes.
type closed struct {
	left int
	err  error
}

func (c *closed) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		return 0, c.err
	}
	return len(b), nil
}

func TestAReaderThatHadEnoughEndsAListQuietly(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "3000")
	for _, format := range []string{"--jsonl", "--json", "-v"} {
		var errs safeBuffer
		out := &closed{left: 10_000, err: syscall.EPIPE}
		if code := d.runTo(out, &errs, "message", "list", "orders", "--limit", "0", format); code != exitDone {
			t.Errorf("%s: exit status %d: %s", format, code, errs.String())
		}
		if format != "-v" && errs.String() != "" {
			t.Errorf("%s: standard error %q", format, errs.String())
		}
	}
	if n := d.node.Calls("Messages"); n >= 9 {
		t.Errorf("%d pages were read for a reader that had gone", n)
	}
}

func TestAFullDiskBehindTheOutputIsAnError(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	var errs safeBuffer
	code := d.runTo(&closed{err: errors.New("no space left on device")}, &errs, "queue", "list", "--json")
	answer{t: t, code: code, err: errs.String()}.exits(exitFailed).complains("no space left")
}

func TestReceiveSaysWhichMessageACloseOutputCost(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "x", "--count", "5")
	first := d.messages("orders")[0].ID
	var errs safeBuffer
	code := d.runTo(&closed{err: io.ErrClosedPipe}, &errs, "message", "receive", "orders", "--count", "5", "--jsonl")
	answer{t: t, code: code, err: errs.String()}.exits(exitFailed).complains(first, "was taken but could not be shown")
	equal(t, "left", len(d.messages("orders")), 4)
}

func TestMessageJSONHasTheFieldsOfTheDesign(t *testing.T) {
	d := newDesk(t).withQueues("orders!", "replies", "answers")
	d.must("message", "send", "orders", "--body", "<a>&", "--transactional", "--ttbr", "60", "--label", "é <b>",
		"--admin-queue", "replies", "--response-queue", "answers", "--correlation", strings.Repeat("0a", 20),
		"--dead-letter-queue", "replies", "--ack", "all", "--jsonl")
	a := d.must("message", "receive", "orders", "--jsonl").quiet().says(`"label":"é <b>"`, `"body":"PGE+Jg=="`)
	equal(t, "fields", names(t, lines(a)[0]), []string{
		"lookupId", "id", "label", "priority", "class", "classCode", "delivery", "transactional", "transactionId",
		"firstInTransaction", "lastInTransaction", "sentTime", "arrivedTime", "expires", "ttrq", "ttbr", "acknowledge",
		"journal", "deadLetter", "deadLetterQueue", "bodySize", "bodyType", "body", "correlationId", "appSpecific",
		"responseQueue", "adminQueue", "destinationQueue", "sourceMachine", "senderSid", "authenticated", "encrypted",
		"privacyLevel", "abortCount", "moveCount", "lastMoveTime", "size", "format",
	})
	var m map[string]any
	if err := json.Unmarshal([]byte(a.out), &m); err != nil {
		t.Fatal(err)
	}
	if _, ok := m["lookupId"].(string); !ok || m["lastMoveTime"] != nil {
		t.Errorf("lookupId %v, lastMoveTime %v", m["lookupId"], m["lastMoveTime"])
	}
	if when, ok := m["sentTime"].(string); !ok || !strings.Contains(when, "T") {
		t.Errorf("sentTime %v is not RFC 3339", m["sentTime"])
	}
}
