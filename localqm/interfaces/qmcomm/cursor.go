package qmcomm

import (
	"context"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	stub2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"

	"posthouse/localqm/interfaces/opened"
)

// CreateCursorEx is rpc_ACCreateCursorEx (MS-MQMP 3.1.5.4).
func (s *server) CreateCursorEx(ctx context.Context, r *stub2.CreateCursorExRequest) (*stub2.CreateCursorExResponse, error) {
	answer := &stub2.CreateCursorExResponse{Pcc: r.Pcc}
	number, err := s.openCursor(ctx, r.Queue)
	if err == nil {
		answer.Pcc = &stub.CreateRemoteCursor{Cursor: number}
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

func (s *server) openCursor(ctx context.Context, h *stub.Queue) (uint32, error) {
	q, err := s.queue(ctx, "open a cursor", h)
	if err != nil {
		return 0, err
	}
	if q.remote != nil {
		return q.remote.openCursor(ctx)
	}
	return q.local.OpenCursor()
}

// CloseCursor is rpc_ACCloseCursor (MS-MQMP 3.1.4.19). A read that has the cursor
// goes on with it.
func (s *server) CloseCursor(ctx context.Context, r *stub.CloseCursorRequest) (*stub.CloseCursorResponse, error) {
	status, fault := result(s.closeCursor(ctx, r))
	return &stub.CloseCursorResponse{Return: status}, fault
}

func (s *server) closeCursor(ctx context.Context, r *stub.CloseCursorRequest) error {
	if r.Cursor == opened.ReservedCursor {
		return nil
	}
	q, err := s.queue(ctx, "close a cursor", r.Queue)
	switch {
	case err != nil:
		return err
	case q.remote != nil:
		return q.remote.closeCursor(ctx, r.Cursor)
	}
	return q.local.CloseCursor(r.Cursor)
}
