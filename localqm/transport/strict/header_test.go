package strict

import "testing"

const never = 0xFFFFFFFF

// base is the BaseHeader (MS-MQMQ 2.2.19.1).
type base struct {
	priority                        int
	internal, session, debug, trace bool
	size                            uint32 // PacketSize
	reach                           uint32 // TimeToReachQueue
}

const baseSize = 16

func (r *in) base() (h base) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.19.1"
	version := r.u8()
	r.must(version == 0x10, section, "VersionNumber is %#x", version)
	r.u8() // Reserved: anything
	flags := r.u16()
	h.priority = int(flags & 7)
	h.internal, h.session, h.debug, h.trace = flags&8 != 0, flags&16 != 0, flags&32 != 0, flags&256 != 0
	r.must(flags&^(7|8|16|32|256) == 0, section, "Flags %#x have unused bits", flags)
	signature := r.u32()
	r.must(signature == 0x524F494C, section, "Signature is %#x", signature)
	h.size, h.reach = r.u32(), r.u32()
	r.must(h.size >= baseSize && h.size <= 0x00400000, section, "PacketSize is %d", h.size)
	r.must(h.size%4 == 0, section, "PacketSize is %d: headers end at multiples of 4", h.size)
	r.must(!h.trace || h.debug, section, "TR without DH")
	if h.internal {
		r.must(h.reach == never, section, "TimeToReachQueue is %#x outside of a UserMessage packet", h.reach)
		r.must(!h.debug && !h.trace, section, "DH or TR outside of a UserMessage packet")
	}
	return h
}

func (w *out) base(h base) {
	w.u8(0x10)
	w.u8(rubbish)
	w.u16(uint16(uint32(h.priority) | bit(h.internal, 3) | bit(h.session, 4) | bit(h.debug, 5) | bit(h.trace, 8)))
	w.u32(0x524F494C)
	w.u32(h.size)
	w.u32(h.reach)
}

// internal reads the headers of an internal packet (MS-MQQB 2.2.1).
func (r *in) internal(kind uint16, size uint32) (refused bool) {
	r.t.Helper()
	const section = "MS-MQQB 2.2.1"
	h := r.base()
	r.must(h.internal, section, "IN is not set")
	r.must(h.session == (kind == isSessionAck), section, "SH is %v in packet type %d", h.session, kind)
	r.must(h.size == size, section, "packet type %d has %d bytes, not %d", kind, h.size, size)
	reserved, flags := r.u16(), r.u16()
	r.must(reserved == 0, section, "Reserved is %#x", reserved)
	r.must(flags&0xF == kind, section, "packet type is %d, not %d", flags&0xF, kind)
	r.must(flags&^0x1F == 0, section, "Flags %#x have unused bits", flags)
	refused = flags&0x10 != 0
	r.must(!refused || kind != isSessionAck, section, "CS in a SessionAck packet")
	return refused
}

// The types of internal packets and their sizes (MS-MQQB 2.2.2, 2.2.3, 2.2.6).
const (
	isSessionAck, sessionAckSize = 1, 16 + 4 + 16
	isEstablish, establishSize   = 2, 16 + 4 + 552
	isParameters, parametersSize = 3, 16 + 4 + 12
)

func (w *out) internal(kind uint16, size uint32, refused bool) {
	w.base(base{priority: 3, internal: true, session: kind == isSessionAck, size: size, reach: never})
	w.u16(0)
	w.u16(kind | uint16(bit(refused, 4)))
}

// establish is an EstablishConnection packet (MS-MQQB 2.2.3).
type establish struct {
	client, server guid
	timeStamp      uint32
	notPinged      bool // SE
	serverOS       bool // OS
	refused        bool // CS
}

func (r *in) establish(response bool) (h establish) {
	r.t.Helper()
	const section = "MS-MQQB 2.2.3.1"
	h.refused = r.internal(isEstablish, establishSize)
	h.client, h.server, h.timeStamp = r.guid(), r.guid(), r.u32()
	flags, reserved := r.u16(), r.u16()
	r.must(flags&0xFF == 0x10, section, "RE is %#x", flags&0xFF)
	r.must(flags>>11 == 0, section, "OperatingSystem %#x has unused bits", flags)
	r.must(reserved == 0, section, "Reserved is %#x", reserved)
	h.notPinged, h.serverOS = flags&0x100 != 0, flags&0x200 != 0
	for _, c := range r.take(512) {
		if response && c != 0x5A {
			r.must(false, section, "Padding of a response has %#x", c)
			break
		}
	}
	r.must(response || !h.refused, "MS-MQQB 3.1.5.2.3", "CS in a request")
	return h
}

func (w *out) establish(h establish, response bool) {
	w.internal(isEstablish, establishSize, h.refused)
	w.raw(h.client[:])
	w.raw(h.server[:])
	w.u32(h.timeStamp)
	w.u16(uint16(0x10 | bit(h.notPinged, 8) | bit(h.serverOS, 9)))
	w.u16(0)
	for range 512 {
		if response {
			w.u8(0x5A)
		} else {
			w.u8(rubbish)
		}
	}
}

// parameters is a ConnectionParameters packet (MS-MQQB 2.2.2), milliseconds.
type parameters struct {
	recoverableAck, ack uint32
	window              uint16
}

func (r *in) parameters() (h parameters) {
	r.t.Helper()
	const section = "MS-MQQB 2.2.2.1"
	r.must(!r.internal(isParameters, parametersSize), "MS-MQQB 3.1.5.3.2", "CS is set")
	h.recoverableAck, h.ack = r.u32(), r.u32()
	reserved := r.u16()
	h.window = r.u16()
	r.must(h.recoverableAck >= 0x1F4 && h.recoverableAck <= 0x1D4C0, section, "RecoverableAckTimeout is %d", h.recoverableAck)
	r.must(h.ack >= 0x4E20 && h.ack <= 0x1D4C0, section, "AckTimeout is %d", h.ack)
	r.must(reserved == 0, section, "Reserved is %#x", reserved)
	return h
}

func (w *out) parameters(h parameters) {
	w.internal(isParameters, parametersSize, false)
	w.u32(h.recoverableAck)
	w.u32(h.ack)
	w.u16(0)
	w.u16(h.window)
}

// sessionHeader is the SessionHeader (MS-MQMQ 2.2.20.4).
type sessionHeader struct {
	acked           uint16 // AckSequenceNumber
	lowest          uint16 // RecoverableMsgAckSeqNumber
	flags           uint32 // RecoverableMsgAckFlags
	sent            uint16 // UserMsgSequenceNumber
	recoverableSent uint16 // RecoverableMsgSeqNumber
	window          uint16
}

func (r *in) session() (h sessionHeader) {
	r.t.Helper()
	h.acked, h.lowest, h.flags = r.u16(), r.u16(), r.u32()
	h.sent, h.recoverableSent, h.window = r.u16(), r.u16(), r.u16()
	r.u16() // Reserved: anything
	r.must(h.window >= 1, "MS-MQMQ 2.2.20.4", "WindowSize is 0")
	r.must(h.lowest != 0 || h.flags == 0, "MS-MQMQ 2.2.20.4", "flags %#x from no recoverable message on", h.flags)
	r.must(h.lowest == 0 || h.flags&1 != 0, "MS-MQMQ 2.2.20.4", "RecoverableMsgAckSeqNumber %d is not in flags %#x", h.lowest, h.flags)
	return h
}

func (w *out) session(h sessionHeader) {
	w.u16(h.acked)
	w.u16(h.lowest)
	w.u32(h.flags)
	w.u16(h.sent)
	w.u16(h.recoverableSent)
	w.u16(h.window)
	w.u16(rubbish)
}

func (r *in) sessionAck() sessionHeader {
	r.t.Helper()
	r.internal(isSessionAck, sessionAckSize)
	return r.session()
}

func (w *out) sessionAck(h sessionHeader) {
	w.internal(isSessionAck, sessionAckSize, false)
	w.session(h)
}

// ping is a Ping packet (MS-MQQB 2.2.7).
type ping struct {
	workstation, refused bool // RC, RF
	cookie               uint32
	manager              guid
}

func readPing(t testing.TB, b []byte) (h ping) {
	t.Helper()
	r := &in{t: t, b: b}
	flags, signature := r.u16(), r.u16()
	h.workstation, h.refused = flags&1 != 0, flags&2 != 0
	r.must(signature == 0x5548, "MS-MQQB 2.2.7", "Signature is %#x", signature)
	h.cookie, h.manager = r.u32(), r.guid()
	r.must(r.left() == 0, "MS-MQQB 2.2.7", "%d bytes follow a ping", r.left())
	return h
}

// bytes has rubbish in the unused bits, as Windows sends it (note <19>).
func (h ping) bytes() (w out) {
	w.u16(uint16(0x7D00 | bit(h.workstation, 0) | bit(h.refused, 1)))
	w.u16(0x5548)
	w.u32(h.cookie)
	w.raw(h.manager[:])
	return w
}
