package qmcomm_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/qmcomm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/security"
)

// requests are one of each operation, as they travel.
func requests(t testing.TB) map[*dcerpc.SyntaxID]map[int][]byte {
	t.Helper()
	o := object(format(t, direct("q")))
	ids, values := variants(t, []given{{mq.PropQLabel, "label"}, {mq.PropQQuota, uint32(5)}})
	sd := make([]byte, 40)
	return map[*dcerpc.SyntaxID]map[int][]byte{
		stub.QmcommSyntaxV1_0: {
			1: encoded(t, &stub.GetRemoteQueueNameRequest{QueueID: 1}, nil),
			2: encoded(t, &stub.OpenRemoteQueueRequest{QueueFormat: format(t, direct("q")), DesiredAccess: receive}, nil),
			3: encoded(t, &stub.CloseRemoteQueueContextRequest{}, nil),
			4: encoded(t, &stub.CreateRemoteCursorRequest{Buffer1: outgoing().Old, Queue: 1}, nil),
			6: encoded(t, &stub.CreateObjectInternalRequest{
				ObjectType: 1, PathName: `.\private$\new`, CreatePartition: 2, Property: ids, Var: values, SecurityDescriptor: sd, SecurityDescriptorSize: 40,
			}, nil),
			7: encoded(t, &stub.SetObjectSecurityInternalRequest{
				ObjectFormat: o, SecurityInformation: 4, SecurityDescriptor: sd, SecurityDescriptorSize: 40,
			}, nil),
			8:  encoded(t, &stub.GetObjectSecurityInternalRequest{ObjectFormat: o, RequestedInformation: 4, Length: 100}, nil),
			9:  encoded(t, &stub.DeleteObjectRequest{ObjectFormat: o}, nil),
			10: encoded(t, &stub.GetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 2, Property: ids, Var: values}, nil),
			11: encoded(t, &stub.SetObjectPropertiesRequest{ObjectFormat: o, CreatePartition: 2, Property: ids, Var: values}, nil),
			12: encoded(t, &stub.ObjectPathToObjectFormatRequest{PathName: `.\private$\q`, ObjectFormat: o}, nil),
			14: encoded(t, &stub.GetTMWhereaboutsRequest{BufferLength: 10}, nil),
			15: encoded(t, &stub.EnlistTransactionRequest{UOW: unit(1), Cookie: []byte("cook"), CookieLength: 4}, nil),
			16: encoded(t, &stub.EnlistInternalTransactionRequest{UOW: unit(1)}, nil),
			17: encoded(t, &stub.CommitTransactionRequest{}, nil),
			18: encoded(t, &stub.AbortTransactionRequest{}, nil),
			19: encoded(t, &stub.OpenQueueInternalRequest{QueueFormat: format(t, direct("q")), DesiredAccess: receive, ClientName: "client"}, nil),
			20: encoded(t, &stub.CloseHandleRequest{}, nil),
			22: encoded(t, &stub.CloseCursorRequest{Cursor: 1}, nil),
			23: encoded(t, &stub.SetCursorPropertiesRequest{}, nil),
			26: encoded(t, &stub.HandleToFormatNameRequest{FormatNameRPCBufferLength: 4, FormatName: "name", Length: 4}, nil),
			27: encoded(t, &stub.PurgeQueueRequest{}, nil),
			28: encoded(t, &stub.QueryQMRegistryInternalRequest{QueryType: 1}, nil),
			31: encoded(t, &stub.GetRTQMServerPortRequest{}, nil),
		},
		stub2.Qmcomm2SyntaxV1_0: {
			0: encoded(t, &stub2.QMSendMessageInternalExRequest{QueueFormat: format(t, direct("q")), Ptb: labelled("m")}, nil),
			1: encoded(t, &stub2.SendMessageExRequest{Ptb: labelled("m"), MessageID: &mqmq.ObjectID{}}, nil),
			2: encoded(t, &stub2.ReceiveMessageExRequest{HQMContext: 1, Ptb: incoming(actionReceive, 0)}, nil),
			3: encoded(t, &stub2.CreateCursorExRequest{Pcc: &stub.CreateRemoteCursor{}}, nil),
		},
	}
}

func TestATextWithoutItsEndIsNoStub(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	for operation, text := range map[int]string{6: `.\private$\new`, 9: "private$\\q", 12: `.\private$\q`, 19: "private$\\q"} {
		in := bytes.Clone(requests(t)[stub.QmcommSyntaxV1_0][operation])
		wide := make([]byte, 0, 2*len(text))
		for _, r := range text {
			wide = append(wide, byte(r), 0)
		}
		end := bytes.Index(in, wide) + len(wide)
		in[end] = 'x' // its NUL
		_, err := c.stub(stub.QmcommSyntaxV1_0, operation, in)
		faults(t, text, err, rpc.FaultBadStub)
	}
}

func TestVariantsWithinVariantsAreOfTheWrongType(t *testing.T) {
	m := start(t)
	m.create("q", localqm.QueueSpec{})
	c := m.as("alice")
	nest := func(depth int) *mqmq.PropertyVariant {
		v := variant(t, uint32(1))
		for range depth {
			v = &mqmq.PropertyVariant{
				VT: uint16(mq.VTVector | mq.VTVariant),
				VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_PropertyVariantArray{
					PropertyVariantArray: &mqmq.PropertyVariantArray{ElemsCount: 1, Elems: []*mqmq.PropertyVariant{v}},
				}},
			}
		}
		return v
	}
	request := func(depth int) *stub.SetObjectPropertiesRequest {
		return &stub.SetObjectPropertiesRequest{
			ObjectFormat: object(format(t, direct("q"))), CreatePartition: 1, Property: []uint32{uint32(mq.PropQLabel)}, Var: []*mqmq.PropertyVariant{nest(depth)},
		}
	}
	_, err := c.one.SetObjectProperties(t.Context(), request(1))
	answers(t, "a list of variants", err, mq.ErrIllegalPropertyVT)
	_, err = c.stub(stub.QmcommSyntaxV1_0, 11, deep(t, request(100)))
	faults(t, "100 lists, one in the other", err, rpc.FaultBadStub)
}

// deep is a request with more depth than a client sends.
func deep(t testing.TB, in *stub.SetObjectPropertiesRequest) []byte {
	t.Helper()
	limits := ndr.Requests
	limits.Depth = 1000
	w := ndr.NewWriter(nil, limits, nil)
	ok(t, in.MarshalNDR(context.Background(), w))
	return w.Bytes()
}

func TestNamesOfAnyLengthAreAnswered(t *testing.T) {
	m := start(t)
	c := m.as("alice")
	for _, n := range []int{250, 4000, 100_000} {
		answers(t, "create", c.create(`.\private$\`+strings.Repeat("x", n), nil, given{mq.PropQLabel, "q"}), mq.ErrIllegalQueuePathname)
		answers(t, "a label", c.create(`.\private$\new`, nil, given{mq.PropQLabel, strings.Repeat("x", n)}), mq.ErrIllegalPropertyValue)
	}
}

// FuzzStub: whatever comes, it is answered, and the queue manager is well.
func FuzzStub(f *testing.F) {
	qm := qmtest.Start(f, qmtest.Memory)
	qm.Create("q", localqm.QueueSpec{})
	interfaces := qmcomm.New(qm.QueueManager, qmcomm.Options{
		Connect: func(context.Context, string, uint16) (*rpc.Conn, error) { return nil, errors.New("there is no other") },
	})
	all := requests(f)
	for which, syntax := range []*dcerpc.SyntaxID{stub.QmcommSyntaxV1_0, stub2.Qmcomm2SyntaxV1_0} {
		for operation, in := range all[syntax] {
			f.Add(which == 1, uint8(operation), in)
		}
	}
	f.Fuzz(func(t *testing.T, second bool, operation uint8, in []byte) {
		i := interfaces[0]
		if second {
			i = interfaces[1]
		}
		group := rpc.NewGroup()
		defer group.Rundown()
		who := security.Identity{Account: "fuzz", Token: qmtest.Owner.Token}
		ctx, cancel := context.WithCancel(rpc.WithCall(t.Context(), &rpc.Call{Identity: who, Level: security.Privacy, Group: group}))
		cancel() // nothing waits
		r := ndr.NewReader(in, false, ndr.Requests, &ndr.Nulls{})
		op, err := i.Handle(ctx, int(operation), r)
		if op == nil || err != nil || r.Err() != nil {
			return
		}
		_ = op.MarshalNDRResponse(ctx, ndr.NewWriter(nil, ndr.Responses, nil))
	})
}
