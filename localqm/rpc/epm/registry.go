package epm

import (
	"slices"
	"sync"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	stub "github.com/oiweiwei/go-msrpc/msrpc/epm/epm/v3"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
)

// Endpoint is a port that an interface is reached at, over TCP.
type Endpoint struct {
	Syntax     dcerpc.SyntaxID
	Annotation string // for people, at most 63 ASCII characters
	Port       uint16
}

// Registry is what a machine's mapper knows.
type Registry struct {
	mu        sync.Mutex
	endpoints []Endpoint
	searches  map[*rpc.Group]int // how many a client has open
}

// NewRegistry is a registry that knows nothing.
func NewRegistry() *Registry { return &Registry{searches: map[*rpc.Group]int{}} }

// Register adds endpoints. Clients are told of them in the order of their coming.
func (r *Registry) Register(e ...Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endpoints = append(r.endpoints, e...)
}

// Interface is the mapper, for a server to offer. Nobody has to say who he is
// (MS-RPCE 3.3.2.6.3).
func (r *Registry) Interface() rpc.Interface {
	return rpc.Interface{
		Name:    "epmapper",
		Syntax:  *stub.EpmSyntaxV3_0,
		Handle:  stub.NewEpmServerHandle(&mapper{r}),
		Level:   security.None,
		MaxStub: 4096, // the longest tower, a handle and some numbers
	}
}

func (r *Registry) find(match func(dcerpc.SyntaxID) bool) []Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Endpoint
	for _, e := range r.endpoints {
		if match(e.Syntax) {
			out = append(out, e)
		}
	}
	return slices.Clip(out)
}

// begin counts a search of a client, unless he has too many.
func (r *Registry) begin(g *rpc.Group) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.searches[g] >= maxSearches {
		return false
	}
	r.searches[g]++
	return true
}

func (r *Registry) end(g *rpc.Group) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.searches[g]--; r.searches[g] <= 0 {
		delete(r.searches, g)
	}
}
