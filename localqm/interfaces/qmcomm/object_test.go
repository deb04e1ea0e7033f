package qmcomm_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
)

// given is a property with its value; its type is that of the property.
type given struct {
	id    mq.PropID
	value any
}

func variants(t testing.TB, list []given) (ids []uint32, values []*mqmq.PropertyVariant) {
	t.Helper()
	for _, g := range list {
		ids = append(ids, uint32(g.id))
		values = append(values, variant(t, g.value))
	}
	return ids, values
}

func variant(t testing.TB, value any) *mqmq.PropertyVariant {
	t.Helper()
	u := &mqmq.PropertyVariant_VarUnion{}
	v := &mqmq.PropertyVariant{VarUnion: u}
	set := func(vt mq.VarType) { v.VT = uint16(vt) }
	switch x := value.(type) {
	case nil:
		u.Value = &mqmq.PropertyVariant_VarUnion_0{}
		set(mq.VTNull)
	case uint8:
		u.Value = &mqmq.PropertyVariant_VarUnion_Byte{Byte: x}
		set(mq.VTUI1)
	case int16:
		u.Value = &mqmq.PropertyVariant_VarUnion_Short{Short: x}
		set(mq.VTI2)
	case uint32:
		u.Value = &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: x}
		set(mq.VTUI4)
	case int32:
		u.Value = &mqmq.PropertyVariant_VarUnion_Long{Long: x}
		set(mq.VTI4)
	case string:
		u.Value = &mqmq.PropertyVariant_VarUnion_UnicodeString{UnicodeString: x}
		set(mq.VTLPWSTR)
	case *dtyp.GUID:
		u.Value = &mqmq.PropertyVariant_VarUnion_UUID{UUID: x}
		set(mq.VTCLSID)
	default:
		t.Fatalf("a %T", value)
	}
	return v
}

func (c *client) create(path string, sd []byte, list ...given) error {
	c.t.Helper()
	ids, values := variants(c.t, list)
	_, err := c.one.CreateObjectInternal(c.t.Context(), &stub.CreateObjectInternalRequest{
		ObjectType: 1, PathName: path, SecurityDescriptor: sd, SecurityDescriptorSize: uint32(len(sd)),
		CreatePartition: uint32(len(ids)), Property: ids, Var: values,
	})
	return err
}

func (c *client) set(name string, list ...given) error {
	c.t.Helper()
	ids, values := variants(c.t, list)
	_, err := c.one.SetObjectProperties(c.t.Context(), &stub.SetObjectPropertiesRequest{
		ObjectFormat: object(format(c.t, name)), CreatePartition: uint32(len(ids)), Property: ids, Var: values,
	})
	return err
}

func (c *client) get(name string, list ...given) ([]*mqmq.PropertyVariant, error) {
	c.t.Helper()
	ids, values := variants(c.t, list)
	out, err := c.one.GetObjectProperties(c.t.Context(), &stub.GetObjectPropertiesRequest{
		ObjectFormat: object(format(c.t, name)), CreatePartition: uint32(len(ids)), Property: ids, Var: values,
	})
	if err != nil {
		return nil, err
	}
	return out.Var, nil
}

func (c *client) delete(name string) error {
	c.t.Helper()
	_, err := c.one.DeleteObject(c.t.Context(), &stub.DeleteObjectRequest{ObjectFormat: object(format(c.t, name))})
	return err
}

func TestACreatedQueueBelongsToItsCreator(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQPathName, `.\private$\q`}))
	d, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	all, err := m.accounts.List()
	ok(t, err)
	for _, a := range all {
		if a.Name == "alice" && d.Owner != a.SID {
			t.Errorf("it belongs to %v, not to %v", d.Owner, a.SID)
		}
	}
	_, err = m.as("bob").tryOpen(direct("q"), receive, 0)
	answers(t, "somebody else reads it", err, mq.ErrAccessDenied)
	answers(t, "created again", c.create(`TEST\private$\Q`, nil, given{mq.PropQPathName, `.\private$\q`}), mq.ErrQueueExists)
	answers(t, "created by who may not", m.as("bob").create(`.\private$\q`, nil, given{mq.PropQLabel, "x"}), mq.ErrQueueExists)
	answers(t, "who may not", m.as("bob").create(`.\private$\bobs`, nil, given{mq.PropQPathName, `.\private$\bobs`}), mq.ErrAccessDenied)
	answers(t, "deleted by somebody else", m.as("bob").delete(direct("q")), mq.ErrAccessDenied)
	ok(t, c.delete(direct("q")))
	answers(t, "deleted twice", c.delete(direct("q")), mq.ErrQueueNotFound)
}

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

func TestPathsThatCannotBeCreatedAreRefused(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	for _, path := range []string{
		``, `q`, `.\q`, `TEST\q`, `other\private$\q`, `.\private$\q;journal`, `.\private$\q;sub`, `.\system$;deadletter`,
		`DIRECT=OS:TEST\private$\q`, `.\private$\q$`, `.\private$\` + strings.Repeat("x", 125),
		`hub.example.com\` + strings.Repeat("x", 4096), `.\private$\` + strings.Repeat("x", 40000),
	} {
		err := c.create(path, nil, given{mq.PropQLabel, "q"})
		if code := mq.CodeOf(err); code != mq.ErrIllegalQueuePathname {
			t.Errorf("%.60q: %v", path, err)
		}
	}
	ids, values := variants(t, []given{{mq.PropQLabel, "q"}})
	_, err := c.one.CreateObjectInternal(t.Context(), &stub.CreateObjectInternalRequest{
		ObjectType: 2, PathName: `.\private$\q`, CreatePartition: 1, Property: ids, Var: values,
	})
	answers(t, "another type of object", err, mq.ErrInvalidParameter)
}

// everywhere calls the methods that name a queue by a QUEUE_FORMAT.
func (c *client) everywhere(q *mqmq.QueueFormat) map[string]error {
	ctx, o := c.t.Context(), object(q)
	ids, values := variants(c.t, []given{{mq.PropQLabel, "x"}})
	_, del := c.one.DeleteObject(ctx, &stub.DeleteObjectRequest{ObjectFormat: o})
	_, get := c.one.GetObjectProperties(ctx, &stub.GetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 1, Property: ids, Var: values})
	_, set := c.one.SetObjectProperties(ctx, &stub.SetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 1, Property: ids, Var: values})
	_, security := c.one.GetObjectSecurityInternal(ctx, &stub.GetObjectSecurityInternalRequest{ObjectFormat: o, RequestedInformation: 4, Length: 1000})
	sd := secure.Strict(qmtest.Owner.Token.User).Append(nil)
	_, guard := c.one.SetObjectSecurityInternal(ctx, &stub.SetObjectSecurityInternalRequest{
		ObjectFormat: o, SecurityInformation: 4, SecurityDescriptor: sd, SecurityDescriptorSize: uint32(len(sd)),
	})
	return map[string]error{"delete": del, "get properties": get, "set properties": set, "get security": security, "set security": guard}
}

func TestOnlyPrivateQueuesOfThisComputerAreObjects(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	id := m.qm.Identity().ID.String()
	for name, want := range map[string]mq.HResult{
		direct("none"):                       mq.ErrQueueNotFound,
		`PRIVATE=` + id + `\00000077`:        mq.ErrQueueNotFound,
		`DIRECT=OS:other\private$\q`:         mq.ErrQueueNotFound,
		direct("q") + `;journal`:             mq.ErrUnsupportedFormatNameOperation,
		direct("q") + `;sub`:                 mq.ErrUnsupportedFormatNameOperation,
		`DIRECT=OS:TEST\SYSTEM$;DEADLETTER`:  mq.ErrUnsupportedFormatNameOperation,
		`MACHINE=` + id + `;DEADLETTER`:      mq.ErrUnsupportedFormatNameOperation,
		`PUBLIC=` + id:                       mq.ErrUnsupportedFormatNameOperation,
		`DIRECT=OS:TEST\q`:                   mq.ErrUnsupportedFormatNameOperation,
		`DIRECT=HTTP://TEST/msmq/private$/q`: mq.ErrUnsupportedFormatNameOperation,
		`MULTICAST=224.0.0.9:8001`:           mq.ErrUnsupportedFormatNameOperation,
		`DL=` + id:                           mq.ErrUnsupportedFormatNameOperation,
	} {
		for method, err := range c.everywhere(format(t, name)) {
			answers(t, method+" "+name, err, want)
		}
	}
	for what, text := range map[string]string{
		"4,000 characters": `OS:TEST\private$\` + strings.Repeat("x", 4000), "40,000": `OS:TEST\private$\` + strings.Repeat("x", 40000), "nonsense": "nonsense",
	} {
		q := &mqmq.QueueFormat{QueueFormatType: queueformat.Direct, QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_DirectID{DirectID: text}}}
		for method, err := range c.everywhere(q) {
			answers(t, method+" "+what, err, mq.ErrIllegalFormatName)
		}
		for method, err := range map[string]error{
			"open": func() error {
				_, err := c.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{QueueFormat: q, DesiredAccess: send})
				return err
			}(),
			"open remotely": func() error {
				_, err := c.one.OpenRemoteQueue(t.Context(), &stub.OpenRemoteQueueRequest{QueueFormat: q, DesiredAccess: receive})
				return err
			}(),
		} {
			answers(t, method+" "+what, err, mq.ErrIllegalFormatName)
		}
	}
	if len(m.qm.Labels("q")) != 0 {
		t.Error("the queue is gone")
	}
}

func TestAPathHasAFormatName(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("bob")
	name := func(path string, in *stub.ObjectFormat) (mq.FormatName, error) {
		out, err := c.one.ObjectPathToObjectFormat(t.Context(), &stub.ObjectPathToObjectFormatRequest{PathName: path, ObjectFormat: in})
		if err != nil {
			return mq.FormatName{}, err
		}
		return queueformat.Read(out.ObjectFormat.ObjectFormat.Value.(*stub.ObjectFormat_QueueFormat).QueueFormat)
	}
	empty := func() *stub.ObjectFormat {
		return object(&mqmq.QueueFormat{QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_0{}}})
	}
	for path, want := range map[string]string{`.\private$\q`: "q", `test\PRIVATE$\Q`: "q", `TEST\private$\q;journal`: "q;journal"} {
		f, err := name(path, empty())
		ok(t, err)
		if f2, err := m.qm.PrivateName(qmtest.Name(t, want)); err != nil || !f.Equal(f2) {
			t.Errorf("%s is %s, not %s", path, f, f2)
		}
	}
	for path, want := range map[string]mq.HResult{
		`.\private$\none`: mq.ErrQueueNotFound, `other\private$\q`: mq.ErrUnsupportedOperation, `.\system$;deadletter`: mq.ErrUnsupportedOperation,
		`nonsense`: mq.ErrIllegalQueuePathname, `.\private$\` + strings.Repeat("x", 4096): mq.ErrIllegalQueuePathname,
	} {
		_, err := name(path, empty())
		answers(t, path, err, want)
	}
	_, err := name(`.\private$\q`, object(format(t, direct("q"))))
	answers(t, "into a place that is taken", err, mq.ErrInvalidParameter)
	_, err = name(`.\private$\q`, object(nil))
	answers(t, "into no place", err, mq.ErrInvalidParameter)
}

func TestPermissionsAreReadAndWrittenInParts(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "q"}))
	read := func(c *client, parts, room uint32) (*stub.GetObjectSecurityInternalResponse, error) {
		return c.one.GetObjectSecurityInternal(t.Context(), &stub.GetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), RequestedInformation: parts, Length: room,
		})
	}
	write := func(c *client, parts uint32, d secure.Descriptor) error {
		sd := d.Append(nil)
		_, err := c.one.SetObjectSecurityInternal(t.Context(), &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: parts, SecurityDescriptor: sd, SecurityDescriptorSize: uint32(len(sd)),
		})
		return err
	}
	whole, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	for parts, want := range map[uint32]secure.Descriptor{
		0x1: {Owner: whole.Owner}, 0x2: {Group: whole.Group}, 0x4: {DACL: whole.DACL, Control: whole.Control}, 0: {},
		0x7: {Owner: whole.Owner, Group: whole.Group, DACL: whole.DACL, Control: whole.Control},
		0x8: {SACL: whole.SACL},
	} {
		small, err := read(c, parts, 0)
		answers(t, "without room", err, mq.ErrSecurityDescriptorTooSmall)
		need := small.LengthNeeded
		_, err = read(c, parts, need-1)
		answers(t, "with a byte too few", err, mq.ErrSecurityDescriptorTooSmall)
		for _, room := range []uint32{need, need + 100} {
			out, err := read(c, parts, room)
			ok(t, err)
			got, err := secure.ParseDescriptor(out.SecurityDescriptor[:out.LengthNeeded])
			if err != nil || !got.Equal(want) || out.LengthNeeded != need || len(out.SecurityDescriptor) != int(room) {
				t.Errorf("parts %x: %v, %v, want %v", parts, got, err, want)
			}
		}
	}
	bob := m.as("bob")
	_, err = read(bob, 4, 1000)
	answers(t, "read by who may not", err, mq.ErrAccessDenied)
	answers(t, "written by who may not", write(bob, 4, whole), mq.ErrAccessDenied)
	answers(t, "unknown parts", write(c, 0x10, whole), mq.ErrInvalidParameter)
	_, err = read(c, 0x10, 1000)
	answers(t, "unknown parts", err, mq.ErrInvalidParameter)
	answers(t, "no DACL", write(c, 4, secure.Descriptor{Owner: whole.Owner}), mq.ErrIllegalSecurityDescriptor)
	answers(t, "no owner", write(c, 1, secure.Descriptor{}), mq.ErrInvalidOwner)
	open := whole.Grant(secure.Everyone, uint32(mq.RightQueueGenericAll))
	open.Owner = secure.Administrators
	ok(t, write(c, 4, open)) // the DACL alone
	got, err := m.qm.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, "q"))
	ok(t, err)
	if got.Owner != whole.Owner {
		t.Errorf("the owner is %v now", got.Owner)
	}
	bob.open("q", receive)
	answers(t, "what is audited", write(bob, 8, open), mq.ErrPrivilegeNotHeld)
	ok(t, write(bob, 1, open))
}

func TestDescriptorsThatCannotBeAreRefused(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	ok(t, c.create(`.\private$\q`, nil, given{mq.PropQLabel, "q"}))
	good := secure.Strict(qmtest.Owner.Token.User).Append(nil)
	spoil := func(at int, b ...byte) []byte {
		bad := append([]byte(nil), good...)
		copy(bad[at:], b)
		return bad
	}
	dacl := int(good[16])
	owner := int(good[4])
	for what, raw := range map[string][]byte{
		"cut off":                good[:19],
		"a DACL that is cut off": good[:dacl+4],
		"empty":                  {},
		"of revision 2":          spoil(0, 2),
		"not self-relative":      spoil(3, 0),
		"an owner outside":       spoil(4, 0xFF, 0xFF, 0xFF, 0x7F),
		"an owner in the header": spoil(4, 8, 0, 0, 0),
		"a DACL outside":         spoil(16, 0xFF, 0xFF, 0, 0),
		"65,535 entries":         spoil(dacl+4, 0xFF, 0xFF),
		"an owner over the DACL": spoil(4, byte(dacl), 0, 0, 0),
		"an owner of 255 parts":  spoil(owner+1, 255),
		"a DACL over the owner":  spoil(16, byte(owner), 0, 0, 0),
	} {
		answers(t, "create: "+what, c.create(`.\private$\new`, raw, given{mq.PropQLabel, "new"}), mq.ErrIllegalSecurityDescriptor)
		_, err := c.one.SetObjectSecurityInternal(t.Context(), &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: 4, SecurityDescriptor: raw, SecurityDescriptorSize: uint32(len(raw)),
		})
		answers(t, "set: "+what, err, mq.ErrIllegalSecurityDescriptor)
	}
	// SDSize 524,289, which generated clients do not send.
	huge := make([]byte, 1<<19)
	ids, values := variants(t, []given{{mq.PropQLabel, "new"}})
	for operation, in := range map[int][]byte{
		6: encoded(t, &stub.CreateObjectInternalRequest{
			ObjectType: 1, PathName: `.\private$\new`, SecurityDescriptor: huge, SecurityDescriptorSize: 1 << 19, CreatePartition: 1, Property: ids, Var: values,
		}, nil),
		7: encoded(t, &stub.SetObjectSecurityInternalRequest{
			ObjectFormat: object(format(t, direct("q"))), SecurityInformation: 4, SecurityDescriptor: huge, SecurityDescriptorSize: 1 << 19,
		}, nil),
	} {
		in[bytes.Index(in, []byte{0, 0, 8, 0})] = 1
		out, err := c.stub(stub.QmcommSyntaxV1_0, operation, in)
		ok(t, err)
		if code := mq.HResult(binary.LittleEndian.Uint32(out)); code != mq.ErrIllegalSecurityDescriptor {
			t.Errorf("operation %d with 524,289 bytes: %v", operation, code)
		}
	}
	_, err := m.qm.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, "new"))
	answers(t, "the queue that was refused", err, mq.ErrQueueNotFound)
}
