package qmcomm_test

import (
	"context"
	"net"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	library "github.com/oiweiwei/go-msrpc/ndr"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/qmcomm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
)

const password = "correct horse"

// machine is a queue manager that serves qmcomm on a port of this computer.
type machine struct {
	t        *testing.T
	qm       *qmtest.QM
	accounts *accounts.Store
	server   *rpc.Server
	address  string
}

// serve starts one. alice administrates it, bob only has an account.
func serve(t *testing.T, kind qmtest.Kind, o qmcomm.Options, more ...rpc.Interface) *machine {
	t.Helper()
	return serveOn(t, qmtest.StartLive(t, kind), o, more...)
}

func serveOn(t *testing.T, qm *qmtest.QM, o qmcomm.Options, more ...rpc.Interface) *machine {
	t.Helper()
	store, err := accounts.Open(t.TempDir())
	ok(t, err)
	_, err = store.Add("alice", password, true)
	ok(t, err)
	_, err = store.Add("bob", password, false)
	ok(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	s := rpc.Serve(ln, rpc.Options{
		Interfaces: append(qmcomm.New(qm.QueueManager, o), more...),
		Acceptor:   offer.New(offer.Options{Name: "TEST", Accounts: store}),
	})
	t.Cleanup(func() { ok(t, s.Close()) })
	return &machine{t: t, qm: qm, accounts: store, server: s, address: ln.Addr().String()}
}

func start(t *testing.T) *machine {
	t.Helper()
	return serve(t, qmtest.Memory, qmcomm.Options{})
}

// client is somebody's connection to a machine.
type client struct {
	t *testing.T
	*rpc.Conn
	one stub.QmcommClient
	two stub2.Qmcomm2Client
	raw map[dcerpc.SyntaxID]dcerpc.Conn
}

func (m *machine) as(user string) *client {
	m.t.Helper()
	o := rpc.DialOptions{}
	if user != "" {
		o.Initiator, o.Level = ntlm.NewInitiator(user, "TEST", password), security.Privacy
	}
	conn, err := rpc.Dial(m.t.Context(), m.address, o)
	ok(m.t, err)
	m.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	c := &client{t: m.t, Conn: conn, raw: map[dcerpc.SyntaxID]dcerpc.Conn{}}
	c.one, err = stub.NewQmcommClient(m.t.Context(), conn)
	ok(m.t, err)
	c.two, err = stub2.NewQmcomm2Client(m.t.Context(), conn)
	ok(m.t, err)
	return c
}

// create makes a queue as alice, whom everybody may send to and read from.
func (m *machine) create(name string, spec localqm.QueueSpec) {
	m.t.Helper()
	m.qm.Create(name, spec)
	q := qmtest.Name(m.t, name)
	d, err := m.qm.QueueSecurity(m.t.Context(), qmtest.Owner, q)
	ok(m.t, err)
	ok(m.t, m.qm.SetQueueSecurity(m.t.Context(), qmtest.Owner, q, d.Grant(qmtest.Everyone, uint32(mq.RightQueueGenericAll))))
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answers checks the HRESULT of a method.
func answers(t testing.TB, what string, err error, want mq.HResult) {
	t.Helper()
	got := mq.OK
	if err != nil {
		got = mq.CodeOf(err)
	}
	if got != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// faults checks that a call ended with a fault.
func faults(t testing.TB, what string, err error, want rpc.Fault) {
	t.Helper()
	var remote *rpc.Remote
	if !asRemote(err, &remote) || remote.Fault != want {
		t.Errorf("%s: %v, want fault %v", what, err, want)
	}
}

func format(t testing.TB, name string) *mqmq.QueueFormat {
	t.Helper()
	f, err := mq.ParseFormatName(name)
	ok(t, err)
	q, err := queueformat.Make(f)
	ok(t, err)
	return q
}

func direct(queue string) string { return `DIRECT=OS:TEST\private$\` + queue }

func object(q *mqmq.QueueFormat) *stub.ObjectFormat {
	return &stub.ObjectFormat{
		ObjectType:   1,
		ObjectFormat: &stub.ObjectFormat_ObjectFormat{Value: &stub.ObjectFormat_QueueFormat{QueueFormat: q}},
	}
}

// handle is a queue that a client has open.
type handle struct {
	*client
	queue   *stub.Queue
	context uint32
}

func (c *client) tryOpen(name string, access, share uint32) (*handle, error) {
	out, err := c.one.OpenQueueInternal(c.t.Context(), &stub.OpenQueueInternalRequest{
		QueueFormat: format(c.t, name), DesiredAccess: access, ShareMode: share, ClientName: "client",
	})
	if err != nil {
		return nil, err
	}
	return &handle{c, out.Queue, out.QMContext}, nil
}

func (c *client) open(queue string, access uint32) *handle {
	c.t.Helper()
	h, err := c.tryOpen(direct(queue), access, 0)
	ok(c.t, err)
	return h
}

func (h *handle) close() error {
	_, err := h.one.CloseHandle(h.t.Context(), &stub.CloseHandleRequest{Queue: h.queue})
	return err
}

const (
	receive = 0x01
	send    = 0x02
	peek    = 0x20
)

// operation is a call with stub data as they are.
type operation struct {
	number  int
	in, out []byte
}

func (o *operation) OpNum() int     { return o.number }
func (o *operation) OpName() string { return "raw" }
func (o *operation) MarshalNDRRequest(_ context.Context, w library.Writer) error {
	_, err := w.Write(o.in)
	return err
}

func (o *operation) UnmarshalNDRRequest(context.Context, library.Reader) error { panic("not served") }

func (o *operation) MarshalNDRResponse(context.Context, library.Writer) error { panic("not served") }

func (o *operation) UnmarshalNDRResponse(_ context.Context, r library.Reader) error {
	o.out = make([]byte, r.Len())
	_, err := r.Read(o.out)
	return err
}

// stub calls an operation with stub data as they are.
func (c *client) stub(syntax *dcerpc.SyntaxID, number int, in []byte) ([]byte, error) {
	c.t.Helper()
	conn := c.raw[*syntax]
	if conn == nil {
		var err error
		conn, err = c.Bind(c.t.Context(), dcerpc.WithAbstractSyntax(syntax))
		ok(c.t, err)
		c.raw[*syntax] = conn
	}
	o := &operation{number: number, in: in}
	err := conn.Invoke(c.t.Context(), o)
	return o.out, err
}

// encoded is a request as it travels; nulls may be nil.
func encoded(t testing.TB, in library.Marshaler, nulls *ndr.Nulls) []byte {
	t.Helper()
	w := ndr.NewWriter(nil, ndr.Requests, nulls)
	ok(t, in.MarshalNDR(context.Background(), w))
	return w.Bytes()
}
