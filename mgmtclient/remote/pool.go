package remote

import (
	"context"
	"errors"
	"sync"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/wire"
)

// access is what a queue is opened for (MS-MQRR 3.1.4.2, 3.1.4.11).
type access uint32

const (
	receiveAccess access = 0x01
	moveAccess    access = 0x04
	peekAccess    access = 0x20
)

// What R_OpenQueue is told of us. It asks for a version of MSMQ; this is Windows
// 10's (MS-MQRR <16>, <17>).
const (
	clientMajor = 6
	clientMinor = 1
)

// opened is a queue that is open there.
type opened struct {
	context *remoteread.QueueNoSerialize
	target  uint64 // of moveAccess: what R_MoveMessage names it by
}

// pool keeps queues open that were read a moment ago: browsing asks again and again.
// Lock order: none of its methods holds mu while it calls.
type pool struct {
	s      *session
	client mq.GUID
	mu     sync.Mutex
	kept   map[poolKey]*entry
}

type poolKey struct {
	name   string
	access access
}

// entry is a place in the pool; ready is closed once it is opened or has failed.
type entry struct {
	ready chan struct{}
	queue opened
	err   error
	users int
	idle  time.Time // since then nobody uses it
}

const (
	idleTime  = 30 * time.Second
	idleQueue = 256 // that are kept
)

func (p *pool) init(s *session) {
	p.s, p.client, p.kept = s, mq.NewGUID(), map[poolKey]*entry{}
	s.work.Go(p.tend)
}

// tend closes what nobody uses, until the session ends.
func (p *pool) tend() {
	tick := time.NewTicker(idleTime / 2)
	defer tick.Stop()
	for {
		select {
		case <-p.s.life.Done():
			return
		case <-tick.C:
			for _, q := range p.stale(time.Now().Add(-idleTime)) {
				p.close(q)
			}
		}
	}
}

// stale takes out what has been idle since then, and what is too much.
func (p *pool) stale(since time.Time) (list []opened) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, e := range p.kept {
		if e.users == 0 && (e.idle.Before(since) || len(p.kept) > idleQueue) {
			delete(p.kept, key)
			list = append(list, e.queue)
		}
	}
	return list
}

func (p *pool) close(q opened) {
	ctx, stop := context.WithTimeout(p.s.life, 10*time.Second)
	defer stop()
	// If it fails, the end of the session closes it.
	_, _ = p.s.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: (*remoteread.QueueSerialize)(q.context)})
}

// with opens a queue, or takes one that is open, for as long as do runs. A handle that
// is no longer good, or whose queue answered nonsense, is not used again; do is told
// so once more with a new one if that is all that was wrong.
func (p *pool) with(ctx context.Context, f mq.FormatName, a access, do func(opened) error) error {
	for again := false; ; again = true {
		key := poolKey{f.Key(), a}
		e, fresh, err := p.take(ctx, key, f, a)
		if err != nil {
			return err
		}
		err = do(e.queue)
		bad := spoiled(err)
		p.put(key, e, bad)
		if !bad || fresh || again || !gone(err) {
			return err
		}
	}
}

// gone reports the answers that say nothing but that a handle is not good any more.
func gone(err error) bool {
	switch code(err) {
	case mq.ErrStaleHandle, mq.ErrInvalidHandle, mq.ErrQueueDeleted:
		return true
	}
	return false
}

// spoiled reports errors after which an open queue is not to be used again.
func spoiled(err error) bool {
	return gone(err) || errors.Is(err, wire.ErrMalformed)
}

func (p *pool) take(ctx context.Context, key poolKey, f mq.FormatName, a access) (e *entry, fresh bool, err error) {
	p.mu.Lock()
	e, ok := p.kept[key]
	if !ok {
		e = &entry{ready: make(chan struct{})}
		p.kept[key] = e
	}
	e.users++
	p.mu.Unlock()
	if !ok {
		e.queue, e.err = p.open(ctx, f, a)
		close(e.ready)
	} else {
		select {
		case <-e.ready:
		case <-ctx.Done():
			p.put(key, e, false)
			return nil, false, ctx.Err()
		}
	}
	if e.err != nil {
		p.put(key, e, true)
		// Another's patience, or rights that were given since, are not ours.
		if ok && !answered(e.err) && ctx.Err() == nil {
			return p.take(ctx, key, f, a)
		}
		return nil, false, e.err
	}
	return e, !ok, nil
}

// put gives it back; bad takes it out of the pool.
func (p *pool) put(key poolKey, e *entry, bad bool) {
	p.mu.Lock()
	e.users--
	e.idle = time.Now()
	kept := p.kept[key] == e
	if bad && kept {
		delete(p.kept, key)
		kept = false
	}
	last := e.users == 0 && !kept && e.err == nil
	p.mu.Unlock()
	if last {
		p.close(e.queue)
	}
}

func (p *pool) open(ctx context.Context, f mq.FormatName, a access) (opened, error) {
	q, err := queueformat.Make(f)
	if err != nil {
		return opened{}, err
	}
	client := queueformat.FromGUID(p.client)
	if a == moveAccess {
		r, err := p.s.reads.OpenQueueForMove(ctx, &remoteread.OpenQueueForMoveRequest{
			QueueFormat: q, Access: uint32(a), ClientID: client, NonRoutingServer: 1, Major: clientMajor, Minor: clientMinor, Workgroup: 1,
		})
		if err != nil {
			return opened{}, err
		}
		return opened{context: (*remoteread.QueueNoSerialize)(r.Context), target: r.MoveContext}, handed(r.Context)
	}
	r, err := p.s.reads.OpenQueue(ctx, &remoteread.OpenQueueRequest{
		QueueFormat: q, Access: uint32(a), ClientID: client, NonRoutingServer: 1, Major: clientMajor, Minor: clientMinor, Workgroup: 1,
	})
	if err != nil {
		return opened{}, err
	}
	return opened{context: (*remoteread.QueueNoSerialize)(r.Context)}, handed(r.Context)
}

// handed refuses no handle without an error.
func handed(h *remoteread.QueueSerialize) error {
	if h == nil || h.UUID == nil || queueformat.GUID(h.UUID).IsZero() {
		return malformed("it opened the queue and gave no handle")
	}
	return nil
}
