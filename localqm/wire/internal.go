package wire

// The packets of the session itself (MS-MQQB 2.2): a BaseHeader with IN, an
// InternalHeader and what Flags.PT says. Each has one size.
//
//	 0                 4                 8                12
//	+-----------------------------------------------------------------------+
//	| BaseHeader                                                            |
//	+--------+--------+-----------------------------------------------------+
//	|reserved| Flags  | EstablishConnectionHeader (552 bytes),              |
//	+--------+--------+ ConnectionParametersHeader (12) or SessionHeader (16)|
//	+-----------------------------------------------------------------------+
const (
	internalSize   = baseSize + 4
	establishSize  = internalSize + 552
	parametersSize = internalSize + 12
	sessionAckSize = internalSize + sessionSize
)

// The bits of InternalHeader.Flags (MS-MQQB 2.2.1).
const (
	internalType    = 0x000F // PT
	internalRefused = 0x0010 // CS
)

// What stands in the BaseHeader of an internal packet and means nothing there, as
// in the dumps of MS-MQQB 4.1.
const (
	internalPriority = 3
	internalLife     = 0xFFFFFFFF
)

// Type is the kind of a packet on a connection (MS-MQQB 3.1.5.1.1). Order and
// final acknowledgements are messages; see ParseAck.
type Type uint8

// The types; those of internal packets are their numbers in InternalHeader.Flags.
const (
	TypeMessage    Type = 0
	TypeSessionAck Type = 1
	TypeEstablish  Type = 2
	TypeParameters Type = 3
)

// PacketType tells what a packet is, of which all bytes must be there. It checks of
// a message only its BaseHeader.
func PacketType(packet []byte) (Type, error) {
	base, err := ParseBase(packet)
	if err != nil {
		return 0, err
	}
	if len(packet) != base.FrameSize() {
		return 0, malformed("the packet claims %d bytes and has %d", base.FrameSize(), len(packet))
	}
	if !base.Internal() {
		return TypeMessage, nil
	}
	flags := le.Uint16(packet[baseSize+2:])
	t := Type(flags & internalType)
	want := internalSizeOf(t)
	switch {
	case want == 0:
		return 0, malformed("InternalHeader has packet type %d, which does not exist", t)
	case len(packet) != want:
		return 0, malformed("the internal packet of type %d has %d bytes, not %d", t, len(packet), want)
	case base.Session() != (t == TypeSessionAck):
		return 0, malformed("the internal packet of type %d has or lacks a SessionHeader", t)
	case t == TypeSessionAck && flags&internalRefused != 0:
		return 0, malformed("a SessionAck packet refuses a connection")
	}
	return t, nil
}

// internalSizeOf is 0 for a type that does not exist.
func internalSizeOf(t Type) int {
	switch t {
	case TypeSessionAck:
		return sessionAckSize
	case TypeEstablish:
		return establishSize
	case TypeParameters:
		return parametersSize
	}
	return 0
}

// internalOf is what follows the headers of an internal packet of type t.
func internalOf(packet []byte, want Type) (body []byte, refused bool, err error) {
	t, err := PacketType(packet)
	if err != nil {
		return nil, false, err
	}
	if t != want {
		return nil, false, malformed("the packet is of type %d, not %d", t, want)
	}
	return packet[internalSize:], le.Uint16(packet[baseSize+2:])&internalRefused != 0, nil
}

// appendInternal appends the headers of an internal packet.
func appendInternal(b []byte, t Type, refused bool) []byte {
	base := Base{
		Flags:            internalPriority | baseInternal,
		PacketSize:       uint32(internalSizeOf(t)),
		TimeToReachQueue: internalLife,
	}
	if t == TypeSessionAck {
		base.Flags |= baseSession
	}
	b = le.AppendUint16(AppendBase(b, base), 0)
	return le.AppendUint16(b, uint16(t)|bit(refused, internalRefused))
}

// bit is b if it is set and 0 if not.
func bit(set bool, b uint16) uint16 {
	if set {
		return b
	}
	return 0
}

// ParseSessionAck reads a SessionAck packet (MS-MQQB 2.2.6).
func ParseSessionAck(packet []byte) (Session, error) {
	p, _, err := internalOf(packet, TypeSessionAck)
	if err != nil {
		return Session{}, err
	}
	return ParseSession(p)
}

// AppendSessionAck appends a SessionAck packet.
func AppendSessionAck(b []byte, h Session) []byte {
	return AppendSession(appendInternal(b, TypeSessionAck, false), h)
}

// Recoverable reports whether a UserMessage packet is to be on disk before it is
// acknowledged (UserHeader.Flags.DM); transactional ones are too. Of bytes that are
// no such packet it reports false.
func Recoverable(packet []byte) bool {
	const at = baseSize + userSize - 4
	return len(packet) >= at+4 && le.Uint32(packet[at:])>>userDelivery&3 != 0
}
