package wire_test

import (
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

func TestTransactionalTellsByTheHeader(t *testing.T) {
	for _, transactional := range []bool{false, true} {
		m := &mq.Message{Destination: mq.DirectOS("far", `private$\q`), Body: []byte("body"), Transactional: transactional, Delivery: mq.Recoverable}
		packet, err := wire.Append(nil, m, mq.GUID{1})
		if err != nil {
			t.Fatal(err)
		}
		head, _, err := wire.Split(m, mq.GUID{1})
		if err != nil {
			t.Fatal(err)
		}
		if wire.Transactional(packet) != transactional || wire.Transactional(head) != transactional {
			t.Errorf("a message with Transactional %v is told as the opposite", transactional)
		}
		for n := range 64 {
			if wire.Transactional(packet[:n]) {
				t.Errorf("%d bytes are told as transactional", n)
			}
		}
	}
}
