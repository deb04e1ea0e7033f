package localqm_test

import (
	"sync"
	"testing"

	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

// gate is a store whose steps wait as long as it is shut.
type gate struct {
	*memory.Store
	mu      sync.Mutex
	closed  bool
	waiting []*store.Step
}

// gated starts a queue manager on one.
func gated(t *testing.T) (*qmtest.QM, *gate) {
	t.Helper()
	g := &gate{}
	q := qmtest.Start(t, qmtest.Kind{Name: "gate", New: func(testing.TB) (store.Store, func(store.Store) store.Store) {
		g.Store = memory.New("TEST")
		return g, func(store.Store) store.Store { g.Store = g.Reopen(); return g }
	}})
	sound(t, q)
	return q, g
}

func (g *gate) Submit(s *store.Step) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		g.waiting = append(g.waiting, s)
		return
	}
	g.Store.Submit(s)
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = false
	for _, s := range g.waiting {
		g.Store.Submit(s)
	}
	g.waiting = nil
}
