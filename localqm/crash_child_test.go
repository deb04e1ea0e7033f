package localqm_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

// The queues of the crash test.
const (
	crashIn    = "in"    // sends, receives, journaling
	crashPurge = "purge" // sends and purges
	crashX1    = "x1"    // transactional: sends, receives in transactions, moves
	crashX2    = "x2"    // transactional: what x1's readers pass on
	crashLater = "x1;later"
	crashAcks  = "acks"
)

const (
	crashDir    = "POSTHOUSE_CRASH_DIR"
	crashLedger = "POSTHOUSE_CRASH_LEDGER"
	crashRound  = "POSTHOUSE_CRASH_ROUND"
)

// crashChild works on a folder until it is killed, if this process is one that
// the crash test started.
func crashChild() {
	dir := os.Getenv(crashDir)
	if dir == "" {
		return
	}
	work := crashWork
	if os.Getenv(crashPublic) != "" {
		work = crashPublicChild
	}
	if err := work(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// worker does random work and writes it down: "try" before, "ok" after it was
// answered, "no" if it was refused.
type worker struct {
	q     *localqm.QueueManager
	rnd   *rand.Rand
	name  string // prefix of its messages
	count int
	out   *os.File
}

var crashOps atomic.Int64

func crashWork(dir string) error {
	out, err := os.OpenFile(os.Getenv(crashLedger), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err != nil {
		return err
	}
	q, err := localqm.Open(context.Background(), localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	if err != nil {
		return err
	}
	round, err := strconv.Atoi(os.Getenv(crashRound))
	if err != nil {
		return err
	}
	if received := os.Getenv(crashReceived); received != "" {
		return crashSend(q, out, round, received)
	}
	kinds := []func(*worker) error{
		(*worker).send, (*worker).send, (*worker).send, (*worker).transact, (*worker).transact,
		(*worker).receive, (*worker).receive, (*worker).pass, (*worker).pass, (*worker).shift, (*worker).purge,
		(*worker).prepare,
	}
	failed := make(chan error, len(kinds))
	for i, kind := range kinds {
		w := &worker{
			q: q, rnd: rand.New(rand.NewPCG(uint64(round), uint64(i))), name: fmt.Sprintf("r%d.w%d", round, i), out: out,
		}
		go func() {
			for {
				if err := kind(w); err != nil {
					failed <- fmt.Errorf("%s: %w", w.name, err)
					return
				}
			}
		}()
	}
	return <-failed
}

// next names a new message.
func (w *worker) next() string {
	w.count++
	return fmt.Sprintf("%s.%d", w.name, w.count)
}

// write is one system call, so a line is there whole or not at all.
func (w *worker) write(words ...any) {
	if _, err := w.out.WriteString(strings.TrimSuffix(fmt.Sprintln(words...), "\n") + "\n"); err != nil {
		panic(err)
	}
}

// do writes down what happens around fn. ok returns more words for the ledger.
func (w *worker) do(fn func() (string, error), words ...any) bool {
	op := fmt.Sprintf("%s#%d", w.name, crashOps.Add(1))
	w.write(append([]any{"try", op}, words...)...)
	more, err := fn()
	if err != nil {
		w.write("no", op, mq.CodeOf(err).Name())
		return false
	}
	w.write("ok", op, more)
	return true
}

func queueName(s string) mq.QueueName {
	n, err := mq.ParseQueue(s)
	if err != nil {
		panic(err)
	}
	return n
}

func (w *worker) open(queue string, a localqm.Access) (*localqm.Handle, error) {
	return w.q.OpenQueue(ctx, qmtest.Owner, queueName(queue), a, localqm.DenyNone)
}

func (w *worker) message(label string) *mq.Message {
	m := qmtest.Message(label)
	m.Body = make([]byte, w.rnd.IntN(3000))
	return m
}

// send: "send QUEUE NAME express journal ack" -> "LOOKUP ORDINAL".
func (w *worker) send() error {
	queue := crashIn
	if w.rnd.IntN(4) == 0 {
		queue = crashPurge
	}
	h, err := w.open(queue, localqm.SendAccess)
	if err != nil {
		return err
	}
	defer h.Close()
	m := w.message(w.next())
	express, journal, ack := w.rnd.IntN(6) == 0, w.rnd.IntN(4) == 0, w.rnd.IntN(4) == 0
	if express {
		m.Delivery = mq.Express
	}
	m.Journal = journal
	if ack {
		m.Acknowledge, m.AdminQueue = mq.AckPositiveArrival, mq.DirectOS(".", `private$\`+crashAcks)
	}
	w.do(func() (string, error) {
		r, err := h.Send(ctx, nil, m)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(r[0].Lookup, " ", r[0].ID.Ordinal), nil
	}, "send", queue, m.Label, express, journal, ack)
	return nil
}

// transact: "tx abort NAME@QUEUE...".
func (w *worker) transact() error {
	tx, err := w.q.Begin()
	if err != nil {
		return err
	}
	words := []any{"tx", w.rnd.IntN(5) == 0}
	for range 1 + w.rnd.IntN(4) {
		queue := []string{crashX1, crashX2}[w.rnd.IntN(2)]
		h, err := w.open(queue, localqm.SendAccess)
		if err != nil {
			return err
		}
		m := w.message(w.next())
		_, err = h.Send(ctx, tx, m)
		h.Close()
		if err != nil {
			return err
		}
		words = append(words, m.Label+"@"+queue)
	}
	w.do(func() (string, error) { return "", w.end(tx, words[1].(bool)) }, words...)
	return nil
}

func (w *worker) end(tx *localqm.Transaction, abort bool) error {
	if abort {
		return tx.Abort(ctx)
	}
	return tx.Commit(ctx)
}

// receive: "take NAME".
func (w *worker) receive() error {
	queue := []string{crashIn, crashIn, crashX2, crashLater}[w.rnd.IntN(4)]
	h, err := w.open(queue, localqm.ReceiveAccess)
	if err != nil {
		return err
	}
	defer h.Close()
	if w.rnd.IntN(2) == 0 {
		p, d, err := h.Begin(ctx, localqm.ReadOptions{})
		if err != nil {
			w.rest()
			return nil
		}
		if w.rnd.IntN(4) == 0 {
			return p.End(ctx, false)
		}
		w.do(func() (string, error) { return "", p.End(ctx, true) }, "take", d.Message.Label)
		return nil
	}
	d, err := h.Read(ctx, localqm.ReadOptions{Peek: true})
	if err != nil {
		w.rest()
		return nil
	}
	w.do(func() (string, error) {
		_, err := h.Read(ctx, localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: d.Lookup})
		return "", err
	}, "take", d.Message.Label)
	return nil
}

func (w *worker) rest() { time.Sleep(time.Millisecond) }

// passing begins a transaction that receives from x1 and sends to x2.
func (w *worker) passing() (tx *localqm.Transaction, in, out string, err error) {
	if tx, err = w.q.Begin(); err != nil {
		return nil, "", "", err
	}
	from, err := w.open(crashX1, localqm.ReceiveAccess)
	if err != nil {
		return nil, "", "", err
	}
	defer from.Close()
	d, err := from.Read(ctx, localqm.ReadOptions{Tx: tx})
	if err != nil {
		w.rest()
		return nil, "", "", tx.Abort(ctx)
	}
	to, err := w.open(crashX2, localqm.SendAccess)
	if err != nil {
		return nil, "", "", err
	}
	defer to.Close()
	m := w.message(w.next())
	_, err = to.Send(ctx, tx, m)
	return tx, d.Message.Label, m.Label, err
}

// pass: "pass abort IN OUT".
func (w *worker) pass() error {
	tx, in, out, err := w.passing()
	if err != nil || tx == nil {
		return err
	}
	abort := w.rnd.IntN(3) == 0
	w.do(func() (string, error) { return "", w.end(tx, abort) }, "pass", abort, in, out)
	return nil
}

// prepare: "prepare ID IN OUT", then perhaps "resolve ID commit".
func (w *worker) prepare() error {
	tx, in, out, err := w.passing()
	if err != nil || tx == nil {
		return err
	}
	if !w.do(func() (string, error) { return "", tx.Prepare(ctx) }, "prepare", tx.ID(), in, out) || w.rnd.IntN(4) == 0 {
		return nil
	}
	commit := w.rnd.IntN(2) == 0
	w.do(func() (string, error) { return "", w.end(tx, !commit) }, "resolve", tx.ID(), commit)
	return nil
}

// shift: "move NAME".
func (w *worker) shift() error {
	h, err := w.open(crashX1, localqm.ReceiveAccess)
	if err != nil {
		return err
	}
	defer h.Close()
	d, err := h.Read(ctx, localqm.ReadOptions{Peek: true})
	if err != nil {
		w.rest()
		return nil
	}
	w.do(func() (string, error) { return "", h.Move(ctx, d.Lookup, queueName(crashLater), nil) }, "move", d.Message.Label)
	time.Sleep(time.Duration(w.rnd.IntN(10)) * time.Millisecond)
	return nil
}

// purge: "purge".
func (w *worker) purge() error {
	time.Sleep(time.Duration(w.rnd.IntN(120)) * time.Millisecond)
	w.do(func() (string, error) {
		_, err := w.q.Purge(ctx, qmtest.Owner, queueName(crashPurge))
		return "", err
	}, "purge")
	return nil
}
