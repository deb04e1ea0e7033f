package wire

import "posthouse/localqm/mq"

// A UserMessage packet (MS-MQMQ 2.2.20), each header at a multiple of four:
//
//	+------------+------------+-------------------+-----------------+
//	| BaseHeader | UserHeader | TransactionHeader | SecurityHeader  |
//	+------------+------------+-------------------+-----------------+
//	| MessagePropertiesHeader with the body                         |
//	+-------------+------------+------------------------+-----------+
//	| DebugHeader | SoapHeader | MultiQueueFormatHeader |   PacketSize ends here
//	+-------------+------------+------------------------+-----------+
//	| SessionHeader, only on a connection                           |
//	+---------------------------------------------------------------+
//	| ExtensionHeader and what it announces, only in a store        |
//	+---------------------------------------------------------------+

// Append appends m as a packet. self is the identifier of our queue manager: it
// stands for a source that m does not name. What m cannot mean gets a mq.Error:
// ErrLabelTooLong, ErrInsufficientResources for a packet over mq.MaxPacketSize,
// ErrUnsupportedFormatNameOperation for a name that no packet carries,
// ErrIllegalPropertyValue else; b is returned as it was.
//
// A transactional message is written as recoverable and with priority 0, whatever
// m says (MS-MQMQ 2.2.19.1-2), and its TransactionID as its lower 20 bits
// (2.2.20.5).
func Append(b []byte, m *mq.Message, self mq.GUID) ([]byte, error) {
	e := encoder{b: b, start: len(b)}
	if _, err := e.packet(m, self, true); err != nil {
		return b, err
	}
	return e.b, nil
}

// Split is Append without the body: head[:at], m.Body and head[at:] are the packet.
func Split(m *mq.Message, self mq.GUID) (head []byte, at int, err error) {
	var e encoder
	at, err = e.packet(m, self, false)
	if err != nil {
		return nil, 0, err
	}
	return e.b, at, nil
}

// guess is what the headers of most messages take.
const guess = 256

func (e *encoder) packet(m *mq.Message, self mq.GUID, withBody bool) (at int, err error) {
	var h header
	if err := h.prepare(m, self); err != nil {
		return 0, err
	}
	if m.Priority > mq.MaxPriority {
		return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"its priority is %d and may be %d", m.Priority, mq.MaxPriority)
	}
	label, err := checkProperties(m)
	if err != nil {
		return 0, err
	}
	if err := checkSecurity(m); err != nil {
		return 0, err
	}
	if err := checkSOAP(m); err != nil {
		return 0, err
	}
	// Before a byte is copied: what can be large.
	if n := len(m.Body) + len(m.Extension) + len(m.SoapHeader) + len(m.SoapBody); n > mq.MaxPacketSize {
		return 0, tooLarge(n + baseSize + userSize + propertiesSize)
	}
	room := guess + 2*label + len(m.Extension)
	if withBody {
		room += len(m.Body)
	}
	if cap(e.b)-len(e.b) < room {
		e.b = append(make([]byte, 0, len(e.b)+room), e.b...)
	}

	var base Base
	if !m.Transactional {
		base.Flags = uint16(m.Priority)
	}
	if m.Trace {
		base.Flags |= baseTrace
	}
	if m.Trace || !m.TraceQueue.IsZero() {
		base.Flags |= baseDebug
	}
	base.TimeToReachQueue = m.TimeToReachQueue
	e.b = AppendBase(e.b, base)
	e.user(m, &h)
	if m.Transactional {
		e.transaction(m)
	}
	if h.flags&userSecurity != 0 {
		e.security(m)
	}
	e.properties(m, label)
	at = len(e.b) - e.start
	if withBody {
		e.b = append(e.b, m.Body...)
	} else {
		e.gap = len(m.Body)
	}
	e.align()
	if base.Flags&baseDebug != 0 {
		e.debug(m)
	}
	if h.flags&userSOAP != 0 {
		e.soap(m)
	}
	if h.flags&userMulti != 0 {
		if err := e.multi(m); err != nil {
			return 0, err
		}
	}
	size := e.pos()
	if size > mq.MaxPacketSize {
		return 0, tooLarge(size)
	}
	le.PutUint32(e.b[e.start+8:], uint32(size))
	if !m.DeadLetterQueue.IsZero() {
		if err := e.deadLetterQueue(m.DeadLetterQueue); err != nil {
			return 0, err
		}
	}
	return at, nil
}

// deadLetterQueue appends what kept reads.
func (e *encoder) deadLetterQueue(f mq.FormatName) (err error) {
	name := f.String()
	if _, err := mq.ParseFormatName(name); err != nil {
		return err // it would be kept and never be read again
	}
	e.b, err = AppendExtension(e.b, Extension{DeadLetterQueue: name})
	return err
}

func tooLarge(n int) error {
	return mq.Errorf(mq.ErrInsufficientResources, "encode a message",
		"it takes %d bytes with its headers and a packet holds at most %d", n, mq.MaxPacketSize).
		WithFix("make the body or the extension at least %d bytes shorter", n-mq.MaxPacketSize)
}

// Parse reads a packet. The bytes of m are those of packet, not copies, so packet
// must not change afterwards. self is the identifier of our queue manager: a packet
// for a direct name does not say whose queues it means by "on the destination".
//
// AU and AS of the SecurityHeader are reported as they stand: a packet from outside
// goes through ClearAuthentication first.
func Parse(packet []byte, self mq.GUID) (*mq.Message, error) {
	m := new(mq.Message)
	if _, _, err := parse(m, packet, -1, -1, self); err != nil {
		return nil, err
	}
	return m, nil
}

// ParseSplit reads the head that Split made, or that was cut out of a packet as
// Locate says; Body stays nil. The bytes of m are those of head.
func ParseSplit(head []byte, at, bodySize int, self mq.GUID) (*mq.Message, error) {
	if at < 0 || at > len(head) || bodySize < 0 || bodySize > mq.MaxPacketSize {
		return nil, malformed("a body of %d bytes cannot be at offset %d of %d", bodySize, at, len(head))
	}
	m := new(mq.Message)
	if _, _, err := parse(m, head, at, bodySize, self); err != nil {
		return nil, err
	}
	return m, nil
}

// Unpack is Parse and Locate in one.
func Unpack(packet []byte, self mq.GUID) (m *mq.Message, at, size int, err error) {
	m = new(mq.Message)
	if at, size, err = parse(m, packet, -1, -1, self); err != nil {
		return nil, 0, 0, err
	}
	return m, at, size, nil
}

// Locate checks a packet as Parse does and finds its body.
func Locate(packet []byte) (at, size int, err error) {
	var m mq.Message
	return parse(&m, packet, -1, -1, mq.GUID{})
}

// parse reads b into m. cut, if not negative, is where a body of size bytes was
// taken out of b.
func parse(m *mq.Message, b []byte, cut, size int, self mq.GUID) (at, bodySize int, err error) {
	base, err := ParseBase(b)
	if err != nil {
		return 0, 0, err
	}
	packet := int(base.PacketSize)
	end, frame := packet-max(size, 0), base.FrameSize()-max(size, 0)
	switch {
	case base.Internal():
		return 0, 0, malformed("the packet belongs to a session and holds no message")
	case end < baseSize || frame > len(b):
		return 0, 0, malformed("the packet claims %d bytes and has %d", base.FrameSize(), len(b)+max(size, 0))
	case base.Flags&baseTrace != 0 && base.Flags&baseDebug == 0:
		return 0, 0, malformed("the packet asks for tracing and has no DebugHeader")
	}
	m.Priority = uint8(base.Flags & basePriority)
	m.TimeToReachQueue = base.TimeToReachQueue
	m.Trace = base.Flags&baseTrace != 0

	c := cursor{b: b[:end], off: baseSize}
	flags, at, bodySize := c.front(m, base, size, self)
	if cut >= 0 && c.err == nil && at != cut {
		c.fail("the body begins at offset %d and was kept as if at %d", at, cut)
	}
	if flags&userSOAP != 0 {
		c.soap(m)
	}
	if flags&userMulti != 0 {
		c.multi(m)
	}
	if c.err == nil && c.left() > 0 {
		c.fail("the packet has %d bytes after its last header", c.left())
	}
	if c.err != nil {
		return 0, 0, c.err
	}
	if frame < len(b) {
		if err := kept(m, b[frame:]); err != nil {
			return 0, 0, err
		}
	}
	return at, bodySize, nil
}

// front reads the headers up to the DebugHeader. size, if not negative, is that of a
// body that was cut out. It returns UserHeader.Flags and where the body is.
func (c *cursor) front(m *mq.Message, base Base, size int, self mq.GUID) (flags uint32, at, bodySize int) {
	flags = c.user(m, self)
	if flags&userTransaction != 0 {
		c.transaction(m)
	}
	if flags&userSecurity != 0 {
		c.security(m)
	}
	at, bodySize = c.properties(m, int(base.PacketSize), size)
	if base.Flags&baseDebug != 0 {
		c.debug(m)
	}
	return flags, at, bodySize
}

// kept reads what a store has behind the packet.
func kept(m *mq.Message, b []byte) error {
	x, err := ParseExtension(b)
	if err != nil || x.DeadLetterQueue == "" {
		return err
	}
	f, err := mq.ParseFormatName(x.DeadLetterQueue)
	if err != nil {
		return malformed("DeadLetterHeader names %q, which is no format name", x.DeadLetterQueue)
	}
	m.DeadLetterQueue = f
	return nil
}

// Sendable is the part of a packet that goes to other queue managers: without what
// a store has behind it.
func Sendable(packet []byte) ([]byte, error) {
	base, err := ParseBase(packet)
	if err != nil {
		return nil, err
	}
	if base.FrameSize() > len(packet) {
		return nil, malformed("the packet claims %d bytes and has %d", base.FrameSize(), len(packet))
	}
	return packet[:base.FrameSize():base.FrameSize()], nil
}
