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
	large map[*Session]time.Time // since when they read a large packet
}

// NewMemory makes a Memory of limit bytes; 0: 256 MiB.
func NewMemory(limit int64) *Memory {
	return &Memory{limit: cmp.Or(limit, defaultMemory), large: map[*Session]time.Time{}}
}

// take counts n more bytes for s. When they are too many, the oldest large packet
// has to go, which may be that of s.
func (m *Memory) take(s *Session, n int) error {
	if m == nil || m.used.Add(int64(n)) <= m.limit {
		return nil
	}
	victim := s
	m.mu.Lock()
	for v, since := range m.large {
		if at, ok := m.large[victim]; !ok || since.Before(at) {
			victim = v
		}
	}
	delete(m.large, victim)
	m.mu.Unlock()
	err := &Error{
		Status: mq.ConnLowMemory, Address: victim.address.String(),
		Why: "too much memory is taken by packets that are not complete, of which this was the oldest",
	}
	if victim == s {
		m.release(n)
		return err
	}
	victim.end(err)
	return nil
}

func (m *Memory) release(n int) {
	if m != nil {
		m.used.Add(-int64(n))
	}
}

// begin notes that s reads a large packet from now on, finish that it does not.
func (m *Memory) begin(s *Session) {
	if m != nil {
		m.mu.Lock()
		m.large[s] = time.Now()
		m.mu.Unlock()
	}
}

func (m *Memory) finish(s *Session) {
	if m != nil {
		m.mu.Lock()
		delete(m.large, s)
		m.mu.Unlock()
	}
}
