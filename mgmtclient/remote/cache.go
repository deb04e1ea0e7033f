package remote

import (
	"sync"
	"time"
)

// cache keeps what is asked for often and changes seldom. The zero value is empty.
type cache struct {
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	value any
	until time.Time
}

const (
	keepTime = 15 * time.Second
	keepMost = 20_000
)

func (c *cache) get(key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	return k.value, ok && time.Now().Before(k.until)
}

func (c *cache) put(key string, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= keepMost {
		c.kept = map[string]kept{}
	}
	c.kept[key] = kept{value, time.Now().Add(keepTime)}
}

// forget is for when somebody here changes it.
func (c *cache) forget() {
	c.mu.Lock()
	c.kept = nil
	c.mu.Unlock()
}
