package wire

import "posthouse/localqm/mq"

// BaseHeader (MS-MQMQ 2.2.19.1):
//
//	 0        1        2                 4
//	+--------+--------+-----------------+-----------------------------------+
//	| 0x10   |reserved| Flags           | Signature "LIOR"                  |
//	+--------+--------+-----------------+-----------------------------------+
//	| PacketSize                        | TimeToReachQueue, seconds         |
//	+-----------------------------------+-----------------------------------+
const (
	baseSize      = 16
	baseVersion   = 0x10
	baseSignature = 0x524F494C
)

// The bits of BaseHeader.Flags (MS-MQMQ 2.2.19.1).
const (
	basePriority = 0x0007 // PR
	baseInternal = 0x0008 // IN
	baseSession  = 0x0010 // SH
	baseDebug    = 0x0020 // DH
	baseTrace    = 0x0100 // TR
)

// Base is the header that every packet begins with.
type Base struct {
	Flags            uint16
	PacketSize       uint32 // bytes, without the SessionHeader of a UserMessage
	TimeToReachQueue uint32 // seconds
}

// ParseBase reads the first 16 bytes of a packet and refuses a packet that is too
// long or too short, so that a reader knows what to expect before it reads it.
func ParseBase(b []byte) (Base, error) {
	if len(b) < baseSize {
		return Base{}, malformed("a packet begins with %d bytes of header and here are %d", baseSize, len(b))
	}
	if b[0] != baseVersion {
		return Base{}, malformed("the packet has version 0x%02X, not 0x%02X", b[0], baseVersion)
	}
	if s := le.Uint32(b[4:]); s != baseSignature {
		return Base{}, malformed("the packet has signature 0x%08X, not 0x%08X", s, baseSignature)
	}
	h := Base{Flags: le.Uint16(b[2:]), PacketSize: le.Uint32(b[8:]), TimeToReachQueue: le.Uint32(b[12:])}
	if h.PacketSize < baseSize || h.PacketSize > mq.MaxPacketSize {
		return Base{}, malformed("the packet claims %d bytes, allowed are %d to %d",
			h.PacketSize, baseSize, mq.MaxPacketSize)
	}
	if h.Internal() && (h.PacketSize < parametersSize || h.PacketSize > establishSize) {
		return Base{}, malformed("the internal packet claims %d bytes, allowed are %d to %d",
			h.PacketSize, parametersSize, establishSize)
	}
	return h, nil
}

// Internal reports a packet of the session itself (MS-MQQB 2.2), not a message.
func (h Base) Internal() bool { return h.Flags&baseInternal != 0 }

// Session reports that a SessionHeader ends the packet.
func (h Base) Session() bool { return h.Flags&baseSession != 0 }

// FrameSize is the number of bytes the packet takes on a connection. PacketSize
// leaves out the SessionHeader of a UserMessage packet (MS-MQMQ 2.2.19.1) and
// counts that of an internal one (MS-MQQB 4.1.8).
func (h Base) FrameSize() int {
	n := int(h.PacketSize)
	if h.Session() && !h.Internal() {
		n += sessionSize
	}
	return n
}

// AppendBase appends the header.
func AppendBase(b []byte, h Base) []byte {
	b = append(b, baseVersion, 0)
	b = le.AppendUint16(b, h.Flags)
	b = le.AppendUint32(b, baseSignature)
	b = le.AppendUint32(b, h.PacketSize)
	return le.AppendUint32(b, h.TimeToReachQueue)
}
