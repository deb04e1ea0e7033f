package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

func sortDurations(d []time.Duration) { slices.Sort(d) }

// log is a plain file to which one goroutine appends what waits, with one sync
// for all: the bound for anything durable.
type log struct {
	f       *os.File
	mu      sync.Mutex
	wake    *sync.Cond
	waiting []record
	closing bool
	done    chan struct{}
}

type record struct {
	data []byte
	end  chan error
}

func newLog(tb testing.TB) *log {
	f, err := os.Create(filepath.Join(tb.TempDir(), "log"))
	if err != nil {
		tb.Fatal(err)
	}
	l := &log{f: f, done: make(chan struct{})}
	l.wake = sync.NewCond(&l.mu)
	go l.run()
	tb.Cleanup(func() {
		l.mu.Lock()
		l.closing = true
		l.mu.Unlock()
		l.wake.Signal()
		<-l.done
		f.Close()
	})
	return l
}

func (l *log) append(data []byte) error {
	r := record{data, make(chan error, 1)}
	l.mu.Lock()
	l.waiting = append(l.waiting, r)
	l.mu.Unlock()
	l.wake.Signal()
	return <-r.end
}

func (l *log) run() {
	defer close(l.done)
	var buf []byte
	for {
		l.mu.Lock()
		for len(l.waiting) == 0 {
			if l.closing {
				l.mu.Unlock()
				return
			}
			l.wake.Wait()
		}
		batch := l.waiting
		l.waiting = nil
		l.mu.Unlock()
		buf = buf[:0]
		for _, r := range batch {
			buf = append(buf, r.data...)
		}
		_, err := l.f.Write(buf)
		if err == nil {
			err = syncData(l.f)
		}
		for _, r := range batch {
			r.end <- err
		}
	}
}
