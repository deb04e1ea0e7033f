package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm/wire"
)

// knock connects to address from a loopback address of its own.
func knock(t testing.TB, from, address string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// gone waits until the other end closes c.
func gone(t testing.TB, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, net.ErrClosed) || isTimeout(err) {
		t.Fatalf("the connection is not closed: %d, %v", n, err)
	}
}

// there checks that the other end of c is still there.
func there(t testing.TB, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !isTimeout(err) {
		t.Fatalf("the connection is closed: %v", err)
	}
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func TestAddressMayHaveSoManySessionsThatAreNotOpen(t *testing.T) {
	server, address := serve(t, Config{}, Limits{Opening: 3}, func(*Session) Handler { return newWitness() })
	var idle []net.Conn
	for range 3 {
		idle = append(idle, knock(t, "127.0.0.1", address))
	}
	there(t, idle[2]) // they are accepted in turn
	gone(t, knock(t, "127.0.0.1", address))
	shake(t, knock(t, "127.0.0.2", address)) // another address
	shake(t, idle[0])                        // one that opens makes room
	for len(server.Sessions()) < 2 {
		runtime.Gosched()
	}
	shake(t, knock(t, "127.0.0.1", address))
	idle[1].Close() // so does one that goes
	for end := time.Now().Add(10 * time.Second); ; {
		c := knock(t, "127.0.0.1", address)
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); isTimeout(err) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no room")
		}
	}
}

func TestAddressesShareTheConnections(t *testing.T) {
	server, address := serve(t, Config{}, Limits{Connections: 4}, func(*Session) Handler { return newWitness() })
	var greedy []net.Conn
	for range 4 {
		greedy = append(greedy, shake(t, knock(t, "127.0.0.2", address)))
		for want := len(greedy); len(server.Sessions()) < want; {
			runtime.Gosched()
		}
	}
	gone(t, knock(t, "127.0.0.2", address)) // its own are not taken for it
	write(t, greedy[0], wire.AppendSessionAck(nil, wire.Session{Window: 64}))
	there(t, greedy[0])

	first := shake(t, knock(t, "127.0.0.1", address))
	gone(t, greedy[1]) // the one that was used the longest ago
	second := shake(t, knock(t, "127.0.0.1", address))
	gone(t, greedy[2])
	gone(t, knock(t, "127.0.0.1", address)) // two and two is fair
	for _, c := range []net.Conn{greedy[0], greedy[3], first, second} {
		there(t, c)
	}
	shake(t, knock(t, "127.0.0.3", address)) // a third address has less than either
}

// Row B43: whoever connects in masses, an honest peer gets its session and its
// messages through.
func TestHonestPeerAmongManyConnections(t *testing.T) {
	theirs := newWitness()
	_, address := serve(t, Config{}, Limits{Connections: 64}, func(s *Session) Handler {
		if id, _ := s.Peer(); id == here {
			return theirs
		}
		return newWitness()
	})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(k))}}
			var held []net.Conn
			for {
				select {
				case <-stop:
					for _, c := range held {
						c.Close()
					}
					return
				default:
				}
				if c, err := d.Dial("tcp", address); err == nil {
					held = append(held, c)
				}
				if len(held) > 200 {
					held[0].Close()
					held = held[1:]
				}
			}
		})
	}
	defer wg.Wait()
	defer close(stop)
	mine := newWitness()
	s := dial(t, address, mine)
	for k := range 200 {
		for !s.Send(k, message(t, 100, true), true) {
			waitFor(t, mine.room, "room")
		}
		waitFor(t, theirs.came, "message")
	}
}

// refusing is a listener that fails a few times.
type refusing struct {
	*pipes
	errs []error
	at   []time.Time
}

func (r *refusing) Accept() (net.Conn, error) {
	r.at = append(r.at, time.Now())
	if len(r.errs) > 0 {
		err := r.errs[0]
		r.errs = r.errs[1:]
		return nil, err
	}
	return r.pipes.Accept()
}

func TestListenerRestsWithoutFileDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lines)
		w := newWitness()
		server := NewServer(Config{Self: elsewhere, Log: slog.New(slog.NewTextHandler(log, nil))}, Limits{},
			func(*Session) Handler { return w })
		defer server.Close()
		ln := &refusing{pipes: newPipes()}
		for range 10 {
			ln.errs = append(ln.errs, &net.OpError{Op: "accept", Err: syscall.EMFILE})
		}
		start := time.Now()
		server.Serve(ln)
		shake(t, ln.connect())
		<-w.opened
		synctest.Wait()
		rest := minRest
		for k, at := range ln.at[:10] {
			if pause := ln.at[k+1].Sub(at); pause != rest {
				t.Errorf("it rests %v, not %v", pause, rest)
			}
			rest = min(2*rest, maxRest)
		}
		if log := log.take(); strings.Count(log, "\n") != 10 || time.Since(start) > 5*time.Second {
			t.Errorf("after %v: %s", time.Since(start), log)
		}
	})
}

func TestServerClosesWhatItHas(t *testing.T) {
	w := newWitness()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(Config{Self: elsewhere}, Limits{}, func(*Session) Handler { return w })
	server.Serve(ln)
	open := connect(t, ln.Addr().String())
	opening := knock(t, "127.0.0.1", ln.Addr().String())
	write(t, opening, wire.AppendEstablish(nil, wire.Establish{Client: here}))
	read(t, opening)
	waitFor(t, w.opened, "Opened")
	go func() { // the peer closes too, when it sees the end
		io.Copy(io.Discard, open)
		open.Close()
	}()
	server.Close()
	if err := waitFor(t, w.closed, "Closed"); err != nil {
		t.Error(err)
	}
	gone(t, opening)
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server.Serve(other)
	if c, err := other.Accept(); err == nil {
		c.Close()
		t.Error("a closed server takes a listener")
	}
	server.Close()
}

func TestSessionsOutliveTheirListener(t *testing.T) {
	theirs, mine := newWitness(), newWitness()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(Config{Self: elsewhere}, Limits{}, func(*Session) Handler { return theirs })
	defer server.Close()
	server.Serve(ln)
	s := dial(t, ln.Addr().String(), mine)
	ln.Close()
	s.Send("a", message(t, 10, false), false)
	waitFor(t, theirs.came, "message")
}

// When memory is used up, the oldest unfinished large packet has to go; what is
// small or complete stays.
func TestMemoryIsTakenFromTheOldestLargePacket(t *testing.T) {
	memory := NewMemory(1 << 20)
	var mu sync.Mutex
	handlers := map[string]*witness{}
	_, address := serve(t, Config{Memory: memory}, Limits{}, func(s *Session) Handler {
		mu.Lock()
		defer mu.Unlock()
		w := newWitness()
		_, at := s.Peer()
		handlers[at.Addr().String()] = w
		return w
	})
	large := message(t, 2<<20, false)
	part := func(from string, n int) net.Conn {
		c := shake(t, knock(t, from, address))
		before := memory.used.Load()
		write(t, c, large[:n])
		for memory.used.Load() < before+int64(n) {
			runtime.Gosched()
		}
		return c
	}
	first := part("127.0.0.1", 400<<10)
	second := part("127.0.0.2", 400<<10)
	third := shake(t, knock(t, "127.0.0.3", address))
	write(t, third, message(t, 300<<10, false))
	gone(t, first)
	there(t, second)
	mu.Lock()
	defer mu.Unlock()
	waitFor(t, handlers["127.0.0.3"].came, "the message that was complete")
	var e *Error
	if err := waitFor(t, handlers["127.0.0.1"].closed, "Closed"); !errors.As(err, &e) || !strings.Contains(e.Why, "memory") {
		t.Error(err)
	}
	second.Close()
	waitFor(t, handlers["127.0.0.2"].closed, "Closed")
	for end := time.Now().Add(10 * time.Second); memory.used.Load() != 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d bytes stay charged", memory.used.Load())
		}
	}
	if len(memory.large) > 0 {
		t.Error("large packets are remembered")
	}
}

func TestLogIsNotFlooded(t *testing.T) {
	log := new(lines)
	cfg := Config{Log: slog.New(slog.NewTextHandler(log, nil))}.withDefaults()
	synctest.Test(t, func(t *testing.T) {
		for k := range 2 * linesPerSecond {
			s := newSession(cfg, &replay{in: bytes.NewReader(nil)}, false)
			cfg.complain(s, &Error{Why: fmt.Sprint("row ", k)})
		}
		time.Sleep(time.Second)
		s := newSession(cfg, &replay{in: bytes.NewReader(nil)}, false)
		cfg.complain(s, &Error{Why: "later"})
	})
	l := log.take()
	if n := strings.Count(l, "\n"); n != linesPerSecond+1 || !strings.Contains(l, fmt.Sprintf("later\" unreported=%d", linesPerSecond)) {
		t.Errorf("%d lines: %s", n, l)
	}
}
