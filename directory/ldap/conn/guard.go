package conn

import (
	"bufio"
	"net"
	"sync"
	"time"

	"posthouse/directory/ldap/message"
)

// guarded gives the library whole messages within limits, and no more than that: it
// decodes whatever comes, and allocates what a length promises. Writing does not wait
// for ever either.
type guarded struct {
	net.Conn
	patience time.Duration
	lost     func(error) // the line is broken; called once

	once sync.Once
	in   *bufio.Reader
	rest []byte // of the message that is being read
	err  error
}

// Read is called by one goroutine, the library's.
func (g *guarded) Read(b []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.err == nil {
			g.rest, g.err = message.Read(g.in)
		}
		if g.err != nil {
			g.rest = nil
			g.fail(g.err)
			return 0, g.err
		}
	}
	n := copy(b, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// Write fails when the other side takes nothing for a while; then the line is gone.
func (g *guarded) Write(b []byte) (int, error) {
	_ = g.SetWriteDeadline(time.Now().Add(g.patience))
	n, err := g.Conn.Write(b)
	if err != nil {
		g.fail(err)
		_ = g.Close()
	}
	return n, err
}

func (g *guarded) fail(err error) { g.once.Do(func() { g.lost(err) }) }
