package queues

import (
	"slices"
	"sort"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

const (
	// runLimit is how many rows are kept in memory.
	runLimit = 10_000
	// runTrim is how many are let go at once beyond that, at the far end.
	runTrim = 2_000
	// runReach is how far outside the rows in memory a place may be and still
	// be reached by reading on; farther ones are jumped to.
	runReach = 1_000
)

// run is the stretch of a queue that is in memory: rows without a gap, read by
// key. A queue manager finds a message by its key but not by its number, so the
// index of the first row is known only once the run reaches the front or the
// back of the queue; before, it is an estimate that is put right then. Whoever
// shows the rows scrolls by what add and the like return, and sees nothing of
// it.
type run struct {
	rows  []line
	start int  // index of rows[0]
	exact bool // start was counted from an end of the queue, not guessed
	head  bool // rows begin at the front of the queue
	tail  bool // rows end at its back
	total int  // how many messages the queue holds, as last heard
}

// line is a message and, once it was shown, its row.
type line struct {
	m    mgmtclient.Message
	data *kit.RowData
}

func lines(list []mgmtclient.Message) []line {
	out := make([]line, len(list))
	for i := range list {
		out[i].m = list[i]
	}
	return out
}

// len is how many rows to show.
func (r *run) len() int {
	end := r.start + len(r.rows)
	if r.tail {
		return end
	}
	return max(r.total, end+1)
}

// end is the index behind the last row in memory.
func (r *run) end() int { return r.start + len(r.rows) }

// at is the row of an index, nil if it is not in memory.
func (r *run) at(i int) *line {
	if i < r.start || i >= r.end() {
		return nil
	}
	return &r.rows[i-r.start]
}

// index finds a row by its key: keys ascend in queue order.
func (r *run) index(id mgmtclient.LookupID) (int, bool) {
	k := sort.Search(len(r.rows), func(k int) bool { return r.rows[k].m.LookupID >= id })
	if k == len(r.rows) || r.rows[k].m.LookupID != id {
		return 0, false
	}
	return r.start + k, true
}

// first and last are the keys at the ends; only if there are rows.
func (r *run) first() mgmtclient.LookupID { return r.rows[0].m.LookupID }
func (r *run) last() mgmtclient.LookupID  { return r.rows[len(r.rows)-1].m.LookupID }

// set replaces everything by a page that begins at about index start.
func (r *run) set(page []mgmtclient.Message, start int, head, tail bool) {
	r.rows, r.start, r.head, r.tail, r.exact = lines(page), start, head, tail, false
	r.settle()
}

// add puts a page behind the rows and returns how far the old ones moved.
func (r *run) add(page []mgmtclient.Message, more bool) int {
	was := r.start
	r.rows = append(r.rows, lines(page)...)
	r.tail = !more
	r.settle()
	moved := r.start - was
	if len(r.rows) > runLimit+runTrim {
		gone := len(r.rows) - runLimit
		r.rows = slices.Clone(r.rows[gone:])
		r.start += gone
		r.head = false
	}
	return moved
}

// prepend puts a page before the rows and returns how far the old ones moved.
func (r *run) prepend(page []mgmtclient.Message, more bool) int {
	was := r.start
	r.rows = append(lines(page), r.rows...)
	r.start -= len(page)
	r.head = !more
	r.settle()
	moved := r.start + len(page) - was
	if len(r.rows) > runLimit+runTrim {
		r.rows = slices.Clone(r.rows[:runLimit])
		r.tail = false
	}
	return moved
}

// settle puts the estimate of start right as far as the ends allow.
func (r *run) settle() {
	r.exact = (r.exact || r.head || r.tail) && (r.start > 0 || r.head)
	switch {
	case r.head:
		r.start = 0
	case r.tail:
		r.start = max(1, r.total-len(r.rows))
	case r.exact:
	default:
		// Something is before and behind: leave room for a page of it.
		r.start = max(r.start, 1+min(runReach/2, max(0, r.total-len(r.rows)-1)))
		r.start = min(r.start, max(1, r.total-len(r.rows)-1))
	}
}

// remove takes rows out, after they were deleted.
func (r *run) remove(gone map[mgmtclient.LookupID]bool) {
	before := len(r.rows)
	r.rows = slices.DeleteFunc(r.rows, func(l line) bool { return gone[l.m.LookupID] })
	r.total = max(0, r.total-(before-len(r.rows)))
	r.settle()
}
