package remote

import (
	"encoding/binary"
	"fmt"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// malformed is an answer that no queue manager gives that works.
func malformed(format string, args ...any) error {
	return &mq.Error{
		Code: mq.ErrGeneric, Why: "its answer cannot be read: " + fmt.Sprintf(format, args...),
		Fix: "if it happens again, look whether that queue manager is sound and what it says to be", Err: wire.ErrMalformed,
	}
}

// delivery is a message as a remote read brought it.
type delivery struct {
	message  *mq.Message
	lookup   mgmtclient.LookupID
	arrived  uint32 // seconds since 1970; 0: not said
	bodySize int    // of the whole body
	size     int    // of the packet
	fate     wire.Subqueue
	packet   []byte // as it would be stored; nil if the body is not whole
}

// read puts a message together from the answer to R_StartReceive, of which limit
// bytes of the body were asked for (MS-MQRR 2.2.6, 3.1.4.7).
func read(r *remoteread.StartReceiveResponse, limit uint32, self mq.GUID) (*delivery, error) {
	d := &delivery{arrived: r.ArriveTime}
	if int(r.NumberOfSections) != len(r.PacketSections) {
		return nil, malformed("%d sections of a message are announced and %d came", r.NumberOfSections, len(r.PacketSections))
	}
	var err error
	switch len(r.PacketSections) {
	case 1, 2:
		if err = sound(r.PacketSections); err == nil {
			err = d.join(r.PacketSections, limit, self)
		}
	default:
		err = malformed("a message in %d sections", len(r.PacketSections))
	}
	if err != nil {
		return nil, err
	}
	d.lookup = place(r.SequenceID, d.message.Priority)
	return d, nil
}

// place is a lookup identifier. Remote reads tell its lower seven bytes; the highest
// is the priority, upside down (MS-MQDMPR 3.1.7.3.1, MS-MQRR 3.1.4.7).
func place(sequence uint64, priority uint8) mgmtclient.LookupID {
	if sequence>>56 == 0 {
		sequence |= uint64(mq.MaxPriority-priority) << 56
	}
	return mgmtclient.LookupID(sequence)
}

// sound checks what 2.2.6 and 2.2.7 say of the sections beside their contents.
func sound(list []*remoteread.SectionBuffer) error {
	for i, s := range list {
		if s == nil || int(s.SectionSize) != len(s.SectionBuffer) || s.SectionSizeAlloc < s.SectionSize || s.SectionSizeAlloc > 2*mq.MaxPacketSize {
			return malformed("section %d of the message is not as large as it says", i+1)
		}
		t := s.SectionBufferType
		part := t == remoteread.SectionTypeBinaryFirstSection || t == remoteread.SectionTypeSrmpFirstSection
		switch {
		case i == 0 && !part && (t != remoteread.SectionTypeFullPacket || len(list) > 1),
			i == 1 && t != list[0].SectionBufferType+1,
			(i == 1 || !part) && s.SectionSizeAlloc != s.SectionSize:
			return malformed("section %d of the message is of type %d", i+1, t)
		}
	}
	return nil
}

func (d *delivery) join(list []*remoteread.SectionBuffer, limit uint32, self mq.GUID) error {
	first := list[0].SectionBuffer
	missing := int(list[0].SectionSizeAlloc) - len(first)
	if missing == 0 {
		packet := first
		if len(list) == 2 {
			packet = append(append([]byte(nil), first...), list[1].SectionBuffer...)
		}
		return d.whole(packet, self)
	}
	if list[0].SectionBufferType != remoteread.SectionTypeBinaryFirstSection {
		return malformed("a part of a message of HTTP, which was asked for whole")
	}
	var rest []byte
	if len(list) == 2 {
		rest = list[1].SectionBuffer
	}
	return d.part(first, rest, int(limit), missing, self)
}

// whole reads a complete packet with the headers behind it (MS-MQRR 2.2.5).
func (d *delivery) whole(packet []byte, self mq.GUID) error {
	packet, posted, ok, err := wire.CutSRMP(packet)
	if err != nil {
		return err
	}
	base, err := wire.ParseBase(packet)
	if err != nil {
		return err
	}
	frame := base.FrameSize()
	if frame > len(packet) {
		return malformed("the packet claims %d bytes and has %d", frame, len(packet))
	}
	m, _, size, err := wire.Unpack(packet[:frame], self)
	if err != nil {
		return err
	}
	if ok && size == 0 {
		m.Body, size = posted, len(posted)
	}
	if err := d.finish(base, m, size, packet[frame:]); err != nil || ok {
		return err // the body of a message of HTTP is not where a packet has it
	}
	return d.keep(packet[:frame])
}

// part reads a packet of whose body only the first have bytes came: head is up to
// there, rest begins behind the body.
func (d *delivery) part(head, rest []byte, have, missing int, self mq.GUID) error {
	at, size := len(head)-have, have+missing
	base, err := wire.ParseBase(head)
	if err != nil {
		return err
	}
	if at < 0 || size > mq.MaxPacketSize {
		return malformed("a body of %d bytes that begins at %d", size, at)
	}
	// What follows the body begins at a multiple of four. Whether the padding in
	// front of it was sent is told by what fits.
	apart := make([]byte, at, at+3+len(rest))
	copy(apart, head)
	padded := append(apart[:at+-(at+size)&3], rest...)
	if err = d.split(base, padded, at, size, self); err != nil && len(padded) > at+len(rest) {
		err = d.split(base, append(apart, rest...), at, size, self)
	}
	if err == nil {
		d.message.Body = head[at:]
	}
	return err
}

// split reads a packet without its body, and what follows it.
func (d *delivery) split(base wire.Base, b []byte, at, size int, self mq.GUID) error {
	frame := base.FrameSize() - size
	if frame < at || frame > len(b) {
		return malformed("the packet claims %d bytes and has %d", base.FrameSize(), len(b)+size)
	}
	m, err := wire.ParseSplit(b[:frame], at, size, self)
	if err != nil {
		return err
	}
	return d.finish(base, m, size, b[frame:])
}

// finish adds what the queue manager knows beside the packet (MS-MQRR 2.2.5.2-5).
func (d *delivery) finish(base wire.Base, m *mq.Message, bodySize int, behind []byte) error {
	var x wire.Extension
	var err error
	if len(behind) > 0 {
		if x, err = wire.ParseExtension(behind); err != nil {
			return err
		}
	}
	if x.Subqueue != nil {
		d.fate = *x.Subqueue
	}
	if x.DeadLetterQueue != "" {
		if m.DeadLetterQueue, err = mq.ParseFormatName(x.DeadLetterQueue); err != nil {
			return malformed("a message has the dead-letter queue %q", x.DeadLetterQueue)
		}
	}
	// The time to reach the queue is a moment here (2.2.5.1), a sum of 32 bits: what
	// never ends may have come round.
	if e := base.TimeToReachQueue; e != mq.Never && !m.SentTime.IsZero() {
		m.TimeToReachQueue = e - uint32(m.SentTime.Unix())
	}
	d.message, d.bodySize, d.size = m, bodySize, int(base.PacketSize)
	return nil
}

// keep makes the packet as a store has it: with its own time to reach the queue, and
// of what follows it only the dead-letter queue.
func (d *delivery) keep(packet []byte) (err error) {
	d.packet = append([]byte(nil), packet...)
	binary.LittleEndian.PutUint32(d.packet[12:], d.message.TimeToReachQueue)
	if dead := d.message.DeadLetterQueue; !dead.IsZero() {
		d.packet, err = wire.AppendExtension(d.packet, wire.Extension{DeadLetterQueue: dead.String()})
	}
	return err
}

// class is why a message is in a dead-letter queue, or its own.
func (d *delivery) class() mq.Class {
	if d.message.Class == mq.ClassNormal && d.fate.Class != 0 {
		return d.fate.Class
	}
	return d.message.Class
}

// row is a message as the contract has it. In journals and dead-letter queues its time
// is over.
func (d *delivery) row(over bool) mgmtclient.Message {
	r := row.Of(d.message)
	r.LookupID, r.BodySize, r.Size = d.lookup, d.bodySize, int64(d.size)
	r.AbortCount, r.MoveCount = int(d.fate.AbortCount), int(d.fate.MoveCount)
	if t := moment(int64(d.arrived)); t != nil {
		r.ArrivedTime = *t
	}
	r.LastMoveTime = moment(int64(d.fate.LastMoveTime))
	row.SetClass(&r, d.class())
	if over {
		r.Expires = nil
	}
	return r
}

// record is it for an export.
func (d *delivery) record() mgmtclient.Record {
	return mgmtclient.Record{
		LookupID: d.lookup, ID: d.message.ID.String(), Label: d.message.Label, Packet: d.packet,
		Arrived: time.Unix(int64(d.arrived), 0).UTC(), Class: d.class(),
		AbortCount: int(d.fate.AbortCount), MoveCount: int(d.fate.MoveCount), LastMove: moment(int64(d.fate.LastMoveTime)),
	}
}
