package qm2qm_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	qm2qmv1 "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/interfaces/qm2qm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

const orders = `.\private$\orders`

// host is a queue manager that others read.
type host struct {
	*qmtest.QM
	t     *testing.T
	table *opened.Table
	iface rpc.Interface
}

func start(t *testing.T) *host {
	t.Helper()
	h := &host{QM: qmtest.Start(t, qmtest.Memory), t: t, table: opened.NewTable()}
	h.Create(orders, localqm.QueueSpec{})
	h.iface = qm2qm.New(qm2qm.Options{Opened: h.table, Ports: func() (uint16, uint16) { return 2103, 2116 }})
	return h
}

// number opens a queue as qmcomm does.
func (h *host) number(name string, a localqm.Access) uint32 {
	h.t.Helper()
	handle, err := h.OpenQueue(h.t.Context(), qmtest.Owner, qmtest.Name(h.t, name), a, localqm.DenyNone)
	if err != nil {
		h.t.Fatal(err)
	}
	q, err := h.table.Add(handle, opened.Opened)
	if err != nil {
		h.t.Fatal(err)
	}
	return q.Number
}

// reader is a queue manager that reads for its applications.
type reader struct {
	t *testing.T
	*peertest.Client
	queue  uint32
	handle *qm2qmv1.Session
}

// client has no queue yet. Readers need no rights of their own.
func (h *host) client() *reader {
	return &reader{t: h.t, Client: peertest.New(h.iface, qmtest.Stranger)}
}

func (h *host) open(name string, a localqm.Access) *reader {
	h.t.Helper()
	r := h.client()
	if code := r.claim(h.number(name, a)); code != mq.OK {
		h.t.Fatal(code)
	}
	return r
}

func (r *reader) claim(number uint32) mq.HResult {
	r.t.Helper()
	out := &qm2qmv1.OpenQueueResponse{}
	r.Must(r.t, &qm2qmv1.OpenQueueRequest{ClientGUID: queueformat.FromGUID(mq.GUID{7}), Queue: number, QueueID: number, ContextID: number}, out)
	if out.Return == 0 {
		r.queue, r.handle = number, out.Context
	}
	return code(out.Return)
}

func code(n int32) mq.HResult { return mq.HResult(uint32(n)) }

func (r *reader) close() mq.HResult {
	r.t.Helper()
	out := &qm2qmv1.CloseQueueResponse{}
	r.Must(r.t, &qm2qmv1.CloseQueueRequest{Context: r.handle}, out)
	if out.Return == 0 && !zero(out.Context.ContextHandle()) {
		r.t.Error("the handle that came back is not NULL")
	}
	return code(out.Return)
}

func zero(h *dcetypes.ContextHandle) bool {
	return h.UUID == nil || h.UUID.IsZero() && h.Attributes == 0
}

func TestAQueueIsClaimedByItsNumberOnce(t *testing.T) {
	h := start(t)
	number := h.number(orders, localqm.ReceiveAccess)
	guid := queueformat.FromGUID(mq.GUID{7})
	r := h.client()
	for what, in := range map[string]*qm2qmv1.OpenQueueRequest{
		"pQueue is 0":          {ClientGUID: guid, Queue: number, ContextID: number},
		"dwpContext is 0":      {ClientGUID: guid, Queue: number, QueueID: number},
		"both are 0":           {ClientGUID: guid},
		"two numbers":          {ClientGUID: guid, Queue: number, QueueID: number, ContextID: number + 1},
		"a number of no queue": {ClientGUID: guid, Queue: number + 1, QueueID: number + 1, ContextID: number + 1},
		"a queue for local readers": func() *qm2qmv1.OpenQueueRequest {
			q, err := h.table.Add(h.Open(orders, localqm.PeekAccess), opened.Local)
			if err != nil {
				t.Fatal(err)
			}
			return &qm2qmv1.OpenQueueRequest{ClientGUID: guid, Queue: q.Number, QueueID: q.Number, ContextID: q.Number}
		}(),
	} {
		out := &qm2qmv1.OpenQueueResponse{}
		r.Must(t, in, out)
		if code(out.Return) != mq.ErrInvalidParameter || !zero(out.Context.ContextHandle()) {
			t.Errorf("%s: %v", what, code(out.Return))
		}
	}
	if err := r.Call(t.Context(), &qm2qmv1.OpenQueueRequest{ClientGUID: guid, QueueID: number, ContextID: number, MQS: 16}, &qm2qmv1.OpenQueueResponse{}); err != nil {
		t.Errorf("dwMQS 16, and hQueue is ignored: %v", err)
	}
	if got := h.client().claim(number); got != mq.ErrInvalidParameter {
		t.Errorf("a second reader: %v", got)
	}
}

func TestAClaimedQueueIsItsReadersUntilThatClosesIt(t *testing.T) {
	h := start(t)
	r := h.open(orders, localqm.ReceiveAccess)
	q, err := h.table.Find(r.queue)
	if err != nil {
		t.Fatal(err)
	}
	q.Release() // the application goes (MS-MQMP 4.2 step 11)
	h.Send(orders, qmtest.Message("one"))
	if a := r.peek(); a.code != mq.OK {
		t.Errorf("after its opener has gone: %v", a.code)
	}
	if got := r.close(); got != mq.OK {
		t.Fatal(got)
	}
	if h.table.Len() != 0 {
		t.Error("the number is still good")
	}
	if a := r.peek(); a.code != mq.ErrInvalidParameter {
		t.Errorf("reading after the end: %v", a.code)
	}
	if err := r.Call(t.Context(), &qm2qmv1.CloseQueueRequest{Context: r.handle}, &qm2qmv1.CloseQueueResponse{}); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Errorf("closing again: %v", err)
	}
	out := &qm2qmv1.CloseQueueResponse{}
	if r.Must(t, &qm2qmv1.CloseQueueRequest{Context: &qm2qmv1.Session{}}, out); code(out.Return) != mq.ErrInvalidHandle {
		t.Errorf("closing NULL: %v", code(out.Return))
	}
}

// Numbers are 32 bits and can be guessed.
func TestNumbersAreGoodForTheirReaderAlone(t *testing.T) {
	h := start(t)
	h.Send(orders, qmtest.Message("one"))
	r, thief := h.open(orders, localqm.ReceiveAccess), h.client()
	thief.queue = r.queue
	if a := thief.receive(0); a.code != mq.ErrInvalidParameter {
		t.Errorf("receiving: %v", a.code)
	}
	if got := thief.cancel(1); got != mq.ErrInvalidHandle {
		t.Errorf("cancelling: %v", got)
	}
	if got := thief.purge(); got != mq.ErrInvalidHandle {
		t.Errorf("purging: %v", got)
	}
	if got := thief.closeCursor(1); got != mq.ErrInvalidHandle {
		t.Errorf("closing a cursor: %v", got)
	}
	if a := r.peek(); a.code != mq.OK || a.label != "one" {
		t.Errorf("its reader gets %+v", a)
	}
}

func TestAReaderThatGoesLeavesNothing(t *testing.T) {
	h := start(t)
	h.Send(orders, qmtest.Message("one"))
	r := h.open(orders, localqm.ReceiveAccess)
	if a := r.receive(0); a.code != mq.OK {
		t.Fatal(a.code)
	}
	other := h.open(orders, localqm.ReceiveAccess)
	if a := other.peek(); a.code != mq.ErrIOTimeout {
		t.Errorf("while it is held: %v", a.code)
	}
	r.Group.Rundown()
	if a := other.peek(); a.code != mq.OK {
		t.Errorf("after its reader has gone: %v", a.code)
	}
	if h.table.Len() != 1 {
		t.Errorf("%d queues are open by number, not 1", h.table.Len())
	}
}

func (r *reader) purge() mq.HResult {
	out := &qm2qmv1.PurgeQueueResponse{}
	r.Must(r.t, &qm2qmv1.PurgeQueueRequest{Queue: r.queue}, out)
	return code(out.Return)
}

func (r *reader) closeCursor(n uint32) mq.HResult {
	out := &qm2qmv1.CloseCursorResponse{}
	r.Must(r.t, &qm2qmv1.CloseCursorRequest{Queue: r.queue, Cursor: n}, out)
	return code(out.Return)
}

func TestPurging(t *testing.T) {
	h := start(t)
	h.Send(orders, qmtest.Message("one"))
	if got := h.open(orders, localqm.PeekAccess).purge(); got != mq.ErrAccessDenied {
		t.Errorf("a queue that is open to peek: %v", got)
	}
	if n := len(h.Browsed(orders)); n != 1 {
		t.Fatalf("%d messages", n)
	}
	if got := h.open(orders, localqm.ReceiveAccess).purge(); got != mq.OK {
		t.Errorf("one that is open to receive: %v", got)
	}
	if n := len(h.Browsed(orders)); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

func TestPortsAndVersion(t *testing.T) {
	r := start(t).client()
	for kind, want := range []uint32{2103, 2116, 0, 0, 0} {
		got, err := r.Stub(t.Context(), 7, binary.LittleEndian.AppendUint32(nil, uint32(kind)))
		if err != nil || binary.LittleEndian.Uint32(got) != want {
			t.Errorf("port type %d: %x, %v", kind, got, err)
		}
	}
	out := &qm2qmv1.GetVersionResponse{}
	r.Must(t, &qm2qmv1.GetVersionRequest{}, out)
	if out.Major != 6 || out.Minor != 1 || out.BuildNumber < 6531 {
		t.Errorf("version %d.%d.%d", out.Major, out.Minor, out.BuildNumber)
	}
}

func TestMalformedCallsAreFaults(t *testing.T) {
	h := start(t)
	h.Send(orders, qmtest.Message("one"))
	r := h.open(orders, localqm.ReceiveAccess)
	held := r.receive(0).context
	for what, c := range map[string]struct {
		operation int
		stub      []byte
		want      rpc.Fault
	}{
		"dwAck 3":             {1, append(octets(t, held), 3, 0, 0, 0), rpc.FaultBadStub},
		"half a handle":       {3, make([]byte, 10), rpc.FaultBadStub},
		"no descriptor":       {0, nil, rpc.FaultBadStub},
		"an operation 11":     {11, nil, rpc.FaultOperation},
		"dwMQS 17":            {2, append(append(make([]byte, 16), 17, 0, 0, 0), make([]byte, 12)...), rpc.FaultBadStub},
		"a session as a read": {1, append(octets(t, (*qm2qmv1.Context)(r.handle)), 2, 0, 0, 0), rpc.FaultContextMismatch},
		"a read as a session": {3, octets(t, held), rpc.FaultContextMismatch},
		"a handle of nobody":  {3, append(make([]byte, 4), []byte("0123456789abcdef")...), rpc.FaultContextMismatch},
	} {
		if _, err := r.Stub(t.Context(), c.operation, c.stub); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := r.end(held, 2); got != mq.OK {
		t.Errorf("the read that was held: %v", got)
	}
}
