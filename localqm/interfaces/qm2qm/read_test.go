package qm2qm_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	qm2qmv1 "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/wire"
)

// What ulAction may be.
const (
	receive     = 0x00000000
	peekCurrent = 0x80000000
	peekNext    = 0x80000001
)

// answer is what came of a read.
type answer struct {
	code     mq.HResult
	label    string
	desc     *qm2qmv1.RemoteReadDesc
	lookup   uint64
	context  *qm2qmv1.Context
	received bool // a context handle came
}

func (r *reader) answer(c int32, d *qm2qmv1.RemoteReadDesc, h *qm2qmv1.Context, lookup uint64) answer {
	r.t.Helper()
	a := answer{code: code(c), desc: d, lookup: lookup, context: h, received: !zero(h.ContextHandle())}
	if a.code != mq.OK {
		if a.received || len(d.Buffer) != 0 || d.Size != 0 {
			r.t.Errorf("%v came with a handle or a message", a.code)
		}
		return a
	}
	m, err := wire.Parse(d.Buffer, mq.GUID{})
	if err != nil || int(d.Size) != len(d.Buffer) {
		r.t.Errorf("a packet of %d bytes, dwSize %d: %v", len(d.Buffer), d.Size, err)
		return a
	}
	a.label = m.Label
	return a
}

func (r *reader) desc(action, cursor, timeout, request uint32) *qm2qmv1.RemoteReadDesc {
	return &qm2qmv1.RemoteReadDesc{RemoteQueue: r.queue, Queue: r.queue, Action: action, Cursor: cursor, Timeout: timeout, RequestID: request}
}

// read is RemoteQMStartReceive2.
func (r *reader) read(action, cursor, timeout, request uint32) answer {
	r.t.Helper()
	return r.start(r.desc(action, cursor, timeout, request))
}

func (r *reader) start(d *qm2qmv1.RemoteReadDesc) answer {
	r.t.Helper()
	out := &qm2qmv1.StartReceive2Response{}
	r.Must(r.t, &qm2qmv1.StartReceive2Request{RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{RemoteReadDesc: d}}, out)
	return r.answer(out.Return, out.RemoteReadDesc2.RemoteReadDesc, out.Context, out.RemoteReadDesc2.SequentialID)
}

func (r *reader) at(action uint32, lookup uint64) answer {
	r.t.Helper()
	return r.startAt(r.desc(action, 0, 0, 1), lookup)
}

func (r *reader) startAt(d *qm2qmv1.RemoteReadDesc, lookup uint64) answer {
	r.t.Helper()
	out := &qm2qmv1.StartReceiveByLookupIDResponse{}
	r.Must(r.t, &qm2qmv1.StartReceiveByLookupIDRequest{LookupID: lookup, RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{RemoteReadDesc: d}}, out)
	return r.answer(out.Return, out.RemoteReadDesc2.RemoteReadDesc, out.Context, out.RemoteReadDesc2.SequentialID)
}

func (r *reader) peek() answer { r.t.Helper(); return r.read(peekCurrent, 0, 0, 1) }

func (r *reader) receive(timeout uint32) answer { r.t.Helper(); return r.read(receive, 0, timeout, 1) }

func (r *reader) end(h *qm2qmv1.Context, ack uint32) mq.HResult {
	r.t.Helper()
	out := &qm2qmv1.EndReceiveResponse{}
	r.Must(r.t, &qm2qmv1.EndReceiveRequest{Context: h, Ack: ack}, out)
	if out.Return == 0 && !zero(out.Context.ContextHandle()) {
		r.t.Error("the handle that came back is not NULL")
	}
	return code(out.Return)
}

func (r *reader) cancel(request uint32) mq.HResult {
	r.t.Helper()
	out := &qm2qmv1.CancelReceiveResponse{}
	r.Must(r.t, &qm2qmv1.CancelReceiveRequest{Queue: r.queue, QueueID: r.queue, RequestID: request}, out)
	return code(out.Return)
}

// octets are a context handle as it travels.
func octets(t testing.TB, h *qm2qmv1.Context) []byte {
	t.Helper()
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	if err := h.MarshalNDR(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func fill(h *host, labels ...string) {
	for _, l := range labels {
		h.Send(orders, qmtest.Message(l))
	}
}

func TestAReceiveEndsWithItsAcknowledgement(t *testing.T) {
	h := start(t)
	fill(h, "one", "two")
	r := h.open(orders, localqm.ReceiveAccess)
	first := r.receive(0)
	if first.code != mq.OK || first.label != "one" || !first.received {
		t.Fatalf("%+v", first)
	}
	second := r.read(receive, 0, 0, 1)
	if second.label != "two" {
		t.Errorf("while the first is held: %+v", second)
	}
	if got := r.end(first.context, 1); got != mq.OK {
		t.Errorf("RR_NACK: %v", got)
	}
	if got := r.end(second.context, 2); got != mq.OK {
		t.Errorf("RR_ACK: %v", got)
	}
	if got := h.Labels(orders); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the queue has %v", got)
	}
	if err := r.Call(t.Context(), &qm2qmv1.EndReceiveRequest{Context: first.context, Ack: 2}, &qm2qmv1.EndReceiveResponse{}); !errors.Is(err, rpc.FaultContextMismatch) {
		t.Errorf("an end again: %v", err)
	}
	out := &qm2qmv1.EndReceiveResponse{}
	if r.Must(t, &qm2qmv1.EndReceiveRequest{Context: &qm2qmv1.Context{}, Ack: 2}, out); code(out.Return) != mq.ErrInvalidHandle {
		t.Errorf("the end of NULL: %v", code(out.Return))
	}
}

func TestAReceiveThatIsNotEndedInTimeIsGivenBack(t *testing.T) {
	h := start(t)
	fill(h, "one")
	r := h.open(orders, localqm.ReceiveAccess)
	held := r.receive(0)
	h.Clock.Advance(10 * time.Minute)
	qmtest.Eventually(t, "the message is back", func() bool { return r.peek().code == mq.OK })
	if got := r.end(held.context, 2); got != mq.ErrTransactionSequence {
		t.Errorf("a late end: %v", got)
	}
}

func TestTheMessageComesAsItsPacket(t *testing.T) {
	h := start(t)
	fill(h, "one")
	r := h.open(orders, localqm.PeekAccess)
	stored := h.Browsed(orders)[0].Row
	whole, err := h.Message(t.Context(), qmtest.Owner, qmtest.Name(t, orders), stored.Lookup, -1)
	if err != nil {
		t.Fatal(err)
	}
	want := whole.Row.Packet()
	a := r.peek()
	if !slices.Equal(a.desc.Buffer, want[:binary.LittleEndian.Uint32(want[8:])]) {
		t.Errorf("%x, not %x", a.desc.Buffer, want)
	}
	if a.desc.ArriveTime != uint32(stored.Arrived) || a.lookup != stored.Lookup&(1<<56-1) || a.received {
		t.Errorf("arrived %d, sequential %x, handle %t; stored %+v", a.desc.ArriveTime, a.lookup, a.received, stored)
	}
	old := &qm2qmv1.StartReceiveResponse{}
	r.Must(t, &qm2qmv1.StartReceiveRequest{RemoteReadDesc: r.desc(peekCurrent, 0, 0, 5)}, old)
	if b := r.answer(old.Return, old.RemoteReadDesc, old.Context, 0); b.label != "one" || b.desc.RequestID != 5 {
		t.Errorf("RemoteQMStartReceive: %+v", b)
	}
	if a := r.receive(0); a.code != mq.ErrAccessDenied {
		t.Errorf("receiving from a queue that is open to peek: %v", a.code)
	}
}

func TestCursors(t *testing.T) {
	h := start(t)
	fill(h, "one", "two", "three")
	r := h.open(orders, localqm.ReceiveAccess)
	q, err := h.table.Find(r.queue)
	if err != nil {
		t.Fatal(err)
	}
	c, err := q.OpenCursor()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		action uint32
		label  string
		code   mq.HResult
	}{
		{peekNext, "", mq.ErrIllegalCursorAction},
		{peekCurrent, "one", mq.OK},
		{peekCurrent, "one", mq.OK},
		{peekNext, "two", mq.OK},
		{receive, "two", mq.OK},
		{peekCurrent, "three", mq.OK},
		{peekNext, "", mq.ErrIOTimeout},
	} {
		a := r.read(step.action, c, 0, 1)
		if a.code != step.code || a.label != step.label || a.received != (step.action == receive && step.code == mq.OK) {
			t.Errorf("%x: %q, %v; not %q, %v", step.action, a.label, a.code, step.label, step.code)
		}
	}
	if got := r.closeCursor(c); got != mq.OK {
		t.Error(got)
	}
	if got := r.closeCursor(c); got != mq.ErrInvalidHandle {
		t.Errorf("closed twice: %v", got)
	}
	if a := r.read(peekCurrent, c, 0, 1); a.code != 0xC000000D {
		t.Errorf("reading with it: %v", a.code)
	}
}

func TestReadingByLookupIdentifier(t *testing.T) {
	h := start(t)
	for label, priority := range map[string]uint8{"one": 7, "two": 3, "three": 0} {
		m := qmtest.Message(label)
		m.Priority = priority
		h.Send(orders, m)
	}
	r := h.open(orders, localqm.ReceiveAccess)
	all := h.Browsed(orders)
	two := all[1].Lookup
	for _, step := range []struct {
		action uint32
		lookup uint64
		label  string
		code   mq.HResult
	}{
		{0x40000010, two, "two", mq.OK},
		{0x40000011, two, "three", mq.OK},
		{0x40000012, two, "one", mq.OK},
		{0x40000010, two & (1<<56 - 1), "two", mq.OK}, // as SequentialId has it
		{0x40000011, two & (1<<56 - 1), "three", mq.OK},
		{0x40000012, two & (1<<56 - 1), "one", mq.OK},
		{0x40000011, 0, "one", mq.OK},
		{0x40000012, math.MaxUint64, "three", mq.OK},
		{0x40000011, all[2].Lookup, "", mq.ErrMessageNotFound},
		{0x40000012, all[0].Lookup, "", mq.ErrMessageNotFound},
		{0x40000010, 12345, "", mq.ErrMessageNotFound},
		{0x40000010, 0, "", mq.ErrInvalidParameter},
		{0x40000012, 0, "", mq.ErrInvalidParameter},
		{0x40000020, 0, "", mq.ErrInvalidParameter},
		{0x40000014, two, "", mq.ErrInvalidParameter},
		{receive, two, "", mq.ErrInvalidParameter},
		{0x40000020, two & (1<<56 - 1), "two", mq.OK},
		{0x40000021, two & (1<<56 - 1), "three", mq.OK}, // behind one that is held
		{0x40000022, math.MaxUint64, "one", mq.OK},
		{0x40000021, 0, "", mq.ErrMessageNotFound},
	} {
		a := r.at(step.action, step.lookup)
		if a.code != step.code || a.label != step.label || a.received != (step.code == mq.OK && step.action >= 0x40000020) {
			t.Errorf("%x of %x: %q, %v; not %q, %v", step.action, step.lookup, a.label, a.code, step.label, step.code)
		}
		if a.received {
			r.end(a.context, 2)
		}
	}
}

// Who browses knows SequentialId alone, and the message it stands on may go.
func TestBrowsingBySequentialIdentifierSurvivesRemovals(t *testing.T) {
	h := start(t)
	fill(h, "one", "two", "three")
	r := h.open(orders, localqm.PeekAccess)
	a := r.at(0x40000011, 0)
	for _, want := range []string{"two", "three"} {
		if _, err := h.Open(orders, localqm.ReceiveAccess).Read(t.Context(), localqm.ReadOptions{}); err != nil {
			t.Fatal(err)
		}
		if a = r.at(0x40000011, a.lookup); a.label != want {
			t.Fatalf("%q, %v; not %q", a.label, a.code, want)
		}
	}
	if a = r.at(0x40000011, a.lookup); a.code != mq.ErrMessageNotFound {
		t.Errorf("behind the last: %q, %v", a.label, a.code)
	}
}

func TestWhatIsAskedWronglyHasACode(t *testing.T) {
	h := start(t)
	fill(h, "one")
	r := h.open(orders, localqm.ReceiveAccess)
	change := func(f func(*qm2qmv1.RemoteReadDesc)) *qm2qmv1.RemoteReadDesc {
		d := r.desc(peekCurrent, 0, 0, 1)
		f(d)
		return d
	}
	const statusInvalidParameter = 0xC000000D
	for what, c := range map[string]struct {
		desc *qm2qmv1.RemoteReadDesc
		want mq.HResult
	}{
		"dwQueue is 0":               {change(func(d *qm2qmv1.RemoteReadDesc) { d.Queue = 0 }), mq.ErrInvalidParameter},
		"two numbers":                {change(func(d *qm2qmv1.RemoteReadDesc) { d.RemoteQueue++ }), mq.ErrInvalidParameter},
		"a number of no queue":       {change(func(d *qm2qmv1.RemoteReadDesc) { d.RemoteQueue++; d.Queue++ }), mq.ErrInvalidParameter},
		"the next without a cursor":  {change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = peekNext }), statusInvalidParameter},
		"a cursor that is not there": {change(func(d *qm2qmv1.RemoteReadDesc) { d.Cursor = 9 }), statusInvalidParameter},
		"an action that is none":     {change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 5 }), mq.ErrInvalidParameter},
		"a lookup action":            {change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 0x40000010 }), mq.ErrInvalidParameter},
	} {
		if a := r.start(c.desc); a.code != c.want {
			t.Errorf("%s: %v", what, a.code)
		}
	}
	for what, d := range map[string]*qm2qmv1.RemoteReadDesc{
		"hRemoteQueue is 0": change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 0x40000011; d.RemoteQueue = 0 }),
		"a time-out":        change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 0x40000011; d.Timeout = 1 }),
		"a cursor":          change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 0x40000011; d.Cursor = 1 }),
		"another queue":     change(func(d *qm2qmv1.RemoteReadDesc) { d.Action = 0x40000011; d.RemoteQueue++ }),
	} {
		if a := r.startAt(d, 0); a.code != mq.ErrInvalidParameter {
			t.Errorf("by lookup identifier, %s: %v", what, a.code)
		}
	}
	null := &qm2qmv1.StartReceive2Response{}
	if r.Must(t, &qm2qmv1.StartReceive2Request{RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{}}, null); code(null.Return) != mq.ErrInvalidHandle {
		t.Errorf("no descriptor: %v", code(null.Return))
	}
	none := &qm2qmv1.StartReceiveByLookupIDResponse{}
	if r.Must(t, &qm2qmv1.StartReceiveByLookupIDRequest{LookupID: 1, RemoteReadDesc2: &qm2qmv1.RemoteReadDesc2{}}, none); code(none.Return) != mq.ErrInvalidHandle {
		t.Errorf("no descriptor, by lookup identifier: %v", code(none.Return))
	}
}
