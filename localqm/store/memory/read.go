package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Queues implements store.Store.
func (m *Store) Queues(ctx context.Context) (list []store.Queue, err error) {
	err = m.view(ctx, func(c *content) error {
		for _, s := range slices.Sorted(maps.Keys(c.queues)) {
			list = append(list, c.queues[s])
		}
		return nil
	})
	return list, err
}

// Count implements store.Store.
func (m *Store) Count(s store.Slot) store.Count {
	m.mu.Lock()
	defer m.mu.Unlock()
	return count(m.now.rows[s], func(*store.Row) bool { return true })
}

// Express implements store.Store.
func (m *Store) Express() store.Count {
	m.mu.Lock()
	defer m.mu.Unlock()
	var n store.Count
	for _, rows := range m.now.rows {
		e := count(rows, func(r *store.Row) bool { return r.Express })
		n.Messages += e.Messages
		n.Bytes += e.Bytes
	}
	return n
}

func count(rows []*store.Row, which func(*store.Row) bool) (n store.Count) {
	for _, r := range rows {
		if which(r) {
			n.Messages++
			n.Bytes += r.Size()
		}
	}
	return n
}

// give is a copy of a row with as much of its body as was asked for.
func give(r *store.Row, body int) *store.Row {
	row := *r
	if body < 0 || body > row.BodySize {
		body = row.BodySize
	}
	row.Body = row.Body[:body:body]
	if body == 0 {
		row.Body = nil
	}
	return &row
}

func limited(limit int) int {
	if limit <= 0 {
		return 1<<62 - 1
	}
	return limit
}

// Lookups implements store.Store.
func (m *Store) Lookups(ctx context.Context, s store.Slot, after uint64, limit int) (out []uint64, err error) {
	err = m.view(ctx, func(c *content) error {
		for _, r := range c.rows[s] {
			if r.Lookup > after && len(out) < limited(limit) {
				out = append(out, r.Lookup)
			}
		}
		return nil
	})
	return out, err
}

// Range implements store.Store.
func (m *Store) Range(ctx context.Context, r store.Range) (out []*store.Row, err error) {
	err = m.view(ctx, func(c *content) error {
		for _, row := range c.rows[r.Slot] {
			if row.Lookup > r.After && (r.Before == 0 || row.Lookup < r.Before) {
				out = append(out, give(row, r.Body))
			}
		}
		if over := len(out) - limited(r.Limit); over > 0 {
			if r.Reverse {
				out = out[over:]
			} else {
				out = out[:r.Limit]
			}
		}
		return nil
	})
	return out, err
}

// Get implements store.Store.
func (m *Store) Get(ctx context.Context, s store.Slot, lookup uint64, body int) (row *store.Row, err error) {
	err = m.view(ctx, func(c *content) error {
		at, found := c.search(store.Place{Slot: s, Lookup: lookup})
		if !found {
			return store.ErrGone
		}
		row = give(c.rows[s][at], body)
		return nil
	})
	return row, err
}

// each calls fn for all messages in the order of slot and lookup.
func (c *content) each(fn func(*store.Row)) {
	for _, s := range slices.Sorted(maps.Keys(c.rows)) {
		for _, r := range c.rows[s] {
			fn(r)
		}
	}
}

// Find implements store.Store.
func (m *Store) Find(ctx context.Context, id mq.ObjectID) (p store.Place, err error) {
	err = m.view(ctx, func(c *content) error {
		c.each(func(r *store.Row) {
			if r.Index == id && !id.IsZero() && p == (store.Place{}) {
				p = store.Place{Slot: r.Slot, Lookup: r.Lookup}
			}
		})
		if p == (store.Place{}) {
			return store.ErrGone
		}
		return nil
	})
	return p, err
}

func (c *content) due(now int64) (rows []*store.Row) {
	c.each(func(r *store.Row) {
		if r.Expires != 0 && r.Expires <= now {
			rows = append(rows, r)
		}
	})
	slices.SortStableFunc(rows, func(a, b *store.Row) int { return cmp.Compare(a.Expires, b.Expires) })
	return rows
}

// Due implements store.Store.
func (m *Store) Due(ctx context.Context, now int64, limit int) (out []store.Place, err error) {
	err = m.view(ctx, func(c *content) error {
		for _, r := range c.due(now) {
			if len(out) < limited(limit) {
				out = append(out, store.Place{Slot: r.Slot, Lookup: r.Lookup})
			}
		}
		return nil
	})
	return out, err
}

// NextDue implements store.Store.
func (m *Store) NextDue(ctx context.Context) (at int64, err error) {
	err = m.view(ctx, func(c *content) error {
		if rows := c.due(1<<63 - 1); len(rows) > 0 {
			at = rows[0].Expires
		}
		return nil
	})
	return at, err
}

// Prepared implements store.Store.
func (m *Store) Prepared(ctx context.Context) (list []store.Prepared, err error) {
	err = m.view(ctx, func(c *content) error {
		for id, ops := range c.prepared {
			list = append(list, store.Prepared{ID: id, Ops: cloneOps(ops)})
		}
		slices.SortFunc(list, func(a, b store.Prepared) int { return slices.Compare(a.ID[:], b.ID[:]) })
		return nil
	})
	return list, err
}

// State implements store.Store.
func (m *Store) State(ctx context.Context, space string, key []byte) (value []byte, err error) {
	err = m.view(ctx, func(c *content) error {
		value = c.state[space][string(key)]
		return nil
	})
	return value, err
}

// States implements store.Store.
func (m *Store) States(ctx context.Context, space string, fn func(key, value []byte) error) error {
	var pairs map[string][]byte
	err := m.view(ctx, func(c *content) error {
		pairs = maps.Clone(c.state[space])
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if err := fn([]byte(key), pairs[key]); err != nil {
			return err
		}
	}
	return nil
}
