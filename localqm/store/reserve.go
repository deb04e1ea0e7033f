package store

import (
	"errors"
	"fmt"
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
	leastReserve = 512 << 10
	mostReserve  = 16 << 20
	// littleSpace on a disk makes checkpoints so frequent that the reserve is
	// enough for what is in the WAL and not yet in the database.
	littleSpace = 64 << 20

	// slack is for the pages around those that a step adds.
	slack = 256 << 10

	unknownSpace = 1 << 62
	pageSize     = 4096
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

// pace sets how often to checkpoint.
func (w *writer) pace() {
	w.limit = checkpointPages
	if w.tight = freeSpace(w.s.dir) < littleSpace; w.tight {
		w.limit = min(w.limit, int(w.reserve.size/2/pageSize))
	}
}

// room reports whether what steps add fits. On a disk with little space it has
// to fit twice: into the WAL and then into the database, for only then can the
// WAL be used again and messages be removed without more space.
func (w *writer) room(steps ...*Step) bool {
	size := growth(steps)
	if size == 0 || !w.tight && !w.reserve.spent {
		return true
	}
	need := 2*size + slack
	fits := func() bool {
		return (!w.reserve.spent || w.reserve.fill()) && freeSpace(w.s.dir) >= need
	}
	if fits() {
		return true
	}
	w.giveBack(need + w.reserve.size)
	return w.s.failure.Load() == nil && fits()
}

// giveBack returns pages that messages have left to the file system.
func (w *writer) giveBack(bytes int64) {
	var free int64
	err := w.conn.QueryRowContext(w.ctx, "PRAGMA freelist_count").Scan(&free)
	if err == nil && free > 0 {
		_, err = w.conn.ExecContext(w.ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", min(free, bytes/pageSize+1)))
	}
	if k := kindOf(database(err)); k == damaged || k == broken {
		_ = w.s.fail(err)
	} else if free > 0 {
		w.checkpoint() // it cuts the file
	}
}

// growth is about how many bytes steps add to the database.
func growth(steps []*Step) (n int64) {
	for _, st := range steps {
		n += opsGrowth(st.Ops)
	}
	return n
}

func opsGrowth(ops []Op) (n int64) {
	for _, op := range ops {
		switch o := op.(type) {
		case *Put:
			if !o.Row.Express {
				n += 256 + int64(len(o.Row.Head)+len(o.Row.Body))*5/4
			}
		case *Prepare:
			n += pageSize + 2*opsGrowth(o.Ops)
		case *PutState:
			n += 256 + int64(len(o.Key)+len(o.Value))
		case *CreateQueue:
			n += pageSize + int64(len(o.Queue.Security))
		}
	}
	return n
}
