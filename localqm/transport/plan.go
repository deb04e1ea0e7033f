package transport

import (
	"slices"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
	"posthouse/localqm/wire"
)

// routed reports whether the Router says where messages with a name go.
func (t *Transport) routed(f mq.FormatName) bool {
	return t.o.Router != nil && (f.Kind == mq.KindPublic || f.Kind == mq.KindPrivate || f.Kind == mq.KindMachine)
}

// wayTo finds or makes the way of a name: private queues of one queue manager share
// one. Called with mu held.
func (t *Transport) wayTo(f mq.FormatName) *way {
	key := f.Key()
	if f.Kind != mq.KindPublic {
		key = f.GUID.String()
	}
	w := t.ways[key]
	if w == nil {
		w = newWay(key, f)
		t.ways[key] = w
	}
	return w
}

// asks begins the questions to the Router as their book says.
func (t *Transport) asks() {
	for {
		key, err := t.plans.Next(t.ctx)
		if err != nil {
			return
		}
		t.tasks.Go(func() { t.ask(key) })
	}
}

// ask has the Router say where a way leads. What it said last holds while it cannot.
func (t *Transport) ask(key string) {
	t.mu.Lock()
	w, line := t.ways[key], t.line
	if w == nil || t.ended {
		t.plans.Forget(key)
		t.plans.Answered(key)
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	hops, err := t.o.Router.Next(line, w.to)
	hops = slices.DeleteFunc(hops, func(h route.Hop) bool { return h.ID.IsZero() || h.ID == t.o.Session.Self })
	if len(hops) == 0 {
		if hop, ok := t.met(w.to); ok {
			hops = []route.Hop{hop}
		}
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ways[key] != w {
		t.plans.Forget(key)
		t.plans.Answered(key)
		return
	}
	if err != nil || len(hops) == 0 {
		w.none.nextTry = t.plans.Failed(key)
	} else {
		t.plans.Answered(key)
	}
	switch {
	case err != nil && len(w.hops) > 0:
		t.log.Warn("the way to a destination is not known anew", "to", w.to, "error", err)
	case len(hops) > 0:
		t.lead(w, hops)
	default:
		t.lead(w, nil)
		f := unroutedFailure(w.to, err)
		w.none.failures++
		w.none.record(now, f)
		w.none.enter(now, unresolved, f.why)
		w.acks = nil // the sender of what these acknowledge will send it again
		t.tidyWay(w)
	}
}

// met is the queue manager of a private name itself, if it was met before: it can be
// reached also while nobody knows the way.
func (t *Transport) met(f mq.FormatName) (route.Hop, bool) {
	if f.Kind == mq.KindPublic {
		return route.Hop{}, false
	}
	t.mu.Lock()
	connected := slices.ContainsFunc(t.sessions(), func(c *conn) bool { return c.peer.ID == f.GUID })
	t.mu.Unlock()
	known := t.m.Known(f.GUID)
	if !connected && len(known) == 0 {
		return route.Hop{}, false
	}
	name := f.GUID.String()
	if len(known) > 0 {
		name = known[0]
	}
	return route.Hop{ID: f.GUID, Name: name, Why: "where it was met"}, true
}

// lead has a way lead over other next hops. Called with mu held.
func (t *Transport) lead(w *way, hops []route.Hop) {
	before := w.hops
	w.hops = nil
	for _, n := range hops {
		h := t.host(n.ID.String(), n.ID.String(), n.ID)
		if n.Name != "" {
			h.name = n.Name
		}
		if h.ways == nil {
			h.ways = map[*way]struct{}{}
		}
		if len(n.Hosts) > 0 && !slices.Equal(h.names, n.Hosts) {
			h.names, h.failures = slices.Clone(n.Hosts), 0 // it may be somewhere else
		}
		h.ways[w] = struct{}{}
		w.hops = append(w.hops, nextHop{host: h, rank: n.Rank, detour: n.Detour, why: n.Why})
	}
	for _, p := range before {
		if w.rank(p.host) == w.rank(nil) {
			delete(p.host.ways, w)
		}
	}
	t.steer(w, time.Now())
	for _, p := range before {
		t.tidy(p.host)
	}
}

// steer has a way's messages go over the best of its next hops that answers, and
// plans the sessions that it needs. Called with mu held.
func (t *Transport) steer(w *way, now time.Time) {
	w.best = w.choose()
	better := !w.detour()
	for _, l := range w.links {
		if better && l.queue.Barred() {
			l.ready = true // for what could not take the detour
		}
		t.relink(l, now)
	}
	if c := w.best.conn; c != nil && len(w.acks) > 0 {
		c.acks = append(c.acks, w.acks...)
		w.acks = nil
		nudge(c.wake)
	}
	if w.best == w.none {
		t.move(w.none)
	}
	for _, p := range w.hops {
		if p.host.conn != nil || w.seeks(p.host) {
			t.move(p.host)
		}
	}
	t.tidyWay(w)
}

// steerAll does it for all ways that may go by a host, whose session came or ended.
// Called with mu held.
func (t *Transport) steerAll(h *host, now time.Time) {
	for w := range h.ways {
		t.steer(w, now)
	}
}

// relink has a queue sent by its way's next hop, as soon as nothing of it is under way
// by another: what is would come twice. Called with mu held.
func (t *Transport) relink(l *link, now time.Time) {
	if l.way == nil || l.host == l.way.best || l.flying > 0 {
		return
	}
	from, to := l.host, l.way.best
	from.links = slices.DeleteFunc(from.links, func(x *link) bool { return x == l })
	l.host, l.ready = to, true
	to.links = append(to.links, l)
	l.refresh()
	l.note(now)
	if to.conn == nil {
		t.plan(to, now)
	}
	if from.way == nil {
		t.tidy(from)
	}
	t.move(to)
}

// tidyWay forgets a way that nobody needs. Called with mu held.
func (t *Transport) tidyWay(w *way) {
	if len(w.links) > 0 || len(w.acks) > 0 || t.ways[w.key] != w {
		return
	}
	delete(t.ways, w.key)
	t.plans.Forget(w.key)
	for _, p := range w.hops {
		delete(p.host.ways, w)
		t.tidy(p.host)
	}
}

// follow asks for every way anew when the Router says that they may have changed.
func (t *Transport) follow() {
	stop := t.o.Router.Watch(func() { nudge(t.planWake) })
	defer stop()
	nudge(t.planWake) // they may have changed before
	for {
		select {
		case <-t.planWake:
		case <-t.ctx.Done():
			return
		}
		t.mu.Lock()
		for key := range t.ways {
			t.plans.Now(key)
		}
		t.mu.Unlock()
	}
}

// sendRouted has an order acknowledgement go by the next hops to who sent what it
// acknowledges. Called with mu held.
func (t *Transport) sendRouted(a localqm.OrderAck) {
	w := t.wayTo(wire.OrderQueue(a.To.ID))
	w.acks = slices.DeleteFunc(w.acks, func(b localqm.OrderAck) bool { return b.Sequence == a.Sequence })
	w.acks = append(w.acks, a)
	t.steer(w, time.Now())
}
