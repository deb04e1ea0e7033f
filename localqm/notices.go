package localqm

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// notifyQueueNumber is the private queue that change notifications go to
// (NOTIFY_QUEUE_PRIVATE, MS-MQCN 1.9).
const notifyQueueNumber = 3

// noticeBytes bounds what waits in it, since everybody may send there.
const noticeBytes = 1 << 20

// hears reports that a packet is for the notification queue and looks like a notice:
// an express message (MS-MQCN 3.3.5.3) that asks for nothing. They are read, and
// taken, only in a forest. Called with mu held.
func (m *QueueManager) hears(q *queue, msg *mq.Message) bool {
	return m.notified(q) && msg.Delivery == mq.Express && msg.Class == mq.ClassNormal && msg.Acknowledge == 0 && !msg.Trace && q.bytes < noticeBytes
}

// notified reports the notification queue of a member of a forest. The console of this
// computer, too, tells by it of what it changed. Called with mu held.
func (m *QueueManager) notified(q *queue) bool {
	return q.info.Kind == store.Private && q.info.Number == notifyQueueNumber && q.parent == nil && m.standing().Mode != Workgroup
}
