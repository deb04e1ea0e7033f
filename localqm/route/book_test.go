package route

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// next takes the next host out within some time; "" if there is none.
func next(t *testing.T, b *Book, within time.Duration) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), within+1)
	defer stop()
	name, err := b.Next(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return name
}

func TestRetriesOfADeadHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		start := time.Now()
		b.Want("hq")
		for i, most := range []time.Duration{0, 5, 10, 20, 40, 60, 60, 60} {
			most *= time.Second
			if got := next(t, b, time.Hour); got != "hq" {
				t.Fatalf("try %d: %q", i, got)
			}
			if rest := time.Since(start); rest > most || rest < most-most/5 {
				t.Errorf("try %d came after %s, want %s and up to a fifth less", i, rest, most)
			}
			time.Sleep(5 * time.Second) // the dial times out
			if s := b.Status("hq"); !s.Dialing || s.Failures != i || !s.Next.IsZero() {
				t.Errorf("try %d: %+v", i, s)
			}
			start = time.Now()
			until := b.Failed("hq")
			if s := b.Status("hq"); s.Dialing || s.Failures != i+1 || s.Next != until {
				t.Errorf("try %d failed until %s: %+v", i, until, s)
			}
		}
	})
}

func TestHostsThatFailedTogetherComeBackApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		at := map[time.Time]bool{}
		for i := range 20 {
			b.Want(fmt.Sprint(i))
			at[b.Failed(next(t, b, 0))] = true
		}
		if len(at) < 10 {
			t.Errorf("20 hosts come back at %d different times", len(at))
		}
	})
}

func TestWantDoesNotShortenTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		b.Want("hq")
		next(t, b, 0)
		b.Want("hq") // while it is dialled
		b.Failed("hq")
		b.Want("hq")
		b.Forget("hq")
		b.Want("hq")
		if got := next(t, b, 4*time.Second-1); got != "" {
			t.Errorf("%q was to rest", got)
		}
		if got := next(t, b, time.Second+1); got != "hq" {
			t.Errorf("%q after its rest", got)
		}
	})
}

func TestNowEndsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		b.Now("hq") // new
		for range 10 {
			if got := next(t, b, 0); got != "hq" {
				t.Fatalf("%q, want hq at once", got)
			}
			b.Now("hq") // being dialled: no second time
			if got := next(t, b, time.Second); got != "" {
				t.Fatalf("%q is dialled twice", got)
			}
			b.Failed("hq")
			if s := b.Status("hq"); time.Until(s.Next) > 5*time.Second {
				t.Errorf("the rest is %s, want the first one", time.Until(s.Next))
			}
			b.Now("hq")
		}
		if s := b.Status("hq"); s.Failures != 10 {
			t.Errorf("%d failures are told, want all 10", s.Failures)
		}
	})
}

func TestConnectedHostIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		b.Want("hq")
		b.Failed(next(t, b, 0))
		next(t, b, time.Minute)
		b.Answered("hq")
		if s := b.Status("hq"); s.Dialing || s.Failures != 0 || !s.Next.IsZero() || s.Answered.IsZero() {
			t.Errorf("%+v", s)
		}
		if got := next(t, b, time.Hour); got != "" {
			t.Errorf("%q is dialled while connected", got)
		}
		b.Want("hq") // its session was idle and closed; now there is something to send
		if got := next(t, b, 0); got != "hq" {
			t.Errorf("%q, want hq at once", got)
		}
	})
}

func TestBrokenConnectionIsTriedAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		b.Want("hq")
		next(t, b, 0)
		b.Answered("hq")
		time.Sleep(time.Hour)
		b.Failed("hq")
		if got := next(t, b, time.Hour); got != "" {
			t.Errorf("%q is dialled and nothing waits for it", got)
		}
		b.Want("hq")
		next(t, b, 0)
		b.Answered("hq")
		b.Failed("hq")
		b.Want("hq")
		if got := next(t, b, 4*time.Second-1); got != "" {
			t.Errorf("%q is dialled at once: a host that breaks each connection would be hammered", got)
		}
		if got := next(t, b, time.Second+1); got != "hq" {
			t.Errorf("%q, want hq after 5 seconds", got)
		}
	})
}

func TestHostThatCalledUsIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		b.Want("hq")
		next(t, b, 0)
		b.Failed("hq")
		b.Answered("hq")
		b.Answered("nobody we know")
		if got := next(t, b, time.Hour); got != "" {
			t.Errorf("%q is dialled", got)
		}
		if b.Status("nobody we know") != (Status{}) || !b.Failed("nobody we know").IsZero() {
			t.Error("a host that nobody wanted is remembered")
		}
	})
}

func TestForgottenHostsTakeNothing(t *testing.T) {
	for name, live := range map[string]func(b *Book, dial func()){
		"unknown":                    func(*Book, func()) {},
		"wanted":                     func(b *Book, _ func()) { b.Want("hq"); b.Forget("hq") },
		"ready":                      func(b *Book, _ func()) { b.Now("hq"); b.Forget("hq") },
		"failed":                     func(b *Book, dial func()) { dial(); b.Failed("hq"); b.Forget("hq") },
		"connected":                  func(b *Book, dial func()) { dial(); b.Answered("hq"); b.Forget("hq") },
		"broken, and nothing waits":  func(b *Book, dial func()) { dial(); b.Answered("hq"); b.Failed("hq") },
		"forgotten while it answers": func(b *Book, dial func()) { dial(); b.Forget("hq"); b.Answered("hq") },
		"forgotten while it fails":   func(b *Book, dial func()) { dial(); b.Forget("hq"); b.Failed("hq") },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := NewBook()
			live(b, func() {
				b.Want("hq")
				next(t, b, 0)
			})
			b.Forget("nobody")
			if got := next(t, b, time.Hour); got != "" {
				t.Errorf("%s: %q is dialled", name, got)
			}
			if len(b.hosts) > 0 || b.later.Len() > 0 || b.ready.Len() > 0 || b.dialing != 0 {
				t.Errorf("%s: %d hosts, %d later, %d ready, %d being dialled are left",
					name, len(b.hosts), b.later.Len(), b.ready.Len(), b.dialing)
			}
		})
	}
}

func TestDialsAtOnceAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		for i := range 100 { // they answered, and broke
			b.Want(fmt.Sprint("known ", i))
			b.Answered(next(t, b, 0))
		}
		for i := range 100 {
			b.Want(fmt.Sprint("new ", i))
		}
		out := 0
		for next(t, b, 0) != "" {
			out++
		}
		if out != maxColdDials {
			t.Errorf("%d new hosts are dialled at once, want %d", out, maxColdDials)
		}
		for i := range 100 {
			b.Failed(fmt.Sprint("known ", i))
			b.Want(fmt.Sprint("known ", i))
		}
		for next(t, b, 5*time.Second) != "" {
			out++
		}
		if out != MaxDials {
			t.Errorf("%d hosts are dialled at once, want %d", out, MaxDials)
		}
	})
}

func TestHostsThatAnsweredLastComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		for _, name := range []string{"yesterday", "an hour ago", "just now"} {
			b.Want(name)
			next(t, b, 0)
			b.Answered(name)
			time.Sleep(time.Hour)
		}
		for _, name := range []string{"dead", "deader"} {
			b.Want(name)
		}
		for range 2 {
			b.Failed(next(t, b, 0))
		}
		for got := ""; got != "deader"; {
			got = next(t, b, time.Minute)
			b.Failed(got)
		}
		time.Sleep(time.Hour)
		for _, name := range []string{"new", "yesterday", "just now", "an hour ago"} {
			b.Want(name)
		}
		time.Sleep(time.Minute)
		for i, want := range []string{"just now", "an hour ago", "yesterday", "new"} {
			if got := next(t, b, 0); got != want {
				t.Errorf("place %d: %q, want %q", i+1, got, want)
			}
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	b := NewBook()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	b.Want("hq")
	if name, err := b.Next(ctx); name != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %q, %v", name, err)
	}
}

const manyHosts = 10_000

// network is where dead hosts take 5 seconds to be dialled in vain and live ones
// some milliseconds to answer.
type network struct {
	book  *Book
	mu    sync.Mutex
	dead  map[string]bool
	tries map[string]int
	up    map[string]chan struct{} // closed when it answers
	most  int                      // goroutines
}

func (n *network) run(ctx context.Context) {
	var dials sync.WaitGroup
	defer dials.Wait()
	for {
		name, err := n.book.Next(ctx)
		if err != nil {
			return
		}
		dials.Go(func() { n.dial(name) })
	}
}

func (n *network) dial(name string) {
	n.mu.Lock()
	n.tries[name]++
	n.most = max(n.most, runtime.NumGoroutine())
	dead, up := n.dead[name], n.up[name]
	n.mu.Unlock()
	if dead {
		time.Sleep(5 * time.Second)
		n.book.Failed(name)
		return
	}
	time.Sleep(20 * time.Millisecond)
	n.book.Answered(name)
	close(up)
}

// connected waits until a live host answers, and returns how long that took.
func (n *network) connected(name string, want func()) time.Duration {
	up := make(chan struct{})
	n.mu.Lock()
	n.up[name] = up
	n.mu.Unlock()
	start := time.Now()
	want()
	<-up
	return time.Since(start)
}

// crowd is a network with many dead hosts that are all wanted.
func crowd(b *Book) *network {
	n := &network{book: b, dead: map[string]bool{}, tries: map[string]int{}, up: map[string]chan struct{}{}}
	for i := range manyHosts {
		name := fmt.Sprintf("desk%d.example.com", i)
		n.dead[name] = true
		b.Want(name)
	}
	return n
}

func TestLiveHostReconnectsWithin10SecondsBeside10000DeadOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBook()
		n := crowd(b)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { n.run(ctx) })

		// Nobody has a rest yet: the worst moment for the first connection.
		if took := n.connected("live", func() { b.Now("live") }); took > 10*time.Second {
			t.Errorf("connected after %s beside %d new hosts", took, manyHosts)
		}
		for i := range 60 {
			time.Sleep(time.Duration(i) * 3 * time.Second)
			took := n.connected("live", func() { b.Failed("live"); b.Want("live") })
			if took > 10*time.Second {
				t.Errorf("the %d. time connected after %s", i+1, took)
			}
			b.Forget("live")
			if took = n.connected("live", func() { b.Want("live") }); took > 10*time.Second {
				t.Errorf("a host that was forgotten connected after %s", took)
			}
		}
		time.Sleep(time.Hour)
		stop()
		wg.Wait()
		if n.most > MaxDials+20 {
			t.Errorf("%d goroutines, want about one for each of %d dials", n.most, MaxDials)
		}
		// 48 dials of 5 seconds are 576 in a minute: a round takes 18 minutes, and the
		// hosts had their turns.
		fewest, most := manyHosts, 0
		for name := range n.dead {
			fewest, most = min(fewest, n.tries[name]), max(most, n.tries[name])
		}
		if fewest < 3 || most > fewest+2 {
			t.Errorf("dead hosts were tried %d to %d times, want each as often", fewest, most)
		}
	})
}

func TestManyHostsAreCheap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b := NewBook()
	for i := range manyHosts {
		b.Want(fmt.Sprint(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (after.HeapAlloc - before.HeapAlloc) / manyHosts; each > 1024 {
		t.Errorf("a host takes %d bytes", each)
	}
	if runtime.NumGoroutine() > 100 {
		t.Errorf("%d goroutines", runtime.NumGoroutine())
	}
	runtime.KeepAlive(b)
}

// BenchmarkDialOf10000 is one try of one host beside 10,000 others, all due: at most
// 64 in 5 seconds, so times 13 it is what a second costs.
func BenchmarkDialOf10000(b *testing.B) {
	book := NewBook()
	for i := range manyHosts {
		book.Now(fmt.Sprint(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		name, err := book.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		book.Failed(name)
		book.Now(name)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)*MaxDials/5/1e9*100, "%core")
}
