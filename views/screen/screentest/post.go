package screentest

import (
	"sync"
	"testing"
	"time"
)

// Queue is a Poster that keeps functions until the test runs them, as Fyne's
// goroutine would.
type Queue struct {
	mu    sync.Mutex
	funcs []func()
	wake  chan struct{}
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{wake: make(chan struct{}, 1)} }

// Post is a kit.Poster.
func (q *Queue) Post(f func()) {
	q.mu.Lock()
	q.funcs = append(q.funcs, f)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run runs what was posted, and what that posts.
func (q *Queue) Run() {
	for {
		q.mu.Lock()
		if len(q.funcs) == 0 {
			q.mu.Unlock()
			return
		}
		f := q.funcs[0]
		q.funcs = q.funcs[1:]
		q.mu.Unlock()
		f()
	}
}

// Until runs what is posted until done holds, and fails the test when that
// takes half a minute.
func (q *Queue) Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for {
		q.Run()
		if done() {
			return
		}
		select {
		case <-q.wake:
		case <-late.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
