package fake

import (
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func leaving(t *testing.T, n *Node, name string) mgmtclient.Queue {
	t.Helper()
	q, err := n.Queue(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if q.Outgoing == nil {
		t.Fatalf("%s is no outgoing queue", name)
	}
	return q
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSampleHasOutgoingQueuesInTheStatesOfThePictures(t *testing.T) {
	n := Sample()
	for _, o := range MoreOutgoing() {
		ok(t, n.PutOutgoing(o))
	}
	list, err := n.Queues(t.Context(), mgmtclient.QueueFilter{Outgoing: true})
	ok(t, err)
	states := map[string]int{}
	for _, q := range list {
		o := q.Outgoing
		states[q.State]++
		if o.Why == "" || o.Since == nil || q.Messages != o.Unsent+o.Unread {
			t.Errorf("%s: %+v", q.PathName, o)
		}
		if (o.Unsent > 0) != (o.Oldest != nil && o.Expires != nil) {
			t.Errorf("%s: %d unsent, oldest %v, expires %v", q.PathName, o.Unsent, o.Oldest, o.Expires)
		}
		for i, c := range o.History {
			if c.Failed != c.Status.Failed() || i > 0 && c.Time.Before(o.History[i-1].Time) || c.Time.After(Now) {
				t.Errorf("%s: history %+v", q.PathName, o.History)
			}
		}
	}
	for _, s := range []mq.QueueState{
		mq.StateConnected, mq.StateWaiting, mq.StateInactive, mq.StateOnHold, mq.StateNeedValidation, mq.StateDisconnected,
	} {
		if states[string(s)] == 0 {
			t.Errorf("no queue is %s: %v", s, states)
		}
	}
	if q := leaving(t, n, `HUB-AAR02\private$\orders.out`); q.Outgoing.Unsent != 3 || q.Outgoing.Unread != 120 || q.Outgoing.NoAckCount != 2 || q.Outgoing.FirstNonAck.Number != 121 {
		t.Errorf("%+v", q.Outgoing)
	}
}

func TestTriesFailAsTimeGoesBy(t *testing.T) {
	clock := NewClock(Now)
	n := SampleAt(clock)
	const stuck = `WMS-ODN01\private$\stock.moves`
	before := leaving(t, n, stuck).Outgoing
	clock.Advance(before.NextTry.Sub(Now) + 12*time.Second) // the one that is due, and two more
	after := leaving(t, n, stuck).Outgoing
	if after.Failures != before.Failures+3 || !after.NextTry.After(clock.Now()) || len(after.History) != maxHistory {
		t.Errorf("failures %d, then %d; next try %v", before.Failures, after.Failures, after.NextTry)
	}
	ok(t, n.Resend(t.Context(), stuck))
	if now := leaving(t, n, stuck).Outgoing; now.Failures != after.Failures+1 || !now.History[len(now.History)-1].Time.Equal(clock.Now().UTC()) {
		t.Errorf("tried now: %+v", now)
	}
}

func TestAMessageTravels(t *testing.T) {
	n := New(Options{})
	const far = `FARAWAY\private$\orders`
	send := func(label string) {
		t.Helper()
		_, err := n.Send(t.Context(), mgmtclient.SendRequest{Queue: far, Label: label, Transactional: true, DeadLetter: true, Journal: true})
		ok(t, err)
	}
	transfers := func(queue string, want ...mgmtclient.Transfer) {
		t.Helper()
		p, err := n.Messages(t.Context(), queue, mgmtclient.Page{})
		ok(t, err)
		if len(p.Messages) != len(want) {
			t.Fatalf("%s has %d messages, want %d", queue, len(p.Messages), len(want))
		}
		for i, m := range p.Messages {
			if m.Transfer != want[i] {
				t.Errorf("%s: %s is %s, want %s", queue, m.Label, m.Transfer, want[i])
			}
		}
	}
	send("a")
	send("b")
	send("c")
	ok(t, n.SetLink(far, Link{State: mq.StateConnected, Why: "A session is open."}))
	ok(t, n.Sending(far, 2))
	transfers(far, mgmtclient.TransferSending, mgmtclient.TransferSending, mgmtclient.TransferWaiting)
	ok(t, n.Deliver(far, 2))
	transfers(far, mgmtclient.TransferWaiting)
	transfers(far+mgmtclient.AwaitingSuffix, mgmtclient.TransferDelivered, mgmtclient.TransferDelivered)
	if q := leaving(t, n, far); q.Messages != 3 || q.Outgoing.Unsent != 1 || q.Outgoing.Unread != 2 || q.Outgoing.LastAck.Number != 2 {
		t.Errorf("%+v", q.Outgoing)
	}
	ok(t, n.Read(far, 1))
	ok(t, n.Refuse(far, 2, mq.ClassNackQueuePurged))
	if q := leaving(t, n, far); q.Messages != 0 || q.Outgoing.Oldest != nil {
		t.Errorf("%+v", q.Outgoing)
	}
	m, err := n.Machine(t.Context())
	ok(t, err)
	if m.Journal != 1 || m.TransactDead != 2 || m.Outgoing != 0 || m.Network.Sessions != 1 {
		t.Errorf("machine %+v", m)
	}
}

func TestPausedOfflineAndLockedComeBeforeTheLine(t *testing.T) {
	n := Sample()
	const out = `HUB-AAR02\private$\orders.out`
	state := func(want mq.QueueState) {
		t.Helper()
		if q := leaving(t, n, out); q.State != string(want) || q.Outgoing.NextTry != nil || q.Outgoing.NoAckCount != 0 && want != mq.StateConnected {
			t.Errorf("state %s, want %s: %+v", q.State, want, q.Outgoing)
		}
	}
	state(mq.StateConnected)
	ok(t, n.Disconnect(t.Context()))
	state(mq.StateDisconnected)
	ok(t, n.Pause(t.Context(), out))
	state(mq.StateOnHold)
	yes, no := true, false
	_, err := n.SetMachine(t.Context(), mgmtclient.MachineSettings{Hardened: &yes})
	ok(t, err)
	state(mq.StateLocked)
	_, err = n.SetMachine(t.Context(), mgmtclient.MachineSettings{Hardened: &no})
	ok(t, err)
	ok(t, n.Resume(t.Context(), out))
	ok(t, n.Connect(t.Context()))
	state(mq.StateConnected)
}
