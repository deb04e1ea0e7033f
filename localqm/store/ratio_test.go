package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// BenchmarkAgainstFile gives the rate of durable 1 KB sends as a part of what
// a plain-file group commit does beside it, in turns (run it with -benchtime 1x).
func BenchmarkAgainstFile(b *testing.B) {
	const rounds, turn = 7, 400 * time.Millisecond
	for _, n := range []int{1, 2, 8, 64, 256} {
		b.Run(fmt.Sprintf("senders=%d", n), func(b *testing.B) {
			f := newLog(b)
			rec := make([]byte, 1300)
			kinds := []struct {
				name string
				send func() error
				rate []float64
				lat  []time.Duration
			}{{name: "file", send: func() error { return f.append(rec) }}, {name: "store"}, {name: "nolinger"}}
			for i, linger := range []time.Duration{0, -1} {
				s := open(b, store.Options{Dir: b.TempDir(), Linger: linger})
				defer s.Close()
				at := benchQueue(b, s, "orders")
				kinds[i+1].send = func() error { return storetest.Do(s, &store.Put{Row: packet(at, 1024)}) }
			}
			b.ResetTimer()
			for round := range rounds + 1 {
				for i := range kinds {
					k := &kinds[(i+round)%len(kinds)]
					rate, lat := drive(b, n, turn, k.send)
					if round > 0 { // the first warms up
						k.rate, k.lat = append(k.rate, rate), append(k.lat, lat...)
					}
				}
			}
			for i := range kinds {
				k := &kinds[i]
				slices.Sort(k.lat)
				b.ReportMetric(median(k.rate), k.name+"-msg/s")
				b.ReportMetric(float64(k.lat[len(k.lat)*99/100].Microseconds()), k.name+"-p99-us")
				if i > 0 {
					ratios := make([]float64, rounds)
					for r := range ratios {
						ratios[r] = k.rate[r] / kinds[0].rate[r]
					}
					b.ReportMetric(median(ratios), k.name+"/file")
				}
			}
		})
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// drive has n goroutines send for a while.
func drive(b *testing.B, n int, turn time.Duration, send func() error) (rate float64, all []time.Duration) {
	lat := make([][]time.Duration, n)
	var wg sync.WaitGroup
	start := time.Now()
	for g := range n {
		wg.Go(func() {
			for time.Since(start) < turn {
				t := time.Now()
				if err := send(); err != nil {
					b.Error(err)
					return
				}
				lat[g] = append(lat[g], time.Since(t))
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	all = slices.Concat(lat...)
	return float64(len(all)) / took.Seconds(), all
}
