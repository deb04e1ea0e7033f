package local

import (
	"context"

	"posthouse/localqm"
	"posthouse/mgmtclient"
)

// Watch tells of changes until ctx ends, the node is closed or the queue
// manager stops. What the listener has not taken yet is merged, so that the
// last change of each kind is always told.
func (n *Node) Watch(ctx context.Context) (<-chan mgmtclient.Signal, error) {
	const op = "watch the queue manager"
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.enter(ctx, op); err != nil {
		return nil, err
	}
	events, stop := n.m.Events()
	signals := make(chan mgmtclient.Signal)
	n.work.Go(func() {
		defer close(signals)
		defer stop()
		n.pass(ctx, events, signals)
	})
	return signals, nil
}

func (n *Node) pass(ctx context.Context, events <-chan localqm.Event, signals chan<- mgmtclient.Signal) {
	var waiting []mgmtclient.Signal // at most one of each kind
	for {
		var out chan<- mgmtclient.Signal
		var next mgmtclient.Signal
		if len(waiting) > 0 {
			out, next = signals, waiting[0]
		}
		select {
		case <-ctx.Done():
			return
		case <-n.life.Done():
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			waiting = merge(waiting, signal(e))
		case out <- next:
			waiting = waiting[1:]
		}
	}
}

// merge adds a signal to those that wait; several queues become none in
// particular.
func merge(waiting []mgmtclient.Signal, s mgmtclient.Signal) []mgmtclient.Signal {
	for i := range waiting {
		if waiting[i].Kind == s.Kind {
			if waiting[i].Queue != s.Queue {
				waiting[i].Queue = ""
			}
			return waiting
		}
	}
	return append(waiting, s)
}

func signal(e localqm.Event) mgmtclient.Signal {
	s := mgmtclient.Signal{Queue: e.Queue}
	switch e.Kind {
	case localqm.QueuesChanged:
		s.Kind = mgmtclient.SignalQueues
	case localqm.MessagesChanged:
		s.Kind = mgmtclient.SignalMessages
	case localqm.MachineChanged:
		s.Kind = mgmtclient.SignalMachine
	}
	return s
}
