package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// session is a connection at the server.
type session struct {
	server *Server
	conn   net.Conn
	out    sync.Mutex // one frame after the other

	mu    sync.Mutex
	calls map[uint32]*running
}

// running is a call that has not been answered.
type running struct {
	cancel context.CancelFunc
	credit chan struct{} // one for every item the client takes
}

// run answers calls until the connection ends, then cancels what runs and
// waits for it.
func (x *session) run(ctx context.Context, node mgmtclient.Node) error {
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	// The server's end sets a deadline of the past after it ended ctx; a later
	// one set here must not undo that.
	deadline := func(t time.Time) {
		x.conn.SetReadDeadline(t)
		if ctx.Err() != nil {
			x.conn.SetReadDeadline(time.Unix(1, 0))
		}
	}
	for {
		deadline(time.Time{})
		f, err := readFrame(x.conn, maxFrame, func() { deadline(time.Now().Add(x.server.limits.frame)) })
		if err != nil {
			return err
		}
		switch f.kind {
		case kindCall:
			if err := x.begin(ctx, &work, node, f); err != nil {
				return err
			}
		case kindCancel:
			if r := x.find(f.call); r != nil {
				r.cancel()
			}
		case kindCredit:
			if err := x.find(f.call).grant(f.body.Credit); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a frame of kind %d", f.kind)
		}
	}
}

func (x *session) find(id uint32) *running {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.calls[id]
}

// grant lets a stream go on; a call that has ended meanwhile takes nothing.
func (r *running) grant(n int) error {
	if n < 0 || n > window {
		return fmt.Errorf("credit for %d items", n)
	}
	for ; r != nil && n > 0; n-- {
		select {
		case r.credit <- struct{}{}:
		default:
			return errors.New("credit beyond the window")
		}
	}
	return nil
}

func (x *session) begin(ctx context.Context, work *sync.WaitGroup, node mgmtclient.Node, f frame) error {
	r := &running{credit: make(chan struct{}, window)}
	for range window {
		r.credit <- struct{}{}
	}
	if left := f.body.Left; left > 0 {
		ctx, r.cancel = context.WithTimeout(ctx, time.Duration(min(left, 1<<40))*time.Millisecond)
	} else {
		ctx, r.cancel = context.WithCancel(ctx)
	}
	x.mu.Lock()
	_, taken := x.calls[f.call]
	full := len(x.calls) >= maxCalls
	if !taken && !full {
		x.calls[f.call] = r
	}
	x.mu.Unlock()
	switch {
	case taken:
		r.cancel()
		return fmt.Errorf("call %d runs already", f.call)
	case full:
		r.cancel()
		return x.answer(f.call, result{}, mq.Errorf(mq.ErrInsufficientResources, f.body.Method, "%d calls of this program are running", maxCalls).
			WithFix("wait until some have ended"))
	}
	work.Go(func() {
		defer r.cancel()
		res, err := x.carryOut(ctx, node, f, r)
		x.mu.Lock()
		delete(x.calls, f.call)
		x.mu.Unlock()
		if err := x.answer(f.call, res, err); err != nil {
			x.conn.Close() // the reader sees it and ends the session
		}
	})
	return nil
}

// carryOut runs the method; a panic is an answer like any other.
func (x *session) carryOut(ctx context.Context, node mgmtclient.Node, f frame, r *running) (res result, err error) {
	defer func() {
		if p := recover(); p != nil {
			x.server.log.Error("a call failed badly", "method", f.body.Method, "panic", p, "stack", string(debug.Stack()))
			res, err = result{}, mq.Errorf(mq.ErrGeneric, f.body.Method, "the queue manager met an error of its own: %v", p).
				WithFix("look into its log and report it")
		}
	}()
	do := methods[f.body.Method]
	if do == nil {
		return result{}, mq.Errorf(mq.ErrUnsupportedOperation, f.body.Method, "the running queue manager does not know it")
	}
	c := &call{node: node, params: f.body.Params}
	if c.params == nil {
		c.params = new(params)
	}
	c.item = func(item result) bool {
		select {
		case <-r.credit:
		case <-ctx.Done():
			return false
		}
		return ctx.Err() == nil && x.write(frame{kind: kindItem, call: f.call, body: body{Result: &item}}) == nil
	}
	res, err = do(ctx, c)
	if x.server.ctx.Err() != nil && mq.CodeOf(err) == mq.ErrOperationCancelled {
		err = unavailable(f.body.Method, "the queue manager is stopping")
	}
	return res, err
}

func (x *session) answer(id uint32, res result, err error) error {
	b := body{Result: &res, Error: toWire(err)}
	werr := x.write(frame{kind: kindResult, call: id, body: b})
	if !errors.Is(werr, errTooLarge) {
		return werr
	}
	return x.write(frame{kind: kindResult, call: id, body: body{Error: toWire(
		mq.Errorf(mq.ErrInsufficientResources, "answer", "the answer is larger than %d bytes", maxFrame).WithFix("ask for less at once"))}})
}

func (x *session) refuse(err error) {
	// Nothing to do about a peer that does not listen to its refusal.
	_ = x.write(frame{kind: kindRefusal, body: body{Error: toWire(err)}})
}

func (x *session) write(f frame) error {
	b, err := encode(f)
	if err != nil {
		return err
	}
	x.out.Lock()
	defer x.out.Unlock()
	x.conn.SetWriteDeadline(time.Now().Add(x.server.limits.frame))
	_, err = x.conn.Write(b)
	return err
}
