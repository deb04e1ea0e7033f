package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// The parts of a lookup id: the top byte is the turned-round priority, the rest
// a number that grows with every message (MS-MQDMPR 3.1.7.1.9).
const (
	seqBits = 56
	seqMask = 1<<seqBits - 1
)

// pollTime is how often a followed queue is looked at without any signal:
// signals are hints and may be lost.
const pollTime = time.Second

// follow lists a page and then every message that comes, until ctx ends.
func (p *program) follow(ctx context.Context, n mgmtclient.Node, queue string, page mgmtclient.Page, limit int, r *rows[mgmtclient.Message]) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var signals <-chan mgmtclient.Signal
	if w, ok := mgmtclient.Can[mgmtclient.Watcher](n); ok {
		var err error
		if signals, err = w.Watch(watching); err != nil { // before the first page, so that nothing falls between
			return err
		}
	}
	t := tail{node: n, queue: queue, bodies: page.BodyLimit}
	if err := t.start(ctx); err != nil {
		return err
	}
	page.Last = page.Last || page.After == 0
	err := pages(ctx, n, queue, page, limit, func(list []mgmtclient.Message) error {
		list = slices.DeleteFunc(list, t.isNew)
		return addAll(r, list)
	})
	tick := time.NewTicker(pollTime)
	defer tick.Stop()
	for err == nil {
		var list []mgmtclient.Message
		if list, err = t.next(ctx); err == nil {
			err = addAll(r, list)
		}
		if err != nil {
			break
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-tick.C:
		case _, open := <-signals:
			if !open {
				signals = nil // the ticker goes on
			}
		}
	}
	if ctx.Err() != nil {
		return nil // Ctrl+C or --timeout is how it ends
	}
	return err
}

// tail finds what came into a queue, wherever its priority put it.
type tail struct {
	node   mgmtclient.Node
	queue  string
	bodies int
	seen   [mq.MaxPriority + 1]uint64 // by turned-round priority: up to which number all was shown
}

// start takes what is in the queue now as seen.
func (t *tail) start(ctx context.Context) error {
	for turned := range t.seen {
		from, to := band(turned)
		page, err := t.node.Messages(ctx, t.queue, mgmtclient.Page{After: from, Before: to, Last: true, Limit: 1})
		if err != nil {
			return err
		}
		for _, m := range page.Messages {
			t.seen[turned] = seq(m)
		}
	}
	return nil
}

// band is the range of lookup ids that a turned-round priority has.
func band(turned int) (after, before mgmtclient.LookupID) {
	return mgmtclient.LookupID(turned) << seqBits, mgmtclient.LookupID(turned+1) << seqBits
}

func seq(m mgmtclient.Message) uint64 { return uint64(m.LookupID) & seqMask }

func (t *tail) isNew(m mgmtclient.Message) bool {
	turned := m.LookupID >> seqBits
	return int(turned) < len(t.seen) && seq(m) > t.seen[turned]
}

// next gives what came since the last call, in the order of its coming.
func (t *tail) next(ctx context.Context) ([]mgmtclient.Message, error) {
	var list []mgmtclient.Message
	for turned := range t.seen {
		from, to := band(turned)
		page := mgmtclient.Page{After: from + mgmtclient.LookupID(t.seen[turned]), Before: to, BodyLimit: t.bodies}
		err := pages(ctx, t.node, t.queue, page, 0, func(more []mgmtclient.Message) error {
			list = append(list, more...)
			t.seen[turned] = seq(more[len(more)-1])
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b mgmtclient.Message) int {
		return cmp.Compare(seq(a), seq(b))
	})
	return list, nil
}
