package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/wire"
)

var le = binary.LittleEndian

// with is a copy of a packet with other bytes at an offset.
func with(p []byte, at int, b ...byte) []byte {
	p = bytes.Clone(p)
	copy(p[at:], b)
	return p
}

func u32(v uint32) []byte { return le.AppendUint32(nil, v) }
func u16(v uint16) []byte { return le.AppendUint16(nil, v) }

// resized is a packet that is n bytes longer and says so.
func resized(p []byte, n int) []byte {
	p = append(bytes.Clone(p), make([]byte, max(n, 0))...)[:len(p)+n]
	le.PutUint32(p[8:], uint32(len(p)))
	return p
}

// lines is a log that counts its lines.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// open lets as many lines pass as at first.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lines = 0
}

// hostile is a server and what it logs and is told, with an honest session at its
// side that has to go on.
type hostile struct {
	server  *Server
	address string
	log     *lines
	theirs  *witness // of the hostile session, if it opens
	honest  *Session
	mine    *witness
	far     *witness
}

func newHostile(t *testing.T) *hostile {
	h := &hostile{log: new(lines), mine: newWitness(), far: newWitness(), theirs: newWitness()}
	cfg := Config{Log: slog.New(slog.NewTextHandler(h.log, nil)), Packet: 300 * time.Millisecond, Handshake: 300 * time.Millisecond}
	h.server, h.address = serve(t, cfg, Limits{}, func(s *Session) Handler {
		if id, _ := s.Peer(); id == nowhere {
			return h.far
		}
		return strict{h.theirs}
	})
	var err error
	h.honest, err = Dial(t.Context(), Config{Self: nowhere}, h.address, elsewhere, h.mine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.honest.Close(nil); <-h.honest.Done() })
	return h
}

// refused checks that what was written is answered with the end of the connection
// and a line in the log, and that nobody else noticed.
func (h *hostile) refused(t *testing.T, c net.Conn, opened bool) {
	t.Helper()
	defer h.server.cfg.gate.open() // all rows are within a second
	if b, err := io.ReadAll(c); len(b) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("it answers % X, %v", b, err)
	}
	if opened {
		if err := waitFor(t, h.theirs.closed, "Closed"); !errors.Is(err, ErrMalformed) {
			t.Error(err)
		}
		if len(h.theirs.came) > 0 || len(h.theirs.acked) > 0 {
			t.Errorf("%d messages came, %d are acknowledged", len(h.theirs.came), len(h.theirs.acked))
		}
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if l := h.log.take(); l != "" {
			if n := strings.Count(l, "\n"); n != 1 || !strings.Contains(l, "why=") {
				t.Errorf("the log has %d lines: %s", n, l)
			}
			break
		}
		if time.Now().After(end) {
			t.Error("the log says nothing")
			break
		}
	}
	if !h.honest.Send("honest", message(t, 100, true), true) {
		t.Error("the honest session has no room")
	}
	waitFor(t, h.far.came, "the honest message")
}

// The rows of the hostile table that a connection meets before its session is open.
func TestHostileHandshake(t *testing.T) {
	h := newHostile(t)
	ask := wire.AppendEstablish(nil, wire.Establish{Client: here, Server: elsewhere})
	parameters := wire.AppendParameters(nil, wire.Parameters{RecoverableAckTimeout: 500, AckTimeout: 20_000, Window: 64})
	user := message(t, 10, false)
	for name, p := range map[string][]byte{
		"B01: version 0":               with(ask, 0, 0),
		"B01: version 0x11":            with(ask, 0, 0x11),
		"B02: signature swapped":       with(ask, 4, 0x52, 0x4F, 0x49, 0x4C),
		"B03: size 0":                  with(ask, 8, u32(0)...),
		"B03: size 15":                 with(ask, 8, u32(15)...),
		"B04: size over 4 MB":          with(ask, 8, u32(0x00400001)...),
		"B04: all bits of size":        with(ask, 8, u32(0xFFFFFFFF)...),
		"internal packet of 4 MB":      with(ask, 8, u32(0x00400000)...),
		"B08: type 0":                  with(ask, 18, 0),
		"B08: type 4":                  with(ask, 18, 4),
		"B08: type 15":                 with(ask, 18, 15),
		"B09: establish of 571":        resized(ask, -1),
		"B09: establish of 573":        append(resized(ask, 1), 0),
		"B10: parameters first":        parameters,
		"B10: acknowledgement first":   wire.AppendSessionAck(nil, wire.Session{}),
		"B10: message first":           user,
		"B10: message of 4 MB first":   with(user, 8, u32(0x00400000)...),
		"text":                         []byte("GET / HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n"),
		"S2: a part of the request":    ask[:300],
		"S2: nothing":                  {},
		"establish with SessionHeader": with(ask, 2, 0x1B),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", h.address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			write(t, c, p)
			h.refused(t, c, false)
		})
	}
}

// The rows that an open session meets.
func TestHostileSession(t *testing.T) {
	h := newHostile(t)
	user := message(t, 10, false)
	ack := wire.AppendSessionAck(nil, wire.Session{Window: 64})
	parameters := wire.AppendParameters(nil, wire.Parameters{Window: 64})
	piggyback, err := wire.PutSession(bytes.Clone(user), wire.Session{Acked: 1, Sent: 1, Window: 64})
	if err != nil {
		t.Fatal(err)
	}
	honestPiggyback, err := wire.PutSession(bytes.Clone(user), wire.Session{Sent: 1, Window: 64})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string][]byte{
		"B01: version":                                 with(user, 0, 0x11),
		"B02: signature":                               with(user, 4, 0x52, 0x4F, 0x49, 0x4C),
		"B03: size 15":                                 with(user, 8, u32(15)...),
		"B04: size":                                    with(user, 8, u32(0x00400001)...),
		"B05: 4 MB claimed, one byte":                  append(with(user, 8, u32(0x00400000)...)[:16], 1),
		"B06: shorter than its headers":                with(user, 8, u32(uint32(len(user)-4))...),
		"B06: longer than its headers":                 resized(user, 4096),
		"B08: type 4":                                  with(ack, 18, 4),
		"B09: parameters of 31":                        resized(parameters, -1),
		"B09: parameters of 33":                        resized(parameters, 1),
		"B09: acknowledgement of 35":                   resized(ack, -1),
		"B09: acknowledgement of 37":                   resized(ack, 1),
		"B10: a second establish":                      wire.AppendEstablish(nil, wire.Establish{Client: here}),
		"B10: second parameters":                       parameters,
		"B14: SessionHeader of 0 bytes":                honestPiggyback[:len(user)],
		"B14: SessionHeader of 15 bytes":               honestPiggyback[:len(user)+15],
		"B14: next packet instead":                     append(with(user, 2, honestPiggyback[2]), user...),
		"A01: acknowledges what was not sent":          with(ack, 20, u16(1)...),
		"A01: the same at the end of a message":        piggyback,
		"A02: a recoverable one that was not sent":     with(ack, 22, u16(1)...),
		"A02: flags for what was not sent":             with(ack, 24, u32(2)...),
		"counts of messages that did not come":         with(ack, 28, u16(1)...),
		"counts of recoverable ones that did not come": with(ack, 30, u16(1)...),
		"refused acknowledgement":                      with(ack, 18, 0x11),
		"acknowledgement without SessionHeader":        with(ack, 2, 0x0B),
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, h.address)
			waitFor(t, h.theirs.opened, "Opened")
			write(t, c, p)
			h.refused(t, c, true)
		})
	}
}

// Row B07: what is reserved may be anything.
func TestReservedBitsAreIgnored(t *testing.T) {
	theirs := newWitness()
	_, address := serve(t, Config{}, Limits{}, func(*Session) Handler { return theirs })
	dirty := func(p []byte) []byte {
		p[1] = 0xFF           // BaseHeader.Reserved
		p[2] |= 0xC7          // priority, reserved
		p[3] |= 0xFE          // reserved
		copy(p[12:], u32(99)) // TimeToReachQueue
		copy(p[16:], u16(0xFFFF))
		p[18] |= 0xE0
		p[19] = 0xFF
		return p
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	ask := dirty(wire.AppendEstablish(nil, wire.Establish{Client: here}))
	copy(ask[len(ask)-514:], bytes.Repeat([]byte{0xEE}, 514))
	write(t, c, ask)
	if r, err := wire.ParseEstablish(read(t, c)); err != nil || r.Refused {
		t.Fatal(r, err)
	}
	p := dirty(wire.AppendParameters(nil, wire.Parameters{Window: 64}))
	copy(p[28:], u16(0xFFFF))
	write(t, c, p)
	read(t, c)
	ack := dirty(wire.AppendSessionAck(nil, wire.Session{Window: 64}))
	copy(ack[34:], u16(0xFFFF))
	write(t, c, ack)
	write(t, c, message(t, 10, true))
	waitFor(t, theirs.came, "message")
}

// Rows S1 to S3: every byte of every packet of a session changed, cut or claimed
// otherwise. Nothing panics, and a packet that is taken is one that is valid.
func TestAnyChangeOfAPacketIsSurvived(t *testing.T) {
	user := message(t, 20, true)
	piggyback, err := wire.PutSession(bytes.Clone(user), wire.Session{Sent: 1, RecoverableSent: 1, Window: 64})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		st state
		p  []byte
	}{
		"establish":        {waitEstablish, wire.AppendEstablish(nil, wire.Establish{Client: here})},
		"establish answer": {waitEstablishAnswer, wire.AppendEstablish(nil, wire.Establish{Client: here, Server: elsewhere})},
		"parameters":       {waitParameters, wire.AppendParameters(nil, wire.Parameters{Window: 64})},
		"ack":              {open, wire.AppendSessionAck(nil, wire.Session{Window: 64})},
		"message":          {open, user},
		"piggyback":        {open, piggyback},
	} {
		t.Run(name, func(t *testing.T) {
			feed := func(p []byte) {
				m := newAcceptor(config(here), t0)
				m.server, m.agreed, m.window, m.state = elsewhere, 64, 64, c.st
				s := &Session{cfg: config(here), m: m, conn: &replay{in: bytes.NewReader(p)}}
				r := newReader(s)
				for {
					q, err := r.packet(c.st == open)
					if err != nil {
						return
					}
					if _, err := m.packet(q, t0); err != nil {
						return
					}
				}
			}
			for bit := range 8 * len(c.p) {
				feed(with(c.p, bit/8, c.p[bit/8]^1<<(bit%8)))
			}
			for n := range len(c.p) {
				feed(c.p[:n])
			}
			for at := range len(c.p) - 3 {
				n := uint32(len(c.p))
				for _, v := range []uint32{0, 1, n - 1, n, n + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF} {
					feed(with(c.p, at, u32(v)...))
				}
			}
		})
	}
}

// replay is a connection with one end, where the peer closes after what it wrote.
type replay struct {
	net.Conn
	in io.Reader
}

func (r *replay) Read(b []byte) (int, error)      { return r.in.Read(b) }
func (r *replay) SetReadDeadline(time.Time) error { return nil }
func (r *replay) LocalAddr() net.Addr             { return &net.TCPAddr{} }
func (r *replay) RemoteAddr() net.Addr            { return &net.TCPAddr{} }
func (r *replay) Close() error                    { return nil }

// Rows B04 and B05: allocated is twice what came and 64 KB at most.
func TestMemoryGrowsWithWhatCame(t *testing.T) {
	huge := message(t, 4_000_000, false)
	for _, n := range []int{16, 17, 60 << 10, 65 << 10, 300 << 10, 3 << 20, len(huge)} {
		memory := NewMemory(0)
		s := &Session{cfg: Config{Packet: time.Minute, Memory: memory}, conn: &replay{in: bytes.NewReader(huge[:n])}}
		r := newReader(s)
		r.opened()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := r.packet(true)
		runtime.ReadMemStats(&after)
		if n == len(huge) != (err == nil) || err == nil && !bytes.Equal(p, huge) {
			t.Errorf("%d bytes: %v", n, err)
		}
		// A page and a half for the list of pieces, the error and the test itself.
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(2*n+64<<10+12<<10); got > most {
			t.Errorf("%d bytes came and %d were allocated", n, got)
		}
		want := int64(0)
		if err == nil {
			want = int64(n)
		}
		if used := memory.used.Load(); used != want {
			t.Errorf("%d bytes are charged for %d", used, n)
		}
	}
}

// Row 2.5: PacketSize counts the SessionHeader of an internal packet and not that of
// a message, and what follows either is the next packet.
func TestFramesWithSessionHeaders(t *testing.T) {
	p := message(t, 50, false)
	piggyback, err := wire.PutSession(bytes.Clone(p), wire.Session{Sent: 1, Window: 64})
	if err != nil {
		t.Fatal(err)
	}
	ack := wire.AppendSessionAck(nil, wire.Session{Sent: 1, Window: 64})
	stream := bytes.Join([][]byte{piggyback, ack, p, ack, piggyback}, nil)
	for step := 1; step <= len(stream); step += 7 {
		s := &Session{cfg: config(here), conn: &replay{in: &slow{stream, step}}}
		r := newReader(s)
		r.opened()
		for k, want := range [][]byte{piggyback, ack, p, ack, piggyback} {
			if got, err := r.packet(true); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("packet %d in steps of %d: % X, %v", k, step, got, err)
			}
		}
		if _, err := r.packet(true); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}

// slow gives few bytes at a time.
type slow struct {
	b    []byte
	step int
}

func (s *slow) Read(b []byte) (int, error) {
	n := copy(b, s.b[:min(s.step, len(s.b))])
	if s.b = s.b[n:]; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// What is refused with its packet takes no memory any more.
func TestRefusedMessagesTakeNoMemory(t *testing.T) {
	memory := NewMemory(1 << 20)
	closed := make(chan error, 1)
	_, address := serve(t, Config{Memory: memory}, Limits{}, func(*Session) Handler {
		w := newWitness()
		w.closed = closed
		return w
	})
	p, err := wire.PutSession(message(t, 50<<10, false), wire.Session{Acked: 1, Sent: 1, Window: 64})
	if err != nil {
		t.Fatal(err)
	}
	write(t, shake(t, knock(t, "127.0.0.1", address)), p)
	waitFor(t, closed, "Closed")
	if used := memory.used.Load(); used != 0 {
		t.Errorf("%d bytes stay charged", used)
	}
}

// MS-MQQB 3.1.5.5: what is acknowledged counts before the counts are compared.
func TestWrongCountsFreeWhatTheyAcknowledge(t *testing.T) {
	for _, h := range []wire.Session{
		{Acked: 1, Sent: 1, Window: 64},
		{Acked: 1, RecoverableSent: 0xFFFF, Window: 64},
	} {
		i, _ := pair(t, config(here), config(elsewhere))
		for k := range 2 {
			i.send(k, 100, false, t0)
			i.sent.wrote(false)
		}
		ev, err := i.packet(wire.AppendSessionAck(nil, h), t0)
		if !errors.Is(err, ErrMalformed) || !slices.Equal(ev.acked, []any{0}) || ev.room {
			t.Errorf("%+v, %v", ev, err)
		}
		p := message(t, 20, true)
		q, err := wire.PutSession(slices.Clone(p), wire.Session{Acked: 2, Sent: 7, RecoverableSent: 1, Window: 64})
		if err != nil {
			t.Fatal(err)
		}
		ev, err = i.packet(q, t0)
		if !errors.Is(err, ErrMalformed) || !slices.Equal(ev.acked, []any{1}) || !slices.Equal(ev.message, p) {
			t.Errorf("%+v, %v", ev, err)
		}
	}
}
