package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// packet is a row as the queue manager stores a 1 KB message: a head of 250
// bytes, most of it text, and a deadline in the far future.
func packet(at store.Slot, size int) *store.Row {
	r := &store.Row{
		Slot: at, Priority: 3, Arrived: 1_795_262_701, Head: make([]byte, 250), BodyAt: 180,
		Body: make([]byte, size),
	}
	for i := range r.Body {
		r.Body[i] = byte(i * 7)
	}
	return r
}

func benchQueue(b *testing.B, s store.Store, name string) store.Slot {
	b.Helper()
	at, err := s.NewSlot()
	if err == nil {
		err = storetest.Do(s, &store.CreateQueue{Queue: store.Queue{Slot: at, Name: name}})
	}
	if err != nil {
		b.Fatal(err)
	}
	return at
}

// share runs fn b.N times over n goroutines and reports the latencies.
func share(b *testing.B, n int, fn func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	lat := make([][]time.Duration, n)
	var wg sync.WaitGroup
	b.ResetTimer()
	for g := range n {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				t := time.Now()
				if err := fn(); err != nil {
					b.Error(err)
					return
				}
				lat[g] = append(lat[g], time.Since(t))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	report(b, lat)
}

func report(b *testing.B, lat [][]time.Duration) {
	var all []time.Duration
	for _, l := range lat {
		all = append(all, l...)
	}
	sortDurations(all)
	if len(all) > 0 {
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-us")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkPut sends durable messages of 1 KB from goroutines that wait for
// each; beside it the same bytes in one file with one fdatasync a group, which
// is what the disk allows.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8, 64, 256} {
		b.Run(fmt.Sprintf("file/senders=%d", n), func(b *testing.B) {
			f := newLog(b)
			rec := make([]byte, 1300)
			share(b, n, func() error { return f.append(rec) })
		})
		for name, linger := range map[string]time.Duration{"store": 0, "store-nolinger": -1} {
			b.Run(fmt.Sprintf("%s/senders=%d", name, n), func(b *testing.B) {
				s := open(b, store.Options{Dir: b.TempDir(), Linger: linger})
				defer s.Close()
				at := benchQueue(b, s, "orders")
				share(b, n, func() error { return storetest.Do(s, &store.Put{Row: packet(at, 1024)}) })
			})
		}
	}
}

// BenchmarkPutExpress is bound by memory and the writer's goroutine.
func BenchmarkPutExpress(b *testing.B) {
	for _, n := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("senders=%d", n), func(b *testing.B) {
			s := open(b, store.Options{Dir: b.TempDir()})
			defer s.Close()
			at := benchQueue(b, s, "orders")
			share(b, n, func() error {
				r := packet(at, 1024)
				r.Express = true
				return storetest.Do(s, &store.Put{Row: r})
			})
		})
	}
}

// BenchmarkRemove receives the first message, each waiting for its commit.
func BenchmarkRemove(b *testing.B) {
	for _, n := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("receivers=%d", n), func(b *testing.B) {
			s := open(b, store.Options{Dir: b.TempDir()})
			defer s.Close()
			at := benchQueue(b, s, "orders")
			fill(b, s, at, b.N, 1024)
			lookups, err := s.Lookups(ctx, at, 0, 0)
			if err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			share(b, n, func() error {
				l := lookups[next.Add(1)-1]
				return storetest.Do(s, &store.Remove{Place: store.Place{Slot: at, Lookup: l}})
			})
		})
	}
}

// fill puts n messages in large steps.
func fill(tb testing.TB, s store.Store, at store.Slot, n, size int) {
	tb.Helper()
	for n > 0 {
		var ops []store.Op
		for range min(n, 1000) {
			ops = append(ops, &store.Put{Row: packet(at, size)})
		}
		n -= len(ops)
		if err := storetest.Do(s, ops...); err != nil {
			tb.Fatal(err)
		}
	}
}

// messages is the size of the large queue of a benchmark: POSTHOUSE_BENCH_MESSAGES,
// by default 100,000; the targets are for 1,000,000.
func messages(b *testing.B) int {
	if v := os.Getenv("POSTHOUSE_BENCH_MESSAGES"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 100_000
}

// BenchmarkLarge reads and opens a store with one large queue.
func BenchmarkLarge(b *testing.B) {
	n := messages(b)
	dir := b.TempDir()
	s := open(b, store.Options{Dir: dir})
	at := benchQueue(b, s, "orders")
	fill(b, s, at, n, 1024)
	encoded := s.Count(at).Bytes
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	small := b.TempDir()
	s = open(b, store.Options{Dir: small})
	fill(b, s, benchQueue(b, s, "orders"), 1000, 1024)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "posthouse.db"))
	if err != nil {
		b.Fatal(err)
	}
	for name, dir := range map[string]string{"open/messages=1000": small, fmt.Sprintf("open/messages=%d", n): dir} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := open(b, store.Options{Dir: dir})
				if _, err := s.Range(ctx, store.Range{Slot: at, Limit: 100}); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				s.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(info.Size())/float64(encoded), "disk/packets")
		})
	}
	s = open(b, store.Options{Dir: dir})
	defer s.Close()
	lookups, err := s.Lookups(ctx, at, 0, 0)
	if err != nil || len(lookups) != n {
		b.Fatal(len(lookups), err)
	}
	for _, depth := range []int{10, n / 2, n * 9 / 10} {
		for _, body := range []int{0, 64} {
			b.Run(fmt.Sprintf("page/depth=%d/body=%d", depth, body), func(b *testing.B) {
				for b.Loop() {
					rows, err := s.Range(ctx, store.Range{Slot: at, After: lookups[depth], Limit: 100, Body: body})
					if err != nil || len(rows) != min(100, n-depth-1) {
						b.Fatal(len(rows), err)
					}
				}
			})
		}
	}
	b.Run("lookups=1000", func(b *testing.B) {
		for b.Loop() {
			if l, err := s.Lookups(ctx, at, lookups[n/2], 1000); err != nil || len(l) != 1000 {
				b.Fatal(len(l), err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Get(ctx, at, lookups[n/2], -1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			if s.Count(at).Messages != int64(n) {
				b.Fatal("wrong count")
			}
		}
	})
}

// BenchmarkBigBodies: 4 MB bodies, whose headers must cost what small ones do.
func BenchmarkBigBodies(b *testing.B) {
	s := open(b, store.Options{Dir: b.TempDir()})
	defer s.Close()
	big, small := benchQueue(b, s, "big"), benchQueue(b, s, "small")
	const size = 4<<20 - 4096
	b.Run("put", func(b *testing.B) {
		share(b, 1, func() error { return storetest.Do(s, &store.Put{Row: packet(big, size)}) })
	})
	fill(b, s, small, 100, 1024)
	for s.Count(big).Messages < 100 {
		if err := storetest.Do(s, &store.Put{Row: packet(big, size)}); err != nil {
			b.Fatal(err)
		}
	}
	for name, at := range map[string]store.Slot{"headers/4MB": big, "headers/1KB": small} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rows, err := s.Range(ctx, store.Range{Slot: at, Limit: 100})
				if err != nil || len(rows) != 100 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
	first, err := s.Lookups(ctx, big, 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{0, 1024, -1} {
		b.Run(fmt.Sprintf("get/body=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Get(ctx, big, first[0], n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
