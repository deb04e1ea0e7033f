package wire

// SessionHeader (MS-MQMQ 2.2.20.4):
//
//	 0                 2                 4
//	+-----------------+-----------------+-----------------------------------+
//	| AckSequence     | RecoverableAck  | RecoverableMsgAckFlags            |
//	+-----------------+-----------------+-----------------+-----------------+
//	| UserMsgSequence | RecoverableSeq  | WindowSize      | reserved        |
//	+-----------------+-----------------+-----------------+-----------------+
const sessionSize = 16

// Session is the acknowledgement that may end a UserMessage packet and that is
// a SessionAck packet. Its counters run per session and wrap at 16 bits.
type Session struct {
	Acked            uint16 // AckSequenceNumber
	RecoverableAcked uint16 // RecoverableMsgAckSeqNumber
	RecoverableFlags uint32 // RecoverableMsgAckFlags: bit k for RecoverableAcked + k
	Sent             uint16 // UserMsgSequenceNumber
	RecoverableSent  uint16 // RecoverableMsgSeqNumber
	Window           uint16 // WindowSize
}

// ParseSession reads the 16 bytes of the header.
func ParseSession(b []byte) (Session, error) {
	if len(b) != sessionSize {
		return Session{}, malformed("SessionHeader has %d bytes, not %d", len(b), sessionSize)
	}
	return Session{
		Acked:            le.Uint16(b),
		RecoverableAcked: le.Uint16(b[2:]),
		RecoverableFlags: le.Uint32(b[4:]),
		Sent:             le.Uint16(b[8:]),
		RecoverableSent:  le.Uint16(b[10:]),
		Window:           le.Uint16(b[12:]),
	}, nil
}

// AppendSession appends the header.
func AppendSession(b []byte, h Session) []byte {
	b = le.AppendUint16(b, h.Acked)
	b = le.AppendUint16(b, h.RecoverableAcked)
	b = le.AppendUint32(b, h.RecoverableFlags)
	b = le.AppendUint16(b, h.Sent)
	b = le.AppendUint16(b, h.RecoverableSent)
	b = le.AppendUint16(b, h.Window)
	return le.AppendUint16(b, 0)
}

// CutSession takes the SessionHeader off a received UserMessage packet and clears
// the bit that announced it, in place: it belongs to the connection, not to the
// message. ok is false if there was none.
func CutSession(packet []byte) (rest []byte, h Session, ok bool, err error) {
	base, err := ParseBase(packet)
	if err != nil {
		return nil, Session{}, false, err
	}
	if !base.Session() || base.Internal() {
		return packet, Session{}, false, nil
	}
	if len(packet) != base.FrameSize() {
		return nil, Session{}, false, malformed("the packet has %d bytes and claims %d with its SessionHeader",
			len(packet), base.FrameSize())
	}
	rest = packet[:base.PacketSize]
	h, err = ParseSession(packet[base.PacketSize:])
	le.PutUint16(rest[2:], base.Flags&^baseSession)
	return rest, h, err == nil, err
}

// PutSession ends a UserMessage packet with h and sets the bit that announces it.
// The packet must be as it leaves (Sendable), without a SessionHeader.
func PutSession(packet []byte, h Session) ([]byte, error) {
	base, err := ParseBase(packet)
	if err != nil {
		return nil, err
	}
	if base.Session() || base.Internal() || len(packet) != int(base.PacketSize) {
		return nil, malformed("the packet of %d bytes cannot take a SessionHeader", len(packet))
	}
	le.PutUint16(packet[2:], base.Flags|baseSession)
	return AppendSession(packet, h), nil
}
