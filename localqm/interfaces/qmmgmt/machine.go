package qmmgmt

import (
	"context"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// machine reads properties of the queue manager (MS-MQMR 2.2.3.1, 3.1.4.1; MS-MQMQ
// 2.3.11).
func (s *server) machine(ctx context.Context, c localqm.Caller, ids []uint32) ([]*mqmq.PropertyVariant, error) {
	out := make([]*mqmq.PropertyVariant, len(ids))
	for i, id := range ids {
		v, err := s.machineProperty(ctx, c, mq.PropID(id))
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (s *server) machineProperty(ctx context.Context, c localqm.Caller, id mq.PropID) (*mqmq.PropertyVariant, error) {
	switch id {
	case mq.PropMgmtMSMQActiveQueues:
		return s.names(c, func(q localqm.Listed) (string, bool) { return q.Format.String(), q.Active })
	case mq.PropMgmtMSMQPrivateQ:
		return s.names(c, func(q localqm.Listed) (string, bool) { return q.Path, q.Kind == store.Private && !q.Hidden })
	case mq.PropMgmtMSMQConnected:
		if s.m.Settings().Offline {
			return peer.Text(mq.MachineDisconnected), nil
		}
		return peer.Text(mq.MachineConnected), nil
	case mq.PropMgmtMSMQType:
		return peer.Text(s.version), nil
	case mq.PropMgmtMSMQDSServer:
		if d := s.m.DirectoryState(); d.Mode != localqm.Workgroup && d.Controller != "" {
			return peer.Text(d.Controller), nil
		}
		return peer.Null(), nil
	case mq.PropMgmtMSMQBytesInAllQueues:
		status, err := s.m.Status(ctx, c)
		return long(status.Total.Bytes), err
	}
	return peer.Null(), nil
}

// names lists queues by one of their names.
func (s *server) names(c localqm.Caller, name func(localqm.Listed) (string, bool)) (*mqmq.PropertyVariant, error) {
	all, err := s.m.List(c)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(all))
	for _, q := range all {
		if n, ok := name(q); ok {
			out = append(out, n)
		}
	}
	return texts(out), nil
}
