package wire

import "posthouse/localqm/mq"

// DebugHeader (MS-MQMQ 2.2.20.8):
//
//	 0                 2                 4
//	+-----------------+-----------------+-----------------------------------+
//	| Flags           | reserved        | QueueIdentifier, if Flags.QT is 1 |
//	+-----------------+-----------------+-----------------------------------+
const (
	debugSize = 4 // the part of fixed size

	debugQueue  = 3 // Flags.QT
	debugPublic = 1
)

func (c *cursor) debug(m *mq.Message) {
	p := c.take(debugSize, "DebugHeader")
	if p == nil {
		return
	}
	switch kind := le.Uint16(p) & debugQueue; kind {
	case 0:
	case debugPublic:
		m.TraceQueue = c.guid("DebugHeader queue")
	default:
		c.fail("DebugHeader has a queue of type %d, which does not exist", kind)
	}
}

func (e *encoder) debug(m *mq.Message) {
	if m.TraceQueue.IsZero() {
		e.u32(0)
		return
	}
	e.u32(debugPublic)
	e.guid(m.TraceQueue)
}
