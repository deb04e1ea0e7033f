package fake

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func TestSampleIsAlwaysTheSame(t *testing.T) {
	a, b := Sample(), Sample()
	for _, queue := range []string{"orders.in", "orders.in;retries", "orders.in;poison", "orders.error", mgmtclient.TransactionDeadLetter, mgmtclient.DeadLetterQueue} {
		p, err := a.Messages(t.Context(), queue, mgmtclient.Page{BodyLimit: -1})
		if err != nil {
			t.Fatal(err)
		}
		q, err := b.Messages(t.Context(), queue, mgmtclient.Page{BodyLimit: -1})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p, q) {
			t.Errorf("%s differs from one sample to the next", queue)
		}
	}
}

func TestSampleIsTheMachineOfThePictures(t *testing.T) {
	n := Sample()
	m, err := n.Machine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "HUB-CPH01" || m.Queues != 41 || m.Messages != 18204 || m.DeadLetters != 14 || m.TransactDead != 23 || m.Outgoing != 1236 || m.Journal != 2310 {
		t.Errorf("machine %+v", m)
	}
	q, err := n.Queue(t.Context(), "orders.in")
	if err != nil {
		t.Fatal(err)
	}
	if q.Messages != 2486 || q.JournalMessages != 1902 || len(q.Subqueues) != 2 || !q.Transactional {
		t.Errorf("queue %+v", q)
	}
	page, err := n.Messages(t.Context(), "orders.in", mgmtclient.Page{Limit: 4, BodyLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	o := page.Messages[3]
	if o.Label != "Order 4711-2096" || o.ID != `{6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4}\20961` ||
		o.SentTime.In(Zone).Format("15:04:05") != "00:03:32" || strings.Count(string(o.Body), "\n") != 14 || o.Format != ".NET XmlMessageFormatter" {
		t.Errorf("order %+v", o)
	}
	classes := map[string]int{}
	for _, queue := range []string{mgmtclient.DeadLetterQueue, mgmtclient.TransactionDeadLetter} {
		page, err := n.Messages(t.Context(), queue, mgmtclient.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			classes[m.Class]++
		}
	}
	if want := (map[string]int{"NACK_BAD_DST_Q": 23, "NACK_REACH_QUEUE_TIMEOUT": 9, "NACK_ACCESS_DENIED": 4, "NACK_NOT_TRANSACTIONAL_MSG": 1}); !reflect.DeepEqual(classes, want) {
		t.Errorf("dead letters %v, want %v", classes, want)
	}
}

func TestSampleCountersAgreeWithItsMessages(t *testing.T) {
	n := Sample()
	queues, err := n.Queues(t.Context(), mgmtclient.QueueFilter{Private: true, System: true, Outgoing: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		var count, bytes int64
		ids := map[string]bool{}
		parts := []string{q.PathName}
		if q.Outgoing != nil {
			parts = append(parts, q.PathName+mgmtclient.AwaitingSuffix)
		}
		for _, part := range parts {
			for p := (mgmtclient.Page{Limit: 500}); ; {
				page, err := n.Messages(t.Context(), part, p)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range page.Messages {
					count++
					bytes += m.Size
					ids[m.ID] = true
					p.After = m.LookupID
				}
				if !page.More {
					break
				}
			}
		}
		if count != q.Messages || bytes != q.Bytes || len(ids) != int(count) {
			t.Errorf("%s: counters say %d messages, %d bytes; there are %d with %d IDs, %d bytes", q.PathName, q.Messages, q.Bytes, count, len(ids), bytes)
		}
	}
}

func TestAMillionRowsAreMadeOnDemand(t *testing.T) {
	n := New(Options{})
	if _, err := n.CreateQueue(t.Context(), "meter.readings", mgmtclient.QueueSettings{}); err != nil {
		t.Fatal(err)
	}
	made := 0
	rows := Readings(1_000_000)
	row := rows.Make
	rows.Make = func(i int) mgmtclient.Message { made++; return row(i) }
	if err := n.Fill("meter.readings", rows); err != nil {
		t.Fatal(err)
	}
	page, err := n.Messages(t.Context(), "meter.readings", mgmtclient.Page{Last: true, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if made != 50 || !page.More || page.Messages[49].Label != "Reading 1000000" {
		t.Errorf("%d rows were made for a page of 50; more %v, last %q", made, page.More, page.Messages[49].Label)
	}
}

func TestHooks(t *testing.T) {
	n := Sample()
	n.Fail("Machine", mq.ErrServiceNotAvailable)
	if _, err := n.Machine(t.Context()); mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
		t.Errorf("failing method: %v", err)
	}
	n.Fail("Machine", nil)
	if _, err := n.Machine(t.Context()); err != nil {
		t.Errorf("method that no longer fails: %v", err)
	}

	release := n.Hold("Queues")
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() {
		_, err := n.Queues(ctx, mgmtclient.QueueFilter{})
		answer <- err
	}()
	cancel()
	if err := <-answer; mgmtclient.Code(err) != mq.ErrOperationCancelled {
		t.Errorf("held method whose context ended: %v", err)
	}
	go func() {
		_, err := n.Queues(t.Context(), mgmtclient.QueueFilter{})
		answer <- err
	}()
	release()
	if err := <-answer; err != nil {
		t.Errorf("released method: %v", err)
	}

	page, err := n.Messages(t.Context(), "orders.error", mgmtclient.Page{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	bad := page.Messages[1].LookupID
	n.FailItem("Delete", bad, fmt.Errorf("held: %w", mq.ErrMessageLocked))
	results, err := n.Delete(t.Context(), "orders.error", []mgmtclient.LookupID{page.Messages[0].LookupID, bad, page.Messages[2].LookupID})
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Code != mq.OK || results[1].Code != mq.ErrMessageLocked || results[2].Code != mq.OK {
		t.Errorf("results %+v", results)
	}

	n.Lack(mgmtclient.CanPurge)
	if _, ok := mgmtclient.Can[mgmtclient.Purger](n); ok {
		t.Error("a capability that was taken away is still offered")
	}
	if got := len(mgmtclient.Capabilities(n)); got != 13 {
		t.Errorf("%d capabilities, want 13", got)
	}
	if n.Calls("Delete") != 1 || n.Calls("") < 6 {
		t.Errorf("calls: %d and %d", n.Calls("Delete"), n.Calls(""))
	}
}
