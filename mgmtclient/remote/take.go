package remote

import (
	"context"
	"sync"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// The answers to a message that was received (MS-MQRR 3.1.4.9).
const (
	negative = 1 // RR_NACK: it stays
	positive = 2 // RR_ACK: it may go
)

// endTime is how long is waited for the end of a receive that is not wanted any more.
const endTime = 5 * time.Second

// receive locks a message and reads it; end takes it out of the queue, or leaves it.
func (s *session) receive(ctx context.Context, q opened, action uint32, id mgmtclient.LookupID, wait time.Duration, limit uint32) (d *delivery, end func(answer uint32) error, err error) {
	request := s.request()
	end = func(answer uint32) error {
		// A lock that is not ended stays until the line is cut: not for the sake of
		// who has no more patience.
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer stop()
		_, err := s.reads.EndReceive(ctx, &remoteread.EndReceiveRequest{Context: q.context, Ack: answer, RequestID: request})
		return err
	}
	// The call itself is not cancelled with ctx: whether it has a message by then only
	// R_CancelReceive tells.
	calling, stop := context.WithTimeout(context.WithoutCancel(ctx), s.o.patience(wait))
	defer stop()
	defer aside(ctx, func() { s.cancel(q, request, stop) })()
	r, err := s.reads.StartReceive(calling, &remoteread.StartReceiveRequest{
		Context: q.context, LookupID: uint64(id), Action: action, Timeout: milliseconds(wait), RequestID: request,
		MaxBodySize: limit, MaxCompoundMessageSize: whole,
	})
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, nil, err
	}
	takes := action == receiveFirst || action == receiveCurrent
	d, err = read(r, limit, s.about.id)
	if err == nil && takes && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil && takes {
		_ = end(negative) // else the end of the session unlocks it
	}
	return d, end, err
}

// aside does something when ctx ends, until the function that it returns is called,
// which waits for it.
func aside(ctx context.Context, do func()) func() {
	var work sync.WaitGroup
	work.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer work.Done()
		do()
	})
	return func() {
		if stop() {
			work.Done()
		}
		work.Wait()
	}
}

// cancel ends a wait; if the other side does not do so, the call is left.
func (s *session) cancel(q opened, request uint32, leave context.CancelFunc) {
	ctx, stop := context.WithTimeout(s.life, endTime)
	defer stop()
	if _, err := s.reads.CancelReceive(ctx, &remoteread.CancelReceiveRequest{Context: q.context, RequestID: request}); err != nil {
		leave()
	}
}

func milliseconds(d time.Duration) uint32 {
	return uint32(min(max(d, 0).Milliseconds(), int64(mq.Never)-1))
}

// Receive takes a message out, or looks at it.
func (n *Node) Receive(ctx context.Context, queue string, o mgmtclient.ReceiveOptions) (m mgmtclient.Message, err error) {
	wait := o.Timeout
	action, rights := uint32(receiveFirst), receiveAccess
	switch {
	case o.LookupID != 0 && o.Peek:
		action, rights, wait = peekCurrent, peekAccess, 0
	case o.LookupID != 0:
		action, wait = receiveCurrent, 0
	case o.Peek:
		action, rights = peekFirst, peekAccess
	}
	err = n.queue(ctx, "receive from "+queue, queue, wait, func(ctx context.Context, s *session, f mq.FormatName) error {
		if err := n.readable(s, f); err != nil {
			return err
		}
		err := s.queues.with(ctx, f, rights, func(q opened) error {
			d, end, err := s.receive(ctx, q, action, o.LookupID, wait, whole)
			if err != nil {
				return err
			}
			if !o.Peek {
				// Cut off here, the message is given to who asked for it: it is better
				// read twice than lost (MS-MQRR <34>).
				if err = end(positive); answered(err) {
					return err
				}
			}
			m = s.row(ctx, f, d)
			return nil
		})
		return n.leaving(ctx, s, f, err)
	})
	return m, err
}

// Delete removes chosen messages: it receives them.
func (n *Node) Delete(ctx context.Context, queue string, ids []mgmtclient.LookupID) (results []mgmtclient.ItemResult, err error) {
	op := "delete messages of " + queue
	err = n.reading(ctx, op, queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		return s.queues.with(ctx, f, receiveAccess, func(q opened) error {
			results = n.items(ctx, op, ids, func(ctx context.Context, id mgmtclient.LookupID) (string, error) {
				_, end, err := s.receive(ctx, q, receiveCurrent, id, 0, 0)
				if err == nil {
					err = end(positive)
				}
				return "", err
			})
			return nil
		})
	})
	return results, err
}

// items does something with each message, some at a time, and answers for each.
func (n *Node) items(ctx context.Context, op string, ids []mgmtclient.LookupID, do func(context.Context, mgmtclient.LookupID) (newID string, err error)) []mgmtclient.ItemResult {
	results := make([]mgmtclient.ItemResult, len(ids))
	_ = parallel(ctx, len(ids), func(ctx context.Context, i int) error {
		id, err := do(ctx, ids[i])
		results[i] = n.item(ctx, op, ids[i], id, err)
		return nil
	})
	for i, id := range ids {
		if results[i].LookupID == 0 {
			results[i] = n.item(ctx, op, id, "", mgmtclient.Interrupted(ctx, op))
		}
	}
	return results
}

func (n *Node) item(ctx context.Context, op string, id mgmtclient.LookupID, newID string, err error) mgmtclient.ItemResult {
	r := mgmtclient.ItemResult{LookupID: id, NewID: newID}
	if err = n.explain(ctx, op, err); err != nil {
		r.Error, r.Code = err.Error(), mgmtclient.Code(err)
	}
	return r
}

// Purge empties a queue.
func (n *Node) Purge(ctx context.Context, queue string) (count int64, err error) {
	err = n.reading(ctx, "purge "+queue, queue, func(ctx context.Context, s *session, f mq.FormatName) error {
		return s.queues.with(ctx, f, receiveAccess, func(q opened) error {
			// Nobody tells how many went: those that are counted before and not after.
			before := s.count(ctx, f)
			if _, err := s.reads.PurgeQueue(ctx, &remoteread.PurgeQueueRequest{Context: q.context}); err != nil {
				return err
			}
			count = max(0, before-s.count(ctx, f))
			return nil
		})
	})
	return count, err
}

// count is how many messages a queue has; 0 if that is not told.
func (s *session) count(ctx context.Context, f mq.FormatName) int64 {
	v, err := s.queueInfo(ctx, f, mq.PropMgmtQueueMessageCount)
	if err != nil {
		return 0
	}
	return v.number(mq.PropMgmtQueueMessageCount)
}
