package wire

import (
	"time"

	"posthouse/localqm/mq"
)

// The body of an OrderAck packet (MS-MQQB 2.2.4.1) and of a FinalAck packet
// (2.2.5.1), which are messages to order_queue$:
//
//	 0                                   8                12
//	+-----------------------------------+-----------------+-----------------+
//	| TxSequenceID                      | TxSequenceNumber| TxPrevious...   |
//	+-----------------------------------+-----------------+-----------------+
//	| FinalAck: SourceGUID, MessageID (20 bytes); OrderAck: reserved        |
//	+-----------------------------------------------------------------------+
const ackBodySize = 0x24

// orderLabel is the label of both (MS-MQQB 2.2.4, 2.2.5).
const orderLabel = "QM Ordering Ack"

// Order is a place in a stream of transactional messages. As an acknowledgement it
// speaks for all up to Number.
type Order struct {
	Sequence uint64 // TxSequenceID
	Number   uint32 // TxSequenceNumber
	Previous uint32 // TxPreviousSequenceNumber
}

// Final says what became of one transactional message in the end.
type Final struct {
	Order
	Source  mq.GUID  // queue manager that sent it
	Message uint32   // its identifier there
	Class   mq.Class // mq.ClassAckReceive or why not
}

// AckKind is what ParseAck found.
type AckKind uint8

// The kinds of acknowledgement of transactional messages.
const (
	NotAck AckKind = iota
	OrderAck
	FinalAck
)

// OrderQueue is order_queue$ of a queue manager: PrivateQueueIdentifier 4
// (MS-MQQB 2.2.4).
func OrderQueue(manager mq.GUID) mq.FormatName { return mq.Private(manager, 4) }

// DirectOrderQueue is order_queue$ at an IP address, for a peer whose messages come
// by direct format names (DirectFormatSession, MS-MQQB 3.1.7.17).
func DirectOrderQueue(address string) mq.FormatName {
	return mq.DirectTCP(address, mq.PrivatePrefix+"order_queue$")
}

// AppendOrderAck appends an OrderAck packet: what came of the stream o.Sequence, up
// to o.Number, is durable. self is our identifier and id that of the message;
// o.Previous is not used.
func AppendOrderAck(b []byte, to mq.FormatName, self mq.GUID, id uint32, o Order, sent time.Time) ([]byte, error) {
	o.Previous = o.Number - 1
	m := ackMessage(to, mq.ClassOrderAck, Final{Order: o})
	m.Delivery = mq.Express // MS-MQQB 2.2.4: all flags but MP and DQ are clear
	m.ID = mq.ObjectID{Source: self, Ordinal: id}
	m.SentTime = sent
	return Append(b, m, self)
}

// FinalAckMessage is the FinalAck packet as a message, without ID and SentTime.
func FinalAckMessage(to mq.FormatName, f Final) *mq.Message { return ackMessage(to, f.Class, f) }

func ackMessage(to mq.FormatName, class mq.Class, f Final) *mq.Message {
	body := make([]byte, 0, ackBodySize)
	body = le.AppendUint64(body, f.Sequence)
	body = le.AppendUint32(body, f.Number)
	body = le.AppendUint32(body, f.Previous)
	body = append(body, f.Source[:]...)
	body = le.AppendUint32(body, f.Message)
	return &mq.Message{
		Class:       class,
		Label:       orderLabel,
		Delivery:    mq.Recoverable,
		Destination: to,
		Body:        body,
		// Its receiver keeps the messages until it comes (MS-MQQB 3.1.1.6.2), so it
		// does not expire, and clocks that differ do no harm.
		TimeToReachQueue: mq.Never,
		TimeToBeReceived: mq.Never,
		// None is used, and there is no value for that (MS-MQMQ 2.2.19.3).
		HashAlgorithm: mq.HashSHA512,
		EncryptAlg:    mq.EncryptAES256,
	}
}

// ParseAck reads a message that came to order_queue$ as MS-MQQB 3.1.5.1.1 says. Of
// an OrderAck only Order and Class are set. What claims by its class to be one and
// is not gets ErrMalformed; NotAck is for classes that claim nothing.
func ParseAck(m *mq.Message) (f Final, kind AckKind, err error) {
	switch {
	case m.Class == mq.ClassOrderAck:
		kind = OrderAck
	case m.Class >= mq.ClassAckReceive:
		kind = FinalAck
	default:
		return Final{}, NotAck, nil
	}
	switch {
	case !m.Class.Known():
		err = malformed("an acknowledgement has class %s, which does not exist", m.Class)
	case m.Label != orderLabel:
		err = malformed("an acknowledgement of class %s has label %s, not %q", m.Class, mq.Quote(m.Label), orderLabel)
	case len(m.Body) != ackBodySize:
		err = malformed("an acknowledgement of class %s has %d bytes, not %d", m.Class, len(m.Body), ackBodySize)
	}
	if err != nil {
		return Final{}, NotAck, err
	}
	p := m.Body
	f.Class = m.Class
	f.Order = Order{Sequence: le.Uint64(p), Number: le.Uint32(p[8:]), Previous: le.Uint32(p[12:])}
	if kind == FinalAck {
		f.Source, f.Message = mq.GUID(p[16:32]), le.Uint32(p[32:])
	}
	return f, kind, nil
}
