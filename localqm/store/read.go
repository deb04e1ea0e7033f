package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"

	"posthouse/localqm/mq"
)

// statements prepares reads once, on whichever connections run them.
type statements struct {
	db *sql.DB
	m  sync.Map // text -> *sql.Stmt
}

func (t *statements) get(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := t.m.Load(q); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := t.db.PrepareContext(ctx, q)
	if err != nil {
		return nil, database(err)
	}
	if first, raced := t.m.LoadOrStore(q, st); raced {
		_ = st.Close() //nolint:sqlclosecheck // the other one stays
		return first.(*sql.Stmt), nil
	}
	return st, nil
}

func (t *statements) close() {
	t.m.Range(func(_, st any) bool {
		_ = st.(*sql.Stmt).Close()
		return true
	})
}

// read runs fn unless the store is closed or failed.
func (s *SQLite) read(fn func() error) error {
	s.open.RLock()
	defer s.open.RUnlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return s.readError(fn())
}

// query runs a prepared read. A context that ends does not interrupt it (that
// costs a goroutine for each read), so reads are bounded by their limit and
// rows are counted against the context by each.
func (s *SQLite) query(ctx context.Context, fn func(*sql.Rows) error, q string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	free := context.WithoutCancel(ctx)
	st, err := s.reads.get(free, q) //nolint:sqlclosecheck // kept until Close
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(free, args...)
	if err != nil {
		return database(err)
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		if n%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := fn(rows); err != nil {
			return err
		}
	}
	return database(rows.Err())
}

// A limit is bound as "?+0": SQLite looks into a bare parameter there and
// compiles the statement again for every value.

// shown limits a query to messages of batches that are wholly visible: what is
// read next to express messages must be as old as they are, or a reader that
// pages by key would miss one that shows later with a lower seq.
const shown = " AND key & 4398046511103 < ?" // the seq, 42 bits

const rowColumns = "key, kind, class, arrived, expires, aborts, moves, moved, id, body_at, sum, head, length(body)"

// bodyColumn reads at most n bytes of the body (negative: all).
func bodyColumn(n int) (column string, args []any) {
	switch {
	case n == 0:
		return "", nil
	case n < 0:
		return ", body", nil
	default:
		return ", substr(body, 1, ?)", []any{int64(n)}
	}
}

func scanRow(rows *sql.Rows, body int) (*Row, error) {
	// Numbers into any: into their types Scan takes ten times as long.
	var n [11]any
	r, id := &Row{}, []byte(nil)
	dest := []any{&n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7], &id, &n[8], &n[9], &r.Head, &n[10], &r.Body}
	if body == 0 {
		dest = dest[:len(dest)-1]
	}
	if err := rows.Scan(dest...); err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	var v [11]int64
	for i := range n {
		v[i], _ = n[i].(int64) // NULL is 0; STRICT allows nothing else
	}
	p, sum := unpack(v[0]), v[9]
	r.Slot, r.Lookup = p.Slot, p.Lookup
	r.Kind, r.Class, r.Arrived, r.Expires = Kind(v[1]), mq.Class(v[2]), v[3], v[4]
	r.Aborts, r.Moves, r.LastMove, r.BodyAt, r.BodySize = uint32(v[5]), uint32(v[6]), v[7], int(v[8]), int(v[10])
	r.Priority, _ = SplitLookup(p.Lookup)
	whole := len(r.Body) == r.BodySize
	switch {
	case !decodeID(id, &r.Index),
		uint32(uint64(sum)>>32) != sumHead(r),
		r.BodyAt < 0 || r.BodyAt > len(r.Head),
		whole && uint32(sum) != sumBody(r.Body),
		body < 0 && !whole:
		return nil, damage("message %d in slot %d", r.Lookup, r.Slot)
	}
	if len(r.Body) == 0 {
		r.Body = nil
	}
	return r, nil
}

func encodeID(id mq.ObjectID) []byte {
	return binary.LittleEndian.AppendUint32(append(make([]byte, 0, 20), id.Source[:]...), id.Ordinal)
}

func decodeID(b []byte, id *mq.ObjectID) bool {
	if b == nil {
		return true
	}
	if len(b) != 20 {
		return false
	}
	copy(id.Source[:], b)
	id.Ordinal = binary.LittleEndian.Uint32(b[16:])
	return true
}

// all is the limit of a read that has none.
func all(limit int) int {
	if limit <= 0 {
		return 1<<62 - 1
	}
	return limit
}

// durable reports whether a slot has messages in the database.
func (s *SQLite) durable(at Slot) bool {
	s.countsMu.RLock()
	defer s.countsMu.RUnlock()
	t := s.counts[at]
	return t != nil && t.durable.Messages != 0
}

// Lookups returns places of a slot in queue order.
func (s *SQLite) Lookups(ctx context.Context, at Slot, after uint64, limit int) ([]uint64, error) {
	var out []uint64
	limit = all(limit)
	err := s.read(func() error {
		before := s.visible.Load()
		var quick []uint64
		s.express.scan(at, after, 0, false, func(h *held) bool {
			if _, seq := SplitLookup(h.row.Lookup); seq < before {
				quick = append(quick, h.row.Lookup)
			}
			return len(quick) < limit
		})
		if s.durable(at) {
			first, last := span(at, after, 0)
			if first > last {
				out = quick
				return nil
			}
			err := s.query(ctx, func(rows *sql.Rows) error {
				var key int64
				if err := rows.Scan(&key); err != nil {
					return err
				}
				out = append(out, unpack(key).Lookup)
				return nil
			}, "SELECT key FROM message WHERE key BETWEEN ? AND ?"+shown+" ORDER BY key LIMIT ?+0",
				first, last, int64(before), int64(limit))
			if err != nil {
				return err
			}
		}
		out = merge(out, quick, limit, func(a, b uint64) bool { return a < b })
		return nil
	})
	return out, err
}

// merge joins two ordered lists up to a limit.
func merge[T any](a, b []T, limit int, less func(a, b T) bool) []T {
	if len(b) == 0 {
		return a[:min(len(a), limit)]
	}
	if len(a) == 0 {
		return b[:min(len(b), limit)]
	}
	out := make([]T, 0, min(len(a)+len(b), limit))
	for len(out) < limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && less(a[0], b[0]) {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out
}

// Range reads rows by key.
func (s *SQLite) Range(ctx context.Context, r Range) ([]*Row, error) {
	var out []*Row
	limit := all(r.Limit)
	err := s.read(func() error {
		before := s.visible.Load()
		quick, err := s.quickRows(r, limit, before)
		if err != nil {
			return err
		}
		first, last := span(r.Slot, r.After, r.Before)
		if first <= last && s.durable(r.Slot) {
			column, args := bodyColumn(r.Body)
			order := ""
			if r.Reverse {
				order = " DESC"
			}
			err := s.query(ctx, func(rows *sql.Rows) error {
				row, err := scanRow(rows, r.Body)
				out = append(out, row)
				return err
			}, "SELECT "+rowColumns+column+" FROM message WHERE key BETWEEN ? AND ?"+shown+" ORDER BY key"+order+" LIMIT ?+0",
				append(args, first, last, int64(before), int64(limit))...)
			if err != nil {
				return err
			}
		}
		out = merge(out, quick, limit, func(a, b *Row) bool { return a.Lookup < b.Lookup != r.Reverse })
		if r.Reverse {
			for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
				out[i], out[j] = out[j], out[i]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// quickRows reads the express messages of a range.
func (s *SQLite) quickRows(r Range, limit int, before uint64) ([]*Row, error) {
	var found []*held
	s.express.scan(r.Slot, r.After, r.Before, r.Reverse, func(h *held) bool {
		if _, seq := SplitLookup(h.row.Lookup); seq < before {
			found = append(found, h)
		}
		return len(found) < limit
	})
	rows := make([]*Row, 0, len(found))
	for _, h := range found {
		row, err := h.read(r.Body)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Get reads one row.
func (s *SQLite) Get(ctx context.Context, at Slot, lookup uint64, body int) (*Row, error) {
	var row *Row
	err := s.read(func() error {
		p := Place{at, lookup}
		before := s.visible.Load()
		key, ok := pack(p)
		if _, seq := SplitLookup(lookup); !ok || seq >= before {
			return ErrGone
		}
		s.express.mu.RLock()
		h := s.express.get(p)
		s.express.mu.RUnlock()
		if h != nil {
			var err error
			row, err = h.read(body)
			return err
		}
		if !s.durable(at) {
			return ErrGone
		}
		column, args := bodyColumn(body)
		err := s.query(ctx, func(rows *sql.Rows) (err error) {
			row, err = scanRow(rows, body)
			return err
		}, "SELECT "+rowColumns+column+" FROM message WHERE key = ?", append(args, key)...)
		if err == nil && row == nil {
			return ErrGone
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}
