package transport_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is two queue managers; the second has the queues orders and bookings, the
// latter transactional, that everybody may send to.
func pair(t *testing.T) (from, to *transporttest.QM) {
	t.Helper()
	n := transporttest.New(t)
	from, to = n.Start("DESK7"), n.Start("HUB")
	queues(to)
	return from, to
}

// everybody may send, from any computer.
var everybody = []secure.SID{secure.Everyone, secure.Anonymous}

func queues(q *transporttest.QM) {
	yes := true
	q.Create("orders", localqm.QueueSpec{AllowSend: everybody})
	q.Create("bookings", localqm.QueueSpec{AllowSend: everybody, Transactional: &yes})
}

// express is a message kept in memory only.
func express(label string) *mq.Message {
	m := qmtest.Message(label)
	m.Delivery = mq.Express
	return m
}

// sendAll sends count recoverable messages, or express ones.
func sendAll(t testing.TB, q *transporttest.QM, to string, count int, shape func(string) *mq.Message) (labels []string) {
	t.Helper()
	h := q.Open(to, localqm.SendAccess)
	for i := range count {
		label := fmt.Sprintf("%s %04d", q.Name, i)
		if _, err := h.Send(context.Background(), nil, shape(label)); err != nil {
			t.Fatalf("send %s: %v", label, err)
		}
		labels = append(labels, label)
	}
	return labels
}

// book sends count transactional messages, each in a transaction of its own.
func book(t *testing.T, q *transporttest.QM, to string, from, count int) (labels []string) {
	t.Helper()
	h := q.Open(to, localqm.SendAccess)
	for i := range count {
		label := fmt.Sprintf("%s %04d", q.Name, from+i)
		tx, err := q.Begin()
		if err == nil {
			if _, err = h.Send(context.Background(), tx, qmtest.Message(label)); err == nil {
				err = tx.Commit(context.Background())
			}
		}
		if err != nil {
			t.Fatalf("send %s: %v", label, err)
		}
		labels = append(labels, label)
	}
	return labels
}

// holds waits until a queue holds exactly the labels, in their order.
func holds(t *testing.T, q *transporttest.QM, queue string, labels []string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		got := q.Labels(queue)
		if slices.Equal(got, labels) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s on %s holds %d messages %s; want %d %s", queue, q.Name,
				len(got), short(got), len(labels), short(labels))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func short(labels []string) []string {
	if len(labels) <= 8 {
		return labels
	}
	return append(slices.Clone(labels[:4]), append([]string{"..."}, labels[len(labels)-4:]...)...)
}
