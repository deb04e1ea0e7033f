package interfaces_test

import (
	"context"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
)

// Calls that read large messages take turns: what is read waits for what is sent.
func TestAnswersWithLargeMessagesTakeLittleMemory(t *testing.T) {
	const (
		peeks = 500
		taken = 20 // and the others are cancelled: to send all of them takes long
		most  = 256 << 20
	)
	b := besiege(t, rpc.Limits{})
	large := qmtest.Message("large")
	large.Body = make([]byte, 4_000_000)
	b.Send(b.trap, large)
	d := &deaf{stopped: make(chan struct{}), over: make(chan struct{})}
	conn, err := rpc.Dial(ctx, b.At(), rpc.DialOptions{
		Initiator: interfacestest.SignIn(interfacestest.User), CancelAfter: time.Minute,
		Dial: func(_ context.Context, network, address string) (net.Conn, error) {
			nc, err := net.Dial(network, address)
			d.Conn = nc
			return d, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	l := on(t, conn)
	h, err := l.open(direct(b.trap), toPeek)
	if err != nil {
		t.Fatal(err)
	}
	before := inUse()
	var peak atomic.Uint64
	looking, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for looking.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
			time.Sleep(time.Millisecond)
		}
	})
	b.honestly(func() {
		close(d.stopped)
		calls := b.Interfaces.Stats().Calls
		unwanted, cancel := context.WithCancel(ctx)
		defer cancel()
		var wait sync.WaitGroup
		var answered atomic.Int32
		for i := range uint32(peeks) {
			how := unwanted
			if i < taken {
				how = ctx
			}
			wait.Go(func() {
				r, err := l.reads.StartReceive(how, &remoteread.StartReceiveRequest{
					Context: noSerialize(h), RequestID: i, Action: 1 << 31, MaxBodySize: 1 << 30,
				})
				switch {
				case err == nil && r.Return == 0:
					answered.Add(1)
				case how == ctx || how.Err() == nil:
					t.Errorf("a peek: %v", err)
				}
			})
		}
		qmtest.Eventually(t, "all peeks have come, and use what they may", func() bool {
			s := b.Interfaces.Stats()
			return s.Calls >= calls+peeks && s.Messages >= 60<<20
		})
		if s := b.Interfaces.Stats(); s.Messages > 128<<20 {
			t.Errorf("%d MB are in use for messages", s.Messages>>20)
		}
		cancel()
		close(d.over)
		wait.Wait()
		if n := answered.Load(); n < taken {
			t.Errorf("%d peeks of %d were answered", n, taken)
		}
	})
	stop()
	watch.Wait()
	if grown := peak.Load() - before; peak.Load() > before && grown > most {
		t.Errorf("%d MB more were in use at most", grown>>20)
	} else {
		t.Logf("%d MB more were in use at most", grown>>20)
	}
	qmtest.Eventually(t, "nothing is kept", func() bool { return b.Interfaces.Stats().Messages == 0 })
}
