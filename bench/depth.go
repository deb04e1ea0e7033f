package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

const (
	pageSize   = 100
	smallDepth = 1000
)

// fill makes a folder with a queue of n messages and returns the bytes of their
// packets.
func (r *run) fill(ctx context.Context, folder string, n int) (int64, error) {
	m, err := r.start(ctx, folder)
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }() // what it measured was answered
	if err := r.create(ctx, m); err != nil {
		return 0, err
	}
	h, err := r.handle(ctx, m, localqm.SendAccess)
	if err != nil {
		return 0, err
	}
	r.Progress(fmt.Sprintf("filling a queue with %d messages of %d bytes", n, r.Size))
	body := make([]byte, r.Size)
	for sent := 0; sent < n; {
		batch := min(500, n-sent)
		msgs := make([]*mq.Message, batch)
		for i := range msgs {
			msgs[i] = &mq.Message{Label: fmt.Sprintf("Order %d", sent+i), Body: body, Delivery: mq.Recoverable}
			msgs[i].Defaults()
		}
		var err error
		if r.Delivery == "transactional" {
			var tx *localqm.Transaction
			if tx, err = m.Begin(); err == nil {
				if _, err = h.Send(ctx, tx, msgs...); err == nil {
					err = tx.Commit(ctx)
				}
			}
		} else {
			_, err = h.Send(ctx, nil, msgs...)
		}
		if err != nil {
			return 0, err
		}
		sent += batch
	}
	info, err := m.Queue(ctx, owner, name())
	return info.Count.Bytes, err
}

// large makes the large queue once for all measurements that need it.
func (r *run) large(ctx context.Context) error {
	if r.deep != "" {
		return nil
	}
	n, err := r.fill(ctx, "large", r.Depth)
	r.deep, r.packets = "large", n
	return err
}

// browse measures a page of headers deep in the queue against one at its front.
func (r *run) browse(ctx context.Context) error {
	if err := r.large(ctx); err != nil {
		return err
	}
	m, err := r.start(ctx, r.deep)
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // what it measured was answered
	at := func(depth int) (uint64, error) { return place(ctx, m, depth) }
	shallow, err := at(10)
	if err != nil {
		return err
	}
	deep, err := at(r.Depth * 9 / 10)
	if err != nil {
		return err
	}
	page := func(after uint64) (float64, error) {
		begin := time.Now()
		const times = 50
		for range times {
			rows, err := m.Browse(ctx, owner, name(), store.Range{After: after, Limit: pageSize})
			if err != nil {
				return 0, err
			}
			if len(rows) != pageSize {
				return 0, fmt.Errorf("a page has %d rows", len(rows))
			}
		}
		return float64(time.Since(begin).Microseconds()) / times, nil
	}
	var front, back []float64
	for range max(r.Rounds, 5) {
		f, err := page(shallow)
		if err != nil {
			return err
		}
		b, err := page(deep)
		if err != nil {
			return err
		}
		front, back = append(front, f), append(back, b)
	}
	r.add("browse", fmt.Sprintf("page of %d at %d of %d", pageSize, r.Depth*9/10, r.Depth),
		median(back), "us", "page at 10", median(front), 1.5, false)
	return nil
}

// place is the lookup id at a depth, found by walking.
func place(ctx context.Context, m *localqm.QueueManager, depth int) (uint64, error) {
	var after uint64
	for depth > 0 {
		rows, err := m.Browse(ctx, owner, name(), store.Range{After: after, Limit: min(depth, 1000)})
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 {
			return 0, fmt.Errorf("the queue ends early")
		}
		after = rows[len(rows)-1].Lookup
		depth -= len(rows)
	}
	return after, nil
}

// open measures opening the large data folder and its first page against a
// small one.
func (r *run) open(ctx context.Context) error {
	if err := r.large(ctx); err != nil {
		return err
	}
	if _, err := r.fill(ctx, "small", smallDepth); err != nil {
		return err
	}
	once := func(folder string) (float64, error) {
		begin := time.Now()
		m, err := r.start(ctx, folder)
		if err != nil {
			return 0, err
		}
		defer func() { _ = m.Close() }() // what it measured was answered
		if _, err := m.Browse(ctx, owner, name(), store.Range{Limit: pageSize}); err != nil {
			return 0, err
		}
		return float64(time.Since(begin).Microseconds()), nil
	}
	var large, small []float64
	for range max(r.Rounds, 7) {
		s, err := once("small")
		if err != nil {
			return err
		}
		l, err := once(r.deep)
		if err != nil {
			return err
		}
		large, small = append(large, l), append(small, s)
	}
	r.add("open", fmt.Sprintf("folder of %d messages, first page", r.Depth),
		median(large), "us", fmt.Sprintf("folder of %d", smallDepth), median(small), 2, false)
	return nil
}

// disk measures the bytes on disk after a clean stop, when everything is in the
// database, against those of the packets.
func (r *run) disk(ctx context.Context) error {
	if err := r.large(ctx); err != nil {
		return err
	}
	var used int64
	files, err := os.ReadDir(filepath.Join(r.dir, r.deep))
	if err != nil {
		return err
	}
	for _, f := range files {
		if i, err := f.Info(); err == nil {
			used += i.Size()
		}
	}
	r.add("disk", fmt.Sprintf("%d messages of %d B", r.Depth, r.Size), float64(used), "bytes", "encoded packets", float64(r.packets), 1.2, false)
	return nil
}
