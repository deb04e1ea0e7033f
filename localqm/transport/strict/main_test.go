package strict

import (
	"context"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// table starts a queue manager called HUB with the queues orders and bookings, the
// latter transactional, and its peer OFFICE, which is not connected.
func table(t *testing.T, change ...func(*transport.Options)) (*transporttest.QM, *peer) {
	t.Helper()
	t.Parallel() // acknowledgements take their time
	n := transporttest.New(t)
	p := newPeer(t, n, "OFFICE")
	q := n.Start("HUB", change...)
	t.Cleanup(p.close)
	yes := true
	everybody := []secure.SID{secure.Everyone, secure.Anonymous}
	q.Create("orders", localqm.QueueSpec{AllowSend: everybody})
	q.Create("bookings", localqm.QueueSpec{AllowSend: everybody, Transactional: &yes})
	return q, p
}

// number is PrivateQueueIdentifier of a queue.
func number(t *testing.T, q *transporttest.QM, name string) uint32 {
	t.Helper()
	info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
	ok(t, err)
	return info.Queue.Number
}

// holds waits until a queue holds exactly the labels.
func holds(t *testing.T, q *transporttest.QM, queue string, labels ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = q.Labels(queue); slices.Equal(got, labels) {
			return
		}
	}
	t.Fatalf("%s holds %q, want %q", queue, got, labels)
}

// receive takes the first message of a queue.
func receive(t *testing.T, q *transporttest.QM, queue, label string) {
	t.Helper()
	d, err := q.Open(queue, localqm.ReceiveAccess).Read(ctx, localqm.ReadOptions{})
	ok(t, err)
	if d.Message.Label != label {
		t.Fatalf("received %q from %s, want %q", d.Message.Label, queue, label)
	}
}

// book sends messages in one transaction.
func book(t *testing.T, q *transporttest.QM, to string, messages ...*mq.Message) {
	t.Helper()
	tx, err := q.Begin()
	ok(t, err)
	_, err = q.Open(to, localqm.SendAccess).Send(ctx, tx, messages...)
	ok(t, err)
	ok(t, tx.Commit(ctx))
}

func set(t *testing.T, q *transporttest.QM, change func(*localqm.Settings)) {
	t.Helper()
	ok(t, q.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error {
		change(s)
		return nil
	}))
}
