package fake

import (
	"sync"
	"time"
)

// Zone and Now are where and when the sample data live: a Thursday afternoon
// in Copenhagen.
var (
	Zone = time.FixedZone("CET", 3600)
	Now  = time.Date(2026, time.November, 19, 14, 32, 7, 0, Zone)
)

// Clock is a time that moves only when told.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now is the time it stands at.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
