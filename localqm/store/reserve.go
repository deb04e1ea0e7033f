package store

import (
	"errors"
	"math/rand/v2"
	"os"
)

// reserve is a file that is given up when the disk is full, so that messages
// can still be received and deleted: that needs room in the WAL first.
type reserve struct {
	name  string
	size  int64
	spent bool
}

const (
	leastReserve = 256 << 10
	mostReserve  = 16 << 20
)

func newReserve(name string, database int64) reserve {
	return reserve{name: name, size: min(max(database/16, leastReserve), mostReserve)}
}

// fill takes the room; false if there is none.
func (r *reserve) fill() bool {
	r.spent = r.write() != nil
	if r.spent {
		_ = os.Remove(r.name) // do not hold what is not enough
	}
	return !r.spent
}

func (r *reserve) write() error {
	f, err := openOwn(r.name)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < r.size {
		block := make([]byte, 64<<10)
		g := rand.NewChaCha8([32]byte{}) // nothing that a file system could compress
		for at := info.Size(); at < r.size && err == nil; at += int64(len(block)) {
			_, _ = g.Read(block) // never fails
			_, err = f.WriteAt(block, at)
		}
	}
	return errors.Join(err, f.Close())
}

// spend gives the room up.
func (r *reserve) spend() {
	_ = os.Remove(r.name) // if it cannot go, the retry fails as before
	r.spent = true
}

// grows reports whether a step needs more room than it frees.
func grows(st *Step) bool {
	for _, op := range st.Ops {
		switch o := op.(type) {
		case *Put:
			if !o.Row.Express {
				return true
			}
		case *Prepare, *CreateQueue, *PutState:
			return true
		}
	}
	return false
}
