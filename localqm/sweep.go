package localqm

import (
	"context"
	"errors"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

const (
	sweepBatch  = 200
	sweepLimit  = time.Hour        // looks again at least so often: clocks may be set
	sweepPause  = 10 * time.Second // after an error of the store
	lockedPause = time.Second      // when all that is due is locked
)

// sweep ends what has its time: messages not received in time, and receives in
// two phases that nobody ended. It ends with the queue manager.
func (m *QueueManager) sweep() {
	for {
		m.setAlarm(time.Time{})
		at := m.setAlarm(m.sweepOnce())
		c, stop := m.clock.Alarm(at)
		select {
		case <-m.ctx.Done():
			stop()
			return
		case <-m.kick:
		case <-c:
		}
		stop()
	}
}

// setAlarm says when the sweeper is to look again, and returns when it will:
// what came while it was at work may be due sooner. The zero time: it is at work.
func (m *QueueManager) setAlarm(at time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.IsZero() {
		m.alarm, m.soonest = 0, 0
		return at
	}
	if m.soonest != 0 && m.soonest < at.Unix() {
		at = time.Unix(m.soonest, 0)
	}
	m.alarm = at.Unix()
	return at
}

// dueAt tells the sweeper of a deadline, Unix seconds, 0 for none. Called with
// mu held.
func (m *QueueManager) dueAt(deadline int64) {
	switch {
	case deadline == 0:
	case m.alarm == 0 && (m.soonest == 0 || deadline < m.soonest):
		m.soonest = deadline
	case m.alarm != 0 && deadline < m.alarm:
		m.wakeSweeper()
	}
}

// wakeSweeper tells the sweeper that there is something to do.
func (m *QueueManager) wakeSweeper() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// sweepOnce does what is due and says when to look again.
func (m *QueueManager) sweepOnce() time.Time {
	now := m.clock.Now()
	again := now.Add(sweepLimit)
	sooner := func(t time.Time) {
		if t.Before(again) {
			again = t
		}
	}
	if next := m.expirePendings(now); !next.IsZero() {
		sooner(next)
	}
	if next := m.forgetIdle(now.Unix() - outgoingIdle); next != 0 {
		sooner(time.Unix(next, 0))
	}
	if err := m.removePurged(); err != nil {
		m.sweepFailed(err) // it stays in its queue
	}
	locked, err := m.expireDue(m.ctx, now.Unix())
	if err != nil {
		m.sweepFailed(err)
		sooner(now.Add(sweepPause))
		return again
	}
	if locked {
		sooner(now.Add(lockedPause))
		return again
	}
	next, err := m.store.NextDue(m.ctx)
	switch {
	case err != nil:
		m.sweepFailed(err)
		sooner(now.Add(sweepPause))
	case next != 0:
		sooner(time.Unix(next, 0))
	}
	return again
}

func (m *QueueManager) sweepFailed(err error) {
	if m.ctx.Err() == nil {
		m.log.Error("messages whose time is over could not be removed", "error", err)
	}
}

// expireDue ends everything whose time is over but what a transaction or a
// pending read holds, and tells whether there is such: if it comes back, it
// expires then.
func (m *QueueManager) expireDue(ctx context.Context, now int64) (locked bool, err error) {
	for limit := sweepBatch; ; {
		due, err := m.store.Due(ctx, now, limit)
		if err != nil {
			return false, err
		}
		done, err := m.expire(due)
		switch {
		case done == 0 && err != nil:
			return false, err
		case done == 0 && len(due) < limit:
			return len(due) > 0, nil
		case done == 0:
			limit *= 2 // all of these are locked: look behind them
		}
	}
}

// expireFirst ends what expired while the machine was off, so that who opens a
// queue manager only to look sees no more than a moment later. What cannot be
// removed is the sweeper's.
func (m *QueueManager) expireFirst(ctx context.Context) {
	due, err := m.store.Due(ctx, m.clock.Now().Unix(), sweepBatch)
	if err == nil {
		_, err = m.expire(due)
	}
	if err != nil {
		m.sweepFailed(err)
	}
}

// expire removes messages whose time to be received is over (Time To Be
// Received Timer Expired, MS-MQDMPR 3.1.7.2.7) unless they are locked, and
// returns how many.
func (m *QueueManager) expire(due []store.Place) (int, error) {
	var mine []store.Place
	m.mu.Lock()
	for _, at := range due {
		if q := m.slots[at.Slot]; q != nil && q.locks[at.Lookup] == nil {
			q.take(at.Lookup)
			mine = append(mine, at)
		}
	}
	m.mu.Unlock()
	return m.removeLocked(mine, mq.ClassNackReceiveTimeout)
}

// removePurged removes what came back after a purge had met it.
func (m *QueueManager) removePurged() error {
	m.mu.Lock()
	mine := m.purged
	m.purged = nil
	m.mu.Unlock()
	_, err := m.removeLocked(mine, mq.ClassNackQueuePurged)
	return err
}

// removeLocked removes positions that the caller locked, for one reason, as one
// step, and returns how many. What cannot be read is given back, and an error
// beside the number of the others.
func (m *QueueManager) removeLocked(places []store.Place, reason mq.Class) (int, error) {
	type item struct {
		row *store.Row
		msg *mq.Message
	}
	items := make([]item, 0, len(places))
	heads := m.heads(places)
	var unread error
	for _, at := range places {
		row, msg, err := m.readFor(at, heads[at.Lookup], reason)
		if err != nil {
			unread = err
			m.mu.Lock()
			switch q := m.slots[at.Slot]; {
			case errors.Is(err, store.ErrGone) && q != nil:
				unread = nil
				m.lost(q, at.Lookup)
			default:
				m.release(at)
			}
			m.mu.Unlock()
			continue
		}
		items = append(items, item{row, msg})
	}
	if len(items) == 0 {
		return 0, unread
	}
	m.mu.Lock()
	var ops []store.Op
	for _, it := range items {
		ops = append(ops, m.removing(m.slots[it.row.Slot], it.row, it.msg, reason)...)
	}
	m.mu.Unlock()
	if err := m.commit(m.ctx, "remove messages", ops, nil); err != nil {
		return 0, err
	}
	return len(items), unread
}

// heads reads messages that stand close together at once, without bodies, by
// lookup. What it leaves out is read one by one.
func (m *QueueManager) heads(places []store.Place) map[uint64]*store.Row {
	const few = 16
	n := len(places)
	if n < few || places[0].Slot != places[n-1].Slot || places[0].Lookup > places[n-1].Lookup {
		return nil
	}
	rows, err := m.store.Range(m.ctx, store.Range{
		Slot: places[0].Slot, After: places[0].Lookup - 1, Before: places[n-1].Lookup + 1, Limit: 2 * n,
	})
	if err != nil {
		return nil // the single reads will say why
	}
	found := make(map[uint64]*store.Row, len(rows))
	for _, row := range rows {
		found[row.Lookup] = row
	}
	return found
}

// readFor reads as much of a message, whose head may be known, as its removal
// for a reason needs: nothing follows from removing a journal copy or a dead
// letter.
func (m *QueueManager) readFor(at store.Place, row *store.Row, reason mq.Class) (_ *store.Row, msg *mq.Message, err error) {
	if row == nil || row.Slot != at.Slot {
		if row, err = m.store.Get(m.ctx, at.Slot, at.Lookup, 0); err != nil {
			return nil, nil, err
		}
	}
	m.mu.Lock()
	q := m.slots[at.Slot]
	m.mu.Unlock()
	if !q.final {
		return row, nil, nil
	}
	if msg, err = m.parse(row); err != nil || row.BodySize == 0 || !m.full(q, msg, reason) {
		return row, msg, err
	}
	if row, err = m.store.Get(m.ctx, at.Slot, at.Lookup, -1); err != nil {
		return nil, nil, err
	}
	msg.Body = row.Body
	return row, msg, nil
}
