package rpc

import (
	"context"
	"sync"
	"sync/atomic"
)

// workers are the goroutines that run the calls of a server. Some live on for the next
// ones: a new goroutine begins with a stack so small that it is copied on the way.
type workers struct {
	calls chan work
	idle  atomic.Int32
	wait  sync.WaitGroup
	once  sync.Once
}

type work struct {
	x   *serverCall
	ctx context.Context
}

const idleWorkers = 64

// start runs a call, which its connection waits for.
func (p *workers) start(ctx context.Context, x *serverCall) {
	x.c.running.Add(1)
	w := work{x, ctx}
	select {
	case p.calls <- w:
	default:
		p.wait.Go(func() { p.work(w) })
	}
}

func (p *workers) work(w work) {
	for ok := true; ok; {
		w.x.run(w.ctx)
		w.x.c.running.Done()
		w = work{} // not to be kept
		if n := p.idle.Add(1); n <= idleWorkers {
			w, ok = <-p.calls
		} else {
			ok = false
		}
		p.idle.Add(-1)
	}
}

// close ends them, once no connection is left to start any.
func (p *workers) close() {
	p.once.Do(func() { close(p.calls) })
	p.wait.Wait()
}
