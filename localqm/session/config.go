package session

import (
	"cmp"
	"log/slog"
	"net/netip"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// Config says how sessions behave. Every zero but that of Self means its default.
type Config struct {
	Self mq.GUID // our queue manager

	// Window is how many messages may be unacknowledged, in each direction: 64
	// (WindowSize, MS-MQQB 3.1.3.2).
	Window uint16
	// AckTimeout is how long a peer may be silent while it owes an
	// acknowledgement: 20 s, within 20 s and 120 s (AckWaitTimeout, MS-MQQB
	// 3.1.3.2). It is doubled if the session was opened without naming the queue
	// manager, as for direct format names (3.1.2.4). The one who opens a session
	// decides it for both.
	AckTimeout time.Duration
	// Cleanup is the time after which an idle session closes: 5 min, at most
	// twice that (MS-MQQB 3.1.2.2).
	Cleanup time.Duration

	// Local is the address of ours that Dial connects from, so that the peer sees
	// the one that it can reach us at; none: the system chooses.
	Local netip.Addr
	// Stage is told how far Dial has come: ConnInProcess when it asked for a
	// session, ConnEstablishReceived when the peer has answered (MS-MQQB
	// 3.1.5.2.3, 3.1.5.3.2); nil: nobody is.
	Stage func(mq.ConnectionStatus)
	// Connect is how long a TCP connection may take: 5 s.
	Connect time.Duration
	// Initialization is how long a session that we open may take from there until
	// it is open: 60 s (MS-MQQB 3.1.2.1).
	Initialization time.Duration
	// Handshake is how long a session that comes to us may take for that: 10 s.
	Handshake time.Duration
	// Packet is how long a packet may take once it began, in both directions: 60 s.
	Packet time.Duration

	// Pinged tells a peer that it was pinged before (SE = 0, MS-MQQB 2.2.3.1).
	Pinged bool

	// Memory bounds what all sessions hold of packets; nil: no bound.
	Memory *Memory
	// Log gets a line for each session that ends badly, a few in a second; nil: none.
	Log *slog.Logger

	gate *gate // of Log
}

// Limits bounds what a Server accepts. A zero means its default.
type Limits struct {
	Connections int // in all: 1,024
	Opening     int // of one address that are not open yet: 16
}

// The defaults; those of times are Windows' (MS-MQQB notes 43, 44, 50, 51) or, for
// Connect, Handshake and Packet, ours.
const (
	defaultWindow         = 64
	defaultAckTimeout     = 20 * time.Second
	defaultCleanup        = 5 * time.Minute
	defaultConnect        = 5 * time.Second
	defaultInitialization = 60 * time.Second
	defaultHandshake      = 10 * time.Second
	defaultPacket         = 60 * time.Second

	defaultConnections = 1024
	defaultOpening     = 16
)

func (c Config) withDefaults() Config {
	c.Window = cmp.Or(c.Window, defaultWindow)
	c.AckTimeout = clampAck(cmp.Or(c.AckTimeout, defaultAckTimeout))
	c.Cleanup = cmp.Or(c.Cleanup, defaultCleanup)
	c.Connect = cmp.Or(c.Connect, defaultConnect)
	c.Initialization = cmp.Or(c.Initialization, defaultInitialization)
	c.Handshake = cmp.Or(c.Handshake, defaultHandshake)
	c.Packet = cmp.Or(c.Packet, defaultPacket)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.gate == nil {
		c.gate = new(gate)
	}
	return c
}

func (l Limits) withDefaults() Limits {
	l.Connections = cmp.Or(l.Connections, defaultConnections)
	l.Opening = cmp.Or(l.Opening, defaultOpening)
	return l
}

// clampAck and clampRecoverable keep the times of ConnectionParameters within
// MS-MQQB 2.2.2.1.
func clampAck(d time.Duration) time.Duration {
	return clamp(d, wire.MinAckTimeout, wire.MaxAckTimeout)
}

func clampRecoverable(d time.Duration) time.Duration {
	return clamp(d, wire.MinRecoverableAckTimeout, wire.MaxAckTimeout)
}

func clamp(d time.Duration, low, high int64) time.Duration {
	return min(max(d, time.Duration(low)*time.Millisecond), time.Duration(high)*time.Millisecond)
}
