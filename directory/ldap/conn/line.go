package conn

import (
	"context"
	"errors"
	"sync"
	"time"

	"posthouse/localqm/mq"
)

// Back-off: how long after a failure of all controllers nobody is asked again.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 10 * time.Second
)

// line is a session that is made anew when it breaks, by whoever needs it next.
type line struct {
	dial func(ctx context.Context, prefer target) (*session, error)
	// patience bounds dialing, whoever waits for it.
	patience time.Duration

	mu      sync.Mutex
	session *session
	last    target        // whose session it was
	trying  *attempt      // nil: nobody dials
	err     error         // of the last attempt
	again   time.Time     // not before
	pause   time.Duration // the last one
	closed  bool
	end     context.CancelFunc // of the attempt
	dials   sync.WaitGroup
}

// attempt is a dialing that several may wait for.
type attempt struct {
	done    chan struct{}
	session *session
	err     error
}

// get is a session that is alive; fresh says that it was made for this call.
func (l *line) get(ctx context.Context) (s *session, fresh bool, err error) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil, false, closedError()
	}
	if l.session != nil && l.session.alive() {
		defer l.mu.Unlock()
		return l.session, false, nil
	}
	if l.trying == nil && time.Now().Before(l.again) {
		defer l.mu.Unlock()
		return nil, true, l.err
	}
	if l.trying == nil {
		l.begin()
	}
	a := l.trying
	l.mu.Unlock()
	select {
	case <-a.done:
		return a.session, true, a.err
	case <-ctx.Done():
		return nil, true, mq.Errorf(mq.ErrNoDS, "connect to the directory", "it was given up before a controller answered: %w", context.Cause(ctx)).
			WithFix("try again; is the directory running, and may this computer reach it?")
	}
}

func closedError() error {
	return mq.Errorf(mq.ErrNoDS, "ask the directory", "the connection was closed").WithFix("connect again")
}

// begin starts an attempt; l.mu is held.
func (l *line) begin() {
	a, old, prefer := &attempt{done: make(chan struct{})}, l.session, l.last
	l.trying, l.session = a, nil
	ctx, end := context.WithTimeout(context.Background(), l.patience)
	l.end = end
	l.dials.Go(func() {
		defer end()
		if old != nil {
			old.close(errors.New("another was made"))
		}
		a.session, a.err = l.dial(ctx, prefer)
		l.mu.Lock()
		defer l.mu.Unlock()
		if a.err == nil && l.closed {
			a.session.close(closedError())
			a.session, a.err = nil, closedError()
		}
		l.trying, l.session, l.err = nil, a.session, a.err
		if a.err != nil {
			l.pause = min(max(2*l.pause, firstPause), lastPause)
			l.again = time.Now().Add(l.pause)
		} else {
			l.pause, l.again, l.last = 0, time.Time{}, a.session.target
		}
		close(a.done)
	})
}

// state is the session that is alive, or why there is none.
func (l *line) state() (*session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.session == nil:
		return nil, l.err
	case !l.session.alive():
		return nil, l.session.broken("ask the directory", l.session.reason())
	}
	return l.session, nil
}

// close ends the session and waits for whoever dials.
func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	s, end := l.session, l.end
	l.mu.Unlock()
	if end != nil {
		end()
	}
	l.dials.Wait()
	if s != nil {
		s.close(closedError())
	}
}
