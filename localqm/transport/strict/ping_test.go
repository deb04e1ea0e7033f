package strict

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Pings (MS-MQQB 2.1.2).

func TestASessionIsPingedFor(t *testing.T) {
	q, p := table(t)
	set(t, q, func(s *localqm.Settings) { s.Ping = true })
	p.listen()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(p.at, q.Options.PingPort)))
	ok(t, err)
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(patience))
	q.Send(reports, qmtest.Message("one"))
	answer := func(refused bool) uint32 {
		t.Helper()
		b := make([]byte, 100)
		n, from, err := conn.ReadFromUDP(b)
		ok(t, err)
		h := readPing(t, b[:n])
		if h.refused || h.workstation || h.manager != guidOf(q.Identity().ID.String()) {
			t.Errorf("MS-MQQB 3.1.7.6: request %+v", h)
		}
		wrong := ping{cookie: h.cookie + 1, manager: p.id, refused: !refused}
		_, err = conn.WriteTo(wrong.bytes(), from) // MS-MQQB 3.1.7.8: not what it asked
		ok(t, err)
		_, err = conn.WriteTo(ping{refused: refused, cookie: h.cookie, manager: p.id}.bytes(), from)
		ok(t, err)
		return h.cookie
	}
	first := answer(true)
	failed := func() (failed bool) {
		info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, reports))
		ok(t, err)
		for _, c := range info.Outgoing.Link.History {
			failed = failed || c.Status == mq.ConnPingFailure
		}
		return failed
	}
	qmtest.Eventually(t, "the failure", failed) // MS-MQQB 3.1.5.2.2
	ok(t, q.Resend(ctx, qmtest.Owner, qmtest.Name(t, reports)))
	if second := answer(false); second <= first {
		t.Errorf("MS-MQQB 3.1.7.6: cookie %d after %d", second, first)
	}
	p.accept(q, guid{}, true) // SE tells of it
	p.message()
	p.ack()
	holds(t, q, reports)
}

// MS-MQQB 3.1.7.7.
func TestPingsAreAnswered(t *testing.T) {
	q, p := table(t)
	set(t, q, func(s *localqm.Settings) { s.PingAnswer = true })
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(q.Address, q.Options.PingPort)))
	ok(t, err)
	defer conn.Close()
	read := func(wait time.Duration) (h ping, answered bool) {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(wait))
		b := make([]byte, 100)
		n, err := conn.Read(b)
		if err != nil {
			return ping{}, false
		}
		return readPing(t, b[:n]), true
	}
	const first = 0xFFFFFFFF
	request := ping{cookie: first, manager: p.id}
	qmtest.Eventually(t, "an answer", func() bool {
		_, _ = conn.Write(request.bytes()) // nobody may listen yet
		_, answered := read(100 * time.Millisecond)
		return answered
	})
	for _, workstation := range []bool{false, true} {
		request.workstation, request.cookie = workstation, request.cookie+1
		wrong := request
		wrong.cookie += 1000
		b := wrong.bytes()
		b[2]++ // another signature is no ping
		for _, b := range []out{b, request.bytes()} {
			_, err := conn.Write(b)
			ok(t, err)
		}
		got, answered := read(patience)
		for answered && got.cookie == first {
			got, answered = read(patience) // of the first one, which was sent again
		}
		want := request
		want.manager = guidOf(q.Identity().ID.String())
		if !answered || got != want {
			t.Errorf("answered %v %+v, want %+v", answered, got, want)
		}
	}
}
