package wire

import "posthouse/localqm/mq"

// What may follow a UserMessage packet outside a session (MS-MQRR 2.2.5.2-2.2.5.5):
//
//	 0                 4                     8          9                 12
//	+-----------------+---------------------+----------+------------------+
//	| HeaderSize      | RemainingHeadersSize| Flags    | reserved         |  ExtensionHeader
//	+-----------------+---------------------+----------+------------------+
//	| HeaderSize      | TM 1, class 16 bits | AbortCounter (4)            |  SubqueueHeader
//	| MoveCounter (4) | LastMoveTime (4)    | SubqueueName (64)           |
//	| TargetSubqueueName (64)               |                             |
//	+---------------------------------------+-----------------------------+
//	| HeaderSize      | DeadLetterPathName with its NUL, padded to 4      |  DeadLetterHeader
//	+-----------------+---------------------------------------------------+
//	| HeaderSize      | length 2, type 2    | scope (4)  | address (16)   |  ExtendedAddressHeader
//	+-----------------+---------------------+------------+----------------+
const (
	extensionSize    = 12
	subqueueSize     = 148
	subqueueNameSize = 64
	deadLetterSize   = 4 // the part of fixed size
	addressExtSize   = 28
)

// The bits of ExtensionHeader.Flags (MS-MQRR 2.2.5.2).
const (
	extDeadLetter        = 0x01 // DL
	extSubqueue          = 0x02 // SQ
	extDeadLetterInvalid = 0x08 // DI
	extAddress           = 0x10 // EA
)

// Extension is what a queue manager knows of a message beside its packet.
type Extension struct {
	DeadLetterQueue   string // the application's; empty: none
	DeadLetterInvalid bool
	Subqueue          *Subqueue
	Address           *Address
}

// Subqueue is the fate of a message in a queue (SubqueueHeader, MS-MQRR 2.2.5.3).
type Subqueue struct {
	Class        mq.Class // what an acknowledgement will say
	AbortCount   uint32
	MoveCount    uint32
	LastMoveTime uint32 // as it stands in the packet
	Name         string // the subqueue it is in; empty: none
	Target       string // where an open transaction moves it
}

// Address is where a message was received from (ExtendedAddressHeader,
// MS-MQRR 2.2.5.5).
type Address struct {
	Length uint16
	Type   uint16 // 1 IPv4, 6 IPv6
	Scope  uint32
	IP     [16]byte
}

// ParseExtension reads the headers that follow a packet. They must fill b.
func ParseExtension(b []byte) (Extension, error) {
	var x Extension
	c := cursor{b: b}
	p := c.take(extensionSize, "ExtensionHeader")
	if p == nil {
		return x, c.err
	}
	size, rest, flags := le.Uint32(p), le.Uint32(p[4:]), p[8]
	if size < extensionSize || uint64(size)+uint64(rest) != uint64(len(b)) {
		c.fail("ExtensionHeader claims %d bytes and %d after it, there are %d", size, rest, len(b))
		return x, c.err
	}
	c.take(int(size)-extensionSize, "ExtensionHeader")
	if flags&extSubqueue != 0 {
		x.Subqueue = c.subqueue()
	}
	if flags&extDeadLetter != 0 {
		x.DeadLetterQueue = c.deadLetter()
		x.DeadLetterInvalid = flags&extDeadLetterInvalid != 0
	}
	if flags&extAddress != 0 {
		x.Address = c.address()
	}
	if c.err == nil && c.left() > 0 {
		c.fail("%d bytes follow the last header", c.left())
	}
	if c.err != nil {
		return Extension{}, c.err
	}
	return x, nil
}

// sub returns the rest of a header that begins with its size.
func (c *cursor) sub(least int, what string) []byte {
	size := c.u32(what)
	if c.err == nil && uint64(size) < uint64(least) {
		c.fail("%s says it is %d bytes long, it is at least %d", what, size, least)
		return nil
	}
	if c.err != nil {
		return nil
	}
	return c.field(size-4, what)
}

func (c *cursor) subqueue() *Subqueue {
	p := c.sub(subqueueSize, "SubqueueHeader")
	if p == nil {
		return nil
	}
	names := p[16:]
	name, _, ok1 := decodeText(names[:subqueueNameSize])
	target, _, ok2 := decodeText(names[subqueueNameSize : 2*subqueueNameSize])
	if !ok1 || !ok2 {
		c.fail("SubqueueHeader has half a surrogate pair in a name")
	}
	return &Subqueue{
		Class:        mq.Class(le.Uint32(p) >> 1), // bit 0 is TM
		AbortCount:   le.Uint32(p[4:]),
		MoveCount:    le.Uint32(p[8:]),
		LastMoveTime: le.Uint32(p[12:]),
		Name:         name,
		Target:       target,
	}
}

func (c *cursor) deadLetter() string {
	p := c.sub(deadLetterSize+4, "DeadLetterHeader")
	if p == nil {
		return ""
	}
	s, n, ok := decodeText(p)
	if pad := len(p) - 2*n - 2; !ok || s == "" || pad < 0 || pad > 3 {
		c.fail("DeadLetterHeader has no name that ends with NUL")
		return ""
	}
	return s
}

func (c *cursor) address() *Address {
	p := c.sub(addressExtSize, "ExtendedAddressHeader")
	if p == nil {
		return nil
	}
	a := &Address{Length: le.Uint16(p), Type: le.Uint16(p[2:]), Scope: le.Uint32(p[4:])}
	copy(a.IP[:], p[8:])
	return a
}

// AppendExtension appends the headers that x needs.
func AppendExtension(b []byte, x Extension) ([]byte, error) {
	e := encoder{b: b, start: len(b)}
	var flags byte
	if x.DeadLetterQueue != "" {
		flags |= extDeadLetter
		if x.DeadLetterInvalid {
			flags |= extDeadLetterInvalid
		}
	}
	if x.Subqueue != nil {
		flags |= extSubqueue
	}
	if x.Address != nil {
		flags |= extAddress
	}
	e.u32(extensionSize)
	e.u32(0)
	e.u32(uint32(flags))
	if s := x.Subqueue; s != nil {
		e.u32(subqueueSize)
		e.u32(uint32(s.Class) << 1)
		e.u32(s.AbortCount)
		e.u32(s.MoveCount)
		e.u32(s.LastMoveTime)
		if err := e.subqueueName(s.Name); err != nil {
			return b, err
		}
		if err := e.subqueueName(s.Target); err != nil {
			return b, err
		}
	}
	if x.DeadLetterQueue != "" {
		if err := checkText(x.DeadLetterQueue, "name of the dead-letter queue"); err != nil {
			return b, err
		}
		at := len(e.b)
		e.u32(0)
		e.text(x.DeadLetterQueue)
		e.align()
		le.PutUint32(e.b[at:], uint32(len(e.b)-at))
	}
	if a := x.Address; a != nil {
		e.u32(addressExtSize)
		e.u16(a.Length)
		e.u16(a.Type)
		e.u32(a.Scope)
		e.b = append(e.b, a.IP[:]...)
	}
	le.PutUint32(e.b[e.start+4:], uint32(len(e.b)-e.start-extensionSize))
	return e.b, nil
}

// subqueueName appends a name in its 64 bytes; a name that fills them has no NUL.
func (e *encoder) subqueueName(s string) error {
	if err := checkText(s, "name of the subqueue"); err != nil {
		return err
	}
	if n := textUnits(s); 2*n > subqueueNameSize {
		return mq.Errorf(mq.ErrIllegalFormatName, "encode a message",
			"the name of its subqueue has %d characters and may have %d", n, subqueueNameSize/2)
	}
	at := len(e.b)
	e.text(s)
	var zero [subqueueNameSize]byte
	e.b = append(e.b, zero[:]...)[:at+subqueueNameSize]
	return nil
}
