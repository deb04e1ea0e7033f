package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// childEnv tells this test binary, run again, that it is a queue manager whose
// clients work until it is killed.
const childEnv = "POSTHOUSE_FAULTS_CHILD"

// life is a process of a queue manager.
type life struct {
	place
	Number int    // of its side
	Ledger string // file
	Seed   uint64
	Point  string // the failpoint that kills it, on pass Pass; empty: others do
	Pass   int
	// Streams: only transactional messages are sent, and nothing is asked for.
	Streams bool
}

// command prepares a process.
func (l life) command(t testing.TB) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	ok(t, err)
	data, err := json.Marshal(l)
	ok(t, err)
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+string(data))
	return cmd
}

func runChild() {
	data := os.Getenv(childEnv)
	if data == "" {
		return
	}
	var l life
	err := json.Unmarshal([]byte(data), &l)
	if err == nil {
		err = l.run()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// killSelf ends the process as kill -9 does.
func killSelf() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// run works until the process is killed.
func (l life) run() error {
	out, err := os.OpenFile(l.Ledger, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if l.Point != "" {
		var passes atomic.Int64
		failpoint.Set(func(name string) {
			if name == l.Point && passes.Add(1) == int64(l.Pass) {
				killSelf()
			}
		})
	}
	n, err := l.start()
	if err != nil {
		return err
	}
	go n.hurry(ctx)
	kinds := []func(*client) error{
		(*client).book, (*client).book, (*client).order, (*client).express, (*client).perish,
		(*client).takeBooked, (*client).takeOrders, (*client).takeExpress,
	}
	if l.Streams {
		kinds = []func(*client) error{(*client).book, (*client).book, (*client).perish, (*client).takeBooked}
	}
	failed := make(chan error, len(kinds))
	for i, kind := range kinds {
		c := &client{
			n: n, out: out, rnd: rand.New(rand.NewPCG(l.Seed, uint64(i))), //nolint:gosec // repeatable
			name: fmt.Sprintf("%s.%d.%d", l.Name, l.Number, i), handles: map[string]*localqm.Handle{}, modest: l.Streams,
		}
		go func() {
			for {
				if err := kind(c); err != nil {
					failed <- fmt.Errorf("%s: %w", c.name, err)
					return
				}
				time.Sleep(time.Duration(c.rnd.IntN(20)) * time.Millisecond)
			}
		}()
	}
	return <-failed
}

// client is an application: it writes down "try" before what it does, and "ok"
// or "no" after that was answered.
type client struct {
	n       *node
	out     *os.File
	rnd     *rand.Rand
	name    string // what its messages are called by
	count   int
	handles map[string]*localqm.Handle
	modest  bool // its messages ask for nothing
}

var operations atomic.Int64

// write is one system call, so a line is there whole or not at all, and it is
// there even if the process is not a moment later.
func (c *client) write(words ...any) {
	if _, err := c.out.WriteString(strings.TrimSuffix(fmt.Sprintln(words...), "\n") + "\n"); err != nil {
		panic(err)
	}
}

// do writes down what happens around fn, which may give more words.
func (c *client) do(fn func() (string, error), words ...any) {
	op := operations.Add(1)
	c.write(append([]any{"try", op}, words...)...)
	more, err := fn()
	if err != nil {
		c.write("no", op, mq.CodeOf(err).Name())
		return
	}
	c.write("ok", op, more)
}

func (c *client) open(queue string, a localqm.Access) (*localqm.Handle, error) {
	if h := c.handles[queue]; h != nil {
		return h, nil
	}
	h, err := c.n.OpenQueue(ctx, qmtest.Owner, name(queue), a, localqm.DenyNone)
	c.handles[queue] = h
	return h, err
}

func (c *client) dice(n int) bool { return c.rnd.IntN(n) == 0 }

// message makes the next one. Its wishes are letters: j journal it when it has
// arrived, d keep it if it cannot, a tell that it has arrived, x it is worth
// nothing after a second.
func (c *client) message(wishes string) *mq.Message {
	c.count++
	m := qmtest.Message(fmt.Sprintf("%s.%d", c.name, c.count))
	m.Body = make([]byte, c.rnd.IntN(2000))
	for _, w := range wishes {
		switch w {
		case 'j':
			m.Journal = true
		case 'd':
			m.DeadLetter = true
		case 'a':
			m.Acknowledge = mq.AckPositiveArrival
			m.AdminQueue = mq.DirectOS(c.n.at.Name, `private$\`+queueAcks)
		case 'x':
			m.TimeToReachQueue = 1
		}
	}
	return m
}

// wishes are some of what can be asked for.
func (c *client) wishes(letters string) string {
	var s strings.Builder
	s.WriteByte('-')
	for _, l := range letters {
		if !c.modest && c.dice(4) {
			s.WriteRune(l)
		}
	}
	return s.String()
}

// book sends within a transaction: "book end LABEL@QUEUE@WISHES...".
func (c *client) book() error {
	tx, err := c.n.Begin()
	if err != nil {
		return err
	}
	end := "commit"
	if c.dice(6) {
		end = "abort"
	}
	words := []any{"book", end}
	for range 1 + c.rnd.IntN(4) {
		queue := queueBooked
		if c.dice(2) {
			queue = queueKept
		}
		if err := c.within(tx, queue, c.wishes("jda"), &words); err != nil {
			return err
		}
	}
	c.finish(tx, words)
	return nil
}

// perish sends what may expire on the way, between what does not.
func (c *client) perish() error {
	time.Sleep(time.Duration(c.rnd.IntN(20)) * time.Millisecond)
	tx, err := c.n.Begin()
	if err != nil {
		return err
	}
	words := []any{"book", "commit"}
	late := "-xd"
	if c.modest {
		late = "-x"
	}
	for _, wishes := range []string{"-x", late, "-"} {
		if err := c.within(tx, queueBooked, wishes, &words); err != nil {
			return err
		}
	}
	c.finish(tx, words)
	return nil
}

func (c *client) within(tx *localqm.Transaction, queue, wishes string, words *[]any) error {
	h, err := c.open(c.n.peerQueue(queue), localqm.SendAccess)
	if err != nil {
		return err
	}
	m := c.message(wishes)
	if _, err := h.Send(ctx, tx, m); err != nil {
		return err
	}
	*words = append(*words, m.Label+"@"+queue+"@"+wishes)
	return nil
}

func (c *client) finish(tx *localqm.Transaction, words []any) {
	c.do(func() (string, error) {
		if words[1] == "abort" {
			return "", tx.Abort(ctx)
		}
		return "", tx.Commit(ctx)
	}, words...)
}

// order sends a recoverable message: "send LABEL@QUEUE@WISHES".
func (c *client) order() error { return c.send(queueOrders, c.wishes("jda"), mq.Recoverable) }

// express sends an express message.
func (c *client) express() error { return c.send(queueExpress, "-", mq.Express) }

func (c *client) send(queue, wishes string, d mq.Delivery) error {
	h, err := c.open(c.n.peerQueue(queue), localqm.SendAccess)
	if err != nil {
		return err
	}
	m := c.message(wishes)
	m.Delivery = d
	c.do(func() (string, error) {
		_, err := h.Send(ctx, nil, m)
		return "", err
	}, "send", m.Label+"@"+queue+"@"+wishes)
	return nil
}

func (c *client) takeBooked() error  { return c.take(queueBooked, true) }
func (c *client) takeOrders() error  { return c.take(queueOrders, false) }
func (c *client) takeExpress() error { return c.take(queueExpress, false) }

// take receives the next message: "take QUEUE LABEL NUMBER STREAM PLACE".
func (c *client) take(queue string, transactional bool) error {
	h, err := c.open(queue, localqm.ReceiveAccess)
	if err != nil {
		return err
	}
	wait, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	d, err := h.Read(wait, localqm.ReadOptions{Peek: true, Timeout: time.Second})
	if err != nil {
		return nil // none is there
	}
	c.do(func() (string, error) {
		o := localqm.ReadOptions{Seek: localqm.SeekCurrent, Lookup: d.Lookup}
		if !transactional {
			_, err := h.Read(ctx, o)
			return "", err
		}
		if o.Tx, err = c.n.Begin(); err != nil {
			return "", err
		}
		if _, err := h.Read(ctx, o); err != nil {
			return "", err
		}
		return "", o.Tx.Commit(ctx)
	}, append([]any{"take", queue}, receiptWords(d.Message)...)...)
	return nil
}

// receiptWords are those for a message that was received.
func receiptWords(m *mq.Message) []any {
	return []any{m.Label, m.ID.Ordinal, m.Sequence, m.SequenceNumber}
}
