package session

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// flow sends as fast as the window lets it and counts what is acknowledged.
type flow struct {
	packet      []byte
	recoverable bool
	total       int

	mu      sync.Mutex
	sent    int
	arrived atomic.Int64
	done    chan struct{} // closed when total have arrived
	closed  chan error
}

func (f *flow) Opened(s *Session) {}

func (f *flow) Arrived(s *Session, p []byte, done func(error)) error {
	done(nil)
	if f.arrived.Add(1) == int64(f.total) {
		close(f.done)
	}
	return nil
}

func (f *flow) pump(s *Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.sent < f.total && s.Send(nil, f.packet, f.recoverable) {
		f.sent++
	}
}

func (f *flow) Acked(*Session, []any)        {}
func (f *flow) Room(s *Session)              { f.pump(s) }
func (f *flow) Closed(s *Session, err error) { f.closed <- err }

// BenchmarkMessages is the flow of 1 KB messages from one session to another over
// loopback TCP.
func BenchmarkMessages(b *testing.B) {
	for _, c := range []struct {
		name        string
		recoverable bool
	}{{"express", false}, {"recoverable", true}} {
		b.Run(c.name, func(b *testing.B) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			there := &flow{total: b.N, done: make(chan struct{}), closed: make(chan error, 1)}
			server := NewServer(Config{Self: elsewhere}, Limits{},
				func(*Session) Handler { return there })
			server.Serve(ln)
			defer server.Close()
			f := &flow{
				packet: message(b, 1024, c.recoverable), recoverable: c.recoverable,
				total: b.N, closed: make(chan error, 1),
			}
			s, err := Dial(b.Context(), Config{Self: here}, ln.Addr().String(), elsewhere, f)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(f.packet)))
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			b.ResetTimer()
			start := time.Now()
			f.pump(s)
			<-there.done
			took := time.Since(start)
			b.StopTimer()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(f.total)/took.Seconds(), "messages/s")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(f.total), "allocs/message")
			s.Close(nil)
			<-s.Done()
		})
	}
}
