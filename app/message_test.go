package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func TestMessageListPagesByLookupID(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "low", "--priority", "1")
	d.must("message", "send", "orders", "--body", "high", "--priority", "7")
	d.must("message", "send", "orders", "--body", "x", "--count", "2200")
	all := d.messages("orders")
	if len(all) != 2202 || string(all[0].Body) != "high" || string(all[2201].Body) != "low" {
		t.Fatalf("%d messages, first %q, last %q", len(all), all[0].Body, all[len(all)-1].Body)
	}
	ids := func(args ...string) []mgmtclient.LookupID {
		var list []mgmtclient.LookupID
		for _, m := range document[[]mgmtclient.Message](d.must(append([]string{"message", "list", "orders", "--json"}, args...)...).quiet()) {
			list = append(list, m.LookupID)
		}
		return list
	}
	part := func(from, to int) []mgmtclient.LookupID {
		var list []mgmtclient.LookupID
		for _, m := range all[from:to] {
			list = append(list, m.LookupID)
		}
		return list
	}
	equal(t, "default", ids(), part(0, 100))
	equal(t, "limit", ids("--limit", "3"), part(0, 3))
	equal(t, "after", ids("--after", all[2].LookupID.String(), "--limit", "2"), part(3, 5))
	equal(t, "before", ids("--before", all[2].LookupID.String()), part(0, 2))
	equal(t, "last", ids("--last", "--limit", "3"), part(2199, 2202))
	equal(t, "last of many", ids("--last", "--limit", "1500"), part(702, 2202))
	equal(t, "last of all", ids("--last", "--limit", "5000"), part(0, 2202))
	equal(t, "behind the end", len(ids("--after", all[2201].LookupID.String())), 0)
	if got := d.must("message", "list", "orders", "--json", "--limit", "1").out; strings.Contains(got, `"body"`) {
		t.Errorf("a list without --body-limit has bodies: %s", got)
	}
}

func TestMessageListFormats(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	equal(t, "json", d.must("message", "list", "orders", "--json").quiet().out, "[]\n")
	equal(t, "jsonl", d.must("message", "list", "orders", "--jsonl").quiet().out, "")
	d.must("message", "list", "orders").complains("no messages in orders")
	d.must("message", "send", "orders", "--body", "x", "--label", strings.Repeat("long ", 30), "--count", "3")
	a := d.must("message", "list", "orders").quiet().says("LOOKUP ID", "PRI", "CLASS", "SENT", "NORMAL", strings.Repeat("long ", 29))
	equal(t, "lines", strings.Count(a.out, "\n"), 4)
	equal(t, "json lines", len(lines(d.must("message", "list", "orders", "--jsonl"))), 3)
	d.terminal["out"] = true
	d.must("message", "list", "orders").says("\x1b[1m", "…")
	d.vars["NO_COLOR"] = "1"
	if a := d.must("message", "list", "orders"); strings.Contains(a.out, "\x1b") {
		t.Errorf("NO_COLOR is not honoured: %q", a.out)
	}
	d.run("message", "list", "orders", "--json", "--jsonl").exits(exitUsage)
	d.run("message", "list", "orders", "--limit", "-1").exits(exitUsage)
	d.run("message", "list", "orders", "--follow", "--json").exits(exitUsage).complains("--jsonl")
	d.run("message", "list", "nowhere", "--json").exits(exitFailed).complains("MQ_ERROR_QUEUE_NOT_FOUND (0xC00E0003)")
}

// until waits until what was printed has so many lines.
func (s *safeBuffer) until(t *testing.T, n int) []string {
	t.Helper()
	for {
		list := strings.Split(strings.TrimSuffix(s.String(), "\n"), "\n")
		if len(list) >= n && s.String() != "" {
			return list
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("the test ended with %d of %d lines", len(list), n)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestFollowShowsWhatComesWhateverItsPriority(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "old", "--count", "5")
	ctx, stop := context.WithCancel(t.Context())
	follower := *d
	follower.ctx = ctx
	var out, errs safeBuffer
	done := make(chan int)
	go func() {
		done <- follower.runTo(&out, &errs, "message", "list", "orders", "--follow", "--limit", "2", "--jsonl")
	}()
	out.until(t, 2)
	for i, priority := range []string{"3", "7", "0", "5"} {
		d.must("message", "send", "orders", "--body", "new", "--priority", priority)
		out.until(t, 3+i)
	}
	stop()
	if code := <-done; code != exitDone || errs.String() != "" {
		t.Errorf("exit status %d, standard error %q", code, errs.String())
	}
	var priorities []int
	for _, line := range out.until(t, 6) {
		var m mgmtclient.Message
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		priorities = append(priorities, m.Priority)
	}
	equal(t, "priorities", priorities, []int{3, 3, 3, 7, 0, 5})
}

func TestFollowNeedsNoSignals(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.node.Lack(mgmtclient.CanWatch)
	ctx, stop := context.WithCancel(t.Context())
	follower := *d
	follower.ctx = ctx
	var out, errs safeBuffer
	done := make(chan int)
	go func() { done <- follower.runTo(&out, &errs, "message", "list", "orders", "--follow", "--jsonl") }()
	d.must("message", "send", "orders", "--body", "x")
	out.until(t, 1)
	stop()
	equal(t, "exit status", <-done, exitDone)
}

func TestMessageShowByLookupIDAndByMessageID(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	d.must("message", "send", "orders", "--body", "first")
	d.must("message", "send", "orders", "--body", "second body", "--label", "Two")
	m := d.messages("orders")[1]
	d.must("message", "show", "orders", m.LookupID.String()).quiet().says("Two", m.ID, "second body\n", "11 bytes")
	d.must("message", "show", "orders", m.ID).says("second body\n")
	equal(t, "raw", d.must("message", "show", "orders", m.ID, "--raw").out, "second body")
	d.must("message", "show", "orders", m.ID, "--body-limit", "6").says("second", "[5 more bytes]")
	equal(t, "json", document[mgmtclient.Message](d.must("message", "show", "orders", m.ID, "--json")).ID, m.ID)

	d.run("message", "show", "orders", "17").exits(exitFailed).complains("MQ_ERROR_MESSAGE_NOT_FOUND (0xC00E0088)")
	d.run("message", "show", "orders", m.ID+"9").exits(exitFailed).complains("MQ_ERROR_MESSAGE_NOT_FOUND (0xC00E0088)")
	d.run("message", "show", "orders", "first").exits(exitUsage).complains("neither a lookup id")
	d.run("message", "show", "orders").exits(exitUsage).complains("MESSAGE is missing")
}

func TestSearchStreamsHits(t *testing.T) {
	d := newDesk(t).withQueues("orders")
	for i := range 5 {
		d.must("message", "send", "orders", "--body", fmt.Sprintf("order %d of ACME", i), "--label", fmt.Sprintf("L%d", i))
	}
	equal(t, "hits", len(lines(d.must("message", "search", "orders", "acme", "--jsonl"))), 5)
	equal(t, "limit", len(document[[]mgmtclient.Message](d.must("message", "search", "orders", "acme", "--limit", "2", "--json"))), 2)
	equal(t, "text", len(document[[]mgmtclient.Message](d.must("message", "search", "orders", "order 3", "--json"))), 1)
	equal(t, "class", d.must("message", "search", "orders", "--class", "NACK_DELETED", "--json").out, "[]\n")
	equal(t, "until", d.must("message", "search", "orders", "--until", "2001-01-01", "--json").out, "[]\n")
	d.must("message", "search", "orders", "nothing").complains("no message found in orders")
	d.run("message", "search", "orders", "--since", "yesterday").exits(exitUsage).complains("yesterday")

	// What was found before an error was shown.
	d.node.Fail("Search", mq.Errorf(mq.ErrQueueDeleted, "search orders", "somebody deleted it"))
	d.run("message", "search", "orders", "acme", "--json").exits(exitFailed).complains("MQ_ERROR_QUEUE_DELETED")
}

func TestMomentsAreReadAsPeopleWriteThem(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("", 3600)
	for text, want := range map[string]string{
		"2h":                   "2026-11-21T10:00:00Z",
		"2026-11-20":           "2026-11-19T23:00:00Z",
		"2026-11-20 10:30":     "2026-11-20T09:30:00Z",
		"2026-11-20T10:30:05Z": "2026-11-20T10:30:05Z",
	} {
		m := moment{now: func() time.Time { return now }, zone: zone}
		if err := m.Set(text); err != nil || m.value.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v, want %s", text, m.value.UTC(), err, want)
		}
	}
}
