package route

import (
	"net/netip"
	"strings"

	"posthouse/localqm/mq"
)

// Hosts is a table of names that are known without asking the network. A name has
// one address or more, tried in their order; port 0 is the usual port. Names are
// computer names, DNS names or addresses, in any case.
type Hosts map[string][]netip.AddrPort

// Add reads an entry NAME=ADDRESS or NAME=ADDRESS:PORT, an IPv6 address with a port
// in brackets. Entries of one name add up.
func (h Hosts) Add(entry string) error {
	bad := func(why string, args ...any) error {
		return mq.Errorf(mq.ErrInvalidParameter, "read the hosts entry "+mq.Quote(entry), why, args...).
			WithFix("write NAME=ADDRESS or NAME=ADDRESS:PORT, as in DESK7=10.0.0.7 or DESK7=[fe80::7]:1801")
	}
	name, address, ok := strings.Cut(entry, "=")
	name, address = strings.TrimSpace(name), strings.TrimSpace(address)
	switch {
	case !ok:
		return bad("it has no =")
	case name == "":
		return bad("it has no name before =")
	case strings.ContainsAny(name, " \t\\/"):
		return bad("%s is no computer name", mq.Quote(name))
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		ip, ipErr := netip.ParseAddr(unbracket(address))
		if ipErr != nil {
			return bad("%s is no IP address", mq.Quote(address))
		}
		to = netip.AddrPortFrom(ip, 0)
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	if !dialable(to.Addr()) {
		return bad("nobody can be reached at %s", to.Addr())
	}
	h[key(name)] = append(h[key(name)], to)
	return nil
}

// key is how names are compared: a dot at the end means the same name.
func key(host string) string { return strings.ToLower(strings.TrimSuffix(unbracket(host), ".")) }

// unbracket is an IPv6 address without the brackets of a URL.
func unbracket(s string) string {
	if in, ok := strings.CutPrefix(s, "["); ok {
		if in, ok = strings.CutSuffix(in, "]"); ok {
			return in
		}
	}
	return s
}

// dialable leaves out addresses that mean no other computer; 0.0.0.0 would be this
// one.
func dialable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
