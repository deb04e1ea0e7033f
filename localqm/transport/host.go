package transport

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// historySize is how many entries of a connection history are kept.
const historySize = 16

// host is a next hop: everything for one computer goes over one session. It is
// guarded by Transport.mu; its methods need nothing but their arguments.
type host struct {
	key  string  // of the book; lower case
	name string  // computer name or address as written, identifier of a queue manager
	id   mq.GUID // of PRIVATE= names and next hops; zero: direct names, any queue manager at that name

	names []string          // of a next hop: what to look up, beside where it was met
	ways  map[*way]struct{} // that it is a next hop of
	way   *way              // it stands for its unknown next hop

	links []*link // outgoing queues, in turn
	conn  *conn   // open session; nil: none
	// answered is who was there when last connected: a session of that queue
	// manager from one of addresses reaches this host as well.
	answered  mq.GUID
	addresses []netip.AddrPort // of the last round
	acks      []localqm.OrderAck

	phase    phase
	since    time.Time // of the phase
	why      string    // of the phase
	failures int       // rounds that failed since the last connection
	nextTry  time.Time
	hops     []string
	history  []localqm.Connection
	overdue  *time.Timer // a resend is due without a session
}

// phase is how far a host's connection is.
type phase uint8

const (
	idle       phase = iota
	trying           // a round through the next hops is under way
	waiting          // until the next round; the last one failed
	unresolved       // as waiting: the last round found no address
	open
	closing
	lost // the session ended, a round comes
)

// enter changes the phase.
func (h *host) enter(now time.Time, p phase, why string) {
	if h.phase != p {
		h.phase, h.since = p, now
	}
	h.why = why
	for _, l := range h.links {
		l.note(now)
	}
}

// record adds to the connection history. Equal words are kept once.
func (h *host) record(now time.Time, f failure) {
	if n := len(h.history); n > 0 && h.history[n-1].Why == f.why {
		f.why = h.history[n-1].Why
	}
	if len(h.history) == historySize {
		h.history = append(h.history[:0], h.history[1:]...)
	}
	h.history = append(h.history, localqm.Connection{
		At: now, Status: f.status, Error: f.code, Address: f.address, Why: f.why,
	})
}

// busy reports whether a session is needed.
func (h *host) busy() bool {
	if len(h.acks) > 0 || slices.ContainsFunc(h.links, (*link).sends) || h.way != nil && h.way.busy() {
		return true
	}
	for w := range h.ways {
		if w.seeks(h) {
			return true
		}
	}
	return false
}

// refresh forgets what expired or was purged.
func (h *host) refresh() {
	for _, l := range h.links {
		l.refresh()
	}
}

// due are the queues whose transactional messages may have to be sent again.
func (h *host) due(now time.Time) (links []*link) {
	for _, l := range h.links {
		if l.resend.due(now) {
			links = append(links, l)
		}
	}
	return links
}

// found keeps what a round resolved.
func (h *host) found(addresses []netip.AddrPort) {
	h.addresses = addresses
	h.hops = make([]string, len(addresses))
	for i, a := range addresses {
		h.hops[i] = hop(a.Addr())
	}
}

// at reports whether an address is one of the host's.
func (h *host) at(ip netip.Addr) bool {
	for _, a := range h.addresses {
		if a.Addr() == ip {
			return true
		}
	}
	return false
}

// onlyAcks reports whether nothing but acknowledgements of transactional
// messages goes there (MS-MQQB 3.1.7.17).
func (h *host) onlyAcks() bool {
	for _, l := range h.links {
		if !strings.EqualFold(l.queue.Destination().Path, mq.PrivatePrefix+"order_queue$") {
			return false
		}
	}
	return true
}

// hop is an address as management tells it (MS-MQMQ 2.3.12.12).
func hop(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "IPv6=" + a.String()
	}
	return "IP=" + a.Unmap().String()
}
