package transport

import "net/netip"

// Listening are the addresses and ports that other queue managers can connect
// to now.
func (t *Transport) Listening() []netip.AddrPort {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]netip.AddrPort, len(t.doors))
	for i, a := range t.doors {
		list[i] = netip.AddrPortFrom(a, t.o.Port)
	}
	return list
}

// Names are what this computer is called by, besides the name of its queue
// manager: further names and addresses.
func (t *Transport) Names() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names()
}
