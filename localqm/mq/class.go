package mq

import (
	"fmt"
	"strconv"
	"strings"
)

// Class is a message class (MS-MQMQ 2.2.18.1.6): what a message is, or, in a
// dead-letter queue and in acknowledgements, what became of it. Bit 15 means a
// negative answer, bit 14 one about the receiving of a message that arrived.
type Class uint16

// The message classes. The three that MS-MQMQ lacks are in MC-MQAC 2.2.2.9.
const (
	ClassNormal                  Class = 0x0000
	ClassReport                  Class = 0x0001
	ClassAckReachQueue           Class = 0x0002
	ClassOrderAck                Class = 0x00FF
	ClassAckReceive              Class = 0x4000
	ClassNackBadDestQueue        Class = 0x8000
	ClassNackDeleted             Class = 0x8001
	ClassNackReachQueueTimeout   Class = 0x8002
	ClassNackQueueExceedQuota    Class = 0x8003
	ClassNackAccessDenied        Class = 0x8004
	ClassNackHopCountExceeded    Class = 0x8005
	ClassNackBadSignature        Class = 0x8006
	ClassNackBadEncryption       Class = 0x8007
	ClassNackCouldNotEncrypt     Class = 0x8008
	ClassNackNotTransactionalQ   Class = 0x8009
	ClassNackNotTransactionalMsg Class = 0x800A
	ClassNackUnsupportedCrypto   Class = 0x800B
	ClassNackSourceGUIDChanged   Class = 0x800C
	ClassNackQueueDeleted        Class = 0xC000
	ClassNackQueuePurged         Class = 0xC001
	ClassNackReceiveTimeout      Class = 0xC002
	ClassNackTimeoutAtSender     Class = 0xC003
	ClassNackReceiveRejected     Class = 0xC004
)

var classes = map[Class]struct{ name, text string }{
	ClassNormal:                  {"NORMAL", "An ordinary message"},
	ClassReport:                  {"REPORT", "A report about the way of a message"},
	ClassAckReachQueue:           {"ACK_REACH_QUEUE", "The message reached its queue"},
	ClassOrderAck:                {"ORDER_ACK", "Transactional messages arrived in order"},
	ClassAckReceive:              {"ACK_RECEIVE", "The message was received by an application"},
	ClassNackBadDestQueue:        {"NACK_BAD_DST_Q", "There is no such queue at the destination"},
	ClassNackDeleted:             {"NACK_DELETED", "Deleted by an administrator on the way"},
	ClassNackReachQueueTimeout:   {"NACK_REACH_QUEUE_TIMEOUT", "Not delivered before it expired"},
	ClassNackQueueExceedQuota:    {"NACK_Q_EXCEED_QUOTA", "The queue at the destination is full"},
	ClassNackAccessDenied:        {"NACK_ACCESS_DENIED", "The sender was not allowed to send"},
	ClassNackHopCountExceeded:    {"NACK_HOP_COUNT_EXCEEDED", "Passed on too many times, perhaps in a circle"},
	ClassNackBadSignature:        {"NACK_BAD_SIGNATURE", "The signature did not match"},
	ClassNackBadEncryption:       {"NACK_BAD_ENCRYPTION", "The destination could not decrypt it"},
	ClassNackCouldNotEncrypt:     {"NACK_COULD_NOT_ENCRYPT", "It could not be encrypted for the destination"},
	ClassNackNotTransactionalQ:   {"NACK_NOT_TRANSACTIONAL_Q", "Transactional message sent to a plain queue"},
	ClassNackNotTransactionalMsg: {"NACK_NOT_TRANSACTIONAL_MSG", "Plain message sent to a transactional queue"},
	ClassNackUnsupportedCrypto:   {"NACK_UNSUPPORTED_CRYPTO_PROVIDER", "The destination does not know the encryption used"},
	ClassNackSourceGUIDChanged:   {"NACK_SOURCE_COMPUTER_GUID_CHANGED", "The sending computer has got another identity"},
	ClassNackQueueDeleted:        {"NACK_Q_DELETED", "The queue was deleted before it was read"},
	ClassNackQueuePurged:         {"NACK_Q_PURGED", "The queue was purged before it was read"},
	ClassNackReceiveTimeout:      {"NACK_RECEIVE_TIMEOUT", "Arrived, but not read before it expired"},
	ClassNackTimeoutAtSender:     {"NACK_RECEIVE_TIMEOUT_AT_SENDER", "Expired before it left the sender"},
	ClassNackReceiveRejected:     {"NACK_RECEIVE_REJECTED", "The receiving application rejected it"},
}

// Name is the name without MQMSG_CLASS_, NACK_BAD_DST_Q; the hex code if the
// class is an application's own.
func (c Class) Name() string {
	if w, ok := classes[c]; ok {
		return w.name
	}
	return fmt.Sprintf("0x%04X", uint16(c))
}

// Reason is the name without NACK_ too, BAD_DST_Q, to stand beside the text.
func (c Class) Reason() string { return strings.TrimPrefix(c.Name(), "NACK_") }

// Text says in plain words, as a heading, what became of the message.
func (c Class) Text() string {
	if w, ok := classes[c]; ok {
		return w.text
	}
	return "A class of the application's own"
}

// String is the code and the name: 0x8000 NACK_BAD_DST_Q.
func (c Class) String() string {
	if _, ok := classes[c]; !ok {
		return c.Name()
	}
	return fmt.Sprintf("0x%04X %s", uint16(c), c.Name())
}

// Known reports whether the class is one of the specification's.
func (c Class) Known() bool {
	_, ok := classes[c]
	return ok
}

// IsAck reports whether the class says that a message arrived or was received.
// The order acknowledgement is not for applications and does not count.
func (c Class) IsAck() bool { return c == ClassAckReachQueue || c == ClassAckReceive }

// IsNack reports whether the class says that a message failed, on its way or
// in its queue.
func (c Class) IsNack() bool { return c&0x8000 != 0 && c.Known() }

// Arrived reports whether the message had reached its queue when it failed:
// sending it again may deliver it twice.
func (c Class) Arrived() bool {
	return c.IsNack() && c&0x4000 != 0 && c != ClassNackTimeoutAtSender
}

// ParseClass reads a name with or without MQMSG_CLASS_ or NACK_, in any case,
// or a number as Go writes one, 0x8000.
func ParseClass(s string) (Class, bool) {
	t := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "MQMSG_CLASS_")
	for c := range classes {
		if c.Name() == t || c.Reason() == t {
			return c, true
		}
	}
	n, err := strconv.ParseUint(t, 0, 16)
	return Class(n), err == nil
}
