package localqm

import (
	"cmp"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// What is remembered of streams that come in. A sender whose stream is forgotten
// too early would wait for ever, so those that brought a message outlast those
// that were only refused, which anybody can make up.
const (
	streamTime     = 60 * 24 * time.Hour
	streamsKept    = 65_536
	streamsRefused = 4_096
	streamName     = 512 // characters of a name that are kept to be shown
)

const spaceStreams = "incoming" // by streamKey: how far it has come

// incoming are the streams of transactional messages that come from other queue
// managers (MS-MQDMPR 3.1.1.5). Guarded by QueueManager.mu.
type incoming struct {
	streams map[streamKey]*stream
	kept    list.List // of *stream, the last touched at the end
	refused list.List // those of which no message was taken yet
	queues  map[*queue]map[*stream]bool
	dropped []store.Op // of streams that were forgotten: they go with the next step
}

// streamKey is a source and a destination as the source names it: the identifier
// of a stream alone would let one sender stop another (MS-MQQB 3.1.5.8.6).
type streamKey [32]byte

func newStreamKey(source mq.GUID, destination mq.FormatName) (k streamKey) {
	copy(k[:16], source[:])
	sum := sha256.Sum256([]byte(destination.Key()))
	copy(k[16:], sum[:])
	return k
}

// stream is the state of one of them.
type stream struct {
	key      streamKey
	name     mq.FormatName // the destination as the source names it
	peer     Peer          // who gets the acknowledgements
	at       Sequence      // the last message that is durable
	next     Sequence      // the last one that is on its way to be
	seen     int64         // when one came last, Unix seconds
	rejected int           // not accepted since the last that was
	kept     bool          // a message of it was taken

	durable bool          // it is in the store
	element *list.Element // nil: not remembered yet
	queue   *queue        // where it led last
	flight  *flight       // the last step on its way
	chain   int           // grows when a step failed: those that build on it fail too
}

// flight is a step that takes a stream further.
type flight struct {
	step    *store.Step
	chain   int
	waiting []func(Arrival)
}

// accepts is the rule of MS-MQQB 3.1.5.8.6. The largest identifier is nobody's:
// it would be the last one of its source for ever.
func accepts(last, in Sequence) bool {
	switch {
	case in.Number == 0 || in.ID == math.MaxUint64:
		return false
	case in.ID == last.ID:
		return in.Number > last.Number && in.Previous <= last.Number
	}
	return in.ID > last.ID && in.Previous == 0
}

// of is the stream of a packet, a new one if there is none.
func (in *incoming) of(a *arrival) *stream {
	key := newStreamKey(a.msg.SourceMachine, a.msg.Destination)
	s := in.streams[key]
	if s == nil {
		s = &stream{key: key, name: a.msg.Destination}
	}
	s.peer = answersTo(a)
	return s
}

// answersTo is the queue manager that sent a packet first, which is where
// acknowledgements of transactional messages go (MS-MQQB 3.1.7.17).
func answersTo(a *arrival) Peer {
	p := a.from
	p.Direct = a.msg.Destination.Kind == mq.KindDirect
	if !p.Direct && p.ID != a.msg.SourceMachine {
		return Peer{ID: a.msg.SourceMachine} // a routing server brought it
	}
	return p
}

// touch remembers a stream, and when it was seen.
func (in *incoming) touch(s *stream, now time.Time) {
	s.seen = now.Unix()
	if s.element != nil {
		in.line(s).MoveToBack(s.element)
		return
	}
	in.streams[s.key] = s
	in.enter(s)
	oldest := now.Add(-streamTime).Unix()
	for _, l := range []*list.List{&in.kept, &in.refused} {
		most := streamsKept
		if l == &in.refused {
			most = streamsRefused
		}
		for e := l.Front(); e != nil; e = l.Front() {
			old := e.Value.(*stream)
			if old == s || old.flight != nil || l.Len() <= most && old.seen > oldest {
				break
			}
			in.forget(old)
		}
	}
}

func (in *incoming) line(s *stream) *list.List {
	if s.kept {
		return &in.kept
	}
	return &in.refused
}

func (in *incoming) enter(s *stream) { s.element = in.line(s).PushBack(s) }

func (in *incoming) forget(s *stream) {
	in.line(s).Remove(s.element)
	delete(in.streams, s.key)
	in.lead(s, nil)
	if s.durable {
		in.dropped = append(in.dropped, &store.DeleteState{Space: spaceStreams, Key: s.key[:]})
	}
}

// lead says which queue a stream leads to.
func (in *incoming) lead(s *stream, q *queue) {
	if s.queue == q {
		return
	}
	if all := in.queues[s.queue]; all != nil {
		delete(all, s)
		if len(all) == 0 {
			delete(in.queues, s.queue)
		}
	}
	s.queue = q
	if q == nil {
		return
	}
	if in.queues[q] == nil {
		in.queues[q] = map[*stream]bool{}
	}
	in.queues[q][s] = true
}

// advance takes a stream to a message that was taken into q, or refused, and
// returns the operations that keep that.
func (in *incoming) advance(s *stream, to Sequence, q *queue, now time.Time) []store.Op {
	if q != nil {
		in.lead(s, q)
		if !s.kept {
			if s.element != nil {
				in.refused.Remove(s.element)
				s.element = nil
			}
			s.kept = true
		}
	}
	in.touch(s, now)
	s.next, s.rejected, s.durable = to, 0, true
	ops := append(in.dropped, s.put(to))
	in.dropped = nil
	return ops
}

// landed ends a step: the stream has come so far, or is where it was, and what
// builds on the step fails too.
func (s *stream) landed(f *flight, to Sequence, err error) {
	switch {
	case err == nil:
		s.at = to
	case f.chain == s.chain:
		s.chain++
		s.next, s.flight = s.at, nil
	}
	if s.flight == f {
		s.flight = nil
	}
}

// put is the operation that keeps a stream:
//
//	flags, sequence identifier, number, previous, seen (34 bytes), the peer's
//	identifier (16), length and text of its address, the destination's name
func (s *stream) put(at Sequence) store.Op {
	name := s.name.String()
	if len(name) > streamName {
		name = ""
	}
	le := binary.LittleEndian
	v := make([]byte, 0, 64+len(s.peer.Address)+len(name))
	v = append(v, flag(s.kept, 1)|flag(s.peer.Direct, 2), 0)
	v = le.AppendUint64(v, at.ID)
	v = le.AppendUint32(v, at.Number)
	v = le.AppendUint32(v, at.Previous)
	v = le.AppendUint64(v, uint64(s.seen))
	v = append(v, s.peer.ID[:]...)
	v = append(v, byte(len(s.peer.Address)))
	v = append(v, s.peer.Address[:min(len(s.peer.Address), math.MaxUint8)]...)
	return &store.PutState{Space: spaceStreams, Key: s.key[:], Value: append(v, name...)}
}

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

// parseStream reads what put made.
func parseStream(key, v []byte) (*stream, bool) {
	const fixed = 2 + 8 + 4 + 4 + 8 + 16 + 1
	if len(key) != len(streamKey{}) || len(v) < fixed || len(v) < fixed+int(v[fixed-1]) {
		return nil, false
	}
	le := binary.LittleEndian
	s := &stream{
		key: streamKey(key), kept: v[0]&1 != 0, durable: true,
		at:   Sequence{ID: le.Uint64(v[2:]), Number: le.Uint32(v[10:]), Previous: le.Uint32(v[14:])},
		seen: int64(le.Uint64(v[18:])),
		peer: Peer{ID: mq.GUID(v[26:42]), Direct: v[0]&2 != 0, Address: string(v[fixed : fixed+int(v[fixed-1])])},
	}
	s.next = s.at
	s.name, _ = mq.ParseFormatName(string(v[fixed+int(v[fixed-1]):])) // only to be shown
	return s, true
}

// loadIncoming reads how far streams had come.
func (m *QueueManager) loadIncoming(ctx context.Context) error {
	in := &m.incoming
	*in = incoming{streams: map[streamKey]*stream{}, queues: map[*queue]map[*stream]bool{}}
	var all []*stream
	err := m.store.States(ctx, spaceStreams, func(key, value []byte) error {
		if s, ok := parseStream(key, value); ok {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *stream) int { return cmp.Compare(a.seen, b.seen) })
	m.mu.Lock()
	defer m.mu.Unlock()
	oldest := m.clock.Now().Add(-streamTime).Unix()
	for _, s := range all {
		in.streams[s.key] = s
		in.enter(s)
		if s.seen <= oldest {
			in.forget(s)
			continue
		}
		if q, _ := m.named(&mq.Message{Destination: s.name}); q != nil && s.kept {
			in.lead(s, q)
		}
	}
	return nil
}

// from lists what has come to a queue; the first message of a stream may be
// under way still, or have failed.
func (in *incoming) from(q *queue) []Incoming {
	out := make([]Incoming, 0, len(in.queues[q]))
	for s := range in.queues[q] {
		if s.at.ID == 0 {
			continue
		}
		out = append(out, Incoming{
			Source: mq.GUID(s.key[:16]), FormatName: s.name, Sequence: s.at,
			LastAccess: time.Unix(s.seen, 0).UTC(), Rejected: s.rejected,
		})
	}
	slices.SortFunc(out, func(a, b Incoming) int {
		return cmp.Or(slices.Compare(a.Source[:], b.Source[:]), cmp.Compare(a.FormatName.Key(), b.FormatName.Key()))
	})
	return out
}
