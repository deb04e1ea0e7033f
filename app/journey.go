package app

import (
	"context"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// journey is how far messages for another machine have come, as the outgoing
// queues they are in tell.
type journey struct {
	node       mgmtclient.Node
	own        bool // the queue manager ends with this command
	sent       mgmtclient.SendResult
	deadLetter bool
	targets    []string // one destination, or several
}

// newJourney follows what was sent, from the queue manager that it leaves from.
func newJourney(h handle, sent mgmtclient.SendResult, r mgmtclient.SendRequest) journey {
	queue := r.Queue
	if a, ok := h.Node.(away); ok {
		if here, name, last := a.sent(); here.Node != nil {
			h, queue, sent.LookupID = here, name, last
		}
	}
	return journey{node: h.Node, own: h.own, sent: sent, deadLetter: r.DeadLetter, targets: targets(queue)}
}

// targets are the destinations of a name.
func targets(queue string) []string {
	name, err := mq.ParseQueue(queue)
	if err != nil || name.FormatName().Kind != mq.KindMulti {
		return []string{queue}
	}
	var list []string
	for _, f := range name.FormatName().Elements {
		list = append(list, f.String())
	}
	return list
}

// waitEvery is how often an outgoing queue is looked at.
const waitEvery = 50 * time.Millisecond

// wait waits until the last message has left for every destination.
func (j *journey) wait(ctx context.Context, limit time.Duration) (mgmtclient.Outcome, error) {
	end := time.NewTimer(limit)
	defer end.Stop()
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	var expires *time.Time
	for {
		m, here, err := j.find(ctx)
		switch {
		case err != nil:
			return mgmtclient.OutcomeKept, err
		case !here:
			return j.left(ctx, expires)
		}
		expires = m.Expires
		select {
		case <-ctx.Done():
			return mgmtclient.OutcomeKept, ctx.Err()
		case <-end.C:
			why := "no other machine accepted it within " + limit.String()
			if line := j.line(ctx); line != "" {
				why += " (" + line + ")"
			}
			return mgmtclient.OutcomeKept, nothing{mq.Errorf(mq.ErrIOTimeout, "", "%s; it is kept and leaves later", why)}
		case <-tick.C:
		}
	}
}

// find looks for the last message where it waits to leave; of several
// destinations, for any message that does.
func (j *journey) find(ctx context.Context) (m mgmtclient.Message, here bool, err error) {
	for _, queue := range j.targets {
		q, err := j.node.Queue(ctx, queue)
		if gone(err) {
			continue // an empty outgoing queue goes after a while
		}
		if err != nil {
			return m, false, err
		}
		if q.Outgoing == nil || q.Outgoing.Unsent == 0 {
			continue
		}
		if len(j.targets) == 1 {
			m, err = j.node.Message(ctx, queue, j.sent.LookupID, 0)
			here = err == nil
		} else {
			m, here, err = j.search(ctx, queue)
		}
		if here || err != nil && !gone(err) {
			return m, here, err
		}
	}
	return m, false, nil
}

// search looks for a message that was sent; each destination has its own.
func (j *journey) search(ctx context.Context, queue string) (m mgmtclient.Message, found bool, err error) {
	s, ok := mgmtclient.Can[mgmtclient.Searcher](j.node)
	if !ok {
		return m, false, nil
	}
	first, err := mq.ParseObjectID(j.sent.FirstID)
	if err != nil {
		return m, false, err
	}
	last, err := mq.ParseObjectID(j.sent.LastID)
	if err != nil {
		return m, false, err
	}
	text := j.sent.LastID // one message: nothing else is read
	if first != last {
		text = "{" + first.Source.String() + "}"
	}
	err = s.Search(ctx, queue, mgmtclient.Search{Text: text}, func(hit mgmtclient.Message) bool {
		if id, err := mq.ParseObjectID(hit.ID); err == nil && id.Source == first.Source && id.Ordinal-first.Ordinal <= last.Ordinal-first.Ordinal {
			m, found = hit, true
		}
		return !found
	})
	return m, found, err
}

func gone(err error) bool {
	switch mgmtclient.Code(err) {
	case mq.ErrQueueNotFound, mq.ErrMessageNotFound, mq.ErrUnsupportedOperation:
		return err != nil
	}
	return false
}

// left tells a message that was accepted elsewhere from one that ended here.
func (j *journey) left(ctx context.Context, expires *time.Time) (mgmtclient.Outcome, error) {
	if j.deadLetter {
		for _, queue := range []string{mgmtclient.TransactionDeadLetter, mgmtclient.DeadLetterQueue} {
			if dead, found, err := j.search(ctx, queue); err == nil && found {
				what := "it was not delivered and is a dead letter now"
				if j.sent.Sent > 1 {
					what = "not all were delivered, there are dead letters now"
				}
				return mgmtclient.OutcomeKept, mq.Errorf(mq.ErrGeneric, "", "%s: %s (%s)", what, dead.ClassCode.Text(), dead.Class).
					WithFix("see \"posthouse message list '%s'\"", queue)
			}
		}
	}
	if expires != nil && !time.Now().Before(*expires) {
		return mgmtclient.OutcomeKept, mq.Errorf(mq.ErrGeneric, "", "its time to reach the queue was over before another machine accepted it").
			WithFix("give it more time with --ttrq, and --dead-letter to keep it")
	}
	return mgmtclient.OutcomeSent, nil
}

// look tells how far messages have come that a running queue manager may have
// let go already. That one was refused so soon is no failure of the sending.
func (p *program) look(ctx context.Context, j journey) (mgmtclient.Outcome, error) {
	if _, here, err := j.find(ctx); err != nil || here || j.own {
		return mgmtclient.OutcomeKept, err
	}
	outcome, err := j.left(ctx, nil)
	if err != nil {
		p.note("warning: %s", clean(reason(err)))
	}
	return outcome, nil
}

// line says how the first destination's outgoing queue stands.
func (j *journey) line(ctx context.Context) string {
	for _, queue := range j.targets {
		if q, err := j.node.Queue(ctx, queue); err == nil && q.Outgoing != nil && q.Outgoing.Unsent > 0 {
			return q.State + ": " + q.Outgoing.Why
		}
	}
	return ""
}

// words say what became of messages.
func (j *journey) words(ctx context.Context, s mgmtclient.SendResult, queue string) string {
	what := many(s.Sent, "message")
	ids := s.FirstID
	if s.LastID != "" && s.LastID != s.FirstID {
		ids += " to " + s.LastID
	}
	switch {
	case s.Outcome == mgmtclient.OutcomeSent:
		return what + " sent to " + queue + " (" + ids + ")"
	case s.Outcome == mgmtclient.OutcomeArrived:
		return what + " arrived in " + queue + " (" + ids + ")"
	case j.own:
		return what + " kept for " + queue + ", leaves when a queue manager runs (" + ids + ")"
	}
	kept := what + " kept for " + queue + " (" + ids + ")"
	if line := j.line(ctx); line != "" {
		kept += "; " + line
	}
	return kept
}
