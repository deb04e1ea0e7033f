package session_test

import (
	"bytes"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

var (
	here      = mq.GUID{0x11, 15: 1}
	elsewhere = mq.GUID{0x22, 15: 2}
	nowhere   = mq.GUID{0x33, 15: 3}
)

// message is a UserMessage packet with a body of size bytes.
func message(t testing.TB, size int, recoverable bool) []byte {
	t.Helper()
	m := &mq.Message{
		ID:                 mq.ObjectID{Source: here, Ordinal: 1},
		SourceMachine:      here,
		DestinationMachine: elsewhere,
		Destination:        mq.Private(elsewhere, 17),
		Label:              "order",
		Body:               bytes.Repeat([]byte{'x'}, size),
		SentTime:           time.Unix(1_763_700_000, 0),
	}
	m.Defaults()
	if recoverable {
		m.Delivery = mq.Recoverable
	}
	p, err := wire.Append(nil, m, here)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
