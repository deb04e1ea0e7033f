package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/session"
	"posthouse/localqm/wire"
)

// clientRate is durable transactional messages a second that sessions without a
// queue manager behind them bring to the receiver: one session for each sender,
// its window always full, and only what the receiver acknowledged as durable
// counts.
func (r *run) clientRate(ctx context.Context, to *child) (float64, error) {
	clients := make([]*client, wireSenders)
	for i := range clients {
		c := &client{id: mq.NewGUID(), to: to.direct("transactional"), body: make([]byte, r.Size), room: make(chan struct{}, 1)}
		s, err := session.Dial(ctx, session.Config{Self: c.id}, fmt.Sprintf("%s:%d", receiverAddress, to.port), mq.GUID{}, c)
		if err != nil {
			return 0, err
		}
		clients[i], c.session = c, s
	}
	begin := time.Now()
	end, cancel := context.WithTimeout(ctx, r.Length)
	defer cancel()
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { c.run(end) })
	}
	wg.Wait()
	d := time.Since(begin)
	var acked int64
	var failed error
	for _, c := range clients {
		acked += c.acked.Load()
		failed = errors.Join(failed, c.err)
		c.session.Close(nil)
		<-c.session.Done()
	}
	return float64(acked) / d.Seconds(), failed
}

// client sends one stream of messages.
type client struct {
	id      mq.GUID
	to      mq.FormatName
	body    []byte
	session *session.Session
	room    chan struct{}
	acked   atomic.Int64
	err     error
}

func (c *client) run(ctx context.Context) {
	sequence := uint64(time.Now().Unix())<<32 | 1
	for n := uint32(1); ctx.Err() == nil; n++ {
		m := &mq.Message{
			ID: mq.ObjectID{Source: c.id, Ordinal: n}, SourceMachine: c.id, Label: "bench", Body: c.body,
			Destination: c.to, Delivery: mq.Recoverable, Transactional: true, First: true, Last: true,
			TransactionID: mq.ObjectID{Source: c.id, Ordinal: n}, SentTime: time.Now(),
			Sequence: sequence, SequenceNumber: n, PreviousNumber: n - 1,
		}
		m.Defaults()
		packet, err := wire.Append(nil, m, c.id)
		if err != nil {
			c.err = err
			return
		}
		for !c.session.Send(nil, packet, true) {
			select {
			case <-c.room:
			case <-c.session.Done():
				c.err = errors.New("the receiving process closed a session")
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// Opened and what follows make it a session.Handler.
func (c *client) Opened(*session.Session) {}

// Arrived takes order acknowledgements, which say nothing new here.
func (c *client) Arrived(_ *session.Session, _ []byte, done func(error)) error {
	done(nil)
	return nil
}

// Acked counts.
func (c *client) Acked(_ *session.Session, tags []any) { c.acked.Add(int64(len(tags))) }

// Room wakes who waits for it.
func (c *client) Room(*session.Session) {
	select {
	case c.room <- struct{}{}:
	default:
	}
}

// Closed is seen by run.
func (c *client) Closed(*session.Session, error) {}
