package remoteread

import (
	"context"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
)

// OpenQueueForMove is R_OpenQueueForMove (MS-MQRR 3.1.4.11). A subqueue begins with
// it, as there is no other way to make one.
func (s *server) OpenQueueForMove(ctx context.Context, r *remoteread.OpenQueueForMoveRequest) (*remoteread.OpenQueueForMoveResponse, error) {
	target, h, err := s.openToMove(ctx, r)
	if err != nil {
		return nil, rpc.Fault(mq.CodeOf(err))
	}
	return &remoteread.OpenQueueForMoveResponse{MoveContext: target, Context: h}, nil
}

func (s *server) openToMove(ctx context.Context, r *remoteread.OpenQueueForMoveRequest) (uint64, *remoteread.QueueSerialize, error) {
	const op = "open a queue for a remote reader to move messages to"
	if r.Access != moveAccess || r.ShareMode != denyNone {
		return 0, nil, invalid(op, "the access is 0x%X, the share mode %d", r.Access, r.ShareMode)
	}
	name, err := named(op, r.QueueFormat, r.ClientID, r.NonRoutingServer, r.Workgroup)
	if err != nil {
		return 0, nil, err
	}
	whole := name
	whole.Format.Subqueue = ""
	if err := s.here(ctx, op, whole); err != nil {
		return 0, nil, err
	}
	h, err := s.m.OpenToMove(ctx, peer.Caller(ctx), name)
	if err != nil {
		return 0, nil, err
	}
	q := &queue{access: localqm.MoveAccess, target: random()}
	s.mu.Lock()
	for s.targets[q.target] != nil {
		q.target = random()
	}
	s.targets[q.target] = q
	s.mu.Unlock()
	handle, err := s.opened(ctx, h, q)
	return q.target, handle, err
}

// MoveMessage is R_MoveMessage (MS-MQRR 3.1.4.10).
func (s *server) MoveMessage(ctx context.Context, r *remoteread.MoveMessageRequest) (*remoteread.MoveMessageResponse, error) {
	return &remoteread.MoveMessageResponse{Return: result(s.move(ctx, r))}, nil
}

func (s *server) move(ctx context.Context, r *remoteread.MoveMessageRequest) error {
	const op = "move a message for a remote reader"
	from, err := readable(ctx, op, r.ContextFrom)
	if err != nil {
		return err
	}
	s.mu.Lock()
	to := s.targets[r.ContextTo]
	s.mu.Unlock()
	if to == nil || to.user != from.user { // numbers may be known to others
		return mq.Errorf(mq.ErrInvalidHandle, op, "no queue was opened to be moved to by that number")
	}
	if none(r.TransactionID) {
		err = from.handle.MoveTo(ctx, r.LookupID, to.handle, nil)
	} else {
		err = from.transactedMove(ctx, op, r.LookupID, to)
	}
	if mq.CodeOf(err) == mq.ErrUnsupportedOperation {
		return statusInvalidParameter // MS-MQRR 3.1.4.10
	}
	return err
}

// transactedMove finds what else is wrong with a move in a transaction, in the order
// of MS-MQRR 3.1.4.10: a transaction of another computer cannot be joined.
func (q *queue) transactedMove(ctx context.Context, op string, lookup uint64, to *queue) error {
	if err := q.handle.Movable(to.handle); err != nil {
		return err
	}
	if !to.handle.Transactional() {
		return mq.Errorf(mq.ErrTransactionUsage, op, "the target is not transactional")
	}
	if _, err := q.handle.Read(ctx, localqm.ReadOptions{Peek: true, Seek: localqm.SeekCurrent, Lookup: lookup}); err != nil {
		return err
	}
	return notEnlisted(op)
}

// none reports whether no transaction is meant: its identifier is zero.
func none(t *mqmq.TransactionUOW) bool {
	if t == nil {
		return true
	}
	for _, b := range t.Data {
		if b != 0 {
			return false
		}
	}
	return true
}
