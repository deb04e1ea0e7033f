package outgoing

import (
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// queueOf makes a row.
func queueOf(state mq.QueueState, o mgmtclient.Outgoing) *item {
	q := mgmtclient.Queue{
		PathName: `WMS\private$\in`, FormatName: `DIRECT=OS:WMS\private$\in`, State: string(state), Outgoing: &o,
	}
	return &item{node: screen.Node{Name: "HUB"}, queue: q, out: &o, line: screen.LineOf(&q), to: screen.Destination(&q)}
}

func in1(d time.Duration) *time.Time { t := fake.Now.Add(d); return &t }

func TestTheNextTryCountsDown(t *testing.T) {
	for _, c := range []struct {
		item *item
		want string
		soon bool
	}{
		{queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, NextTry: in1(4 * time.Second)}), "in 4 s", true},
		{queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, NextTry: in1(300 * time.Millisecond)}), "in 1 s", true},
		{queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, NextTry: in1(-time.Second)}), "now", true},
		{queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1}), "now", true},
		{queueOf(mq.StateInactive, mgmtclient.Outgoing{Unsent: 1, Failures: 4, NextTry: in1(time.Minute)}), "in 1 min", true},
		{queueOf(mq.StateOnHold, mgmtclient.Outgoing{Unsent: 1}), "after Resume", false},
		{queueOf(mq.StateLocked, mgmtclient.Outgoing{Unsent: 1}), "when unlocked", false},
		{queueOf(mq.StateConnected, mgmtclient.Outgoing{Unsent: 1}), "", false},
		{queueOf(mq.StateInactive, mgmtclient.Outgoing{}), "", false},
	} {
		if got, soon := nextTry(c.item, fake.Now); got != c.want || soon != c.soon {
			t.Errorf("%s: got %q, want %q", c.item.queue.State, got, c.want)
		}
	}
	away := queueOf(mq.StateDisconnected, mgmtclient.Outgoing{Unsent: 1})
	away.away = true
	if got, _ := nextTry(away, fake.Now); got != "when online" {
		t.Errorf("offline: got %q", got)
	}
}

func TestWhyIsToldInPlainWords(t *testing.T) {
	failed := func(s mq.ConnectionStatus, e mq.HResult) []mgmtclient.Connection {
		return []mgmtclient.Connection{{Status: mq.ConnEstablished}, {Status: s, Failed: true, Error: e}, {Status: mq.ConnInProcess}}
	}
	for _, c := range []struct {
		name  string
		state mq.QueueState
		out   mgmtclient.Outgoing
		tone  kit.Tone
		bold  string
		text  string
	}{
		{
			"nothing listens", mq.StateWaiting,
			mgmtclient.Outgoing{Unsent: 2, Failures: 4, Why: "10.0.0.7 answers, but nothing listens on port 1801", History: failed(mq.ConnConnectSocketFailure, 0x8007274D)},
			kit.Danger, "WMS refuses the connection", "10.0.0.7 answers, but nothing listens on port 1801. The 2 messages are safe on HUB.",
		},
		{
			"off", mq.StateWaiting,
			mgmtclient.Outgoing{Unsent: 1, Failures: 3, Why: "It is off.", History: failed(mq.ConnConnectSocketFailure, 0x8007274C)},
			kit.Danger, "WMS does not answer", "It is off. The message is safe on HUB.",
		},
		{
			"no such name", mq.StateNeedValidation,
			mgmtclient.Outgoing{Unsent: 1, Failures: 3, Why: "No such host.", History: failed(mq.ConnDNSFailure, 0x80072AF9)},
			kit.Danger, "WMS cannot be found", "No such host.",
		},
		{
			"turned down", mq.StateWaiting,
			mgmtclient.Outgoing{Unsent: 1, Failures: 3, History: failed(mq.ConnRefused, 0x8007274D)},
			kit.Danger, "WMS turns the session down", "It is tried again and again",
		},
		{"first tries", mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, Failures: 1, Why: "Connecting."}, kit.Warning, "Trying to connect to WMS", "Connecting."},
		{"paused", mq.StateOnHold, mgmtclient.Outgoing{Unsent: 1, Why: "x"}, kit.Info, "Paused", "Nothing leaves this queue until somebody resumes it"},
		{"hardened", mq.StateLocked, mgmtclient.Outgoing{Unsent: 1}, kit.Danger, "Locked: HUB is hardened", "Only HTTP may leave"},
		{"cut", mq.StateDisconnected, mgmtclient.Outgoing{Unsent: 1, Why: "The line broke."}, kit.Neutral, "No link to WMS", "The line broke. The message is safe on HUB."},
		{"not read", mq.StateConnected, mgmtclient.Outgoing{Unread: 120}, kit.Neutral, "120 delivered, not read yet", "They arrived and wait for a reader"},
		{"stalled", mq.StateConnected, mgmtclient.Outgoing{Unsent: 5, NoAckCount: 5, ResendCount: 3}, kit.Warning, "WMS does not acknowledge", "5 messages were sent and not acknowledged, after 3 resends."},
	} {
		r, ok := queueOf(c.state, c.out).explain()
		if !ok || r.tone != c.tone || r.bold != c.bold || !strings.HasPrefix(r.text, c.text) {
			t.Errorf("%s: got %+v", c.name, r)
		}
	}
	for _, s := range []mq.QueueState{mq.StateConnected, mq.StateInactive, mq.StateLocal} {
		if r, ok := queueOf(s, mgmtclient.Outgoing{}).explain(); ok {
			t.Errorf("%s: got %+v", s, r)
		}
	}
}

func TestExpressMessagesAreNotCalledSafe(t *testing.T) {
	i := queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 2})
	i.express = true
	if got := i.kept(); got != "The 2 messages are kept on HUB." {
		t.Errorf("got %q", got)
	}
}

func TestWorkingOfflineExplainsMoreThanTheLine(t *testing.T) {
	for _, s := range []mq.QueueState{mq.StateWaiting, mq.StateDisconnected} {
		i := queueOf(s, mgmtclient.Outgoing{Unsent: 1, Failures: 9})
		i.away = true
		if r, _ := i.explain(); r.bold != "HUB works offline" || r.tone != kit.Neutral {
			t.Errorf("%s: got %+v", s, r)
		}
	}
}

func TestRepeatsInTheHistoryAreCounted(t *testing.T) {
	at := func(d time.Duration, s mq.ConnectionStatus, e mq.HResult) mgmtclient.Connection {
		return mgmtclient.Connection{Time: fake.Now.Add(d), Status: s, Failed: s.Failed(), Error: e, Why: "why"}
	}
	h := []mgmtclient.Connection{at(-26*time.Hour, mq.ConnEstablishReceived, 0), at(-time.Hour, mq.ConnEstablished, 0)}
	for k := range 5 {
		h = append(h, at(time.Duration(k-10)*time.Second, mq.ConnConnectSocketFailure, 0x8007274D))
	}
	i := queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, Failures: 408, History: h})
	var got []string
	for _, e := range i.events(fake.Now) {
		got = append(got, strings.TrimSpace(e.at+" "+e.what+e.more+" "+e.code))
	}
	want := "14:32:01 Connection refused 0x80000004; 14:32:00 Connection refused 0x80000004; 14:31:59 Connection refused 0x80000004; " +
		"405 more, all the same; 13:32:07 Why; 18 Nov 12:32 Why"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	i.out.Failures = 5
	if e := i.events(fake.Now)[3]; e.more != "2 more, all the same" {
		t.Errorf("got %+v", e)
	}
	if s := i.historyText(fake.Now); strings.Count(s, "\n") != 8 || !strings.Contains(s, "2026-11-19T14:32:01+01:00\t0x80000004\t0x8007274D\t\twhy") {
		t.Errorf("got %s", s)
	}
}

func TestTheBeginningOfATryIsShownUntilItHasEnded(t *testing.T) {
	at := func(s mq.ConnectionStatus) mgmtclient.Connection {
		return mgmtclient.Connection{Time: fake.Now, Status: s, Failed: s.Failed(), Why: "why"}
	}
	i := queueOf(mq.StateWaiting, mgmtclient.Outgoing{History: []mgmtclient.Connection{at(mq.ConnInProcess), at(mq.ConnRefused), at(mq.ConnInProcess)}})
	if got := i.events(fake.Now); len(got) != 2 || got[0].tone != kit.Warning || got[1].tone != kit.Danger {
		t.Errorf("got %+v", got)
	}
}

func TestEntriesAreShortAndTheirReasonsWhole(t *testing.T) {
	for _, c := range []struct {
		c    mgmtclient.Connection
		want string
	}{
		{mgmtclient.Connection{Status: mq.ConnEstablished, Why: mq.ConnEstablished.String()}, "Session ready"},
		{mgmtclient.Connection{Status: mq.ConnEstablishReceived}, "Connection established"},
		{mgmtclient.Connection{Status: mq.ConnInProcess, Why: "WMS-ODN01 closed the connection."}, "WMS-ODN01 closed it"},
		{mgmtclient.Connection{Status: mq.ConnDNSFailure, Failed: true, Why: strings.Repeat("long ", 20)}, "Name not found"},
		{mgmtclient.Connection{Status: mq.ConnSendFailure, Failed: true, Why: strings.Repeat("long ", 20)}, "Broke while sending"},
		{mgmtclient.Connection{Status: mq.ConnUnknownFailure, Failed: true, Why: "strange things"}, "Strange things"},
	} {
		if got := what(&c.c); got != c.want {
			t.Errorf("%s: got %q, want %q", c.c.Status, got, c.want)
		}
	}
}

func TestTheOldestWarnsWhenItsLifeIsUsed(t *testing.T) {
	for _, c := range []struct {
		oldest time.Duration
		ink    string
	}{{-time.Hour, string(theme.Neutral)}, {-50 * time.Hour, string(theme.Warning)}, {-90 * time.Hour, string(theme.Danger)}} {
		i := queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, Oldest: in1(c.oldest), Expires: in1(c.oldest + 96*time.Hour)})
		pairs := i.messagePairs(fake.Now)
		if last := pairs[len(pairs)-1]; last.Key != "Oldest expires" || string(last.Ink) != c.ink {
			t.Errorf("%s: got %+v", c.oldest, last)
		}
	}
	if pairs := queueOf(mq.StateInactive, mgmtclient.Outgoing{}).messagePairs(fake.Now); len(pairs) != 2 {
		t.Errorf("an empty queue has an oldest message: %+v", pairs)
	}
}

func TestTriesAreCountedFromTheFirst(t *testing.T) {
	fail := func(ago time.Duration) mgmtclient.Connection {
		return mgmtclient.Connection{Time: fake.Now.Add(-ago), Status: mq.ConnConnectSocketFailure, Failed: true}
	}
	ready := mgmtclient.Connection{Time: fake.Now.Add(-2 * time.Hour), Status: mq.ConnEstablished}
	for _, c := range []struct {
		failures int
		since    time.Duration
		history  []mgmtclient.Connection
		want     string
	}{
		{2, -time.Minute, []mgmtclient.Connection{ready, fail(time.Hour), fail(time.Minute)}, "Tries since 13:32"}, // the state changed since
		{9, -3 * time.Hour, []mgmtclient.Connection{fail(time.Hour), fail(time.Minute)}, "Tries since 11:32"},
		{9, -time.Minute, []mgmtclient.Connection{fail(time.Hour), fail(time.Minute)}, "Failed tries"},
	} {
		i := queueOf(mq.StateWaiting, mgmtclient.Outgoing{Unsent: 1, Failures: c.failures, Since: in1(c.since), History: c.history})
		pairs := i.connectionPairs(fake.Now)
		if got := pairs[len(pairs)-1].Key; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestTheStreamShowsItsCounters(t *testing.T) {
	if queueOf(mq.StateConnected, mgmtclient.Outgoing{}).streamPairs(fake.Now) != nil {
		t.Error("there is no stream")
	}
	seq := func(n uint32) *mgmtclient.Sequence {
		return &mgmtclient.Sequence{ID: "5f4e1e8300000001", Number: n, Previous: n - 1}
	}
	i := queueOf(mq.StateConnected, mgmtclient.Outgoing{
		LastAck: seq(120), LastAckTime: in1(-time.Minute), FirstNonAck: seq(121), LastNonAck: seq(122), NextSequence: seq(123),
		NoAckCount: 2, ResendCount: 1, ResendInterval: 30, ResendTime: in1(12 * time.Second),
	})
	var got []string
	for _, p := range i.streamPairs(fake.Now) {
		got = append(got, p.Key+" "+strings.TrimSpace(p.Value+" "+p.Tail))
	}
	want := "Stream 5f4e1e8300000001; Last acknowledged 120 at 14:31:07; Not acknowledged 2; First of them 121 after 120; Last of them 122 after 121; " +
		"Next to be sent 123 after 122; Sent again 1 time every 30 s; Next resend in 12 s at 14:32:19"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
