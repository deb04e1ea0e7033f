package session

import (
	"fmt"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// state is SessionState (MS-MQQB 3.1.1.3.1). A closed session has no machine.
type state uint8

const (
	waitEstablish        state = iota // WAITING_EC_MSG
	waitEstablishAnswer               // WAITING_ECR_MSG
	waitParameters                    // WAITING_CP_MSG
	waitParametersAnswer              // WAITING_CPR_MSG
	open                              // OPEN
)

// widenEvery is how often a window that the peer made smaller is doubled again
// (MS-MQMQ note 15).
const widenEvery = 30 * time.Second

// breach is what a packet is refused for: the session closes (MS-MQQB 3.1.5.1.3).
func breach(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// event is what follows from a packet or from the time.
type event struct {
	asked   bool    // a session is asked for: answer decides
	reply   []byte  // is to be written at once
	opened  bool    // the session is open
	message []byte  // a message came
	arrival arrival // its numbers
	acked   []any   // the peer answers for these; valid until the next call
	room    bool    // there is room for a message that was refused
}

// machine is the protocol of one session.
type machine struct {
	cfg       Config
	initiator bool
	server    mq.GUID // who must answer; zero: whoever does
	direct    bool    // the session was opened without naming who must answer
	state     state
	peer      mq.GUID
	request   wire.Establish // of the initiator
	asked     time.Time      // when the initiator sent it

	sent     sent
	received received
	agreed   int  // the window for what we send, by ConnectionParameters
	window   int  // the same now
	refused  bool // a message had no room
	ackNow   bool // an acknowledgement is due
	active   bool // SessionActive
	heard    bool // ReceivedAck
	used     time.Time
	tags     []any

	ackWait        time.Duration // AckWaitTimeout
	recoverableAck time.Duration // RecoverableAckSendTimeout

	// The timers of MS-MQQB 3.1.2, when they expire; zero: stopped.
	initializeAt time.Time
	cleanupAt    time.Time
	waitAt       time.Time
	ackAt        time.Time
	widenAt      time.Time
}

// newAcceptor is the machine of a connection that came (MS-MQQB 3.1.5.10).
func newAcceptor(cfg Config, now time.Time) *machine {
	return &machine{
		cfg: cfg, state: waitEstablish, used: now,
		initializeAt: now.Add(cfg.Handshake), cleanupAt: now.Add(cfg.Cleanup),
	}
}

// newInitiator is the machine of a connection that we opened, and its request
// (MS-MQQB 3.1.5.2.3).
func newInitiator(cfg Config, server mq.GUID, now time.Time) (*machine, []byte) {
	m := &machine{
		cfg: cfg, initiator: true, server: server, direct: server.IsZero(), used: now,
		state: waitEstablishAnswer, ackWait: cfg.AckTimeout, asked: now,
		initializeAt: now.Add(cfg.Initialization), cleanupAt: now.Add(cfg.Cleanup),
	}
	m.request = wire.Establish{
		Client: cfg.Self, Server: server, NoPing: !cfg.Pinged, ServerOS: true,
		TimeStamp: uint32(now.UnixMilli()), // comes back and is read by nobody
	}
	return m, wire.AppendEstablish(nil, m.request)
}

// packet takes a packet that came, of which all bytes are there; they are the
// machine's. After an error the session is to be closed, once the reply is written
// if there is one; the rest of the event counts.
func (m *machine) packet(p []byte, now time.Time) (event, error) {
	m.heard, m.used = true, now
	t, err := wire.PacketType(p)
	switch {
	case err != nil:
		return event{}, breach("%w", err)
	case t == wire.TypeEstablish && m.state == waitEstablish:
		return m.establish(p)
	case t == wire.TypeEstablish && m.state == waitEstablishAnswer:
		return m.established(p, now)
	case t == wire.TypeParameters && m.state == waitParameters:
		return m.parameters(p)
	case t == wire.TypeParameters && m.state == waitParametersAnswer:
		return m.parametersAnswer(p)
	case t == wire.TypeSessionAck && m.state == open:
		h, err := wire.ParseSessionAck(p)
		if err != nil {
			return event{}, breach("%w", err)
		}
		return m.acknowledged(event{}, h, now)
	case t == wire.TypeMessage && m.state == open:
		return m.message(p, now)
	}
	return event{}, breach("a packet of type %d came out of turn", t)
}

// establish takes the request of a peer (MS-MQQB 3.1.5.3.1).
func (m *machine) establish(p []byte) (event, error) {
	r, err := wire.ParseEstablish(p)
	if err != nil {
		return event{}, breach("%w", err)
	}
	if r.Client.IsZero() {
		return event{}, breach("it does not say which queue manager it is")
	}
	m.request, m.peer, m.direct = r, r.Client, r.Server.IsZero()
	// MS-MQQB 2.2.1 would have a zero ServerGuid refused; 3.1.5.3.1 accepts it,
	// and who sends to a direct format name has no other.
	if !m.direct && r.Server != m.cfg.Self {
		return event{reply: m.answer(true)},
			fmt.Errorf("%w: it asks for queue manager %s, and here is %s", ErrRefused, r.Server, m.cfg.Self)
	}
	return event{asked: true}, nil
}

// answer is the reply to the request.
func (m *machine) answer(refuse bool) []byte {
	m.state = waitParameters
	r := m.request
	return wire.AppendEstablish(nil, wire.Establish{
		Client: r.Client, Server: m.cfg.Self, TimeStamp: r.TimeStamp,
		NoPing: r.NoPing, ServerOS: r.ServerOS, Refused: refuse,
	})
}

// established takes the answer to our request (MS-MQQB 3.1.5.3.2).
func (m *machine) established(p []byte, now time.Time) (event, error) {
	r, err := wire.ParseEstablish(p)
	switch {
	case err != nil:
		return event{}, breach("%w", err)
	case r.Refused:
		return event{}, ErrRefused
	case r.Client != m.cfg.Self:
		return event{}, breach("it answers to %s and we are %s", r.Client, m.cfg.Self)
	case r.Server.IsZero():
		return event{}, breach("it does not say which queue manager it is")
	case !m.direct && r.Server != m.server:
		return event{}, fmt.Errorf("%w: queue manager %s is there, not %s", ErrRefused, r.Server, m.server)
	}
	m.peer = r.Server
	m.recoverableAck = clampRecoverable(8 * now.Sub(m.asked))
	m.state = waitParametersAnswer
	return event{reply: wire.AppendParameters(nil, wire.Parameters{
		RecoverableAckTimeout: uint32(m.recoverableAck.Milliseconds()),
		AckTimeout:            uint32(m.ackWait.Milliseconds()),
		Window:                m.cfg.Window,
	})}, nil
}

// parameters takes how the initiator wants to acknowledge (MS-MQQB 3.1.5.4.1).
func (m *machine) parameters(p []byte) (event, error) {
	r, err := m.readParameters(p)
	if err != nil {
		return event{}, err
	}
	m.ackWait = clampAck(time.Duration(r.AckTimeout) * time.Millisecond)
	m.recoverableAck = clampRecoverable(time.Duration(r.RecoverableAckTimeout) * time.Millisecond)
	return event{opened: true, reply: wire.AppendParameters(nil, wire.Parameters{
		RecoverableAckTimeout: uint32(m.recoverableAck.Milliseconds()),
		AckTimeout:            uint32(m.ackWait.Milliseconds()),
		Window:                m.cfg.Window,
	})}, nil
}

// parametersAnswer takes the window of the acceptor (MS-MQQB 3.1.5.4.2).
func (m *machine) parametersAnswer(p []byte) (event, error) {
	_, err := m.readParameters(p)
	return event{opened: err == nil}, err
}

func (m *machine) readParameters(p []byte) (wire.Parameters, error) {
	r, err := wire.ParseParameters(p)
	switch {
	case err != nil:
		return r, breach("%w", err)
	case r.Refused:
		return r, ErrRefused
	}
	m.agreed = min(int(m.cfg.Window), max(int(r.Window), 1))
	m.window = m.agreed
	m.state = open
	m.initializeAt = time.Time{}
	return r, nil
}

// message takes a UserMessage packet (MS-MQQB 3.1.5.8.2).
func (m *machine) message(p []byte, now time.Time) (event, error) {
	rest, h, piggyback, err := wire.CutSession(p)
	if err != nil {
		return event{}, breach("%w", err)
	}
	m.active = true
	ev := event{message: rest, arrival: m.received.arrive(wire.Recoverable(rest))}
	if m.ackAt.IsZero() {
		m.ackAt = now.Add(m.ackWait / 2)
	}
	if piggyback {
		return m.acknowledged(ev, h, now)
	}
	return ev, nil
}

// acknowledged takes a SessionHeader (MS-MQQB 3.1.5.5). One that acknowledges what was
// not sent means nothing. After counts that differ the session closes, but what it
// acknowledges counts, and the message that brought it arrives (MS-MQMQ 2.2.20.4):
// Windows miscounts at times (note <14>), and would bring the same again.
func (m *machine) acknowledged(ev event, h wire.Session, now time.Time) (event, error) {
	clear(m.tags)
	tags, err := m.sent.acknowledge(h, m.tags[:0])
	m.tags = tags
	if err != nil {
		return event{}, breach("%w", err)
	}
	ev.acked = tags
	if !agrees(h.Sent, m.received.count, ev.message != nil) ||
		!agrees(h.RecoverableSent, m.received.recoverable, ev.arrival.recoverable != 0) {
		return ev, breach("it says it sent %d messages, %d recoverable, and here came %d and %d (of 16 bits)",
			h.Sent, h.RecoverableSent, uint16(m.received.count), uint16(m.received.recoverable))
	}
	if w := max(int(h.Window), 1); w < m.window {
		m.window, m.widenAt = w, now.Add(widenEvery)
	} else if m.window = min(w, m.agreed); m.window == m.agreed {
		m.widenAt = time.Time{}
	}
	if m.sent.waiting() {
		m.waitAt = now.Add(m.waitTime())
	}
	ev.room = m.roomAgain()
	return ev, nil
}

// agrees reports that the peer counts what it sent as we do what came. The message
// that brings its count may be in it or not: MS-MQQB 3.1.7.11 fills in the header
// before that message is counted, 3.1.7.1.3 after it.
func agrees(sent uint16, came uint64, brought bool) bool {
	return sent == uint16(came) || brought && sent == uint16(came-1)
}

func (m *machine) roomAgain() bool {
	if !m.refused || m.sent.full(m.window) {
		return false
	}
	m.refused = false
	return true
}

// send counts a message that is to be sent (MS-MQQB 3.1.7.1.3); false: it has no
// room.
func (m *machine) send(tag any, size int, recoverable bool, now time.Time) bool {
	if m.sent.full(m.window) {
		m.refused = true
		return false
	}
	m.sent.add(tag, size, recoverable)
	m.active, m.used = true, now
	if m.waitAt.IsZero() {
		m.waitAt = now.Add(m.waitTime())
	} else {
		m.waitAt = m.waitAt.Add(m.passTime(size))
	}
	return true
}

// waitTime is the duration of the Session Ack Wait Timer (MS-MQQB 3.1.2.4).
func (m *machine) waitTime() time.Duration {
	d := m.ackWait
	if m.direct {
		d *= 2
	}
	return d + m.passTime(m.sent.bytes)
}

// passTime is how long so many bytes may be on their way, where a megabyte begins
// to count: a peer cannot acknowledge what has not reached it.
func (m *machine) passTime(bytes int) time.Duration {
	const part = 1 << 20
	return m.cfg.Packet * time.Duration(bytes/part) / (mq.MaxPacketSize / part)
}

// settle notes what became of a message that came; false if that was known.
func (m *machine) settle(a arrival, kept bool, now time.Time) bool {
	first := !m.received.news()
	if !m.received.settle(a, kept) {
		return false
	}
	if first && m.received.news() {
		// The first recoverable one on disk restarts the timer (3.1.5.8.7), and here
		// an express one as well.
		if at := now.Add(m.recoverableAck); m.ackAt.IsZero() || at.Before(m.ackAt) {
			m.ackAt = at
		}
	}
	// At half the window, so that a sender with a full one never waits for timers.
	m.ackNow = m.ackNow || m.received.due(max(m.agreed/2, 1))
	return true
}

// appendAcks appends the acknowledgements that are due as packets. It is to be
// called between packets: they tell what was written before.
func (m *machine) appendAcks(b []byte, now time.Time) []byte {
	if !m.ackNow {
		return b
	}
	m.ackNow = false
	for first := true; first || m.received.tellable(); first = false {
		h := wire.Session{
			Sent:            uint16(m.sent.written),
			RecoverableSent: uint16(m.sent.writtenRecoverable),
			Window:          m.cfg.Window,
		}
		m.received.acknowledge(&h)
		b = wire.AppendSessionAck(b, h)
	}
	m.ackAt = time.Time{}
	if m.received.owing() {
		m.ackAt = now.Add(m.ackWait / 2)
	}
	return b
}

// tick takes the time (MS-MQQB 3.1.6).
func (m *machine) tick(now time.Time) (event, error) {
	var ev event
	if expired(m.initializeAt, now) {
		return ev, ErrLate
	}
	if expired(m.cleanupAt, now) {
		if !m.active {
			return ev, ErrIdle
		}
		m.active, m.cleanupAt = false, now.Add(m.cfg.Cleanup)
	}
	if expired(m.waitAt, now) {
		switch {
		case !m.sent.waiting():
			m.waitAt = time.Time{}
		case !m.heard:
			return ev, ErrSilent
		default:
			m.waitAt = now.Add(m.waitTime())
		}
		m.heard = false
	}
	if expired(m.ackAt, now) {
		m.ackAt = time.Time{}
		m.ackNow = m.ackNow || m.received.owing()
	}
	if expired(m.widenAt, now) {
		m.window, m.widenAt = min(2*m.window, m.agreed), time.Time{}
		if m.window < m.agreed {
			m.widenAt = now.Add(widenEvery)
		}
		ev.room = m.roomAgain()
	}
	return ev, nil
}

func expired(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// next is when tick is due.
func (m *machine) next() time.Time {
	next := m.cleanupAt
	for _, at := range [...]time.Time{m.initializeAt, m.waitAt, m.ackAt, m.widenAt} {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next
}
