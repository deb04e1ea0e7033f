package control

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// call is a running call at the server.
type call struct {
	node   mgmtclient.Node
	params *params
	// item sends a part of the answer and waits until the client has room;
	// false: nobody listens any more.
	item func(result) bool
}

// method carries out a call.
type method func(ctx context.Context, c *call) (result, error)

var methods = map[string]method{
	"Machine": func(ctx context.Context, c *call) (result, error) {
		m, err := c.node.Machine(ctx)
		return result{Machine: &m}, err
	},
	"Queues": func(ctx context.Context, c *call) (result, error) {
		list, err := c.node.Queues(ctx, or(c.params.Filter))
		for len(list) > 0 {
			n := min(len(list), queuesAtOnce)
			if !c.item(result{Queues: list[:n]}) {
				return result{}, mgmtclient.Interrupted(ctx, "list the queues")
			}
			list = list[n:]
		}
		return result{}, err
	},
	"Queue": func(ctx context.Context, c *call) (result, error) {
		q, err := c.node.Queue(ctx, c.params.Queue)
		return result{Queue: &q}, err
	},
	"Messages": func(ctx context.Context, c *call) (result, error) {
		p, err := c.node.Messages(ctx, c.params.Queue, or(c.params.Page))
		return result{Page: &p}, err
	},
	"Message": func(ctx context.Context, c *call) (result, error) {
		m, err := c.node.Message(ctx, c.params.Queue, c.params.ID, c.params.BodyLimit)
		return result{Message: &m}, err
	},
	"CreateQueue": with(func(ctx context.Context, c *call, n mgmtclient.QueueAdmin) (result, error) {
		q, err := n.CreateQueue(ctx, c.params.Queue, or(c.params.Settings))
		return result{Queue: &q}, err
	}),
	"SetQueue": with(func(ctx context.Context, c *call, n mgmtclient.QueueAdmin) (result, error) {
		q, err := n.SetQueue(ctx, c.params.Queue, or(c.params.Settings))
		return result{Queue: &q}, err
	}),
	"DeleteQueue": with(func(ctx context.Context, c *call, n mgmtclient.QueueAdmin) (result, error) {
		return result{}, n.DeleteQueue(ctx, c.params.Queue)
	}),
	"Purge": with(func(ctx context.Context, c *call, n mgmtclient.Purger) (result, error) {
		count, err := n.Purge(ctx, c.params.Queue)
		return result{Count: count}, err
	}),
	"Send": with(func(ctx context.Context, c *call, n mgmtclient.Sender) (result, error) {
		s, err := n.Send(ctx, or(c.params.Send))
		return result{Sent: &s}, err
	}),
	"Receive": with(func(ctx context.Context, c *call, n mgmtclient.Receiver) (result, error) {
		m, err := n.Receive(ctx, c.params.Queue, or(c.params.Receive))
		return result{Message: &m}, err
	}),
	"Delete": with(func(ctx context.Context, c *call, n mgmtclient.Remover) (result, error) {
		list, err := n.Delete(ctx, c.params.Queue, c.params.IDs)
		return result{Items: list}, err
	}),
	"Move": with(func(ctx context.Context, c *call, n mgmtclient.Mover) (result, error) {
		list, err := n.Move(ctx, c.params.Queue, c.params.IDs, c.params.To)
		return result{Items: list}, err
	}),
	"Copy": with(func(ctx context.Context, c *call, n mgmtclient.Mover) (result, error) {
		list, err := n.Copy(ctx, c.params.Queue, c.params.IDs, c.params.To)
		return result{Items: list}, err
	}),
	"Return": with(func(ctx context.Context, c *call, n mgmtclient.Mover) (result, error) {
		list, err := n.Return(ctx, c.params.Queue, c.params.IDs)
		return result{Items: list}, err
	}),
	"Search": with(func(ctx context.Context, c *call, n mgmtclient.Searcher) (result, error) {
		whole := true
		err := n.Search(ctx, c.params.Queue, or(c.params.Search), func(m mgmtclient.Message) bool {
			whole = c.item(result{Message: &m})
			return whole
		})
		if err == nil && !whole {
			err = mgmtclient.Interrupted(ctx, "search "+c.params.Queue)
		}
		return result{}, err
	}),
	"ACL": with(func(ctx context.Context, c *call, n mgmtclient.Guard) (result, error) {
		s, err := n.ACL(ctx, c.params.Queue)
		return result{SDDL: s}, err
	}),
	"SetACL": with(func(ctx context.Context, c *call, n mgmtclient.Guard) (result, error) {
		return result{}, n.SetACL(ctx, c.params.Queue, c.params.SDDL)
	}),
	"Permissions": with(func(ctx context.Context, c *call, n mgmtclient.Guard) (result, error) {
		p, err := n.Permissions(ctx, c.params.Queue)
		return result{Permissions: &p}, err
	}),
	"SetPermissions": with(func(ctx context.Context, c *call, n mgmtclient.Guard) (result, error) {
		return result{}, n.SetPermissions(ctx, c.params.Queue, or(c.params.Permissions))
	}),
	"SetMachine": with(func(ctx context.Context, c *call, n mgmtclient.MachineAdmin) (result, error) {
		m, err := n.SetMachine(ctx, or(c.params.Machine))
		return result{Machine: &m}, err
	}),
	"Connect": with(func(ctx context.Context, _ *call, n mgmtclient.MachineActions) (result, error) {
		return result{}, n.Connect(ctx)
	}),
	"Disconnect": with(func(ctx context.Context, _ *call, n mgmtclient.MachineActions) (result, error) {
		return result{}, n.Disconnect(ctx)
	}),
	"Pause": with(func(ctx context.Context, c *call, n mgmtclient.OutgoingAdmin) (result, error) {
		return result{}, n.Pause(ctx, c.params.Queue)
	}),
	"Resume": with(func(ctx context.Context, c *call, n mgmtclient.OutgoingAdmin) (result, error) {
		return result{}, n.Resume(ctx, c.params.Queue)
	}),
	"Resend": with(func(ctx context.Context, c *call, n mgmtclient.OutgoingAdmin) (result, error) {
		return result{}, n.Resend(ctx, c.params.Queue)
	}),
	"Tidy": with(func(ctx context.Context, _ *call, n mgmtclient.MachineActions) (result, error) {
		t, err := n.Tidy(ctx)
		return result{Tidy: &t}, err
	}),
	"Check": with(func(ctx context.Context, _ *call, n mgmtclient.MachineAdmin) (result, error) {
		r, err := n.Check(ctx)
		return result{Check: &r}, err
	}),
	"Watch": with(func(ctx context.Context, c *call, n mgmtclient.Watcher) (result, error) {
		signals, err := n.Watch(ctx)
		if err != nil {
			return result{}, err
		}
		// The first item says that the watch stands: what changes from now on is told.
		for ok := c.item(result{}); ok; {
			s, more := <-signals
			ok = more && c.item(result{Signal: &s})
		}
		return result{}, nil
	}),
	"Records": with(func(ctx context.Context, c *call, n mgmtclient.Exporter) (result, error) {
		list, err := n.Records(ctx, c.params.Queue, c.params.ID, c.params.Limit)
		return result{Records: list}, err
	}),
	"Restore": with(func(ctx context.Context, c *call, n mgmtclient.Archiver) (result, error) {
		return result{}, n.Restore(ctx, c.params.Queue, c.params.Records)
	}),
}

// with gives a method the capability it needs.
func with[T any](do func(context.Context, *call, T) (result, error)) method {
	return func(ctx context.Context, c *call) (result, error) {
		n, ok := mgmtclient.Can[T](c.node)
		if !ok {
			return result{}, mq.Errorf(mq.ErrUnsupportedOperation, "", "this queue manager does not offer it")
		}
		return do(ctx, c, n)
	}
}

// or is what p points to, the zero value for nil.
func or[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
