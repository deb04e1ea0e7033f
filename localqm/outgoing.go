package localqm

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Outgoing is an outgoing queue to its carrier (OutgoingQueue, MS-MQDMPR
// 3.1.1.3): the messages of this machine for one destination. It is the same
// value until the queue is gone.
type Outgoing struct {
	m *QueueManager
	q *queue
	// name never changes.
	name mq.FormatName

	taking       sync.Mutex // one Take at a time, so that parcels leave in order
	paused, gone atomic.Bool
	base         atomic.Int32 // base priority
	bars         atomic.Int64 // how many are barred
}

// Destination is the format name that the messages go to.
func (o *Outgoing) Destination() mq.FormatName { return o.name }

// Paused reports that nothing is to leave (ONHOLD). It takes no lock.
func (o *Outgoing) Paused() bool { return o.paused.Load() }

// Gone reports that the queue manager has forgotten the queue, because it was
// empty for a while. Another one for its destination may come. It takes no lock.
func (o *Outgoing) Gone() bool { return o.gone.Load() }

// Unsent is how many messages were not delivered yet. It takes no lock of the
// queue manager.
func (o *Outgoing) Unsent() int64 { return o.m.store.Count(o.q.slot).Messages }

// outgoing is what an outgoing queue has beside others. Guarded by mu.
type outgoing struct {
	*Outgoing
	awaiting *queue // what was delivered and awaits its final acknowledgement
	stored   bool   // else every step that puts something here brings the queue along
	stalled  bool   // Take stopped before something that will be free soon
	idle     int64  // Unix seconds since when it may be empty and nobody's
	version  uint64 // grows when messages come or go
	front    front
	stream   transfer
	barred   map[uint64]struct{} // available, not in the head: not for the detour that is used
}

// Transfer is how far a message of an outgoing queue has come.
type Transfer string

// The states of messages in outgoing queues; empty elsewhere.
const (
	TransferWaiting   Transfer = "waiting"   // not sent, or to be sent again
	TransferSending   Transfer = "sending"   // sent, not acknowledged
	TransferDelivered Transfer = "delivered" // acknowledged, not read
)

// OutgoingInfo is what is known of an outgoing queue beside its properties.
type OutgoingInfo struct {
	Unsent  store.Count // not delivered
	Unread  store.Count // delivered, no final acknowledgement yet
	Paused  bool
	Oldest  time.Time // when the first unsent message was sent by its application; zero: none is there
	Expires time.Time // when the first of the first unsent messages ends; zero: none of them
	Link    Link
	Exactly Exactly
}

// Attach gives the queue manager what carries its messages, nil takes it away.
func (m *QueueManager) Attach(c Carrier) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.carrier = c
}

// Outgoings are the outgoing queues.
func (m *QueueManager) Outgoings() (all []*Outgoing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range m.queues {
		if q.out != nil {
			all = append(all, q.out.Outgoing)
		}
	}
	slices.SortFunc(all, func(a, b *Outgoing) int { return strings.Compare(a.name.Key(), b.name.Key()) })
	return all
}

// Pause holds an outgoing queue's messages back, also after a restart (Pause
// Queue, MS-MQDMPR 3.1.4.14).
func (m *QueueManager) Pause(ctx context.Context, c Caller, name mq.QueueName) error {
	return m.hold(ctx, c, name, true)
}

// Resume lets an outgoing queue's messages leave again (Resume Queue, MS-MQDMPR
// 3.1.4.15).
func (m *QueueManager) Resume(ctx context.Context, c Caller, name mq.QueueName) error {
	return m.hold(ctx, c, name, false)
}

func (m *QueueManager) hold(ctx context.Context, c Caller, name mq.QueueName, paused bool) error {
	op := "resume " + name.String()
	if paused {
		op = "pause " + name.String()
	}
	m.config.Lock()
	defer m.config.Unlock()
	q, err := m.manageOutgoing(op, c, name)
	if err != nil {
		return err
	}
	defer func() {
		m.mu.Lock()
		q.held-- // it stays until its mark does
		m.mu.Unlock()
	}()
	mark := []byte(key(store.Outgoing, q.info.Name))
	ops := []store.Op{&store.DeleteState{Space: spacePaused, Key: mark}}
	if paused {
		ops = append(q.creation(), &store.PutState{Space: spacePaused, Key: mark})
	}
	return m.commit(ctx, op, ops, func() {
		q.out.paused.Store(paused)
		m.changed(q)
		if m.carrier != nil {
			m.carrier.Changed(q.out.Outgoing)
		}
	})
}

// Resend has an outgoing queue's carrier connect at once and send again what
// was not acknowledged (EOD_RESEND, MS-MQMR 3.1.4.2).
func (m *QueueManager) Resend(_ context.Context, c Caller, name mq.QueueName) error {
	q, err := m.manageOutgoing("send again what waits in "+name.String(), c, name)
	if err != nil {
		return err
	}
	q.out.Resend()
	m.mu.Lock()
	defer m.mu.Unlock()
	q.held--
	if m.carrier != nil {
		m.carrier.Changed(q.out.Outgoing)
	}
	return nil
}

// manageOutgoing finds an outgoing queue for somebody who may steer it, and holds
// it.
func (m *QueueManager) manageOutgoing(op string, c Caller, name mq.QueueName) (*queue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.findAny(op, name)
	if err != nil {
		return nil, err
	}
	if q.out == nil {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "%s is no outgoing queue", q.path).
			WithFix("outgoing queues are named by their destination; see `posthouse outgoing list`")
	}
	if err := m.allow(op, c, q, mq.RightSetQueueProperties); err != nil {
		return nil, err
	}
	q.held++
	return q, nil
}

// offer tells the carrier of messages that may leave. Called with mu held.
func (m *QueueManager) offer(q *queue) {
	if q.out == nil {
		return
	}
	q.out.idle, q.out.stalled = 0, false
	q.out.version++
	if m.carrier != nil && !q.out.paused.Load() {
		m.carrier.Available(q.out.Outgoing)
	}
}

// mayLeave reports whether anything may leave a queue. Called with mu held.
func (m *QueueManager) mayLeave(q *queue) bool {
	return !q.gone && !q.out.paused.Load() && !m.hardened && !m.settings.Offline
}

// exactly describes the stream of an outgoing queue. Called with mu held.
func (m *QueueManager) exactly(q *queue) Exactly {
	s := &q.out.stream
	e := Exactly{
		LastAck: s.ack, LastAckTime: s.ackTime, LastAckCount: s.ackCount, NoAck: len(s.sent),
		NoRead: int(m.store.Count(q.out.awaiting.slot).Messages),
		Next:   Sequence{ID: s.id, Number: s.last + 1, Previous: s.last},
	}
	if n := len(s.sent); n > 0 {
		e.FirstNonAck, e.LastNonAck = s.sent[0].place(s.current), s.sent[n-1].place(s.current)
	}
	return e
}

// Exactly is what is known of the stream of transactional messages.
func (o *Outgoing) Exactly() Exactly {
	o.m.mu.Lock()
	defer o.m.mu.Unlock()
	return o.m.exactly(o.q)
}

// front is what the first messages of an outgoing queue tell.
type front struct {
	version uint64
	oldest  time.Time
	expires time.Time
	next    Sequence // of the first transactional one that was not sent
}

// frontRows is how many messages a front looks at.
const frontRows = 50

// describe adds what is not known under mu: the carrier's link, and what the
// first messages tell.
func (m *QueueManager) describe(ctx context.Context, infos ...*QueueInfo) {
	m.mu.Lock()
	carrier := m.carrier
	m.mu.Unlock()
	for _, i := range infos {
		if i.out == nil {
			continue
		}
		if carrier != nil {
			i.Outgoing.Link = carrier.Link(i.out.Outgoing)
		} else {
			i.Outgoing.Link = m.unlinked(i.out.Outgoing)
		}
		m.mu.Lock()
		stale := i.out.stream.overtaken >= overtakenTwice && len(i.out.stream.sent) > 0
		m.mu.Unlock()
		if stale {
			i.Outgoing.Link.Why = "The other computer has taken later messages of this one and refuses these: the data folder is an older copy. " +
				"They may have arrived. Look there, then purge them, or move them and send them again."
		}
		f := m.frontOf(ctx, i.out)
		i.Outgoing.Oldest, i.Outgoing.Expires = f.oldest, f.expires
		if f.next != (Sequence{}) {
			i.Outgoing.Exactly.Next = f.next
		}
	}
}

// unlinked is the state of a queue that nothing carries.
func (m *QueueManager) unlinked(o *Outgoing) Link {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := Link{State: mq.StateInactive, Why: "No queue manager runs that sends: messages are kept until it does."}
	switch {
	case m.hardened:
		l.State, l.Why = mq.StateLocked, "Hardened mode: only HTTP may leave this computer."
	case o.Paused():
		l.State, l.Why = mq.StateOnHold, "Paused by an administrator."
	}
	return l
}

// frontOf reads the first messages unless they are known.
func (m *QueueManager) frontOf(ctx context.Context, out *outgoing) front {
	m.mu.Lock()
	version, known := out.version, out.front
	m.mu.Unlock()
	if known.version == version && version != 0 {
		return known
	}
	rows, err := m.store.Range(ctx, store.Range{Slot: out.q.slot, Limit: frontRows})
	if err != nil {
		return front{}
	}
	f := front{version: version}
	for i, row := range rows {
		if t := time.Unix(row.Expires, 0).UTC(); row.Expires != 0 && (f.expires.IsZero() || t.Before(f.expires)) {
			f.expires = t
		}
		if i > 0 && (f.next != Sequence{} || row.Priority > 0) {
			continue
		}
		msg, err := m.parse(row)
		if err != nil {
			continue // who reads the message will say it
		}
		if i == 0 {
			f.oldest = msg.SentTime
		}
		m.mu.Lock()
		if l := out.q.locks[row.Lookup]; msg.Transactional && !out.q.passing(msg) && (l == nil || !l.sent) {
			f.next = out.stream.next(msg)
		}
		m.mu.Unlock()
	}
	m.mu.Lock()
	out.front = f
	m.mu.Unlock()
	return f
}
