package localqm

import (
	"slices"
	"sort"
	"strconv"
	"time"

	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// transfer is the stream of an outgoing queue's transactional messages
// (OutgoingTransferSequence, MS-MQQB 3.1.1.3.1.1). Numbers are given when a
// message is handed to the store, which commits in that order; nothing is
// written when it is sent.
type transfer struct {
	// What is put now gets these (OutgoingTxSequenceID, OutgoingTxSequenceNumber).
	id   uint64 // 0: the next message begins a stream
	last uint32

	// What leaves now. A later stream waits until nothing of it is left.
	current uint64
	sent    []sent  // left since the start and not acknowledged, in order
	to      mq.GUID // the queue manager that they go to, whoever passes them on
	top     uint32  // the highest number of it that left since the start

	// overtaken counts acknowledgements of later streams that this queue manager
	// does not know, while nothing of the current one is acknowledged: the peer
	// refuses what leaves now.
	overtaken int

	ack      Sequence // the last one acknowledged
	ackTime  time.Time
	ackCount int // times that it was
}

// sent is a transactional message that left.
type sent struct {
	number, previous uint32
	lookup           uint64
	size             int64
	await            bool // a final acknowledgement follows
}

func (s *sent) place(id uint64) Sequence {
	return Sequence{ID: id, Number: s.number, Previous: s.previous}
}

// mostSent transactional messages of a queue are on their way without order
// acknowledgement: their places are in memory.
const mostSent = 8192

// sequences gives out the identifiers of streams: the start of the queue manager
// in the upper half, so that they grow even after a backup was restored, and a
// count (TxSequenceID, MS-MQMQ 2.2.18.1.2).
type sequences struct {
	first uint64 // of this start
	next  uint64
	kept  uint32 // upper half that the store has
	of    map[uint64]*queue
}

var sequencesKey = []byte("sequences")

// outward makes operations ready for the store: transactional messages for
// others get their place in the stream, and outgoing queues that the store lacks
// come along. It is called with mu held right before Submit, so that numbers
// follow the order of commits. A step that fails leaves a gap, which
// PreviousTxSequenceNumber bridges.
func (m *QueueManager) outward(ops []store.Op) []store.Op {
	var first []store.Op
	bring := func(at store.Slot) *queue {
		q := m.slots[at]
		if q == nil || q.out == nil && !q.fresh {
			return nil
		}
		if (q.fresh || q.out != nil && !q.out.stored) && !slices.ContainsFunc(first, func(op store.Op) bool {
			c, ok := op.(*store.CreateQueue)
			return ok && c.Queue.Slot == at
		}) {
			first = append(first, q.creation()...)
		}
		return q
	}
	numbered := false
	for _, op := range ops {
		switch op := op.(type) {
		case *store.Put:
			q := bring(op.Row.Slot)
			if q != nil && q.out != nil && !op.Row.Express && wire.Transactional(op.Row.Head) && wire.Hops(op.Row.Head) == 0 {
				numbered = m.number(q, op.Row) || numbered
			}
		case *store.Move:
			bring(op.To)
		case *store.Prepare:
			for _, op := range op.Ops {
				if p, ok := op.(*store.Put); ok {
					bring(p.Row.Slot)
				}
			}
		}
	}
	if half := uint32((m.sequences.next - 1) >> 32); numbered && half != m.sequences.kept {
		first = append(first, &store.PutState{
			Space: spaceMachine, Key: sequencesKey, Value: strconv.AppendUint(nil, uint64(half), 10),
		})
	}
	if first == nil {
		return ops
	}
	return append(first, ops...)
}

// number gives a message its place in the stream of its queue.
func (m *QueueManager) number(q *queue, row *store.Row) bool {
	s := &q.out.stream
	if s.id == 0 || s.last == 1<<32-1 {
		s.id, s.last = m.sequences.next, 0
		m.sequences.next++
	}
	if err := wire.SetSequence(row.Head, s.id, s.last+1, s.last); err != nil {
		m.log.Error("a message got no place in its stream", "queue", q.path, "error", err)
		return false
	}
	s.last++
	return true
}

// beginSequences makes every stream from now on later than all before, whatever
// the clock says.
func (m *QueueManager) beginSequences(raw []byte) error {
	kept := uint64(0)
	if raw != nil {
		var err error
		if kept, err = strconv.ParseUint(string(raw), 10, 32); err != nil {
			return err
		}
	}
	first := max(uint64(m.clock.Now().Unix()), kept+1)<<32 | 1
	m.sequences = sequences{first: first, next: first, kept: uint32(kept), of: map[uint64]*queue{}}
	return nil
}

// keptSequences notes what the store has. Called with mu held.
func (m *QueueManager) keptSequences(value []byte) {
	if n, err := strconv.ParseUint(string(value), 10, 32); err == nil {
		m.sequences.kept = max(m.sequences.kept, uint32(n))
	}
}

// admits reports whether a message may leave now, and begins its stream if that
// is its turn. Called with mu held.
func (m *QueueManager) admits(q *queue, msg *mq.Message, lookup uint64, to mq.GUID) bool {
	s := &q.out.stream
	if q.others > 0 {
		// What somebody holds in front of it may come back, and its number
		// would be refused then as one that came before.
		for id, l := range q.locks {
			if id < lookup && !l.sent {
				return false
			}
		}
	}
	if n := len(s.sent); n >= mostSent && msg.SequenceNumber > s.sent[n-1].number {
		return false
	}
	if s.current != msg.Sequence {
		if len(s.sent) > 0 {
			return false
		}
		delete(m.sequences.of, s.current)
		s.current, s.top, s.overtaken = msg.Sequence, 0, 0
		m.sequences.of[msg.Sequence] = q
	}
	s.to = to
	return true
}

// previous is the number that the message with another one follows
// (PreviousTxSequenceNumber, MS-MQQB 3.1.7.1.3): it bridges the gaps of those
// that are gone.
func (s *transfer) previous(id uint64, number uint32) uint32 {
	if id == s.current {
		if i := s.find(number); i > 0 {
			return s.sent[i-1].number
		}
	}
	if s.ack.ID == id && s.ack.Number < number {
		return s.ack.Number
	}
	return 0
}

// next is the place that a message leaves with.
func (s *transfer) next(msg *mq.Message) Sequence {
	return Sequence{ID: msg.Sequence, Number: msg.SequenceNumber, Previous: s.previous(msg.Sequence, msg.SequenceNumber)}
}

// find is where a number is or would be in sent.
func (s *transfer) find(number uint32) int {
	return sort.Search(len(s.sent), func(i int) bool { return s.sent[i].number >= number })
}

// leaves notes a message that a carrier takes.
func (s *transfer) leaves(e sent) {
	i := s.find(e.number)
	if i == len(s.sent) || s.sent[i].number != e.number {
		s.sent = slices.Insert(s.sent, i, e)
	} else {
		s.sent[i] = e
	}
	s.top = max(s.top, e.number)
}

// forget drops a message that is no longer in the queue.
func (s *transfer) forget(lookup uint64) {
	i := sort.Search(len(s.sent), func(i int) bool { return s.sent[i].lookup >= lookup })
	if i == 0 && len(s.sent) > 0 && s.sent[0].lookup == lookup {
		s.sent = s.sent[1:] // the usual one, without copying
	} else if i < len(s.sent) && s.sent[i].lookup == lookup {
		s.sent = slices.Delete(s.sent, i, i+1)
	}
}

// left notes that a message has left an outgoing queue, whichever way. A stream
// ends with the last message of its queue (MS-MQQB 3.1.1.5). Called with mu held.
func (m *QueueManager) left(q *queue, lookup uint64) {
	if q.out == nil { // it was delivered before
		m.rest(q.parent)
		return
	}
	q.out.version++
	q.out.stream.forget(lookup)
	q.out.unbar(lookup)
	if q.coming == 0 && m.store.Count(q.slot).Messages == 0 {
		q.out.stream.id = 0
		m.rest(q)
	}
	m.unstall(q)
}

// unstall lets Take look again at what it stopped before. Called with mu held.
func (m *QueueManager) unstall(q *queue) {
	if q.out != nil && q.out.stalled {
		m.offer(q)
	}
}

// ordered takes an order acknowledgement (MS-MQQB 3.1.5.6): what the peer has
// durably leaves the queue, or waits for its final acknowledgement. One of a
// stream that does not leave now, of a number that never left, or of another
// queue manager than it goes to means nothing. What left before the start is not
// known: of a stream from then any number counts, for what is still here.
func (m *QueueManager) ordered(from Peer, source mq.GUID, o wire.Order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.sequences.of[o.Sequence]
	if q == nil {
		m.overtaken(from, source, o.Sequence)
	}
	if q == nil || q.gone || m.failed != nil {
		return
	}
	s := &q.out.stream
	known := o.Sequence >= m.sequences.first
	if s.current != o.Sequence || !m.acknowledgedBy(q, from, source) || o.Number == 0 || known && o.Number > s.top {
		return
	}
	ops := m.confirm(q, o.Number)
	s.overtaken = 0
	switch {
	case s.ack.ID == o.Sequence && s.ack.Number > o.Number:
	case s.ack.ID == o.Sequence && s.ack.Number == o.Number:
		s.ackTime, s.ackCount = m.clock.Now(), s.ackCount+1
	default:
		s.ack = Sequence{ID: o.Sequence, Number: o.Number}
		s.ackTime, s.ackCount = m.clock.Now(), 1
	}
	if len(ops) > 0 {
		failpoint.Here(failpoint.Ordered)
		m.store.Submit(&store.Step{Ops: ops, Done: func(st *store.Step) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.apply(st)
			if st.Err != nil {
				m.log.Error("acknowledged messages could not be removed; they are sent again", "queue", q.path, "error", st.Err)
			}
		}})
	}
	if m.carrier != nil {
		m.carrier.Changed(q.out.Outgoing)
	}
}

// overtaken notes that a peer has taken a stream of an earlier life of this queue
// manager that is later than what leaves for it now: the data folder was restored
// from an older copy, and the peer takes none of that any more. Whether it had
// come before nobody here knows, so a person has to decide.
func (m *QueueManager) overtaken(from Peer, source mq.GUID, sequence uint64) {
	if sequence >= m.sequences.first {
		return
	}
	for _, q := range m.slots {
		if q.out == nil {
			continue
		}
		if s := &q.out.stream; len(s.sent) > 0 && s.current < sequence && m.acknowledgedBy(q, from, source) {
			s.overtaken++
		}
	}
}

// overtakenTwice is when the note counts: an acknowledgement that was late comes once.
const overtakenTwice = 2

// confirm returns the operations for what an order acknowledgement speaks of.
func (m *QueueManager) confirm(q *queue, upTo uint32) (ops []store.Op) {
	s := &q.out.stream
	for _, e := range s.sent {
		if e.number > upTo {
			break
		}
		l := q.locks[e.lookup]
		switch {
		case l == nil: // given back meanwhile
			l = &lock{sent: true}
			q.locks[e.lookup] = l
			q.head.drop(e.lookup)
		case l.parcel == nil:
			continue // it ends already
		}
		l.parcel, l.size = nil, e.size
		at := store.Place{Slot: q.slot, Lookup: e.lookup}
		if !e.await {
			ops = append(ops, &store.Remove{Place: at})
			continue
		}
		to := q.out.awaiting
		to.coming++
		ops = append(ops, &store.Move{Place: at, To: to.slot, At: m.clock.Now().Unix(), NoExpiry: true})
	}
	return ops
}
