package wire

import (
	"math"

	"posthouse/localqm/mq"
)

// What remote readers get is the UserMessage packet, changed in two places, and the
// headers of MS-MQRR 2.2.5.2-2.2.5.5 behind it:
//
//   - TimeToReachQueue says until when, not how long (MS-MQRR 2.2.5.1);
//   - MessageClass says why the message is where it is: a dead letter's reason, which
//     a store keeps beside the packet.

// sentTimeAt is where UserHeader.SentTime stands in a packet.
const sentTimeAt = baseSize + 36

// ToRemote makes a stored packet ready for a remote reader. head, at and bodySize are
// as Split returns them; front, the body and back are the packet. Subqueue and
// Address of x may be nil: the headers are there all the same.
func ToRemote(head []byte, at, bodySize int, class mq.Class, x Extension) (front, back []byte, err error) {
	base, err := ParseBase(head)
	if err != nil {
		return nil, nil, err
	}
	end := base.FrameSize() - bodySize
	if at < sentTimeAt+4 || bodySize < 0 || end < at || end > len(head) {
		return nil, nil, malformed("a body of %d bytes cannot be at offset %d of %d", bodySize, at, len(head))
	}
	front = append(make([]byte, 0, at+bodySize), head[:at]...)
	if class != mq.ClassNormal {
		if err := setClass(front, class); err != nil {
			return nil, nil, err
		}
	}
	le.PutUint32(front[12:], until(le.Uint32(front[sentTimeAt:]), base.TimeToReachQueue))
	if end < len(head) {
		kept, err := ParseExtension(head[end:])
		if err != nil {
			return nil, nil, err
		}
		x.DeadLetterQueue, x.DeadLetterInvalid = kept.DeadLetterQueue, kept.DeadLetterInvalid
	}
	if x.Subqueue == nil {
		x.Subqueue = new(Subqueue)
	}
	if x.Address == nil {
		x.Address = new(Address)
	}
	const room = extensionSize + subqueueSize + addressExtSize
	back = append(make([]byte, 0, end-at+room+len(head)-end), head[at:end]...)
	back, err = AppendExtension(back, x)
	return front, back, err
}

// FromRemote undoes ToRemote: packet is what Parse reads, the application's
// dead-letter queue behind it, and shares the bytes of b. x is zero if the other
// side sends no such headers (MS-MQRR <5>).
func FromRemote(b []byte) (packet []byte, x Extension, err error) {
	base, err := ParseBase(b)
	if err != nil {
		return nil, x, err
	}
	end := base.FrameSize()
	if base.Internal() || end > len(b) || end < sentTimeAt+4 {
		return nil, x, malformed("the packet claims %d bytes and has %d", end, len(b))
	}
	le.PutUint32(b[12:], during(le.Uint32(b[sentTimeAt:]), base.TimeToReachQueue))
	packet = b[:end:end]
	if end == len(b) {
		return packet, x, nil
	}
	if x, err = ParseExtension(b[end:]); err != nil || x.DeadLetterQueue == "" {
		return packet, x, err
	}
	packet, err = AppendExtension(packet, Extension{DeadLetterQueue: x.DeadLetterQueue})
	return packet, x, err
}

// until is the end of a time that began at sent; mq.Never has none.
func until(sent, seconds uint32) uint32 {
	if seconds == mq.Never {
		return mq.Never
	}
	return uint32(min(uint64(sent)+uint64(seconds), math.MaxUint32))
}

// during is the inverse of until.
func during(sent, end uint32) uint32 {
	if end == mq.Never {
		return mq.Never
	}
	return end - min(sent, end)
}

// setClass changes MessageClass in a front, which ends where the body begins.
func setClass(front []byte, class mq.Class) error {
	var m mq.Message
	c := cursor{b: front, off: baseSize}
	flags := c.user(&m, mq.GUID{})
	if flags&userTransaction != 0 {
		c.transaction(&m)
	}
	if flags&userSecurity != 0 {
		c.security(&m)
	}
	if p := c.take(propertiesSize, "MessagePropertiesHeader"); p != nil {
		le.PutUint16(p[2:], uint16(class))
	}
	return c.err
}
