package fake

import (
	"context"

	"posthouse/mgmtclient"
)

// watch is a reader of signals. What it has not taken yet is merged: one
// signal for each kind, without a name if several queues changed.
type watch struct {
	pending map[mgmtclient.SignalKind]string
	wake    chan struct{}
}

// Watch delivers signals until ctx ends or the node is closed.
func (n *Node) Watch(ctx context.Context) (<-chan mgmtclient.Signal, error) {
	if err := n.enter(ctx, "Watch", "watch the machine", ""); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	w := &watch{pending: map[mgmtclient.SignalKind]string{}, wake: make(chan struct{}, 1)}
	n.watches[w] = struct{}{}
	out := make(chan mgmtclient.Signal)
	n.feeds.Go(func() { n.feed(ctx, w, out) }) // ends with ctx or Close
	return out, nil
}

func (n *Node) feed(ctx context.Context, w *watch, out chan<- mgmtclient.Signal) {
	defer close(out)
	defer func() {
		n.mu.Lock()
		delete(n.watches, w)
		n.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case <-w.wake:
		}
		n.mu.Lock()
		pending := w.pending
		w.pending = map[mgmtclient.SignalKind]string{}
		n.mu.Unlock()
		for _, kind := range []mgmtclient.SignalKind{mgmtclient.SignalQueues, mgmtclient.SignalMessages, mgmtclient.SignalMachine} {
			queue, ok := pending[kind]
			if !ok {
				continue
			}
			select {
			case out <- mgmtclient.Signal{Kind: kind, Queue: queue}:
			case <-ctx.Done():
				return
			case <-n.done:
				return
			}
		}
	}
}

// signal tells every watch and wakes waiting receives; n.mu is held.
func (n *Node) signal(kind mgmtclient.SignalKind, queue string) {
	close(n.changed)
	n.changed = make(chan struct{})
	for w := range n.watches {
		if old, ok := w.pending[kind]; ok && old != queue {
			w.pending[kind] = ""
		} else {
			w.pending[kind] = queue
		}
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}
