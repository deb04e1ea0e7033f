package proxy

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy listens in place of a queue manager and passes on.
type Proxy struct {
	ln     net.Listener
	target string
	source net.Addr
	ctx    context.Context // ends at Close
	stop   context.CancelFunc
	tasks  sync.WaitGroup

	mu    sync.Mutex
	rule  Rule
	down  bool
	rnd   *rand.Rand
	stats Stats
	lines map[*line]struct{}
}

// Options say where a proxy stands.
type Options struct {
	Listen string // address with port that senders connect to
	Target string // address with port of the queue manager
	// Source is the IP address from which it connects, so that the queue manager
	// sees the one of the sender; empty: the system's choice.
	Source string
	Seed   uint64 // equal seeds and packets have equal fates
	Rule   Rule
}

// Listen starts a proxy.
func Listen(o Options) (*Proxy, error) {
	ln, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		ln: ln, target: o.Target, rule: o.Rule,
		rnd: rand.New(rand.NewPCG(o.Seed, o.Seed)), lines: map[*line]struct{}{}, //nolint:gosec // repeatable, not secret
	}
	if o.Source != "" {
		p.source = &net.TCPAddr{IP: net.ParseIP(o.Source)}
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.tasks.Go(p.accept)
	return p, nil
}

// Address is where it listens.
func (p *Proxy) Address() string { return p.ln.Addr().String() }

// Set changes the rule for the packets to come.
func (p *Proxy) Set(r Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = r
}

// Down takes the line away or gives it back: what is open breaks, what comes is
// closed at once.
func (p *Proxy) Down(down bool) {
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	if down {
		p.Cut()
	}
}

// Cut breaks every open connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		p.stats.Cuts++
		l.cut()
	}
}

// Stats tells what happened so far.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Close stops listening, breaks what is open and waits for its goroutines.
func (p *Proxy) Close() error {
	p.stop()
	err := p.ln.Close()
	p.Cut()
	p.tasks.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.tasks.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	down := p.down
	p.stats.Connections++
	p.mu.Unlock()
	if down || p.ctx.Err() != nil {
		_ = client.Close()
		return
	}
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: p.source}
	server, err := d.DialContext(p.ctx, "tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &line{client: client, server: server}
	if !p.open(l) {
		l.cut()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.carry(l, true) })
	both.Go(func() { p.carry(l, false) })
	both.Wait()
	l.cut()
	p.mu.Lock()
	delete(p.lines, l)
	p.mu.Unlock()
}

// open registers a line unless the proxy was closed or taken down meanwhile.
func (p *Proxy) open(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down || p.ctx.Err() != nil {
		return false
	}
	p.lines[l] = struct{}{}
	return true
}

// line is one connection through the proxy.
type line struct{ client, server net.Conn }

// cut breaks both ends at once, without a goodbye.
func (l *line) cut() {
	for _, c := range []net.Conn{l.client, l.server} {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}
