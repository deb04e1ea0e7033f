package localqm_test

import (
	"fmt"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

const notifyQueue = `.\private$\notify_queue$`

// notice is a message like a change notification.
func notice(q *qmtest.QM) func(*mq.Message) {
	return func(m *mq.Message) {
		m.Destination, m.DestinationMachine = mq.Private(q.Identity().ID, 3), q.Identity().ID
		m.Delivery, m.TimeToReachQueue = mq.Express, 300
	}
}

func TestChangeNotificationsArriveInAForestOnly(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		f := newFar(t, q, 1, "10.0.0.1")
		f.send(f.message("", "without a directory", notice(q)))
		labels(t, q, notifyQueue)
		forest := qmtest.NewForest()
		forest.Join(q.QueueManager)
		f.send(f.message("", "integrated", notice(q)))
		forest.State(localqm.Offline, "it went away")
		f.send(f.message("", "offline", notice(q)))
		forest.State(localqm.Workgroup, "it was away at the start")
		f.send(f.message("", "workgroup", notice(q)))
		labels(t, q, notifyQueue, "integrated", "offline")
	})
}

func TestOnlyWhatLooksLikeANoticeGetsIntoTheNotificationQueue(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		qmtest.NewForest().Join(q.QueueManager)
		f := newFar(t, q, 1, "10.0.0.1")
		for label, change := range map[string]func(*mq.Message){
			"recoverable":       func(m *mq.Message) { m.Delivery = mq.Recoverable },
			"asking":            func(m *mq.Message) { m.Acknowledge, m.AdminQueue = all, mq.DirectOS("FAR", `private$\acks`) },
			"traced":            func(m *mq.Message) { m.Trace = true },
			"an acknowledgment": func(m *mq.Message) { m.Class = mq.ClassAckReachQueue },
			"too late":          func(m *mq.Message) { m.SentTime = m.SentTime.AddDate(0, 0, -1) },
		} {
			m := f.message("", label, notice(q))
			change(m)
			f.send(m)
		}
		labels(t, q, notifyQueue)
	})
}

func TestNotificationQueueIsBounded(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		qmtest.NewForest().Join(q.QueueManager)
		f := newFar(t, q, 1, "10.0.0.1")
		for i := range 40 {
			m := f.message("", fmt.Sprint(i), notice(q))
			m.Body = make([]byte, 100_000)
			f.send(m)
		}
		if n := len(q.Labels(notifyQueue)); n < 10 || n > 11 {
			t.Errorf("%d messages of 100 KB wait", n)
		}
		if _, err := q.Purge(t.Context(), qmtest.Owner, qmtest.Name(t, notifyQueue)); err != nil {
			t.Fatal(err)
		}
		f.send(f.message("", "after", notice(q)))
		labels(t, q, notifyQueue, "after")
	})
}

// The console of this computer tells of what it changed in the directory.
func TestWhoAdministersTellsOfChangesHere(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		forest := qmtest.NewForest()
		name := mq.QueueName{Format: mq.Private(q.Identity().ID, 3)}
		open := func(c localqm.Caller) error {
			h, err := q.OpenQueue(t.Context(), c, name, localqm.SendAccess, localqm.DenyNone)
			if err != nil {
				return err
			}
			defer h.Close()
			m := qmtest.Message("changed")
			m.Delivery = mq.Express
			_, err = h.Send(t.Context(), nil, m)
			return err
		}
		if err := open(qmtest.Owner); mq.CodeOf(err) != mq.ErrUnsupportedFormatNameOperation {
			t.Errorf("without a directory: %v", err)
		}
		forest.Join(q.QueueManager)
		if err := open(localqm.Nobody("")); mq.CodeOf(err) != mq.ErrAccessDenied {
			t.Errorf("nobody in particular: %v", err)
		}
		if err := open(qmtest.Owner); err != nil {
			t.Error(err)
		}
		labels(t, q, notifyQueue, "changed")
	})
}
