package remoteread_test

import (
	"context"
	"errors"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/midl/uuid"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"
	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

const orders = `.\private$\orders`

// line is a client's connection without a network, for the client of go-msrpc.
type line struct {
	*peertest.Client
	forge func(stub []byte) // changes requests, as no honest stub would write them
}

func (l *line) Bind(context.Context, ...dcerpc.Option) (dcerpc.Conn, error) { return l, nil }
func (l *line) AlterContext(context.Context, ...dcerpc.Option) error        { return nil }
func (l *line) Context() context.Context                                    { return ctx }
func (l *line) Close(context.Context) error                                 { return nil }
func (l *line) RegisterServer(dcerpc.ServerHandle, ...dcerpc.Option)        {}
func (l *line) Error(_ context.Context, v any) error {
	if code, ok := v.(int32); ok {
		return mq.HResult(uint32(code))
	}
	return errors.New("not an HRESULT")
}

func (l *line) InvokeObject(ctx context.Context, _ *uuid.UUID, op dcerpc.Operation, o ...dcerpc.CallOption) error {
	return l.Invoke(ctx, op, o...)
}

func (l *line) Invoke(ctx context.Context, op dcerpc.Operation, _ ...dcerpc.CallOption) error {
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := op.MarshalNDRRequest(ctx, w); err != nil {
		return err
	}
	if l.forge != nil {
		l.forge(w.Bytes())
	}
	stub, err := l.Stub(ctx, op.OpNum(), w.Bytes())
	if err != nil {
		return err
	}
	return op.UnmarshalNDRResponse(ctx, ndr.NewReader(stub, false, ndr.Responses, nil))
}

// cut is what happens when the line is cut and no call runs any more.
func (l *line) cut() { l.Group.Rundown() }

// client is a remote reader.
type client struct {
	remote.RemoteReadClient
	t    testing.TB
	line *line
}

// place is a queue manager that is read from afar.
type place struct {
	*qmtest.QM
	t      testing.TB
	server rpc.Interface
}

func start(t testing.TB) *place {
	t.Helper()
	q := qmtest.Start(t, qmtest.Memory)
	q.Create(orders, localqm.QueueSpec{})
	return &place{QM: q, t: t, server: remoteread.New(q.QueueManager, remoteread.Options{})}
}

// connect is a client, signed in as someone.
func (p *place) connect(who localqm.Caller) *client {
	p.t.Helper()
	l := &line{Client: peertest.New(p.server, who)}
	p.t.Cleanup(l.cut)
	c, err := remote.NewRemoteReadClient(ctx, l)
	if err != nil {
		p.t.Fatal(err)
	}
	return &client{RemoteReadClient: c, t: p.t, line: l}
}

func (p *place) owner() *client { p.t.Helper(); return p.connect(qmtest.Owner) }

// named is a queue argument as a QUEUE_FORMAT.
func named(t testing.TB, name string) *mqmq.QueueFormat {
	t.Helper()
	f := qmtest.Name(t, name).FormatName()
	if f.Kind == mq.KindDirect && f.Address == "." {
		f.Address = "TEST"
	}
	q, err := queueformat.Make(f)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

const (
	receiveAccess = 1
	moveAccess    = 4
	peekAccess    = 0x20
)

func request(t testing.TB, name string, access uint32) *remote.OpenQueueRequest {
	t.Helper()
	return &remote.OpenQueueRequest{
		QueueFormat: named(t, name), Access: access, ClientID: queueformat.FromGUID(mq.NewGUID()),
		NonRoutingServer: 1, Major: 6, Minor: 1, BuildNumber: 7601, Workgroup: 1,
	}
}

// open opens a queue.
func (c *client) open(name string, access uint32) *remote.QueueNoSerialize {
	c.t.Helper()
	r, err := c.OpenQueue(ctx, request(c.t, name, access))
	if err != nil {
		c.t.Fatalf("open %s: %v", name, err)
	}
	return (*remote.QueueNoSerialize)(r.Context)
}

func (c *client) shut(h *remote.QueueNoSerialize) {
	c.t.Helper()
	r, err := c.CloseQueue(ctx, &remote.CloseQueueRequest{Context: (*remote.QueueSerialize)(h)})
	if err != nil {
		c.t.Fatalf("close: %v", err)
	}
	if id := queueformat.GUID(r.Context.UUID); !id.IsZero() || r.Context.Attributes != 0 {
		c.t.Errorf("the closed handle came back as %s", id)
	}
}

// The actions of R_StartReceive.
const (
	receive    = 0x00000000
	peek       = 0x80000000
	peekNext   = 0x80000001
	byPeek     = 0x40000010
	byPeekNext = 0x40000011
	byPeekPrev = 0x40000012
	byTake     = 0x40000020
	byTakeNext = 0x40000021
	byTakePrev = 0x40000022
)

const all = 1<<32 - 1

// read is R_StartReceive, its errors among them.
func (c *client) read(h *remote.QueueNoSerialize, r remote.StartReceiveRequest) (*remote.StartReceiveResponse, error) {
	r.Context = h
	return c.StartReceive(ctx, &r)
}

// message reads a message and puts it together as a client does.
func (c *client) message(h *remote.QueueNoSerialize, r remote.StartReceiveRequest) *mq.Message {
	c.t.Helper()
	if r.MaxBodySize == 0 {
		r.MaxBodySize = all
	}
	out, err := c.read(h, r)
	if err != nil {
		c.t.Fatalf("%+v: %v", r, err)
	}
	m, _ := packet(c.t, out)
	return m
}

// packet puts the message of an answer together.
func packet(t testing.TB, r *remote.StartReceiveResponse) (*mq.Message, wire.Extension) {
	t.Helper()
	var b []byte
	for _, s := range r.PacketSections {
		part := make([]byte, s.SectionSizeAlloc)
		copy(part, s.SectionBuffer)
		b = append(b, part...)
	}
	b, x, err := wire.FromRemote(b)
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Parse(b, mq.GUID{})
	if err != nil {
		t.Fatal(err)
	}
	return m, x
}

func (c *client) end(h *remote.QueueNoSerialize, request, ack uint32) error {
	_, err := c.EndReceive(ctx, &remote.EndReceiveRequest{Context: h, RequestID: request, Ack: ack})
	return err
}

const (
	nack = 1
	ack  = 2
)

func (c *client) cancel(h *remote.QueueNoSerialize, request uint32) error {
	_, err := c.CancelReceive(ctx, &remote.CancelReceiveRequest{Context: h, RequestID: request})
	return err
}

func (c *client) cursor(h *remote.QueueNoSerialize) uint32 {
	c.t.Helper()
	r, err := c.CreateCursor(ctx, &remote.CreateCursorRequest{Context: h})
	if err != nil || r.Cursor == 0 {
		c.t.Fatalf("a cursor: %v, %v", r, err)
	}
	return r.Cursor
}

// code is what an answer says: an HRESULT, also one that was raised as a fault.
func code(err error) mq.HResult {
	var f rpc.Fault
	if errors.As(err, &f) {
		return mq.HResult(f)
	}
	return mq.CodeOf(err)
}

func want(t testing.TB, what string, err error, c mq.HResult) {
	t.Helper()
	if code(err) != c {
		t.Errorf("%s: %v, not %v", what, err, c)
	}
}

// pending waits until so many requests of h are under way.
func (c *client) pending(h *remote.QueueNoSerialize, n int) {
	c.t.Helper()
	qmtest.Eventually(c.t, "requests are under way", func() bool {
		return remoteread.Requests(c.line.Group, h) == n
	})
}

// later runs a read that waits, and returns where its answer comes.
func (c *client) later(h *remote.QueueNoSerialize, r remote.StartReceiveRequest) <-chan answer {
	r.Context = h
	out := make(chan answer, 1)
	go func() {
		d, err := c.StartReceive(ctx, &r)
		out <- answer{d, err}
	}()
	return out
}

type answer struct {
	*remote.StartReceiveResponse
	err error
}
