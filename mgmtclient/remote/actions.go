package remote

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Connect puts the computer online.
func (n *Node) Connect(ctx context.Context) error {
	return n.actMachine(ctx, "put it on the network", "CONNECT")
}

// Disconnect puts it offline.
func (n *Node) Disconnect(ctx context.Context) error {
	return n.actMachine(ctx, "take it off the network", "DISCONNECT")
}

// Tidy gives unused storage back. How much that was nobody says.
func (n *Node) Tidy(ctx context.Context) (mgmtclient.TidyResult, error) {
	return mgmtclient.TidyResult{}, n.actMachine(ctx, "tidy its storage", "TIDY")
}

func (n *Node) actMachine(ctx context.Context, op, action string) error {
	return n.do(ctx, op, 0, func(ctx context.Context, s *session) error { return s.act(ctx, machine(), action) })
}

// Pause holds an outgoing queue's messages back.
func (n *Node) Pause(ctx context.Context, queue string) error {
	return n.actQueue(ctx, "pause "+queue, queue, "PAUSE")
}

// Resume lets them leave again.
func (n *Node) Resume(ctx context.Context, queue string) error {
	return n.actQueue(ctx, "resume "+queue, queue, "RESUME")
}

// Resend sends again what was not acknowledged.
func (n *Node) Resend(ctx context.Context, queue string) error {
	return n.actQueue(ctx, "try to send "+queue, queue, "EOD_RESEND")
}

func (n *Node) actQueue(ctx context.Context, op, queue, action string) error {
	return n.queue(ctx, op, queue, 0, func(ctx context.Context, s *session, f mq.FormatName) error {
		o, err := object(f)
		if err != nil {
			return err
		}
		return s.act(ctx, o, action)
	})
}
