package ping

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func respond(t *testing.T, self mq.GUID, refuse func(netip.Addr) bool) *Responder {
	t.Helper()
	r := Respond(listen(t), self, refuse)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestPingIsAnswered(t *testing.T) {
	self, other := mq.NewGUID(), mq.NewGUID()
	var refused atomic.Bool
	r := respond(t, other, func(from netip.Addr) bool {
		if from != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("asked by %s", from)
		}
		return refused.Load()
	})
	a := Asker{Self: self}
	for _, full := range []bool{false, true, false} {
		refused.Store(full)
		if got, want := a.Ask(t.Context(), r.Addr()), (Answer{Answered: true, Refused: full, Manager: other}); got != want {
			t.Errorf("Ask = %+v, want %+v", got, want)
		}
	}
	free := respond(t, other, nil)
	if got := a.Ask(t.Context(), free.Addr()); !got.Answered || got.Refused {
		t.Errorf("Ask = %+v, want an answer that refuses nothing", got)
	}
}

func TestSilenceIsNoAnswer(t *testing.T) {
	var a Asker
	closed := listen(t)
	to := addrPort(closed.LocalAddr())
	_ = closed.Close()
	if got := a.Ask(t.Context(), to); got != (Answer{}) {
		t.Errorf("a closed port answers %+v", got)
	}
	if got := a.Ask(t.Context(), netip.AddrPort{}); got != (Answer{}) {
		t.Errorf("no address answers %+v", got)
	}
	silent := listen(t)
	start := time.Now()
	if got := a.Ask(t.Context(), addrPort(silent.LocalAddr())); got != (Answer{}) || time.Since(start) < Wait {
		t.Errorf("silence answers %+v after %s", got, time.Since(start))
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	conn := listen(t)
	ctx, stop := context.WithTimeout(t.Context(), time.Hour)
	var wg sync.WaitGroup
	wg.Go(func() { // it came, and whoever asks has better things to do
		b := make([]byte, bufferSize)
		_, _, _ = conn.ReadFrom(b)
		stop()
	})
	var a Asker
	if got := a.Ask(ctx, addrPort(conn.LocalAddr())); got != (Answer{}) {
		t.Errorf("Ask = %+v", got)
	}
	wg.Wait()
}

// U02: what was not asked for is no answer.
func TestWrongAnswersAreIgnored(t *testing.T) {
	conn, stranger := listen(t), listen(t)
	var a Asker
	other := mq.NewGUID()
	var wg sync.WaitGroup
	wg.Go(func() {
		b := make([]byte, bufferSize)
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		p, err := wire.ParsePing(b[:n])
		if err != nil || p.Cookie != 1 || p.Refused {
			t.Errorf("asked %+v, %v", p, err)
		}
		p.Manager = other
		forged := p
		forged.Refused = true
		_, _ = stranger.WriteTo(wire.AppendPing(nil, forged), from)
		forged.Cookie++
		good := wire.AppendPing(nil, forged)
		for _, bad := range [][]byte{good, good[:23], append(bytes.Clone(good), 0), make([]byte, 24), nil} {
			_, _ = conn.WriteTo(bad, from)
		}
		_, _ = conn.WriteTo(wire.AppendPing(nil, p), from)
	})
	if got, want := a.Ask(t.Context(), addrPort(conn.LocalAddr())), (Answer{Answered: true, Manager: other}); got != want {
		t.Errorf("Ask = %+v, want %+v", got, want)
	}
	wg.Wait()
}

// U01, U03: only pings are answered, with what MS-MQQB 3.1.7.7 says, in as many bytes.
func TestAnswersArePingsOfTheSameSize(t *testing.T) {
	self := mq.NewGUID()
	r := respond(t, self, nil)
	conn, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := []byte{0xFF, 0xFF, 'H', 'U', 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}
	swapped := bytes.Clone(request)
	swapped[2], swapped[3] = 'U', 'H'
	for _, bad := range [][]byte{nil, {0}, request[:23], append(bytes.Clone(request), 0), make([]byte, 1400), swapped} {
		if _, err := conn.Write(bad); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2048)
	n, err := conn.Read(b)
	want := append([]byte{1, 0, 'H', 'U', 1, 2, 3, 4}, self[:]...)
	if err != nil || !bytes.Equal(b[:n], want) {
		t.Errorf("first answer % x, %v; want % x", b[:n], err, want)
	}
}

// U03: a flood is answered at the rate and no faster.
func TestAnswersAreRationed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bucket{tokens: maxBurst, at: time.Now()}
		given := 0
		for range 100_000 { // in ten seconds
			if b.take(time.Now()) {
				given++
			}
			time.Sleep(100 * time.Microsecond)
		}
		if most := maxBurst + 10*maxRate; given > most || given < most-10 {
			t.Errorf("%d answers in 10 seconds, want %d", given, most)
		}
		time.Sleep(time.Hour)
		given = 0
		for b.take(time.Now()) {
			given++
		}
		if given != maxBurst {
			t.Errorf("%d answers at once after a silence, want %d", given, maxBurst)
		}
	})
}

func TestFloodStopsAnsweringOnlyForAWhile(t *testing.T) {
	r := respond(t, mq.NewGUID(), nil)
	conn, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 10 * maxBurst {
		_, _ = conn.Write(make([]byte, wire.PingSize))
	}
	var a Asker
	for range 10 {
		if a.Ask(t.Context(), r.Addr()).Answered {
			return
		}
	}
	t.Error("nobody is answered after a flood")
}

func TestClosedResponderIsSilent(t *testing.T) {
	r := respond(t, mq.NewGUID(), nil)
	at := r.Addr()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	var a Asker
	if got := a.Ask(t.Context(), at); got.Answered {
		t.Errorf("Ask = %+v", got)
	}
	conn, err := net.ListenPacket("udp", at.String())
	if err != nil {
		t.Errorf("its port is not free: %v", err)
	} else {
		_ = conn.Close()
	}
}
