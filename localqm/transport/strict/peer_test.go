package strict

import (
	"bufio"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"posthouse/localqm/transport/transporttest"
)

// patience is how long a peer waits for what must come.
const patience = 20 * time.Second

// peer is a queue manager of the specification with at most one session. It does
// nothing by itself: a test reads and writes packet after packet.
type peer struct {
	t    testing.TB
	id   guid
	at   netip.Addr
	port uint16
	them guid // the queue manager under test, as it says it is called
	name string

	ln net.Listener
	c  net.Conn
	r  *bufio.Reader

	ordinal uint32 // MessageIdOrdinal
	ready   []*message

	// The state of the session (MS-MQQB 3.1.1.3.1). Nothing here sends so much that
	// 16 bits wrap.
	sent, sentRecoverable uint16
	acked                 uint16          // of what we sent
	stored                map[uint16]bool // recoverable ones of it
	storedTo              uint16          // all of them up to here
	came, cameRecoverable uint16
	told, toldRecoverable uint16 // of what came
	theirWindow           uint16
	settings              parameters
	acks                  int // SessionAck packets that came
}

// address is that of all peers; each test has a port of its own.
var address = netip.MustParseAddr("127.0.0.99")

// newPeer makes a peer with a name in the network.
func newPeer(t testing.TB, n *transporttest.Network, name string) *peer {
	p := &peer{t: t, id: guidOf("6F9619FF-8B86-D011-B42D-00C04FC964FF"), at: address, port: n.Port, name: name, ordinal: 2285}
	n.Name(name, p.at)
	return p
}

func (p *peer) close() {
	if p.c != nil {
		p.c.Close()
	}
	if p.ln != nil {
		p.ln.Close()
	}
}

// begin forgets the session before (MS-MQQB 3.1.3.2).
func (p *peer) begin(c net.Conn) {
	if p.c != nil {
		p.c.Close()
	}
	p.c, p.r = c, bufio.NewReader(c)
	p.sent, p.sentRecoverable, p.acked, p.storedTo = 0, 0, 0, 0
	p.came, p.cameRecoverable, p.told, p.toldRecoverable = 0, 0, 0, 0
	p.stored, p.ready, p.acks = map[uint16]bool{}, nil, 0
}

func (p *peer) listen() {
	p.t.Helper()
	ln, err := net.Listen("tcp", netip.AddrPortFrom(p.at, p.port).String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.ln = ln
}

// connected accepts the next connection, that of q.
func (p *peer) connected(q *transporttest.QM) {
	p.t.Helper()
	p.ln.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := p.ln.Accept()
	if err != nil {
		p.t.Fatalf("nobody connects: %v", err)
	}
	from := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
	if from.Unmap() != q.Address {
		p.t.Errorf("%s connects from %s", q.Address, from)
	}
	p.begin(c)
	p.them = guidOf(q.Identity().ID.String())
}

// accept is the acceptor of a session that q opens (MS-MQQB 3.1.5.3.1, 3.1.5.4.1).
// server is whom it asks for.
func (p *peer) accept(q *transporttest.QM, server guid, pinged bool) {
	p.t.Helper()
	p.connected(q)
	h := p.read().establish(false)
	if h.client != p.them || h.server != server || h.notPinged == pinged {
		p.t.Errorf("MS-MQQB 3.1.5.2.3: request %+v for %x, pinged %v", h, server, pinged)
	}
	h.server = p.id
	p.write(func(w *out) { w.establish(h, true) })
	p.settings = p.read().parameters()
	p.theirWindow = p.settings.window
	answer := p.settings
	answer.window = 64
	p.write(func(w *out) { w.parameters(answer) })
}

// dial is the initiator of a session with q (MS-MQQB 3.1.5.2.3, 3.1.5.3.2).
func (p *peer) dial(q *transporttest.QM, server guid) {
	p.t.Helper()
	p.connect(q)
	p.request(server)
	p.agree(parameters{recoverableAck: 500, ack: 120000, window: 64})
}

func (p *peer) connect(q *transporttest.QM) {
	p.t.Helper()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(p.at, 0)), Timeout: patience}
	c, err := d.Dial("tcp", netip.AddrPortFrom(q.Address, p.port).String())
	if err != nil {
		p.t.Fatal(err)
	}
	p.begin(c)
	p.them = guidOf(q.Identity().ID.String())
}

// request asks for a session; false if it is refused.
func (p *peer) request(server guid) bool {
	p.t.Helper()
	asked := establish{client: p.id, server: server, timeStamp: 501140046, notPinged: true}
	p.write(func(w *out) { w.establish(asked, false) })
	got := p.read().establish(true)
	want := asked
	want.server = p.them
	want.refused = server != guid{} && server != p.them
	if got != want {
		p.t.Errorf("MS-MQQB 3.1.5.3.1: response %+v, want %+v", got, want)
	}
	return !got.refused
}

// agree exchanges ConnectionParameters packets.
func (p *peer) agree(asked parameters) {
	p.t.Helper()
	p.write(func(w *out) { w.parameters(asked) })
	got := p.read().parameters()
	if got.recoverableAck != asked.recoverableAck || got.ack != asked.ack {
		p.t.Errorf("MS-MQQB 3.1.5.4.1: answered %+v to %+v", got, asked)
	}
	p.settings, p.theirWindow = asked, got.window
}

func (p *peer) write(make func(*out)) {
	p.t.Helper()
	var w out
	make(&w)
	p.c.SetWriteDeadline(time.Now().Add(patience))
	if _, err := p.c.Write(w); err != nil {
		p.t.Fatalf("write: %v", err)
	}
}

// next reads a packet; nil at the end of the connection.
func (p *peer) next() *in {
	p.t.Helper()
	p.c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, baseSize)
	if _, err := io.ReadFull(p.r, b); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.t.Fatalf("nothing came; so far %d messages, and of %d sent %d are acknowledged", p.came, p.sent, p.acked)
		}
		p.t.Fatalf("read: %v", err)
	}
	h := (&in{t: p.t, b: b}).base()
	size := int(h.size)
	if h.session && !h.internal {
		size += 16 // PacketSize leaves the SessionHeader out (MS-MQMQ 2.2.19.1)
	}
	b = append(b, make([]byte, size-baseSize)...)
	if _, err := io.ReadFull(p.r, b[baseSize:]); err != nil {
		p.t.Fatalf("the connection ends within a packet: %v\n%s", err, hex.Dump(b))
	}
	return &in{t: p.t, b: b}
}

// read is next where the connection must not end.
func (p *peer) read() *in {
	p.t.Helper()
	r := p.next()
	if r == nil {
		p.t.Fatal("the connection was closed")
	}
	return r
}

// step takes one packet of an open session; false at its end.
func (p *peer) step() bool {
	p.t.Helper()
	r := p.next()
	if r == nil {
		return false
	}
	look := (&in{t: p.t, b: r.b}).base()
	if look.internal {
		p.acks++
		p.acknowledged(r.sessionAck())
		return true
	}
	m := r.message()
	p.came++
	if m.recoverable {
		p.cameRecoverable++
	}
	if n := p.came - p.told; n > min(p.theirWindow, 64) {
		p.t.Errorf("MS-MQQB 3.1.7.1: %d messages are not acknowledged, more than the window", n)
	}
	if m.session != nil {
		p.acknowledged(*m.session)
	}
	p.ready = append(p.ready, m)
	return true
}

// acknowledged takes a SessionHeader (MS-MQQB 3.1.5.5).
func (p *peer) acknowledged(h sessionHeader) {
	p.t.Helper()
	if h.sent != p.came || h.recoverableSent != p.cameRecoverable {
		p.t.Errorf("MS-MQQB 3.1.5.5.5: %+v, but %d messages came, %d recoverable", h, p.came, p.cameRecoverable)
	}
	if h.acked < p.acked || h.acked > p.sent {
		p.t.Errorf("MS-MQMQ 2.2.20.4: message %d is acknowledged after %d, of %d", h.acked, p.acked, p.sent)
	}
	p.acked = h.acked
	if h.lowest == 0 {
		return
	}
	// A sender forgets everything up to the lowest (MS-MQQB 3.1.5.5.3).
	if h.lowest != p.storedTo+1 {
		p.t.Errorf("MS-MQMQ 2.2.20.4: the lowest unacknowledged recoverable message is %d, not %d", p.storedTo+1, h.lowest)
	}
	for k := range uint16(32) {
		number := h.lowest + k
		if h.flags>>k&1 == 0 {
			continue
		}
		if number > p.sentRecoverable {
			p.t.Errorf("MS-MQMQ 2.2.20.4: recoverable message %d is acknowledged, of %d", number, p.sentRecoverable)
		}
		p.stored[number] = true
	}
	for p.stored[p.storedTo+1] {
		p.storedTo++
	}
}

// await is the next message that has what is looked for; others stay for later.
func (p *peer) await(what string, fits func(*message) bool) *message {
	p.t.Helper()
	for i := 0; ; i++ {
		for i >= len(p.ready) {
			if !p.step() {
				p.t.Fatalf("the connection was closed instead of %s", what)
			}
		}
		if m := p.ready[i]; fits(m) {
			p.ready = append(p.ready[:i:i], p.ready[i+1:]...)
			return m
		}
	}
}

// message is the next message, whichever it is.
func (p *peer) message() *message {
	p.t.Helper()
	return p.await("a message", func(*message) bool { return true })
}

// ofClass is the next message of a class.
func (p *peer) ofClass(class uint16) *message {
	p.t.Helper()
	return p.await("a message of a class", func(m *message) bool { return m.class == class })
}

// settled waits until all that was sent is acknowledged, and on disk as it must.
func (p *peer) settled() {
	p.t.Helper()
	for p.acked != p.sent || p.storedTo != p.sentRecoverable {
		if !p.step() {
			p.t.Fatalf("the connection was closed and %d of %d messages acknowledged", p.acked, p.sent)
		}
	}
}

// closed waits for the end of the connection. No packet announces it (MS-MQQB
// 3.1.5.9).
func (p *peer) closed() {
	p.t.Helper()
	for p.step() {
	}
	if len(p.ready) > 0 {
		p.t.Errorf("a message came before the end: %+v", p.ready[0])
	}
}

// header is the acknowledgement of all that came and was not acknowledged.
func (p *peer) header() (h sessionHeader) {
	h = sessionHeader{acked: p.came, sent: p.sent, recoverableSent: p.sentRecoverable, window: 64}
	if n := p.cameRecoverable - p.toldRecoverable; n > 0 {
		h.lowest, h.flags = p.toldRecoverable+1, 1<<n-1
	}
	p.told, p.toldRecoverable = p.came, p.cameRecoverable
	return h
}

// ack sends a SessionAck packet for all that came.
func (p *peer) ack() {
	p.t.Helper()
	h := p.header()
	p.write(func(w *out) { w.sessionAck(h) })
}

// note gives a message what its queue manager adds.
func (p *peer) note(m *message) *message {
	p.ordinal++
	m.source, m.id = p.id, p.ordinal
	m.sentTime = uint32(time.Now().Unix())
	m.reach, m.toBeReceived = 345600, never
	m.sid = []byte{1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}
	return m
}

// send sends a message, first through our own reader.
func (p *peer) send(m *message) *message {
	p.t.Helper()
	p.sent++
	if m.recoverable {
		p.sentRecoverable++
	}
	if m.session != nil { // its counts are with this message (MS-MQQB 3.1.7.1.3)
		m.session.sent, m.session.recoverableSent = p.sent, p.sentRecoverable
	}
	p.write(func(w *out) {
		w.message(m)
		(&in{t: p.t, b: *w}).message()
	})
	return m
}
