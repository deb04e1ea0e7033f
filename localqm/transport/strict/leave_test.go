package strict

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Messages that leave for the peer over a session that it accepts (MS-MQQB 3.1.7.1).

const reports = `DIRECT=OS:OFFICE\private$\reports`

func express(label string) *mq.Message {
	m := qmtest.Message(label)
	m.Delivery = mq.Express
	return m
}

func TestMessagesLeave(t *testing.T) {
	q, p := table(t)
	p.listen()
	before := uint32(time.Now().Unix())
	q.Send(reports, express("express"))
	q.Send(reports, qmtest.Message("recoverable"))
	p.accept(q, guid{}, false)
	for _, label := range []string{"express", "recoverable"} {
		m := p.message()
		if m.label != label || m.recoverable != (label == "recoverable") || string(m.body) != "body of "+label {
			t.Errorf("left as %+v", m)
		}
		if m.to != directQueue(`OS:OFFICE\private$\reports`) || m.admin.kind != none || m.response.kind != none {
			t.Errorf("MS-MQMQ 2.2.19.2: it goes to %+v, %+v, %+v", m.to, m.admin, m.response)
		}
		if m.source != p.them || m.hops != 0 || m.priority != 3 || m.tx != nil || m.class != classNormal {
			t.Errorf("left as %+v", m)
		}
		if m.sentTime < before || m.sentTime > uint32(time.Now().Unix()) || m.reach != 345600 || m.toBeReceived != never {
			t.Errorf("sent at %d, to reach its queue in %d, to be received in %d", m.sentTime, m.reach, m.toBeReceived)
		}
	}
	if len(q.Labels(reports)) != 2 {
		t.Error("what is not acknowledged is gone")
	}
	p.ack()
	holds(t, q, reports)
}

func TestPropertiesLeave(t *testing.T) {
	q, p := table(t)
	p.listen()
	m := qmtest.Message("Größe €")
	m.Priority, m.Journal, m.DeadLetter = 6, true, true
	m.TimeToReachQueue, m.TimeToBeReceived = 600, 7200
	m.CorrelationID, m.AppSpecific, m.BodyType, m.Extension = [20]byte{1, 2, 3}, 77, 8, []byte{9, 8, 7}
	m.AdminQueue, m.Acknowledge = qmtest.Name(t, `DIRECT=OS:HUB\private$\admin`).Format, mq.AckPositiveArrival|mq.AckNegativeReceive
	m.ResponseQueue = mq.Private(q.Identity().ID, number(t, q, "orders"))
	q.Send(reports, m)
	p.accept(q, guid{}, false)
	got := p.message()
	if got.priority != 6 || !got.journal || !got.deadLetter || got.reach != 600 || got.toBeReceived != 7200 ||
		got.correlation != m.CorrelationID || got.tag != 77 || got.bodyType != 8 || !slices.Equal(got.extension, m.Extension) ||
		got.acks != wantReach|wantNoReceive || got.admin != directQueue(`OS:HUB\private$\admin`) ||
		got.response != (queue{kind: onSource, number: number(t, q, "orders")}) || got.id != m.ID.Ordinal {
		t.Errorf("left as %+v", got)
	}
	p.ack()
	holds(t, q, `.\system$;journal`, m.Label) // MS-MQQB 3.1.5.5.4
}

// MS-MQQB 3.1.5.2.3: who is named by its identifier is asked for by it.
func TestPrivateNamesLeadToTheirQueueManager(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{}) // they meet
	p.listen()
	p.c.Close()
	to := mq.Private(mq.GUID(p.id), 42).String()
	q.Send(to, qmtest.Message("private"))
	p.accept(q, p.id, false)
	m := p.message()
	if m.to != (queue{kind: onDestination, number: 42}) || m.manager != p.id {
		t.Errorf("MS-MQMQ 2.2.19.2: it goes to %+v of %s", m.to, m.manager)
	}
	p.ack()
	holds(t, q, to)
}

// MS-MQQB 3.1.5.3.2: an answer of somebody else closes.
func TestAnotherQueueManagerGetsNothing(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	p.listen()
	p.c.Close()
	q.Send(mq.Private(mq.GUID(p.id), 42).String(), qmtest.Message("private"))
	for _, spoil := range []func(*establish){
		func(h *establish) { h.server = guidOf("11111111-2222-3333-4444-555555555555") },
		func(h *establish) { h.client = h.server },
		func(h *establish) { h.refused = true },
	} {
		p.connected(q)
		h := p.read().establish(false)
		spoil(&h)
		p.write(func(w *out) { w.establish(h, true) })
		if r := p.next(); r != nil {
			t.Errorf("answered to %+v", h)
		}
		ok(t, q.Resend(ctx, qmtest.Owner, qmtest.Name(t, mq.Private(mq.GUID(p.id), 42).String())))
	}
}

func TestQueuesOfOneHostShareItsSession(t *testing.T) {
	q, p := table(t)
	p.listen()
	want := map[string]int{}
	for i := range 3 {
		for _, to := range []string{"a", "b", "c"} {
			q.Send(`DIRECT=OS:OFFICE\private$\`+to, qmtest.Message(fmt.Sprint(i)))
			want[`OS:OFFICE\private$\`+to] = 3
		}
	}
	p.accept(q, guid{}, false)
	for range 9 {
		m := p.message()
		if want[m.to.direct]--; m.label != fmt.Sprint(2-want[m.to.direct]) {
			t.Errorf("message %s of %s came out of order", m.label, m.to.direct)
		}
	}
	p.ack()
	for _, to := range []string{"a", "b", "c"} {
		holds(t, q, `DIRECT=OS:OFFICE\private$\`+to)
	}
}

// MS-MQQB 3.1.7.1, 3.1.7.13: a peer may make the window smaller.
func TestMessagesKeepToTheWindow(t *testing.T) {
	q, p := table(t)
	p.listen()
	for i := range 150 {
		q.Send(reports, express(fmt.Sprint(i)))
	}
	p.connected(q)
	h := p.read().establish(false)
	h.server = p.id
	p.write(func(w *out) { w.establish(h, true) })
	answer := p.read().parameters()
	answer.window = 10
	p.write(func(w *out) { w.parameters(answer) })
	p.theirWindow = 10 // both sides keep to the smaller one
	for n := 0; n < 100; n++ {
		if m := p.message(); m.label != fmt.Sprint(n) {
			t.Fatalf("message %s came as the %dth", m.label, n)
		}
		if n%10 == 9 {
			p.ack()
		}
	}
	small := p.header()
	small.window = 1
	p.write(func(w *out) { w.sessionAck(small) })
	for range 50 {
		p.message()
		if n := p.came - p.told; n > 10 {
			t.Fatalf("%d messages are not acknowledged", n)
		}
		h := p.header()
		h.window = 1
		p.write(func(w *out) { w.sessionAck(h) })
	}
	holds(t, q, reports)
}

// MS-MQQB 3.1.5.9, 3.1.6.1: what was not acknowledged comes again, in its order.
func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	q, p := table(t)
	p.listen()
	for i := range 4 {
		q.Send(reports, qmtest.Message(fmt.Sprint(i)))
	}
	p.accept(q, guid{}, false)
	first := []*message{p.message(), p.message()}
	p.ack()
	p.message()
	p.message()
	p.c.Close() // without an acknowledgement of the last two
	p.accept(q, guid{}, false)
	for i := range 2 {
		if m := p.message(); m.label != fmt.Sprint(i+2) || m.id <= first[1].id {
			t.Errorf("message %s came again", m.label)
		}
	}
	p.ack()
	holds(t, q, reports)
}

func TestOneMessageToSeveralQueues(t *testing.T) {
	q, p := table(t)
	p.listen()
	q.Send(`DIRECT=OS:OFFICE\private$\a,DIRECT=OS:OFFICE\private$\b,DIRECT=OS:HUB\private$\orders`, qmtest.Message("to all"))
	p.accept(q, guid{}, false)
	all := []queue{directQueue(`OS:OFFICE\private$\a`), directQueue(`OS:OFFICE\private$\b`), directQueue(`OS:HUB\private$\orders`)}
	for range 2 {
		m := p.message()
		if m.multi == nil || !slices.Equal(m.multi.destination, all) || len(m.multi.signature) > 0 {
			t.Fatalf("MS-MQMQ 2.2.20.1: %+v", m.multi)
		}
		if !slices.Contains(all[:2], m.to) {
			t.Errorf("it goes to %+v", m.to)
		}
	}
	p.ack()
	holds(t, q, "orders", "to all")
}

// An acknowledgement of what was not sent frees nothing and closes.
func TestAcknowledgementsOfWhatWasNotSentCloseTheSession(t *testing.T) {
	q, p := table(t)
	p.listen()
	q.Send(reports, qmtest.Message("one"))
	for _, h := range []sessionHeader{
		{acked: 2, window: 64},
		{acked: 1, lowest: 2, flags: 1, window: 64},
		{acked: 1, lowest: 1, flags: 3, window: 64},
	} {
		p.accept(q, guid{}, false)
		p.message()
		p.write(func(w *out) { w.sessionAck(h) })
		p.closed()
		ok(t, q.Resend(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	}
	holds(t, q, reports, "one")
	p.accept(q, guid{}, false)
	p.message()
	p.ack()
	holds(t, q, reports)
}

// MS-MQQB 3.1.7.13: a paused queue sends nothing; others do.
func TestAPausedQueueWaits(t *testing.T) {
	q, p := table(t)
	p.listen()
	q.Send(reports, qmtest.Message("first"))
	p.accept(q, guid{}, false)
	p.message()
	p.ack()
	holds(t, q, reports)
	ok(t, q.Pause(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	q.Send(reports, qmtest.Message("held"))
	q.Send(`DIRECT=OS:OFFICE\private$\plans`, qmtest.Message("plans"))
	if m := p.message(); m.label != "plans" {
		t.Errorf("message %s left", m.label)
	}
	ok(t, q.Resume(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	if m := p.message(); m.label != "held" {
		t.Errorf("message %s left", m.label)
	}
	p.ack()
	holds(t, q, reports)
}

// MS-MQQB 3.1.7.1.2: what is too late does not leave.
func TestWhatIsTooLateDoesNotLeave(t *testing.T) {
	q, p := table(t)
	p.listen()
	late := qmtest.Message("late")
	late.TimeToReachQueue, late.DeadLetter = 0, true
	q.Open(reports, localqm.SendAccess) // makes the outgoing queue
	ok(t, q.Pause(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	q.Send(reports, late)
	holds(t, q, `.\system$;deadletter`, "late")
	q.Send(reports, qmtest.Message("in time"))
	ok(t, q.Resume(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	p.accept(q, guid{}, false)
	if m := p.message(); m.label != "in time" {
		t.Errorf("message %s left", m.label)
	}
	p.ack()
	holds(t, q, reports)
}
