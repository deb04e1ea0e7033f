// Package failpoint gives names to moments of a queue manager's work at which
// tests end its process, to see what a power cut there would do.
package failpoint

import "sync/atomic"

// The moments, in the order in which a message meets them.
const (
	Arrived    = "arrived"    // a message came, and nothing is stored of it
	Commit     = "commit"     // a batch of the store is written, not committed
	Committed  = "committed"  // it is committed, and nobody was told
	Done       = "done"       // all were told
	Checkpoint = "checkpoint" // of the store's log
	Ordered    = "ordered"    // an order acknowledgement came; what it speaks of is still there
	Finished   = "finished"   // a final acknowledgement came; the message is still there
)

var hook atomic.Pointer[func(name string)]

// Set has fn called at every failpoint; nil ends that.
func Set(fn func(name string)) {
	if fn == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&fn)
}

// Here is the failpoint of a name. It does nothing outside tests.
func Here(name string) {
	if fn := hook.Load(); fn != nil {
		(*fn)(name)
	}
}
