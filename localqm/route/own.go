package route

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Own tells the addresses of this computer. The zero value asks the system.
type Own struct {
	Interfaces func() ([]net.Addr, error) // nil: net.InterfaceAddrs
}

// Addresses are those that a listener on listen is reached at now, sorted: of
// 0.0.0.0 every IPv4 address of this computer, of :: every address; of any other
// that one, or none while this computer does not have it.
func (o Own) Addresses(listen netip.Addr) ([]netip.Addr, error) {
	list := o.Interfaces
	if list == nil {
		list = net.InterfaceAddrs
	}
	all, err := list()
	if err != nil {
		return nil, err
	}
	listen = listen.Unmap()
	var own []netip.Addr
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue // of another protocol
		}
		ip := p.Addr().Unmap()
		switch {
		case listen.IsUnspecified() && (listen.Is6() || ip.Is4()):
			own = append(own, ip)
		case ip == listen.WithZone(""), listen.IsLoopback() && p.Masked().Contains(listen):
			own = append(own, listen) // a computer has every address of its loopback network
		}
	}
	slices.SortFunc(own, netip.Addr.Compare)
	return slices.Compact(own), nil
}

// Watch calls tell with Addresses at once and after each change, until ctx ends. It
// looks every time that every has passed. While the system does not answer, what it
// said last holds.
func (o Own) Watch(ctx context.Context, listen netip.Addr, every time.Duration, tell func([]netip.Addr)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var last []netip.Addr
	for first := true; ; {
		if now, err := o.Addresses(listen); err == nil && (first || !slices.Equal(now, last)) {
			first, last = false, now
			tell(slices.Clone(now))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
