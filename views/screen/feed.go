package screen

import (
	"context"
	"maps"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// leastGap: a grid is redrawn at most five times a second.
const leastGap = 200 * time.Millisecond

// Overview is what is known of a node, all from one answer.
type Overview struct {
	Machine  mgmtclient.Machine
	Queues   []mgmtclient.Queue // private, by name
	System   []mgmtclient.Queue // journal and dead-letter queues
	Outgoing []mgmtclient.Queue
	At       time.Time // of the answer; zero: none yet
	Err      error     // of the last attempt; what stands above is older then
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

// Queue finds a queue of a node by its path name: private, system or outgoing.
func (f *Feed) Queue(node, path string) (mgmtclient.Queue, bool) {
	o := f.Of(node)
	for _, list := range [][]mgmtclient.Queue{o.Queues, o.System, o.Outgoing} {
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
// connection of the same id.
func (f *Feed) Follow(id string, client mgmtclient.Node) {
	f.Drop(id)
	n := &fed{scope: f.scope.Sub(), kick: make(chan struct{}, 1), view: Overview{In: -1, Out: -1}, history: map[string]*series{}}
	f.nodes[id] = n
	every := f.every()
	n.scope.Go(func(ctx context.Context) { f.follow(ctx, n, id, client, every) }, nil)
}

// Drop forgets a node.
func (f *Feed) Drop(id string) {
	if n := f.nodes[id]; n != nil {
		n.scope.End()
		delete(f.nodes, id)
	}
}

// follow asks and waits in turns until the scope of the node ends.
func (f *Feed) follow(ctx context.Context, n *fed, id string, client mgmtclient.Node, every time.Duration) {
	var signals <-chan mgmtclient.Signal
	watched := false
	if w, ok := mgmtclient.Can[mgmtclient.Watcher](client); ok {
		c, err := w.Watch(ctx)
		signals, watched = c, err == nil
	}
	touched := map[string]bool{"": true}
	for ctx.Err() == nil {
		if !watched {
			touched[""] = true
		}
		began := time.Now()
		view, err := ask(ctx, client)
		queues := slices.Collect(maps.Keys(touched))
		slices.Sort(queues)
		n.scope.Post(func() { f.take(n, id, view, err, queues) })
		clear(touched)
		// A big machine answers slowly; it is asked no more than a quarter of the time.
		gap := max(leastGap, 3*time.Since(began))
		if signals = f.rest(ctx, n, signals, touched, gap, max(every, gap)); signals == nil {
			watched = false
		}
	}
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

// ask gets everything an Overview holds.
func ask(ctx context.Context, client mgmtclient.Node) (Overview, error) {
	var o Overview
	var err error
	if o.Machine, err = client.Machine(ctx); err != nil {
		return o, err
	}
	if o.Queues, err = client.Queues(ctx, mgmtclient.QueueFilter{Private: true}); err != nil {
		return o, err
	}
	o.Queues = slices.DeleteFunc(o.Queues, func(q mgmtclient.Queue) bool { return q.Hidden })
	if o.System, err = client.Queues(ctx, mgmtclient.QueueFilter{System: true}); err != nil {
		return o, err
	}
	o.System = slices.DeleteFunc(o.System, func(q mgmtclient.Queue) bool { return q.Hidden })
	o.Outgoing, err = client.Queues(ctx, mgmtclient.QueueFilter{Outgoing: true})
	if mq.CodeOf(err) == mq.ErrUnsupportedOperation {
		err = nil
	}
	return o, err
}

// take shows an answer.
func (f *Feed) take(n *fed, id string, o Overview, err error, queues []string) {
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
	for _, list := range [][]mgmtclient.Queue{o.Queues, o.System, o.Outgoing} {
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
