package session

import (
	"bytes"
	"testing"
	"time"

	"go.uber.org/goleak"

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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// witness is a Handler that keeps what it is told. Unless hold is set it deals with
// messages at once.
type witness struct {
	hold bool

	opened chan *Session
	came   chan cameMessage
	acked  chan any
	room   chan struct{}
	closed chan error
}

type cameMessage struct {
	packet []byte
	done   func(error)
}

const plenty = 100_000

func newWitness() *witness {
	return &witness{
		opened: make(chan *Session, 1), came: make(chan cameMessage, plenty), acked: make(chan any, plenty),
		room: make(chan struct{}, plenty), closed: make(chan error, 1),
	}
}

func (w *witness) Opened(s *Session) { w.opened <- s }

func (w *witness) Arrived(_ *Session, packet []byte, done func(error)) error {
	w.came <- cameMessage{packet, done}
	if !w.hold {
		done(nil)
	}
	return nil
}

func (w *witness) Acked(_ *Session, tags []any) {
	for _, tag := range tags {
		w.acked <- tag
	}
}

func (w *witness) Room(*Session)              { w.room <- struct{}{} }
func (w *witness) Closed(_ *Session, e error) { w.closed <- e }

// waitFor takes the next value of c.
func waitFor[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		t.Fatalf("nothing came: %s", what)
	}
	return v
}
