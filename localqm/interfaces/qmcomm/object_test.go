package qmcomm_test

import (
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
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
