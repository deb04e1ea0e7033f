package queues

import (
	"context"

	"posthouse/mgmtclient"
)

// Lookup ids are (7 - priority) << 56 | sequence, ascending in queue order.
const (
	sequenceBits = 56
	priorities   = 8
)

// rung is the range of keys that the messages of one priority take.
type rung struct{ first, last mgmtclient.LookupID }

func (r rung) span() float64 { return float64(r.last-r.first) + 1 }

// pager is the part of a node that jump needs.
type pager interface {
	Messages(ctx context.Context, queue string, p mgmtclient.Page) (mgmtclient.MessagePage, error)
}

// ladder asks which keys a queue has: one rung for each priority in use.
func ladder(ctx context.Context, node pager, queue string) ([]rung, error) {
	whole, ok, err := ends(ctx, node, queue, 0, 0)
	if err != nil || !ok {
		return nil, err
	}
	if whole.first>>sequenceBits == whole.last>>sequenceBits {
		return []rung{whole}, nil
	}
	var rungs []rung
	for p := range mgmtclient.LookupID(priorities) {
		// After is exclusive; the front of priority 7 has no key before it.
		after, before := p<<sequenceBits, (p+1)<<sequenceBits
		if after > 0 {
			after--
		}
		r, ok, err := ends(ctx, node, queue, after, before)
		if err != nil {
			return nil, err
		}
		if ok {
			rungs = append(rungs, r)
		}
	}
	return rungs, nil
}

// ends asks for the first and last key of a range; false: it is empty.
func ends(ctx context.Context, node pager, queue string, after, before mgmtclient.LookupID) (rung, bool, error) {
	page := mgmtclient.Page{After: after, Before: before, Limit: 1}
	first, err := node.Messages(ctx, queue, page)
	if err != nil || len(first.Messages) == 0 {
		return rung{}, false, err
	}
	page.Last = true
	last, err := node.Messages(ctx, queue, page)
	if err != nil || len(last.Messages) == 0 {
		return rung{}, false, err
	}
	return rung{first.Messages[0].LookupID, last.Messages[0].LookupID}, true, nil
}

// guess is the key at about a part (0 to 1) of the queue: keys of one priority
// are taken to lie evenly.
func guess(rungs []rung, part float64) mgmtclient.LookupID {
	var whole float64
	for _, r := range rungs {
		whole += r.span()
	}
	at := min(max(part, 0), 1) * whole
	for _, r := range rungs {
		if at < r.span() {
			return r.first + mgmtclient.LookupID(at)
		}
		at -= r.span()
	}
	if len(rungs) == 0 {
		return 0
	}
	return rungs[len(rungs)-1].last
}

// jump reads a page at about index of a queue of total messages: half of it
// before that place.
func jump(ctx context.Context, node pager, queue string, index, total, limit int) (page mgmtclient.MessagePage, start int, head bool, err error) {
	rungs, err := ladder(ctx, node, queue)
	if err != nil || len(rungs) == 0 {
		return page, 0, true, err
	}
	key := guess(rungs, float64(max(0, index-limit/2))/float64(max(1, total)))
	page, err = node.Messages(ctx, queue, mgmtclient.Page{After: key - 1, Limit: limit})
	if err != nil {
		return page, 0, false, err
	}
	head = len(page.Messages) > 0 && page.Messages[0].LookupID == rungs[0].first
	return page, max(0, index-limit/2), head, nil
}
