package route

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// The schedule of tries: the first again after 5 seconds (Session Retry Connect
// Timer, MS-MQQB 3.1.2.3), then doubling.
const (
	RetryFirst = 5 * time.Second
	RetryMost  = 60 * time.Second
)

// Dials at once. The last few are for hosts that answered lately, so that these
// need not wait until a try of a dead one times out.
const (
	MaxDials     = 64
	maxColdDials = 48
)

// coldAfter is how many failed tries make a host that answered one like the others.
const coldAfter = 3

// Book says which host is to be dialled when. It costs a few words for each host
// and nothing while they wait: there is no goroutine or timer for each.
//
// A host that is wanted comes out of Next, and each that came out goes back with
// Answered or Failed. When a connection breaks: Failed, then Want if something
// waits for it. Next is called by one goroutine, the rest by any.
type Book struct {
	mu      sync.Mutex
	hosts   map[string]*host
	later   hostHeap // waiting until next, by next
	ready   hostHeap // may be dialled, by before
	dialing int
	wake    chan struct{} // something changed that Next may wait for
}

// host is one entry. It is in at most one heap.
type host struct {
	name     string
	wanted   bool
	dialing  bool
	failures int       // since it answered last
	step     int       // the same, for the schedule: Now begins it again
	next     time.Time // not to be dialled before
	answered time.Time // zero: never
	in       *hostHeap
	at       int // index in it
}

// Status is what the Book knows of a host.
type Status struct {
	Dialing  bool
	Failures int       // tries that failed since it answered last
	Next     time.Time // when it is dialled again; zero if that is not planned
	Answered time.Time // zero: never
}

// NewBook returns an empty Book.
func NewBook() *Book {
	return &Book{
		hosts: map[string]*host{},
		later: hostHeap{less: func(a, b *host) bool { return a.next.Before(b.next) }},
		ready: hostHeap{less: (*host).before},
		wake:  make(chan struct{}, 1),
	}
}

// Want plans a try of a host: at once, or when it may be tried again if it failed.
// It changes nothing for one that is planned or being dialled.
func (b *Book) Want(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.want(name)
}

func (b *Book) want(name string) *host {
	h := b.hosts[name]
	if h == nil {
		h = &host{name: name, next: time.Now()}
		b.hosts[name] = h
	}
	h.wanted = true
	if !h.dialing && h.in == nil {
		b.put(&b.later, h)
	}
	return h
}

// Now plans a try of a host at once, whatever happened before: somebody asks for it,
// or the network has come back.
func (b *Book) Now(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.want(name)
	h.step, h.next = 0, time.Now()
	if !h.dialing {
		b.take(h)
		b.put(&b.ready, h)
	}
}

// Forget ends the plan for a host, and all memory of it: nothing waits for it and it
// is not connected. Only how long it is not to be tried holds until then, should it
// be wanted again.
func (b *Book) Forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[name]
	if h == nil {
		return
	}
	h.wanted = false
	if !h.dialing && h.in != &b.later { // these go when they come back or are due
		b.take(h)
		delete(b.hosts, name)
	}
}

// Next waits for the turn of a host and returns it: now it is being dialled. The
// error is that of ctx.
func (b *Book) Next(ctx context.Context) (string, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		name, wait := b.turn()
		if name != "" {
			return name, nil
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-b.wake:
		case <-timer.C:
		}
	}
}

// turn takes the next host out, or says how long there is surely none.
func (b *Book) turn() (name string, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	wait = RetryMost
	for b.later.Len() > 0 {
		h := b.later.hosts[0]
		if wait = h.next.Sub(now); wait > 0 {
			break
		}
		b.take(h)
		if h.wanted {
			b.put(&b.ready, h)
		} else {
			delete(b.hosts, h.name)
		}
		wait = RetryMost
	}
	if b.ready.Len() == 0 || b.dialing >= MaxDials {
		return "", wait
	}
	h := b.ready.hosts[0]
	if b.dialing >= maxColdDials && !h.warm() {
		return "", wait
	}
	b.take(h)
	h.dialing = true
	b.dialing++
	return h.name, 0
}

// Answered takes back a host that was dialled, or tells of one that called us: it is
// connected. It is not dialled again until it is wanted again.
func (b *Book) Answered(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.back(name)
	if h == nil {
		return
	}
	if !h.wanted {
		delete(b.hosts, name)
		return
	}
	h.failures, h.step, h.wanted = 0, 0, false
	h.answered, h.next = time.Now(), time.Now()
}

// Failed takes back a host that was dialled in vain, or tells that the connection
// to it broke. It returns when the host is dialled again, while it is wanted.
func (b *Book) Failed(name string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.back(name)
	if h == nil {
		return time.Time{}
	}
	h.failures++
	h.step++
	h.next = time.Now().Add(pause(h.step))
	b.put(&b.later, h)
	return h.next
}

// Status returns what is known of a host.
func (b *Book) Status(name string) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[name]
	if h == nil {
		return Status{}
	}
	s := Status{Dialing: h.dialing, Failures: h.failures, Answered: h.answered}
	if h.wanted && !h.dialing {
		s.Next = h.next
	}
	return s
}

// back gets a host that is out or planned.
func (b *Book) back(name string) *host {
	h := b.hosts[name]
	if h == nil {
		return nil
	}
	if h.dialing {
		h.dialing = false
		b.dialing--
		b.nudge()
	}
	b.take(h)
	return h
}

func (b *Book) put(to *hostHeap, h *host) {
	h.in = to
	heap.Push(to, h)
	b.nudge()
}

func (b *Book) take(h *host) {
	if h.in != nil {
		heap.Remove(h.in, h.at)
		h.in = nil
	}
}

func (b *Book) nudge() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// pause is how long a host rests after its n-th failure, up to a fifth less by
// chance, so that hosts that failed together do not come back together.
func pause(n int) time.Duration {
	d := RetryMost
	if n < 5 {
		d = min(d, RetryFirst<<(n-1))
	}
	return d - rand.N(d/5)
}

// warm reports a host that answered lately.
func (h *host) warm() bool { return !h.answered.IsZero() && h.step < coldAfter }

// before orders hosts that may be dialled: those that answered lately, the last one
// first; then new ones, the last one first, as somebody may be waiting; then those
// that failed less often, so that none starves, by their time.
func (h *host) before(g *host) bool {
	switch {
	case h.warm() != g.warm():
		return h.warm()
	case h.warm():
		return h.answered.After(g.answered)
	case h.step != g.step:
		return h.step < g.step
	case h.step == 0:
		return h.next.After(g.next)
	}
	return h.next.Before(g.next)
}

// hostHeap is a heap.Interface.
type hostHeap struct {
	hosts []*host
	less  func(a, b *host) bool
}

func (q *hostHeap) Len() int           { return len(q.hosts) }
func (q *hostHeap) Less(i, j int) bool { return q.less(q.hosts[i], q.hosts[j]) }

func (q *hostHeap) Swap(i, j int) {
	q.hosts[i], q.hosts[j] = q.hosts[j], q.hosts[i]
	q.hosts[i].at, q.hosts[j].at = i, j
}

func (q *hostHeap) Push(x any) {
	h := x.(*host)
	h.at = len(q.hosts)
	q.hosts = append(q.hosts, h)
}

func (q *hostHeap) Pop() any {
	last := len(q.hosts) - 1
	h := q.hosts[last]
	q.hosts[last] = nil
	q.hosts = q.hosts[:last]
	return h
}
