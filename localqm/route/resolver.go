package route

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/localqm/mq"
)

// Port is that of sessions (MS-MQQB 2.1.1).
const Port = 1801

// lookupTimeout ends a look-up that hangs, so that nobody waits for an old one.
const lookupTimeout = 10 * time.Second

// Options are those of a Resolver; the zero value is the network's own.
type Options struct {
	Hosts  Hosts  // asked first
	Port   uint16 // of addresses that come without; 0: Port
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Resolver finds the addresses of a host. It asks anew each time: only look-ups of
// one name at the same moment share an answer.
type Resolver struct {
	hosts  Hosts
	port   uint16
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	mu    sync.Mutex
	asked map[string]*question // by key
}

// question is a look-up under way. Its answer is there when done is closed.
type question struct {
	done    chan struct{}
	addrs   []netip.Addr
	err     error
	dropped bool // who asked went away: there is no answer
}

// NewResolver returns a Resolver.
func NewResolver(o Options) *Resolver {
	r := &Resolver{hosts: Hosts{}, port: o.Port, lookup: o.Lookup, asked: map[string]*question{}}
	for name, to := range o.Hosts {
		r.hosts[key(name)] = append(r.hosts[key(name)], to...)
	}
	if r.port == 0 {
		r.port = Port
	}
	if r.lookup == nil {
		r.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return r
}

// Resolve returns where host is now: what the hosts table has, else the address it
// is, else what the system's resolver says, which completes a computer name of one
// label by the search list. The error is a mq.Error with ErrResolveAddress, whose
// cause is a net.DNSError for names, or that of ctx.
func (r *Resolver) Resolve(ctx context.Context, host string) ([]netip.AddrPort, error) {
	if to := r.hosts[key(host)]; len(to) > 0 {
		return r.ported(to), nil
	}
	var addrs []netip.Addr
	if ip, err := netip.ParseAddr(unbracket(host)); err == nil {
		addrs = []netip.Addr{ip}
	} else if addrs, err = r.ask(ctx, host); err != nil {
		return nil, err
	}
	var to []netip.AddrPort
	for _, ip := range addrs {
		if p := netip.AddrPortFrom(ip.Unmap(), r.port); dialable(p.Addr()) && !slices.Contains(to, p) {
			to = append(to, p)
		}
	}
	if len(to) == 0 {
		return nil, mq.Errorf(mq.ErrResolveAddress, "find the computer "+mq.Quote(host),
			"nobody can be reached at the address that its name stands for").
			WithFix("correct the name's entry in DNS, or name the computer in the hosts table")
	}
	return to, nil
}

// ported fills in the port where there is none.
func (r *Resolver) ported(to []netip.AddrPort) []netip.AddrPort {
	to = slices.Clone(to)
	for i, a := range to {
		if a.Port() == 0 {
			to[i] = netip.AddrPortFrom(a.Addr(), r.port)
		}
	}
	return to
}

// ask looks a name up, or waits for somebody who does. It runs in its first
// caller's goroutine; if that one leaves, the next one asks again.
func (r *Resolver) ask(ctx context.Context, host string) ([]netip.Addr, error) {
	k := key(host)
	for {
		r.mu.Lock()
		q := r.asked[k]
		if q == nil {
			q = &question{done: make(chan struct{})}
			r.asked[k] = q
			r.mu.Unlock()
			r.answer(ctx, q, host)
			return q.addrs, q.err
		}
		r.mu.Unlock()
		select {
		case <-q.done:
			if !q.dropped {
				return q.addrs, q.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *Resolver) answer(ctx context.Context, q *question, host string) {
	defer func() {
		r.mu.Lock()
		delete(r.asked, key(host))
		r.mu.Unlock()
		close(q.done)
	}()
	q.dropped = true // should Lookup panic
	limited, stop := context.WithTimeout(ctx, lookupTimeout)
	defer stop()
	q.addrs, q.err = r.lookup(limited, host)
	if q.dropped = ctx.Err() != nil; q.dropped {
		q.err = ctx.Err()
	} else if q.err != nil {
		q.err = unresolved(host, q.err)
	}
}

// unresolved tells a person why a name has no address.
func unresolved(host string, err error) error {
	why, fix := "the name server did not answer: %w", "check the network connection of this computer"
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		why, fix = "no computer of that name is known: %w", "check the name, or name the computer in the hosts table"
		if !strings.Contains(host, ".") {
			fix = "check the name, give it in full as in DNS, or name the computer in the hosts table"
		}
	}
	return mq.Errorf(mq.ErrResolveAddress, "find the computer "+mq.Quote(host), why, err).WithFix("%s", fix)
}
