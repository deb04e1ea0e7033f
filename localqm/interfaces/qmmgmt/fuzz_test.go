package qmmgmt_test

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer/peertest"
	"posthouse/localqm/interfaces/qmmgmt"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Whatever stub data says, it is a fault or an answer, and no queue comes or goes.
func FuzzStub(f *testing.F) {
	m := qmtest.Start(f, qmtest.Memory)
	m.Create(orders, localqm.QueueSpec{})
	m.Open(far, localqm.SendAccess)
	c := peertest.New(qmmgmt.New(m.QueueManager, qmmgmt.Options{Version: "test"}), qmtest.Owner)
	for id := range mq.PropID(28) {
		f.Add(0, stub(f, request(queue(f, orders), id)))
		f.Add(0, stub(f, request(queue(f, far), id, id)))
		f.Add(0, stub(f, request(machine(), id)))
	}
	for _, name := range []string{orders + ";journal", `.\system$;deadletter`, "MACHINE=" + m.Identity().ID.String() + ";DEADXACT", "PRIVATE=" + mq.NewGUID().String() + `\00000001`} {
		f.Add(0, stub(f, request(queue(f, name), 7)))
	}
	f.Add(1, stub(f, action(queue(f, far), "PAUSE")))
	f.Add(1, stub(f, action(machine(), "TIDY")))
	before := len(must(m.List(qmtest.Owner)))
	f.Fuzz(func(t *testing.T, operation int, b []byte) {
		_, _ = c.Stub(t.Context(), operation, b)
		if list, err := m.List(qmtest.Owner); err != nil || len(list) != before {
			t.Errorf("%d queues, %v", len(list), err)
		}
	})
}
