package faults

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/ping"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// latencies are how long honest messages take, sorted.
func (s *siege) latencies(n int) (all []time.Duration) {
	s.t.Helper()
	for range n {
		begin := time.Now()
		s.unhurt()
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	return all
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// B43: idle connections, slow ones and many at once take no place from honest
// ones.
func TestAFloodOfConnections(t *testing.T) {
	s := newSiege(t)
	connects, crowd := 10_000, 1000
	if testing.Short() {
		connects, crowd = 1000, 200
	}
	calm, before := s.latencies(200), heap()

	// Of one address: all but a few are closed at once.
	at := netip.AddrPortFrom(s.hub.Address, s.network.Port).String()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(hostileAddress)}}
	var idle []net.Conn
	begin := time.Now()
	for range connects {
		c, err := d.Dial("tcp", at)
		ok(t, err)
		if idle = append(idle, c); len(idle) > 64 {
			_ = idle[0].Close()
			idle = idle[1:]
		}
	}
	rate := float64(connects) / time.Since(begin).Seconds()
	s.unhurt()
	for _, c := range idle {
		_ = c.Close()
	}

	// Of many addresses, as many as there may be in all and more, a byte each now
	// and then.
	var slow []net.Conn
	for i := range crowd {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(fmt.Sprintf(hostileNumbers, i/16/250, i/16%250+1))}}
		c, err := d.Dial("tcp", at)
		ok(t, err)
		slow = append(slow, c)
	}
	var drip sync.WaitGroup
	over := make(chan struct{})
	ask := s.establish()
	drip.Go(func() {
		for i := 0; ; i++ {
			for _, c := range slow {
				_, _ = c.Write(ask[i%len(ask) : i%len(ask)+1])
			}
			select {
			case <-over:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	crowded, full := s.latencies(200), heap()
	// Somebody who was not there before comes in.
	late := s.network.Start("LATE")
	late.Send(s.hub.Direct("q"), qmtest.Message("late"))
	s.stored("q", "late")
	close(over)
	drip.Wait()
	for _, c := range slow {
		_ = c.Close()
	}
	qmtest.Eventually(t, "only honest sessions are left", func() bool { return s.hub.Transport.Sessions() <= 2 })
	t.Logf("%d connections, %.0f/s; honest p99 %v, beside %d slow ones %v; %d KB more", connects, rate,
		calm[len(calm)*99/100], crowd, crowded[len(crowded)*99/100], (int64(full)-int64(before))/1024)
	if full > before+128<<20 {
		t.Errorf("%d MB are taken for them", (full-before)>>20)
	}
}

// B45: whoever names sources that are none pushes out what he sent, and not what
// others did.
func TestAFloodOfSources(t *testing.T) {
	s := newSiege(t)
	flood := 40_000
	if testing.Short() {
		flood = 4000
	}
	// What the honest one sent is remembered.
	a := s.connect("127.0.0.67")
	a.write(wire.AppendEstablish(nil, wire.Establish{Client: mq.GUID{0x67}}))
	a.packet()
	a.write(parameters())
	a.packet()
	old := s.message(func(m *mq.Message) { m.Label = "once" })
	a.write(slices.Clone(old))
	s.stored("q", "once")

	before := heap()
	l := s.attack()
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			if _, err := readPacket(l); err != nil {
				return
			}
		}
	})
	ok(t, l.SetDeadline(time.Now().Add(2*time.Minute)))
	for range flood {
		source := mq.NewGUID()
		l.write(s.message(func(m *mq.Message) {
			m.ID.Source, m.SourceMachine, m.Delivery = source, source, mq.Express
			m.Destination = mq.Private(m.DestinationMachine, 9999) // there is none
		}))
	}
	l.write(s.message(func(m *mq.Message) { m.Label = "after the flood" }))
	s.stored("q", "after the flood")
	grown := int64(heap()) - int64(before)
	_ = l.Close()
	reader.Wait()
	a.write(slices.Clone(old))
	a.write(s.message(func(m *mq.Message) { m.Label = "twice" }))
	s.stored("q", "twice") // and not once again
	_ = a.Close()
	s.unhurt()
	t.Logf("%d sources; %d KB are kept of them", flood, grown/1024)
	if grown > 64<<20 {
		t.Errorf("%d MB are kept", grown>>20)
	}
}

// B44: acknowledgements are not acknowledged, wherever they are to go.
func TestAcknowledgementsDoNotRunInCircles(t *testing.T) {
	s := newSiege(t)
	s.honest.Create("answers", localqm.QueueSpec{AllowSend: everybody})
	everything := mq.AckPositiveArrival | mq.AckPositiveReceive | mq.AckNegativeArrival | mq.AckNegativeReceive
	for _, admin := range []string{s.hub.Direct("orders"), s.honest.Direct("answers")} {
		to, err := mq.ParseFormatName(admin)
		ok(t, err)
		m := qmtest.Message("round")
		m.Acknowledge, m.AdminQueue = everything, to
		s.honest.Send(s.hub.Direct("orders"), m)
	}
	// Receiving the first makes one more.
	qmtest.Eventually(t, "both, and that the first has come", func() bool { return len(s.hub.Labels("orders")) == 3 })
	// The message, and that it has come, with no answer to that.
	for _, want := range []mq.Class{mq.ClassNormal, mq.ClassAckReachQueue, mq.ClassNormal} {
		if m := s.stored("orders", "round"); m.Class != want {
			t.Errorf("%04X comes, want %04X", uint16(m.Class), uint16(want))
		}
	}
	// That the first and the second were received.
	if m := s.stored("orders", "round"); m.Class != mq.ClassAckReceive {
		t.Errorf("%04X comes", uint16(m.Class))
	}
	qmtest.Eventually(t, "both answers to the second", func() bool { return len(s.honest.Labels("answers")) == 2 })
	s.unhurt()
	for _, q := range []*struct {
		name string
		got  int
		want int
	}{{"orders", len(s.hub.Labels("orders")), 0}, {"answers", len(s.honest.Labels("answers")), 2}} {
		if q.got != q.want {
			t.Errorf("%s holds %d messages, want %d", q.name, q.got, q.want)
		}
	}
}

// A03: the counters of a session have 16 bits and go on.
func TestCountersOfASessionWrap(t *testing.T) {
	if testing.Short() {
		t.Skip("70,000 messages")
	}
	s := newSiege(t)
	const count = 70_000
	h := s.honest.Open(s.hub.Direct("q"), localqm.SendAccess)
	take := s.hub.Open("q", localqm.ReceiveAccess)
	var sender sync.WaitGroup
	sender.Go(func() {
		for i := range count {
			m := qmtest.Message(fmt.Sprint(i))
			m.Delivery, m.Body = mq.Express, nil
			if _, err := h.Send(ctx, nil, m); err != nil {
				t.Error(err)
				return
			}
		}
	})
	begin := time.Now()
	for i := range count {
		d, err := take.Read(ctx, localqm.ReadOptions{Timeout: 20 * time.Second})
		ok(t, err)
		if d.Message.Label != fmt.Sprint(i) {
			t.Fatalf("%s comes, want %d", d.Message.Label, i)
		}
	}
	sender.Wait()
	t.Logf("%d of %d came in order over %d session, %.0f/s", count, count, s.hub.Transport.Sessions(), count/time.Since(begin).Seconds())
	if n := s.hub.Transport.Sessions(); n != 1 {
		t.Errorf("%d sessions", n)
	}
	s.unhurt()
}

// pinger is a socket for pings.
func (s *siege) pinger(address string) *net.UDPConn {
	s.t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(address), Port: 0})
	ok(s.t, err)
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// U01, U03: only pings are answered, each with as many bytes, and not too many.
func TestHostilePings(t *testing.T) {
	s := newSiege(t)
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.hub.Address, s.network.PingPort))
	c := s.pinger(hostileAddress)
	good := wire.AppendPing(nil, wire.Ping{Cookie: 7, Manager: s.self})
	for _, bad := range [][]byte{nil, {0}, good[:23], append(slices.Clone(good), 0), make([]byte, 24), make([]byte, 1400)} {
		_, err := c.WriteTo(bad, to)
		ok(t, err)
	}
	swapped := slices.Clone(good)
	swapped[2], swapped[3] = swapped[3], swapped[2]
	_, err := c.WriteTo(swapped, to)
	ok(t, err)
	_, err = c.WriteTo(good, to)
	ok(t, err)
	b := make([]byte, 2048)
	ok(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
	n, _, err := c.ReadFrom(b)
	ok(t, err)
	p, err := wire.ParsePing(b[:n])
	if err != nil || p.Cookie != 7 || p.Manager != s.hub.Identity().ID {
		t.Errorf("the first answer is % X", b[:n])
	}
	// A flood, from somebody else's address as far as the hub can know.
	flood := 100_000
	if testing.Short() {
		flood = 5000
	}
	answers, bytes := 0, 0
	var reader sync.WaitGroup
	ok(t, c.SetReadDeadline(time.Time{}))
	reader.Go(func() {
		for {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			answers, bytes = answers+1, bytes+n
		}
	})
	begin := time.Now()
	for range flood {
		_, _ = c.WriteTo(good, to)
	}
	s.unhurt()
	d := time.Since(begin)
	honest := ping.Asker{Self: mq.GUID{1}}
	qmtest.Eventually(t, "a ping is answered again", func() bool {
		return honest.Ask(ctx, netip.AddrPortFrom(s.hub.Address, s.network.PingPort)).Answered
	})
	_ = c.Close()
	reader.Wait()
	most := int(300 + 1100*time.Since(begin).Seconds())
	t.Logf("%d pings in %v: %d answers of %d bytes", flood, d, answers, bytes)
	if answers > most || bytes > answers*wire.PingSize {
		t.Errorf("%d answers of %d bytes, want %d of %d at most", answers, bytes, most, wire.PingSize)
	}
}

// U02: an answer that was not asked for is none, and silence is no refusal.
func TestHostileAnswersToPings(t *testing.T) {
	s := newSiege(t)
	ok(t, s.hub.SetMachine(ctx, qmtest.Owner, func(c *localqm.Settings) error { c.Ping = true; return nil }))
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(hostileAddress), s.network.PingPort)))
	ok(t, err)
	var answer sync.WaitGroup
	t.Cleanup(func() { _ = c.Close(); answer.Wait() })
	answer.Go(func() {
		b := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			p, err := wire.ParsePing(b[:n])
			if err != nil {
				continue
			}
			p.Refused = true
			p.Cookie++
			_, _ = c.WriteTo(wire.AppendPing(nil, p), from)
			_, _ = c.WriteTo(b[:n-1], from)
		}
	})
	ln := s.listen()
	s.submit(1, false, nil)
	l := s.accept(ln, s.self)
	if m := l.message(); m.Label != "1" {
		t.Errorf("%s comes", m.Label)
	}
	l.write(wire.AppendSessionAck(nil, l.acknowledge()))
	qmtest.Eventually(t, "it is sent", func() bool { return s.out().Unsent() == 0 })
	_ = l.Close()
	s.unhurt()
}

// Offline and hardened, nobody is let in, and who asks hears that or nothing.
func TestNobodyIsLetInOffline(t *testing.T) {
	s := newSiege(t)
	ok(t, s.hub.SetMachine(ctx, qmtest.Owner, func(c *localqm.Settings) error { c.Offline = true; return nil }))
	at := netip.AddrPortFrom(s.hub.Address, s.network.Port).String()
	qmtest.Eventually(t, "nobody listens", func() bool {
		c, err := net.Dial("tcp", at)
		if err == nil {
			_ = c.Close()
		}
		return err != nil && strings.Contains(err.Error(), "refused")
	})
	ok(t, s.hub.SetMachine(ctx, qmtest.Owner, func(c *localqm.Settings) error { c.Offline = false; return nil }))
	s.unhurt()
}
