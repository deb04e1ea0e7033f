package interfaces_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/secure"
)

// bound is a connection of the attacker that has not signed in.
func (b *besieged) bound() net.Conn {
	b.t.Helper()
	nc := b.attacker()
	_, _ = nc.Write(portOnly.Append(nil, pdu.TypeBind, head(1), nil))
	if p := next(b.t, nc); p == nil || p.Type != pdu.TypeBindAck {
		b.t.Fatal("no bind_ack")
	}
	return nc
}

// request is a request of R_GetServerPort, or a fragment of one.
func request(call uint32, flags pdu.Flags, stub int) []byte {
	r := pdu.Request{Stub: make([]byte, stub)}
	return r.Append(nil, pdu.Header{Flags: flags, CallID: call}, nil)
}

// longBind announces all that the header can, and sends some of it.
func longBind() []byte {
	h := append([]byte{5, 0, 11, 3, 0x10, 0, 0, 0, 0xFF, 0xFF, 0, 0, 1, 0, 0, 0}, make([]byte, 60_000)...)
	return h
}

// Memory that nobody has signed in for: half a bind, and requests that never end, from
// as many connections as an address may have.
func TestWhoHasNotSignedInTakesLittle(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	b.honestly(func() {
		within(t, 48<<20, func() {
			for n := range 64 {
				if n%2 == 0 {
					_, _ = b.attacker().Write(longBind())
					continue
				}
				nc := b.bound()
				_, _ = nc.Write(request(2, pdu.FirstFragment, 5000))
				for range 100 { // more than he may have, and not the end
					_, _ = nc.Write(request(2, 0, 5000))
				}
				if p := next(t, nc); p == nil || p.Type != pdu.TypeFault {
					t.Error("a request without end is taken")
				}
			}
			if p := next(t, b.attacker()); p != nil {
				t.Errorf("%s to a connection too many", p.Type)
			}
		})
	})
}

// Connections that sign in slowly or never, and PDUs that stall, end by themselves.
func TestWhoIsSlowBeforeSigningInIsDisconnected(t *testing.T) {
	b := besiege(t, rpc.Limits{SignIn: 300 * time.Millisecond, PDU: 300 * time.Millisecond})
	b.honestly(func() {
		var slow []net.Conn
		for n := range 30 {
			nc := b.attacker()
			switch n % 3 {
			case 0: // nothing
			case 1:
				_, _ = nc.Write(longBind())
			case 2:
				_, _ = nc.Write(portOnly.Append(nil, pdu.TypeBind, head(1), token(t, 1)))
				if p := next(t, nc); p == nil || p.Type != pdu.TypeBindAck {
					t.Error("no challenge")
				}
			}
			slow = append(slow, nc)
		}
		for _, nc := range slow {
			if p := next(t, nc); p != nil {
				t.Errorf("%s where the connection had to end", p.Type)
			}
		}
	})
}

// token is the first one of NTLM, for a security context.
func token(t *testing.T, id uint32) *pdu.Auth {
	t.Helper()
	c, err := interfacestest.SignIn(interfacestest.User).Initiate("TEST")
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := c.Step(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: id, Token: first}
}

// Security contexts without end, presentation contexts without end, and tokens that are
// none: all have a limit, and the connection an end.
func TestFloodsOfNegotiationHarmNobody(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	until := func(what string, nc net.Conn, most int, one func(n uint32) []byte) {
		t.Helper()
		for n := range uint32(most) {
			_, _ = nc.Write(one(n))
			if next(t, nc) == nil {
				return
			}
		}
		t.Errorf("%s: no end", what)
	}
	b.honestly(func() {
		within(t, 48<<20, func() {
			until("security contexts", b.bound(), 500, func(n uint32) []byte {
				return portOnly.Append(nil, pdu.TypeAlterContext, head(n), token(t, n))
			})
			until("tokens that are none", b.bound(), 500, func(n uint32) []byte {
				a := &pdu.Auth{Mechanism: security.Negotiate, Level: security.Privacy, ContextID: n, Token: make([]byte, 2000)}
				return portOnly.Append(nil, pdu.TypeAlterContext, head(n), a)
			})
			until("presentation contexts", b.bound(), 3000, func(n uint32) []byte {
				x := portOnly
				x.Contexts = append([]pdu.Context(nil), x.Contexts...)
				x.Contexts[0].ID = uint16(n)
				return x.Append(nil, pdu.TypeAlterContext, head(n), nil)
			})
			// The same one again and again costs nothing, and is nobody's harm.
			nc := b.bound()
			for n := range uint32(5000) {
				_, _ = nc.Write(portOnly.Append(nil, pdu.TypeAlterContext, head(n), nil))
				if p := next(t, nc); p == nil || p.Type != pdu.TypeAlterContextResp {
					t.Fatal("no answer to an alter_context")
				}
			}
		})
	})
}

// auth3 of garbage signs nobody in, and is not taken twice; nor is a bind.
func TestGarbageInSigningInIsRefused(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	begin := func() (net.Conn, *pdu.Auth) {
		nc := b.attacker()
		_, _ = nc.Write(portOnly.Append(nil, pdu.TypeBind, head(1), token(t, 7)))
		if p := next(t, nc); p == nil || p.Type != pdu.TypeBindAck || len(p.Auth.Token) == 0 {
			t.Fatal("no challenge")
		}
		return nc, &pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 7, Token: make([]byte, 500)}
	}
	b.honestly(func() {
		nc, garbage := begin()
		_, _ = nc.Write(pdu.AppendAuth3(nil, head(1), garbage))
		garbage.Token = make([]byte, 16)
		r := pdu.Request{Opnum: 2, Stub: make([]byte, 64)}
		_, _ = nc.Write(r.Append(nil, head(2), garbage))
		p := next(t, nc)
		if p == nil {
			t.Fatal("no fault for who is not signed in")
		}
		if f, err := p.Fault(); err != nil || rpc.Fault(f.Status) != rpc.FaultAccessDenied {
			t.Errorf("%s %v", p.Type, err)
		}
		_, _ = nc.Write(pdu.AppendAuth3(nil, head(3), garbage))
		if p := next(t, nc); p != nil {
			t.Errorf("%s to a second auth3", p.Type)
		}
		nc, garbage = begin()
		_, _ = nc.Write(portOnly.Append(nil, pdu.TypeBind, head(2), garbage))
		if p := next(t, nc); p == nil || p.Type != pdu.TypeBindNak {
			t.Error("no bind_nak to a second bind")
		}
		if p := next(t, nc); p != nil {
			t.Errorf("%s after a second bind", p.Type)
		}
	})
}

// deaf is a connection that does not read any more once it is stopped.
type deaf struct {
	net.Conn
	stopped, over chan struct{}
}

func (d *deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	select {
	case <-d.stopped:
		<-d.over
	default:
	}
	return n, err
}

// Answers that nobody takes fill the attacker's share of the memory, and no more.
func TestWhoTakesNoAnswersHarmsNobody(t *testing.T) {
	const peeks = 40
	b := besiege(t, rpc.Limits{Write: time.Second, Memory: 64 << 20})
	big := qmtest.Message("big")
	big.Body = make([]byte, 1<<20)
	b.Send(b.trap, big)
	b.honestly(func() {
		within(t, 200<<20, func() {
			d := &deaf{stopped: make(chan struct{}), over: make(chan struct{})}
			conn, err := rpc.Dial(ctx, b.At(), rpc.DialOptions{
				Initiator: interfacestest.SignIn(interfacestest.User),
				Dial: func(_ context.Context, network, address string) (net.Conn, error) {
					nc, err := net.Dial(network, address)
					if err != nil {
						return nil, err
					}
					_ = nc.(*net.TCPConn).SetReadBuffer(4096)
					d.Conn = nc
					return d, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			l := on(t, conn)
			h, err := l.open(direct(b.trap), toPeek)
			if err != nil {
				t.Fatal(err)
			}
			close(d.stopped)
			hear := sync.OnceFunc(func() { close(d.over) })
			defer hear()
			ended := make(chan struct{}, peeks)
			for i := range uint32(peeks) {
				go func() {
					_, _ = l.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{
						Context: noSerialize(h), RequestID: i, Action: 1 << 31, MaxBodySize: 1 << 30,
					})
					ended <- struct{}{}
				}()
			}
			for b.Interfaces.Stats().Connections > 1 { // long, where making the answers takes long
				time.Sleep(time.Millisecond)
			}
			hear()
			_ = conn.Close(ctx)
			for range peeks {
				<-ended
			}
		})
	})
}

// R09, R10, R13: names and descriptors as exploits have them (MS05-017, MS07-065), and
// what comes back for each.
func TestNamesAndDescriptorsOfAnyLengthHaveTheirCodes(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	long := &mqmq.QueueFormat{QueueFormatType: queueformat.Direct, QueueFormat: &mqmq.QueueFormat_QueueFormat{
		Value: &mqmq.QueueFormat_DirectID{DirectID: `OS:HOST\PRIVATE$\` + strings.Repeat("A", 4000)},
	}}
	named := &qmcomm.ObjectFormat{ObjectType: 1, ObjectFormat: &qmcomm.ObjectFormat_ObjectFormat{
		Value: &qmcomm.ObjectFormat_QueueFormat{QueueFormat: long},
	}}
	managed := &qmmgmt.ManagementObject{
		Type:             qmmgmt.ManagementObjectTypeQueue,
		ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_QueueFormat{QueueFormat: long}},
	}
	path := "fqdn\\" + strings.Repeat("A", 4096)
	id := queueformat.FromGUID(mq.GUID{7})
	labels := []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}}
	outside := secure.Strict(secure.Administrators).Append(nil)
	outside[16] = 0xFF // where the DACL is
	many := secure.Strict(secure.Administrators).Append(nil)
	many[many[16]+4], many[many[16]+5] = 0xFF, 0xFF // its entries
	set := func(raw []byte) func(*line) error {
		return func(l *line) error {
			_, err := l.client.SetObjectSecurityInternal(ctx, &qmcomm.SetObjectSecurityInternalRequest{
				ObjectFormat: object(l.t, direct(b.trap)), SecurityInformation: 4, SecurityDescriptorSize: uint32(len(raw)), SecurityDescriptor: raw,
			})
			return err
		}
	}
	b.honestly(func() {
		l := on(t, b.Dial(interfacestest.Admin))
		for what, c := range map[string]struct {
			want mq.HResult
			do   func(*line) error
		}{
			"R_QMMgmtGetInfo": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.manage.ManagementGetInfo(ctx, &qmmgmt.ManagementGetInfoRequest{ObjectFormat: managed, CreatePartition: 1, Property: []uint32{uint32(mq.PropMgmtQueueMessageCount)}, Var: labels})
				return err
			}},
			"R_QMMgmtAction": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.manage.ManagementAction(ctx, &qmmgmt.ManagementActionRequest{ObjectFormat: managed, Action: "PAUSE"})
				return err
			}},
			"R_OpenQueue": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.reads.OpenQueue(ctx, &remoteread.OpenQueueRequest{QueueFormat: long, Access: toPeek, ClientID: id})
				return err
			}},
			"R_OpenQueueForMove": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.reads.OpenQueueForMove(ctx, &remoteread.OpenQueueForMoveRequest{QueueFormat: long, Access: toMove, ClientID: id})
				return err
			}},
			"rpc_QMOpenQueueInternal": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.client.OpenQueueInternal(ctx, &qmcomm.OpenQueueInternalRequest{QueueFormat: long, DesiredAccess: toPeek})
				return err
			}},
			"R_QMOpenRemoteQueue": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.client.OpenRemoteQueue(ctx, &qmcomm.OpenRemoteQueueRequest{QueueFormat: long, DesiredAccess: toPeek, ClientGUID: id})
				return err
			}},
			"R_QMDeleteObject": {mq.ErrIllegalFormatName, func(l *line) error {
				_, err := l.client.DeleteObject(ctx, &qmcomm.DeleteObjectRequest{ObjectFormat: named})
				return err
			}},
			"R_QMCreateObjectInternal": {mq.ErrIllegalQueuePathname, func(l *line) error {
				_, err := l.client.CreateObjectInternal(ctx, &qmcomm.CreateObjectInternalRequest{ObjectType: 1, PathName: path, CreatePartition: 1, Property: []uint32{uint32(mq.PropQLabel)}, Var: labels})
				return err
			}},
			"R_QMObjectPathToObjectFormat": {mq.ErrIllegalQueuePathname, func(l *line) error {
				empty := &mqmq.QueueFormat{QueueFormatType: queueformat.Unknown, QueueFormat: &mqmq.QueueFormat_QueueFormat{}}
				_, err := l.client.ObjectPathToObjectFormat(ctx, &qmcomm.ObjectPathToObjectFormatRequest{PathName: path, ObjectFormat: &qmcomm.ObjectFormat{
					ObjectType: 1, ObjectFormat: &qmcomm.ObjectFormat_ObjectFormat{Value: &qmcomm.ObjectFormat_QueueFormat{QueueFormat: empty}},
				}})
				return err
			}},
			"a descriptor that points outside":    {mq.ErrIllegalSecurityDescriptor, set(outside)},
			"a descriptor of entries without end": {mq.ErrIllegalSecurityDescriptor, set(many)},
		} {
			if err := c.do(l); mq.CodeOf(err) != c.want {
				t.Errorf("%s: %v, not %v", what, err, c.want)
			}
		}
	})
}
