package session

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
)

// defaultMemory is for all sessions; their peers are not authenticated.
const defaultMemory = 256 << 20

// Memory bounds the bytes of packets that sessions hold: those that are coming in
// and those that came and are not dealt with. When it is used up, the session whose
// unfinished large packet is the oldest closes. A nil Memory has no bound.
type Memory struct {
	limit int64
	used  atomic.Int64

	mu    sync.Mutex
	large map[*large]bool
}

// large is a large packet that comes in.
type large struct {
	s     *Session
	since time.Time
	bytes int
	gone  bool // it had to go; its bytes are counted no more
}

// NewMemory makes a Memory of limit bytes; 0: 256 MiB.
func NewMemory(limit int64) *Memory {
	return &Memory{limit: cmp.Or(limit, defaultMemory), large: map[*large]bool{}}
}

// take counts n bytes of a small packet.
func (m *Memory) take(s *Session, n int) error {
	if m == nil || m.used.Add(int64(n)) <= m.limit {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.makeRoom(s, nil, n)
}

func (m *Memory) release(n int) {
	if m != nil {
		m.used.Add(-int64(n))
	}
}

// begin begins a large packet of s.
func (m *Memory) begin(s *Session) *large {
	l := &large{s: s, since: time.Now()}
	if m != nil {
		m.mu.Lock()
		m.large[l] = true
		m.mu.Unlock()
	}
	return l
}

// grow counts n more bytes of a large packet.
func (m *Memory) grow(l *large, n int) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.gone {
		return noMemory(l.s)
	}
	l.bytes += n
	if m.used.Add(int64(n)) <= m.limit {
		return nil
	}
	return m.makeRoom(l.s, l, n)
}

// finish ends a large packet that is complete or, with err, cannot be. The former
// stays counted until release, if it did not have to go after all.
func (m *Memory) finish(l *large, err error) error {
	if m == nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.large, l)
	switch {
	case l.gone && err == nil:
		return noMemory(l.s)
	case !l.gone && err != nil:
		m.release(l.bytes)
	}
	return err
}

// makeRoom closes the sessions of the oldest large packets, which may be that of
// own, until n bytes more, which are counted, are not too many. It is to be called
// with mu held.
func (m *Memory) makeRoom(s *Session, own *large, n int) error {
	for m.used.Load() > m.limit {
		oldest := own
		for l := range m.large {
			if oldest == nil || l.since.Before(oldest.since) {
				oldest = l
			}
		}
		if oldest == own {
			if own == nil {
				m.release(n) // else finish does
			}
			return noMemory(s)
		}
		delete(m.large, oldest)
		oldest.gone = true
		m.release(oldest.bytes)
		oldest.s.end(noMemory(oldest.s))
	}
	return nil
}

func noMemory(s *Session) error {
	return &Error{
		Status: mq.ConnLowMemory, Address: s.conn.RemoteAddr().String(),
		Why: "too much memory is taken by packets that are not dealt with, and this one was the oldest",
	}
}
