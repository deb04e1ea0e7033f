package rpc

import (
	"crypto/rand"
	"sync"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
)

// MaxHandles is how many context handles an association group may hold.
const MaxHandles = 16384

// Group is an association group: the connections of one client, and the context
// handles that it holds (C706 6.1.6, MS-RPCE 3.3.1.5.4).
type Group struct {
	mu      sync.Mutex
	closed  bool
	handles map[[16]byte]*handle
}

type handle struct {
	owner   string
	value   any
	rundown func()
}

// NewGroup is a group without handles.
func NewGroup() *Group { return &Group{handles: map[[16]byte]*handle{}} }

// Open gives the client a handle for value. owner is what kind it is: handles are
// strict, one of another owner is not found. rundown is called if the client goes
// without closing it.
func (g *Group) Open(owner string, value any, rundown func()) (dcetypes.ContextHandle, error) {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	id, err := dtyp.GUIDFromBytes(raw[:])
	if err != nil {
		return dcetypes.ContextHandle{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return dcetypes.ContextHandle{}, FaultContextMismatch
	case len(g.handles) >= MaxHandles:
		return dcetypes.ContextHandle{}, FaultOutOfMemory
	}
	g.handles[key(id)] = &handle{owner: owner, value: value, rundown: rundown}
	return dcetypes.ContextHandle{UUID: id}, nil
}

// Find returns what a handle stands for; the error is FaultContextMismatch.
func (g *Group) Find(owner string, h dcetypes.ContextHandle) (any, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.handles[key(h.UUID)]
	if !ok || found.owner != owner {
		return nil, FaultContextMismatch
	}
	return found.value, nil
}

// Close forgets a handle and returns what it stood for, without running it down. The
// answer to the client is a handle of zeros.
func (g *Group) Close(owner string, h dcetypes.ContextHandle) (any, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.handles[key(h.UUID)]
	if !ok || found.owner != owner {
		return nil, FaultContextMismatch
	}
	delete(g.handles, key(h.UUID))
	return found.value, nil
}

// Rundown closes what the client left open. No call of it runs any more.
func (g *Group) Rundown() {
	g.mu.Lock()
	left := g.handles
	g.closed, g.handles = true, nil
	g.mu.Unlock()
	for _, h := range left {
		if h.rundown != nil {
			h.rundown()
		}
	}
}

func key(id *dtyp.GUID) (k [16]byte) {
	if id != nil {
		copy(k[:], id.UUID().EncodeBinary())
	}
	return k
}
