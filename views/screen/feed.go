package screen

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

const (
	// leastGap: a grid is redrawn at most five times a second.
	leastGap = 200 * time.Millisecond
	// answerWithin is how long a computer may take to answer.
	answerWithin = 30 * time.Second
	// restMost is the longest rest of one that does not.
	restMost = 2 * time.Minute
)

// Overview is what is known of a node, all from one answer.
type Overview struct {
	Machine  mgmtclient.Machine
	Queues   []mgmtclient.Queue // private, by name
	Public   []mgmtclient.Queue // of its own, by name
	System   []mgmtclient.Queue // journal and dead-letter queues
	Outgoing []mgmtclient.Queue
	At       time.Time // of the answer; zero: none yet
	Err      error     // of the last attempt; what stands above is older then
	Part     error     // why a part of it could not be listed
	In, Out  float64   // messages a second, over the last moments; below 0: not known yet
}

// DeadLetters counts both dead-letter queues.
func (o Overview) DeadLetters() int64 { return o.Machine.DeadLetters + o.Machine.TransactDead }

// Feed keeps the counters of all nodes fresh, by their signals and by asking
// now and then. Its methods are for Fyne's goroutine.
type Feed struct {
	scope *Scope
	now   func() time.Time
	every func() time.Duration
	nodes map[string]*fed
	subs  []subscriber
}

type fed struct {
	scope   *Scope
	kick    chan struct{}
	every   atomic.Int64 // nanoseconds
	view    Overview
	rates   []reading
	history map[string]*series
}

// reading is what the counters of a machine said at a moment.
type reading struct {
	at      time.Time
	in, out int64
}

type subscriber struct {
	scope   *Scope
	changed func(node string)
	touched func(node, queue string)
}

// NewFeed makes a feed whose work belongs to scope. every tells how long to
// wait without a signal before asking again.
func NewFeed(scope *Scope, now func() time.Time, every func() time.Duration) *Feed {
	return &Feed{scope: scope, now: now, every: every, nodes: map[string]*fed{}}
}

// Of is what is known of a node.
func (f *Feed) Of(node string) Overview {
	if n := f.nodes[node]; n != nil {
		return n.view
	}
	return Overview{In: -1, Out: -1}
}

// Queue finds a queue of a node by its path name: private, public, system or outgoing.
func (f *Feed) Queue(node, path string) (mgmtclient.Queue, bool) {
	o := f.Of(node)
	for _, list := range [][]mgmtclient.Queue{o.Queues, o.Public, o.System, o.Outgoing} {
		if i := slices.IndexFunc(list, func(q mgmtclient.Queue) bool { return q.PathName == path }); i >= 0 {
			return list[i], true
		}
	}
	return mgmtclient.Queue{}, false
}

// Depth is how many messages a queue held in the past hour or since the window
// opened, oldest first; the queue "" is the whole machine.
func (f *Feed) Depth(node, queue string) []float64 {
	if n := f.nodes[node]; n != nil {
		if s := n.history[queue]; s != nil {
			return s.values
		}
	}
	return nil
}

// Growth is how many messages more a queue holds than at the beginning of its
// Depth.
func (f *Feed) Growth(node, queue string) int64 {
	d := f.Depth(node, queue)
	if len(d) < 2 {
		return 0
	}
	return int64(d[len(d)-1] - d[0])
}

// Watch runs changed after each answer of a node, while the scope lasts.
func (f *Feed) Watch(s *Scope, changed func(node string)) {
	f.subs = append(f.subs, subscriber{scope: s, changed: changed})
}

// WatchMessages runs touched when messages of a queue came, went or moved,
// while the scope lasts; queue "" stands for several. It is a hint.
func (f *Feed) WatchMessages(s *Scope, touched func(node, queue string)) {
	f.subs = append(f.subs, subscriber{scope: s, touched: touched})
}

func (f *Feed) tell(node string, queues []string) {
	f.subs = slices.DeleteFunc(f.subs, func(s subscriber) bool { return s.scope.Ended() })
	for _, s := range slices.Clone(f.subs) {
		if s.scope.Ended() {
			continue
		}
		if s.changed != nil {
			s.changed(node)
		}
		for _, q := range queues {
			if s.touched != nil {
				s.touched(node, q)
			}
		}
	}
}

// Refresh asks a node anew, now.
func (f *Feed) Refresh(node string) {
	if n := f.nodes[node]; n != nil {
		select {
		case n.kick <- struct{}{}:
		default:
		}
	}
}

// Follow begins to ask a node that was connected, in place of an older
// connection of the same id; what that told stays until the first answer.
func (f *Feed) Follow(id string, client mgmtclient.Node) {
	n := &fed{scope: f.scope.Sub(), kick: make(chan struct{}, 1), view: Overview{In: -1, Out: -1}, history: map[string]*series{}}
	if old := f.nodes[id]; old != nil {
		old.scope.End()
		n.view, n.history = old.view, old.history
		n.view.Err, n.view.In, n.view.Out = nil, -1, -1
	}
	f.nodes[id] = n
	n.every.Store(int64(f.every()))
	n.scope.Go(func(ctx context.Context) { f.follow(ctx, n, id, client) }, nil)
}

// Pause asks a node no more; what it told stays.
func (f *Feed) Pause(id string) {
	if n := f.nodes[id]; n != nil {
		n.scope.End()
	}
}

// Drop forgets a node.
func (f *Feed) Drop(id string) {
	if n := f.nodes[id]; n != nil {
		n.scope.End()
		delete(f.nodes, id)
	}
}

// follow asks and waits in turns until the scope of the node ends: one question
// at a time.
func (f *Feed) follow(ctx context.Context, n *fed, id string, client mgmtclient.Node) {
	var signals <-chan mgmtclient.Signal
	touched := map[string]bool{"": true}
	failures := 0
	for ctx.Err() == nil {
		if signals == nil {
			touched[""] = true
			signals = signalsOf(ctx, client)
		}
		began := time.Now()
		view, err := askInTime(ctx, client)
		failures++
		if err == nil {
			failures = 0
		}
		queues := slices.Collect(maps.Keys(touched))
		slices.Sort(queues)
		n.scope.Post(func() { f.take(n, id, view, err, queues) })
		clear(touched)
		// A big machine answers slowly; it is asked no more than a quarter of the time.
		gap := max(leastGap, 3*time.Since(began))
		signals = f.rest(ctx, n, signals, touched, gap, max(RestAfter(time.Duration(n.every.Load()), failures), gap))
	}
}

// signalsOf is nil for a computer that does not tell of changes.
func signalsOf(ctx context.Context, client mgmtclient.Node) <-chan mgmtclient.Signal {
	if w, ok := mgmtclient.Can[mgmtclient.Watcher](client); ok {
		if c, err := w.Watch(ctx); err == nil {
			return c
		}
	}
	return nil
}

func askInTime(ctx context.Context, client mgmtclient.Node) (Overview, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return ask(ctx, client)
}

// RestAfter is how long to wait before a computer is asked again that did not
// answer so many times: twice as long each time, up to two minutes.
func RestAfter(every time.Duration, failures int) time.Duration {
	for ; failures > 1 && every < restMost; failures-- {
		every = min(2*every, restMost)
	}
	return every
}

// rest waits for a reason to ask again: at least gap, at most every.
func (f *Feed) rest(ctx context.Context, n *fed, signals <-chan mgmtclient.Signal, touched map[string]bool, gap, every time.Duration) <-chan mgmtclient.Signal {
	soon, late := time.NewTimer(gap), time.NewTimer(every)
	defer soon.Stop()
	defer late.Stop()
	ready, asked := false, false
	for {
		select {
		case <-ctx.Done():
			return signals
		case s, ok := <-signals:
			if !ok {
				signals = nil
				continue
			}
			asked = true
			if s.Kind == mgmtclient.SignalMessages {
				touched[s.Queue] = true
			}
		case <-n.kick:
			touched[""] = true
			return signals
		case <-soon.C:
			ready = true
		case <-late.C:
			return signals
		}
		if ready && asked {
			return signals
		}
	}
}

// ask gets everything an Overview holds. What only a list does not tell leaves
// the others as they are.
func ask(ctx context.Context, client mgmtclient.Node) (Overview, error) {
	var o Overview
	var err error
	if o.Machine, err = client.Machine(ctx); err != nil {
		return o, err
	}
	for _, l := range []struct {
		list *[]mgmtclient.Queue
		f    mgmtclient.QueueFilter
	}{
		{&o.Queues, mgmtclient.QueueFilter{Private: true}},
		{&o.System, mgmtclient.QueueFilter{System: true}},
		{&o.Outgoing, mgmtclient.QueueFilter{Outgoing: true}},
		{&o.Public, mgmtclient.QueueFilter{Public: true}},
	} {
		if l.f.Public && o.Machine.Directory == nil {
			continue // it does not know of a directory
		}
		*l.list, err = client.Queues(ctx, l.f)
		switch mq.CodeOf(err) {
		case mq.ErrAccessDenied, mq.ErrPrivilegeNotHeld:
			o.Part = cmp.Or(o.Part, err)
		case mq.ErrUnsupportedOperation, mq.ErrNoDS:
		default:
			if err != nil {
				return o, err
			}
		}
		if !l.f.Outgoing {
			*l.list = slices.DeleteFunc(*l.list, func(q mgmtclient.Queue) bool { return q.Hidden })
		}
	}
	return o, nil
}

// take shows an answer.
func (f *Feed) take(n *fed, id string, o Overview, err error, queues []string) {
	n.every.Store(int64(f.every()))
	if err != nil {
		n.view.Err = err
		f.tell(id, nil)
		return
	}
	now := f.now()
	o.At = now
	o.In, o.Out = n.rate(now, o.Machine)
	n.view = o
	n.sample(now, "", o.Machine.Messages)
	seen := map[string]bool{"": true}
	for _, list := range [][]mgmtclient.Queue{o.Queues, o.Public, o.System, o.Outgoing} {
		for i := range list {
			seen[list[i].PathName] = true
			n.sample(now, list[i].PathName, list[i].Messages)
		}
	}
	maps.DeleteFunc(n.history, func(q string, _ *series) bool { return !seen[q] })
	f.tell(id, queues)
}

func (n *fed) sample(now time.Time, queue string, messages int64) {
	s := n.history[queue]
	if s == nil {
		s = &series{step: firstStep}
		n.history[queue] = s
	}
	s.add(now, float64(messages))
}

// rateSpan is what In and Out are averaged over.
const rateSpan = 10 * time.Second

// rate tells how fast messages come and go.
func (n *fed) rate(now time.Time, m mgmtclient.Machine) (in, out float64) {
	if m.Started.IsZero() {
		return -1, -1 // it does not tell what it has counted since
	}
	r := reading{now, m.Received, m.Removed}
	if k := len(n.rates); k > 0 && (r.in < n.rates[k-1].in || r.out < n.rates[k-1].out) {
		n.rates = nil // the queue manager was started anew
	}
	n.rates = append(n.rates, r)
	for len(n.rates) > 2 && now.Sub(n.rates[1].at) >= rateSpan {
		n.rates = n.rates[1:]
	}
	first := n.rates[0]
	span := now.Sub(first.at).Seconds()
	if span <= 0 {
		return -1, -1
	}
	return float64(r.in-first.in) / span, float64(r.out-first.out) / span
}
