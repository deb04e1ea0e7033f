package localqm

import (
	"context"
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
		c, stop := m.clock.Alarm(m.sweepOnce())
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

// expireFirst ends some of what expired while the machine was off, so that
// who opens a queue manager only to look sees no more than a moment later.
func (m *QueueManager) expireFirst(ctx context.Context) {
	due, err := m.store.Due(ctx, m.clock.Now().Unix(), sweepBatch)
	if err == nil {
		_, err = m.expire(due)
	}
	if err != nil {
		m.log.Error("expired messages could not be removed", "error", err)
	}
}

// wakeSweeper tells the sweeper that a deadline may have come earlier.
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
	for {
		due, err := m.store.Due(m.ctx, now.Unix(), sweepBatch)
		if err != nil {
			return m.sweepFailed(now, err)
		}
		if len(due) == 0 {
			break
		}
		done, err := m.expire(due)
		if err != nil {
			return m.sweepFailed(now, err)
		}
		if done == 0 {
			sooner(now.Add(lockedPause))
			return again
		}
	}
	next, err := m.store.NextDue(m.ctx)
	if err != nil {
		return m.sweepFailed(now, err)
	}
	if next != 0 {
		sooner(time.Unix(next, 0))
	}
	return again
}

func (m *QueueManager) sweepFailed(now time.Time, err error) time.Time {
	if m.ctx.Err() == nil {
		m.log.Error("expired messages could not be removed", "error", err)
	}
	return now.Add(sweepPause)
}

// expire removes messages whose time to be received is over (Time To Be
// Received Timer Expired, MS-MQDMPR 3.1.7.2.7) and returns how many. What a
// transaction or a pending read holds is left: if it comes back, it expires then.
func (m *QueueManager) expire(due []store.Place) (int, error) {
	var mine []store.Place
	m.mu.Lock()
	for _, at := range due {
		q := m.slots[at.Slot]
		if q == nil || q.locks[at.Lookup] != nil {
			continue
		}
		q.take(at.Lookup, nil)
		mine = append(mine, at)
	}
	m.mu.Unlock()
	if len(mine) == 0 {
		return 0, nil
	}
	return len(mine), m.removeLocked(mine, mq.ClassNackReceiveTimeout)
}

// expireNow removes a message that a reader found expired before the sweeper.
func (m *QueueManager) expireNow(q *queue, row *store.Row) {
	if _, err := m.expire([]store.Place{{Slot: q.info.Slot, Lookup: row.Lookup}}); err != nil && m.ctx.Err() == nil {
		m.log.Error("an expired message could not be removed", "error", err)
	}
}

// removeLocked removes positions that the caller locked, for one reason, as one
// step. What cannot be read is given back.
func (m *QueueManager) removeLocked(places []store.Place, reason mq.Class) error {
	type item struct {
		row *store.Row
		msg *mq.Message
	}
	items := make([]item, 0, len(places))
	for _, at := range places {
		row, msg, err := m.readFor(at, reason)
		if err != nil {
			m.mu.Lock()
			m.release(at)
			m.mu.Unlock()
			m.log.Error("a message could not be read to remove it", "error", err)
			continue
		}
		items = append(items, item{row, msg})
	}
	m.mu.Lock()
	var ops []store.Op
	for _, it := range items {
		if q := m.slots[it.row.Slot]; q != nil {
			ops = append(ops, m.removing(q, it.row, it.msg, reason)...)
		}
	}
	m.mu.Unlock()
	if len(ops) == 0 {
		return nil
	}
	return m.commit(m.ctx, "remove messages", ops, nil)
}

// readFor reads as much of a message as its removal for a reason needs.
func (m *QueueManager) readFor(at store.Place, reason mq.Class) (*store.Row, *mq.Message, error) {
	row, err := m.store.Get(m.ctx, at.Slot, at.Lookup, 0)
	if err != nil {
		return nil, nil, err
	}
	msg, err := m.parse(row)
	if err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	q := m.slots[at.Slot]
	full := q != nil && m.full(q, msg, reason)
	m.mu.Unlock()
	if !full || row.BodySize == 0 {
		return row, msg, nil
	}
	if row, err = m.store.Get(m.ctx, at.Slot, at.Lookup, -1); err != nil {
		return nil, nil, err
	}
	msg.Body = row.Body
	return row, msg, nil
}
