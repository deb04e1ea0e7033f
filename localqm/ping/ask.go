package ping

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// Port is that of pings (MS-MQQB 2.1.2).
const Port = 3527

// Wait is how long Ask waits for an answer (Ping Response Timer, MS-MQQB 3.1.2.9).
const Wait = time.Second

// Asker sends pings for a queue manager.
type Asker struct {
	Self        mq.GUID
	Workstation bool // this computer runs no server system
	cookie      atomic.Uint32
}

// Answer is what came back.
type Answer struct {
	Answered bool
	Refused  bool    // it would not take a session
	Manager  mq.GUID // who answered
}

// Ask sends one ping to a queue manager and waits for its answer (MS-MQQB 3.1.7.6,
// 3.1.7.8). That there is none, for whatever reason, is no error.
func (a *Asker) Ask(ctx context.Context, to netip.AddrPort) Answer {
	ctx, stop := context.WithTimeout(ctx, Wait)
	defer stop()
	// Connected, the socket takes only what comes from there.
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", to.String())
	if err != nil {
		return Answer{}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()

	request := wire.Ping{Workstation: a.Workstation, Cookie: a.cookie.Add(1), Manager: a.Self}
	if _, err := conn.Write(wire.AppendPing(nil, request)); err != nil {
		return Answer{}
	}
	buf := make([]byte, bufferSize)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return Answer{} // nobody is there, or time is up
		}
		p, err := wire.ParsePing(buf[:n])
		if err == nil && p.Cookie == request.Cookie {
			return Answer{Answered: true, Refused: p.Refused, Manager: p.Manager}
		}
	}
}
