package qmmgmt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/wire"
)

const far = `DIRECT=OS:far\private$\bills`

// carrier takes the place of the transport.
type carrier struct{ link localqm.Link }

func (c *carrier) Available(*localqm.Outgoing) {}
func (c *carrier) Changed(*localqm.Outgoing)   {}
func (c *carrier) OrderAck(localqm.OrderAck)   {}
func (c *carrier) Link(o *localqm.Outgoing) localqm.Link {
	if o.Paused() {
		return localqm.Link{State: mq.StateOnHold}
	}
	return c.link
}

func yes() *bool { b := true; return &b }

func TestPropertiesOfQueuesHere(t *testing.T) {
	m, c := start(t)
	const books = `.\private$\books`
	m.Create(books, localqm.QueueSpec{Transactional: yes(), Journaling: yes()})
	h := m.Open(orders, localqm.ReceiveAccess)
	for _, label := range []string{"one", "two", "three"} {
		m.Send(orders, qmtest.Message(label))
	}
	if _, err := m.SetQueue(t.Context(), qmtest.Owner, qmtest.Name(t, orders), localqm.QueueSpec{Journaling: yes()}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Read(t.Context(), localqm.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.MoveMessages(t.Context(), qmtest.Owner, qmtest.Name(t, orders), qmtest.Name(t, orders+";Poison"), []uint64{m.Browsed(orders)[1].Lookup}); err != nil {
		t.Fatal(err)
	}
	number := fmt.Sprintf("PRIVATE=%s\\%08x", m.Identity().ID, must(m.Glance(qmtest.Owner, qmtest.Name(t, orders))).Queue.Number)
	size := func(name string) string { return fmt.Sprint("19 ", m.Browsed(name)[0].Row.Size()) }
	for _, q := range []struct {
		name string
		want map[mq.PropID]string
	}{
		{orders, map[mq.PropID]string{
			1: `31 TEST\private$\orders`, 2: `31 DIRECT=OS:TEST\private$\orders`, 3: "31 PRIVATE", 4: "31 LOCAL", 5: "31 NO", 6: "31 NO",
			7: "19 1", 8: size(orders), 9: "19 1", 10: size(orders + ";journal"), 11: "31 LOCAL CONNECTION",
			12: "1", 13: "1", 14: "1", 15: "1", 16: "1", 17: "1", 18: "1", 19: "1", 20: "1", 21: "1", 22: "1", 23: "1",
			24: "4108 {4127}{4168}{4117}{4115 []}{4099 []}{4115 []}", 25: "1", 26: "19 1", 27: "4127 Poison",
		}},
		{number, map[mq.PropID]string{1: `31 TEST\private$\orders`, 7: "19 1", 26: "19 1"}},
		{number + ";JOURNAL", map[mq.PropID]string{1: `31 TEST\private$\orders;journal`, 7: "19 1", 11: "31 LOCAL CONNECTION"}},
		{`DIRECT=TCP:127.0.0.1\private$\ORDERS`, map[mq.PropID]string{1: `31 TEST\private$\orders`, 7: "19 1"}},
		{orders + ";journal", map[mq.PropID]string{1: `31 TEST\private$\orders;journal`, 3: "31 PRIVATE", 4: "31 LOCAL", 7: "19 1", 9: "19 0", 10: "19 0"}},
		{orders + ";poison", map[mq.PropID]string{1: `31 TEST\private$\orders;Poison`, 3: "31 PRIVATE", 7: "19 1", 8: size(orders + ";Poison"), 26: "19 0", 27: "4127"}},
		{books, map[mq.PropID]string{5: "31 YES", 7: "19 0", 8: "19 0", 9: "19 0", 26: "19 0", 27: "4127"}},
		{`.\system$;deadletter`, map[mq.PropID]string{1: `31 TEST\system$;deadletter`, 2: `31 DIRECT=OS:TEST\SYSTEM$;DEADLETTER`, 3: "31 MACHINE", 4: "31 LOCAL", 5: "31 NO", 6: "31 UNKNOWN", 7: "19 0"}},
		{`.\system$;deadxact`, map[mq.PropID]string{3: "31 MACHINE", 5: "31 YES", 7: "19 0"}},
		{"MACHINE=" + m.Identity().ID.String() + ";JOURNAL", map[mq.PropID]string{1: `31 TEST\system$;journal`, 3: "31 MACHINE", 7: "19 0"}},
		{`.\private$\order_queue$`, map[mq.PropID]string{3: "31 PRIVATE", 7: "19 0"}},
	} {
		for id, want := range q.want {
			if got := c.value(q.name, id); got != want {
				t.Errorf("%s, property %d: %q, not %q", q.name, id, got, want)
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestManyPropertiesComeInTheOrderAsked(t *testing.T) {
	_, c := start(t)
	values, code := c.ask(queue(t, orders), 26, 3, 7, 3, 11, 4, 25)
	if want := []string{"19 0", "31 PRIVATE", "19 0", "31 PRIVATE", "31 LOCAL CONNECTION", "31 LOCAL", "1"}; code != mq.OK || !slices.Equal(values, want) {
		t.Errorf("%v, %v", values, code)
	}
	ids := make([]mq.PropID, mq.MaxProperties)
	for i := range ids {
		ids[i] = mq.PropID(i%27 + 1)
	}
	if values, code := c.ask(queue(t, orders), ids...); code != mq.OK || len(values) != mq.MaxProperties {
		t.Errorf("%d properties: %d, %v", len(ids), len(values), code)
	}
}

func TestPropertiesOfOutgoingQueues(t *testing.T) {
	m, c := start(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	line := &carrier{localqm.Link{
		State: mq.StateWaiting, NextHops: []string{"IP=10.0.0.7", "IPv6=fe80::7"}, ResendCount: 2, ResendInterval: 30 * time.Second, ResendAt: at,
		History: []localqm.Connection{
			{At: at.Add(-time.Minute), Status: mq.ConnDNSFailure, Error: mq.ErrResolveAddress},
			{At: at, Status: mq.ConnInProcess, Address: "10.0.0.7"},
		},
	}}
	m.Attach(line)
	h := m.Open(far, localqm.SendAccess)
	tx := must(m.Begin())
	for range 3 {
		must(h.Send(t.Context(), tx, qmtest.Message("bill")))
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := m.Outgoings()[0]
	parcels := must(o.Take(t.Context(), localqm.Peer{ID: mq.GUID{0xFA}, Address: "10.0.0.7", Direct: true}, 2, 1<<20))
	sequence := func(number, previous uint32) string {
		id := parcels[0].Sequence
		return fmt.Sprintf("65 %016x%08x%08x", swap64(id), swap32(number), swap32(previous))
	}
	expect := func(want map[mq.PropID]string) {
		t.Helper()
		for id, w := range want {
			if got := c.value(far, id); got != w {
				t.Errorf("property %d: %q, not %q", id, got, w)
			}
		}
	}
	seconds := at.Unix()
	expect(map[mq.PropID]string{
		1: `31 far\private$\bills`, 2: "31 " + far, 3: "31 PRIVATE", 4: "31 REMOTE", 5: "31 UNKNOWN", 6: "31 NO",
		7: "19 3", 9: "19 0", 10: "19 0", 11: "31 WAITING", 12: "4127 IP=10.0.0.7,IPv6=fe80::7",
		13: "65 00000000000000000000000000000000", 14: "3 0", 15: "19 0", 16: sequence(1, 0), 17: sequence(2, 1), 18: sequence(3, 2), 19: "19 0", 20: "19 2",
		21: fmt.Sprint("3 ", seconds), 22: "19 30", 23: "19 2", 24: "4108 {4127}{4168}{4117}{4115 []}{4099 []}{4115 []}",
		25: fmt.Sprintf("4108 {4115 [%d 0]}{4099 [%d %d]}{4099 [%d 0]}{4108 {4127}{4127 10.0.0.7}}",
			uint32(mq.ConnDNSFailure), seconds-60, seconds, int32(-0x3FF1FF67)),
		26: "19 0", 27: "4127",
	})
	line.link.State = mq.StateInactive
	expect(map[mq.PropID]string{11: "31 INACTIVE", 12: "1"})
	line.link.State, line.link.NextHops = mq.StateConnected, nil
	expect(map[mq.PropID]string{11: "31 CONNECTED", 12: "4127"})
}

func swap64(n uint64) (out uint64) {
	for range 8 {
		out, n = out<<8|n&0xFF, n>>8
	}
	return out
}

func swap32(n uint32) uint32 { return uint32(swap64(uint64(n)) >> 32) }

func TestKindsOfOutgoingQueues(t *testing.T) {
	m, c := start(t)
	other := mq.NewGUID().String()
	for name, want := range map[string][3]string{
		far:                                  {`31 far\private$\bills`, "31 PRIVATE", "31 NO"},
		`DIRECT=OS:far\bills`:                {`31 far\bills`, "31 PUBLIC", "31 UNKNOWN"},
		`DIRECT=TCP:10.0.0.7\private$\bills`: {"1", "31 PRIVATE", "31 NO"},
		"PRIVATE=" + other + `\00000012`:     {"1", "31 PRIVATE", "31 NO"},
	} {
		m.Open(name, localqm.SendAccess)
		got, code := c.ask(queue(t, name), mq.PropMgmtQueuePathName, mq.PropMgmtQueueType, mq.PropMgmtQueueForeign)
		if code != mq.OK || !slices.Equal(got, want[:]) {
			t.Errorf("%s: %v, %v", name, got, code)
		}
	}
	got, code := c.ask(queue(t, far+";awaiting"), mq.PropMgmtQueuePathName, mq.PropMgmtQueueFormatName, mq.PropMgmtQueueLocation, mq.PropMgmtQueueState, mq.PropMgmtQueueMessageCount)
	if want := []string{`31 far\private$\bills;awaiting`, "31 " + far + ";awaiting", "31 REMOTE", "31 INACTIVE", "19 0"}; code != mq.OK || !slices.Equal(got, want) {
		t.Errorf("what awaits: %v, %v", got, code)
	}
}

func TestStreamsThatComeAreToldOf(t *testing.T) {
	m, c := start(t)
	const stream = `.\private$\stream`
	m.Create(stream, localqm.QueueSpec{Transactional: yes(), AllowSend: []secure.SID{secure.Anonymous}})
	for n := range byte(2) {
		source := mq.GUID{n + 1, 15: 0xFA}
		arrive(t, m, localqm.Peer{ID: source, Address: "10.0.0.7"}, func(msg *mq.Message) {
			msg.Sequence, msg.SequenceNumber = uint64(n)+7, 1
		})
	}
	now := m.Clock.Now().Unix()
	want := fmt.Sprintf(`4108 {4127 DIRECT=OS:TEST\private$\stream,DIRECT=OS:TEST\private$\stream}{4168 [%s][%s]}{4117 [7][8]}{4115 [1 1]}{4099 [%d %d]}{4115 [0 0]}`,
		mq.GUID{1, 15: 0xFA}, mq.GUID{2, 15: 0xFA}, now, now)
	if got := c.value(stream, mq.PropMgmtQueueEODSourceInfo); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
}

func arrive(t *testing.T, m *qmtest.QM, from localqm.Peer, change func(*mq.Message)) {
	t.Helper()
	msg := &mq.Message{
		ID: mq.ObjectID{Source: from.ID, Ordinal: 1}, SourceMachine: from.ID, Delivery: mq.Recoverable, Transactional: true, First: true, Last: true,
		Destination: mq.DirectOS("TEST", mq.PrivatePrefix+"stream"), SentTime: m.Clock.Now(),
	}
	msg.Defaults()
	change(msg)
	done := make(chan localqm.Arrival, 1)
	if err := m.Arrive(from, must(wire.Append(nil, msg, from.ID)), func(a localqm.Arrival) { done <- a }); err != nil {
		t.Fatal(err)
	}
	if a := <-done; a.Err != nil {
		t.Fatal(a.Err)
	}
}

func TestActionsOfQueues(t *testing.T) {
	m, c := start(t)
	m.Attach(&carrier{localqm.Link{State: mq.StateConnected}})
	h := m.Open(far, localqm.SendAccess)
	tx := must(m.Begin())
	must(h.Send(t.Context(), tx, qmtest.Message("bill")))
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, a := range []struct{ action, state string }{{"PAUSE", "ONHOLD"}, {"resume", "CONNECTED"}, {"Pause", "ONHOLD"}, {"RESUME", "CONNECTED"}} {
		if code := c.act(queue(t, far), a.action); code != mq.OK {
			t.Errorf("%s: %v", a.action, code)
		}
		if got := c.value(far, mq.PropMgmtQueueState); got != "31 "+a.state {
			t.Errorf("after %s: %s", a.action, got)
		}
	}
	to := localqm.Peer{ID: mq.GUID{0xFA}, Address: "10.0.0.7", Direct: true}
	take := func() int { return len(must(m.Outgoings()[0].Take(t.Context(), to, 10, 1<<20))) }
	if n, again := take(), take(); n != 1 || again != 0 {
		t.Fatalf("%d left, then %d", n, again)
	}
	if code := c.act(queue(t, far), "EOD_RESEND"); code != mq.OK {
		t.Errorf("EOD_RESEND: %v", code)
	}
	if n := take(); n != 1 {
		t.Errorf("after EOD_RESEND %d leave", n)
	}
	for what, a := range map[string]struct {
		name, action string
		want         mq.HResult
	}{
		"a queue here":             {orders, "PAUSE", mq.ErrUnsupportedOperation},
		"one that is not there":    {`.\private$\none`, "RESUME", mq.ErrQueueNotFound},
		"nothing is kept for it":   {`DIRECT=OS:else\private$\bills`, "EOD_RESEND", mq.ErrQueueNotFound},
		"an action of the machine": {far, "TIDY", mq.ErrInvalidParameter},
		"no action":                {far, "STOP", mq.ErrInvalidParameter},
		"an empty action":          {far, "", mq.ErrInvalidParameter},
		"a long one":               {far, strings.Repeat("PAUSE", 1000), mq.ErrInvalidParameter},
	} {
		if code := c.act(queue(t, a.name), a.action); code != a.want {
			t.Errorf("%s: %v", what, code)
		}
	}
}

func TestPausedQueuesStayAndAreListed(t *testing.T) {
	m, c := start(t)
	h := m.Open(far, localqm.SendAccess)
	if code := c.act(queue(t, far), "PAUSE"); code != mq.OK {
		t.Fatal(code)
	}
	h.Close()
	m.Clock.Advance(time.Hour)
	if active, _ := c.ask(machine(), mq.PropMgmtMSMQActiveQueues); !slices.Equal(active, []string{"4127 " + far}) {
		t.Errorf("%v", active)
	}
}

func TestActionsOfTheComputer(t *testing.T) {
	m, c := start(t)
	m.Send(orders, qmtest.Message("one"))
	for _, a := range []struct {
		action string
		want   mq.HResult
		state  string
	}{
		{"DISCONNECT", mq.OK, "31 DISCONNECTED"},
		{"TIDY", mq.OK, "31 DISCONNECTED"},
		{"Connect", mq.OK, "31 CONNECTED"},
		{"PAUSE", mq.ErrInvalidParameter, "31 CONNECTED"},
		{"", mq.ErrInvalidParameter, "31 CONNECTED"},
	} {
		if code := c.act(machine(), a.action); code != a.want {
			t.Errorf("%q: %v", a.action, code)
		}
		if got, _ := c.ask(machine(), mq.PropMgmtMSMQConnected); got[0] != a.state {
			t.Errorf("after %q: %v", a.action, got)
		}
	}
	if got := m.Labels(orders); !slices.Equal(got, []string{"one"}) {
		t.Errorf("TIDY has removed messages: %v", got)
	}
}

func TestPropertiesOfTheComputer(t *testing.T) {
	m, c := start(t)
	m.Create(`.\private$\Books`, localqm.QueueSpec{})
	m.Create(`.\private$\empty`, localqm.QueueSpec{})
	m.Send(orders, qmtest.Message("one"))
	m.Open(`.\private$\books`, localqm.PeekAccess)
	m.Open(far, localqm.SendAccess)
	got, code := c.ask(machine(), 1, 2, 3, 4, 5, 6)
	want := []string{
		`4127 ` + far + `,DIRECT=OS:TEST\private$\Books,DIRECT=OS:TEST\private$\orders`,
		`4127 TEST\private$\Books,TEST\private$\empty,TEST\private$\orders`,
		"1", "31 CONNECTED", "31 Posthouse 1.0 on an OS", fmt.Sprint("20 &{", m.Browsed(orders)[0].Row.Size(), "}"),
	}
	if code != mq.OK || !slices.Equal(got, want) {
		t.Errorf("%q, %v\nnot %q", got, code, want)
	}
}

func BenchmarkMessageCount(b *testing.B) {
	m := qmtest.Start(b, qmtest.Memory)
	for i := range 3000 {
		m.Create(fmt.Sprintf(`.\private$\q%04d`, i), localqm.QueueSpec{})
	}
	bench(b, m, queue(b, `.\private$\q1500`), mq.PropMgmtQueueMessageCount)
}

func BenchmarkPrivateQueues(b *testing.B) {
	m := qmtest.Start(b, qmtest.Memory)
	for i := range 3000 {
		m.Create(fmt.Sprintf(`.\private$\q%04d`, i), localqm.QueueSpec{})
	}
	bench(b, m, machine(), mq.PropMgmtMSMQPrivateQ)
}
