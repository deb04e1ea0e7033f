package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// segmentSize is when a spill file is full and the next one begins.
const segmentSize = 64 << 20

// segment is a spill file of express packets. It is never synced, and deleted
// when no message is in it any more.
type segment struct {
	mu   sync.RWMutex // guards file against drop while it is read
	file *os.File     // nil: dropped
	end  int64
	live int // messages in it; the writer's, under express.mu
}

func (g *segment) read(p []byte, at int64) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.file == nil {
		return ErrGone // the message went while we came
	}
	if _, err := g.file.ReadAt(p, at); err != nil {
		return fmt.Errorf("%w: read express message from %s: %w", ErrDamaged, g.file.Name(), err)
	}
	return nil
}

func (g *segment) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file == nil {
		return
	}
	_ = g.file.Close() // nothing in it is needed
	_ = os.Remove(g.file.Name())
	g.file = nil
}

// spill writes express packets that memory has no room for. Only the writer
// uses it.
type spill struct {
	dir      string
	size     int64 // of a segment
	segments []*segment
}

// write appends a packet; the head is written before the body.
func (p *spill) write(r *Row) (*held, error) {
	n := len(p.segments)
	if n == 0 || p.segments[n-1].end >= p.size {
		f, err := os.CreateTemp(p.dir, spillPattern) // 0600
		if err != nil {
			return nil, spillError(err)
		}
		p.segments = append(p.segments, &segment{file: f})
		n++
	}
	g := p.segments[n-1]
	packet := append(append(make([]byte, 0, len(r.Head)+len(r.Body)), r.Head...), r.Body...)
	if _, err := g.file.WriteAt(packet, g.end); err != nil {
		return nil, spillError(err)
	}
	h := &held{seg: g, at: g.end, head: len(r.Head)}
	g.end += int64(len(packet))
	stub := *r
	stub.Head, stub.Body = nil, nil
	h.row = &stub
	return h, nil
}

func spillError(err error) error {
	if noSpace(err) {
		return errors.Join(ErrFull, err)
	}
	return fmt.Errorf("spill express message: %w", err)
}

// sweep deletes the segments that hold nothing. The last one is kept, from its
// beginning, for what comes.
func (p *spill) sweep() {
	kept := p.segments[:0]
	for i, g := range p.segments {
		if g.live > 0 || i == len(p.segments)-1 {
			kept = append(kept, g)
		} else {
			g.drop()
		}
	}
	clear(p.segments[len(kept):])
	p.segments = kept
}

func (p *spill) close() {
	for _, g := range p.segments {
		g.drop()
	}
	p.segments = nil
}

// dropSpilled deletes what a run that was killed left behind.
func dropSpilled(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(spillPattern, e.Name()); ok {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
