package epm

import (
	"context"
	"net/netip"
	"sync"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	stub "github.com/oiweiwei/go-msrpc/msrpc/epm/epm/v3"

	"posthouse/localqm/rpc"
)

// Statuses of the mapper (MS-RPCE 2.2.1.2.1, 2.2.1.2.4).
const (
	statusOK            = 0
	statusNotRegistered = 0x16C9A0D6
	statusCannot        = 0x6D8
)

// Inquiries (MS-RPCE 2.2.1.2.4).
const (
	byInterface = 1
	byObject    = 2
	byBoth      = 3
)

// Which versions are meant (MS-RPCE 2.2.1.2.4).
const (
	versionAll        = 1
	versionCompatible = 2
	versionExact      = 3
	versionMajor      = 4
	versionUpTo       = 5
)

const (
	maxEntries  = 500 // of one answer (MS-RPCE 2.2.1.2.4)
	maxSearches = 16  // that a client has open
)

const handleOwner = "ept_lookup_handle_t"

// mapper implements the interface.
type mapper struct{ *Registry }

// Lookup lists what matches an inquiry (MS-RPCE 2.2.1.2.4).
func (m *mapper) Lookup(ctx context.Context, in *stub.LookupRequest) (*stub.LookupResponse, error) {
	found, handle, status, err := m.page(ctx, in.EntryHandle, in.MaxEntries, func() ([]Endpoint, bool) { return m.inquire(in) })
	if err != nil {
		return nil, err
	}
	out := &stub.LookupResponse{EntryHandle: handle, EntriesLength: uint32(len(found)), Status: status}
	for _, e := range found {
		out.Entries = append(out.Entries, &stub.Entry{Tower: towerOf(ctx, e), Annotation: e.Annotation})
	}
	return out, nil
}

// inquire is what matches, and whether the inquiry is one. No endpoint here is for
// one object alone.
func (m *mapper) inquire(in *stub.LookupRequest) ([]Endpoint, bool) {
	switch in.InquiryType {
	case byObject, byBoth:
		if in.Object != nil && !in.Object.IsZero() {
			return nil, true
		}
		if in.InquiryType == byObject {
			return m.find(all), true
		}
		fallthrough
	case byInterface:
		if in.InterfaceID == nil || in.VersOption < versionAll || in.VersOption > versionUpTo {
			return nil, false
		}
		want := dcerpc.SyntaxID{
			IfUUID:         in.InterfaceID.UUID.UUID(),
			IfVersionMajor: in.InterfaceID.VersMajor, IfVersionMinor: in.InterfaceID.VersMinor,
		}
		return m.find(func(have dcerpc.SyntaxID) bool { return matches(want, have, in.VersOption) }), true
	}
	return m.find(all), true // MS-RPCE <25>
}

func all(dcerpc.SyntaxID) bool { return true }

func matches(want, have dcerpc.SyntaxID, option uint32) bool {
	if !want.IfUUID.Equals(have.IfUUID) {
		return false
	}
	switch major := want.IfVersionMajor == have.IfVersionMajor; option {
	case versionCompatible:
		return major && have.IfVersionMinor >= want.IfVersionMinor
	case versionExact:
		return major && have.IfVersionMinor == want.IfVersionMinor
	case versionMajor:
		return major
	case versionUpTo:
		return have.IfVersionMajor < want.IfVersionMajor || major && have.IfVersionMinor <= want.IfVersionMinor
	}
	return true
}

// Map answers with the towers that lead where the given one should (MS-RPCE 2.2.1.2.5).
func (m *mapper) Map(ctx context.Context, in *stub.MapRequest) (*stub.MapResponse, error) {
	found, handle, status, err := m.page(ctx, in.EntryHandle, in.MaxTowers, func() ([]Endpoint, bool) {
		if in.MapTower == nil {
			return nil, false
		}
		want, tcp, err := parseTower(in.MapTower.TowerOctetString)
		if err != nil {
			return nil, false
		}
		if !tcp || !want.transfer.Is(dcerpc.TransferNDRSyntaxV2_0) {
			return nil, true
		}
		return m.find(func(have dcerpc.SyntaxID) bool { return matches(want.syntax, have, versionCompatible) }), true
	})
	if err != nil {
		return nil, err
	}
	out := &stub.MapResponse{EntryHandle: handle, TowersLength: uint32(len(found)), Status: status}
	for _, e := range found {
		out.Towers = append(out.Towers, towerOf(ctx, e))
	}
	return out, nil
}

// LookupHandleFree ends a search (MS-RPCE 2.2.1.2.8).
func (m *mapper) LookupHandleFree(ctx context.Context, in *stub.LookupHandleFreeRequest) (*stub.LookupHandleFreeResponse, error) {
	g := rpc.CallOf(ctx).Group
	if _, err := g.Close(handleOwner, dcetypes.ContextHandle(*in.EntryHandle)); err != nil {
		return nil, err
	}
	m.end(g)
	return &stub.LookupHandleFreeResponse{}, nil
}

// Insert, Delete, InquireObject and ManagementDelete are not for others (MS-RPCE
// 2.2.1.2.6, 2.2.1.2.7, 2.2.1.2.9, 2.2.1.2.10).
func (m *mapper) Insert(context.Context, *stub.InsertRequest) (*stub.InsertResponse, error) {
	return &stub.InsertResponse{Status: statusCannot}, nil
}

// Delete see Insert.
func (m *mapper) Delete(context.Context, *stub.DeleteRequest) (*stub.DeleteResponse, error) {
	return &stub.DeleteResponse{Status: statusCannot}, nil
}

// InquireObject see Insert.
func (m *mapper) InquireObject(context.Context, *stub.InquireObjectRequest) (*stub.InquireObjectResponse, error) {
	return &stub.InquireObjectResponse{Status: statusCannot}, nil
}

// ManagementDelete see Insert.
func (m *mapper) ManagementDelete(context.Context, *stub.ManagementDeleteRequest) (*stub.ManagementDeleteResponse, error) {
	return &stub.ManagementDeleteResponse{Status: statusCannot}, nil
}

// towerOf leads to e at the address where the client is asking.
func towerOf(ctx context.Context, e Endpoint) *dcetypes.Tower {
	b := appendTower(nil, tower{
		syntax: e.Syntax, transfer: *dcerpc.TransferNDRSyntaxV2_0,
		at: netip.AddrPortFrom(rpc.CallOf(ctx).Local.Addr(), e.Port),
	})
	return &dcetypes.Tower{TowerLength: uint32(len(b)), TowerOctetString: b}
}

// search is what a client has not been told yet.
type search struct {
	mu   sync.Mutex
	rest []Endpoint
}

func (s *search) next(n int) (page []Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, len(s.rest))
	page, s.rest = s.rest[:n], s.rest[n:]
	return page
}

// page is the next part of a search, which begins without a handle. A client whose
// page is full asks again until there is nothing, even when that was all: he is given
// a handle for it.
func (m *mapper) page(ctx context.Context, h *stub.LookupHandle, most uint32, begin func() ([]Endpoint, bool)) ([]Endpoint, *stub.LookupHandle, uint32, error) {
	g := rpc.CallOf(ctx).Group
	switch {
	case most > maxEntries:
		return nil, nil, 0, rpc.FaultBadStub
	case most == 0:
		return nil, h, statusCannot, nil
	}
	if zero(h) {
		found, ok := begin()
		switch {
		case !ok:
			return nil, nil, statusCannot, nil
		case len(found) == 0:
			return nil, nil, statusNotRegistered, nil
		case len(found) < int(most):
			return found, nil, statusOK, nil
		}
		return m.open(g, found, int(most))
	}
	v, err := g.Find(handleOwner, dcetypes.ContextHandle(*h))
	if err != nil {
		return nil, nil, 0, err
	}
	if page := v.(*search).next(int(most)); len(page) > 0 {
		return page, h, statusOK, nil
	}
	if _, err := g.Close(handleOwner, dcetypes.ContextHandle(*h)); err == nil { // else another call has
		m.end(g)
	}
	return nil, nil, statusNotRegistered, nil
}

// open is the first page of a search that goes on. Who has left too many behind is
// told no more than that page.
func (m *mapper) open(g *rpc.Group, found []Endpoint, most int) ([]Endpoint, *stub.LookupHandle, uint32, error) {
	s := &search{rest: found}
	page := s.next(most)
	if !m.begin(g) {
		return page, nil, statusOK, nil
	}
	h, err := g.Open(handleOwner, s, func() { m.end(g) })
	if err != nil {
		m.end(g)
		return nil, nil, 0, err
	}
	handle := stub.LookupHandle(h)
	return page, &handle, statusOK, nil
}

func zero(h *stub.LookupHandle) bool { return h == nil || h.UUID == nil || h.UUID.IsZero() }
