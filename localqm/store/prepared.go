package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"posthouse/localqm/mq"
)

// kept is the durable form of an operation of a prepared transaction: one field
// is set, with what is said to belong to it. Names must stay, files hold them.
type kept struct {
	Put         *Row         `json:"put,omitempty"`
	Remove      *Remove      `json:"remove,omitempty"`
	Move        *Move        `json:"move,omitempty"`
	Abort       *Abort       `json:"abort,omitempty"`
	CreateQueue *Queue       `json:"createQueue,omitempty"`
	IfMissing   bool         `json:"ifMissing,omitempty"` // of CreateQueue
	UpdateQueue *Queue       `json:"updateQueue,omitempty"`
	DeleteQueue *Slot        `json:"deleteQueue,omitempty"`
	PutState    *PutState    `json:"putState,omitempty"`
	DeleteState *DeleteState `json:"deleteState,omitempty"`
}

func encodeOps(ops []Op) ([]byte, error) {
	list := make([]kept, len(ops))
	for i, op := range ops {
		k := &list[i]
		switch o := op.(type) {
		case *Put:
			if err := checkRow(o.Row); err != nil {
				return nil, err
			}
			k.Put = o.Row
		case *Remove:
			k.Remove = o
		case *Move:
			k.Move = o
		case *Abort:
			k.Abort = o
		case *CreateQueue:
			k.CreateQueue, k.IfMissing = &o.Queue, o.IfMissing
		case *UpdateQueue:
			k.UpdateQueue = &o.Queue
		case *DeleteQueue:
			k.DeleteQueue = &o.Slot
		case *PutState:
			k.PutState = o
		case *DeleteState:
			k.DeleteState = o
		default:
			return nil, mq.Errorf(mq.ErrInvalidParameter, "prepare transaction", "%T cannot be prepared", op)
		}
	}
	return json.Marshal(list)
}

func decodeOps(data []byte) ([]Op, error) {
	var list []kept
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	ops := make([]Op, 0, len(list))
	for i, k := range list {
		n := len(ops)
		if k.Put != nil {
			k.Put.BodySize = len(k.Put.Body)
			ops = append(ops, &Put{Row: k.Put})
		}
		if k.Remove != nil {
			ops = append(ops, k.Remove)
		}
		if k.Move != nil {
			ops = append(ops, k.Move)
		}
		if k.Abort != nil {
			ops = append(ops, k.Abort)
		}
		if k.CreateQueue != nil {
			ops = append(ops, &CreateQueue{Queue: *k.CreateQueue, IfMissing: k.IfMissing})
		}
		if k.UpdateQueue != nil {
			ops = append(ops, &UpdateQueue{Queue: *k.UpdateQueue})
		}
		if k.DeleteQueue != nil {
			ops = append(ops, &DeleteQueue{Slot: *k.DeleteQueue})
		}
		if k.PutState != nil {
			ops = append(ops, k.PutState)
		}
		if k.DeleteState != nil {
			ops = append(ops, k.DeleteState)
		}
		if len(ops) != n+1 {
			return nil, fmt.Errorf("operation %d is of %d kinds", i, len(ops)-n)
		}
	}
	return ops, nil
}

func (w *writer) prepareOps(o *Prepare) error {
	data, err := encodeOps(o.Ops)
	if err != nil {
		return err
	}
	err = w.exec(putPrepared, o.ID[:], data, sumOf(o.ID[:], data))
	if err != nil && kindOf(err) == refused {
		return errf(ErrTaken, "transaction %s is prepared already", o.ID)
	}
	return err
}

// Prepared returns the prepared transactions.
func (s *SQLite) Prepared(ctx context.Context) ([]Prepared, error) {
	var list []Prepared
	err := s.read(func() error {
		return each(ctx, s.ro, func(rows *sql.Rows) error {
			p, err := scanPrepared(rows)
			if err == nil {
				list = append(list, p)
			}
			return err
		}, "SELECT id, ops, sum FROM prepared ORDER BY id")
	})
	return list, err
}

func scanPrepared(rows *sql.Rows) (p Prepared, err error) {
	var id, data []byte
	var sum int64
	if err := rows.Scan(&id, &data, &sum); err != nil {
		return p, err
	}
	if len(id) != len(p.ID) || sum != sumOf(id, data) {
		return p, damage("prepared transaction %x", id)
	}
	copy(p.ID[:], id)
	if p.Ops, err = decodeOps(data); err != nil {
		return p, fmt.Errorf("%w: prepared transaction %s: %w", ErrDamaged, p.ID, err)
	}
	return p, nil
}
