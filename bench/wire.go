package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
	"posthouse/localqm/store"
	"posthouse/localqm/transport"
)

// What messages between two processes must reach: of the rate of sends in one
// process, and of expressGoal.
const (
	wireSenders     = 8
	wireTarget      = 0.6 // a client of the protocol into one queue manager
	endToEndTarget  = 0.3 // from queue manager to queue manager; 0.5 is the goal
	expressGoal     = 30_000
	senderAddress   = "127.0.0.11"
	receiverAddress = "127.0.0.12"
)

// wire measures messages that cross from one process to another on loopback:
// the same work in process, then a client that only speaks the protocol, then
// two queue managers, in each round.
func (r *run) wire(ctx context.Context) error {
	to, err := r.receiver(ctx)
	if err != nil {
		return err
	}
	defer to.stop()
	from, err := r.sender(ctx, "wire-sender")
	if err != nil {
		return err
	}
	defer from.stop()

	o := *r
	o.Delivery, o.Window = "transactional", 1
	if err := o.create(ctx, from.m); err != nil {
		return err
	}
	var inside, client, across, express []float64
	for range r.Rounds {
		rates := map[*[]float64]func() (float64, error){
			&inside:  func() (float64, error) { return o.sendRate(ctx, from.m, wireSenders) },
			&client:  func() (float64, error) { return r.clientRate(ctx, to) },
			&across:  func() (float64, error) { return r.acrossRate(ctx, from, to, "transactional") },
			&express: func() (float64, error) { return r.acrossRate(ctx, from, to, "express") },
		}
		for _, kind := range []*[]float64{&inside, &client, &across, &express} {
			v, err := rates[kind]()
			if err != nil {
				return err
			}
			*kind = append(*kind, v)
		}
	}
	base, against := median(inside), "transactional sends in one process"
	name := fmt.Sprintf("%d B, %d senders", r.Size, wireSenders)
	r.add("wire", "client to queue manager, "+name, median(client), "msg/s", against, base, wireTarget, true)
	r.add("wire", "end to end, "+name, median(across), "msg/s", against, base, endToEndTarget, true)
	r.add("wire", "end to end, express, "+name, median(express), "msg/s", "the goal", expressGoal, 1, true)
	return nil
}

// post is a queue manager of this process with its transport.
type post struct {
	m *localqm.QueueManager
	t *transport.Transport
}

func (p *post) stop() {
	p.t.Close()
	_ = p.m.Close() // what it measured was answered
}

// sender starts the queue manager that messages leave from.
func (r *run) sender(ctx context.Context, folder string) (*post, error) {
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(r.dir, folder), Name: "SENDER"})
	if err != nil {
		return nil, err
	}
	m, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: owner.Token.User.String()})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	t := transport.New(transport.Options{
		Manager: m, Resolver: route.NewResolver(route.Options{Port: r.port, Hosts: r.hosts}),
		Listen: []netip.Addr{netip.MustParseAddr(senderAddress)}, Port: r.port, PingPort: r.port,
	})
	if err := t.Start(); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return &post{m, t}, nil
}

// ahead is how many messages senders may be ahead of the line: what is measured
// is the way, not how express messages spill to the disk.
const ahead = 20_000

// outgoing is the outgoing queue of a destination.
func outgoing(m *localqm.QueueManager, to mq.FormatName) *localqm.Outgoing {
	for _, o := range m.Outgoings() {
		if o.Destination().Equal(to) {
			return o
		}
	}
	return nil
}

// acrossRate is messages a second that come to the receiver's queue: senders put
// them into the outgoing queue for Length, and the time counts until the last one
// has come.
func (r *run) acrossRate(ctx context.Context, from *post, to *child, delivery string) (float64, error) {
	o := *r
	o.Delivery, o.Window = delivery, 1
	queue := to.direct(delivery)
	if _, err := to.node.Purge(ctx, delivery); err != nil { // express messages would spill to the disk
		return 0, err
	}
	before, err := to.count(ctx, delivery)
	if err != nil {
		return 0, err
	}
	body := make([]byte, r.Size)
	begin := time.Now()
	var sent atomic.Int64
	_, err = o.rate(ctx, wireSenders, func(ctx context.Context) (func() (int, error), error) {
		h, err := from.m.OpenQueue(ctx, owner, mq.QueueName{Format: queue}, localqm.SendAccess, localqm.DenyNone)
		if err != nil {
			return nil, err
		}
		out := outgoing(from.m, queue)
		return func() (int, error) {
			for out != nil && out.Unsent() > ahead && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			err := o.sendOnce(ctx, from.m, h, body)
			if err == nil {
				sent.Add(1)
			}
			return 1, err
		}, nil
	})
	if err != nil {
		return 0, err
	}
	came, last, err := to.wait(ctx, delivery, before, sent.Load())
	if err != nil {
		return 0, err
	}
	return float64(came) / last.Sub(begin).Seconds(), nil
}
