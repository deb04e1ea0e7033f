package transport

import (
	"slices"
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// ways are written as hops: name, rank, and what is known of it: c connected, f the
// last try failed, - nothing.
func wayOf(busy bool, hops ...string) *way {
	w := newWay("w", mq.Private(mq.GUID{1}, 7))
	for _, text := range hops {
		p := strings.Split(text, " ")
		h := &host{name: p[0], why: "known.", ways: map[*way]struct{}{w: {}}}
		switch p[2] {
		case "c":
			h.conn = &conn{}
		case "f":
			h.failures = 1
		}
		w.hops = append(w.hops, nextHop{host: h, rank: int(p[1][0] - '0')})
	}
	w.best = w.choose()
	w.links = []*link{{queue: &localqm.Outgoing{}, host: w.best, way: w, mode: &mode{}, ready: busy}}
	return w
}

func TestTheNextHopThatIsUsedAndThoseThatAreSought(t *testing.T) {
	for _, c := range []struct {
		hops   []string
		best   string
		sought string
	}{
		{nil, "", ""},
		{[]string{"A 0 -"}, "A", "A"},
		{[]string{"A 0 -", "B 0 -"}, "A", "A"},
		{[]string{"A 0 -", "B 0 c"}, "B", "B"},                       // sessions are shared
		{[]string{"A 0 -", "B 1 c"}, "A", "A"},                       // it costs less, and may answer
		{[]string{"A 0 f", "B 0 -", "C 1 -"}, "B", "A B"},            // the rank's next
		{[]string{"A 0 f", "B 0 c", "C 1 -"}, "B", "B"},              // as good as A
		{[]string{"A 0 f", "B 1 -"}, "B", "A B"},                     // A may come back first
		{[]string{"A 0 f", "B 1 c", "C 2 -"}, "B", "A B"},            // back to A when it answers
		{[]string{"A 0 f", "B 1 f", "C 2 c"}, "C", "A B C"},          // to either
		{[]string{"A 0 f", "B 1 f", "C 2 f"}, "A", "A B C"},          // the first that answers
		{[]string{"A 0 c", "B 1 c"}, "A", "A"},                       // B is not needed
		{[]string{"A 0 f", "B 0 f", "C 1 -", "D 2 -"}, "C", "A B C"}, // D costs more
	} {
		w := wayOf(true, c.hops...)
		if w.best.name != c.best && (c.best != "" || w.best != w.none) {
			t.Errorf("%v: %s is used, want %s", c.hops, w.best.name, c.best)
		}
		var sought []string
		for _, p := range w.hops {
			if w.seeks(p.host) {
				sought = append(sought, p.host.name)
			}
		}
		if got := strings.Join(sought, " "); got != c.sought {
			t.Errorf("%v: %q are sought, want %q", c.hops, got, c.sought)
		}
		idle := wayOf(false, c.hops...)
		if slices.ContainsFunc(idle.hops, func(p nextHop) bool { return idle.seeks(p.host) }) {
			t.Errorf("%v: a session is sought for nothing", c.hops)
		}
	}
}
