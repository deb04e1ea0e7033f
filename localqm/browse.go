package localqm

import (
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// QueueInfo is a queue with its counters.
type QueueInfo struct {
	Path    string
	Format  mq.FormatName
	Queue   store.Queue
	Count   store.Count
	Journal store.Count
	Quota   uint32 // KB, also of journals and system queues
	Subs    []string
	Hidden  bool
	// Elsewhere: a public queue of another computer, as the directory has it.
	Elsewhere bool
	Foreign   bool   // on a computer without a queue manager of MSMQ
	To        string // of an outgoing queue for a public one: that one's path name, if it was known

	Outgoing *OutgoingInfo // of an outgoing queue; Count is all of it
	out      *outgoing
	// What Queue, CreateQueue and SetQueue tell besides, and lists do not.
	Incoming []Incoming // streams of transactional messages that come from others
	Warnings []string   // why messages from others may not come
}

// Queues lists the root queues that a caller may see, by name.
func (m *QueueManager) Queues(ctx context.Context, c Caller) ([]QueueInfo, error) {
	out, err := m.listQueues("list queues", c)
	if err != nil {
		return nil, err
	}
	for i := range out {
		m.describe(ctx, &out[i])
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Queue.Kind != b.Queue.Kind {
			return a.Queue.Kind < b.Queue.Kind
		}
		return strings.ToLower(a.Queue.Name) < strings.ToLower(b.Queue.Name)
	})
	return out, nil
}

func (m *QueueManager) listQueues(op string, c Caller) (out []QueueInfo, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return nil, err
	}
	for _, q := range m.queues {
		if m.allow(op, c, q, mq.RightGetQueueProperties) == nil {
			out = append(out, m.info(q))
		}
	}
	return out, nil
}

// Queue describes one queue, journal, subqueue or system queue, what waits for one of
// another computer, or a public queue of another as the directory has it.
func (m *QueueManager) Queue(ctx context.Context, c Caller, name mq.QueueName) (QueueInfo, error) {
	op := "look at " + name.String()
	name, public, err := m.publicNamed(ctx, op, name)
	if err != nil {
		return QueueInfo{}, err
	}
	i, err := m.lookAt(op, c, name)
	if mq.CodeOf(err) == mq.ErrQueueNotFound && m.isElsewhere(public) {
		return m.describePublic(ctx, op, c, public)
	}
	if err == nil {
		m.describe(ctx, &i)
	}
	return i, err
}

func (m *QueueManager) lookAt(op string, c Caller, name mq.QueueName) (QueueInfo, error) {
	return m.described(op, c, name, m.details)
}

// described is a queue as far as describe goes, for who may see its properties.
func (m *QueueManager) described(op string, c Caller, name mq.QueueName, describe func(*queue) QueueInfo) (QueueInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.findAny(op, name)
	if err != nil {
		return QueueInfo{}, err
	}
	if err := m.allow(op, c, q, mq.RightGetQueueProperties); err != nil {
		return QueueInfo{}, err
	}
	return describe(q), nil
}

// details is info with what takes longer to find out.
func (m *QueueManager) details(q *queue) QueueInfo {
	i := m.info(q)
	i.Incoming, i.Warnings = m.incoming.from(q), m.warnings(q)
	if q.info.Multicast != "" {
		i.Warnings = append(i.Warnings, "this queue manager takes no multicast messages: nothing comes by "+q.info.Multicast)
	}
	return i
}

// info is called with mu held.
func (m *QueueManager) info(q *queue) QueueInfo {
	i := QueueInfo{
		Path: q.path, Format: q.format, Queue: q.info, Count: m.store.Count(q.slot),
		Quota: q.info.Quota, Hidden: hidden(q.root().info),
	}
	switch {
	case q.info.Role == store.Journal:
		i.Quota = q.parent.info.JournalQuota
	case q.info.Kind == store.System && q.info.Name == "journal":
		i.Quota = m.settings.JournalQuota
	}
	if q.root().out != nil && q.format.Kind == mq.KindPublic {
		i.To = q.root().info.Label
		i.Queue.Label = ""
	}
	if q.out != nil {
		i.out = q.out
		i.Outgoing = &OutgoingInfo{
			Unsent: i.Count, Unread: m.store.Count(q.out.awaiting.slot), Paused: q.out.paused.Load(), Exactly: m.exactly(q),
		}
		i.Count.Messages += i.Outgoing.Unread.Messages
		i.Count.Bytes += i.Outgoing.Unread.Bytes
	}
	if q.journal != nil {
		i.Journal = m.store.Count(q.journal.slot)
	}
	for _, s := range q.subs {
		i.Subs = append(i.Subs, s.info.Name)
	}
	slices.SortFunc(i.Subs, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return i
}

// Browse reads a page of a queue without removing anything; what a transaction
// holds is shown as locked. It needs the right to peek, and takes no share in
// exclusive opens: it looks at one moment.
func (m *QueueManager) Browse(ctx context.Context, c Caller, name mq.QueueName, r store.Range) ([]Delivery, error) {
	op := "browse " + name.String()
	q, err := m.mayPeek(ctx, op, c, name)
	if err != nil {
		return nil, err
	}
	r.Slot = q.slot
	rows, err := m.store.Range(ctx, r)
	if err != nil {
		return nil, m.storeError(op, err)
	}
	out := make([]Delivery, 0, len(rows))
	for _, row := range rows {
		msg, err := m.parse(row)
		if err != nil {
			return nil, mq.Errorf(mq.ErrGeneric, op, "message %d is damaged: %w", row.Lookup, err).
				WithFix("stop the queue manager and run `posthouse check`")
		}
		out = append(out, Delivery{Lookup: row.Lookup, Message: msg, Row: row})
	}
	m.mu.Lock()
	for i := range out {
		out[i].Locked, out[i].Transfer = q.place(out[i].Lookup)
	}
	m.mu.Unlock()
	return out, nil
}

// Message reads one message with at most body bytes of its body.
func (m *QueueManager) Message(ctx context.Context, c Caller, name mq.QueueName, lookup uint64, body int) (Delivery, error) {
	op := "read message " + store.FormatLookup(lookup) + " of " + name.String()
	q, err := m.mayPeek(ctx, op, c, name)
	if err != nil {
		return Delivery{}, err
	}
	row, err := m.store.Get(ctx, q.slot, lookup, body)
	if err != nil {
		return Delivery{}, m.storeError(op, err)
	}
	msg, err := m.parse(row)
	if err != nil {
		return Delivery{}, mq.Errorf(mq.ErrGeneric, op, "it is damaged: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := Delivery{Lookup: lookup, Message: msg, Row: row}
	d.Locked, d.Transfer = q.place(lookup)
	return d, nil
}

// place tells whether somebody holds a position, and how far a message of an
// outgoing queue has come. Called with mu held.
func (q *queue) place(lookup uint64) (locked bool, t Transfer) {
	l := q.locks[lookup]
	switch {
	case q.out == nil && q.root().out == nil:
		return l != nil, ""
	case q.out == nil:
		t = TransferDelivered
	case l != nil && l.sent:
		return false, TransferSending
	default:
		t = TransferWaiting
	}
	return l != nil && !l.sent, t
}

func (m *QueueManager) mayPeek(ctx context.Context, op string, c Caller, name mq.QueueName) (*queue, error) {
	name, _, err := m.meant(ctx, op, name)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.findAny(op, name)
	if err != nil {
		return nil, err
	}
	return q, m.allow(op, c, q, mq.RightPeekMessage)
}

// Status is the queue manager at a glance.
type Status struct {
	Identity     store.Identity
	Started      time.Time
	Settings     Settings
	Queues       int // root queues that are not internal
	Total        store.Count
	Express      store.Count
	Journal      store.Count
	DeadLetter   store.Count
	DeadXact     store.Count
	Outgoing     store.Count // in outgoing queues, not delivered
	Received     int64       // messages put since the start
	Removed      int64
	Transactions int // active or prepared
}

// Status tells it; any caller may ask who has the right to the machine's
// properties.
func (m *QueueManager) Status(_ context.Context, c Caller) (Status, error) {
	const op = "look at the computer"
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return Status{}, err
	}
	if err := m.allowMachine(op, c, mq.RightGetMachineProperties); err != nil {
		return Status{}, err
	}
	s := Status{
		Identity: m.Identity(), Started: m.started, Settings: m.settings, Express: m.store.Express(),
		Received: m.received.Load(), Removed: m.removed.Load(), Transactions: len(m.txns),
	}
	s.Settings.Security = nil // MachineSecurity tells them, to whom may see them
	for slot := range m.slots {
		n := m.store.Count(slot)
		s.Total.Messages += n.Messages
		s.Total.Bytes += n.Bytes
	}
	for _, q := range m.queues {
		if q.out != nil {
			n := m.store.Count(q.slot)
			s.Outgoing.Messages += n.Messages
			s.Outgoing.Bytes += n.Bytes
		}
		if q.info.Kind == store.Private && !hidden(q.info) && !q.gone {
			s.Queues++
		}
	}
	count := func(x mq.Suffix) store.Count { return m.store.Count(m.system(x).slot) }
	s.Journal, s.DeadLetter, s.DeadXact = count(mq.SuffixJournal), count(mq.SuffixDeadLetter), count(mq.SuffixDeadXact)
	return s, nil
}

// Check verifies the store.
func (m *QueueManager) Check(ctx context.Context, c Caller) (store.Report, error) {
	if err := m.administrate("check the store", c); err != nil {
		return store.Report{}, err
	}
	r, err := m.store.Check(ctx)
	return r, m.storeError("check the store", err)
}

// Tidy gives unused space back; it never removes messages (MS-MQMR 3.1.4.2
// says it purges: docs/deviations.md).
func (m *QueueManager) Tidy(ctx context.Context, c Caller) (before, after int64, err error) {
	if err := m.administrate("tidy the store", c); err != nil {
		return 0, 0, err
	}
	before, after, err = m.store.Tidy(ctx)
	return before, after, m.storeError("tidy the store", err)
}

func (m *QueueManager) administrate(op string, c Caller) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return err
	}
	return m.allowMachine(op, c, mq.RightSetMachineProperties)
}
