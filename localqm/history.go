package localqm

import (
	"cmp"
	"container/list"
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// How much is remembered of messages that came (MessageIDHistoryTable, MS-MQQB
// 3.1.1.3; its notes 25 and 47 have 10,000 and 30 minutes). What one computer
// sends pushes out what it sent itself, whatever sources it names.
const (
	historyTime = 30 * time.Minute
	historyPeer = 32_768  // identifiers from one computer
	historyAll  = 131_072 // identifiers in all
)

const (
	spaceHistory = "history" // by place: identifier, Unix seconds and hops, address
	hopsAt       = 56        // bits of the seconds
)

// history tells messages that came before, of those that are not transactional,
// by source and number. Guarded by QueueManager.mu.
type history struct {
	seen  map[mq.ObjectID]*came
	peers map[string]*origin
	idle  list.List // of *origin, the one that sent last at the end
	free  []uint32  // places in the store that may be overwritten
	next  uint32    // the first place that never was used
}

// origin is what came from one computer.
type origin struct {
	address string
	ids     list.List // of *came, the oldest first
	at      *list.Element
}

// came is a message that came.
type came struct {
	id      mq.ObjectID
	when    int64 // Unix seconds
	peer    *origin
	at      *list.Element
	place   uint32 // in the store; 0: only in memory
	hops    uint8  // that it had when it was passed on; 0: it was for us
	coming  bool   // its step is on its way
	waiting []func(Arrival)
}

func newHistory() history {
	return history{seen: map[mq.ObjectID]*came{}, peers: map[string]*origin{}, next: 1}
}

// meet returns what is known of a message, and whether it came before.
func (h *history) meet(address string, id mq.ObjectID, now time.Time) (e *came, before bool) {
	oldest := now.Add(-historyTime).Unix()
	if e = h.seen[id]; e != nil {
		if e.coming || e.when > oldest {
			e.when = now.Unix()
			e.peer.ids.MoveToBack(e.at)
			return e, true
		}
		h.forget(e)
	}
	return h.add(address, id, now.Unix(), oldest), false
}

// add remembers a message and forgets what is too old or too much.
func (h *history) add(address string, id mq.ObjectID, when, oldest int64) *came {
	address = origins(address)
	p := h.peers[address]
	if p == nil {
		p = &origin{address: address}
		p.at = h.idle.PushBack(p)
		h.peers[address] = p
	}
	h.idle.MoveToBack(p.at)
	e := &came{id: id, when: when, peer: p}
	e.at = p.ids.PushBack(e)
	h.seen[id] = e
	for p.ids.Len() > historyPeer || p.oldest().when <= oldest && p.oldest() != e {
		h.forget(p.oldest())
	}
	for len(h.seen) > historyAll {
		h.forget(h.idle.Front().Value.(*origin).oldest())
	}
	return e
}

func (p *origin) oldest() *came { return p.ids.Front().Value.(*came) }

// forget lets a message be new again.
func (h *history) forget(e *came) {
	if h.seen[e.id] != e {
		return
	}
	delete(h.seen, e.id)
	e.peer.ids.Remove(e.at)
	if e.place != 0 {
		h.free = append(h.free, e.place)
		e.place = 0
	}
	if e.peer.ids.Len() == 0 {
		h.idle.Remove(e.peer.at)
		delete(h.peers, e.peer.address)
	}
}

// keep returns the operation that makes the memory of a message durable. It
// takes the place of one that is forgotten, so that nothing needs to be removed.
func (h *history) keep(e *came) store.Op {
	if n := len(h.free); n > 0 {
		e.place, h.free = h.free[n-1], h.free[:n-1]
	} else {
		e.place, h.next = h.next, h.next+1
	}
	v := make([]byte, 0, 28+len(e.peer.address))
	v = append(v, e.id.Source[:]...)
	v = binary.LittleEndian.AppendUint32(v, e.id.Ordinal)
	v = binary.LittleEndian.AppendUint64(v, uint64(e.when)|uint64(e.hops)<<hopsAt)
	return &store.PutState{
		Space: spaceHistory, Key: binary.BigEndian.AppendUint32(nil, e.place), Value: append(v, e.peer.address...),
	}
}

// loadHistory reads what was kept.
func (m *QueueManager) loadHistory(ctx context.Context) error {
	h := &m.history
	*h = newHistory()
	oldest := m.clock.Now().Add(-historyTime).Unix()
	var all []*came
	err := m.store.States(ctx, spaceHistory, func(key, value []byte) error {
		if len(key) != 4 {
			return nil
		}
		e := &came{place: binary.BigEndian.Uint32(key)}
		h.next = max(h.next, e.place+1)
		if len(value) >= 28 {
			e.id = mq.ObjectID{Source: mq.GUID(value[:16]), Ordinal: binary.LittleEndian.Uint32(value[16:])}
			when := binary.LittleEndian.Uint64(value[20:])
			e.when, e.hops = int64(when&(1<<hopsAt-1)), uint8(when>>hopsAt)
			e.peer = &origin{address: string(value[28:])}
		}
		all = append(all, e)
		return nil
	})
	slices.SortFunc(all, func(a, b *came) int { return cmp.Compare(a.when, b.when) })
	for _, e := range all {
		if e.when <= oldest || h.seen[e.id] != nil {
			h.free = append(h.free, e.place)
			continue
		}
		added := h.add(e.peer.address, e.id, e.when, oldest)
		added.place, added.hops = e.place, e.hops
	}
	return err
}

// origins is the computer that an address stands for: in IPv6 whoever has one
// address has a network of them.
func origins(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.Masked().String()
}
