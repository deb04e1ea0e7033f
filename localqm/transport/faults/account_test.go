package faults

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

// books are what is known of both sides since the last account.
type books struct {
	parcels  map[string]*parcel
	receipts [2]map[string][]receipt // by queue, in order
	journal  [2]map[string]int       // copies by label
	dead     [2]map[string]int
	acks     [2]map[string]int
}

// known are the identifiers of messages and places in streams that were seen:
// nobody else ever gets them.
type known struct {
	ids     map[uint32]string
	numbers map[position]string
	queues  map[uint64]string // by stream
}

// position is a place in a stream.
type position struct {
	stream uint64
	number uint32
}

// sums are the figures.
type sums struct {
	transactional, recoverable, express, received, journaled, acknowledged, expired int

	lost, doubled, reordered, phantoms, halves  int // of transactional messages
	lostOnce, doubledOnce, phantomOnce          int // of recoverable ones
	doubledExpress, again                       int // in one life of the receiver; after its restart
	copies, answers, reused, unexplained, stuck int
	both                                        int // expired here when nobody knew that they had arrived
}

// open reads the ledgers since the last account.
func (p *pair) open() *books {
	p.t.Helper()
	b := &books{parcels: map[string]*parcel{}}
	for i, s := range p.sides {
		b.receipts[i] = map[string][]receipt{}
		b.journal[i], b.dead[i], b.acks[i] = map[string]int{}, map[string]int{}, map[string]int{}
		for k, file := range s.ledgers {
			life := s.life - len(s.ledgers) + 1 + k
			for _, e := range readLedger(p.t, file) {
				p.enter(b, i, life, e)
			}
		}
		s.ledgers = nil
	}
	return b
}

func (p *pair) enter(b *books, side, life int, e *entry) {
	p.t.Helper()
	switch e.words[0] {
	case "take":
		q := e.words[1]
		b.receipts[side][q] = append(b.receipts[side][q], received(p.t, life, e))
	case "send":
		it := sent(p.t, side, e.words[1], e.state)
		b.parcels[it.label] = it
	case "book":
		g := &group{}
		state := e.state
		if e.words[1] == "abort" {
			state = no
		}
		for _, w := range e.words[2:] {
			it := sent(p.t, side, w, state)
			it.group = g
			g.parcels = append(g.parcels, it)
			b.parcels[it.label] = it
		}
	}
}

// patience is how long nothing may happen while somebody owes something.
const patience = 30 * time.Second

// settle starts both in this process over a good line, receives everything and
// waits until nobody owes anybody anything.
func (p *pair) settle(b *books) (stuck string) {
	p.t.Helper()
	var nodes [2]*node
	rush, stop := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer func() {
		stop()
		tasks.Wait()
		for _, n := range nodes {
			if n != nil {
				ok(p.t, n.stop())
			}
		}
	}()
	for i, s := range p.sides {
		s.life++
		n, err := s.start()
		ok(p.t, err)
		nodes[i] = n
		tasks.Go(func() { n.hurry(rush) })
	}
	begin, count := time.Now(), 0
	deadline := begin.Add(patience)
	for quiet := 0; quiet < 3; {
		stuck = ""
		for i, n := range nodes {
			if came := p.receive(b, i, n); came > 0 {
				stuck += "messages come; "
				count += came
				deadline = time.Now().Add(patience)
			}
			stuck += n.owed()
		}
		if quiet++; stuck != "" {
			quiet = 0
		}
		if time.Now().After(deadline) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Logf("%d messages left, settled in %v", count, time.Since(begin).Round(time.Millisecond))
	for i, n := range nodes {
		p.unread(n)
		if stuck != "" {
			p.awaiting(n)
		}
		p.collect(n, `.\system$;journal`, b.journal[i], mq.ClassNormal)
		p.collect(n, `.\system$;deadletter`, b.dead[i], mq.ClassNackReachQueueTimeout)
		p.collect(n, `.\system$;deadxact`, b.dead[i], mq.ClassNackReachQueueTimeout)
		p.collect(n, queueAcks, b.acks[i], mq.ClassAckReachQueue)
		report, err := n.Check(ctx, qmtest.Owner)
		ok(p.t, err)
		for _, x := range report.Problems {
			p.t.Errorf("%s: %s", n.at.Name, x)
		}
	}
	return stuck
}

// owed is what outgoing queues still wait for; empty: nothing.
func (n *node) owed() (all string) {
	for _, o := range n.Outgoings() {
		e := o.Exactly()
		if o.Unsent() > 0 || e.NoAck > 0 || e.NoRead > 0 {
			all += fmt.Sprintf("%s: %s has %d unsent, %d not acknowledged, %d not read; %+v; ", n.at.Name, o.Destination(),
				o.Unsent(), e.NoAck, e.NoRead, n.transport.Link(o))
		}
	}
	return all
}

// receive takes everything out of the queues of a side.
func (p *pair) receive(b *books, side int, n *node) (count int) {
	p.t.Helper()
	for _, queue := range []string{queueBooked, queueKept, queueOrders, queueExpress} {
		h, err := n.OpenQueue(ctx, qmtest.Owner, name(queue), localqm.ReceiveAccess, localqm.DenyNone)
		ok(p.t, err)
		for {
			d, err := h.Read(ctx, localqm.ReadOptions{})
			if mq.CodeOf(err) == mq.ErrIOTimeout {
				break
			}
			ok(p.t, err)
			b.receipts[side][queue] = append(b.receipts[side][queue], receiptOf(d.Message, p.sides[side].life))
			count++
		}
		h.Close()
	}
	return count
}

// unread tells of messages that are in a queue and that nobody can receive.
func (p *pair) unread(n *node) {
	p.t.Helper()
	for _, queue := range []string{queueBooked, queueKept, queueOrders, queueExpress} {
		page, err := n.Browse(ctx, qmtest.Owner, name(queue), store.Range{Limit: 1000})
		ok(p.t, err)
		if len(page) > 0 {
			p.t.Errorf("%s of %s has %d messages that cannot be received, first %s at %d, locked %v", queue, n.at.Name, len(page),
				page[0].Message.Label, page[0].Lookup, page[0].Locked)
		}
	}
}

// awaiting tells of messages whose final acknowledgement does not come.
func (p *pair) awaiting(n *node) {
	p.t.Helper()
	for _, o := range n.Outgoings() {
		page, err := n.Browse(ctx, qmtest.Owner, name(o.Destination().String()+";awaiting"), store.Range{Limit: 10})
		ok(p.t, err)
		for _, d := range page {
			p.t.Logf("%s awaits the end of %s %s, %+v", n.at.Name, d.Message.Label, d.Message.ID, d.Row.Expires)
		}
	}
}

// collect counts the messages of a queue by label, and empties it.
func (p *pair) collect(n *node, queue string, into map[string]int, class mq.Class) {
	p.t.Helper()
	for after := uint64(0); ; {
		page, err := n.Browse(ctx, qmtest.Owner, name(queue), store.Range{After: after, Limit: 500})
		ok(p.t, err)
		for _, d := range page {
			after = d.Lookup
			into[d.Message.Label]++
			if d.Row.Class != class {
				p.t.Errorf("%s of %s has %s with class %04X, want %04X", queue, n.at.Name, d.Message.Label, uint16(d.Row.Class), uint16(class))
			}
		}
		if len(page) < 500 {
			break
		}
	}
	_, err := n.Purge(ctx, qmtest.Owner, name(queue))
	ok(p.t, err)
}
