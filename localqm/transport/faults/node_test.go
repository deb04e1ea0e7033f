package faults

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/route"
	"posthouse/localqm/store"
	"posthouse/localqm/transport"
)

// The queues that everybody may send to, on both sides.
const (
	queueBooked  = "booked"  // transactional, received while messages come
	queueKept    = "kept"    // transactional, received in the end
	queueOrders  = "orders"  // recoverable messages
	queueExpress = "express" // express messages
	queueAcks    = "acks"    // administration acknowledgements
)

var queues = []string{queueBooked, queueKept, queueOrders, queueExpress, queueAcks}

// place is where a queue manager is, and its peer.
type place struct {
	Dir, Name, Peer string
	Address         string // that it listens at
	Line, PeerLine  string // where others reach it, and it its peer: the ends of proxies
	Port            uint16
}

// node is a queue manager with its transport.
type node struct {
	*localqm.QueueManager
	transport *transport.Transport
	at        place
	log       *os.File
}

// log is the file that a queue manager writes its log to.
func (p place) log() string { return p.Dir + ".log" }

// start starts a queue manager as the program does.
func (p place) start() (*node, error) {
	s, err := store.Open(ctx, store.Options{Dir: p.Dir, Name: p.Name})
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(file, nil))
	q, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String(), Log: log})
	if err != nil {
		return nil, err
	}
	hosts := route.Hosts{p.Peer: {netip.AddrPortFrom(netip.MustParseAddr(p.PeerLine), p.Port)}}
	n := &node{QueueManager: q, at: p, log: file, transport: transport.New(transport.Options{
		Manager: q, Port: p.Port, Listen: []netip.Addr{netip.MustParseAddr(p.Address)},
		Log: log, Names: []string{p.Name, p.Line}, Resolver: route.NewResolver(route.Options{Hosts: hosts, Port: p.Port}),
	})}
	if err := n.transport.Start(); err != nil {
		return nil, errors.Join(err, q.Close(), file.Close())
	}
	return n, nil
}

func (n *node) stop() error {
	n.transport.Close()
	return errors.Join(n.Close(), n.log.Close())
}

// create makes the queues, and the schedule short.
func (n *node) create() error {
	for _, q := range queues {
		spec := localqm.QueueSpec{AllowSend: everybody}
		if q == queueBooked || q == queueKept {
			spec.Transactional = &yes
		}
		if _, err := n.CreateQueue(ctx, qmtest.Owner, name(q), spec); err != nil {
			return err
		}
	}
	return n.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error {
		s.Resend = [4]uint32{1, 1, 1, 1}
		return nil
	})
}

// peerQueue names a queue of the peer: one by address, the others by name.
func (n *node) peerQueue(queue string) string {
	if queue == queueKept {
		return `DIRECT=TCP:` + n.at.PeerLine + `\private$\` + queue
	}
	return `DIRECT=OS:` + n.at.Peer + `\private$\` + queue
}

// hurry does what an administrator does who does not want to wait for the next
// try, until ctx ends.
func (n *node) hurry(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
		for _, o := range n.Outgoings() {
			if o.Unsent() == 0 || n.transport.Link(o).State == mq.StateConnected {
				continue
			}
			_ = n.Resend(ctx, qmtest.Owner, mq.QueueName{Format: o.Destination()}) // it may be gone
		}
	}
}
