package localqm

import "posthouse/localqm/mq"

// Outgoing is an outgoing queue to its carrier (OutgoingQueue, MS-MQDMPR
// 3.1.1.3): the messages of this machine for one destination. It is the same
// value as long as the queue manager runs.
type Outgoing struct {
	m *QueueManager
	q *queue
	// name never changes.
	name mq.FormatName
}

// Destination is the format name that the messages go to.
func (o *Outgoing) Destination() mq.FormatName { return o.name }
