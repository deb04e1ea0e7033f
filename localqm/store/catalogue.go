package store

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"posthouse/localqm/mq"
)

// catalogue is the committed list of queues in memory. The writer alone
// changes it.
type catalogue struct {
	mu       sync.RWMutex
	queues   map[Slot]*Queue // never changed in place
	names    map[string]Slot
	children map[Slot]int
	reserved map[Slot]bool // given out by take, not yet created
	last     Slot
}

func newCatalogue(queues []Queue) *catalogue {
	c := &catalogue{
		queues: map[Slot]*Queue{}, names: map[string]Slot{},
		children: map[Slot]int{}, reserved: map[Slot]bool{},
	}
	for i := range queues {
		c.set(queues[i].Slot, &queues[i])
		c.last = max(c.last, queues[i].Slot)
	}
	return c
}

// nameKey is what two queues may not have in common; empty for those that need
// no name or are being deleted.
func nameKey(q *Queue) string {
	if q.Draining {
		return ""
	}
	prefix := string([]byte{byte(q.Role), byte(q.Kind), byte(q.Parent >> 16), byte(q.Parent >> 8), byte(q.Parent)})
	switch q.Role {
	case Journal, Awaiting:
		return prefix // one for each parent
	default:
		return prefix + strings.ToLower(q.Name)
	}
}

func (c *catalogue) set(s Slot, q *Queue) {
	if old := c.queues[s]; old != nil {
		delete(c.names, nameKey(old))
		if old.Parent != 0 {
			c.children[old.Parent]--
		}
		delete(c.queues, s)
	}
	if q == nil {
		return
	}
	c.queues[s] = q
	delete(c.reserved, s)
	if k := nameKey(q); k != "" {
		c.names[k] = s
	}
	if q.Parent != 0 {
		c.children[q.Parent]++
	}
}

func (c *catalogue) list() []Queue {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l := make([]Queue, 0, len(c.queues))
	for _, q := range c.queues {
		l = append(l, *q)
	}
	slices.SortFunc(l, func(a, b Queue) int { return cmp.Compare(a.Slot, b.Slot) })
	return l
}

// take reserves a slot, never the one freed last, so that a late reader of a
// deleted queue does not meet another one.
func (c *catalogue) take() (Slot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queues)+len(c.reserved) >= int(MaxSlot) {
		return 0, mq.Errorf(mq.ErrInsufficientResources, "create queue",
			"there are %d queues, journals and subqueues already", MaxSlot).WithFix("delete queues that are not used")
	}
	for {
		c.last++
		if c.last > MaxSlot {
			c.last = 1
		}
		if c.queues[c.last] == nil && !c.reserved[c.last] {
			c.reserved[c.last] = true
			return c.last, nil
		}
	}
}

func (c *catalogue) free(s Slot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.reserved, s)
}
