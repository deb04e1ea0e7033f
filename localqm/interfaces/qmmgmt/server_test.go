package qmmgmt_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmtv1 "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/interfaces/qmmgmt"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

const orders = `.\private$\orders`

// client asks a queue manager.
type client struct {
	t *testing.T
	*peertest.Client
}

func start(t *testing.T) (*qmtest.QM, *client) {
	t.Helper()
	m := qmtest.Start(t, qmtest.Memory)
	m.Create(orders, localqm.QueueSpec{})
	return m, as(t, m, qmtest.Owner)
}

func as(t *testing.T, m *qmtest.QM, who localqm.Caller) *client {
	return &client{t, peertest.New(qmmgmt.New(m.QueueManager, qmmgmt.Options{Version: "Posthouse 1.0 on an OS"}), who)}
}

func machine() *qmmgmtv1.ManagementObject {
	return &qmmgmtv1.ManagementObject{
		Type:             qmmgmtv1.ManagementObjectTypeMachine,
		ManagementObject: &qmmgmtv1.ManagementObject_ManagementObject{Value: &qmmgmtv1.ManagementObject_Reserved1{}},
	}
}

func queue(t testing.TB, name string) *qmmgmtv1.ManagementObject {
	t.Helper()
	format, err := queueformat.Make(qmtest.Name(t, strings.Replace(name, `.\`, `TEST\`, 1)).FormatName())
	if err != nil {
		t.Fatal(err)
	}
	return named(format)
}

func named(format *mqmq.QueueFormat) *qmmgmtv1.ManagementObject {
	return &qmmgmtv1.ManagementObject{
		Type:             qmmgmtv1.ManagementObjectTypeQueue,
		ManagementObject: &qmmgmtv1.ManagementObject_ManagementObject{Value: &qmmgmtv1.ManagementObject_QueueFormat{QueueFormat: format}},
	}
}

func request(o *qmmgmtv1.ManagementObject, ids ...mq.PropID) *qmmgmtv1.ManagementGetInfoRequest {
	r := &qmmgmtv1.ManagementGetInfoRequest{ObjectFormat: o, CreatePartition: uint32(len(ids))}
	for _, id := range ids {
		r.Property = append(r.Property, uint32(id))
		r.Var = append(r.Var, &mqmq.PropertyVariant{VT: uint16(mq.VTNull)})
	}
	return r
}

// ask reads properties; the code is that of the answer.
func (c *client) ask(o *qmmgmtv1.ManagementObject, ids ...mq.PropID) ([]string, mq.HResult) {
	c.t.Helper()
	out := &qmmgmtv1.ManagementGetInfoResponse{}
	c.Must(c.t, request(o, ids...), out)
	var values []string
	for _, v := range out.Var {
		values = append(values, show(v))
	}
	return values, mq.HResult(uint32(out.Return))
}

// value is that of one property of a queue.
func (c *client) value(name string, id mq.PropID) string {
	c.t.Helper()
	values, code := c.ask(queue(c.t, name), id)
	if code != mq.OK {
		c.t.Fatalf("%s, property %d: %v", name, id, code)
	}
	return values[0]
}

func (c *client) act(o *qmmgmtv1.ManagementObject, what string) mq.HResult {
	c.t.Helper()
	out := &qmmgmtv1.ManagementActionResponse{}
	c.Must(c.t, action(o, what), out)
	return mq.HResult(uint32(out.Return))
}

func action(o *qmmgmtv1.ManagementObject, what string) *qmmgmtv1.ManagementActionRequest {
	return &qmmgmtv1.ManagementActionRequest{ObjectFormat: o, Action: what}
}

// show is a variant with its type.
func show(v *mqmq.PropertyVariant) string {
	text := ""
	switch u := v.VarUnion.GetValue().(type) {
	case nil:
	case *mqmq.UnicodeStringArray:
		text = strings.Join(u.Elems, ",")
	case *mqmq.Uint32Array:
		text = fmt.Sprint(u.Elems)
	case *mqmq.LongArray:
		text = fmt.Sprint(u.Elems)
	case *mqmq.UlargeIntegerArray:
		for _, n := range u.Elems {
			text += fmt.Sprintf("[%d]", n.QuadPart)
		}
	case *mqmq.ClassIDArray:
		for _, g := range u.Elems {
			text += "[" + queueformat.GUID(g).String() + "]"
		}
	case *mqmq.PropertyVariantArray:
		for _, e := range u.Elems {
			text += "{" + show(e) + "}"
		}
	case *mqmq.Blob:
		text = fmt.Sprintf("%x", u.BlobData)
	default:
		text = fmt.Sprint(u)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", v.VT, text))
}

// texts are the elements of a vector of strings.
func texts(v *mqmq.PropertyVariant) []string {
	if u, ok := v.VarUnion.GetValue().(*mqmq.UnicodeStringArray); ok {
		return u.Elems
	}
	return nil
}

func TestAdministratorsAlone(t *testing.T) {
	m, _ := start(t)
	for _, who := range []localqm.Caller{qmtest.Stranger, qmtest.Nobody} {
		c := as(t, m, who)
		for what, o := range map[string]*qmmgmtv1.ManagementObject{"the computer": machine(), "a queue": queue(t, orders), "none": queue(t, `.\private$\none`)} {
			if values, code := c.ask(o, 1); code != mq.ErrAccessDenied || !slices.Equal(values, []string{"1"}) {
				t.Errorf("%s: %v, %v", what, values, code)
			}
			if code := c.act(o, "PAUSE"); code != mq.ErrAccessDenied {
				t.Errorf("acting on %s: %v", what, code)
			}
		}
	}
}

func TestWhatIsAskedWronglyHasACode(t *testing.T) {
	m, c := start(t)
	session := machine()
	session.Type = qmmgmtv1.ManagementObjectTypeSession
	session.ManagementObject.Value = &qmmgmtv1.ManagementObject_Reserved2{}
	long := &mqmq.QueueFormat{QueueFormatType: queueformat.Direct, QueueFormat: &mqmq.QueueFormat_QueueFormat{
		Value: &mqmq.QueueFormat_DirectID{DirectID: `OS:TEST\private$\` + strings.Repeat("a", 4000)},
	}}
	for what, q := range map[string]struct {
		object *qmmgmtv1.ManagementObject
		ids    []mq.PropID
		want   mq.HResult
	}{
		"a session":                      {session, []mq.PropID{1}, mq.ErrInvalidParameter},
		"no queue":                       {named(nil), []mq.PropID{1}, mq.ErrInvalidParameter},
		"a name of 4,000 characters":     {named(long), []mq.PropID{1}, mq.ErrIllegalFormatName},
		"a computer's property 0":        {machine(), []mq.PropID{0}, mq.ErrIllegalPropID},
		"a computer's property 7":        {machine(), []mq.PropID{1, 7}, mq.ErrIllegalPropID},
		"a queue's property 28":          {queue(t, orders), []mq.PropID{7, 28}, mq.ErrIllegalPropID},
		"a queue that is not there":      {queue(t, `.\private$\none`), []mq.PropID{7}, mq.ErrQueueNotFound},
		"a subqueue that is not there":   {queue(t, orders+";none"), []mq.PropID{7}, mq.ErrQueueNotFound},
		"nothing for another computer":   {queue(t, `DIRECT=OS:far\private$\orders`), []mq.PropID{7}, mq.ErrQueueNotFound},
		"the state of nothing for it":    {queue(t, `DIRECT=OS:far\private$\orders`), []mq.PropID{11}, mq.ErrQueueNotFound},
		"a public queue, no directory":   {queue(t, "PUBLIC="+mq.NewGUID().String()), []mq.PropID{7}, mq.ErrUnsupportedFormatNameOperation},
		"a distribution list":            {queue(t, "DL="+mq.NewGUID().String()), []mq.PropID{7}, mq.ErrUnsupportedFormatNameOperation},
		"another computer's dead letter": {queue(t, "MACHINE="+mq.NewGUID().String()+";DEADLETTER"), []mq.PropID{7}, mq.ErrQueueNotFound},
	} {
		values, code := c.ask(q.object, q.ids...)
		if code != q.want {
			t.Errorf("%s: %v", what, code)
		}
		for _, v := range values {
			if v != "1" {
				t.Errorf("%s: a value came with the error: %v", what, values)
			}
		}
	}
	if n := len(m.Outgoings()); n != 0 {
		t.Errorf("asking has made %d outgoing queues", n)
	}
	if list, err := m.List(qmtest.Owner); err != nil || slices.ContainsFunc(list, func(l localqm.Listed) bool { return l.Active }) {
		t.Errorf("asking has opened a queue: %v, %v", list, err)
	}
}

func TestValuesOfAnotherTypeAreRefused(t *testing.T) {
	_, c := start(t)
	for _, p := range []struct {
		value *mqmq.PropertyVariant
		want  mq.HResult
	}{
		{&mqmq.PropertyVariant{VT: uint16(mq.VTNull)}, mq.OK},
		{&mqmq.PropertyVariant{VT: uint16(mq.VTEmpty)}, mq.OK},
		{&mqmq.PropertyVariant{VT: uint16(mq.VTUI4)}, mq.OK},
		{&mqmq.PropertyVariant{VT: uint16(mq.VTI4)}, mq.ErrIllegalPropertyVT},
		{&mqmq.PropertyVariant{VT: uint16(mq.VTLPWSTR)}, mq.ErrIllegalPropertyVT},
		{nested(3), mq.ErrIllegalPropertyVT},
	} {
		r := request(queue(t, orders), mq.PropMgmtQueueMessageCount)
		r.Var[0] = p.value
		out := &qmmgmtv1.ManagementGetInfoResponse{}
		c.Must(t, r, out)
		if code := mq.HResult(uint32(out.Return)); code != p.want {
			t.Errorf("type %d: %v", p.value.VT, code)
		}
	}
}

// nested is a vector of a vector of variants, so deep.
func nested(depth int) *mqmq.PropertyVariant {
	v := &mqmq.PropertyVariant{VT: uint16(mq.VTNull)}
	for range depth {
		v = &mqmq.PropertyVariant{VT: uint16(mq.VTVector | mq.VTVariant), VarUnion: &mqmq.PropertyVariant_VarUnion{
			Value: &mqmq.PropertyVariant_VarUnion_PropertyVariantArray{
				PropertyVariantArray: &mqmq.PropertyVariantArray{ElemsCount: 1, Elems: []*mqmq.PropertyVariant{v}},
			},
		}}
	}
	return v
}

// The stub generator keeps to the range itself, so the count is changed in what it
// made: it stands behind the MGMT_OBJECT of the computer.
func TestCountsThatLieAreFaults(t *testing.T) {
	_, c := start(t)
	good := stub(t, request(machine(), 4))
	if _, err := c.Stub(t.Context(), 0, good); err != nil {
		t.Fatal(err)
	}
	const count, size = 8, 12
	for what, change := range map[string]func([]byte){
		"none":               func(b []byte) { b[count] = 0 },
		"129":                func(b []byte) { b[count] = 129 },
		"4,294,967,295":      func(b []byte) { copy(b[count:], "\xff\xff\xff\xff") },
		"two with one value": func(b []byte) { b[count] = 2 },
		"a huge array":       func(b []byte) { copy(b[size:], "\xff\xff\xff\x7f") },
	} {
		bad := slices.Clone(good)
		change(bad)
		if _, err := c.Stub(t.Context(), 0, bad); !errors.Is(err, rpc.FaultBadStub) {
			t.Errorf("%s: %v", what, err)
		}
	}
	deep := request(queue(t, orders), mq.PropMgmtQueueEODSourceInfo)
	deep.Var[0] = nested(100)
	text := stub(t, action(machine(), "TIDY"))
	copy(text[len(text)-2:], "X")
	for what, bad := range map[string]struct {
		operation int
		stub      []byte
	}{"variants, a hundred deep": {0, stub(t, deep)}, "a text without its NUL": {1, text}} {
		if _, err := c.Stub(t.Context(), bad.operation, bad.stub); !errors.Is(err, rpc.FaultBadStub) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.Stub(t.Context(), 2, good); !errors.Is(err, rpc.FaultOperation) {
		t.Errorf("a third operation: %v", err)
	}
}

func bench(b *testing.B, m *qmtest.QM, o *qmmgmtv1.ManagementObject, id mq.PropID) {
	c := peertest.New(qmmgmt.New(m.QueueManager, qmmgmt.Options{}), qmtest.Owner)
	for b.Loop() {
		out := &qmmgmtv1.ManagementGetInfoResponse{}
		if c.Must(b, request(o, id), out); out.Return != 0 {
			b.Fatal(out.Return)
		}
	}
}
