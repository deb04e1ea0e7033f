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
		list, more, err = s.walk(ctx, q, p, most)
		return err
	})
	if p.Last {
		slices.Reverse(list)
	}
	return list, more, err
}

// walk goes through the range p from its front, or from its end if p.Last.
func (s *session) walk(ctx context.Context, q opened, p mgmtclient.Page, most int) (list []*delivery, more bool, err error) {
	limit := bodyLimit(p.BodyLimit)
	action, at := uint32(peekNext), p.After
	if p.Last {
		if action, at = peekPrevious, p.Before; at == 0 {
			at = lastPlace
		}
	} else if at == 0 {
		action = peekFirst
	}
	for size := 0; ; {
		d, err := s.peek(ctx, q, action, at, limit)
		if err != nil {
			return nil, false, err
		}
		if d == nil || !p.Last && p.Before != 0 && d.lookup >= p.Before || p.Last && p.After != 0 && d.lookup <= p.After {
			return list, false, nil
		}
		if action != peekFirst && (p.Last && d.lookup >= at || !p.Last && d.lookup <= at) {
			return nil, false, malformed("message %s was said to stand beyond %s", d.lookup, at)
		}
		if len(list) == most || size >= mgmtclient.PageBytes {
			return list, true, nil
		}
		list = append(list, d)
		size += mgmtclient.RowBytes + len(d.message.Body) + len(d.message.Extension)
		at, action = d.lookup, peekNext
		if p.Last {
			action = peekPrevious
		}
	}
}

// lastPlace stands behind every message.
const lastPlace mgmtclient.LookupID = math.MaxUint64
