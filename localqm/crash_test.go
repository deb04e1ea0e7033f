package localqm_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

// TestCrashesLoseDoubleAndReorderNothing kills a process that works on a queue
// manager's folder, again and again, and accounts for everything that was
// answered before. POSTHOUSE_CRASHES says how often, 30 by default.
func TestCrashesLoseDoubleAndReorderNothing(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 5
	}
	if v := os.Getenv("POSTHOUSE_CRASHES"); v != "" {
		var err error
		kills, err = strconv.Atoi(v)
		ok(t, err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	a := newAccount(t, rand.New(rand.NewPCG(seed, 0)))
	for round := range kills {
		a.round(round)
		if t.Failed() {
			break
		}
	}
	t.Log(a.figures())
}

// answer is what is known of something: whether it happened.
type answer uint8

const (
	no answer = iota
	maybe
	sure
)

// parcel is a message and what the ledger says of it.
type parcel struct {
	queue         string
	express       bool
	journal, ack  bool // asked for by its sender
	born          answer
	taken         answer // received, purged or passed on
	received      answer // by an application from the queue that keeps a journal
	moved         answer
	lookup        uint64 // as answered
	try, answered int    // lines of the ledger
	seen          bool   // somebody worked on it, so it was there
}

// group is a transaction that was not answered: all of it happened or nothing.
type group struct {
	in   string
	outs []string
}

type heldTx struct{ in, out string }

// account keeps what must be in the folder.
type account struct {
	t    *testing.T
	rnd  *rand.Rand
	dir  string
	self mq.GUID                // of the queue manager
	have map[string]*parcel     // by label, as found after the last restart
	held map[mq.GUID]heldTx     // prepared, left so
	late map[string]bool        // sent by transactions that were prepared
	ids  map[mq.ObjectID]string // every identifier that was ever seen
	seqs map[uint64]string      // every sequence number
	sums struct {
		kills, sent, taken, transactions, moved, purges, prepared             int
		lost, doubled, returned, phantoms, reordered, halves, reused, changed int
	}
}

func newAccount(t *testing.T, rnd *rand.Rand) *account {
	a := &account{
		t: t, rnd: rnd, dir: t.TempDir(), have: map[string]*parcel{}, held: map[mq.GUID]heldTx{}, late: map[string]bool{},
		ids: map[mq.ObjectID]string{}, seqs: map[uint64]string{},
	}
	q := a.open()
	a.self = q.Identity().ID
	for name, spec := range map[string]localqm.QueueSpec{
		crashIn: {Journaling: &yes}, crashPurge: {}, crashX1: trans, crashX2: trans, crashAcks: {},
	} {
		_, err := q.CreateQueue(ctx, qmtest.Owner, queueName(name), spec)
		ok(t, err)
	}
	_, err := q.CreateQueue(ctx, qmtest.Owner, queueName(crashLater), localqm.QueueSpec{})
	ok(t, err)
	ok(t, q.Close())
	return a
}

func (a *account) open() *localqm.QueueManager {
	a.t.Helper()
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(a.dir, "data"), Name: "CRASH"})
	ok(a.t, err)
	q, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	ok(a.t, err)
	return q
}

// round lets a child work, kills it, and compares.
func (a *account) round(n int) {
	a.t.Helper()
	ledger := filepath.Join(a.dir, fmt.Sprintf("ledger%d", n))
	self, err := os.Executable()
	ok(a.t, err)
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), crashDir+"="+filepath.Join(a.dir, "data"), crashLedger+"="+ledger, fmt.Sprint(crashRound, "=", n))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ok(a.t, cmd.Start())
	if a.rnd.IntN(8) > 0 { // else perhaps before it has opened the folder
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if info, err := os.Stat(ledger); err == nil && info.Size() > 0 {
				break
			}
			if time.Now().After(deadline) {
				a.t.Fatalf("the child never began: %s", stderr.String())
			}
		}
	}
	time.Sleep(time.Duration(a.rnd.IntN(500)) * time.Millisecond)
	ok(a.t, cmd.Process.Kill())
	_ = cmd.Wait() // killed
	if stderr.Len() > 0 {
		a.t.Fatalf("the child: %s", stderr.String())
	}
	a.sums.kills++
	text, err := os.ReadFile(ledger)
	if err != nil && !os.IsNotExist(err) {
		a.t.Fatal(err)
	}
	q := a.open()
	a.compare(q, readLedger(string(text)))
	ok(a.t, q.Close())
}

// entry is an operation of the ledger.
type entry struct {
	words         []string
	more          []string
	state         answer
	try, answered int
}

func readLedger(text string) []*entry {
	var all []*entry
	byOp := map[string]*entry{}
	for i, line := range strings.Split(text, "\n") {
		w := strings.Fields(line)
		if len(w) < 2 {
			continue
		}
		switch e := byOp[w[1]]; w[0] {
		case "try":
			e = &entry{words: w[2:], state: maybe, try: i}
			byOp[w[1]] = e
			all = append(all, e)
		case "ok":
			e.state, e.more, e.answered = sure, w[2:], i
		case "no":
			e.state = no
		}
	}
	return all
}

// content is what is in the folder: every message by its label.
type content map[string][]place

type place struct {
	queue  string
	lookup uint64
	id     mq.ObjectID
}

func (a *account) read(q *localqm.QueueManager, queues ...string) (content, map[string][]string) {
	a.t.Helper()
	c, order := content{}, map[string][]string{}
	for _, name := range queues {
		for after := uint64(0); ; {
			page, err := q.Browse(ctx, qmtest.Owner, queueName(name), store.Range{After: after, Limit: 1000})
			ok(a.t, err)
			for _, d := range page {
				c[d.Message.Label] = append(c[d.Message.Label], place{name, d.Lookup, d.Message.ID})
				order[name] = append(order[name], d.Message.Label)
				after = d.Lookup
			}
			if len(page) < 1000 {
				break
			}
		}
	}
	return c, order
}

var crashQueues = []string{crashIn, crashPurge, crashX1, crashX2, crashLater}

// compare accounts for everything in the ledger and in the folder.
func (a *account) compare(q *localqm.QueueManager, ledger []*entry) {
	a.t.Helper()
	report, err := q.Check(ctx, qmtest.Owner)
	ok(a.t, err)
	for _, p := range report.Problems {
		a.t.Errorf("check: %s", p)
	}
	list, err := q.Prepared(qmtest.Owner)
	ok(a.t, err)
	found, order := a.read(q, crashQueues...)
	items, groups := a.expect(ledger, list)
	a.settle(items, groups, found)
	for label, it := range items {
		a.judge(label, it, found[label])
	}
	for label, places := range found {
		if items[label] == nil {
			a.sums.phantoms++
			a.t.Errorf("%s is in %s and was never sent", label, places[0].queue)
		}
	}
	a.inOrder(order)
	a.identities(found)
	a.copies(q, items, found)
	a.resolve(q, list)
	a.trim(q)
}

// judge compares one message with what is known of it.
func (a *account) judge(label string, it *parcel, found []place) {
	a.t.Helper()
	switch n := len(found); {
	case n > 1:
		a.sums.doubled++
		a.t.Errorf("%s is there %d times: %v", label, n, found)
	case n == 0 && it.born == sure && it.taken == no && !it.express:
		a.sums.lost++
		a.t.Errorf("%s is lost: %+v", label, it)
	case n == 1 && it.taken == sure:
		a.sums.returned++
		a.t.Errorf("%s is back: %+v", label, it)
	case n == 1 && (it.born == no || it.express):
		a.sums.phantoms++
		a.t.Errorf("%s should not be there: %+v", label, it)
	case n == 1:
		at := found[0]
		right := at.queue == it.queue && it.moved != sure || at.queue == crashLater && it.moved != no
		if !right || it.lookup != 0 && it.lookup != at.lookup {
			a.sums.changed++
			a.t.Errorf("%s is at %+v: %+v", label, at, it)
		}
	}
}

// inOrder checks that each sender's messages stand in the order it sent them.
func (a *account) inOrder(order map[string][]string) {
	a.t.Helper()
	for queue, labels := range order {
		last := map[string]int{}
		for _, l := range labels {
			if a.late[l] {
				continue // its transaction was prepared, and committed when somebody said so
			}
			dot := strings.LastIndexByte(l, '.')
			n, err := strconv.Atoi(l[dot+1:])
			ok(a.t, err)
			if before, there := last[l[:dot]]; there && before >= n {
				a.sums.reordered++
				a.t.Errorf("%s stands behind number %d of its sender in %s", l, before, queue)
			}
			last[l[:dot]] = n
		}
	}
}

// know keeps an identifier and a place, which nobody else may ever get.
func (a *account) know(label string, id mq.ObjectID, lookup uint64) {
	a.t.Helper()
	_, seq := store.SplitLookup(lookup)
	for _, other := range []string{a.ids[id], a.seqs[seq]} {
		if other != "" && other != label {
			a.sums.reused++
			a.t.Errorf("%s has a number of %s", label, other)
		}
	}
	a.ids[id], a.seqs[seq] = label, label
}

func (a *account) identities(found content) {
	a.t.Helper()
	for label, places := range found {
		for _, p := range places {
			a.know(label, p.id, p.lookup)
		}
	}
}

// copies checks journals and acknowledgements, which come and go in one step
// with what they tell of, then empties them.
func (a *account) copies(q *localqm.QueueManager, items map[string]*parcel, found content) {
	a.t.Helper()
	for name, want := range map[string]func(*parcel) answer{
		journal:              func(it *parcel) answer { return told(it.journal && !it.express, it.born) },
		crashAcks:            func(it *parcel) answer { return told(it.ack && !it.express, it.born) },
		crashIn + ";journal": func(it *parcel) answer { return told(it.queue == crashIn && !it.express, it.received) },
	} {
		got, _ := a.read(q, name)
		for label, it := range items {
			n, w := len(got[label]), want(it)
			if w == maybe && it.taken == maybe && it.born == sure && name == crashIn+";journal" {
				w = told(true, map[bool]answer{true: sure, false: no}[len(found[label]) == 0])
			}
			if n > 1 || w == sure && n == 0 || w == no && n > 0 {
				a.sums.halves++
				a.t.Errorf("%s is %d times in %s: %+v", label, n, name, it)
			}
		}
		_, err := q.Purge(ctx, qmtest.Owner, queueName(name))
		ok(a.t, err)
	}
}

func told(asked bool, of answer) answer {
	if !asked {
		return no
	}
	return of
}

// resolve ends most prepared transactions, one way or the other, and sees that
// it happened.
func (a *account) resolve(q *localqm.QueueManager, list []mq.GUID) {
	a.t.Helper()
	after := map[mq.GUID]bool{}
	for _, id := range list {
		if a.rnd.IntN(3) == 0 {
			continue
		}
		after[id] = a.rnd.IntN(2) == 0
		ok(a.t, q.ResolveTransaction(ctx, qmtest.Owner, id, after[id]))
	}
	found, _ := a.read(q, crashQueues...)
	for id, commit := range after {
		h := a.held[id]
		if (len(found[h.in]) == 0) != commit || (len(found[h.out]) == 1) != commit {
			a.sums.halves++
			a.t.Errorf("transaction %s ended with commit=%v: %v %v", id, commit, found[h.in], found[h.out])
		}
		delete(a.held, id)
	}
	a.identities(found)
	a.have = map[string]*parcel{}
	for label, p := range found {
		a.have[label] = &parcel{queue: p[0].queue, born: sure, lookup: p[0].lookup}
	}
}

// trim empties the queues when too much is in them.
func (a *account) trim(q *localqm.QueueManager) {
	a.t.Helper()
	const most = 3000
	if len(a.have) < most {
		return
	}
	for _, name := range crashQueues {
		_, err := q.Purge(ctx, qmtest.Owner, queueName(name))
		ok(a.t, err)
	}
	found, _ := a.read(q, crashQueues...)
	maps.DeleteFunc(a.have, func(label string, _ *parcel) bool { return len(found[label]) == 0 })
	for id, h := range a.held { // theirs are locked: marked, and purged only if given back
		if len(found[h.in]) == 0 {
			a.t.Errorf("a purge took %s from the prepared transaction %s", h.in, id)
		}
	}
}

func (a *account) figures() string {
	s := a.sums
	return fmt.Sprintf("%d kills; answered: %d sends, %d receives, %d transactions, %d moves, %d purges, %d prepared; "+
		"lost %d, doubled %d, returned %d, phantoms %d, reordered %d, halves %d, reused %d, changed %d",
		s.kills, s.sent, s.taken, s.transactions, s.moved, s.purges, s.prepared,
		s.lost, s.doubled, s.returned, s.phantoms, s.reordered, s.halves, s.reused, s.changed)
}
