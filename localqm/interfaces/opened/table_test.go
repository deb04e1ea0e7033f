package opened_test

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func open(q *qmtest.QM) *localqm.Handle { return q.Open(`.\private$\orders`, localqm.ReceiveAccess) }

func add(t *testing.T, table *opened.Table, h *localqm.Handle, use opened.Use) *opened.Queue {
	t.Helper()
	q, err := table.Add(h, use)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func usable(q *opened.Queue) bool {
	_, err := q.Handle.Cursor()
	return err == nil
}

func start(t *testing.T) *qmtest.QM {
	t.Helper()
	m := qmtest.Start(t, qmtest.Memory)
	m.Create(`.\private$\orders`, localqm.QueueSpec{})
	return m
}

func TestAnOpenQueueIsTheRemoteReadersOnceItHasClaimedIt(t *testing.T) {
	m, table := start(t), opened.NewTable()
	q := add(t, table, open(m), opened.Opened)
	if found, err := table.Find(q.Number); err != nil || found != q || q.Number == 0 {
		t.Fatalf("Find(%d) = %v, %v", q.Number, found, err)
	}
	if !q.Claim() {
		t.Fatal("it was not given to its first reader")
	}
	if q.Claim() {
		t.Error("it was given to a second reader")
	}
	q.Release()
	if !usable(q) || table.Len() != 1 {
		t.Error("its opener closed it under its reader")
	}
	q.Close()
	q.Close()
	if _, err := table.Find(q.Number); mq.CodeOf(err) != mq.ErrInvalidHandle {
		t.Errorf("after Close: %v", err)
	}
	if usable(q) || q.Claim() {
		t.Error("it is open after Close")
	}
}

func TestAnOpenQueueWithoutReaderGoesWithItsOpener(t *testing.T) {
	m, table := start(t), opened.NewTable()
	for _, use := range []opened.Use{opened.Local, opened.Opened} {
		q := add(t, table, open(m), use)
		q.Release()
		if usable(q) || table.Len() != 0 {
			t.Errorf("use %d: it is still open", use)
		}
	}
}

func TestALocalQueueIsNoRemoteReaders(t *testing.T) {
	m, table := start(t), opened.NewTable()
	if add(t, table, open(m), opened.Local).Claim() {
		t.Error("a queue that was opened to be read here was given away")
	}
}

func TestCursorsAreKnownByNumbersOfTheirQueue(t *testing.T) {
	m, table := start(t), opened.NewTable()
	one, other := add(t, table, open(m), opened.Opened), add(t, table, open(m), opened.Opened)
	first, err := one.OpenCursor()
	if err != nil {
		t.Fatal(err)
	}
	second, err := one.OpenCursor()
	if err != nil {
		t.Fatal(err)
	}
	if first == 0 || first == second {
		t.Errorf("numbers %d and %d", first, second)
	}
	if _, err := other.Cursor(first); mq.CodeOf(err) != mq.ErrInvalidHandle {
		t.Errorf("the cursor of another queue: %v", err)
	}
	if err := one.CloseCursor(first); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"closed twice":  one.CloseCursor(first),
		"never opened":  one.CloseCursor(77),
		"another queue": other.CloseCursor(second),
	} {
		if mq.CodeOf(err) != mq.ErrInvalidHandle {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAQueueHasOnlySoManyCursors(t *testing.T) {
	m, table := start(t), opened.NewTable()
	q := add(t, table, open(m), opened.Opened)
	for range opened.MostCursors {
		if _, err := q.OpenCursor(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.OpenCursor(); mq.CodeOf(err) != mq.ErrInsufficientResources {
		t.Errorf("one more: %v", err)
	}
}

func TestAllQueuesHaveOnlySoManyCursors(t *testing.T) {
	m, table := start(t), opened.NewTable()
	var queues []*opened.Queue
	full := func() bool {
		q := add(t, table, open(m), opened.Opened)
		queues = append(queues, q)
		for range opened.MostCursors {
			if _, err := q.OpenCursor(); err != nil {
				return mq.CodeOf(err) == mq.ErrInsufficientResources
			}
		}
		return false
	}
	for !full() {
		if len(queues) > 100 {
			t.Fatal("there is no end")
		}
	}
	queues[0].Close()
	if _, err := queues[len(queues)-1].OpenCursor(); err != nil {
		t.Errorf("when one is closed: %v", err)
	}
	if _, err := queues[0].OpenCursor(); mq.CodeOf(err) != mq.ErrInvalidHandle {
		t.Errorf("of a closed one: %v", err)
	}
}
