package localqm_test

import (
	"bytes"
	"errors"
	"fmt"
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
	"posthouse/localqm/wire"
)

// crashReceived is where the receiver of the crash test writes what it accepts:
// it is another computer, which goes on while the sender is killed.
const crashReceived = "POSTHOUSE_CRASH_RECEIVED"

// TestCrashesOfTheSenderLoseDoubleAndReorderNothing kills a process that sends to
// another computer, again and again. Every number of a stream is used once, and
// in the end everything that was answered has arrived, once and in order.
func TestCrashesOfTheSenderLoseDoubleAndReorderNothing(t *testing.T) {
	kills := 12
	if testing.Short() {
		kills = 3
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	folder, log := filepath.Join(dir, "data"), filepath.Join(dir, "received")
	s, err := store.Open(ctx, store.Options{Dir: folder, Name: "CRASH"})
	ok(t, err)
	ok(t, s.Close())
	self, err := os.Executable()
	ok(t, err)
	var ledger []*entry
	for n := range kills {
		name := filepath.Join(dir, fmt.Sprint("ledger", n))
		cmd := exec.Command(self, "-test.run=^$")
		cmd.Env = append(os.Environ(), crashDir+"="+folder, crashLedger+"="+name, fmt.Sprint(crashRound, "=", n), crashReceived+"="+log)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		ok(t, cmd.Start())
		qmtest.Eventually(t, "the child works", func() bool {
			info, err := os.Stat(name)
			return err == nil && info.Size() > 0
		})
		time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond) // until any moment of its work
		ok(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed
		if stderr.Len() > 0 {
			t.Fatalf("the child: %s", stderr.String())
		}
		text, err := os.ReadFile(name)
		ok(t, err)
		ledger = append(ledger, readLedger(string(text))...)
	}
	r, err := newReceiver(log)
	ok(t, err)
	ok(t, drainTo(folder, r))
	r.compare(t, ledger)
}

// receiver is another computer as MS-MQQB 3.1.5.8.6 wants it.
type receiver struct {
	out      *os.File
	last     localqm.Sequence
	accepted []string // labels, in order
	places   map[string]string
	plain    map[string]bool // not transactional
}

// newReceiver goes on where it was.
func newReceiver(name string) (*receiver, error) {
	r := &receiver{places: map[string]string{}, plain: map[string]bool{}}
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		if len(w) == 1 {
			r.plain[w[0]] = true
			continue
		}
		id, err := strconv.ParseUint(w[1], 10, 64)
		if err != nil {
			return nil, err
		}
		number, err := strconv.ParseUint(w[2], 10, 32)
		if err != nil {
			return nil, err
		}
		r.places[w[1]+" "+w[2]] = w[0]
		r.note(w[0], localqm.Sequence{ID: id, Number: uint32(number)})
	}
	r.out, err = os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return r, err
}

func (r *receiver) note(label string, at localqm.Sequence) {
	r.last = at
	r.accepted = append(r.accepted, label)
}

// take is what it does with a packet. An error: a place of a stream was used for
// two messages.
func (r *receiver) take(packet []byte) error {
	m, err := wire.Parse(packet, peer.ID)
	if err != nil {
		return err
	}
	if !m.Transactional {
		r.plain[m.Label] = true
		_, err = fmt.Fprintln(r.out, m.Label)
		return err
	}
	at := localqm.Sequence{ID: m.Sequence, Number: m.SequenceNumber, Previous: m.PreviousNumber}
	place := fmt.Sprint(at.ID, " ", at.Number)
	if other := r.places[place]; other != "" && other != m.Label {
		return fmt.Errorf("%s and %s both have place %s", other, m.Label, place)
	}
	r.places[place] = m.Label
	if at.ID == r.last.ID && at.Number > r.last.Number && at.Previous <= r.last.Number || at.ID > r.last.ID && at.Previous == 0 {
		r.note(m.Label, at)
		_, err = fmt.Fprintln(r.out, m.Label, place)
	}
	return err
}

// carry takes what may leave to the receiver, who acknowledges some of it.
func (r *receiver) carry(q *localqm.QueueManager, o *localqm.Outgoing, rnd *rand.Rand) (int, error) {
	parcels, err := o.Take(ctx, peer, 1+rnd.IntN(30), 1<<20)
	if err != nil {
		return 0, err
	}
	for i, p := range parcels {
		if rnd.IntN(100) == 0 { // the session breaks
			o.Release(parcels[i:])
			o.Resend()
			parcels = parcels[:i]
			break
		}
		if err := r.take(p.Packet); err != nil {
			return 0, err
		}
	}
	o.Delivered(parcels)
	if r.last.ID != 0 && rnd.IntN(3) == 0 {
		q.Ordered(peer, wire.Order{Sequence: r.last.ID, Number: r.last.Number})
	}
	return len(parcels), nil
}

// drainTo carries everything that is left.
func drainTo(folder string, r *receiver) error {
	s, err := store.Open(ctx, store.Options{Dir: folder})
	if err != nil {
		return err
	}
	q, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	if err != nil {
		return err
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := 0; ; n++ {
		if n == 100_000 {
			return errors.New("something never leaves")
		}
		all := q.Outgoings()
		if len(all) == 0 || all[0].Unsent() == 0 {
			break
		}
		moved, err := r.carry(q, all[0], rnd)
		if err != nil {
			return err
		}
		if moved == 0 {
			all[0].Resend()
			if err := q.Settle(); err != nil {
				return err
			}
		}
	}
	report, err := q.Check(ctx, qmtest.Owner)
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("check: %v", report.Problems)
	}
	return errors.Join(err, q.Close())
}

// compare accounts for everything that was answered.
func (r *receiver) compare(t *testing.T, ledger []*entry) {
	t.Helper()
	times, last := map[string]int{}, map[string]int{}
	for _, label := range r.accepted {
		times[label]++
		dot := strings.LastIndexByte(label, '.')
		n, err := strconv.Atoi(label[dot+1:])
		ok(t, err)
		if n <= last[label[:dot]] {
			t.Errorf("%s came after number %d of its sender", label, last[label[:dot]])
		}
		last[label[:dot]] = n
	}
	sent, answered := map[string]bool{}, 0
	for _, e := range ledger {
		first := -1
		for _, label := range e.words[1:] {
			sent[label] = true
			n := times[label]
			if e.words[0] == "plain" {
				n = map[bool]int{true: 1}[r.plain[label]]
			}
			if n > 1 || e.state == sure && n != 1 || e.state == no && n != 0 {
				t.Errorf("%s arrived %d times; it was answered: %v", label, n, e.state == sure)
			}
			if first >= 0 && n != first {
				t.Errorf("half of the transaction of %s arrived", label)
			}
			first = n
		}
		if e.state == sure {
			answered++
		}
	}
	for label := range times {
		if !sent[label] {
			t.Errorf("%s arrived and was never sent", label)
		}
	}
	t.Logf("%d sends answered, %d transactional messages arrived", answered, len(times))
	if answered == 0 {
		t.Error("nothing was sent")
	}
}

// crashSend sends and carries until it is killed.
func crashSend(q *localqm.QueueManager, out *os.File, round int, received string) error {
	r, err := newReceiver(received)
	if err != nil {
		return err
	}
	failed := make(chan error, 5)
	for i := range 4 {
		w := &worker{
			q: q, rnd: rand.New(rand.NewPCG(uint64(round), uint64(i))), name: fmt.Sprintf("r%d.w%d", round, i), out: out,
		}
		go func() {
			for {
				if err := w.sendFar(i == 0); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	go func() {
		rnd := rand.New(rand.NewPCG(uint64(round), 99))
		for {
			for _, o := range q.Outgoings() {
				if _, err := r.carry(q, o, rnd); err != nil {
					failed <- err
					return
				}
			}
			time.Sleep(time.Millisecond) // let the senders get ahead
		}
	}()
	return <-failed
}

// sendFar: "plain NAME" or "tx NAME...".
func (w *worker) sendFar(plain bool) error {
	h, err := w.open(farOrders, localqm.SendAccess)
	if err != nil {
		return err
	}
	defer h.Close()
	if plain {
		m := w.message(w.next())
		w.do(func() (string, error) { _, err := h.Send(ctx, nil, m); return "", err }, "plain", m.Label)
		w.rest()
		return nil
	}
	tx, err := w.q.Begin()
	if err != nil {
		return err
	}
	words := []any{"tx"}
	var all []*mq.Message
	for range 1 + w.rnd.IntN(3) {
		m := w.message(w.next())
		m.DeadLetter = w.rnd.IntN(2) == 0
		all, words = append(all, m), append(words, m.Label)
	}
	if _, err := h.Send(ctx, tx, all...); err != nil {
		return err
	}
	w.do(func() (string, error) { return "", tx.Commit(ctx) }, words...)
	return nil
}
