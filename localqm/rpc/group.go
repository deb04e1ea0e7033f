package rpc

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"

	"posthouse/localqm/secure"
)

// MaxHandles is how many context handles a Group may hold, and mostHandles how many a
// user may have in all his groups.
const (
	MaxHandles  = 16384
	mostHandles = 4 * MaxHandles
)

// Group has the context handles that a client has opened in an association group, as
// one user (C706 6.1.6, MS-RPCE 3.3.1.4.1). Any client at the same address may join a
// group if it knows or guesses the number (MS-RPCE 3.3.1.5.7): what somebody else opened
// there is not found.
type Group struct {
	mu      sync.Mutex
	closed  bool
	handles map[[16]byte]*handle
	all     *atomic.Int64 // handles of its user
}

type handle struct {
	owner   string
	value   any
	rundown func()
}

// NewGroup is a group without handles.
func NewGroup() *Group { return newGroup(new(atomic.Int64)) }

func newGroup(all *atomic.Int64) *Group { return &Group{handles: map[[16]byte]*handle{}, all: all} }

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
	case len(g.handles) >= MaxHandles || g.all.Load() >= mostHandles:
		return dcetypes.ContextHandle{}, FaultOutOfMemory
	}
	g.all.Add(1)
	g.handles[key(id)] = &handle{owner: owner, value: value, rundown: rundown}
	return dcetypes.ContextHandle{UUID: id}, nil
}

// Find returns what a handle stands for; the error is FaultContextMismatch.
func (g *Group) Find(owner string, h dcetypes.ContextHandle) (any, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	found, ok := g.handles[key(h.UUID)]
	if !ok || found.owner != owner || h.Attributes != 0 {
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
	if !ok || found.owner != owner || h.Attributes != 0 {
		return nil, FaultContextMismatch
	}
	delete(g.handles, key(h.UUID))
	g.all.Add(-1)
	return found.value, nil
}

// Rundown closes what the client left open. No call of it runs any more.
func (g *Group) Rundown() {
	g.mu.Lock()
	left := g.handles
	g.closed, g.handles = true, nil
	g.all.Add(-int64(len(left)))
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

// Groups are the association groups of a machine, for all its listeners.
type Groups struct {
	mu      sync.Mutex
	m       map[uint32]*association
	handles map[secure.SID]*atomic.Int64 // of who has ever had one
}

// association is an association group: the connections of a client, and what its users
// hold.
type association struct {
	id    uint32
	from  netip.Addr
	conns int
	all   *Groups

	mu    sync.Mutex // before all.mu
	users map[secure.SID]*Group
}

// group is what a user holds.
func (a *association) group(user secure.SID) *Group {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.users[user]
	if g == nil {
		g = newGroup(a.all.of(user))
		a.users[user] = g
	}
	return g
}

// NewGroups has none.
func NewGroups() *Groups {
	return &Groups{m: map[uint32]*association{}, handles: map[secure.SID]*atomic.Int64{}}
}

// of counts the handles of a user.
func (g *Groups) of(user secure.SID) *atomic.Int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.handles[user]
	if n == nil {
		n = new(atomic.Int64)
		g.handles[user] = n
	}
	return n
}

// join puts a connection into a group of its client; 0 is a new one. The client is
// known by its address (MS-RPCE 3.3.1.5.7).
func (g *Groups) join(id uint32, from netip.Addr) (*association, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if id != 0 {
		a, ok := g.m[id]
		if !ok || a.from != from {
			return nil, false
		}
		a.conns++
		return a, true
	}
	for id == 0 || g.m[id] != nil {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails
		id = binary.LittleEndian.Uint32(b[:])
	}
	a := &association{id: id, from: from, conns: 1, all: g, users: map[secure.SID]*Group{}}
	g.m[id] = a
	return a, true
}

// leave takes a connection, whose calls have ended, out of its group. With the last
// one its handles are run down.
func (g *Groups) leave(a *association) {
	g.mu.Lock()
	a.conns--
	last := a.conns == 0
	if last {
		delete(g.m, a.id)
	}
	g.mu.Unlock()
	if !last {
		return
	}
	for _, group := range a.users { // no call runs that could ask for one
		group.Rundown()
	}
}
