package krb5

import (
	"crypto/sha256"
	"sync"
	"time"
)

// skew is how far the clocks of client and server may be apart.
const skew = 5 * time.Minute

// maxReplays bounds the memory of replays; who signs in that often has a key anyway.
const maxReplays = 1 << 18

// replays remembers authenticators for as long as their time is good (RFC 4120 3.2.3):
// two sets, of which the older one is dropped after that.
type replays struct {
	mu          sync.Mutex
	now, before map[[sha256.Size]byte]struct{}
	since       time.Time
}

// first reports whether an authenticator, as it was encrypted, has not been seen.
func (r *replays) first(authenticator []byte) bool {
	sum := sha256.Sum256(authenticator)
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := time.Now(); r.now == nil || at.Sub(r.since) > 2*skew || len(r.now) >= maxReplays {
		if at.Sub(r.since) > 4*skew {
			r.now = nil
		}
		r.before, r.now, r.since = r.now, map[[sha256.Size]byte]struct{}{}, at
	}
	_, recent := r.now[sum]
	_, older := r.before[sum]
	r.now[sum] = struct{}{}
	return !recent && !older
}
