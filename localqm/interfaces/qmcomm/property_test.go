package qmcomm_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
)

func TestANewQueueHasThePropertiesThatCame(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	kind := queueformat.FromGUID(mq.GUID{1, 2, 3})
	ok(t, c.create(`.\private$\q`, nil,
		given{mq.PropQType, kind}, given{mq.PropQJournal, uint8(1)}, given{mq.PropQQuota, uint32(100)}, given{mq.PropQBasePriority, int16(5)},
		given{mq.PropQJournalQuota, uint32(200)}, given{mq.PropQLabel, "größe"}, given{mq.PropQAuthenticate, uint8(1)},
		given{mq.PropQPrivLevel, uint32(2)}, given{mq.PropQTransaction, uint8(1)}, given{mq.PropQLabel, "the second of two"}))
	for id, want := range map[mq.PropID]any{
		mq.PropQJournal: uint8(1), mq.PropQQuota: uint32(100), mq.PropQBasePriority: int16(0), mq.PropQJournalQuota: uint32(200),
		mq.PropQLabel: "größe", mq.PropQAuthenticate: uint8(1), mq.PropQPrivLevel: uint32(2), mq.PropQTransaction: uint8(1),
		mq.PropQPathName: `TEST\private$\q`,
	} {
		got, err := c.get(direct("q"), given{id, nil})
		if err != nil || got[0].VarUnion.GetValue() != want {
			t.Errorf("property %d: %v, %v, want %v", id, got, err, want)
		}
		// A place of the property's own type is as good as VT_NULL.
		if _, err := c.get(direct("q"), given{id, want}); err != nil {
			t.Errorf("property %d into its type: %v", id, err)
		}
	}
	info, err := m.qm.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	for id, want := range map[mq.PropID]mq.GUID{mq.PropQType: {1, 2, 3}, mq.PropQInstance: info.Queue.ID} {
		got, err := c.get(direct("q"), given{id, nil})
		if g, _ := got[0].VarUnion.GetValue().(*dtyp.GUID); err != nil || queueformat.GUID(g) != want {
			t.Errorf("property %d: %v, %v, want %v", id, got, err, want)
		}
	}
	for _, id := range []mq.PropID{mq.PropQCreateTime, mq.PropQModifyTime} {
		got, err := c.get(direct("q"), given{id, nil})
		if n, _ := got[0].VarUnion.GetValue().(int32); err != nil || int64(n) != info.Queue.Created {
			t.Errorf("property %d: %v, %v", id, got, err)
		}
	}
	for _, id := range []mq.PropID{mq.PropQPathNameDNS, mq.PropQADSPath, mq.PropQMulticastAddress} {
		got, err := c.get(direct("q"), given{id, nil})
		if err != nil || got[0].VT != uint16(mq.VTNull) {
			t.Errorf("property %d has a value: %v, %v", id, got, err)
		}
	}
}

func TestPropertiesAreChangedByName(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "old"}))
	private, err := m.qm.PrivateName(qmtest.Name(t, "q"))
	ok(t, err)
	for _, name := range []string{direct("q"), private.String()} {
		ok(t, c.set(name, given{mq.PropQLabel, name}, given{mq.PropQQuota, uint32(7)}, given{mq.PropQBasePriority, int16(9)}, given{mq.PropQMulticastAddress, ""}))
		got, err := c.get(name, given{mq.PropQLabel, nil}, given{mq.PropQQuota, nil})
		ok(t, err)
		if got[0].VarUnion.GetValue() != name || got[1].VarUnion.GetValue() != uint32(7) {
			t.Errorf("%s: %v, %v", name, got[0].VarUnion.GetValue(), got[1].VarUnion.GetValue())
		}
	}
	ok(t, c.set(direct("q"), given{mq.PropQLabel, ""}))
	got, err := c.get(direct("q"), given{mq.PropQLabel, nil})
	ok(t, err)
	if got[0].VT != uint16(mq.VTNull) {
		t.Errorf("an empty label is %v", got[0].VarUnion.GetValue())
	}
	answers(t, "by who may not", m.as("bob").set(direct("q"), given{mq.PropQLabel, "bob's"}), mq.ErrAccessDenied)
	_, err = m.as("bob").get(direct("q"), given{mq.PropQLabel, nil})
	answers(t, "read by who may not", err, mq.ErrAccessDenied)
}

func TestPropertiesThatCannotBeAreRefused(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "q"}))
	for what, x := range map[string]struct {
		given
		create, set, get mq.HResult // 0: not tried
	}{
		"a number for a label":       {given{mq.PropQLabel, uint32(1)}, mq.ErrIllegalPropertyVT, mq.ErrIllegalPropertyVT, mq.ErrIllegalPropertyVT},
		"a wider number":             {given{mq.PropQJournal, uint32(1)}, mq.ErrIllegalPropertyVT, mq.ErrIllegalPropertyVT, mq.ErrIllegalPropertyVT},
		"VT_NULL":                    {given{mq.PropQLabel, nil}, mq.ErrIllegalPropertyVT, mq.ErrIllegalPropertyVT, 0},
		"a property of no queue":     {given{9999, uint32(1)}, mq.ErrIllegalPropID, mq.ErrIllegalPropID, mq.ErrIllegalPropID},
		"one that is given":          {given{mq.PropQInstance, &dtyp.GUID{}}, mq.ErrPropertyNotAllowed, mq.ErrPropertyNotAllowed, 0},
		"one of the directory":       {given{mq.PropQScope, uint8(1)}, mq.ErrPropertyNotAllowed, mq.ErrPropertyNotAllowed, mq.ErrPropertyNotAllowed},
		"one that does not change":   {given{mq.PropQTransaction, uint8(1)}, 0, mq.ErrPropertyNotAllowed, 0},
		"a path that does not":       {given{mq.PropQPathName, `.\private$\q`}, mq.ErrIllegalPropertyValue, mq.ErrPropertyNotAllowed, 0},
		"journal 2":                  {given{mq.PropQJournal, uint8(2)}, mq.ErrIllegalPropertyValue, mq.ErrIllegalPropertyValue, 0},
		"privacy 3":                  {given{mq.PropQPrivLevel, uint32(3)}, mq.ErrIllegalPropertyValue, mq.ErrIllegalPropertyValue, 0},
		"a label of 125":             {given{mq.PropQLabel, strings.Repeat("x", 125)}, mq.ErrIllegalPropertyValue, mq.ErrIllegalPropertyValue, 0},
		"a type without value":       {given{mq.PropQType, (*dtyp.GUID)(nil)}, mq.ErrIllegalPropertyValue, mq.ErrIllegalPropertyValue, 0},
		"no multicast address":       {given{mq.PropQMulticastAddress, "10.0.0.1:99999"}, mq.ErrIllegalPropertyValue, mq.ErrIllegalPropertyValue, 0},
		"a multicast address at all": {given{mq.PropQMulticastAddress, "224.0.0.9:8001"}, mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, 0},
	} {
		if x.create != 0 {
			answers(t, "create with "+what, c.create(`.\private$\new`, nil, x.given), x.create)
		}
		if x.set != 0 {
			answers(t, "set "+what, c.set(direct("q"), x.given), x.set)
		}
		if x.get != 0 {
			_, err := c.get(direct("q"), x.given)
			answers(t, "get "+what, err, x.get)
		}
	}
	_, err := m.qm.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, "new"))
	answers(t, "the queue that was refused", err, mq.ErrQueueNotFound)
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	_, err = w.Marshal(t.Context(), object(format(t, direct("q"))))
	ok(t, err)
	in := append(w.Bytes(), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // cp, and two NULL pointers
	out, err := c.stub(stub.QmcommSyntaxV1_0, 11, in)
	ok(t, err)
	if code := mq.HResult(binary.LittleEndian.Uint32(out)); code != mq.ErrInvalidParameter {
		t.Errorf("set without arrays: %v", code)
	}
	many := make([]given, 129)
	for i := range many {
		many[i] = given{mq.PropQLabel, "x"}
	}
	for what, err := range map[string]error{
		"create with 129": c.raw129(6, many), "get 129": c.raw129(10, many), "set 129": c.raw129(11, many),
	} {
		faults(t, what, err, rpc.FaultBadStub)
	}
}

// raw129 has more properties than generated clients send.
func (c *client) raw129(operation int, list []given) error {
	c.t.Helper()
	ids, values := variants(c.t, list[:128])
	var in []byte
	switch o := object(format(c.t, direct("q"))); operation {
	case 6:
		in = encoded(c.t, &stub.CreateObjectInternalRequest{ObjectType: 1, PathName: `.\private$\n`, CreatePartition: 128, Property: ids, Var: values}, nil)
	case 10:
		in = encoded(c.t, &stub.GetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 128, Property: ids, Var: values}, nil)
	case 11:
		in = encoded(c.t, &stub.SetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 128, Property: ids, Var: values}, nil)
	}
	// cp alone: the arrays have 128 elements.
	at := strings.Index(string(in), "\x80\x00\x00\x00")
	in[at] = 129
	_, err := c.stub(stub.QmcommSyntaxV1_0, operation, in)
	return err
}
