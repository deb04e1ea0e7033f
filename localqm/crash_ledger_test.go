package localqm_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
)

// expect reads from the ledger what must be in the folder, given which
// transactions are prepared there.
func (a *account) expect(ledger []*entry, prepared []mq.GUID) (map[string]*parcel, []group) {
	a.t.Helper()
	x := &expectation{a: a, items: maps.Clone(a.have)}
	transactions, resolved := map[mq.GUID]*entry{}, map[mq.GUID]*entry{}
	for _, e := range ledger {
		switch e.words[0] {
		case "send":
			x.send(e)
		case "tx":
			x.transact(e)
		case "pass":
			x.out(e.words[3])
		case "prepare":
			x.out(e.words[3])
			a.late[e.words[3]] = true
			transactions[a.guid(e.words[1])] = e
			a.count(e, &a.sums.prepared)
		case "resolve":
			resolved[a.guid(e.words[1])] = e
		}
	}
	for id, e := range transactions {
		x.prepared(id, e, resolved[id], slices.Contains(prepared, id))
	}
	for _, e := range ledger {
		switch e.words[0] {
		case "take":
			x.take(e)
		case "pass":
			x.pass(e, e.words[1] == "true", e.words[2], e.words[3])
		case "move":
			it := x.seen(e.words[1])
			it.moved = max(it.moved, e.state)
			a.count(e, &a.sums.moved)
		case "purge":
			x.purges = append(x.purges, e)
			a.count(e, &a.sums.purges)
		}
	}
	for id, h := range a.held {
		if !slices.Contains(prepared, id) {
			a.t.Errorf("transaction %s is no longer prepared", id)
		}
		if e := transactions[id]; e == nil {
			x.seen(h.in)
		}
	}
	for _, it := range x.items {
		x.purge(it)
	}
	return x.items, x.groups
}

func (a *account) count(e *entry, n *int) {
	if e.state == sure {
		*n++
	}
}

func (a *account) guid(s string) mq.GUID {
	a.t.Helper()
	id, err := mq.ParseGUID(s)
	ok(a.t, err)
	return id
}

type expectation struct {
	a      *account
	items  map[string]*parcel
	groups []group
	purges []*entry
}

func (x *expectation) send(e *entry) {
	it := &parcel{
		queue: e.words[1], express: e.words[3] == "true", journal: e.words[4] == "true", ack: e.words[5] == "true",
		born: e.state, try: e.try, answered: e.answered,
	}
	x.items[e.words[2]] = it
	if e.state != sure {
		return
	}
	x.a.sums.sent++
	var err error
	it.lookup, err = strconv.ParseUint(e.more[0], 10, 64)
	ok(x.a.t, err)
	ordinal, err := strconv.ParseUint(e.more[1], 10, 32)
	ok(x.a.t, err)
	x.a.know(e.words[2], mq.ObjectID{Source: x.a.self, Ordinal: uint32(ordinal)}, it.lookup)
}

func (x *expectation) transact(e *entry) {
	x.a.count(e, &x.a.sums.transactions)
	var g group
	for _, word := range e.words[2:] {
		label, queue, _ := strings.Cut(word, "@")
		it := &parcel{queue: queue}
		if e.words[1] != "true" {
			it.born = e.state
		}
		x.items[label] = it
		g.outs = append(g.outs, label)
	}
	if e.words[1] != "true" && e.state == maybe {
		x.groups = append(x.groups, g)
	}
}

func (x *expectation) out(label string) { x.items[label] = &parcel{queue: crashX2} }

// seen is an item that somebody worked on: it was visible, so it was committed.
func (x *expectation) seen(label string) *parcel {
	it := x.items[label]
	if it == nil {
		x.a.t.Fatalf("%s was worked on and never sent", label)
	}
	if it.born == no {
		x.a.sums.phantoms++
		x.a.t.Errorf("%s was worked on, and its sending was refused or aborted", label)
	}
	it.seen, it.born = true, sure
	return it
}

func (x *expectation) take(e *entry) {
	it := x.seen(e.words[1])
	it.taken = max(it.taken, e.state)
	it.received = max(it.received, e.state)
	x.a.count(e, &x.a.sums.taken)
}

func (x *expectation) pass(e *entry, abort bool, in, out string) {
	x.a.count(e, &x.a.sums.transactions)
	it := x.seen(in)
	if abort {
		return
	}
	it.taken = max(it.taken, e.state)
	if x.items[out].seen {
		return
	}
	x.items[out].born = e.state
	if e.state == maybe {
		x.groups = append(x.groups, group{in: in, outs: []string{out}})
	}
}

// prepared tells what a prepared transaction came to.
func (x *expectation) prepared(id mq.GUID, e, resolve *entry, still bool) {
	in, out := e.words[2], e.words[3]
	it := x.seen(in)
	switch {
	case still && (resolve != nil && resolve.state == sure || e.state == no):
		x.a.sums.halves++
		x.a.t.Errorf("transaction %s is still prepared", id)
	case still:
		x.a.held[id] = heldTx{in, out}
	case e.state == sure && resolve == nil:
		x.a.sums.lost++
		x.a.t.Errorf("transaction %s is not prepared any more", id)
	case resolve != nil && resolve.words[2] == "true" && resolve.state != no:
		it.taken, x.items[out].born = sure, sure
	}
}

// purge applies the purges to a message of their queue.
func (x *expectation) purge(it *parcel) {
	if it.queue != crashPurge {
		return
	}
	for _, e := range x.purges {
		before := it.born == sure && it.answered <= e.try // also what was there at the start
		switch {
		case e.state == sure && before:
			it.taken = sure
		case e.state == no, e.state == sure && it.try > e.answered:
		default:
			it.taken = max(it.taken, maybe)
		}
	}
}

// settle decides what was not answered by what is there: all of a transaction
// happened, or nothing.
func (a *account) settle(items map[string]*parcel, groups []group, found content) {
	for _, g := range groups {
		happened := false
		for _, label := range g.outs {
			happened = happened || items[label].seen || len(found[label]) > 0
		}
		for _, label := range g.outs {
			items[label].born = no
			if happened {
				items[label].born = sure
			}
		}
		if it := items[g.in]; it != nil {
			it.taken = no
			if happened {
				it.taken = sure
			}
		}
	}
	for label, it := range items {
		if it.born == maybe && len(found[label]) > 0 {
			it.born = sure
		}
		if it.born == maybe && it.queue == crashIn && !it.express {
			it.born = no // nobody saw it, and it is not there
		}
	}
}
