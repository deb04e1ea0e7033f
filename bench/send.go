package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// sendTargets are what durable sends of 1 KB must reach of the file's rate.
var sendTargets = map[int]float64{1: 0.8, 8: 0.7, 64: 0.4}

// send measures sends in process against a group commit to a plain file.
func (r *run) send(ctx context.Context) error {
	m, err := r.start(ctx, "send")
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // what it measured was answered
	if err := r.create(ctx, m); err != nil {
		return err
	}
	for _, senders := range r.Senders {
		var ours, file []float64
		for range r.Rounds {
			f, err := r.fileRate(ctx, senders)
			if err != nil {
				return err
			}
			o, err := r.sendRate(ctx, m, senders)
			if err != nil {
				return err
			}
			ours, file = append(ours, o), append(file, f)
		}
		target := 0.0
		if r.Delivery == "recoverable" && r.Size == 1024 && r.Window == 1 {
			target = sendTargets[senders]
		}
		r.add("send", fmt.Sprintf("%s %d B, %d senders, window %d", r.Delivery, r.Size, senders, r.Window),
			median(ours), "msg/s", "group commit to a plain file", median(file), target, true)
	}
	return nil
}

// sendRate is messages a second of some senders, each waiting for its answer.
func (r *run) sendRate(ctx context.Context, m *localqm.QueueManager, senders int) (float64, error) {
	body := make([]byte, r.Size)
	return r.rate(ctx, senders, func(ctx context.Context) (func() (int, error), error) {
		h, err := r.handle(ctx, m, localqm.SendAccess)
		if err != nil {
			return nil, err
		}
		return func() (int, error) { return r.Window, r.sendOnce(ctx, m, h, body) }, nil
	})
}

// rate runs workers for Length and returns what they did a second.
func (r *run) rate(ctx context.Context, workers int, prepare func(context.Context) (func() (int, error), error)) (float64, error) {
	var done atomic.Int64
	var failed atomic.Value
	var wg sync.WaitGroup
	begin := time.Now()
	for range workers {
		work, err := prepare(ctx)
		if err != nil {
			return 0, err
		}
		wg.Go(func() {
			for time.Since(begin) < r.Length && ctx.Err() == nil && failed.Load() == nil {
				n, err := work()
				if err != nil {
					failed.Store(err)
					return
				}
				done.Add(int64(n))
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return float64(done.Load()) / time.Since(begin).Seconds(), ctx.Err()
}

// fileRate is the same work on a plain file: whatever waits is appended and
// synced at once. Nothing durable on one disk is faster.
func (r *run) fileRate(ctx context.Context, senders int) (float64, error) {
	f, err := os.OpenFile(filepath.Join(r.dir, "append"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	g := &groupFile{f: f, work: make(chan fileWrite, 4096)}
	var writer sync.WaitGroup
	writer.Go(g.run)
	body := make([]byte, r.Size*r.Window)
	rate, err := r.rate(ctx, senders, func(context.Context) (func() (int, error), error) {
		answer := make(chan error, 1)
		return func() (int, error) {
			g.work <- fileWrite{body, answer}
			return r.Window, <-answer
		}, nil
	})
	close(g.work)
	writer.Wait()
	return rate, err
}

type fileWrite struct {
	data   []byte
	answer chan error
}

type groupFile struct {
	f    *os.File
	work chan fileWrite
}

func (g *groupFile) run() {
	var group []fileWrite
	var buf []byte
	for first := range g.work {
		group, buf = append(group[:0], first), append(buf[:0], first.data...)
	more:
		for {
			select {
			case w, ok := <-g.work:
				if !ok {
					break more
				}
				group, buf = append(group, w), append(buf, w.data...)
			default:
				break more
			}
		}
		_, err := g.f.Write(buf)
		err = errors.Join(err, datasync(g.f))
		for _, w := range group {
			w.answer <- err
		}
	}
}

// receive measures durable receives against the sends of the same queue.
func (r *run) receive(ctx context.Context) error {
	m, err := r.start(ctx, "receive")
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }() // what it measured was answered
	if err := r.create(ctx, m); err != nil {
		return err
	}
	for _, readers := range r.Senders {
		var taken, sent []float64
		for range r.Rounds {
			s, err := r.sendRate(ctx, m, readers)
			if err != nil {
				return err
			}
			t, err := r.takeRate(ctx, m, readers)
			if err != nil {
				return err
			}
			sent, taken = append(sent, s), append(taken, t)
		}
		r.add("receive", fmt.Sprintf("%s %d B, %d receivers", r.Delivery, r.Size, readers),
			median(taken), "msg/s", "sends of the same run", median(sent), 0, true)
	}
	return nil
}

func (r *run) takeRate(ctx context.Context, m *localqm.QueueManager, readers int) (float64, error) {
	refill := make([]byte, r.Size)
	return r.rate(ctx, readers, func(ctx context.Context) (func() (int, error), error) {
		h, err := r.handle(ctx, m, localqm.ReceiveAccess)
		if err != nil {
			return nil, err
		}
		out, err := r.handle(ctx, m, localqm.SendAccess)
		if err != nil {
			return nil, err
		}
		return func() (int, error) {
			_, err := h.Read(ctx, localqm.ReadOptions{})
			if mq.CodeOf(err) == mq.ErrIOTimeout { // ran dry: the time is not counted against it
				return 0, r.sendOnce(ctx, m, out, refill)
			}
			return 1, err
		}, nil
	})
}
