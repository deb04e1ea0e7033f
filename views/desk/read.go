package desk

import (
	"context"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// How many messages of a queue are read: of the journal, which grows for ever,
// only the newest at first; of the others more than a desk ever holds.
const (
	firstReach = 1000
	moreReach  = 5000
	mostReach  = 20_000
)

// reading is what the queues said at a moment.
type reading struct {
	entries []entry
	older   bool // the journal has more
	cut     bool // so has a queue that should have been read to its end
	free    int64
	machine mgmtclient.Machine
}

// origin is a queue to read.
type origin struct {
	queue string
	place place
	reach int
}

// read reads the entries of a queue manager; local are queues of its own that
// forms send to, free tells how many bytes its disk has left.
func read(ctx context.Context, n mgmtclient.Node, local []string, reach int, free func(string) (int64, error)) (reading, error) {
	var r reading
	var err error
	if r.machine, err = n.Machine(ctx); err != nil {
		return r, err
	}
	r.free = -1
	if free != nil && r.machine.DataFolder != "" {
		if b, err := free(r.machine.DataFolder); err == nil {
			r.free = b
		}
	}
	out, err := n.Queues(ctx, mgmtclient.QueueFilter{Outgoing: true})
	if err != nil && mq.CodeOf(err) != mq.ErrUnsupportedOperation {
		return r, err
	}
	// Outgoing queues are many and mostly empty; what leaves one of them while
	// this reads is found further on.
	var sources []origin
	for _, q := range out {
		if q.Messages > 0 {
			sources = append(sources, origin{q.PathName, inOutgoing, mostReach})
		}
	}
	for _, q := range out {
		if q.Outgoing != nil && q.Messages > 0 {
			sources = append(sources, origin{q.PathName + mgmtclient.AwaitingSuffix, inAwaiting, mostReach})
		}
	}
	for _, q := range local {
		sources = append(sources, origin{q, inLocal, mostReach})
	}
	sources = append(sources,
		origin{mgmtclient.MachineJournal, inJournal, reach},
		origin{mgmtclient.TransactionDeadLetter, inDead, mostReach}, origin{mgmtclient.DeadLetterQueue, inDead, mostReach})
	var list []entry
	for _, s := range sources {
		found, whole, err := readQueue(ctx, n, s)
		switch code := mq.CodeOf(err); {
		case err == nil:
		case (s.place == inLocal || s.place == inAwaiting || s.place == inOutgoing) &&
			(code == mq.ErrQueueNotFound || code == mq.ErrUnsupportedOperation || code == mq.ErrQueueDeleted):
			continue // it was empty, and is gone
		default:
			return r, err
		}
		list = append(list, found...)
		if s.place == inJournal {
			r.older = !whole
		} else {
			r.cut = r.cut || !whole
		}
	}
	r.entries = settle(list)
	return r, nil
}

// readQueue reads the newest messages of a queue and keeps the entries.
func readQueue(ctx context.Context, n mgmtclient.Node, s origin) (list []entry, whole bool, err error) {
	var before mgmtclient.LookupID
	for seen := 0; seen < s.reach; {
		p, err := n.Messages(ctx, s.queue, mgmtclient.Page{Last: true, Before: before, Limit: min(mgmtclient.MaxPage, s.reach-seen)})
		if err != nil {
			return list, false, err
		}
		for i := range slices.Backward(p.Messages) {
			if e, ok := entryOf(&p.Messages[i], s.queue, s.place); ok {
				list = append(list, e)
			}
		}
		if len(p.Messages) == 0 || !p.More {
			return list, true, nil
		}
		seen += len(p.Messages)
		before = p.Messages[0].LookupID
	}
	return list, false, nil
}

// here lists the queues of a computer that forms send to.
func (p *Presenter) here() []string {
	var list []string
	for _, f := range p.forms.Forms {
		q, err := mq.ParseQueue(f.To.Queue)
		if err != nil {
			continue
		}
		path, ok := q.PathName()
		if !ok || !path.Local() && !strings.EqualFold(path.Machine, p.node.Name) {
			continue
		}
		if name := path.String(); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
