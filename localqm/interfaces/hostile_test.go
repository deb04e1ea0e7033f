package interfaces_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dcetypes"
	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmcomm2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
)

// besieged is a queue manager that somebody attacks while an administrator works on.
// The attacker has an account, and rights on the queue trap.
type besieged struct {
	*farm
	t    *testing.T
	trap string
}

func besiege(t *testing.T, limits rpc.Limits) *besieged {
	t.Helper()
	f := &farm{QM: interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory), func(o *interfaces.Options) { o.Limits = limits })}
	b := &besieged{farm: f, t: t}
	b.trap = f.queue(t, secure.AuthenticatedUsers, mq.RightReceiveMessage)
	f.clear(t, b.trap)
	return b
}

func (f *farm) clear(t *testing.T, queue string) {
	t.Helper()
	if _, err := f.Purge(ctx, qmtest.Owner, qmtest.Name(t, queue)); err != nil {
		t.Fatal(err)
	}
}

// honestly has the administrator manage and read while an attack runs: every call of
// his has to succeed.
func (b *besieged) honestly(attack func()) {
	b.t.Helper()
	orders := b.queue(b.t, secure.AuthenticatedUsers, mq.RightReceiveMessage)
	l := on(b.t, b.Dial(interfacestest.Admin))
	over, worked := make(chan struct{}), make(chan int, 1)
	go func() {
		for n := 0; ; n++ {
			if err := errors.Join(l.info("", mq.PropMgmtMSMQPrivateQ), l.read(direct(orders), toReceive)); err != nil {
				b.t.Errorf("the administrator, meanwhile: %v", err)
				worked <- n
				return
			}
			select {
			case <-over:
				worked <- n + 1
				return
			default:
			}
		}
	}()
	attack()
	close(over)
	if n := <-worked; n == 0 {
		b.t.Error("the administrator did nothing")
	}
	// Also somebody who comes later.
	if err := on(b.t, b.Dial(interfacestest.Admin)).info("", mq.PropMgmtMSMQPrivateQ); err != nil {
		b.t.Errorf("an administrator who comes later: %v", err)
	}
}

// within fails if what is in use grows by more during an attack; both sides of it count.
func within(t *testing.T, bytes uint64, attack func()) {
	t.Helper()
	before := inUse()
	attack()
	if now := inUse(); now > before+bytes {
		t.Errorf("%d MB are in use, %d MB more than before", now>>20, (now-before)>>20)
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// attacker connects from an address of his own.
func (b *besieged) attacker() net.Conn {
	b.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 66)}}
	nc, err := d.DialContext(ctx, "tcp", b.At())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute)) // not for ever, should the server fail
	return nc
}

// next is the next PDU; nil at the end of the connection.
func next(t *testing.T, nc net.Conn) *pdu.PDU {
	t.Helper()
	p, _, err := pdu.Read(nc, nil, pdu.MaxFragment)
	if late := net.Error(nil); errors.As(err, &late) && late.Timeout() {
		t.Fatal("the server says nothing, and does not end the connection")
	}
	if err != nil {
		return nil
	}
	return &p
}

var portOnly = pdu.Bind{MaxTransmit: pdu.MaxFragment, MaxReceive: pdu.MaxFragment, Contexts: []pdu.Context{
	{Abstract: pdu.SyntaxOf(remoteread.RemoteReadSyntaxV1_0), Transfer: []pdu.Syntax{pdu.NDR}},
}}

func head(call uint32) pdu.Header {
	return pdu.Header{Flags: pdu.SingleFragment | pdu.Multiplex, CallID: call}
}

// R15: reads that wait, and receives whose message is held, both never ended.
func TestReadsThatNobodyEndsHarmNobody(t *testing.T) {
	const connections, each, messages = 11, 1000, 300
	b := besiege(t, rpc.Limits{})
	var refusals, holds atomic.Int32
	var got sync.WaitGroup
	var conns []*rpc.Conn
	before := runtime.NumGoroutine()
	b.honestly(func() {
		within(t, 400<<20, func() {
			for range connections {
				conn := b.Dial(interfacestest.User)
				conns = append(conns, conn)
				l := on(t, conn)
				h, err := l.open(direct(b.trap), toReceive)
				if err != nil {
					t.Fatal(err)
				}
				for i := range uint32(each) {
					got.Go(func() {
						_, err := l.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{Context: noSerialize(h), RequestID: i, Timeout: 1<<32 - 1})
						switch {
						case errors.Is(err, mq.ErrInsufficientResources):
							refusals.Add(1)
						case err == nil:
							holds.Add(1)
						}
					})
				}
			}
			qmtest.Eventually(t, "the rest is refused", func() bool { return refusals.Load() == connections*each-localqm.MostPending })
		})
		for range messages {
			b.Send(b.trap, qmtest.Message("m"))
		}
		qmtest.Eventually(t, "the attacker holds them all", func() bool { return holds.Load() == messages })
		for _, c := range conns {
			_ = c.Close(ctx)
		}
		got.Wait()
		h := b.Open(b.trap, localqm.ReceiveAccess)
		defer h.Close()
		for range messages {
			if _, err := h.Read(ctx, localqm.ReadOptions{Timeout: time.Minute}); err != nil {
				t.Fatalf("a message that was held: %v", err)
			}
		}
	})
	qmtest.Eventually(t, "no goroutines are left", func() bool { return runtime.NumGoroutine() < before+200 })
}

// Reads of one number, with and without a message, cancelled or not.
func TestAFloodOfReadsHarmsNobody(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	for range 10 {
		b.Send(b.trap, qmtest.Message("m"))
	}
	b.honestly(func() {
		conn := b.Dial(interfacestest.User)
		l := on(t, conn)
		h, err := l.open(direct(b.trap), toReceive)
		if err != nil {
			t.Fatal(err)
		}
		var flood sync.WaitGroup
		for i := range uint32(500) {
			flood.Go(func() {
				for k := range uint32(10) {
					_, err := l.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{
						Context: noSerialize(h), RequestID: i % 7, Action: (k % 2) << 31, Timeout: (k % 3) * 10, MaxBodySize: 10,
					})
					switch mq.CodeOf(err) {
					case mq.OK, mq.ErrIOTimeout, mq.ErrInvalidParameter, mq.ErrOperationCancelled, mq.ErrMessageNotFound:
					default:
						t.Errorf("a read: %v", err)
					}
					_, _ = l.reads.CancelReceive(ctx, &remoteread.CancelReceiveRequest{Context: noSerialize(h), RequestID: k})
				}
			})
		}
		flood.Wait()
		_ = conn.Close(ctx)
		qmtest.Eventually(t, "all messages are there", func() bool { return len(b.Labels(b.trap)) == 10 })
	})
}

// joiner is a connection whose bind names an association group, and that knows which
// one it got (assoc_group_id, C706 12.6.4.3).
type joiner struct {
	net.Conn
	join, got uint32
	bound     bool
	answer    []byte
}

const groupAt = 20

func (j *joiner) Write(b []byte) (int, error) {
	if !j.bound {
		j.bound = true
		b = append([]byte(nil), b...)
		binary.LittleEndian.PutUint32(b[groupAt:], j.join)
	}
	return j.Conn.Write(b)
}

func (j *joiner) Read(b []byte) (int, error) {
	n, err := j.Conn.Read(b)
	if len(j.answer) < groupAt+4 {
		if j.answer = append(j.answer, b[:n]...); len(j.answer) >= groupAt+4 {
			j.got = binary.LittleEndian.Uint32(j.answer[groupAt:])
		}
	}
	return n, err
}

// member signs in as an account within an association group.
func (b *besieged) member(account string, group uint32) (*line, *joiner) {
	b.t.Helper()
	j := &joiner{join: group}
	c, err := rpc.Dial(ctx, b.At(), rpc.DialOptions{
		Initiator: interfacestest.SignIn(account),
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			var d net.Dialer
			nc, err := d.DialContext(ctx, network, address)
			j.Conn = nc
			return j, err
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = c.Close(ctx) })
	return on(b.t, c), j
}

// held is one of everything that a client can hold.
type held struct {
	reading, target *remoteread.QueueSerialize
	move            uint64 // the target's number
	queue           *qmcomm.Queue
	number          uint32 // the queue's
	remote          *qmcomm.Context
	transaction     *qmcomm.InternalTransaction
	session         *qm2qm.Session
	claimed         uint32 // the session's number
	receiving       *qm2qm.Context
}

// hold opens one of everything.
func (l *line) hold(queue string) (h held) {
	l.t.Helper()
	must := func(err error) {
		l.t.Helper()
		if err != nil {
			l.t.Fatal(err)
		}
	}
	var err error
	h.reading, err = l.open(direct(queue), toReceive)
	must(err)
	m, err := l.reads.OpenQueueForMove(ctx, &remoteread.OpenQueueForMoveRequest{
		QueueFormat: format(l.t, direct(queue)+";sub"), Access: toMove, ClientID: queueformat.FromGUID(mq.GUID{7}),
	})
	must(err)
	h.target, h.move = m.Context, m.MoveContext
	q, err := l.client.OpenQueueInternal(ctx, &qmcomm.OpenQueueInternalRequest{QueueFormat: format(l.t, direct(queue)), DesiredAccess: toReceive})
	must(err)
	h.queue, h.number = q.Queue, q.QMContext
	r, err := l.client.OpenRemoteQueue(ctx, &qmcomm.OpenRemoteQueueRequest{
		QueueFormat: format(l.t, direct(queue)), DesiredAccess: toReceive, ClientGUID: queueformat.FromGUID(mq.GUID{7}),
	})
	must(err)
	h.remote, h.claimed = r.Context, r.Queue
	s, err := l.readsQM.OpenQueue(ctx, &qm2qm.OpenQueueRequest{
		ClientGUID: queueformat.FromGUID(mq.GUID{7}), Queue: r.Queue, QueueID: r.QueueID, ContextID: r.ContextID,
	})
	must(err)
	h.session = s.Context
	w, err := l.readsQM.StartReceive(ctx, &qm2qm.StartReceiveRequest{RemoteReadDesc: &qm2qm.RemoteReadDesc{RemoteQueue: r.Queue, Queue: r.Queue, RequestID: 1}})
	must(err)
	h.receiving = w.Context
	x, err := l.client.EnlistInternalTransaction(ctx, &qmcomm.EnlistInternalTransactionRequest{UOW: &mqmq.TransactionUOW{Data: []byte(strings.Repeat("u", 16))}})
	must(err)
	h.transaction = x.InternalTransaction
	return h
}

// uses are all operations that take what somebody holds. Each is an error for who does
// not hold it, and the last ones end what they are given.
var uses = []struct {
	what string
	do   func(l *line, h held) error
}{
	{"R_CreateCursor", func(l *line, h held) error {
		_, err := l.reads.CreateCursor(ctx, &remoteread.CreateCursorRequest{Context: noSerialize(h.reading)})
		return err
	}},
	{"R_StartReceive", func(l *line, h held) error {
		_, err := l.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{Context: noSerialize(h.reading), Action: 1 << 31})
		return err
	}},
	{"R_StartTransactionalReceive", func(l *line, h held) error {
		_, err := l.reads.StartTransactionalReceive(ctx, &remoteread.StartTransactionalReceiveRequest{
			Context: noSerialize(h.reading), Action: 1 << 31, TransactionID: &mqmq.TransactionUOW{Data: make([]byte, 16)},
		})
		return err
	}},
	{"R_MoveMessage", func(l *line, h held) error {
		_, err := l.reads.MoveMessage(ctx, &remoteread.MoveMessageRequest{
			ContextFrom: noSerialize(h.reading), ContextTo: h.move, LookupID: 77, TransactionID: &mqmq.TransactionUOW{Data: make([]byte, 16)},
		})
		if errors.Is(err, mq.ErrMessageNotFound) {
			return nil // its holder comes so far
		}
		return err
	}},
	{"rpc_ACHandleToFormatName", func(l *line, h held) error {
		_, err := l.client.HandleToFormatName(ctx, &qmcomm.HandleToFormatNameRequest{Queue: h.queue, FormatNameRPCBufferLength: 100, FormatName: "x", Length: 100})
		return err
	}},
	{"rpc_ACCreateCursorEx", func(l *line, h held) error {
		_, err := l.client2.CreateCursorEx(ctx, &qmcomm2.CreateCursorExRequest{Queue: h.queue, Pcc: &qmcomm.CreateRemoteCursor{}})
		return err
	}},
	{"rpc_ACReceiveMessageEx", func(l *line, h held) error {
		_, err := l.client2.ReceiveMessageEx(ctx, &qmcomm2.ReceiveMessageExRequest{HQMContext: h.number, Ptb: &qmcomm.TransferBufferV2{
			Old: &qmcomm.TransferBufferV1{TransferType: 1, TransferBufferV1: &qmcomm.TransferBufferV1_TransferBufferV1{
				Value: &qmcomm.TransferBufferV1_Receive{Receive: &qmcomm.TransferBufferV1_TransferBufferV1_Receive{Action: 1 << 31}},
			}},
		}})
		return err
	}},
	{"RemoteQMStartReceive", func(l *line, h held) error {
		_, err := l.readsQM.StartReceive(ctx, &qm2qm.StartReceiveRequest{RemoteReadDesc: &qm2qm.RemoteReadDesc{
			RemoteQueue: h.claimed, Queue: h.claimed, RequestID: 2, Action: 1 << 31,
		}})
		return err
	}},
	{"R_PurgeQueue", func(l *line, h held) error {
		_, err := l.reads.PurgeQueue(ctx, &remoteread.PurgeQueueRequest{Context: noSerialize(h.reading)})
		return err
	}},
	{"rpc_ACPurgeQueue", func(l *line, h held) error {
		_, err := l.client.PurgeQueue(ctx, &qmcomm.PurgeQueueRequest{Queue: h.queue})
		return err
	}},
	{"RemoteQMPurgeQueue", func(l *line, h held) error {
		_, err := l.readsQM.PurgeQueue(ctx, &qm2qm.PurgeQueueRequest{Queue: h.claimed})
		return err
	}},
	{"RemoteQMEndReceive", func(l *line, h held) error {
		_, err := l.readsQM.EndReceive(ctx, &qm2qm.EndReceiveRequest{Context: h.receiving, Ack: 1})
		return err
	}},
	{"RemoteQMCloseQueue", func(l *line, h held) error {
		_, err := l.readsQM.CloseQueue(ctx, &qm2qm.CloseQueueRequest{Context: h.session})
		return err
	}},
	{"R_QMAbortTransaction", func(l *line, h held) error {
		_, err := l.client.AbortTransaction(ctx, &qmcomm.AbortTransactionRequest{InternalTransaction: h.transaction})
		return err
	}},
	{"rpc_ACCloseHandle", func(l *line, h held) error {
		_, err := l.client.CloseHandle(ctx, &qmcomm.CloseHandleRequest{Queue: h.queue})
		return err
	}},
	{"R_CloseQueue", func(l *line, h held) error {
		_, err := l.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: h.reading})
		return err
	}},
	{"R_CloseQueue of a target", func(l *line, h held) error {
		_, err := l.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: h.target})
		return err
	}},
}

// R14: what somebody holds is his, whoever names it, and from wherever.
func TestWhatSomebodyHoldsIsHisAlone(t *testing.T) {
	b := besiege(t, rpc.Limits{})
	for range 3 {
		b.Send(b.trap, qmtest.Message("m"))
	}
	alice, group := b.member(interfacestest.Admin, 0)
	mine := alice.hold(b.trap)
	thief, joined := b.member(interfacestest.User, group.got)
	if joined.got != group.got {
		t.Errorf("the thief is in group %d, not %d", joined.got, group.got)
	}
	stranger, _ := b.member(interfacestest.User, 0)
	elsewhere, _ := b.member(interfacestest.Admin, 0) // a user's other programs
	forged := handle(t, 0x5A)
	none := held{
		reading: (*remoteread.QueueSerialize)(forged), target: (*remoteread.QueueSerialize)(forged), move: 1 << 40,
		queue: (*qmcomm.Queue)(forged), number: 99, remote: (*qmcomm.Context)(forged), transaction: (*qmcomm.InternalTransaction)(forged),
		session: (*qm2qm.Session)(forged), claimed: 99, receiving: (*qm2qm.Context)(forged),
	}
	mixed := mine // each is of another interface, or of another kind
	mixed.reading, mixed.target = (*remoteread.QueueSerialize)(mine.queue), (*remoteread.QueueSerialize)(mine.session)
	mixed.queue, mixed.transaction = (*qmcomm.Queue)(mine.remote), (*qmcomm.InternalTransaction)(mine.queue)
	mixed.session, mixed.receiving = (*qm2qm.Session)(mine.receiving), (*qm2qm.Context)(mine.session)
	mixed.number, mixed.claimed = mine.claimed, mine.number
	b.honestly(func() {
		for _, u := range uses {
			for what, err := range map[string]error{
				"forged":                          u.do(alice, none),
				"of another kind":                 u.do(alice, mixed),
				"by another user":                 u.do(stranger, mine),
				"by another user in the group":    u.do(thief, mine),
				"by its user from somewhere else": orNumber(u.what, u.do, elsewhere, mine),
			} {
				if err == nil {
					t.Errorf("%s is done, %s", u.what, what)
				}
			}
		}
	})
	if n := len(b.Labels(b.trap)); n != 3 {
		t.Errorf("%d messages are left", n)
	}
	// Its holder, by another connection of his.
	again, _ := b.member(interfacestest.Admin, group.got)
	for _, u := range uses {
		if err := u.do(again, mine); err != nil {
			t.Errorf("%s, by who may: %v", u.what, err)
		}
	}
	for _, u := range uses {
		if err := u.do(again, mine); err == nil {
			t.Errorf("%s is done with what is closed", u.what)
		}
	}
}

// orNumber leaves out the one number that is its user's, not his connection's.
func orNumber(what string, do func(*line, held) error, l *line, h held) error {
	if what == "rpc_ACReceiveMessageEx" {
		h.number = 99
	}
	return do(l, h)
}

func handle(t *testing.T, b byte) *dcetypes.ContextHandle {
	t.Helper()
	id, err := dtyp.GUIDFromBytes([]byte(strings.Repeat(string(rune(b)), 16)))
	if err != nil {
		t.Fatal(err)
	}
	return &dcetypes.ContextHandle{UUID: id}
}
