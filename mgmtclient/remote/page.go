package remote

import (
	"context"
	"math"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// page reads a range of a queue from one end, message by message: each is found from
// the one before. A page ends early once it takes PageBytes; more tells that the
// range goes on.
func (s *session) page(ctx context.Context, f mq.FormatName, p mgmtclient.Page, most int) (list []*delivery, more bool, err error) {
	err = s.queues.with(ctx, f, peekAccess, func(q opened) (err error) {
		w := walk{s: s, q: q, limit: bodyLimit(p.BodyLimit), back: p.Last, window: 1}
		list, more, err = w.page(ctx, p, most)
		return err
	})
	if p.Last {
		slices.Reverse(list)
	}
	return list, more, err
}

// lastPlace stands behind every message.
const lastPlace mgmtclient.LookupID = math.MaxUint64

// walk goes through a queue, forward or back. Where messages stand close together it
// asks for several at once: what follows the place after this one, and so on. Of these
// answers only those count that turn out to be asked of a message.
type walk struct {
	s      *session
	q      opened
	limit  uint32
	back   bool
	window int // how many are asked for at once
	ahead  map[mgmtclient.LookupID]answerTo
}

// answerTo is what was said to follow a place.
type answerTo struct {
	message *delivery // nil: nothing
	err     error
}

// Most messages that are asked for at once, and of bodies that are not small.
const (
	aheadMost   = 32
	aheadBodies = 4
	smallBody   = 16 << 10
)

// page reads the range p from its front, or from its end if p.Last.
func (w *walk) page(ctx context.Context, p mgmtclient.Page, most int) (list []*delivery, more bool, err error) {
	at := p.After
	if w.back {
		if at = p.Before; at == 0 {
			at = lastPlace
		}
	}
	d, err := w.first(ctx, at)
	for size := 0; err == nil; d, err = w.next(ctx, at, most+1-len(list)) {
		if d == nil || !w.back && p.Before != 0 && d.lookup >= p.Before || w.back && p.After != 0 && d.lookup <= p.After {
			return list, false, nil
		}
		if !w.beyond(d.lookup, at) {
			return nil, false, malformed("message %s was said to stand beyond %s", d.lookup, at)
		}
		if len(list) == most || size >= mgmtclient.PageBytes {
			return list, true, nil
		}
		list = append(list, d)
		size += mgmtclient.RowBytes + len(d.message.Body) + len(d.message.Extension)
		at = d.lookup
	}
	return nil, false, err
}

// beyond reports whether a place is further on.
func (w *walk) beyond(place, at mgmtclient.LookupID) bool {
	if w.back {
		return place < at
	}
	return place > at
}

// first is what stands beyond a place that need not be a message's.
func (w *walk) first(ctx context.Context, at mgmtclient.LookupID) (*delivery, error) {
	if at == 0 {
		return w.s.peek(ctx, w.q, peekFirst, 0, w.limit)
	}
	d, err := w.s.peek(ctx, w.q, w.action(), at, w.limit)
	if d != nil || err != nil || at == lastPlace {
		return d, err
	}
	// Nothing: or the message that stood there has gone, and this queue manager does
	// not look beyond a message that is not there (MS-MQDMPR 3.1.7.3.3).
	_, err = w.s.peek(ctx, w.q, peekCurrent, at, 0)
	if code(err) != mq.ErrMessageNotFound && code(err) != mq.ErrMessageAlreadyReceived {
		return nil, err
	}
	again := walk{s: w.s, q: w.q, back: w.back, window: 1}
	from := mgmtclient.LookupID(0)
	if w.back {
		from = lastPlace
	}
	for d, err = again.first(ctx, from); err == nil && d != nil && !w.beyond(d.lookup, at); d, err = again.next(ctx, d.lookup, aheadMost) {
	}
	if err != nil || d == nil {
		return nil, err
	}
	return w.s.peek(ctx, w.q, peekCurrent, d.lookup, w.limit)
}

func (w *walk) action() uint32 {
	if w.back {
		return peekPrevious
	}
	return peekNext
}

// next is what follows a message; at most so many more are wanted.
func (w *walk) next(ctx context.Context, at mgmtclient.LookupID, wanted int) (*delivery, error) {
	if a, ok := w.ahead[at]; ok {
		return a.message, a.err
	}
	step := mgmtclient.LookupID(1)
	if w.back {
		step = -step
	}
	answers := make([]answerTo, max(1, min(w.window, wanted)))
	_ = parallel(ctx, len(answers), func(ctx context.Context, i int) error {
		a := &answers[i]
		a.message, a.err = w.s.peek(ctx, w.q, w.action(), at+step*mgmtclient.LookupID(i), w.limit)
		return nil // others may still be of use
	})
	w.ahead = make(map[mgmtclient.LookupID]answerTo, len(answers))
	for i, a := range answers {
		w.ahead[at+step*mgmtclient.LookupID(i)] = a
	}
	d := answers[0].message
	switch {
	case answers[0].err == nil && d == nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case d == nil || d.lookup != at+step:
		w.window = 1
	case w.limit > smallBody:
		w.window = aheadBodies
	default:
		w.window = min(4*w.window, aheadMost)
	}
	return d, answers[0].err
}
