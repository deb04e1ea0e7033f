package qm2qm_test

import (
	"context"
	"errors"
	"math"
	"testing"

	qmcommv1 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qm2qmv1 "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
	"posthouse/localqm/wire"
)

// serve has a queue that administrators may read.
func serve(t *testing.T) *interfacestest.QM {
	t.Helper()
	m := interfacestest.Start(t, "TEST")
	m.Create(orders, localqm.QueueSpec{})
	name := qmtest.Name(t, orders)
	d, err := m.QueueSecurity(t.Context(), qmtest.Owner, name)
	if err == nil {
		err = m.SetQueueSecurity(t.Context(), qmtest.Owner, name, d.Grant(secure.Administrators, uint32(mq.RightReceiveMessage)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// application opens a queue of another computer for its queue manager to read
// (MS-MQMP 4.2).
func application(t *testing.T, m *interfacestest.QM) (*qmcommv1.OpenRemoteQueueResponse, qmcommv1.QmcommClient) {
	t.Helper()
	c := interfacestest.Bind(t, m.Dial(interfacestest.Admin), qmcommv1.NewQmcommClient)
	format, err := queueformat.Make(mq.DirectOS("TEST", mq.PrivatePrefix+"orders"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.OpenRemoteQueue(t.Context(), &qmcommv1.OpenRemoteQueueRequest{
		QueueFormat: format, DesiredAccess: 1, ClientGUID: queueformat.FromGUID(mq.GUID{7}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, c
}

// manager is the application's queue manager: of another account, without rights of
// its own.
func manager(t *testing.T, m *interfacestest.QM, q *qmcommv1.OpenRemoteQueueResponse) (qm2qmv1.Qm2qmClient, *rpc.Conn, *qm2qmv1.Session) {
	t.Helper()
	conn := m.Dial(interfacestest.User)
	c := interfacestest.Bind(t, conn, qm2qmv1.NewQm2qmClient)
	out, err := c.OpenQueue(t.Context(), &qm2qmv1.OpenQueueRequest{
		ClientGUID: queueformat.FromGUID(mq.GUID{7}), Queue: q.Queue, QueueID: q.QueueID, ContextID: q.ContextID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, conn, out.Context
}

func reading(q *qmcommv1.OpenRemoteQueueResponse, action, cursor, timeout uint32) *qm2qmv1.StartReceive2Request {
	return &qm2qmv1.StartReceive2Request{RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{RemoteReadDesc: &qm2qmv1.RemoteReadDesc{
		RemoteQueue: q.Queue, Queue: q.QueueID, Action: action, Cursor: cursor, Timeout: timeout, RequestID: 5,
	}}}
}

func label(t *testing.T, out *qm2qmv1.StartReceive2Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.Parse(out.RemoteReadDesc2.RemoteReadDesc.Buffer, mq.GUID{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Label
}

func TestAQueueManagerReadsForItsApplication(t *testing.T) {
	m := serve(t)
	for _, l := range []string{"one", "two"} {
		m.Send(orders, qmtest.Message(l))
	}
	q, app := application(t, m)
	c, _, session := manager(t, m, q)
	if _, err := app.CloseRemoteQueueContext(t.Context(), &qmcommv1.CloseRemoteQueueContextRequest{Context: q.Context}); err != nil {
		t.Fatal(err)
	}
	cursor, err := app.CreateRemoteCursor(t.Context(), &qmcommv1.CreateRemoteCursorRequest{Queue: q.Queue})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		action uint32
		want   string
	}{{peekCurrent, "one"}, {peekNext, "two"}} {
		out, err := c.StartReceive2(t.Context(), reading(q, step.action, cursor.Cursor, 0))
		if got := label(t, out, err); got != step.want {
			t.Errorf("%x: %q", step.action, got)
		}
	}
	got, err := c.StartReceive2(t.Context(), reading(q, receive, 0, 0))
	if l := label(t, got, err); l != "one" {
		t.Fatal(l)
	}
	if _, err := c.EndReceive(t.Context(), &qm2qmv1.EndReceiveRequest{Context: got.Context, Ack: 2}); err != nil {
		t.Error(err)
	}
	if l := m.Labels(orders); len(l) != 1 || l[0] != "two" {
		t.Errorf("the queue has %v", l)
	}
	if _, err := c.CloseQueue(t.Context(), &qm2qmv1.CloseQueueRequest{Context: session}); err != nil {
		t.Error(err)
	}
	if out, _ := c.StartReceive2(t.Context(), reading(q, receive, 0, 0)); code(out.Return) != mq.ErrInvalidParameter {
		t.Errorf("after the end: %v", code(out.Return))
	}
}

func TestAReceiveThatWaitsIsCancelledOnItsConnection(t *testing.T) {
	m := serve(t)
	q, _ := application(t, m)
	c, _, _ := manager(t, m, q)
	done := make(chan mq.HResult, 1)
	go func() {
		out, err := c.StartReceive2(context.Background(), reading(q, receive, 0, math.MaxUint32))
		if out == nil {
			t.Error(err)
			out = &qm2qmv1.StartReceive2Response{}
		}
		done <- code(out.Return)
	}()
	qmtest.Eventually(t, "it is cancelled", func() bool {
		_, err := c.CancelReceive(context.Background(), &qm2qmv1.CancelReceiveRequest{Queue: q.Queue, QueueID: q.QueueID, RequestID: 5})
		return err == nil
	})
	if got := <-done; got != 0x400E03E9 {
		t.Errorf("the receive ended with %v", got)
	}
}

func TestWhatAReaderHeldIsBackWhenItsConnectionBreaks(t *testing.T) {
	m := serve(t)
	m.Send(orders, qmtest.Message("one"))
	q, _ := application(t, m)
	c, conn, _ := manager(t, m, q)
	out, err := c.StartReceive2(t.Context(), reading(q, receive, 0, 0))
	label(t, out, err)
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, _ := application(t, m)
	again, _, _ := manager(t, m, other)
	qmtest.Eventually(t, "the message is back", func() bool {
		_, err := again.StartReceive2(context.Background(), reading(other, peekCurrent, 0, 0))
		return err == nil
	})
}

func TestPortsAndVersionAreForEverybody(t *testing.T) {
	m := interfacestest.Start(t, "TEST")
	c := interfacestest.Bind(t, m.Dial(""), qm2qmv1.NewQm2qmClient)
	ports, err := c.GetQMQMServerPort(t.Context(), &qm2qmv1.GetQMQMServerPortRequest{PortType: 1})
	if _, want := m.Interfaces.Ports(); err != nil && ports == nil || ports.Return != uint32(want) {
		t.Errorf("%+v, %v; not %d", ports, err, want)
	}
	if v, err := c.GetVersion(t.Context(), &qm2qmv1.GetVersionRequest{}); err != nil || v.Major != 6 {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := c.PurgeQueue(t.Context(), &qm2qmv1.PurgeQueueRequest{Queue: 1}); !errors.Is(err, rpc.FaultAccessDenied) {
		t.Errorf("the rest: %v", err)
	}
}
