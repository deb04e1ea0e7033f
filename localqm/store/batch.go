package store

import (
	"fmt"
	"maps"
	"slices"

	"posthouse/localqm/mq"
)

// tally is what a slot holds, or by how much a batch changes it.
type tally struct{ durable, express Count }

func (t *tally) add(c Count, express bool) {
	d := &t.durable
	if express {
		d = &t.express
	}
	d.Messages += c.Messages
	d.Bytes += c.Bytes
}

func (t *tally) sum(u tally) {
	t.add(u.durable, false)
	t.add(u.express, true)
}

// numbered is a put row and the lookup id it gets if the batch commits.
type numbered struct {
	row    *Row
	lookup uint64
}

// stateKey names a value of protocol state.
type stateKey struct{ space, key string }

// batch is what the group of steps being committed changes in memory. Nothing
// of it shows before publish.
type batch struct {
	seq     uint64 // of the next message
	counts  map[Slot]tally
	queues  map[Slot]*Queue     // nil: deleted
	express map[Place]*held     // nil: removed
	states  map[stateKey][]byte // nil: deleted; only the last value of a batch is written
	id      mq.GUID             // of the queue manager; zero: as it was
	memory  int64               // bytes of express messages added
	puts    []numbered
	settle  []Slot // queues of the current step to verify at its end
	dropped []Slot // queues the current step deleted
}

func newBatch(seq uint64) *batch {
	return &batch{
		seq: seq, counts: map[Slot]tally{}, queues: map[Slot]*Queue{}, express: map[Place]*held{}, states: map[stateKey][]byte{},
	}
}

// clone lets a failed step be undone.
func (b *batch) clone() *batch {
	c := *b
	c.counts, c.queues, c.express = maps.Clone(b.counts), maps.Clone(b.queues), maps.Clone(b.express)
	c.states = maps.Clone(b.states)
	c.puts = slices.Clip(b.puts)
	return &c
}

func (b *batch) count(s Slot, messages, bytes int64, express bool) {
	t := b.counts[s]
	t.add(Count{messages, bytes}, express)
	b.counts[s] = t
}

// queue is the queue of a slot as the batch would leave it.
func (s *SQLite) queue(b *batch, at Slot) *Queue {
	if q, ok := b.queues[at]; ok {
		return q
	}
	return s.catalogue.queues[at] // the writer alone changes it
}

// tally is the content of a slot as the batch would leave it.
func (s *SQLite) tally(b *batch, at Slot) tally {
	t := b.counts[at]
	if base := s.counts[at]; base != nil {
		t.sum(*base)
	}
	return t
}

// settled verifies the queues that a step created, changed or deleted, once
// all its operations are done.
func (s *SQLite) settled(b *batch) error {
	for _, at := range b.settle {
		q := s.queue(b, at)
		if q == nil {
			if t := s.tally(b, at); t != (tally{}) {
				return fmt.Errorf("%w (slot %d)", ErrNotEmpty, at)
			}
			if s.childOf(b, at) != 0 {
				return fmt.Errorf("%w (slot %d has a journal or subqueue)", ErrNotEmpty, at)
			}
			continue
		}
		if q.Parent != 0 && s.queue(b, q.Parent) == nil {
			return fmt.Errorf("%w: parent %d of slot %d", ErrNoSlot, q.Parent, at)
		}
		if k := nameKey(q); k != "" {
			if other := s.named(b, k, at); other != 0 {
				return fmt.Errorf("%w: %q is slot %d", ErrTaken, q.Name, other)
			}
		}
	}
	return nil
}

func (s *SQLite) childOf(b *batch, parent Slot) Slot {
	for at, q := range b.queues {
		if q != nil && q.Parent == parent {
			return at
		}
	}
	if s.catalogue.children[parent] == 0 {
		return 0
	}
	for at, q := range s.catalogue.queues {
		if _, changed := b.queues[at]; q.Parent == parent && !changed {
			return at
		}
	}
	return 0
}

func (s *SQLite) named(b *batch, key string, except Slot) Slot {
	for at, q := range b.queues {
		if q != nil && at != except && nameKey(q) == key {
			return at
		}
	}
	at, ok := s.catalogue.names[key]
	if _, changed := b.queues[at]; ok && !changed && at != except {
		return at
	}
	return 0
}
