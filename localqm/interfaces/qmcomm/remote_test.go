package qmcomm_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	library "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/qm2qm"
	"posthouse/localqm/interfaces/qmcomm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/ntlm"
)

// shop is a computer whose queues are read by way of another, hub, which signs in as
// itself: the account bob.
func shop(t *testing.T, more ...rpc.Interface) (shop, hub *machine) {
	t.Helper()
	table := opened.NewTable()
	var port uint16
	ports := func() (uint16, uint16) { return port, port }
	if more == nil {
		more = append(more, qm2qm.New(qm2qm.Options{Opened: table, Ports: ports}))
	}
	shop = serve(t, qmtest.On("SHOP"), qmcomm.Options{Opened: table, Ports: ports}, more...)
	at, err := net.ResolveTCPAddr("tcp", shop.address)
	ok(t, err)
	port = uint16(at.Port)
	hub = serve(t, qmtest.Memory, qmcomm.Options{
		Connect: func(ctx context.Context, computer string, to uint16) (*rpc.Conn, error) {
			if computer != "SHOP" || to != 0 && to != port {
				return nil, fmt.Errorf("%s:%d is nowhere", computer, to)
			}
			return rpc.Dial(ctx, shop.address, rpc.DialOptions{Initiator: ntlm.NewInitiator("bob", "SHOP", password), Level: security.Privacy})
		},
	})
	return shop, hub
}

const shopQueue = `DIRECT=OS:SHOP\private$\q`

// openThere opens a queue of the shop for the hub to read.
func (c *client) openThere(access uint32) (*stub.OpenRemoteQueueResponse, error) {
	return c.one.OpenRemoteQueue(c.t.Context(), &stub.OpenRemoteQueueRequest{QueueFormat: format(c.t, shopQueue), DesiredAccess: access})
}

// takeOver opens it at the hub.
func (c *client) takeOver(there *stub.OpenRemoteQueueResponse, access uint32) (*handle, error) {
	out, err := c.one.OpenQueueInternal(c.t.Context(), &stub.OpenQueueInternalRequest{
		QueueFormat: format(c.t, shopQueue), DesiredAccess: access,
		RemoteQueue: there.Queue, QueueID: there.QueueID, RemoteContext: there.ContextID,
	})
	if err != nil {
		return nil, err
	}
	return &handle{c, out.Queue, out.QMContext}, nil
}

// through opens a queue of the shop by way of the hub (MS-MQMP 4.2).
func through(t *testing.T, shop, hub *client, access uint32) *handle {
	t.Helper()
	out, err := hub.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{QueueFormat: format(t, shopQueue), DesiredAccess: access})
	ok(t, err)
	if out.RemoteQueueName != `SHOP\private$\q` {
		t.Fatalf("the hub says that it is %q", out.RemoteQueueName)
	}
	there, err := shop.openThere(access)
	ok(t, err)
	h, err := hub.takeOver(there, access)
	ok(t, err)
	_, err = shop.one.CloseRemoteQueueContext(t.Context(), &stub.CloseRemoteQueueContextRequest{Context: there.Context})
	ok(t, err)
	return h
}

func TestAQueueOfAnotherComputerIsReadByWayOfThisOne(t *testing.T) {
	shop, hub := shop(t)
	shop.create("q", localqm.QueueSpec{})
	h := through(t, shop.as("alice"), hub.as("alice"), receive)
	h.none(mq.ErrIOTimeout, actionReceive, 0)
	shop.qm.Send("q", rich(t))
	r, err := h.read(incoming(actionCurrent, 0), nil)
	ok(t, err)
	got := buffersOf(r.TransferBufferV2)
	if r.Old.Title != "label" || strings.TrimRight(string(r.Old.Body), "\x00") != "the body" || r.Old.ArrivedTime == 0 || got.ResponseFormatName != direct("answers") ||
		r.Old.Priority != 5 || r.Old.ActualRelativeTimeToQueue != 1000 || queueformat.GUID(r.Old.SourceQMID) != shop.qm.Identity().ID {
		t.Errorf("it is %+v", r.Old)
	}
	// What does not fit stays there.
	small := incoming(actionReceive, 0)
	small.Old.TitleBufferSizeInWchars = 3
	r, err = h.read(small, nil)
	answers(t, "a label that does not fit", err, 0xC00E005E)
	if r.Old.ActualTitleBufferSizeInWchars != 6 {
		t.Errorf("the label has %d characters", r.Old.ActualTitleBufferSizeInWchars)
	}
	h.expect("label", actionReceive, 0)
	h.none(mq.ErrIOTimeout, actionReceive, 0)
	name, err := h.one.HandleToFormatName(t.Context(), &stub.HandleToFormatNameRequest{Queue: h.queue, FormatNameRPCBufferLength: 100, FormatName: "x", Length: 100})
	ok(t, err)
	if name.FormatName != shopQueue {
		t.Errorf("it is named %q", name.FormatName)
	}
	_, err = h.send(labelled("m"))
	answers(t, "sent through it", err, mq.ErrInvalidHandle)
	h.begin(unit(1))
	_, err = h.label(actionReceive, 0, unit(1))
	answers(t, "received in a transaction", err, mq.ErrTransactionUsage)
	// It is open there as long as here.
	exclusive := func() error {
		_, err := shop.as("alice").tryOpen(shopQueue, receive, 1)
		return err
	}
	answers(t, "opened exclusively meanwhile", exclusive(), mq.ErrSharingViolation)
	ok(t, h.close())
	qmtest.Eventually(t, "the queue is closed there", func() bool { return exclusive() == nil })
	h.none(mq.ErrInvalidHandle, actionReceive, 0)
}

func TestACursorOnAnotherComputerIsMadeByWayOfThisOne(t *testing.T) {
	shop, hub := shop(t)
	shop.create("q", localqm.QueueSpec{})
	for _, label := range []string{"a", "b", "c"} {
		shop.qm.Send("q", qmtest.Message(label))
	}
	h := through(t, shop.as("alice"), hub.as("alice"), receive)
	cursor := func() uint32 {
		out, err := h.two.CreateCursorEx(t.Context(), &qmcomm2.CreateCursorExRequest{Queue: h.queue, Pcc: &stub.CreateRemoteCursor{}})
		ok(t, err)
		return out.Pcc.Cursor
	}
	one, other := cursor(), cursor()
	h.expect("a", actionCurrent, one)
	h.expect("b", actionNext, one)
	h.expect("a", actionCurrent, other)
	h.expect("b", actionReceive, one)
	h.expect("c", actionNext, other)
	closing := func(n uint32) error {
		_, err := h.one.CloseCursor(t.Context(), &stub.CloseCursorRequest{Queue: h.queue, Cursor: n})
		return err
	}
	ok(t, closing(one))
	answers(t, "closed twice", closing(one), mq.ErrInvalidHandle)
	answers(t, "never opened", closing(77), mq.ErrInvalidHandle)
	h.none(mq.ErrInvalidHandle, actionCurrent, one)
	_, err := h.one.PurgeQueue(t.Context(), &stub.PurgeQueueRequest{Queue: h.queue})
	ok(t, err)
	if got := shop.qm.Labels("q"); len(got) != 0 {
		t.Errorf("after the purge there are %v", got)
	}
}

func TestWhatIsNotOpenThereIsNotTakenOver(t *testing.T) {
	shop, hub := shop(t)
	shop.create("q", localqm.QueueSpec{})
	shop.qm.Create("closed", localqm.QueueSpec{})
	c, there := hub.as("alice"), shop.as("alice")
	_, err := c.takeOver(&stub.OpenRemoteQueueResponse{Queue: 5, QueueID: 5, ContextID: 5}, receive)
	answers(t, "numbers of nothing", err, mq.ErrInvalidParameter)
	o, err := there.openThere(receive)
	ok(t, err)
	for what, x := range map[string]struct {
		access uint32
		want   mq.HResult
	}{"to send": {send, mq.ErrUnsupportedAccessMode}, "what waits for it": {receive | 0x80, mq.ErrUnsupportedAccessMode}} {
		_, err := c.takeOver(o, x.access)
		answers(t, what, err, x.want)
	}
	h, err := c.takeOver(o, receive)
	ok(t, err)
	_, err = c.takeOver(o, receive)
	answers(t, "taken over twice", err, mq.ErrInvalidParameter)
	ok(t, h.close())
	_, err = c.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{
		QueueFormat: format(t, direct("q")), DesiredAccess: receive, RemoteQueue: 5, QueueID: 5, RemoteContext: 5,
	})
	answers(t, "a queue of the hub itself", err, mq.ErrInvalidParameter)
	_, err = c.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{
		QueueFormat: format(t, `DIRECT=OS:nowhere\private$\q`), DesiredAccess: receive, RemoteQueue: 5, QueueID: 5, RemoteContext: 5,
	})
	answers(t, "a computer that is not there", err, mq.ErrRemoteMachineNotAvailable)
	for name, want := range map[string]mq.HResult{
		`DIRECT=OS:SHOP\private$\none`: mq.ErrQueueNotFound, `DIRECT=OS:other\private$\q`: mq.ErrQueueNotFound, `DIRECT=OS:SHOP\private$\closed`: mq.ErrAccessDenied,
		`DIRECT=HTTP://SHOP/msmq/private$/q`: mq.ErrUnsupportedFormatNameOperation, `MULTICAST=224.0.0.9:8001`: mq.ErrUnsupportedFormatNameOperation,
		`DL=` + shop.qm.Identity().ID.String(): mq.ErrUnsupportedFormatNameOperation,
	} {
		_, err := shop.as("bob").one.OpenRemoteQueue(t.Context(), &stub.OpenRemoteQueueRequest{QueueFormat: format(t, name), DesiredAccess: receive})
		answers(t, name, err, want)
	}
	_, err = there.one.OpenRemoteQueue(t.Context(), &stub.OpenRemoteQueueRequest{DesiredAccess: receive})
	answers(t, "no name", err, mq.ErrInvalidParameter)
	_, err = there.openThere(send)
	answers(t, "to send", err, mq.ErrUnsupportedAccessMode)
	_, err = there.one.CreateRemoteCursor(t.Context(), &stub.CreateRemoteCursorRequest{Queue: 5})
	answers(t, "a cursor on nothing", err, mq.ErrInvalidHandle)
}

func TestWhatWasOpenedForAReaderGoesWithItsOpener(t *testing.T) {
	shop, _ := shop(t)
	shop.create("q", localqm.QueueSpec{})
	exclusive := func() error {
		_, err := shop.as("alice").tryOpen(shopQueue, receive, 1)
		return err
	}
	c := shop.as("alice")
	o, err := c.openThere(receive)
	ok(t, err)
	answers(t, "opened exclusively meanwhile", exclusive(), mq.ErrSharingViolation)
	ok(t, c.Close(context.Background()))
	qmtest.Eventually(t, "the queue is closed", func() bool { return exclusive() == nil })
	_, err = shop.as("alice").one.CloseRemoteQueueContext(t.Context(), &stub.CloseRemoteQueueContextRequest{Context: o.Context})
	ok(t, err) // a handle of somebody else: nothing happens
}

func TestWhatTheHubReadsForAClientGoesWithIt(t *testing.T) {
	shop, hub := shop(t)
	shop.create("q", localqm.QueueSpec{})
	c := hub.as("alice")
	h := through(t, shop.as("alice"), c, receive)
	waiting := h.waits(t.Context(), actionReceive, 0xFFFFFFFF)
	ok(t, c.Close(context.Background()))
	<-waiting
	qmtest.Eventually(t, "the queue is closed there", func() bool {
		_, err := shop.as("alice").tryOpen(shopQueue, receive, 1)
		return err == nil
	})
}

// liar is a qm2qm that says what it likes.
type liar struct {
	library.UnimplementedQm2qmServer
	port func() uint32

	mu        sync.Mutex
	desc      *library.RemoteReadDesc
	code      mq.HResult
	acks      []uint32
	cancelled chan uint32
	waiting   chan struct{}
}

func (l *liar) GetQMQMServerPort(context.Context, *library.GetQMQMServerPortRequest) (*library.GetQMQMServerPortResponse, error) {
	return &library.GetQMQMServerPortResponse{Return: l.port()}, nil
}

func (l *liar) OpenQueue(context.Context, *library.OpenQueueRequest) (*library.OpenQueueResponse, error) {
	return &library.OpenQueueResponse{Context: &library.Session{UUID: queueformat.FromGUID(mq.GUID{1})}}, nil
}

func (l *liar) StartReceive(ctx context.Context, r *library.StartReceiveRequest) (*library.StartReceiveResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting != nil {
		close(l.waiting)
		<-ctx.Done()
		return nil, rpc.FaultCancel
	}
	return &library.StartReceiveResponse{
		Context: &library.Context{UUID: queueformat.FromGUID(mq.GUID{2})}, RemoteReadDesc: l.desc, Return: int32(l.code),
	}, nil
}

func (l *liar) EndReceive(_ context.Context, r *library.EndReceiveRequest) (*library.EndReceiveResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = append(l.acks, r.Ack)
	return &library.EndReceiveResponse{Context: &library.Context{}}, nil
}

func (l *liar) CancelReceive(_ context.Context, r *library.CancelReceiveRequest) (*library.CancelReceiveResponse, error) {
	l.cancelled <- r.RequestID
	return &library.CancelReceiveResponse{}, nil
}

func (l *liar) CloseQueue(context.Context, *library.CloseQueueRequest) (*library.CloseQueueResponse, error) {
	return &library.CloseQueueResponse{Context: &library.Session{}}, nil
}

func (l *liar) says(code mq.HResult, d *library.RemoteReadDesc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code, l.desc, l.acks = code, d, nil
}

func lying(t *testing.T) (*liar, *handle) {
	t.Helper()
	l := &liar{cancelled: make(chan uint32, 1)}
	there, hub := shop(t, rpc.Interface{Name: "qm2qm", Syntax: *library.Qm2qmSyntaxV1_0, Handle: library.NewQm2qmServerHandle(l)})
	l.port = func() uint32 {
		at, err := net.ResolveTCPAddr("tcp", there.address)
		ok(t, err)
		return uint32(at.Port)
	}
	h, err := hub.as("alice").takeOver(&stub.OpenRemoteQueueResponse{Queue: 5, QueueID: 5, ContextID: 5}, receive)
	ok(t, err)
	return l, h
}

func TestDamagedMessagesOfOthersAreGivenBack(t *testing.T) {
	l, h := lying(t)
	for what, d := range map[string]*library.RemoteReadDesc{
		"nothing":            {},
		"garbage":            {Size: 100, Buffer: make([]byte, 100)},
		"more garbage":       {Size: 4096, Buffer: []byte(strings.Repeat("\xff", 4096))},
		"a header that lies": {Size: 16, Buffer: []byte{0x10, 0, 0, 0, 'L', 'I', 'O', 'R', 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF}},
	} {
		l.says(mq.OK, d)
		_, err := h.read(incoming(actionReceive, 0), nil)
		answers(t, what, err, mq.ErrGeneric)
		l.mu.Lock()
		if len(l.acks) != 1 || l.acks[0] != 1 {
			t.Errorf("%s was answered with %v", what, l.acks)
		}
		l.mu.Unlock()
		_, err = h.read(incoming(actionCurrent, 0), nil)
		answers(t, "a peek at "+what, err, mq.ErrGeneric)
	}
	l.says(mq.ErrQueueDeleted, &library.RemoteReadDesc{})
	h.none(mq.ErrQueueDeleted, actionReceive, 0)
}

func TestAReadOnAnotherComputerIsCancelledThere(t *testing.T) {
	l, h := lying(t)
	l.waiting = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := h.waits(ctx, actionReceive, 0xFFFFFFFF)
	<-l.waiting
	cancel()
	if n := <-l.cancelled; n == 0 {
		t.Error("no request was cancelled")
	}
	if err := <-done; err == nil {
		t.Error("it was answered")
	}
}

func TestABrokenLineToAnotherComputerIsSaid(t *testing.T) {
	there, hub := shop(t)
	there.create("q", localqm.QueueSpec{})
	h := through(t, there.as("alice"), hub.as("alice"), receive)
	ok(t, there.server.Close())
	h.none(mq.ErrRemoteMachineNotAvailable, actionReceive, 0)
	_, err := h.one.PurgeQueue(t.Context(), &stub.PurgeQueueRequest{Queue: h.queue})
	answers(t, "purge", err, mq.ErrRemoteMachineNotAvailable)
	_, err = h.two.CreateCursorEx(t.Context(), &qmcomm2.CreateCursorExRequest{Queue: h.queue, Pcc: &stub.CreateRemoteCursor{}})
	answers(t, "a cursor", err, mq.ErrRemoteMachineNotAvailable)
	ok(t, h.close())
}
