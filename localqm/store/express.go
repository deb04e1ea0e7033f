package store

import (
	"bytes"
	"cmp"
	"sync"

	"github.com/tidwall/btree"
)

// rowCost is what an express message takes in memory beside its packet.
const rowCost = 400

// held is an express message: whole in memory, or with its packet in a spill
// file. It is never changed in place.
type held struct {
	row  *Row // shared with readers
	seg  *segment
	at   int64 // of the packet in seg: head, then body
	head int   // length of the head in seg
}

func (h *held) place() Place { return Place{h.row.Slot, h.row.Lookup} }

func (h *held) size() int64 {
	if h.seg != nil {
		return int64(h.head) + int64(h.row.BodySize)
	}
	return h.row.Size()
}

// memory is the bytes it takes in memory.
func (h *held) memory() int64 {
	if h.seg != nil {
		return rowCost
	}
	return rowCost + h.row.Size()
}

// read gives the row with at most body bytes of its body (negative: all).
func (h *held) read(body int) (*Row, error) {
	r := *h.row
	if body < 0 || body > r.BodySize {
		body = r.BodySize
	}
	if h.seg != nil {
		p := make([]byte, h.head+body)
		if err := h.seg.read(p, h.at); err != nil {
			return nil, err
		}
		r.Head, r.Body = p[:h.head:h.head], p[h.head:]
	} else {
		r.Body = h.row.Body[:body:body]
	}
	if body == 0 {
		r.Body = nil
	}
	return &r, nil
}

// express keeps the express messages, in the same order as the durable ones.
// The writer alone changes it.
type express struct {
	mu     sync.RWMutex
	slots  map[Slot]*btree.Map[uint64, *held] // by lookup id
	due    *btree.BTreeG[*held]               // those with a deadline
	ids    *btree.BTreeG[*held]               // those with an Index
	memory int64
	total  Count
}

func tree(less func(a, b *held) bool) *btree.BTreeG[*held] {
	return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
}

func newExpress() *express {
	return &express{
		slots: map[Slot]*btree.Map[uint64, *held]{},
		due: tree(func(a, b *held) bool {
			if a.row.Expires != b.row.Expires {
				return a.row.Expires < b.row.Expires
			}
			return placeLess(a.place(), b.place())
		}),
		ids: tree(func(a, b *held) bool {
			if c := compareID(a.row, b.row); c != 0 {
				return c < 0
			}
			return placeLess(a.place(), b.place())
		}),
	}
}

func placeLess(a, b Place) bool {
	if a.Slot != b.Slot {
		return a.Slot < b.Slot
	}
	return a.Lookup < b.Lookup
}

func compareID(a, b *Row) int {
	if c := bytes.Compare(a.Index.Source[:], b.Index.Source[:]); c != 0 {
		return c
	}
	return cmp.Compare(a.Index.Ordinal, b.Index.Ordinal)
}

// get needs mu, or to be the writer.
func (x *express) get(p Place) *held {
	t := x.slots[p.Slot]
	if t == nil {
		return nil
	}
	h, _ := t.Get(p.Lookup)
	return h
}

func (x *express) put(h *held) {
	t := x.slots[h.row.Slot]
	if t == nil {
		t = new(btree.Map[uint64, *held])
		x.slots[h.row.Slot] = t
	}
	t.Set(h.row.Lookup, h)
	if h.row.Expires != 0 {
		x.due.Set(h)
	}
	if !h.row.Index.IsZero() {
		x.ids.Set(h)
	}
	x.memory += h.memory()
	x.total.Messages++
	x.total.Bytes += h.size()
	if h.seg != nil {
		h.seg.live++
	}
}

func (x *express) remove(h *held) {
	t := x.slots[h.row.Slot]
	t.Delete(h.row.Lookup)
	if t.Len() == 0 {
		delete(x.slots, h.row.Slot)
	}
	if h.row.Expires != 0 {
		x.due.Delete(h)
	}
	if !h.row.Index.IsZero() {
		x.ids.Delete(h)
	}
	x.memory -= h.memory()
	x.total.Messages--
	x.total.Bytes -= h.size()
	if h.seg != nil {
		h.seg.live--
	}
}

// apply makes the changes of a committed batch visible.
func (x *express) apply(changes map[Place]*held) {
	if len(changes) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for p := range changes {
		if old := x.get(p); old != nil {
			x.remove(old)
		}
	}
	for _, h := range changes {
		if h != nil {
			x.put(h)
		}
	}
}

// scan calls fn for the messages of a slot strictly between two lookup ids
// (a zero before is the end), in queue order or backwards, until it returns
// false. fn gets them under the lock.
func (x *express) scan(s Slot, after, before uint64, reverse bool, fn func(*held) bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	t := x.slots[s]
	if t == nil {
		return
	}
	if before == 0 {
		before = 1<<64 - 1
	}
	visit := func(l uint64, h *held) bool {
		switch {
		case l > after && l < before:
			return fn(h)
		case reverse:
			return l > after
		default:
			return l < before
		}
	}
	if reverse {
		t.Descend(before, visit)
	} else {
		t.Ascend(after, visit)
	}
}
