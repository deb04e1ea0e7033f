package memory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// content is everything that a step can change. Slices and rows in it are
// never changed in place.
type content struct {
	seq      uint64
	queues   map[store.Slot]store.Queue
	rows     map[store.Slot][]*store.Row // in queue order
	state    map[string]map[string][]byte
	prepared map[mq.GUID][]store.Op

	lookups map[*store.Row]uint64 // of the rows that the step puts
	dropped map[store.Slot]bool   // by the step
}

func newContent() content {
	return content{
		queues: map[store.Slot]store.Queue{}, rows: map[store.Slot][]*store.Row{},
		state: map[string]map[string][]byte{}, prepared: map[mq.GUID][]store.Op{},
	}
}

func (c content) clone() content {
	c.queues, c.rows, c.prepared = maps.Clone(c.queues), maps.Clone(c.rows), maps.Clone(c.prepared)
	state := map[string]map[string][]byte{}
	for space, pairs := range c.state {
		state[space] = maps.Clone(pairs)
	}
	c.state = state
	c.lookups, c.dropped = map[*store.Row]uint64{}, map[store.Slot]bool{}
	return c
}

func (c *content) dropExpress() {
	for s, rows := range c.rows {
		c.rows[s] = slices.DeleteFunc(slices.Clone(rows), func(r *store.Row) bool { return r.Express })
	}
}

// step does all operations, then verifies the queues it touched.
func (c *content) step(step *store.Step) error {
	if step.After != nil && step.After.Err != nil {
		return store.ErrSkipped
	}
	var touched []store.Slot
	for _, op := range step.Ops {
		if err := c.apply(op); err != nil {
			return err
		}
		switch o := op.(type) {
		case *store.CreateQueue:
			touched = append(touched, o.Queue.Slot)
		case *store.UpdateQueue:
			touched = append(touched, o.Queue.Slot)
		case *store.DeleteQueue:
			touched = append(touched, o.Slot)
		}
	}
	for _, s := range touched {
		if err := c.settled(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *content) apply(op store.Op) error {
	switch o := op.(type) {
	case *store.Put:
		return c.put(o.Row)
	case *store.Remove:
		_, err := c.take(o.Place, o.Express)
		return err
	case *store.Move:
		if _, there := c.queues[o.To]; !there {
			return store.ErrNoSlot
		}
		r, err := c.take(o.Place, o.Express)
		if err != nil {
			return err
		}
		r.Slot, r.Moves, r.LastMove = o.To, r.Moves+1, o.At
		if o.NoExpiry {
			r.Expires = 0
		}
		c.insert(r)
	case *store.Abort:
		r, err := c.take(o.Place, o.Express)
		if err != nil {
			return err
		}
		r.Aborts++
		c.insert(r)
	case *store.CreateQueue:
		if err := checkQueue(o.Queue); err != nil {
			return err
		}
		old, there := c.queues[o.Queue.Slot]
		if there && o.IfMissing && old.ID == o.Queue.ID {
			return nil
		}
		if there || c.dropped[o.Queue.Slot] {
			return store.ErrTaken
		}
		c.queues[o.Queue.Slot] = o.Queue
	case *store.UpdateQueue:
		if err := checkQueue(o.Queue); err != nil {
			return err
		}
		if _, there := c.queues[o.Queue.Slot]; !there {
			return store.ErrNoSlot
		}
		c.queues[o.Queue.Slot] = o.Queue
	case *store.DeleteQueue:
		if _, there := c.queues[o.Slot]; !there {
			return store.ErrNoSlot
		}
		delete(c.queues, o.Slot)
		c.dropped[o.Slot] = true
	case *store.PutState:
		if c.state[o.Space] == nil {
			c.state[o.Space] = map[string][]byte{}
		}
		c.state[o.Space][string(o.Key)] = append([]byte{}, o.Value...)
	case *store.DeleteState:
		delete(c.state[o.Space], string(o.Key))
	case *store.Identify:
		if o.ID.IsZero() {
			return mq.Errorf(mq.ErrInvalidParameter, "identify the queue manager", "its identifier is zero")
		}
	case *store.Prepare:
		for _, op := range o.Ops {
			if p, ok := op.(*store.Put); ok {
				if err := checkRow(p.Row); err != nil {
					return err
				}
			}
		}
		if _, there := c.prepared[o.ID]; there {
			return store.ErrTaken
		}
		c.prepared[o.ID] = cloneOps(o.Ops)
	case *store.Forget:
		if _, there := c.prepared[o.ID]; !there {
			return store.ErrGone
		}
		delete(c.prepared, o.ID)
	default:
		return fmt.Errorf("memory: unknown operation %T", op)
	}
	return nil
}

func (c *content) put(r *store.Row) error {
	if err := checkRow(r); err != nil {
		return err
	}
	if _, there := c.queues[r.Slot]; !there {
		return store.ErrNoSlot
	}
	c.seq++
	row := *r
	row.Lookup = store.LookupID(r.Priority, c.seq)
	row.BodySize = len(r.Body)
	r.BodySize = row.BodySize
	c.lookups[r] = row.Lookup
	c.insert(&row)
	return nil
}

func (c *content) search(p store.Place) (int, bool) {
	return slices.BinarySearchFunc(c.rows[p.Slot], p.Lookup, func(r *store.Row, lookup uint64) int {
		switch {
		case r.Lookup < lookup:
			return -1
		case r.Lookup > lookup:
			return 1
		}
		return 0
	})
}

func (c *content) insert(r *store.Row) {
	at, _ := c.search(store.Place{Slot: r.Slot, Lookup: r.Lookup})
	c.rows[r.Slot] = slices.Insert(slices.Clone(c.rows[r.Slot]), at, r)
}

// take removes a row and returns a copy of it.
func (c *content) take(p store.Place, express bool) (*store.Row, error) {
	at, found := c.search(p)
	if !found || c.rows[p.Slot][at].Express != express {
		return nil, store.ErrGone
	}
	row := *c.rows[p.Slot][at]
	c.rows[p.Slot] = slices.Delete(slices.Clone(c.rows[p.Slot]), at, at+1)
	return &row, nil
}

// settled verifies a queue that a step created, changed or deleted.
func (c *content) settled(s store.Slot) error {
	q, there := c.queues[s]
	if !there {
		if len(c.rows[s]) > 0 {
			return store.ErrNotEmpty
		}
		for _, other := range c.queues {
			if other.Parent == s {
				return store.ErrNotEmpty
			}
		}
		return nil
	}
	if _, there := c.queues[q.Parent]; q.Parent != 0 && !there {
		return store.ErrNoSlot
	}
	name := strings.ToLower(q.Name)
	for _, other := range c.queues {
		if other.Slot == s || other.Draining || q.Draining ||
			other.Role != q.Role || other.Kind != q.Kind || other.Parent != q.Parent {
			continue
		}
		one := q.Role == store.Journal || q.Role == store.Awaiting // of each parent
		if one || strings.ToLower(other.Name) == name {
			return store.ErrTaken
		}
	}
	return nil
}

func checkQueue(q store.Queue) error {
	if q.Slot == 0 || q.Slot > store.MaxSlot || q.Parent == q.Slot || (q.Role == store.Main) != (q.Parent == 0) || q.Role > store.Awaiting {
		return mq.Errorf(mq.ErrInvalidParameter, "store queue "+q.Name, "slot, parent and role do not fit")
	}
	return nil
}

// cloneOps keeps prepared rows apart from those that a step puts.
func cloneOps(ops []store.Op) []store.Op {
	ops = slices.Clone(ops)
	for i, op := range ops {
		if p, ok := op.(*store.Put); ok {
			row := *p.Row
			row.BodySize = len(row.Body)
			ops[i] = &store.Put{Row: &row}
		}
	}
	return ops
}

func checkRow(r *store.Row) error {
	if r.Priority > 7 || r.BodyAt < 0 || r.BodyAt > len(r.Head) {
		return mq.Errorf(mq.ErrInvalidParameter, "store message", "priority or body place out of range")
	}
	return nil
}
