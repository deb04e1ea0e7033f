package remote_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/remote"
)

// peer is a queue manager with one queue, that answers as a test wants: older, stricter
// or worse than ours.
type peer struct {
	qmmgmt.UnimplementedQmmgmtServer
	remoteread.UnimplementedRemoteReadServer
	packet func(lookup uint64) []byte // as sent; nil: as it should be
	places []uint64                   // of the messages, by MS-MQRR without their priority

	mu             sync.Mutex
	opened, closed int
	ended          []uint32
	asked          []uint32 // properties
}

func (p *peer) ManagementGetInfo(_ context.Context, r *qmmgmt.ManagementGetInfoRequest) (*qmmgmt.ManagementGetInfoResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := &qmmgmt.ManagementGetInfoResponse{Var: r.Var}
	text := func(s string) *mqmq.PropertyVariant {
		return &mqmq.PropertyVariant{VT: uint16(mq.VTLPWSTR), VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UnicodeString{UnicodeString: s}}}
	}
	if r.ObjectFormat.Type == qmmgmt.ManagementObjectTypeMachine {
		for i, id := range r.Property {
			if mq.PropID(id) == mq.PropMgmtMSMQType {
				out.Var[i] = text("MSMQ 3.0")
			}
		}
		return out, nil
	}
	for i, id := range r.Property {
		p.asked = append(p.asked, id)
		switch id := mq.PropID(id); {
		case id >= mq.PropMgmtQueueConnectionHistory:
			out.Return = negative(mq.ErrIllegalPropID)
			return out, nil
		case id == mq.PropMgmtQueuePathName:
			out.Var[i] = text(`OLD\private$\orders`)
		case id == mq.PropMgmtQueueMessageCount: // of another type than it should be
			out.Var[i] = text("many")
		}
	}
	return out, nil
}

func (p *peer) ManagementAction(context.Context, *qmmgmt.ManagementActionRequest) (*qmmgmt.ManagementActionResponse, error) {
	return nil, rpc.FaultOperation
}

func (p *peer) OpenQueue(ctx context.Context, _ *remoteread.OpenQueueRequest) (*remoteread.OpenQueueResponse, error) {
	h, err := rpc.CallOf(ctx).Group.Open("RemoteRead", p, nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	return &remoteread.OpenQueueResponse{Context: (*remoteread.QueueSerialize)(&h)}, err
}

func (p *peer) OpenQueueForMove(context.Context, *remoteread.OpenQueueForMoveRequest) (*remoteread.OpenQueueForMoveResponse, error) {
	return nil, rpc.FaultOperation // MS-MQRR <21>
}

func (p *peer) CloseQueue(context.Context, *remoteread.CloseQueueRequest) (*remoteread.CloseQueueResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed++
	return &remoteread.CloseQueueResponse{Context: &remoteread.QueueSerialize{}}, nil
}

func (p *peer) EndReceive(_ context.Context, r *remoteread.EndReceiveRequest) (*remoteread.EndReceiveResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = append(p.ended, r.Ack)
	return &remoteread.EndReceiveResponse{}, nil
}

// StartReceive looks no further than a message that is there (MS-MQDMPR 3.1.7.3.3).
func (p *peer) StartReceive(_ context.Context, r *remoteread.StartReceiveRequest) (*remoteread.StartReceiveResponse, error) {
	i := 0
	if r.LookupID != 0 {
		at := r.LookupID & (1<<56 - 1)
		i = slices.Index(p.places, at)
		if i < 0 {
			return &remoteread.StartReceiveResponse{Return: negative(mq.ErrMessageNotFound)}, nil
		}
		i += []int{0, 1, -1}[r.Action&3]
	}
	if i < 0 || i >= len(p.places) {
		return &remoteread.StartReceiveResponse{Return: negative(mq.ErrMessageNotFound)}, nil
	}
	packet := p.good(p.places[i])
	if p.packet != nil {
		packet = p.packet(p.places[i])
	}
	return &remoteread.StartReceiveResponse{
		SequenceID: p.places[i], NumberOfSections: 1, PacketSections: []*remoteread.SectionBuffer{{
			SectionSize: uint32(len(packet)), SectionSizeAlloc: uint32(len(packet)), SectionBuffer: packet,
		}},
	}, nil
}

func (p *peer) good(lookup uint64) []byte {
	m := new(mq.Message)
	m.Defaults()
	m.ID, m.Destination = mq.ObjectID{Source: mq.GUID{1}, Ordinal: uint32(lookup)}, mq.DirectOS("OLD", `private$\orders`)
	b, err := wire.Append(nil, m, mq.GUID{})
	if err != nil {
		panic(err)
	}
	return b
}

// meet starts it and connects.
func meet(t *testing.T, p *peer) *remote.Node {
	t.Helper()
	s := rpc.Serve(listening(t), rpc.Options{Anonymous: true, Interfaces: []rpc.Interface{
		{Name: "qmmgmt", Syntax: *qmmgmt.QmmgmtSyntaxV1_0, Handle: qmmgmt.NewQmmgmtServerHandle(p)},
		{Name: "RemoteRead", Syntax: *remoteread.RemoteReadSyntaxV1_0, Handle: remoteread.NewRemoteReadServerHandle(p)},
	}})
	t.Cleanup(func() { _ = s.Close() })
	n, err := remote.Dial(t.Context(), remote.Options{Address: s.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// Row R16 of the hostile table: an error, and the queue is closed.
func TestAHostileAnswerIsAnErrorAndTheQueueIsClosed(t *testing.T) {
	p := &peer{places: []uint64{7}}
	const flags = 16 + 48 - 4
	for name, edit := range map[string]func(b []byte) []byte{
		"cut off":               func(b []byte) []byte { return b[:len(b)-10] },
		"more than it has":      func(b []byte) []byte { binary.LittleEndian.PutUint32(b[8:], 1<<20); return b },
		"AH without its header": func(b []byte) []byte { b[flags+3] |= 2; return b },
		"AH, DataLength wraps": func(b []byte) []byte {
			b[flags+3] |= 2
			b = append(b, 0x2C, 1, 0, 0, 0x1B, 2, 0, 0x80)
			b = append(b, make([]byte, 0x436)...)
			binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
			return b
		},
		"rubbish behind it": func(b []byte) []byte { return append(b, 12, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x12, 0, 0, 0) },
		"nothing":           func([]byte) []byte { return nil },
	} {
		p.packet = func(lookup uint64) []byte { return edit(p.good(lookup)) }
		n := meet(t, p)
		p.opened, p.closed, p.ended = 0, 0, nil
		_, err := n.Messages(t.Context(), "orders", mgmtclient.Page{})
		if !errors.Is(err, wire.ErrMalformed) || mgmtclient.Code(err) != mq.ErrGeneric {
			t.Errorf("%s: %v", name, err)
		}
		_, err = n.Receive(t.Context(), "orders", mgmtclient.ReceiveOptions{})
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: received %v", name, err)
		}
		_ = n.Close()
		if p.opened != 2 || p.closed != 2 || !slices.Equal(p.ended, []uint32{1}) {
			t.Errorf("%s: %d queues opened, %d closed, receives ended with %v", name, p.opened, p.closed, p.ended)
		}
	}
}

func TestAnAnswerThatLeadsBackEnds(t *testing.T) {
	p := &peer{places: []uint64{5, 4, 5}} // a ring
	_, err := meet(t, p).Messages(t.Context(), "orders", mgmtclient.Page{})
	if !errors.Is(err, wire.ErrMalformed) || !strings.Contains(err.Error(), "was said to stand beyond") {
		t.Errorf("%v", err)
	}
}

func TestBrowsingGoesOnWhereAMessageHasGone(t *testing.T) {
	p := &peer{places: []uint64{2, 3, 5, 8, 9}}
	n := meet(t, p)
	at := func(place uint64) mgmtclient.LookupID { return mgmtclient.LookupID(4<<56 | place) }
	for _, c := range []struct {
		page mgmtclient.Page
		want []uint64
		more bool
	}{
		{mgmtclient.Page{}, []uint64{2, 3, 5, 8, 9}, false},
		{mgmtclient.Page{Limit: 4}, []uint64{2, 3, 5, 8}, true},
		{mgmtclient.Page{After: at(3)}, []uint64{5, 8, 9}, false},
		{mgmtclient.Page{After: at(4)}, []uint64{5, 8, 9}, false}, // it has gone
		{mgmtclient.Page{After: at(9)}, nil, false},
		{mgmtclient.Page{After: at(11)}, nil, false},
		{mgmtclient.Page{After: at(4), Before: at(9), Limit: 1}, []uint64{5}, true},
	} {
		page, err := n.Messages(t.Context(), "orders", c.page)
		var got []uint64
		for _, m := range page.Messages {
			got = append(got, uint64(m.LookupID)&(1<<56-1))
		}
		if err != nil || !slices.Equal(got, c.want) || page.More != c.more {
			t.Errorf("%+v: %v, more %v, %v; want %v", c.page, got, page.More, err, c.want)
		}
	}
}

func TestAnOldPeerIsAskedForLessAndSaidToBeOld(t *testing.T) {
	p := &peer{}
	n := meet(t, p)
	m, err := n.Machine(t.Context())
	if err != nil || m.Version != "MSMQ 3.0" || m.Name != "OLD" {
		t.Errorf("%+v, %v", m, err)
	}
	for range 2 {
		q, err := n.Queue(t.Context(), "orders")
		if err != nil || q.PathName != `OLD\private$\orders` || q.Messages != 0 {
			t.Errorf("%+v, %v", q, err)
		}
	}
	tried := 0
	for _, id := range p.asked {
		if mq.PropID(id) == mq.PropMgmtQueueSubqueueNames {
			tried++
		}
	}
	if tried != 1 {
		t.Errorf("properties that it does not know were asked for %d times", tried)
	}
	_, err = n.Move(t.Context(), "orders", []mgmtclient.LookupID{1}, "orders;sub")
	if mgmtclient.Code(err) != mq.ErrOperationNotSupportedByRemote || !strings.Contains(err.Error(), "its Message Queuing is older") {
		t.Errorf("%v", err)
	}
	if err := n.Connect(t.Context()); mgmtclient.Code(err) != mq.ErrOperationNotSupportedByRemote {
		t.Errorf("%v", err)
	}
}

// negative is a code as methods return it.
func negative(h mq.HResult) int32 { return int32(uint32(h)) }

func wants(t *testing.T, err error, code mq.HResult, says string) {
	t.Helper()
	if mgmtclient.Code(err) != code || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want %s and %q", err, code.Name(), says)
	}
}
