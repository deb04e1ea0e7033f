package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// serve is a server on loopback whose sessions accept handles.
func serve(t testing.TB, cfg Config, limits Limits, accept func(*Session) Handler) (*Server, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Self = elsewhere
	s := NewServer(cfg, limits, accept)
	s.Serve(ln)
	t.Cleanup(s.Close)
	return s, ln.Addr().String()
}

// dial opens a session with the server at address.
func dial(t testing.TB, address string, h Handler) *Session {
	t.Helper()
	s, err := Dial(t.Context(), Config{Self: here}, address, elsewhere, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close(net.ErrClosed)
		<-s.Done()
	})
	return s
}

// connect opens a session with the server at address by hand.
func connect(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return shake(t, c)
}

func TestSessionOpensAndCloses(t *testing.T) {
	theirs, mine := newWitness(), newWitness()
	server, address := serve(t, Config{}, Limits{}, func(s *Session) Handler {
		if id, from := s.Peer(); id != here || from.Addr() != netip.MustParseAddr("127.0.0.1") || s.Initiator() {
			t.Errorf("the peer is %s at %s", id, from)
		}
		return theirs
	})
	s := dial(t, address, mine)
	if len(mine.opened) != 1 {
		t.Error("Dial returned before Opened")
	}
	if id, at := s.Peer(); id != elsewhere || at.String() != address || !s.Initiator() {
		t.Errorf("the peer is %s at %s", id, at)
	}
	other := waitFor(t, theirs.opened, "the session there")
	if open := server.Sessions(); len(open) != 1 || open[0] != other {
		t.Errorf("open sessions: %v", open)
	}
	s.Close(nil)
	if err := waitFor(t, mine.closed, "Closed"); err != nil {
		t.Error(err)
	}
	if err := waitFor(t, theirs.closed, "Closed there"); !errors.Is(err, ErrPeerClosed) {
		t.Error(err)
	}
	waitFor(t, s.Done(), "the end")
	waitFor(t, other.Done(), "the end there")
	if s.Send(nil, message(t, 1, false), false) {
		t.Error("a closed session takes a message")
	}
}

func TestSessionIsRefused(t *testing.T) {
	_, address := serve(t, Config{}, Limits{}, func(s *Session) Handler {
		if id, _ := s.Peer(); id == nowhere {
			return nil
		}
		return newWitness()
	})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	foreign, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		if c, err := foreign.Accept(); err == nil {
			io.WriteString(c, "220 smtp.example.org ready\r\n")
			io.Copy(io.Discard, c)
			c.Close()
		}
	})
	for _, c := range []struct {
		name    string
		self    mq.GUID
		address string
		server  mq.GUID
		status  mq.ConnectionStatus
		cause   error
	}{
		{"B11: another queue manager is asked for", here, address, nowhere, mq.ConnRefused, ErrRefused},
		{"we are not wanted", nowhere, address, elsewhere, mq.ConnRefused, ErrRefused},
		{"nobody listens", here, closed.Addr().String(), elsewhere, mq.ConnConnectSocketFailure, nil},
		{"nobody answers", here, deaf.Addr().String(), elsewhere, mq.ConnNotReady, ErrLate},
		{"something else answers", here, foreign.Addr().String(), elsewhere, mq.ConnUnknownFailure, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{Self: c.self}
			if errors.Is(c.cause, ErrLate) {
				cfg.Initialization = 50 * time.Millisecond
			}
			_, err := Dial(t.Context(), cfg, c.address, c.server, newWitness())
			var e *Error
			if !errors.As(err, &e) || e.Status != c.status || e.Address != c.address {
				t.Errorf("%v", err)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v, not %v", err, c.cause)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := deaf.Accept()
		if err == nil {
			read(t, c)
			cancel()
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	if _, err := Dial(ctx, Config{Self: here}, deaf.Addr().String(), elsewhere, newWitness()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Both ends send as much as they can at once, of every kind; each message comes once,
// in order and whole, and is acknowledged.
func TestMessagesFlowInBothDirections(t *testing.T) {
	const n = 3000
	theirs, mine := newWitness(), newWitness()
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	s := dial(t, address, mine)
	other := waitFor(t, theirs.opened, "the session there")
	packets := make([][]byte, n)
	for k := range packets {
		size := k % 2000
		if k%500 == 499 {
			size = 300 << 10
		}
		packets[k] = message(t, size, k%3 == 0)
		packets[k][56] = byte(k) // part of the message's identifier
		packets[k][57] = byte(k >> 8)
	}
	var wg sync.WaitGroup
	for _, e := range []struct {
		s        *Session
		from, to *witness
	}{{s, mine, theirs}, {other, theirs, mine}} {
		wg.Go(func() {
			for k, p := range packets {
				for !e.s.Send(k, p, k%3 == 0) {
					waitFor(t, e.from.room, "room")
				}
			}
		})
		wg.Go(func() {
			for k := range n {
				m := waitFor(t, e.to.came, fmt.Sprint("message ", k))
				if !bytes.Equal(m.packet, packets[k]) {
					t.Errorf("message %d is another one", k)
					return
				}
			}
		})
		wg.Go(func() {
			seen := make([]bool, n)
			for range n {
				k := waitFor(t, e.from.acked, "acknowledgements").(int)
				if seen[k] {
					t.Errorf("message %d is acknowledged twice", k)
				}
				seen[k] = true
			}
		})
	}
	wg.Wait()
}

func TestWindowFillsAndReopens(t *testing.T) {
	theirs, mine := &witness{}, newWitness()
	*theirs = *newWitness()
	theirs.hold = true
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	s := dial(t, address, mine)
	p := message(t, 100, false)
	for k := range 64 {
		if !s.Send(k, p, false) {
			t.Fatalf("no room for message %d", k)
		}
	}
	if s.Send(64, p, false) {
		t.Fatal("room for more than the window")
	}
	for range 64 {
		waitFor(t, theirs.came, "message").done(nil)
	}
	waitFor(t, mine.room, "room")
	if !s.Send(64, p, false) {
		t.Error("no room after it was told")
	}
}

func TestMalformedMessageClosesTheSession(t *testing.T) {
	theirs := newWitness()
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return strict{theirs} })
	c := connect(t, address)
	p := message(t, 10, false)
	p[16+46] |= 0x10 // a TransactionHeader that is not there
	write(t, c, p)
	if err := waitFor(t, theirs.closed, "Closed"); !errors.Is(err, ErrMalformed) || !errors.Is(err, wire.ErrMalformed) {
		t.Error(err)
	}
}

// strict is a witness that reads messages.
type strict struct{ *witness }

func (s strict) Arrived(session *Session, p []byte, done func(error)) error {
	if _, err := wire.Parse(p, elsewhere); err != nil {
		return err
	}
	return s.witness.Arrived(session, p, done)
}

func TestMessageThatCannotBeKeptClosesTheSession(t *testing.T) {
	full := errors.New("no room")
	theirs, mine := newWitness(), newWitness()
	theirs.hold = true
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	s := dial(t, address, mine)
	p := message(t, 100, true)
	for k := range 3 {
		s.Send(k, p, true)
	}
	waitFor(t, theirs.came, "message").done(nil)
	m := waitFor(t, theirs.came, "message")
	m.done(full)
	m.done(nil)
	if err := waitFor(t, theirs.closed, "Closed there"); !errors.Is(err, full) {
		t.Error(err)
	}
	waitFor(t, mine.closed, "Closed")
	if len(mine.acked) > 1 {
		t.Errorf("%d are acknowledged", len(mine.acked))
	}
}

// What is closed while much is on its way: each end ends, and nothing is
// acknowledged that did not come.
func TestCloseWhileSending(t *testing.T) {
	for name, reason := range map[string]error{"at leisure": nil, "at once": net.ErrClosed} {
		t.Run(name, func(t *testing.T) {
			theirs, mine := newWitness(), newWitness()
			_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
			s := dial(t, address, mine)
			other := waitFor(t, theirs.opened, "the session there")
			p := message(t, 3000, true)
			var wg sync.WaitGroup
			for _, e := range []struct {
				s *Session
				w *witness
			}{{s, mine}, {other, theirs}} {
				wg.Go(func() {
					for {
						for e.s.Send(nil, p, true) {
						}
						select {
						case <-e.w.room:
						case <-e.s.Done():
							return
						}
					}
				})
			}
			for range 500 {
				waitFor(t, mine.came, "messages")
			}
			s.Close(reason)
			wg.Wait()
			if err := <-mine.closed; !errors.Is(err, reason) {
				t.Error(err)
			}
			if sent, came := len(mine.acked), len(theirs.came); sent > came {
				t.Errorf("%d are acknowledged, and %d came", sent, came)
			}
		})
	}
}

func TestWhatWasSentBeforeCloseArrives(t *testing.T) {
	theirs, mine := newWitness(), newWitness()
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	s := dial(t, address, mine)
	p := message(t, 100<<10, false)
	for k := range 50 {
		if !s.Send(k, p, false) {
			t.Fatal("no room")
		}
	}
	s.Close(nil)
	for range 50 {
		waitFor(t, theirs.came, "message")
	}
	if err := waitFor(t, theirs.closed, "Closed there"); !errors.Is(err, ErrPeerClosed) {
		t.Error(err)
	}
	// The peer acknowledges what came before it closes its end.
	waitFor(t, s.Done(), "the end")
	if len(mine.acked) != 50 {
		t.Errorf("%d are acknowledged", len(mine.acked))
	}
}

// A peer that does not keep to its window has to wait, not to be closed.
func TestPeerBeyondItsWindowWaits(t *testing.T) {
	theirs := newWitness()
	theirs.hold = true
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	c := connect(t, address)
	const n = 1000
	var wg sync.WaitGroup
	wg.Go(func() { io.Copy(io.Discard, c) })
	wg.Go(func() {
		p := message(t, 50<<10, false)
		for range n {
			if _, err := c.Write(p); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for k := range n {
		m := waitFor(t, theirs.came, "message")
		if k == 0 {
			// Nothing is dealt with until it holds back: as many come as it takes.
			for len(theirs.came) < minHand-1 {
				time.Sleep(time.Millisecond)
			}
		}
		if len(theirs.came) > minHand {
			t.Fatalf("%d messages are in hand", len(theirs.came))
		}
		m.done(nil)
	}
	c.Close()
	wg.Wait()
}

// Of two queue managers either may close an idle session first.
func TestPeerClosesAnIdleSession(t *testing.T) {
	for after, want := range map[time.Duration]error{2 * time.Minute: ErrIdle, 30 * time.Second: ErrPeerClosed} {
		w := new(witness)
		within(t, w, func(t *testing.T, p *pipes) {
			c := shake(t, p.connect())
			time.Sleep(after)
			c.Close()
			if err := <-w.closed; !errors.Is(err, want) {
				t.Errorf("closed after %v: %v, not %v", after, err, want)
			}
		})
	}
}
