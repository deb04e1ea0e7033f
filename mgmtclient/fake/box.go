package fake

import (
	"sort"
	"sync"
	"time"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// Rows are messages that are made when somebody looks, so that a queue of a
// million costs no more than its places.
type Rows struct {
	N        int
	Priority int
	Size     int64                          // bytes counted for each; 0: every row is made to count its own
	Make     func(i int) mgmtclient.Message // row i, the same every time; place and sizes are filled in

	key string // of the sample: its rows are counted once in a process
}

// item is a message at its place: m, or row of Node.sets[set].
type item struct {
	id  mgmtclient.LookupID
	m   *mgmtclient.Message
	row int32
	set int16
}

// box is an ordered sequence of messages with exact counters.
type box struct {
	items        []item // ascending ids
	bytes        int64
	express      int64
	expressBytes int64
	nextExpiry   time.Time // none of the messages expires before; zero: never
}

func (b *box) count() int64 { return int64(len(b.items)) }

// after is the index of the first item behind id.
func (b *box) after(id mgmtclient.LookupID) int {
	return sort.Search(len(b.items), func(i int) bool { return b.items[i].id > id })
}

// at is the index of the item with that id, -1 if there is none.
func (b *box) at(id mgmtclient.LookupID) int {
	i := b.after(id) - 1
	if i < 0 || b.items[i].id != id {
		return -1
	}
	return i
}

// put inserts a message at the place its LookupID says.
func (b *box) put(m *mgmtclient.Message) {
	i := b.after(m.LookupID)
	b.items = append(b.items, item{})
	copy(b.items[i+1:], b.items[i:])
	b.items[i] = item{id: m.LookupID, m: m}
	b.bytes += m.Size
	if m.Delivery == row.Express {
		b.express++
		b.expressBytes += m.Size
	}
	if m.Expires != nil && (b.nextExpiry.IsZero() || m.Expires.Before(b.nextExpiry)) {
		b.nextExpiry = *m.Expires
	}
}

// take removes item i; n knows its message.
func (n *Node) take(b *box, i int) *mgmtclient.Message {
	m := n.message(b.items[i])
	b.bytes -= n.sizeOf(b.items[i])
	if b.items[i].m != nil && m.Delivery == row.Express {
		b.express--
		b.expressBytes -= m.Size
	}
	if i == 0 {
		b.items = b.items[1:]
	} else {
		b.items = append(b.items[:i], b.items[i+1:]...)
	}
	return m
}

func (n *Node) sizeOf(it item) int64 {
	if it.m != nil {
		return it.m.Size
	}
	if size := n.sets[it.set].Size; size > 0 {
		return size
	}
	return n.message(it).Size
}

// message is the whole message of an item; rows are made afresh.
func (n *Node) message(it item) *mgmtclient.Message {
	if it.m != nil {
		return it.m
	}
	set := n.sets[it.set]
	m := set.Make(int(it.row))
	m.LookupID = it.id
	n.complete(&m)
	if set.Size > 0 {
		m.Size = set.Size
	}
	return &m
}

// nextPlace is the next place in the order of a priority.
func (n *Node) nextPlace(priority int) mgmtclient.LookupID {
	n.seq++
	return mgmtclient.LookupID(uint64(7-priority)<<56 | n.seq)
}

// Fill puts rows behind what is in a queue; they never expire.
func (n *Node) Fill(queue string, r Rows) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, err := n.find("fill "+queue, queue)
	if err != nil {
		return err
	}
	n.fill(t.box, r)
	n.signal(mgmtclient.SignalMessages, n.pathOf(t))
	return nil
}

func (n *Node) fill(b *box, r Rows) {
	set := int16(len(n.sets))
	n.sets = append(n.sets, r)
	items := make([]item, 0, len(b.items)+r.N)
	items = append(items, b.items...)
	for i := range r.N {
		items = append(items, item{id: n.nextPlace(r.Priority), row: int32(i), set: set})
	}
	sort.SliceStable(items, func(i, k int) bool { return items[i].id < items[k].id })
	b.items = items
	b.bytes += r.total()
}

var totals sync.Map // Rows.key: int64

// total is the bytes of all rows.
func (r Rows) total() int64 {
	if r.Size > 0 {
		return int64(r.N) * r.Size
	}
	if sum, ok := totals.Load(r.key); ok {
		return sum.(int64)
	}
	var sum int64
	for i := range r.N {
		m := r.Make(i)
		sum += sizeOf(&m)
	}
	if r.key != "" {
		totals.Store(r.key, sum)
	}
	return sum
}
