package transport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// way is where the messages for one destination go when the directory says it
// (MS-MQBR): over one of several next hops, the best that answers. It is guarded by
// Transport.mu.
type way struct {
	key   string
	to    mq.FormatName
	links []*link
	acks  []localqm.OrderAck // that no session has taken yet

	hops []nextHop // from the best on
	best *host     // that is used: of hops, or none
	none *host     // stands for the next hop until one is known: it is never dialled
}

// nextHop is one of them.
type nextHop struct {
	host   *host
	rank   int    // 0: costs least
	detour bool   // only for what has not left our sites yet
	why    string // it may be given the messages
}

func newWay(key string, to mq.FormatName) *way {
	w := &way{key: key, to: to}
	w.none = &host{name: to.String(), since: time.Now(), way: w}
	w.best = w.none
	return w
}

// busy reports whether a session is needed.
func (w *way) busy() bool {
	return len(w.acks) > 0 || slices.ContainsFunc(w.links, (*link).waits)
}

// detour reports that the next hop that is used is one.
func (w *way) detour() bool {
	return slices.ContainsFunc(w.hops, func(p nextHop) bool { return p.host == w.best && p.detour })
}

// failed reports that the last try to reach a host, or its last session, ended in
// vain.
func (h *host) failed() bool { return h.conn == nil && h.failures > 0 }

// leads reports a next hop of messages that are not for itself: who calls and says
// that it is this one would get all of them.
func (h *host) leads() bool {
	for w := range h.ways {
		if w.to.Kind == mq.KindPublic || w.to.GUID != h.id {
			return true
		}
	}
	return false
}

// choose is the next hop to use: of the best rank one that is connected, or one that
// may be; of a later rank if all of an earlier one have failed.
func (w *way) choose() *host {
	for rest := w.hops; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].rank == rest[0].rank {
			n++
		}
		equal := rest[:n]
		rest = rest[n:]
		for _, p := range equal {
			if p.host.conn != nil {
				return p.host
			}
		}
		for _, p := range equal {
			if !p.host.failed() {
				return p.host
			}
		}
	}
	if len(w.hops) == 0 {
		return w.none
	}
	return w.hops[0].host
}

// atBest reports that no next hop costs less than the one that is used.
func (w *way) atBest() bool { return len(w.hops) > 0 && w.hops[0].rank == w.rank(w.best) }

// rank is that of a host; one that is none of the hops costs most.
func (w *way) rank(h *host) int {
	for _, p := range w.hops {
		if p.host == h {
			return p.rank
		}
	}
	return 1 << 30
}

// seeks reports whether a session with a host is wanted: with the one that is used,
// and with each that costs less and failed, to come back to. While none answers all
// of those that failed are tried.
func (w *way) seeks(h *host) bool {
	switch {
	case !w.busy():
		return false
	case h == w.best: // a detour may be for nothing that waits
		return len(w.acks) > 0 || !w.detour() || slices.ContainsFunc(w.links, (*link).sends)
	case w.best.conn != nil:
		return w.rank(h) < w.rank(w.best)
	}
	return h.failed()
}

// words tell how the messages go, or why they do not.
func (w *way) words() string {
	var failed, used []string
	for _, p := range w.hops {
		name := p.host.name
		if p.why != "" {
			name += ", " + p.why
		}
		text := fmt.Sprintf("%s: %s", name, cmp.Or(p.host.why, "not connected."))
		switch {
		case p.host == w.best:
			used = append(used, text)
		case p.host.failed() && len(failed) < 3:
			failed = append(failed, text)
		}
	}
	if len(failed) > 0 && w.best.conn != nil {
		return strings.Join(used, " ") + " Tried meanwhile: " + strings.Join(failed, " ")
	}
	return strings.Join(append(used, failed...), " ")
}

// addresses are those of the next hops as management tells them, of the one that is
// used first.
func (w *way) addresses() (all []string) {
	add := func(h *host) {
		for _, a := range h.hops {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
		if h.conn != nil && !slices.Contains(all, hop(h.conn.from)) {
			all = append(all, hop(h.conn.from))
		}
	}
	add(w.best)
	for _, p := range w.hops {
		add(p.host)
	}
	return all
}

// history is that of all next hops.
func (w *way) history() []localqm.Connection {
	all := slices.Clone(w.none.history)
	for _, p := range w.hops {
		all = append(all, p.host.history...)
	}
	slices.SortStableFunc(all, func(a, b localqm.Connection) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-historySize):]
}

// nextTry is when the first of the hosts that are sought is tried again.
func (w *way) nextTry() (at time.Time) {
	if len(w.hops) == 0 {
		return w.none.nextTry
	}
	for _, p := range w.hops {
		if w.seeks(p.host) {
			at = earlier(at, p.host.nextTry)
		}
	}
	return at
}
