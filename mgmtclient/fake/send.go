package fake

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/bodyformat"
)

const (
	express     = "express"
	recoverable = "recoverable"
)

// overhead is about what the headers of a packet take.
const overhead = 156

func sizeOf(m *mgmtclient.Message) int64 {
	return int64(overhead + 2*len(m.Label) + len(m.Body) + len(m.Extension))
}

// complete fills what follows from the rest of a message.
func (n *Node) complete(m *mgmtclient.Message) {
	m.BodySize = len(m.Body)
	m.Size = sizeOf(m)
	m.Format = bodyformat.Detect(m.BodyType, m.Body, m.Extension)
	if m.Class == "" {
		m.Class = m.ClassCode.Name()
	}
	if m.Delivery == "" {
		m.Delivery = recoverable
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

// Send puts messages into local queues.
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
			c.DestinationQueue = n.direct(t).String()
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
		t, err := n.locate(op, f.String(), f, false)
		if err != nil {
			return nil, err
		}
		if t.q == nil || t.q.outgoing || t.q.Hidden || t.suffix != mq.SuffixNone || t.sub != "" {
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
	case t.q.Transactional && !transactional:
		return mq.Errorf(mq.ErrTransactionUsage, op, "the queue takes only transactional messages").
			WithFix("send it in a transaction")
	case !t.q.Transactional && transactional:
		return mq.Errorf(mq.ErrTransactionUsage, op, "the queue is not transactional").
			WithFix("send it without a transaction")
	case t.q.Authenticate:
		return mq.Errorf(mq.ErrAccessDenied, op, "the queue takes only signed messages").
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

// compose checks a request and makes the message.
func (n *Node) compose(op string, r *mgmtclient.SendRequest) (mgmtclient.Message, error) {
	bad := func(code mq.HResult, fix, why string, args ...any) (mgmtclient.Message, error) {
		return mgmtclient.Message{}, mq.Errorf(code, op, why, args...).WithFix("%s", fix)
	}
	m := mgmtclient.Message{
		Label: r.Label, Priority: mq.DefaultPriority, Delivery: recoverable, Transactional: r.Transactional,
		SentTime: n.second(), Journal: r.Journal, DeadLetter: r.DeadLetter, Trace: r.Trace,
		Body: bytes.Clone(r.Body), BodyType: r.BodyType, Extension: bytes.Clone(r.Extension), AppSpecific: r.AppSpecific,
		ID: "-", Acknowledge: []string{}, SenderSID: "S-1-22-1-1000", TTBR: finite(r.TTBR),
	}
	ttrq := mq.DefaultTimeToReachQueue
	m.TTRQ = &ttrq
	if r.TTRQ != nil {
		m.TTRQ = finite(r.TTRQ)
	}
	if r.Priority != nil {
		m.Priority = *r.Priority
	}
	if r.Transactional {
		m.Priority = 0
	}
	if r.Express {
		m.Delivery = express
	}
	switch {
	case mq.LabelLength(r.Label) > mq.MaxLabel:
		return bad(mq.ErrLabelTooLong, "shorten it", "the label has %d characters, at most %d are allowed", mq.LabelLength(r.Label), mq.MaxLabel)
	case m.Priority < 0 || m.Priority > mq.MaxPriority:
		return bad(mq.ErrIllegalPropertyValue, "choose 0 to 7", "the priority is %d", m.Priority)
	case r.Express && r.Transactional:
		return bad(mq.ErrInvalidParameter, "choose one", "a transactional message is never express")
	case r.Count < 0:
		return bad(mq.ErrInvalidParameter, "send at least one", "the count is %d", r.Count)
	}
	var unknown string
	m.Acknowledge, unknown = acknowledge(r.Acknowledge)
	if unknown != "" {
		return bad(mq.ErrIllegalPropertyValue, "choose of reached, received, not-reached and not-received", "%q is no acknowledgement", unknown)
	}
	var err error
	if m.AdminQueue, err = n.named(r.AdminQueue); err != nil {
		return m, err
	}
	if m.ResponseQueue, err = n.named(r.ResponseQueue); err != nil {
		return m, err
	}
	if m.DeadLetterQueue, err = n.named(r.DeadLetterQueue); err != nil {
		return m, err
	}
	if m.CorrelationID, err = correlation(r.CorrelationID); err != nil {
		return bad(mq.ErrIllegalPropertyValue, `give {guid}\number or 40 hexadecimal digits`, "the correlation ID %q cannot be read", r.CorrelationID)
	}
	n.complete(&m)
	if m.Size > mq.MaxPacketSize {
		return bad(mq.ErrInsufficientResources, "send a smaller body", "the message has %d bytes, at most %d are allowed", m.Size, mq.MaxPacketSize)
	}
	return m, nil
}

func finite(seconds *uint32) *uint32 {
	if seconds == nil || *seconds == mq.Never {
		return nil
	}
	v := *seconds
	return &v
}

func acknowledge(words []string) (known []string, unknown string) {
	known = []string{}
	for _, a := range mgmtclient.AckNames {
		for _, w := range words {
			if w == a.Name {
				known = append(known, w)
				break
			}
		}
	}
	for _, w := range words {
		if !strings.Contains(" reached received not-reached not-received ", " "+w+" ") {
			return nil, w
		}
	}
	return known, ""
}

func correlation(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	if o, err := mq.ParseObjectID(s); err == nil {
		return o.String(), nil
	}
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 20 {
		return "", mq.ErrIllegalPropertyValue
	}
	return hex.EncodeToString(raw), nil
}

// deliver puts a message into a queue and does what its sender asked for.
func (n *Node) deliver(t place, m *mgmtclient.Message) {
	m.ArrivedTime = n.second()
	m.LookupID = n.nextPlace(m.Priority)
	t.box.put(m)
	n.machine.Received++
	n.signal(mgmtclient.SignalMessages, n.pathOf(t))
	if m.Journal {
		n.keep(&n.system[mq.SuffixJournal], mq.SuffixJournal, *m, m.ClassCode)
	}
	n.acknowledge(m, "reached", mq.ClassAckReachQueue)
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
	asked := false
	for _, w := range m.Acknowledge {
		asked = asked || w == word
	}
	f, err := mq.ParseFormatName(m.AdminQueue)
	if !asked || err != nil {
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
	n.acknowledge(m, "not-received", class)
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

// expire ends messages whose time to be received is over.
func (n *Node) expire() {
	now := n.second()
	for _, q := range n.queues {
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
					n.bury(n.take(b, i), mq.ClassNackReceiveTimeout)
					n.signal(mgmtclient.SignalMessages, q.PathName)
				}
			}
		}
	}
}
