package store

import (
	"runtime"
	"sync"
	"time"
)

// mostLinger is the number of senders from which waiting gains nothing: their
// commits are large anyway, and the spinning takes the time they need.
const mostLinger = 32

// linger lets a commit wait for senders that were active a moment ago: they
// come back while it syncs and would fill only every other commit.
type linger struct {
	most   time.Duration
	expect int // senders: those of the last batch and those who came meanwhile
	active int // the most of late
	skip   int // batches to go without, after waiting in vain
	vain   int
}

func (l *linger) saw(senders int) {
	l.expect = senders
	l.active = max(senders, l.active-max(l.active/8, 1))
}

// wait unlocks mu while it yields to the senders.
func (l *linger) wait(mu *sync.Mutex, waiting func() int) {
	if l.most <= 0 || l.expect < 2 || l.active > mostLinger || waiting() == 0 || waiting() >= l.expect {
		return
	}
	if l.skip > 0 {
		l.skip--
		return
	}
	for due := time.Now().Add(l.most); waiting() < l.expect; {
		if time.Now().After(due) {
			l.vain = min(l.vain+1, 6)
			l.skip = 1<<l.vain - 2
			return
		}
		mu.Unlock()
		runtime.Gosched() // a timer would oversleep 20 times
		mu.Lock()
	}
	l.vain = 0
}
