package store

import (
	"context"
	"database/sql"

	"posthouse/localqm/mq"
)

// ordinalsPerSecond is how fast message numbers grow at least, from one start to
// the next: after a folder was restored from a backup, no number is given again
// that its messages had since. Other queue managers would take the new ones for
// these, and drop them.
const ordinalsPerSecond = 64

// NextOrdinal gives the next message number. The mark on disk follows with the
// step that uses it, before its Done.
func (s *SQLite) NextOrdinal() uint32 {
	for {
		// After 2^32 messages numbers come again (MS-MQQB 3.1.1.3.1); 0 says "none".
		if n := uint32(s.ordinals.Add(1)); n != 0 {
			return n
		}
	}
}

// LastSeq is the highest sequence number given to a committed message.
func (s *SQLite) LastSeq() uint64 { return s.visible.Load() - 1 }

// NewSlot reserves an empty slot.
func (s *SQLite) NewSlot() (Slot, error) { return s.catalogue.take() }

// FreeSlot gives back a slot that NewSlot reserved.
func (s *SQLite) FreeSlot(at Slot) { s.catalogue.free(at) }

// Queues is the catalogue as committed.
func (s *SQLite) Queues(context.Context) ([]Queue, error) {
	var list []Queue
	err := s.read(func() error {
		list = s.catalogue.list()
		return nil
	})
	return list, err
}

// Count is the exact number of messages and bytes of a slot.
func (s *SQLite) Count(at Slot) Count {
	s.countsMu.RLock()
	defer s.countsMu.RUnlock()
	t := s.counts[at]
	if t == nil {
		return Count{}
	}
	return Count{t.durable.Messages + t.express.Messages, t.durable.Bytes + t.express.Bytes}
}

// Express is the number of express messages and their bytes in all slots.
func (s *SQLite) Express() Count {
	s.express.mu.RLock()
	defer s.express.mu.RUnlock()
	return s.express.total
}

// Find is the place of an indexed message identifier; the first if there are
// several.
func (s *SQLite) Find(ctx context.Context, id mq.ObjectID) (Place, error) {
	var at Place
	err := s.read(func() error {
		if id.IsZero() {
			return ErrGone
		}
		before := s.visible.Load()
		found := s.quickFind(id, before)
		err := s.query(ctx, func(rows *sql.Rows) error {
			var key int64
			err := rows.Scan(&key)
			if p := unpack(key); found == (Place{}) || placeLess(p, found) {
				found = p
			}
			return err
		}, "SELECT key FROM message WHERE id = ?"+shown+" ORDER BY key LIMIT 1", encodeID(id), int64(before))
		if err == nil && found == (Place{}) {
			return ErrGone
		}
		at = found
		return err
	})
	return at, err
}

func (s *SQLite) quickFind(id mq.ObjectID, before uint64) (found Place) {
	s.express.mu.RLock()
	defer s.express.mu.RUnlock()
	s.express.ids.Ascend(&held{row: &Row{Index: id}}, func(h *held) bool {
		if h.row.Index != id {
			return false
		}
		if _, seq := SplitLookup(h.row.Lookup); seq < before {
			found = h.place()
		}
		return found == Place{}
	})
	return found
}

// deadline is a place with its Expires.
type deadline struct {
	at    int64
	place Place
}

func deadlineLess(a, b deadline) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return placeLess(a.place, b.place)
}

// deadlines are the earliest up to now.
func (s *SQLite) deadlines(ctx context.Context, now int64, limit int) ([]deadline, error) {
	var list, quick []deadline
	before := s.visible.Load()
	s.express.mu.RLock()
	s.express.due.Scan(func(h *held) bool {
		if h.row.Expires > now {
			return false
		}
		if _, seq := SplitLookup(h.row.Lookup); seq < before {
			quick = append(quick, deadline{h.row.Expires, h.place()})
		}
		return len(quick) < limit
	})
	s.express.mu.RUnlock()
	err := s.query(ctx, func(rows *sql.Rows) error {
		var d deadline
		var key int64
		err := rows.Scan(&d.at, &key)
		d.place = unpack(key)
		list = append(list, d)
		return err
	}, "SELECT expires, key FROM message WHERE expires IS NOT NULL AND expires <= ?"+shown+" ORDER BY expires, key LIMIT ?+0",
		now, int64(before), int64(limit))
	return merge(list, quick, limit, deadlineLess), err
}

// Due returns places whose time is over.
func (s *SQLite) Due(ctx context.Context, now int64, limit int) ([]Place, error) {
	var places []Place
	err := s.read(func() error {
		list, err := s.deadlines(ctx, now, all(limit))
		for _, d := range list {
			places = append(places, d.place)
		}
		return err
	})
	return places, err
}

// NextDue is the earliest Expires of all messages.
func (s *SQLite) NextDue(ctx context.Context) (int64, error) {
	var at int64
	err := s.read(func() error {
		list, err := s.deadlines(ctx, 1<<63-1, 1)
		if len(list) > 0 {
			at = list[0].at
		}
		return err
	})
	return at, err
}

// State reads a value of protocol state.
func (s *SQLite) State(ctx context.Context, space string, key []byte) ([]byte, error) {
	var out []byte
	err := s.read(func() error {
		return s.query(ctx, func(rows *sql.Rows) (err error) {
			out, err = scanState(rows, space, key)
			return err
		}, "SELECT value, sum FROM state WHERE space = ? AND key = ?", space, orEmpty(key))
	})
	return out, err
}

func scanState(rows *sql.Rows, space string, key []byte) ([]byte, error) {
	var value []byte
	var sum int64
	if err := rows.Scan(&value, &sum); err != nil {
		return nil, err
	}
	if sum != sumOf([]byte(space), key, value) {
		return nil, damage("state %s/%x", space, key)
	}
	return orEmpty(value), nil // there, even if empty
}

// statePage is how many pairs States reads at once, so that no read
// transaction is open while fn runs.
const statePage = 500

// States calls fn for every pair of a space in the order of the keys.
func (s *SQLite) States(ctx context.Context, space string, fn func(key, value []byte) error) error {
	type pair struct{ key, value []byte }
	from, op := []byte{}, ">="
	for {
		var page []pair
		err := s.read(func() error {
			return s.query(ctx, func(rows *sql.Rows) error {
				var p pair
				var sum int64
				if err := rows.Scan(&p.key, &p.value, &sum); err != nil {
					return err
				}
				if sum != sumOf([]byte(space), p.key, p.value) {
					return damage("state %s/%x", space, p.key)
				}
				page = append(page, pair{orEmpty(p.key), orEmpty(p.value)})
				return nil
			}, "SELECT key, value, sum FROM state WHERE space = ? AND key "+op+" ? ORDER BY key LIMIT ?+0", space, from, int64(statePage))
		})
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := fn(p.key, p.value); err != nil {
				return err
			}
		}
		if len(page) < statePage {
			return nil
		}
		from, op = page[len(page)-1].key, ">"
	}
}
