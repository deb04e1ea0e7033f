package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Store keeps everything in memory. It is a store.Store.
type Store struct {
	mu       sync.Mutex
	identity store.Identity
	now      content // as committed
	ordinal  uint32
	slot     store.Slot // given out last
	reserved map[store.Slot]bool
	fault    func(*store.Step) error
	closed   bool

	done    []*store.Step // their Done is due
	calling bool          // a goroutine calls Done
	idle    sync.WaitGroup
}

var _ store.Store = (*Store)(nil)

// New makes an empty store of a queue manager.
func New(name string) *Store {
	return &Store{
		identity: store.Identity{ID: mq.NewGUID(), Name: name, Created: time.Now().Unix()},
		now:      newContent(),
		reserved: map[store.Slot]bool{},
	}
}

// Reopen closes the store and returns what is there after a restart:
// everything but the express messages.
func (m *Store) Reopen() *Store {
	_ = m.Close() // never fails
	m.mu.Lock()
	defer m.mu.Unlock()
	n := &Store{identity: m.identity, now: m.now.clone(), ordinal: m.ordinal, slot: m.slot, reserved: map[store.Slot]bool{}}
	n.now.dropExpress()
	return n
}

// Fault makes every step for which fn returns an error fail with it; nil ends
// that. It is for tests of what a full or failing disk does.
func (m *Store) Fault(fn func(*store.Step) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fn
}

// Identity implements store.Store.
func (m *Store) Identity() store.Identity {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.identity
}

// Submit applies the step at once; Done follows on a goroutine of the store.
func (m *Store) Submit(step *store.Step) {
	m.mu.Lock()
	defer m.mu.Unlock()
	step.Err = m.commit(step)
	step.After = nil
	m.done = append(m.done, step)
	if !m.calling {
		m.calling = true
		m.idle.Add(1)
		go m.call()
	}
}

// call runs every Done that is due, in order, and ends.
func (m *Store) call() {
	defer m.idle.Done()
	for {
		m.mu.Lock()
		if len(m.done) == 0 {
			m.calling = false
			m.mu.Unlock()
			return
		}
		step := m.done[0]
		m.done = m.done[1:]
		m.mu.Unlock()
		step.Done(step)
	}
}

func (m *Store) commit(step *store.Step) error {
	if m.closed {
		return store.ErrClosed
	}
	if m.fault != nil {
		if err := m.fault(step); err != nil {
			return err
		}
	}
	next := m.now.clone()
	if err := next.step(step); err != nil {
		return err
	}
	for _, op := range step.Ops {
		switch o := op.(type) {
		case *store.Put:
			o.Row.Lookup = next.lookups[o.Row]
		case *store.CreateQueue:
			delete(m.reserved, o.Queue.Slot)
		case *store.Identify:
			m.identity.ID = o.ID
		}
	}
	next.lookups = nil
	m.now = next
	return nil
}

// NextOrdinal implements store.Store.
func (m *Store) NextOrdinal() uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ordinal++
	return m.ordinal
}

// LastSeq implements store.Store.
func (m *Store) LastSeq() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now.seq
}

// NewSlot implements store.Store.
func (m *Store) NewSlot() (store.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range store.MaxSlot {
		m.slot = m.slot%store.MaxSlot + 1
		if _, there := m.now.queues[m.slot]; !there && !m.reserved[m.slot] {
			m.reserved[m.slot] = true
			return m.slot, nil
		}
	}
	return 0, mq.Errorf(mq.ErrInsufficientResources, "create queue", "all slots are taken")
}

// FreeSlot implements store.Store.
func (m *Store) FreeSlot(s store.Slot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.reserved, s)
}

// view runs fn on the committed content.
func (m *Store) view(ctx context.Context, fn func(*content) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fn(&m.now)
}

// Check verifies what the model can get wrong.
func (m *Store) Check(ctx context.Context) (r store.Report, err error) {
	err = m.view(ctx, func(c *content) error {
		r.Queues = len(c.queues)
		for s, rows := range c.rows {
			r.Messages += int64(len(rows))
			if _, there := c.queues[s]; !there && len(rows) > 0 {
				r.Problems = append(r.Problems, fmt.Sprintf("%d messages in slot %d, which has no queue", len(rows), s))
			}
			last := uint64(0)
			for _, row := range rows {
				if _, seq := store.SplitLookup(row.Lookup); row.Lookup <= last || row.Slot != s || seq > c.seq {
					r.Problems = append(r.Problems, fmt.Sprintf("message %d in slot %d is out of place", row.Lookup, s))
				}
				last = row.Lookup
			}
		}
		for s := range c.queues {
			if err := c.settled(s); err != nil {
				r.Problems = append(r.Problems, err.Error())
			}
		}
		return nil
	})
	return r, err
}

// Tidy has nothing to do.
func (m *Store) Tidy(ctx context.Context) (before, after int64, err error) {
	return 0, 0, m.view(ctx, func(*content) error { return nil })
}

// Close waits until every Done has been called.
func (m *Store) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.idle.Wait()
	return nil
}
