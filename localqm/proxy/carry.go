package proxy

import (
	"bufio"
	"errors"
	"io"
	"net"
	"time"

	"posthouse/localqm/wire"
)

// fate is what the rule decided for a packet.
type fate struct {
	drop, twice, later, cut, tear bool
	delay                         time.Duration
	rate                          int
}

// carry passes packets on in one direction until the line breaks.
func (p *Proxy) carry(l *line, toServer bool) {
	from, to := l.server, l.client
	if toServer {
		from, to = l.client, l.server
	}
	r := bufio.NewReader(from)
	var held []byte // waits for the next one to pass it
	for {
		packet, err := read(r)
		if errors.Is(err, io.EOF) && len(packet) == 0 { // a goodbye is passed on
			if t, ok := to.(*net.TCPConn); ok && t.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			l.cut()
			return
		}
		f := p.decide(packet, toServer)
		if f.delay > 0 && !p.sleep(f.delay) {
			l.cut()
			return
		}
		switch {
		case f.cut:
			l.cut()
			return
		case f.tear:
			_ = p.write(to, packet[:len(packet)/2], f.rate)
			l.cut()
			return
		case f.drop:
			continue
		case f.later && held == nil:
			held = packet
			continue
		}
		parts := [][]byte{packet}
		if f.twice {
			parts = append(parts, packet)
		}
		if held != nil {
			parts, held = append(parts, held), nil
		}
		for _, b := range parts {
			if p.write(to, b, f.rate) != nil {
				l.cut()
				return
			}
		}
	}
}

// read takes one packet off a connection. What is none is passed on as it is.
func read(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(baseSize)
	if err != nil {
		return nil, err
	}
	base, err := wire.ParseBase(head)
	if err != nil {
		b := make([]byte, max(1, r.Buffered()))
		n, err := r.Read(b)
		return b[:n], err
	}
	b := make([]byte, base.FrameSize())
	_, err = io.ReadFull(r, b)
	return b, err
}

// baseSize is that of BaseHeader (MS-MQMQ 2.2.19.1).
const baseSize = 16

// decide throws the dice. It always throws the same number of them, so that a
// seed means the same whatever the rule.
func (p *Proxy) decide(packet []byte, toServer bool) fate {
	kind, _ := wire.PacketType(packet)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Packets++
	r := p.rule
	hit := func(chance float64) bool { return p.rnd.Float64() < chance }
	f := fate{
		cut: hit(r.Cut), tear: hit(r.Tear), drop: hit(r.Drop), twice: hit(r.Duplicate), later: hit(r.Reorder),
		delay: time.Duration(p.rnd.Float64() * float64(r.Delay)), rate: r.Rate,
	}
	if r.Only != nil && !r.Only(Packet{ToServer: toServer, Type: kind, Bytes: packet}) {
		return fate{rate: r.Rate}
	}
	switch {
	case f.cut, f.tear:
		p.stats.Cuts++
	case f.drop:
		p.stats.Dropped++
	case f.later:
		p.stats.Reordered++
	case f.twice:
		p.stats.Duplicated++
	}
	return f
}

// write sends at most rate bytes a second, if there is one.
func (p *Proxy) write(to net.Conn, b []byte, rate int) error {
	const slice = 512
	for rate > 0 && len(b) > slice {
		if _, err := to.Write(b[:slice]); err != nil {
			return err
		}
		b = b[slice:]
		if !p.sleep(time.Second * slice / time.Duration(rate)) {
			return net.ErrClosed
		}
	}
	_, err := to.Write(b)
	return err
}

// sleep waits, unless the proxy is closed meanwhile.
func (p *Proxy) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}
