package conn

import (
	"context"
	"testing"
	"testing/synctest"
)

// A directory that drops the search that was not asked for the longest, of ten, never
// drops one that goes on.
func TestNoSearchIsDroppedForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := resultSets{open: map[*paging]int{}, changed: make(chan struct{})}
		slow, gone := &paging{}, make(chan struct{})
		if !r.begin(t.Context(), gone, slow) {
			t.Fatal("the first may not begin")
		}
		at := r.now() // and now it waits for a page
		begun := 0
		go func() { // others come and go
			for {
				p := &paging{}
				if !r.begin(t.Context(), gone, p) {
					return
				}
				begun++
				r.end(p)
			}
		}()
		synctest.Wait()
		if begun != maxNewer || begun+maxOpen >= 10 {
			t.Errorf("%d have begun meanwhile", begun)
		}
		r.asked(slow, at+3) // as if three of them had begun before it asked
		synctest.Wait()
		if begun != maxNewer+3 {
			t.Errorf("%d have begun after the page", begun)
		}
		close(gone)
	})
}

func TestOnlySoManySearchesGoOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := resultSets{open: map[*paging]int{}, changed: make(chan struct{})}
		var all []*paging
		for range maxOpen {
			p := &paging{}
			if !r.begin(t.Context(), nil, p) {
				t.Fatal("it may not begin")
			}
			all = append(all, p)
		}
		ctx, stop := context.WithCancel(t.Context())
		began := make(chan bool, 1)
		go func() { began <- r.begin(ctx, nil, &paging{}) }()
		synctest.Wait()
		select {
		case <-began:
			t.Error("one too many")
		default:
		}
		stop()
		if <-began {
			t.Error("it began though nobody waits for it")
		}
		go func() { began <- r.begin(t.Context(), nil, &paging{}) }()
		r.end(all[0])
		if !<-began {
			t.Error("it does not begin when another has ended")
		}
	})
}
