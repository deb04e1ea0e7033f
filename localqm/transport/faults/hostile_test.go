package faults

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/session"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
	"posthouse/localqm/wire"
)

// Addresses of those who mean ill.
const (
	hostileAddress = "127.0.0.66"
	hostileNumbers = "127.66.%d.%d"
)

// siege is a queue manager that is attacked while an honest one sends to it.
type siege struct {
	t           testing.TB
	network     *transporttest.Network
	hub, honest *transporttest.QM
	log         *lineLog
	self        mq.GUID // of the one who attacks
	number      uint32  // of the queue that is attacked
	ordinal     atomic.Uint32
	sent        int // by the honest one
	counted     int // sessions that are to be in the log
}

// newSiege starts both. Its queues: q and x (transactional) for everybody, acks,
// orders for the honest one.
func newSiege(t testing.TB) *siege {
	t.Helper()
	s := &siege{t: t, network: transporttest.New(t), log: new(lineLog), self: mq.NewGUID()}
	s.hub = s.network.Start("HUB", func(o *transport.Options) {
		o.Log = slog.New(slog.NewTextHandler(s.log, nil))
		o.Session = session.Config{Handshake: time.Second, Packet: time.Second}
	})
	s.honest = s.network.Start("DESK7")
	open := localqm.QueueSpec{AllowSend: everybody}
	for _, q := range []string{"q", "acks", "orders"} {
		s.hub.Create(q, open)
	}
	open.Transactional = &yes
	s.hub.Create("x", open)
	ok(t, s.hub.SetMachine(ctx, qmtest.Owner, func(c *localqm.Settings) error {
		c.InsecureNack, c.PingAnswer = true, true
		return nil
	}))
	info, err := s.hub.Queue(ctx, qmtest.Owner, name("q"))
	ok(t, err)
	s.number = info.Queue.Number
	s.unhurt()
	return s
}

// unhurt checks that the honest one's messages come.
func (s *siege) unhurt() {
	s.t.Helper()
	s.sent++
	label := strconv.Itoa(s.sent)
	m := qmtest.Message(label)
	m.Delivery = mq.Express
	s.honest.Send(s.hub.Direct("orders"), m)
	h := s.hub.Open("orders", localqm.ReceiveAccess)
	defer h.Close()
	d, err := h.Read(ctx, localqm.ReadOptions{Timeout: 20 * time.Second})
	if err != nil || d.Message.Label != label {
		s.t.Fatalf("the honest message %s did not come: %v", label, err)
	}
}

// empty checks that nothing is stored and nothing is to be sent, but for the
// acknowledgements of the honest one's session.
func (s *siege) empty() {
	s.t.Helper()
	status, err := s.hub.Status(ctx, qmtest.Owner)
	ok(s.t, err)
	if status.Total.Messages != 0 {
		s.t.Errorf("%d messages are kept", status.Total.Messages)
	}
	if out := s.hub.Outgoings(); len(out) != 0 {
		s.t.Errorf("%s is to be sent to", out[0].Destination())
	}
}

// attacker is a connection of one who means ill.
type attacker struct {
	net.Conn
	t testing.TB
}

// connect connects from an address.
func (s *siege) connect(from string) *attacker {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	c, err := d.Dial("tcp", netip.AddrPortFrom(s.hub.Address, s.network.Port).String())
	ok(s.t, err)
	ok(s.t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return &attacker{c, s.t}
}

// attack opens a session.
func (s *siege) attack() *attacker {
	s.t.Helper()
	a := s.connect(hostileAddress)
	a.write(s.establish())
	e, err := wire.ParseEstablish(a.packet())
	ok(s.t, err)
	if e.Refused {
		s.t.Fatal("no session is given")
	}
	a.write(parameters())
	a.packet()
	return a
}

func (s *siege) establish() []byte {
	return wire.AppendEstablish(nil, wire.Establish{Client: s.self})
}

func parameters() []byte {
	return wire.AppendParameters(nil, wire.Parameters{RecoverableAckTimeout: 500, AckTimeout: 20_000, Window: 64})
}

// leave closes the connection in good order: what was not read would break it.
func (a *attacker) leave() {
	_ = a.Conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, a)
	_ = a.Close()
}

func (a *attacker) write(b []byte) {
	_, _ = a.Write(b) // it may be closed already
}

// packet reads the next one.
func (a *attacker) packet() []byte {
	a.t.Helper()
	p, err := readPacket(a)
	ok(a.t, err)
	return p
}

func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, 16)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	base, err := wire.ParseBase(head)
	if err != nil {
		return nil, err
	}
	p := append(head, make([]byte, base.FrameSize()-len(head))...)
	_, err = io.ReadFull(r, p[len(head):])
	return p, err
}

// closed checks that the connection ends without a word; it has no other answer
// than those already read.
func (a *attacker) closed() {
	a.t.Helper()
	b, err := io.ReadAll(a)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		a.t.Error("the connection stays open")
	}
	if len(b) > 0 {
		a.t.Errorf("the answer is % X", b[:min(len(b), 64)])
	}
	_ = a.Close()
}

// message makes a message that is in order, for queue q.
func (s *siege) message(change func(*mq.Message)) []byte {
	s.t.Helper()
	hub := s.hub.Identity().ID
	m := qmtest.Message("hostile")
	m.ID = mq.ObjectID{Source: s.self, Ordinal: s.ordinal.Add(1)}
	m.SourceMachine, m.SentTime = s.self, time.Now().Truncate(time.Second)
	m.TimeToReachQueue, m.TimeToBeReceived = mq.Never, mq.Never
	m.Destination, m.DestinationMachine = mq.Private(hub, s.number), hub
	if change != nil {
		change(m)
	}
	p, err := wire.Append(nil, m, s.self)
	ok(s.t, err)
	return p
}

// lineLog keeps what is logged.
type lineLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// sessions are how many sessions of an address that ended badly the log tells of.
// Its lines are few a second, and say how many are left out.
func (l *lineLog) sessions(t testing.TB, address string) (count int) {
	t.Helper()
	l.mu.Lock()
	text := l.b.String()
	l.mu.Unlock()
	for line := range strings.Lines(text) {
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("a line of the log has %q: %q", line[i:min(len(line), i+4)], line)
		}
		if !strings.Contains(line, `msg="session ended"`) || !strings.Contains(line, address+":") {
			continue
		}
		count++
		_, rest, _ := strings.Cut(line, "unreported=")
		n, err := strconv.Atoi(strings.Fields(rest)[0])
		ok(t, err)
		count += n
	}
	return count
}

// inTheLog checks that each session that was closed for what it sent is counted.
func (s *siege) inTheLog() {
	s.t.Helper()
	last := time.Now()
	qmtest.Eventually(s.t, fmt.Sprintf("%d sessions are in the log", s.counted), func() bool {
		if time.Since(last) > time.Second { // the next line says what was left out
			last = time.Now()
			a := s.connect(hostileAddress)
			a.write([]byte("GET / HTTP/1.1\r\n\r\n"))
			a.closed()
			s.counted++
		}
		return s.log.sessions(s.t, hostileAddress) >= s.counted
	})
	if n := s.log.sessions(s.t, hostileAddress); n != s.counted {
		s.t.Errorf("%d sessions are in the log, want %d", n, s.counted)
	}
}

// allocated is what the process takes for what fn does, with all its sessions.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Changes of packets.
var le = binary.LittleEndian

type change func([]byte) []byte

func same(b []byte) []byte { return b }

func u8(at int, v byte) change    { return func(b []byte) []byte { b[at] = v; return b } }
func u16(at int, v uint16) change { return func(b []byte) []byte { le.PutUint16(b[at:], v); return b } }

func u32(at int, v uint32) change   { return func(b []byte) []byte { le.PutUint32(b[at:], v); return b } }
func tail(n int, v uint32) change   { return func(b []byte) []byte { return u32(len(b)-n, v)(b) } }
func tail16(n int, v uint16) change { return func(b []byte) []byte { return u16(len(b)-n, v)(b) } }

// flags changes UserHeader.Flags.
func flags(clear, set uint32) change {
	return func(b []byte) []byte { return u32(atFlags, le.Uint32(b[atFlags:])&^clear|set)(b) }
}

// resized makes a packet longer or shorter, and say so.
func resized(n int) change {
	return func(b []byte) []byte {
		b = append(b, make([]byte, max(n, 0))...)[:len(b)+n]
		return u32(8, uint32(len(b)))(b)
	}
}

// Where fields are in a packet for a queue that is named by its number
// (MS-MQMQ 2.2.19-20).
const (
	atFlags      = 16 + 44
	atTTBR       = 16 + 32
	atSent       = 16 + 36
	atName       = 16 + 48
	atProperties = atName + 4
)

// stored waits until a queue has a message, and takes it.
func (s *siege) stored(queue, label string) *mq.Message {
	s.t.Helper()
	h := s.hub.Open(queue, localqm.ReceiveAccess)
	defer h.Close()
	d, err := h.Read(ctx, localqm.ReadOptions{Timeout: 10 * time.Second})
	if err != nil || d.Message.Label != label {
		s.t.Fatalf("%s has no message %s: %v", queue, label, err)
	}
	return d.Message
}
