package qm2qm_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/opened"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/interfaces/qm2qm"
	"posthouse/localqm/qmtest"
)

// Whatever stub data says, it is a fault or an answer, and but for a purge nothing is
// lost by it. A word of 7 stands for the number of the queue.
func FuzzStub(f *testing.F) {
	m := qmtest.Start(f, qmtest.Memory)
	m.Create(orders, localqm.QueueSpec{})
	m.Send(orders, qmtest.Message("one"))
	table := opened.NewTable()
	q, err := table.Add(m.Open(orders, localqm.ReceiveAccess), opened.Opened)
	if err != nil {
		f.Fatal(err)
	}
	c := peertest.New(qm2qm.New(qm2qm.Options{Opened: table, Ports: func() (uint16, uint16) { return 1, 2 }}), qmtest.Stranger)
	read := words(7, 0, receive, 0, 0, 7, 1, 0, 0, 0, 0)
	second := append(words(0x20000, 0, 0, 0), read...) // a pointer, SequentialId
	for operation, b := range map[int][]byte{
		0: read, 1: words(0, 1, 2, 3, 4, 2), 2: words(1, 2, 3, 4, 0, 7, 7, 7), 3: words(0, 1, 2, 3, 4), 4: words(7, 1), 5: words(7, 7, 1),
		6: words(7), 7: words(1), 8: nil, 9: second, 10: append(words(9, 0), second...),
	} {
		f.Add(operation, b)
	}
	if _, err := c.Stub(f.Context(), 2, words(1, 2, 3, 4, 0, 0, q.Number, q.Number)); err != nil {
		f.Fatal(err)
	}
	name, sender := qmtest.Name(f, orders), m.Open(orders, localqm.SendAccess)
	f.Fuzz(func(t *testing.T, operation int, b []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond) // of a read that waits
		defer cancel()
		if operation == closeQueue {
			return
		}
		_, _ = c.Stub(ctx, operation, bytes.ReplaceAll(b, words(7), words(q.Number)))
		i, err := m.Glance(qmtest.Owner, name)
		switch {
		case err != nil:
			t.Error(err)
		case i.Count.Messages == 0 && operation == purgeQueue:
			if _, err := sender.Send(t.Context(), nil, qmtest.Message("again")); err != nil {
				t.Error(err)
			}
		case i.Count.Messages != 1:
			t.Errorf("%d messages", i.Count.Messages)
		}
	})
}

const (
	closeQueue = 3
	purgeQueue = 6
)
