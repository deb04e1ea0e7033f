package conn

import (
	"context"
	"sync"
)

// A directory keeps what is left of ten searches for a connection, and drops the one
// that was not asked for the longest when another comes (MaxResultSetsPerConn, MS-ADTS
// 3.1.1.3.4.6). Some count searches that have ended, too. So at most maxOpen go page by
// page at once, and while one waits for a page, at most maxNewer begin.
const (
	maxOpen  = 4
	maxNewer = 5
)

// resultSets says when a search may begin.
type resultSets struct {
	mu      sync.Mutex
	made    int
	open    map[*paging]int // made when the last answered request was sent
	changed chan struct{}   // closed at every change
}

// begin waits until a search may begin, or ends with ctx or the session.
func (r *resultSets) begin(ctx context.Context, gone <-chan struct{}, p *paging) bool {
	for {
		r.mu.Lock()
		if r.room() {
			r.made++
			r.open[p] = r.made
			r.mu.Unlock()
			return true
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-gone:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

func (r *resultSets) room() bool {
	if len(r.open) >= maxOpen {
		return false
	}
	for _, asked := range r.open {
		if r.made-asked >= maxNewer {
			return false
		}
	}
	return true
}

// now is when a request is sent; asked is told that once it has been answered.
func (r *resultSets) now() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made
}

func (r *resultSets) asked(p *paging, at int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[p] = at
	r.broadcast()
}

func (r *resultSets) end(p *paging) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, p)
	r.broadcast()
}

func (r *resultSets) broadcast() {
	close(r.changed)
	r.changed = make(chan struct{})
}
