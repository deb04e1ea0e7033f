package faults

import (
	"fmt"
	"testing"
)

// audit compares what was sent with what came, over many accounts.
type audit struct {
	t     testing.TB
	sums  sums
	known [2]known // by sender
}

func newAudit(t testing.TB) *audit {
	a := &audit{t: t}
	for i := range a.known {
		a.known[i] = known{ids: map[uint32]string{}, numbers: map[position]string{}, queues: map[uint64]string{}}
	}
	return a
}

// wrong counts something that may not be.
func (a *audit) wrong(sum *int, format string, args ...any) {
	a.t.Helper()
	*sum++
	a.t.Errorf(format, args...)
}

func (a *audit) compare(b *books) {
	a.t.Helper()
	s := &a.sums
	seen := map[string][]receipt{} // by label, of who did not send it
	for to := range b.receipts {
		for queue, receipts := range b.receipts[to] {
			for _, r := range receipts {
				p := b.parcels[r.label]
				if p == nil || p.from == to || p.queue != queue {
					a.wrong(&s.unexplained, "%s is in %s and was not sent there", r.label, queue)
					continue
				}
				seen[r.label] = append(seen[r.label], r)
				a.know(&a.known[p.from], p, r)
			}
			a.inOrder(b, receipts)
		}
	}
	groups := map[*group]bool{}
	for label, p := range b.parcels {
		a.judge(p, seen[label], b.dead[p.from][label])
		a.copies(p, len(seen[label]) > 0, b)
		if p.group != nil && p.state == maybe {
			groups[p.group] = true
		}
	}
	for g := range groups {
		a.whole(g, seen, b)
	}
	for i := range b.dead {
		for what, found := range map[string]map[string]int{"journal": b.journal[i], "dead": b.dead[i], "acks": b.acks[i]} {
			for label := range found {
				if p := b.parcels[label]; p == nil || p.from != i {
					a.wrong(&s.unexplained, "%s is in %s of side %d and not of it", label, what, i)
				}
			}
		}
	}
}

// judge accounts for one message.
func (a *audit) judge(p *parcel, seen []receipt, dead int) {
	a.t.Helper()
	s := &a.sums
	lost, doubled, phantom := &s.lost, &s.doubled, &s.phantoms
	switch {
	case p.group == nil && p.queue == queueExpress:
		doubled = &s.doubledExpress
		count(p, &s.express)
	case p.group == nil:
		lost, doubled, phantom = &s.lostOnce, &s.doubledOnce, &s.phantomOnce
		count(p, &s.recoverable)
	default:
		count(p, &s.transactional)
	}
	if len(seen) > 0 {
		s.received++
	}
	s.expired += dead
	for i, r := range seen {
		if i == 0 || seen[i-1].state != sure {
			continue
		}
		if p.queue == queueExpress && r.life != seen[i-1].life {
			s.again++
			continue
		}
		a.wrong(doubled, "%s came again: %+v", p.label, seen)
	}
	switch {
	case p.state == no && len(seen)+dead > 0:
		a.wrong(phantom, "%s came and was not sent: %+v", p.label, seen)
	case dead > 1 || dead > 0 && !(p.wants("x") && p.wants("d")):
		a.wrong(&s.unexplained, "%s is %d times among the dead letters", p.label, dead)
	case dead > 0 && len(seen) > 0:
		s.both++
	case p.state == sure && len(seen)+dead == 0 && p.queue != queueExpress && (!p.wants("x") || p.wants("d")):
		a.wrong(lost, "%s is lost: %+v", p.label, *p)
	}
}

func count(p *parcel, sum *int) {
	if p.state == sure {
		*sum++
	}
}

// copies accounts for what the sender was told of a message.
func (a *audit) copies(p *parcel, came bool, b *books) {
	a.t.Helper()
	want := func(wish string) int {
		if p.wants(wish) && came {
			return 1
		}
		return 0
	}
	if n := b.journal[p.from][p.label]; n != want("j") {
		a.wrong(&a.sums.copies, "%s is %d times in the journal; wishes %s, came %v", p.label, n, p.wishes, came)
	}
	if n := b.acks[p.from][p.label]; n != want("a") {
		a.wrong(&a.sums.answers, "%s is acknowledged %d times; wishes %s, came %v", p.label, n, p.wishes, came)
	}
	a.sums.journaled += want("j")
	a.sums.acknowledged += want("a")
}

// whole checks that a transaction that was not answered happened, or did not.
func (a *audit) whole(g *group, seen map[string][]receipt, b *books) {
	a.t.Helper()
	var happened, not []string
	for _, p := range g.parcels {
		switch {
		case len(seen[p.label])+b.dead[p.from][p.label] > 0:
			happened = append(happened, p.label)
		case !p.wants("x"):
			not = append(not, p.label)
		}
	}
	if len(happened) > 0 && len(not) > 0 {
		a.wrong(&a.sums.halves, "of a transaction %v came and %v did not", happened, not)
	}
}

// inOrder checks that each sender's transactional messages come as it sent them.
func (a *audit) inOrder(b *books, receipts []receipt) {
	a.t.Helper()
	last := map[string]int{}
	for i, r := range receipts {
		p := b.parcels[r.label]
		if p == nil || p.group == nil {
			continue
		}
		if last[p.sender] > p.number {
			var around []string
			for _, x := range receipts[max(0, i-5):min(len(receipts), i+3)] {
				around = append(around, fmt.Sprint(x.label, "@", x.stream, ".", x.number, " life ", x.life))
			}
			a.wrong(&a.sums.reordered, "%s came after number %d of its sender: %v", p.label, last[p.sender], around)
		}
		last[p.sender] = p.number
	}
}

// know keeps what identifies a message.
func (a *audit) know(k *known, p *parcel, r receipt) {
	a.t.Helper()
	at := position{r.stream, r.number}
	reused := k.ids[r.ordinal] != "" && k.ids[r.ordinal] != p.label
	k.ids[r.ordinal] = p.label
	if p.group != nil {
		reused = reused || k.numbers[at] != "" && k.numbers[at] != p.label || k.queues[r.stream] != "" && k.queues[r.stream] != p.queue
		k.numbers[at], k.queues[r.stream] = p.label, p.queue
	}
	if reused {
		a.wrong(&a.sums.reused, "%s has an identifier or a place of another message: %+v", p.label, r)
	}
}

// figures are violations of trials.
func (a *audit) figures() string {
	s := a.sums
	return fmt.Sprintf(
		"transactional: lost %d, doubled %d, reordered %d, phantoms %d, halves %d / %d; "+
			"recoverable: lost %d, doubled %d, phantoms %d / %d; "+
			"express: doubled %d / %d (after a restart of their receiver %d came again); "+
			"journal wrong %d / %d; acknowledgements wrong %d / %d; expired %d, of them %d had arrived; "+
			"numbers reused %d, unexplained %d / %d received; stuck %d",
		s.lost, s.doubled, s.reordered, s.phantoms, s.halves, s.transactional,
		s.lostOnce, s.doubledOnce, s.phantomOnce, s.recoverable,
		s.doubledExpress, s.express, s.again,
		s.copies, s.journaled, s.answers, s.acknowledged, s.expired, s.both,
		s.reused, s.unexplained, s.received, s.stuck)
}
