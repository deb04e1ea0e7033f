package ping

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

// bufferSize shows that a datagram is longer than a ping.
const bufferSize = 2 * wire.PingSize

// Answers per second, and at once after a silence: whoever forges senders must not
// use us to flood them.
const (
	maxRate  = 1000
	maxBurst = 200
)

// Responder answers pings (MS-MQQB 3.1.7.7). An answer is as long as the question.
type Responder struct {
	conn   net.PacketConn
	self   mq.GUID
	refuse func(from netip.Addr) bool
	rate   bucket
	done   sync.WaitGroup
}

// Respond answers on conn, which is the Responder's from now on. refuse says whether
// a session from there would be refused now; nil: never.
func Respond(conn net.PacketConn, self mq.GUID, refuse func(from netip.Addr) bool) *Responder {
	r := &Responder{conn: conn, self: self, refuse: refuse, rate: bucket{tokens: maxBurst, at: time.Now()}}
	if r.refuse == nil {
		r.refuse = func(netip.Addr) bool { return false }
	}
	r.done.Go(r.run)
	return r
}

// Addr is where it listens.
func (r *Responder) Addr() netip.AddrPort { return addrPort(r.conn.LocalAddr()) }

// Close stops answering and waits until that is so.
func (r *Responder) Close() error {
	err := r.conn.Close()
	r.done.Wait()
	return err
}

func (r *Responder) run() {
	var in, out [bufferSize]byte
	for {
		n, from, err := r.conn.ReadFrom(in[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Other errors are of one datagram: one too long, or one of ours that found
		// nobody. They too are rationed, should they not end.
		if !r.rate.take(time.Now()) {
			time.Sleep(time.Second / maxRate)
			continue
		}
		p, err2 := wire.ParsePing(in[:n])
		if err != nil || err2 != nil {
			continue
		}
		p.Refused = r.refuse(addrPort(from).Addr())
		p.Manager = r.self
		_, _ = r.conn.WriteTo(wire.AppendPing(out[:0], p), from)
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := u.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// bucket is a token bucket.
type bucket struct {
	tokens float64
	at     time.Time
}

// take reports whether one more is allowed at now.
func (b *bucket) take(now time.Time) bool {
	b.tokens = min(maxBurst, b.tokens+now.Sub(b.at).Seconds()*maxRate)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
