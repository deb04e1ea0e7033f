package member

import "time"

// maxKnown bounds what is remembered of others' objects.
const maxKnown = 20_000

// cache remembers what the directory answered, also that there is nothing. When it is
// full any entry makes room.
type cache[K comparable, V any] struct {
	most    int
	answers map[K]answer[V]
}

type answer[V any] struct {
	value V
	err   error // there is none
	at    time.Time
}

func newCache[K comparable, V any](most int) cache[K, V] {
	return cache[K, V]{most: most, answers: map[K]answer[V]{}}
}

func (c *cache[K, V]) put(k K, a answer[V]) {
	if _, there := c.answers[k]; !there && len(c.answers) >= c.most {
		for old := range c.answers {
			delete(c.answers, old)
			break
		}
	}
	c.answers[k] = a
}

// get finds an answer; fresh tells whether it still counts.
func (c *cache[K, V]) get(k K, now time.Time, found, missing time.Duration) (a answer[V], known, fresh bool) {
	a, known = c.answers[k]
	age := found
	if a.err != nil {
		age = missing
	}
	past := now.Sub(a.at)
	return a, known, known && past >= 0 && past < age
}

func (c *cache[K, V]) drop(k K) { delete(c.answers, k) }

// age makes an answer one that no longer counts, and is better than none.
func (c *cache[K, V]) age(k K) {
	if a, known := c.answers[k]; known {
		a.at = time.Time{}
		c.answers[k] = a
	}
}
