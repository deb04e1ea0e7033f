package queues

import (
	"context"

	"posthouse/mgmtclient"
)

// span is a range of indexes, from..to-1.
type span struct{ from, to int }

// answer is what a plan read, and how it goes into the run.
type answer struct {
	page  mgmtclient.MessagePage
	apply func(r *run) (moved int)
}

// plan reads what the run lacks.
type plan func(ctx context.Context) (answer, error)

// plan says how to come by the rows of w with one question; nil: they are all
// there.
func (r *run) plan(node pager, queue string, w span, size int) plan {
	w.from, w.to = max(0, w.from), min(w.to, r.len())
	if len(r.rows) == 0 {
		if r.head && r.tail {
			return nil
		}
		return front(node, queue, size)
	}
	above, below := r.start-w.from, w.to-r.end()
	switch {
	case above > 0 && !r.head && w.to < r.start-runReach, below > 0 && !r.tail && w.from > r.end()+runReach:
		return r.leap(node, queue, w, size)
	case above > 0 && !r.head:
		return before(node, queue, r.first(), fit(above, size))
	case below > 0 && !r.tail:
		return behind(node, queue, r.last(), fit(below, size))
	}
	return nil
}

// fit is a page that holds n more rows.
func fit(n, size int) int { return min(max(n, size), mgmtclient.MaxPage) }

// leap goes to a place far from what is in memory.
func (r *run) leap(node pager, queue string, w span, size int) plan {
	switch {
	case w.from == 0:
		return front(node, queue, fit(w.to, size))
	case w.to >= r.len():
		return back(node, queue, fit(w.to-w.from, size))
	}
	total := r.len()
	return func(ctx context.Context) (answer, error) {
		page, start, head, err := jump(ctx, node, queue, w.from, total, fit(2*(w.to-w.from), size))
		return answer{page, func(r *run) int {
			r.set(page.Messages, start, head, !page.More)
			return 0
		}}, err
	}
}

func front(node pager, queue string, size int) plan {
	return func(ctx context.Context) (answer, error) {
		page, err := node.Messages(ctx, queue, mgmtclient.Page{Limit: size})
		return answer{page, func(r *run) int {
			r.set(page.Messages, 0, true, !page.More)
			return 0
		}}, err
	}
}

func back(node pager, queue string, size int) plan {
	return func(ctx context.Context) (answer, error) {
		page, err := node.Messages(ctx, queue, mgmtclient.Page{Last: true, Limit: size})
		return answer{page, func(r *run) int {
			r.set(page.Messages, r.total-len(page.Messages), !page.More, true)
			return 0
		}}, err
	}
}

func before(node pager, queue string, id mgmtclient.LookupID, size int) plan {
	return func(ctx context.Context) (answer, error) {
		page, err := node.Messages(ctx, queue, mgmtclient.Page{Before: id, Last: true, Limit: size})
		return answer{page, func(r *run) int { return r.prepend(page.Messages, page.More) }}, err
	}
}

func behind(node pager, queue string, id mgmtclient.LookupID, size int) plan {
	return func(ctx context.Context) (answer, error) {
		page, err := node.Messages(ctx, queue, mgmtclient.Page{After: id, Limit: size})
		return answer{page, func(r *run) int { return r.add(page.Messages, page.More) }}, err
	}
}

// margin is how many rows beside those in sight are read anew with them.
const margin = 100

// again reads the rows in sight anew: the queue has changed. What is shown
// stays in its place, by key, as far as it is still there; at the front, the
// front is shown.
func (r *run) again(node pager, queue string, seen span, size int) plan {
	top := max(seen.from-margin, r.start)
	if len(r.rows) == 0 || r.head && top <= 0 {
		return front(node, queue, fit(seen.to+margin, size))
	}
	anchor := r.at(min(top, r.end()-1)).m.LookupID
	var mark mgmtclient.LookupID
	if l := r.at(seen.from); l != nil && seen.from > 0 {
		mark = l.m.LookupID
	}
	limit := fit(seen.to-top+margin, size)
	return func(ctx context.Context) (answer, error) {
		page, err := node.Messages(ctx, queue, mgmtclient.Page{After: anchor - 1, Limit: limit})
		if err == nil && len(page.Messages) == 0 {
			return back(node, queue, size)(ctx)
		}
		return answer{page, func(r *run) int {
			exact := r.exact
			r.set(page.Messages, top, false, !page.More)
			r.exact = r.exact || exact
			if i, ok := r.index(mark); ok && mark != 0 {
				return i - seen.from
			}
			return 0
		}}, err
	}
}
