package session

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	quit  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.quit:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.quit); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// connect is the other end of a connection that p accepts.
func (p *pipes) connect() net.Conn {
	c, d := net.Pipe()
	p.conns <- d
	return c
}

// within runs test in a bubble of its own time, with a server whose sessions w
// handles. Everything has to end with it.
func within(t *testing.T, w *witness, test func(t *testing.T, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		*w = *newWitnessLike(w)
		p := newPipes()
		server := NewServer(Config{Self: elsewhere}, Limits{}, func(*Session) Handler { return w })
		server.Serve(p)
		defer server.Close()
		test(t, p)
	})
}

// newWitnessLike has channels of the bubble it is called in.
func newWitnessLike(w *witness) *witness {
	n := newWitness()
	n.hold = w.hold
	return n
}

// dial opens a session with the server.
func (p *pipes) dial(t *testing.T, cfg Config, server mq.GUID, h Handler) *Session {
	t.Helper()
	s, err := initiate(t.Context(), cfg.withDefaults(), p.connect(), server, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(net.ErrClosed); <-s.Done() })
	return s
}

// shake opens a session with the server by hand and returns its connection.
func shake(t testing.TB, c net.Conn) net.Conn {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	write(t, c, wire.AppendEstablish(nil, wire.Establish{Client: here, Server: elsewhere}))
	if r, err := wire.ParseEstablish(read(t, c)); err != nil || r.Refused {
		t.Fatal(r, err)
	}
	write(t, c, wire.AppendParameters(nil, wire.Parameters{RecoverableAckTimeout: 500, AckTimeout: 20_000, Window: 64}))
	if _, err := wire.ParseParameters(read(t, c)); err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t testing.TB, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

// read reads a packet of the session itself.
func read(t testing.TB, c net.Conn) []byte {
	t.Helper()
	p := make([]byte, 16, internalBytes)
	if _, err := io.ReadFull(c, p); err != nil {
		t.Fatal(err)
	}
	base, err := wire.ParseBase(p)
	if err != nil {
		t.Fatal(err)
	}
	p = p[:base.FrameSize()]
	if _, err := io.ReadFull(c, p[16:]); err != nil {
		t.Fatal(err)
	}
	return p
}

// readAck reads a SessionAck packet and tells when it came.
func readAck(t *testing.T, c net.Conn, since time.Time) (wire.Session, time.Duration) {
	t.Helper()
	h, err := wire.ParseSessionAck(read(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return h, time.Since(since)
}

// The Session Initialization Timer (MS-MQQB 3.1.6.6).
func TestPeerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := net.Pipe()
		defer d.Close()
		go io.Copy(io.Discard, d)
		start := time.Now()
		_, err := initiate(t.Context(), config(here), c, elsewhere, newWitness())
		if e := (*Error)(nil); !errors.As(err, &e) || e.Status != mq.ConnNotReady || !errors.Is(err, ErrLate) {
			t.Errorf("%v", err)
		}
		if took := time.Since(start); took != 60*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestPeerThatDoesNotAskIsGivenUp(t *testing.T) {
	for name, first := range map[string][]byte{
		"says nothing": nil,
		"stalls":       wire.AppendEstablish(nil, wire.Establish{Client: here})[:100],
	} {
		t.Run(name, func(t *testing.T) {
			within(t, new(witness), func(t *testing.T, p *pipes) {
				c := p.connect()
				start := time.Now()
				write(t, c, first)
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				if took := time.Since(start); took != 10*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// The Session Cleanup Timer (MS-MQQB 3.1.6.2).
func TestIdleSessionCloses(t *testing.T) {
	w := new(witness)
	within(t, w, func(t *testing.T, p *pipes) {
		mine := newWitness()
		start := time.Now()
		s := p.dial(t, Config{Self: here}, elsewhere, mine)
		time.Sleep(3 * time.Minute)
		s.Send("a", message(t, 10, false), false)
		if err := <-mine.closed; !errors.Is(err, ErrIdle) && !errors.Is(err, ErrPeerClosed) {
			t.Error(err)
		}
		if took := time.Since(start); took != 10*time.Minute {
			t.Errorf("it took %v, with a message in the first five minutes", took)
		}
		if tag := <-mine.acked; tag != "a" {
			t.Errorf("%v is acknowledged", tag)
		}
		<-w.closed
	})
}

// The Session Ack Wait Timer (MS-MQQB 3.1.2.4, 3.1.6.3) counts double if the session
// was opened for a direct format name.
func TestPeerThatNeverAcknowledgesIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		server mq.GUID
		wait   time.Duration
	}{"by identifier": {elsewhere, 20 * time.Second}, "by address": {mq.GUID{}, 40 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			w := &witness{hold: true}
			synctest.Test(t, func(t *testing.T) {
				*w = *newWitness()
				conn, peer := net.Pipe()
				defer peer.Close()
				go func() { // a peer that opens the session and then only reads
					read(t, peer)
					peer.Write(wire.AppendEstablish(nil, wire.Establish{Client: here, Server: elsewhere}))
					read(t, peer)
					peer.Write(wire.AppendParameters(nil, wire.Parameters{Window: 64}))
					io.Copy(io.Discard, peer)
				}()
				s, err := initiate(t.Context(), config(here), conn, c.server, w)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if !s.Send("a", message(t, 10, false), false) {
					t.Fatal("no room")
				}
				err = <-w.closed
				if !errors.Is(err, ErrSilent) || len(w.acked) > 0 {
					t.Error(err)
				}
				// The handshake was heard in the first interval.
				if took := time.Since(start); took != 2*c.wait {
					t.Errorf("it took %v", took)
				}
				<-s.Done()
			})
		})
	}
}

// The Session Ack Send Timer (MS-MQQB 3.1.6.4).
func TestAcknowledgementWaitsForItsTimer(t *testing.T) {
	for name, recoverable := range map[string]bool{"express": false, "recoverable": true} {
		t.Run(name, func(t *testing.T) {
			within(t, new(witness), func(t *testing.T, p *pipes) {
				c := shake(t, p.connect())
				start := time.Now()
				write(t, c, message(t, 10, recoverable))
				h, at := readAck(t, c, start)
				want := wire.Session{Acked: 1, Window: 64}
				if recoverable {
					want.RecoverableAcked, want.RecoverableFlags = 1, 1
				}
				if h != want || at != 500*time.Millisecond {
					t.Errorf("%+v after %v", h, at)
				}
			})
		})
	}
}

// A message that is not dealt with for long keeps the session alive, and is
// acknowledged soon after it is.
func TestSlowStoreKeepsTheSession(t *testing.T) {
	w := &witness{hold: true}
	within(t, w, func(t *testing.T, p *pipes) {
		mine := newWitness()
		s := p.dial(t, Config{Self: here}, elsewhere, mine)
		s.Send("a", message(t, 10, true), true)
		m := <-w.came
		time.Sleep(4*time.Minute + time.Second)
		select {
		case err := <-mine.closed:
			t.Fatal(err, len(w.closed))
		default:
		}
		if len(mine.acked) > 0 {
			t.Fatal("acknowledged and not dealt with")
		}
		start := time.Now()
		m.done(nil)
		if tag := <-mine.acked; tag != "a" || time.Since(start) != 500*time.Millisecond {
			t.Errorf("%v after %v", tag, time.Since(start))
		}
	})
}

func TestUnsettledMessageIsAnsweredWithTheOldCount(t *testing.T) {
	w := &witness{hold: true}
	within(t, w, func(t *testing.T, p *pipes) {
		c := shake(t, p.connect())
		start := time.Now()
		write(t, c, message(t, 10, true))
		for k := 1; k <= 3; k++ {
			h, at := readAck(t, c, start)
			if h != (wire.Session{Window: 64}) || at != time.Duration(k)*10*time.Second {
				t.Errorf("%+v after %v", h, at)
			}
		}
	})
}

// Rows S2 and B05, and a peer that dribbles: a packet has its minute, wherever it
// stops.
func TestPacketThatDoesNotEndIsCut(t *testing.T) {
	large := message(t, 1<<20, false)
	large = large[:200<<10]
	for name, c := range map[string]struct {
		first []byte
		drip  bool
	}{
		"after a byte":      {large[:1], false},
		"in the header":     {large[:15], false},
		"after the header":  {large[:16], false},
		"in a small packet": {message(t, 100, false)[:80], false},
		"in a large packet": {large, false},
		"byte by byte":      {large[:20], true},
	} {
		t.Run(name, func(t *testing.T) {
			w := new(witness)
			within(t, w, func(t *testing.T, p *pipes) {
				conn := shake(t, p.connect())
				time.Sleep(time.Minute) // nothing is read: no time runs
				start := time.Now()
				write(t, conn, c.first)
				var drip sync.WaitGroup
				defer drip.Wait()
				if c.drip {
					drip.Go(func() {
						for err := error(nil); err == nil; _, err = conn.Write(large[:1]) {
							time.Sleep(time.Second)
						}
					})
				}
				if err := <-w.closed; !errors.Is(err, ErrMalformed) {
					t.Error(err)
				}
				if took := time.Since(start); took != time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// Each packet has its own minute, also when none is ever complete in one read.
func TestSlowSteadyPeerIsKept(t *testing.T) {
	w := new(witness)
	within(t, w, func(t *testing.T, p *pipes) {
		conn := shake(t, p.connect())
		go io.Copy(io.Discard, conn)
		stream := append(message(t, 100, false), message(t, 100, false)...)
		size := len(stream) / 2
		half := size / 2
		write(t, conn, stream[:half])
		for range 20 {
			time.Sleep(40 * time.Second)
			write(t, conn, stream[half:half+size]) // ends a packet and begins one
		}
		if len(w.came) != 20 || len(w.closed) > 0 {
			t.Errorf("%d messages came", len(w.came))
		}
	})
}

// A packet that came in parts leaves no deadline behind.
func TestSessionMayRestAfterASlowPacket(t *testing.T) {
	w := new(witness)
	within(t, w, func(t *testing.T, p *pipes) {
		conn := shake(t, p.connect())
		go io.Copy(io.Discard, conn)
		for range 3 {
			b := message(t, 100, false)
			write(t, conn, b[:50])
			time.Sleep(time.Second)
			write(t, conn, b[50:])
			time.Sleep(4 * time.Minute)
		}
		if len(w.came) != 3 || len(w.closed) > 0 {
			t.Errorf("%d messages came", len(w.came))
		}
	})
}

// While a large packet comes in slowly, or much of the peer is in hand, it cannot
// acknowledge and is not silent.
func TestBusyPeerIsNotSilent(t *testing.T) {
	t.Run("a large packet", func(t *testing.T) {
		w := new(witness)
		within(t, w, func(t *testing.T, p *pipes) {
			conn := shake(t, p.connect())
			go io.Copy(io.Discard, conn)
			(<-w.opened).Send("a", message(t, 10, false), false)
			large := message(t, 500<<10, false)
			for part := range slices.Chunk(large, len(large)/55) {
				time.Sleep(time.Second)
				write(t, conn, part)
			}
			synctest.Wait()
			if len(w.came) != 1 || len(w.closed) > 0 {
				t.Errorf("%d messages came", len(w.came))
			}
		})
	})
	t.Run("messages in hand", func(t *testing.T) {
		w := &witness{hold: true}
		within(t, w, func(t *testing.T, p *pipes) {
			conn := shake(t, p.connect())
			go io.Copy(io.Discard, conn)
			(<-w.opened).Send("a", message(t, 10, false), false)
			b := message(t, 10, false)
			for range minHand {
				write(t, conn, b)
			}
			time.Sleep(4 * time.Minute)
			if len(w.came) != minHand || len(w.closed) > 0 {
				t.Errorf("%d messages came", len(w.came))
			}
		})
	})
}

// A peer that writes and does not read is given up too.
func TestPeerThatDoesNotReadIsGivenUp(t *testing.T) {
	w := new(witness)
	within(t, w, func(t *testing.T, p *pipes) {
		conn := shake(t, p.connect())
		s := <-w.opened
		s.Send("a", message(t, 10, false), false)
		start := time.Now()
		var err error
		for err == nil {
			time.Sleep(time.Second)
			conn.SetWriteDeadline(time.Now().Add(time.Millisecond))
			_, err = conn.Write(message(t, 10, false))
		}
		if err := <-w.closed; !errors.Is(err, os.ErrDeadlineExceeded) || len(w.acked) > 0 {
			t.Error(err)
		}
		if took := time.Since(start); took > 61*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestCloseWaitsForMessagesInHand(t *testing.T) {
	w := &witness{hold: true}
	within(t, w, func(t *testing.T, p *pipes) {
		conn := shake(t, p.connect())
		s := <-w.opened
		write(t, conn, message(t, 10, true))
		write(t, conn, message(t, 10, true))
		first, second := <-w.came, <-w.came
		s.Close(nil)
		start := time.Now()
		time.Sleep(time.Second)
		if s.Send("late", message(t, 10, false), false) {
			t.Error("it takes a message after Close")
		}
		go func() { first.done(nil); second.done(nil) }()
		for {
			h, at := readAck(t, conn, start)
			if h.Acked == 2 && h.RecoverableFlags == 0b11 {
				if at != time.Second {
					t.Errorf("it took %v", at)
				}
				break
			}
			if h.Acked != 0 {
				t.Fatalf("%+v", h)
			}
		}
		if err := <-w.closed; err != nil {
			t.Error(err)
		}
		<-s.Done()
	})
}

func TestCloseDoesNotWaitForever(t *testing.T) {
	w := &witness{hold: true}
	within(t, w, func(t *testing.T, p *pipes) {
		conn := shake(t, p.connect())
		go io.Copy(io.Discard, conn)
		s := <-w.opened
		write(t, conn, message(t, 10, true))
		m := <-w.came
		start := time.Now()
		s.Close(nil)
		if err := <-w.closed; err != nil || time.Since(start) != leaveTime {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		<-s.Done()
		m.done(nil) // too late, and harmless
	})
}
