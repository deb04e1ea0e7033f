package rpc

import (
	"sync"

	"posthouse/localqm/secure"
)

// shares is the memory that clients use together. One user may have half of it, and so
// may all those together who have not signed in: the others go on meanwhile.
type shares struct {
	limit int64 // bytes

	mu   sync.Mutex
	used int64
	of   map[secure.SID]int64
}

func newShares(limit int64) *shares { return &shares{limit: limit, of: map[secure.SID]int64{}} }

// take accounts for bytes of a user; false if there are none left for him.
func (s *shares) take(who secure.SID, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	has := s.of[who] + n
	if s.used+n > s.limit || has > s.limit/2 {
		return false
	}
	s.used, s.of[who] = s.used+n, has
	return true
}

// give is the inverse of take.
func (s *shares) give(who secure.SID, n int64) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
	if s.of[who] -= n; s.of[who] == 0 {
		delete(s.of, who)
	}
}
