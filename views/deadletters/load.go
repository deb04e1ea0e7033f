package deadletters

import (
	"context"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// firstReach is how many dead letters of a queue are read at first, and how
// many more each time one asks.
const firstReach = 1000

// origin is a queue that holds dead letters.
type origin struct{ node, queue string }

// letter is a dead letter where it is held.
type letter struct {
	origin
	computer string // the node's name
	machine  string // what its queue manager calls itself
	mgmtclient.Message
}

// key names a letter for as long as it lives.
type key struct {
	origin
	id mgmtclient.LookupID
}

func (l *letter) key() key { return key{l.origin, l.LookupID} }

// held is what is known of one queue of dead letters.
type held struct {
	origin
	kind    string // "dead-letter", "transactional dead-letter", "application"
	total   int64  // by the queue's counter
	letters []letter
	err     error

	counted counters // when it was read
	reach   int      // how many were to be read
}

// counters tell, without reading it, whether a queue has changed.
type counters struct{ messages, bytes int64 }

func countersOf(q *mgmtclient.Queue) counters { return counters{q.Messages, q.Bytes} }

// computer is a node as a reading sees it.
type computer struct {
	screen.Node
	machine string
}

// reading is what was read of a computer, and what spares the next reading work.
type reading struct {
	queues   []held
	verdicts map[string]verdict // by path name
}

// verdict is whether a queue with such counters holds dead letters.
type verdict struct {
	counters
	collects bool
}

// readWithin is how long a computer may take to hand out its dead letters.
const readWithin = 2 * time.Minute

// read reads every queue of dead letters of a computer as far as reach says. What
// did not change since the last reading is taken from there.
func read(ctx context.Context, n computer, last reading, reach map[origin]int, page int) (reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	found := reading{verdicts: map[string]verdict{}}
	add := func(q *mgmtclient.Queue, kind string) {
		o := origin{n.ID, q.PathName}
		found.queues = append(found.queues, held{origin: o, kind: kind, total: q.Messages, counted: countersOf(q), reach: max(firstReach, reach[o])})
	}
	list, err := n.Client.Queues(ctx, mgmtclient.QueueFilter{System: true})
	if err != nil {
		return found, err
	}
	for i := range list {
		p, err := mq.ParsePathName(list[i].PathName)
		if err != nil || !p.System {
			continue
		}
		switch p.Suffix {
		case mq.SuffixDeadLetter:
			add(&list[i], "dead-letter")
		case mq.SuffixDeadXact:
			add(&list[i], "transactional dead-letter")
		}
	}
	if list, err = n.Client.Queues(ctx, mgmtclient.QueueFilter{Private: true, WithMessages: true}); err != nil {
		return found, err
	}
	for i := range list {
		q := &list[i]
		if err := ctx.Err(); err != nil {
			return found, mgmtclient.Interrupted(ctx, "read the dead letters of "+n.Name)
		}
		if q.Messages == 0 || q.Hidden {
			continue
		}
		v := last.verdicts[q.PathName]
		if v.counters != countersOf(q) {
			v = verdict{countersOf(q), collects(ctx, n.Client, *q)}
		}
		found.verdicts[q.PathName] = v
		if v.collects {
			add(q, "application")
		}
	}
	for i := range found.queues {
		h := &found.queues[i]
		if h.total == 0 {
			continue
		}
		if k := slices.IndexFunc(last.queues, h.same); k >= 0 {
			*h = last.queues[k]
			continue
		}
		var whole bool
		h.letters, whole, h.err = readQueue(ctx, n, h.origin, h.reach, page)
		if whole && h.err == nil {
			h.total = int64(len(h.letters))
		}
	}
	return found, nil
}

// same reports whether a queue is as it was when it was read.
func (h *held) same(was held) bool {
	return was.origin == h.origin && was.counted == h.counted && was.reach == h.reach && was.err == nil
}

// collects reports whether a queue is the dead-letter queue of an application:
// its newest message failed on its way to another queue. (What failed on its
// way here, or tells of a failure, is addressed to this queue.)
func collects(ctx context.Context, n mgmtclient.Node, q mgmtclient.Queue) bool {
	page, err := n.Messages(ctx, q.PathName, mgmtclient.Page{Limit: 1, Last: true})
	if err != nil || len(page.Messages) == 0 {
		return false
	}
	m := page.Messages[0]
	if !m.ClassCode.IsNack() || m.DestinationQueue == "" {
		return false
	}
	return !names(m.DestinationQueue, q)
}

// names reports whether a name is that of a queue.
func names(name string, q mgmtclient.Queue) bool {
	if f, err := mq.ParseFormatName(name); err == nil {
		if own, err := mq.ParseFormatName(q.FormatName); err == nil && own.Equal(f) {
			return true
		}
	}
	to, ok := pathOf(name)
	here, err := mq.ParsePathName(q.PathName)
	return ok && err == nil && (to.Equal(here) || to.Equal(here.On(".")))
}

// readQueue reads the newest letters, newest first, a page at a time; whole
// reports whether these are all.
func readQueue(ctx context.Context, n computer, o origin, reach, page int) (list []letter, whole bool, err error) {
	var before mgmtclient.LookupID
	for len(list) < reach {
		p, err := n.Client.Messages(ctx, o.queue, mgmtclient.Page{Last: true, Before: before, Limit: min(page, reach-len(list))})
		if err != nil {
			return list, false, err
		}
		for _, m := range slices.Backward(p.Messages) {
			list = append(list, letter{o, n.Name, n.machine, m})
		}
		if len(p.Messages) == 0 || !p.More {
			whole = true
			break
		}
		before = p.Messages[0].LookupID
	}
	// A queue of an application may hold other messages too.
	return slices.DeleteFunc(list, func(l letter) bool { return !l.ClassCode.IsNack() }), whole, nil
}
