package localqm_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

func TestMain(m *testing.M) {
	crashChild()
	goleak.VerifyTestMain(m)
}

// each runs a behaviour on the real store and on the model.
func each(t *testing.T, fn func(t *testing.T, q *qmtest.QM)) {
	t.Helper()
	for _, kind := range qmtest.Kinds {
		t.Run(kind.Name, func(t *testing.T) {
			q := qmtest.Start(t, kind)
			sound(t, q)
			fn(t, q)
		})
	}
}

// sound checks the inside of the queue manager when the test ends.
func sound(t *testing.T, q *qmtest.QM) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		var last []string
		defer func() {
			if t.Failed() {
				t.Log(last)
			}
		}()
		qmtest.Eventually(t, "the queue manager is at rest and sound", func() bool {
			last = q.Problems()
			return len(last) == 0
		})
	})
}

var (
	ctx   = context.Background()
	yes   = true
	trans = localqm.QueueSpec{Transactional: &yes}
)

func ptr[T any](v T) *T { return &v }

// want fails unless err carries the code.
func want(t *testing.T, err error, code mq.HResult) {
	t.Helper()
	if mq.CodeOf(err) != code {
		t.Fatalf("got %v, want %v", err, code)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// labels checks what a queue holds, in order.
func labels(t *testing.T, q *qmtest.QM, name string, want ...string) {
	t.Helper()
	same(t, name, q.Labels(name), want)
}

// classes checks the classes of what a queue holds.
func classes(t *testing.T, q *qmtest.QM, name string, want ...mq.Class) {
	t.Helper()
	var got []mq.Class
	for _, d := range q.Browsed(name) {
		got = append(got, d.Row.Class)
	}
	same(t, name, got, want)
}

func receive(t *testing.T, h *localqm.Handle) localqm.Delivery {
	t.Helper()
	d, err := h.Read(ctx, localqm.ReadOptions{})
	ok(t, err)
	return d
}

func begin(t *testing.T, q *qmtest.QM) *localqm.Transaction {
	t.Helper()
	tx, err := q.Begin()
	ok(t, err)
	return tx
}

func count(t *testing.T, q *qmtest.QM, name string) store.Count {
	t.Helper()
	i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
	ok(t, err)
	return i.Count
}

// message with changes.
func message(label string, change func(*mq.Message)) *mq.Message {
	m := qmtest.Message(label)
	if change != nil {
		change(m)
	}
	return m
}

func express(m *mq.Message) { m.Delivery = mq.Express }

const (
	deadLetter = `.\system$;deadletter`
	deadXact   = `.\system$;deadxact`
	journal    = `.\system$;journal`
)

const minute = time.Minute
