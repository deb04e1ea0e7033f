package rpc

import (
	"context"
	"slices"
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
	line []*claim // in the order they came
}

// claim is what somebody waits for.
type claim struct {
	who secure.SID
	n   int64
	got chan struct{}
}

func newShares(limit int64) *shares { return &shares{limit: limit, of: map[secure.SID]int64{}} }

// Room is the memory for messages that calls read and answer with (Call.Reserve).
type Room struct{ *shares }

// NewRoom has so many bytes; 0: 128 MiB.
func NewRoom(bytes int64) *Room {
	if bytes == 0 {
		bytes = 128 << 20
	}
	return &Room{newShares(bytes)}
}

// take accounts for bytes of a user; false if there are none left for him.
func (s *shares) take(who secure.SID, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeLocked(who, n)
}

func (s *shares) takeLocked(who secure.SID, n int64) bool {
	has := s.of[who] + n
	if s.used+n > s.limit || has > s.limit/2 {
		return false
	}
	s.used, s.of[who] = s.used+n, has
	return true
}

// inUse is how much is taken.
func (s *shares) inUse() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// give is the inverse of take.
func (s *shares) give(who secure.SID, n int64) {
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveLocked(who, n)
}

func (s *shares) giveLocked(who secure.SID, n int64) {
	s.used -= n
	if s.of[who] -= n; s.of[who] == 0 {
		delete(s.of, who)
	}
	s.serve()
}

// await is take that waits, and tells how much it took: at most all that a user may
// have, so that everybody's turn comes. Who waits must have nothing that others wait for.
func (s *shares) await(ctx context.Context, who secure.SID, n int64) (int64, error) {
	n = min(n, s.limit/2)
	c := &claim{who: who, n: n, got: make(chan struct{})}
	s.mu.Lock()
	s.line = append(s.line, c)
	s.serve()
	s.mu.Unlock()
	select {
	case <-c.got:
		return n, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.line, c); at >= 0 {
		s.line = slices.Delete(s.line, at, at+1)
		s.serve() // it may have kept others waiting
	} else {
		s.giveLocked(who, n)
	}
	return 0, ctx.Err()
}

// serve gives those who wait what there is: whoever has least comes first, and of one
// user the claim that came first. Called with mu held.
func (s *shares) serve() {
	for len(s.line) > 0 {
		next := -1
		seen := map[secure.SID]bool{}
		for i, c := range s.line {
			if seen[c.who] {
				continue
			}
			seen[c.who] = true
			has := s.of[c.who]
			if has+c.n <= s.limit/2 && (next < 0 || has < s.of[s.line[next].who]) {
				next = i
			}
		}
		if next < 0 || !s.takeLocked(s.line[next].who, s.line[next].n) {
			return // nobody overtakes a large claim
		}
		close(s.line[next].got)
		s.line = slices.Delete(s.line, next, next+1)
	}
}
