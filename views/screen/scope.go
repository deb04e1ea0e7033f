package screen

import (
	"context"
	"sync"
	"time"

	"posthouse/views/kit"
)

// Scope owns work that runs off Fyne's goroutine: its context ends with the
// scope, and nothing comes back afterwards. A screen gets one each time it is
// entered; a dialog takes a Sub of it and ends it when it closes.
//
// All methods but Context are for Fyne's goroutine.
type Scope struct {
	ctx    context.Context
	cancel context.CancelFunc
	post   kit.Poster
	work   *sync.WaitGroup // shared by all scopes of a window
	ended  bool
	ends   []func()
}

// NewScope makes the scope of a window.
func NewScope(ctx context.Context, post kit.Poster) *Scope {
	return newScope(ctx, post, &sync.WaitGroup{})
}

func newScope(ctx context.Context, post kit.Poster, work *sync.WaitGroup) *Scope {
	s := &Scope{post: post, work: work}
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// Context ends with the scope.
func (s *Scope) Context() context.Context { return s.ctx }

// Sub is a scope that ends with s, or before it.
func (s *Scope) Sub() *Scope {
	sub := newScope(s.ctx, s.post, s.work)
	if s.ended {
		sub.End()
		return sub
	}
	s.OnEnd(sub.End)
	return sub
}

// Go runs work in a goroutine and then, on Fyne's goroutine, then (which may
// be nil) unless the scope has ended meanwhile.
func (s *Scope) Go(work func(ctx context.Context), then func()) {
	if s.ended {
		return
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		work(s.ctx)
		if then != nil {
			s.Post(then)
		}
	}()
}

// Post runs f on Fyne's goroutine, soon, unless the scope has ended by then.
// It may be called from any goroutine.
func (s *Scope) Post(f func()) {
	if s.ctx.Err() != nil {
		return
	}
	s.post(func() {
		if !s.ended && s.ctx.Err() == nil {
			f()
		}
	})
}

// Every runs f on Fyne's goroutine again and again while the scope lasts.
func (s *Scope) Every(d time.Duration, f func()) {
	s.Go(func(ctx context.Context) {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				s.Post(f)
			}
		}
	}, nil)
}

// After runs f once, on Fyne's goroutine, unless the scope ends before.
func (s *Scope) After(d time.Duration, f func()) {
	s.Go(func(ctx context.Context) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}, f)
}

// OnEnd runs f when the scope ends; at once if it has.
func (s *Scope) OnEnd(f func()) {
	if s.ended {
		f()
		return
	}
	s.ends = append(s.ends, f)
}

// Ended reports whether the scope has ended.
func (s *Scope) Ended() bool { return s.ended || s.ctx.Err() != nil }

// End cancels what runs. It does not wait; calling it again does nothing.
func (s *Scope) End() {
	if s.ended {
		return
	}
	s.ended = true
	s.cancel()
	for _, f := range s.ends {
		f()
	}
	s.ends = nil
}

// Wait returns when no work of the window runs any more: after its scope
// ended, and never on Fyne's goroutine.
func (s *Scope) Wait() { s.work.Wait() }

// Load runs work in a scope and hands what it returned to then, on Fyne's
// goroutine, unless the scope has ended meanwhile.
func Load[T any](s *Scope, work func(ctx context.Context) (T, error), then func(T, error)) {
	var v T
	var err error
	s.Go(func(ctx context.Context) { v, err = work(ctx) }, func() { then(v, err) })
}
