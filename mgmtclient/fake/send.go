package fake

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// overhead is about what the headers of a packet take.
const overhead = 156

func sizeOf(m *mgmtclient.Message) int64 {
	return int64(overhead + 2*len(m.Label) + len(m.Body) + len(m.Extension))
}

// complete fills what follows from the rest of a message.
func (n *Node) complete(m *mgmtclient.Message) {
	m.BodySize = len(m.Body)
	if m.Size == 0 {
		m.Size = sizeOf(m)
	}
	if m.Class == "" {
		m.Class = m.ClassCode.Name()
	}
	if m.Delivery == "" {
		m.Delivery = row.Recoverable
	}
	if m.PrivacyLevel == "" {
		m.PrivacyLevel = "none"
	}
	if m.SourceMachine == "" {
		m.SourceMachine = n.machine.Name
	}
	if m.Acknowledge == nil {
		m.Acknowledge = []string{}
	}
	if m.ID == "" {
		m.ID = mq.ObjectID{Source: n.machine.ID, Ordinal: n.nextOrdinal()}.String()
	}
	if m.TTBR != nil && m.Expires == nil {
		t := m.SentTime.Add(time.Duration(*m.TTBR) * time.Second)
		m.Expires = &t
	}
}

func (n *Node) nextOrdinal() uint32 {
	n.ordinal++
	return n.ordinal
}

// Send puts messages into queues of this machine and into outgoing queues.
func (n *Node) Send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	op := "send to " + r.Queue
	if err := n.enter(ctx, "Send", op, r.Queue); err != nil {
		return mgmtclient.SendResult{}, err
	}
	defer n.mu.Unlock()
	m, err := n.compose(op, &r)
	if err != nil {
		return mgmtclient.SendResult{}, err
	}
	targets, err := n.targets(op, r)
	if err != nil {
		return mgmtclient.SendResult{}, err
	}
	count := int64(max(r.Count, 1))
	for _, t := range targets {
		if err := n.admits(op, t, r.Transactional, count*m.Size); err != nil {
			return mgmtclient.SendResult{}, err
		}
	}
	result := mgmtclient.SendResult{Outcome: mgmtclient.OutcomeArrived}
	if slices.ContainsFunc(targets, func(t place) bool { return t.q.out != nil }) {
		result.Outcome = mgmtclient.OutcomeKept
	}
	if r.Transactional {
		m.TransactionID = mq.ObjectID{Source: n.machine.ID, Ordinal: n.nextOrdinal()}.String()
	}
	for i := range count {
		id := mq.ObjectID{Source: n.machine.ID, Ordinal: n.nextOrdinal()}.String()
		for _, t := range targets {
			c := m
			c.ID = id
			c.FirstInTransaction = r.Transactional && i == 0
			c.LastInTransaction = r.Transactional && i == count-1
			c.DestinationQueue = n.named(t)
			n.deliver(t, &c)
			result.LookupID = c.LookupID
		}
		if i == 0 {
			result.FirstID = id
		}
		result.LastID = id
		result.Sent++
	}
	return result, nil
}

// packetSize is the size of the packet that a message would have.
func (n *Node) packetSize(r *mgmtclient.Message) int64 {
	m, err := row.Message(r)
	if err != nil {
		return sizeOf(r)
	}
	head, _, err := wire.Split(m, n.machine.ID)
	if err != nil {
		return sizeOf(r)
	}
	return int64(len(head) + len(m.Body))
}

// targets resolves the destination, one or several.
func (n *Node) targets(op string, r mgmtclient.SendRequest) ([]place, error) {
	name, err := mq.ParseQueue(r.Queue)
	if err != nil {
		return nil, err
	}
	all := []mq.FormatName{name.FormatName()}
	if all[0].Kind == mq.KindMulti {
		all = all[0].Elements
	}
	var list []place
	for _, f := range all {
		t, err := n.target(op, f, false)
		if err != nil {
			return nil, err
		}
		if t.q == nil || t.q.Hidden || t.suffix != mq.SuffixNone || t.sub != "" {
			return nil, mq.Errorf(mq.ErrAccessDenied, op, "messages are sent to queues, not to journals, subqueues and queues of the system").
				WithFix("name the queue itself")
		}
		list = append(list, t)
	}
	return list, nil
}

// admits checks what the queue asks of messages.
func (n *Node) admits(op string, t place, transactional bool, size int64) error {
	switch {
	case t.q.out != nil:
		return nil // it is asked by the queue it goes to
	case t.q.Transactional && !transactional:
		return mq.Errorf(mq.ErrTransactionUsage, op, "the queue takes only transactional messages").
			WithFix("send it in a transaction")
	case !t.q.Transactional && transactional:
		return mq.Errorf(mq.ErrTransactionUsage, op, "the queue is not transactional").
			WithFix("send it without a transaction")
	case t.q.Authenticate:
		return mq.Errorf(mq.ErrMessageNotAuthenticated, op, "the queue takes only signed messages").
			WithFix("switch the check off in the queue's properties, or sign the message")
	case over(t.q.QuotaKB, t.q.main.bytes+size):
		return mq.Errorf(mq.ErrInsufficientResources, op, "the queue is full: its quota is %d KB", *t.q.QuotaKB).
			WithFix("receive or purge messages, or raise the quota")
	}
	return nil
}

func over(quotaKB *uint32, bytes int64) bool {
	return quotaKB != nil && bytes > int64(*quotaKB)*1024
}

// compose makes the row of the message that a request asks for.
func (n *Node) compose(op string, r *mgmtclient.SendRequest) (mgmtclient.Message, error) {
	m, err := row.Compose(op, r, n.machine.Name)
	if err != nil {
		return mgmtclient.Message{}, err
	}
	m.Body, m.Extension = bytes.Clone(m.Body), bytes.Clone(m.Extension)
	m.SentTime, m.Transactional, m.SourceMachine = n.second(), r.Transactional, n.machine.ID
	m.ID = mq.ObjectID{Source: n.machine.ID, Ordinal: 1}
	m.SenderSID = secure.UnixUser(1000).Append(nil)
	packet, err := wire.Append(nil, m, n.machine.ID)
	if err != nil {
		return mgmtclient.Message{}, row.Tried(op, err)
	}
	c := row.Of(m)
	c.SourceMachine = n.machine.Name
	c.Size = int64(len(packet))
	return c, nil
}

// deliver puts a message into a queue and does what its sender asked for.
func (n *Node) deliver(t place, m *mgmtclient.Message) {
	m.ArrivedTime = n.second()
	m.LookupID = n.nextPlace(m.Priority)
	m.Size = n.packetSize(m)
	if t.q != nil && t.q.out != nil {
		m.DestinationQueue, m.Expires = t.q.FormatName, reach(m)
		t.box.put(m)
		n.signal(mgmtclient.SignalMessages, n.pathOf(t))
		return
	}
	t.box.put(m)
	n.machine.Received++
	n.signal(mgmtclient.SignalMessages, n.pathOf(t))
	if m.Journal {
		n.keep(&n.system[mq.SuffixJournal], mq.SuffixJournal, *m, m.ClassCode)
	}
	n.acknowledge(m, "reached", mq.ClassAckReachQueue)
}

// reach is when the first of a message's times on its way ends; nil: never.
func reach(m *mgmtclient.Message) *time.Time {
	var first *time.Time
	for _, limit := range []*uint32{m.TTRQ, m.TTBR} {
		if limit == nil {
			continue
		}
		if t := m.SentTime.Add(time.Duration(*limit) * time.Second); first == nil || t.Before(*first) {
			first = &t
		}
	}
	return first
}

// keep puts a copy into a system queue.
func (n *Node) keep(b *box, x mq.Suffix, m mgmtclient.Message, class mq.Class) {
	m.LookupID = n.nextPlace(m.Priority)
	m.ArrivedTime = n.second()
	m.Expires = nil // what is kept there stays until somebody takes it
	m.ClassCode, m.Class = class, class.Name()
	b.put(&m)
	n.signal(mgmtclient.SignalMessages, n.pathOf(place{suffix: x}))
}

// acknowledge tells the sender's administration queue, if it is here.
func (n *Node) acknowledge(m *mgmtclient.Message, word string, class mq.Class) {
	if m.AdminQueue == "" || m.ClassCode != mq.ClassNormal {
		return
	}
	f, err := mq.ParseFormatName(m.AdminQueue)
	if err != nil || !slices.Contains(m.Acknowledge, word) {
		return
	}
	t, err := n.locate("acknowledge", m.AdminQueue, f, false)
	if err != nil || t.q == nil || t.q.Transactional {
		return
	}
	a := mgmtclient.Message{
		Label: m.Label, Priority: mq.DefaultPriority, Delivery: m.Delivery, SentTime: n.second(), ClassCode: class,
		CorrelationID: m.ID, DestinationQueue: m.AdminQueue, ResponseQueue: m.DestinationQueue,
	}
	if strings.HasPrefix(word, "not-") {
		a.Body, a.BodyType = m.Body, m.BodyType // a negative one carries the message (MS-MQDMPR 3.1.5.8.10)
	}
	n.complete(&a)
	n.deliver(t, &a)
}

// bury ends a message that was not received, as its sender asked.
func (n *Node) bury(m *mgmtclient.Message, class mq.Class) {
	word := "not-received"
	if class < mq.ClassNackQueueDeleted && slices.Contains(m.Acknowledge, "not-reached") {
		word = "not-reached"
	}
	n.acknowledge(m, word, class)
	if !m.DeadLetter || m.ClassCode != mq.ClassNormal {
		return
	}
	x := mq.SuffixDeadLetter
	if m.Transactional {
		x = mq.SuffixDeadXact
	}
	if f, err := mq.ParseFormatName(m.DeadLetterQueue); err == nil {
		if t, err := n.locate("dead-letter", m.DeadLetterQueue, f, false); err == nil && t.q != nil {
			c := *m
			c.ClassCode, c.Class, c.Expires, c.LookupID = class, class.Name(), nil, n.nextPlace(m.Priority)
			t.box.put(&c)
			n.signal(mgmtclient.SignalMessages, n.pathOf(t))
			return
		}
	}
	n.keep(&n.system[x], x, *m, class)
}

// expire ends messages whose time is over.
func (n *Node) expire() {
	now := n.second()
	for _, q := range n.queues {
		class := mq.ClassNackReceiveTimeout
		if q.out != nil {
			class = mq.ClassNackReachQueueTimeout
		}
		for _, b := range q.boxes() {
			if b.nextExpiry.IsZero() || b.nextExpiry.After(now) {
				continue
			}
			b.nextExpiry = time.Time{}
			for i := 0; i < len(b.items); {
				m := b.items[i].m
				switch {
				case m == nil || m.Expires == nil:
					i++
				case m.Expires.After(now):
					if b.nextExpiry.IsZero() || m.Expires.Before(b.nextExpiry) {
						b.nextExpiry = *m.Expires
					}
					i++
				default:
					n.bury(n.take(b, i), class)
					n.signal(mgmtclient.SignalMessages, q.PathName)
				}
			}
		}
	}
}
