package epm

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/epm/epm/v3"

	"posthouse/localqm/rpc"
)

func filled() *mapper {
	r := NewRegistry()
	r.Register(
		Endpoint{Syntax: qmmgmt, Annotation: "Message Queuing - QMRT V1", Port: 2103},
		Endpoint{Syntax: qmmgmt, Port: 2105},
		Endpoint{Syntax: qm2qm, Port: 2105},
	)
	return &mapper{r}
}

// client is the context of a client who asks at 127.0.0.11.
func client() (context.Context, *rpc.Group) {
	g := rpc.NewGroup()
	return rpc.WithCall(context.Background(), &rpc.Call{Group: g, Local: netip.MustParseAddrPort("127.0.0.11:135")}), g
}

func asked(s dcerpc.SyntaxID) *dcetypes.Tower {
	b := appendTower(nil, tower{syntax: s, transfer: *dcerpc.TransferNDRSyntaxV2_0})
	return &dcetypes.Tower{TowerOctetString: b}
}

func places(t *testing.T, towers []*dcetypes.Tower) (out []string) {
	t.Helper()
	for _, w := range towers {
		got, tcp, err := parseTower(w.TowerOctetString)
		if err != nil || !tcp {
			t.Fatal(err, tcp)
		}
		out = append(out, got.at.String())
	}
	return out
}

func TestMapAnswersWithTheAddressWhereItWasAsked(t *testing.T) {
	ctx, _ := client()
	out, err := filled().Map(ctx, &stub.MapRequest{MapTower: asked(qmmgmt), MaxTowers: 4})
	if err != nil || out.Status != 0 || !zero(out.EntryHandle) {
		t.Fatal(out, err)
	}
	if got := places(t, out.Towers); !slices.Equal(got, []string{"127.0.0.11:2103", "127.0.0.11:2105"}) {
		t.Error(got)
	}
}

func TestMapOfWhatIsNotThereFindsNothing(t *testing.T) {
	newer, other := qmmgmt, qmmgmt
	newer.IfVersionMinor = 1
	other.IfUUID = uuid.MustParse("fdb3a030-065f-11d1-bb9b-00a024ea5525")
	ndr64 := appendTower(nil, tower{syntax: qmmgmt, transfer: *dcerpc.TransferNDR64SyntaxV1_0})
	for name, w := range map[string]*dcetypes.Tower{
		"a newer version": asked(newer), "another interface": asked(other), "NDR64": {TowerOctetString: ndr64},
	} {
		ctx, _ := client()
		out, err := filled().Map(ctx, &stub.MapRequest{MapTower: w, MaxTowers: 4})
		if err != nil || out.Status != statusNotRegistered || len(out.Towers) != 0 {
			t.Errorf("%s: %+v %v", name, out, err)
		}
	}
}

func TestMapOfNonsenseIsRefused(t *testing.T) {
	ctx, _ := client()
	for name, in := range map[string]*stub.MapRequest{
		"no tower":        {MaxTowers: 4},
		"malformed tower": {MapTower: &dcetypes.Tower{TowerOctetString: []byte{5, 0, 9}}, MaxTowers: 4},
		"no room":         {MapTower: asked(qmmgmt)},
	} {
		out, err := filled().Map(ctx, in)
		if err != nil || out.Status != statusCannot {
			t.Errorf("%s: %+v %v", name, out, err)
		}
	}
	if _, err := filled().Map(ctx, &stub.MapRequest{MapTower: asked(qmmgmt), MaxTowers: 501}); !errors.Is(err, rpc.FaultBadStub) {
		t.Errorf("501 towers: %v", err)
	}
}

// A client with room for one asks until there is nothing (rpcclient does).
func TestLookupGoesOnWithItsHandleToTheEnd(t *testing.T) {
	ctx, g := client()
	m := filled()
	in := &stub.LookupRequest{MaxEntries: 1}
	var ports []uint16
	for {
		out, err := m.Lookup(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Status == statusNotRegistered {
			if !zero(out.EntryHandle) {
				t.Error("a handle after the end")
			}
			break
		}
		if out.EntriesLength != 1 || zero(out.EntryHandle) {
			t.Fatalf("%+v", out)
		}
		got, _, err := parseTower(out.Entries[0].Tower.TowerOctetString)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, got.at.Port())
		in.EntryHandle = out.EntryHandle
	}
	if !slices.Equal(ports, []uint16{2103, 2105, 2105}) {
		t.Error(ports)
	}
	if len(m.searches) != 0 {
		t.Error("the search is still open")
	}
	if _, err := m.Lookup(ctx, in); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Errorf("the old handle: %v", err)
	}
	g.Rundown()
}

func TestLookupThatFitsHasNoHandle(t *testing.T) {
	ctx, _ := client()
	out, err := filled().Lookup(ctx, &stub.LookupRequest{MaxEntries: 500})
	if err != nil || out.EntriesLength != 3 || !zero(out.EntryHandle) || out.Entries[0].Annotation != "Message Queuing - QMRT V1" {
		t.Errorf("%+v %v", out, err)
	}
}

func TestLookupByInterfaceKeepsToTheVersionAskedFor(t *testing.T) {
	m := &mapper{NewRegistry()}
	v := func(major, minor uint16) dcerpc.SyntaxID {
		return dcerpc.SyntaxID{IfUUID: qmmgmt.IfUUID, IfVersionMajor: major, IfVersionMinor: minor}
	}
	m.Register(Endpoint{Syntax: v(1, 0), Port: 10}, Endpoint{Syntax: v(1, 2), Port: 12}, Endpoint{Syntax: v(2, 0), Port: 20}, Endpoint{Syntax: qm2qm, Port: 1})
	for option, want := range map[uint32][]uint16{
		versionAll: {10, 12, 20}, versionCompatible: {12}, versionExact: nil, versionMajor: {10, 12}, versionUpTo: {10},
	} {
		ctx, _ := client()
		out, err := m.Lookup(ctx, &stub.LookupRequest{
			InquiryType: byInterface, VersOption: option, MaxEntries: 10,
			InterfaceID: &dcetypes.InterfaceID{UUID: dtyp.GUIDFromUUID(qmmgmt.IfUUID), VersMajor: 1, VersMinor: 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []uint16
		for _, e := range out.Entries {
			w, _, _ := parseTower(e.Tower.TowerOctetString)
			got = append(got, w.at.Port())
		}
		if !slices.Equal(got, want) {
			t.Errorf("option %d: %v, want %v", option, got, want)
		}
	}
}

func TestLookupByObjectFindsOnlyWhatIsForAll(t *testing.T) {
	ctx, _ := client()
	m := filled()
	if out, _ := m.Lookup(ctx, &stub.LookupRequest{InquiryType: byObject, MaxEntries: 9}); out.EntriesLength != 3 {
		t.Errorf("no object: %+v", out)
	}
	one := dtyp.GUIDFromUUID(qmmgmt.IfUUID)
	for _, inquiry := range []uint32{byObject, byBoth} {
		if out, _ := m.Lookup(ctx, &stub.LookupRequest{InquiryType: inquiry, Object: one, MaxEntries: 9}); out.Status != statusNotRegistered {
			t.Errorf("an object: %+v", out)
		}
	}
	if out, _ := m.Lookup(ctx, &stub.LookupRequest{InquiryType: byBoth, MaxEntries: 9}); out.Status != statusCannot {
		t.Errorf("by an interface that is not named: %+v", out)
	}
}

func TestSearchesOfAClientAreBoundedAndEndWithHim(t *testing.T) {
	ctx, g := client()
	m := filled()
	var last *stub.LookupHandle
	for range maxSearches {
		out, err := m.Lookup(ctx, &stub.LookupRequest{MaxEntries: 1})
		if err != nil || zero(out.EntryHandle) {
			t.Fatal(out, err)
		}
		last = out.EntryHandle
	}
	if out, err := m.Lookup(ctx, &stub.LookupRequest{MaxEntries: 1}); err != nil || out.EntriesLength != 1 || !zero(out.EntryHandle) {
		t.Errorf("one search too many: %+v %v", out, err)
	}
	if _, err := m.LookupHandleFree(ctx, &stub.LookupHandleFreeRequest{EntryHandle: last}); err != nil {
		t.Fatal(err)
	}
	if out, err := m.Lookup(ctx, &stub.LookupRequest{MaxEntries: 1}); err != nil || zero(out.EntryHandle) {
		t.Errorf("after one was freed: %+v %v", out, err)
	}
	g.Rundown()
	if len(m.searches) != 0 {
		t.Errorf("%d searches are open", m.searches[g])
	}
}

func TestHandlesOfOthersAreRefused(t *testing.T) {
	ctx, _ := client()
	m := filled()
	out, err := m.Lookup(ctx, &stub.LookupRequest{MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := client()
	if _, err := m.Lookup(stranger, &stub.LookupRequest{MaxEntries: 1, EntryHandle: out.EntryHandle}); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Errorf("lookup: %v", err)
	}
	if _, err := m.LookupHandleFree(stranger, &stub.LookupHandleFreeRequest{EntryHandle: out.EntryHandle}); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Errorf("free: %v", err)
	}
}

func TestTheMapIsNotForOthersToChange(t *testing.T) {
	ctx, _ := client()
	m := filled()
	in, _ := m.Insert(ctx, &stub.InsertRequest{})
	del, _ := m.Delete(ctx, &stub.DeleteRequest{})
	manage, _ := m.ManagementDelete(ctx, &stub.ManagementDeleteRequest{})
	object, _ := m.InquireObject(ctx, &stub.InquireObjectRequest{})
	for _, status := range []uint32{in.Status, del.Status, manage.Status, object.Status} {
		if status != statusCannot {
			t.Errorf("0x%X", status)
		}
	}
}
