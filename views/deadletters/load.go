package deadletters

import (
	"context"
	"slices"

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
}

// inbox is one reading of all of them.
type inbox struct {
	queues  []held
	asked   int // computers that answered
	failed  []screen.Node
	failure error // the first
}

// computer is a node as a load sees it.
type computer struct {
	screen.Node
	client mgmtclient.Node
}

// read reads every queue of dead letters as far as reach says.
func read(ctx context.Context, nodes []computer, reach map[origin]int, page int) (inbox, error) {
	var all inbox
	for _, n := range nodes {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		list, err := readNode(ctx, n, reach, page)
		if err != nil {
			all.failed = append(all.failed, n.Node)
			if all.failure == nil {
				all.failure = err
			}
			continue
		}
		all.asked++
		all.queues = append(all.queues, list...)
	}
	return all, ctx.Err()
}

func readNode(ctx context.Context, n computer, reach map[origin]int, page int) ([]held, error) {
	list, err := n.client.Queues(ctx, mgmtclient.QueueFilter{System: true})
	if err != nil {
		return nil, err
	}
	var found []held
	for _, q := range list {
		p, err := mq.ParsePathName(q.PathName)
		if err != nil || !p.System {
			continue
		}
		switch p.Suffix {
		case mq.SuffixDeadLetter:
			found = append(found, held{origin: origin{n.ID, q.PathName}, kind: "dead-letter", total: q.Messages})
		case mq.SuffixDeadXact:
			found = append(found, held{origin: origin{n.ID, q.PathName}, kind: "transactional dead-letter", total: q.Messages})
		}
	}
	if list, err = n.client.Queues(ctx, mgmtclient.QueueFilter{Private: true, WithMessages: true}); err != nil {
		return nil, err
	}
	for _, q := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if q.Messages > 0 && !q.Hidden && collects(ctx, n.client, q) {
			found = append(found, held{origin: origin{n.ID, q.PathName}, kind: "application", total: q.Messages})
		}
	}
	for i := range found {
		h := &found[i]
		if h.total > 0 {
			var whole bool
			h.letters, whole, h.err = readQueue(ctx, n, h.origin, max(firstReach, reach[h.origin]), page)
			if whole && h.err == nil {
				h.total = int64(len(h.letters))
			}
		}
	}
	return found, nil
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
		p, err := n.client.Messages(ctx, o.queue, mgmtclient.Page{Last: true, Before: before, Limit: min(page, reach-len(list))})
		if err != nil {
			return list, false, err
		}
		for _, m := range slices.Backward(p.Messages) {
			list = append(list, letter{o, n.Name, m})
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
