package remoteread_test

import (
	"fmt"
	"sync"
	"testing"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/remoteread"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// fill sends n recoverable messages.
func (p *place) fill(n int) {
	p.t.Helper()
	var senders sync.WaitGroup
	for i := range 64 {
		senders.Go(func() {
			h, err := p.OpenQueue(ctx, qmtest.Owner, qmtest.Name(p.t, orders), localqm.SendAccess, localqm.DenyNone)
			if err != nil {
				p.t.Error(err)
				return
			}
			defer h.Close()
			for j := i; j < n; j += 64 {
				m := qmtest.Message(fmt.Sprint(j))
				m.Body = make([]byte, 1000)
				if _, err := h.Send(ctx, nil, m); err != nil {
					p.t.Error(err)
					return
				}
			}
		})
	}
	senders.Wait()
}

// BenchmarkPeek is a walk over headers as a console browses, through the stubs of both
// sides and the real store, without a network.
func BenchmarkPeek(b *testing.B) {
	p := stored(b)
	p.fill(20000)
	c := p.owner()
	walk(b, c, c.open(orders, peekAccess))
}

// BenchmarkPeekOverNetwork is the same, signed in and encrypted.
func BenchmarkPeekOverNetwork(b *testing.B) {
	p := stored(b)
	p.fill(20000)
	c, _ := dial(b, p.listen())
	h := c.open(orders, peekAccess)
	walk(b, c, h)
	b.Run("FirstPage", func(b *testing.B) { // by a cursor, its calls not waiting for each other
		for b.Loop() {
			n := c.cursor(h)
			if _, err := c.read(h, remote.StartReceiveRequest{Action: peek, Cursor: n}); err != nil {
				b.Fatal(err)
			}
			var calls sync.WaitGroup
			for range 99 {
				calls.Go(func() {
					if _, err := c.read(h, remote.StartReceiveRequest{Action: peekNext, Cursor: n}); err != nil {
						b.Error(err)
					}
				})
			}
			calls.Wait()
			if _, err := c.CloseCursor(ctx, &remote.CloseCursorRequest{Context: h, Cursor: n}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkReceive takes large messages.
func BenchmarkReceive(b *testing.B) {
	p := stored(b)
	c, _ := dial(b, p.listen())
	h := c.open(orders, receiveAccess)
	m := qmtest.Message("large")
	m.Body = make([]byte, 1<<20)
	p.Send(orders, m)
	b.SetBytes(int64(len(m.Body)))
	for b.Loop() {
		if _, err := c.read(h, remote.StartReceiveRequest{Action: receive, RequestID: 1, MaxBodySize: all}); err != nil {
			b.Fatal(err)
		}
		if err := c.end(h, 1, nack); err != nil {
			b.Fatal(err)
		}
	}
}

// stored is a queue manager on the real store.
func stored(b *testing.B) *place {
	q := qmtest.StartLive(b, qmtest.SQLite)
	q.Create(orders, localqm.QueueSpec{})
	return &place{QM: q, t: b, server: remoteread.New(q.QueueManager, remoteread.Options{})}
}

func walk(b *testing.B, c *client, h *remote.QueueNoSerialize) {
	b.Run("ByLookup", func(b *testing.B) {
		from := uint64(1)
		for b.Loop() {
			r, err := c.read(h, remote.StartReceiveRequest{Action: byPeekNext, LookupID: from})
			switch code(err) {
			case mq.OK:
				from = 4<<56 | r.SequenceID
			case mq.ErrMessageNotFound:
				from = 1
			default:
				b.Fatal(err)
			}
		}
	})
	b.Run("Cursor", func(b *testing.B) {
		n, action := c.cursor(h), uint32(peek)
		for b.Loop() {
			_, err := c.read(h, remote.StartReceiveRequest{Action: action, Cursor: n})
			switch action = peekNext; code(err) {
			case mq.OK:
			case mq.ErrIOTimeout:
				n, action = c.cursor(h), peek
			default:
				b.Fatal(err)
			}
		}
	})
}
