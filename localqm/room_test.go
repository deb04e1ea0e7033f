package localqm_test

import (
	"context"
	"errors"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Whoever has no room for a large message leaves it where it is.
func TestAReaderIsAskedForRoomBeforeALargeBodyIsRead(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		large, small := qmtest.Message("large"), qmtest.Message("small")
		large.Body, small.Body = make([]byte, 100_000), make([]byte, 8<<10)
		q.Send("q", large)
		q.Send("q", small)
		h := q.Open("q", localqm.ReceiveAccess)
		asked := 0
		room := func(_ context.Context, n int) error { asked = n; return nil }
		for _, c := range []struct {
			what  string
			o     localqm.ReadOptions
			asked int
			body  int
		}{
			{"a peek", localqm.ReadOptions{Peek: true, Body: -1}, 100_000, 100_000},
			{"the first", localqm.ReadOptions{Peek: true, Seek: localqm.SeekFirst, Body: -1}, 100_000, 100_000},
			{"the last", localqm.ReadOptions{Peek: true, Seek: localqm.SeekLast, Body: -1}, 0, 8 << 10},
			{"a part", localqm.ReadOptions{Peek: true, Body: 50_000}, 50_000, 50_000},
			{"a small part", localqm.ReadOptions{Peek: true, Body: 100}, 0, 100},
		} {
			asked = 0
			c.o.Room = room
			d, err := h.Read(ctx, c.o)
			ok(t, err)
			if asked != c.asked || len(d.Message.Body) != c.body {
				t.Errorf("%s: asked for %d bytes, read %d", c.what, asked, len(d.Message.Body))
			}
		}
		full := errors.New("full")
		refuse := func(context.Context, int) error { return full }
		for what, o := range map[string]localqm.ReadOptions{"receive": {}, "peek": {Peek: true, Body: -1}, "seek": {Peek: true, Seek: localqm.SeekFirst, Body: -1}} {
			o.Room = refuse
			if _, err := h.Read(ctx, o); !errors.Is(err, full) {
				t.Errorf("%s: %v", what, err)
			}
		}
		gone, cancel := context.WithCancel(ctx)
		_, _, err := h.Begin(gone, localqm.ReadOptions{Room: func(ctx context.Context, _ int) error {
			cancel()
			return ctx.Err()
		}})
		want(t, err, mq.ErrOperationCancelled)
		d, err := h.Read(ctx, localqm.ReadOptions{Room: room})
		ok(t, err)
		if d.Message.Label != "large" || len(d.Message.Body) != 100_000 {
			t.Errorf("received %s", d.Message.Label)
		}
	})
}
