package wire

import "posthouse/localqm/mq"

// TransactionHeader (MS-MQMQ 2.2.20.5):
//
//	 0                 4                                   12
//	+-----------------+-----------------------------------+-----------------+
//	| Flags           | TxSequenceID: ordinal, time stamp | TxSequenceNumber|
//	+-----------------+-----------------------------------+-----------------+
//	| PreviousTx      | ConnectorQMGuid, if Flags.CG                        |
//	| SequenceNumber  |                                     (16 bytes)      |
//	+-----------------+-----------------------------------------------------+
const transactionSize = 20 // the part of fixed size

// The bits of TransactionHeader.Flags (MS-MQMQ 2.2.20.5).
const (
	txConnector = 1 << 0 // CG
	txFinalAck  = 1 << 1 // FA
	txFirst     = 1 << 2 // FM
	txLast      = 1 << 3 // LM
	txIndex     = 4      // ID: shift of 20 bits
	txIndexMask = 1<<20 - 1
)

func (c *cursor) transaction(m *mq.Message) {
	p := c.take(transactionSize, "TransactionHeader")
	if p == nil {
		return
	}
	flags := le.Uint32(p)
	m.Transactional = true
	m.Priority = 0 // whatever BaseHeader says (MS-MQMQ 2.2.19.1)
	m.FinalAck = flags&txFinalAck != 0
	m.First = flags&txFirst != 0
	m.Last = flags&txLast != 0
	m.TransactionID = mq.ObjectID{Source: m.SourceMachine, Ordinal: flags >> txIndex & txIndexMask}
	m.Sequence = le.Uint64(p[4:])
	m.SequenceNumber = le.Uint32(p[12:])
	m.PreviousNumber = le.Uint32(p[16:])
	if flags&txConnector != 0 {
		m.ConnectorMachine = c.guid("ConnectorQMGuid")
	}
}

func (e *encoder) transaction(m *mq.Message) {
	flags := m.TransactionID.Ordinal & txIndexMask << txIndex
	if m.FinalAck {
		flags |= txFinalAck
	}
	if m.First {
		flags |= txFirst
	}
	if m.Last {
		flags |= txLast
	}
	if !m.ConnectorMachine.IsZero() {
		flags |= txConnector
	}
	e.u32(flags)
	e.b = le.AppendUint64(e.b, m.Sequence)
	e.u32(m.SequenceNumber)
	e.u32(m.PreviousNumber)
	if flags&txConnector != 0 {
		e.guid(m.ConnectorMachine)
	}
}

// Transactional reports a packet or head with a TransactionHeader.
func Transactional(packet []byte) bool {
	const at = baseSize + userSize - 4
	return len(packet) >= at+4 && le.Uint32(packet[at:])&userTransaction != 0
}

// SetSequence writes the place in its stream into a transactional packet or head:
// it is known only when the message is committed or sent again (MS-MQQB 3.1.7.1.3).
func SetSequence(packet []byte, sequence uint64, number, previous uint32) error {
	var m mq.Message
	if _, err := ParseBase(packet); err != nil {
		return err
	}
	c := cursor{b: packet, off: baseSize}
	if flags := c.user(&m, mq.GUID{}); c.err == nil && flags&userTransaction == 0 {
		c.fail("the packet has no TransactionHeader")
	}
	if p := c.take(transactionSize, "TransactionHeader"); p != nil {
		le.PutUint64(p[4:], sequence)
		le.PutUint32(p[12:], number)
		le.PutUint32(p[16:], previous)
	}
	return c.err
}
