package wire

import "posthouse/localqm/mq"

// MultiQueueFormatHeader (MS-MQMQ 2.2.20.1): three MQFAddressHeaders (2.2.20.2) and
// an MQFSignatureHeader (2.2.20.3), each padded to 4.
//
//	 0                 4          6          8                 12
//	+-----------------+----------+----------+-----------------+-------------+
//	| HeaderSize      | HeaderID | reserved | ElementCount    | elements .. |
//	+-----------------+----------+----------+-----------------+-------------+
//
//	 0          2          4                 8
//	+----------+----------+-----------------+-------------------------------+
//	| ID       | reserved | Size            | Signature                     |
//	+----------+----------+-----------------+-------------------------------+
//
// An element (2.2.18.1.4) is its type in 2 bytes and a name that begins at the next
// multiple of 4, or of 2 if it is direct.
const (
	addressSize   = 12
	signatureSize = 8

	multiDestinationID = 0x0064
	multiAdminID       = 0x00C8
	multiResponseID    = 0x012C
	multiSignatureID   = 0x015E
)

// The types of an element (MS-MQMQ 2.2.18.1.4).
const (
	elementPublic       = 1
	elementPrivate      = 2
	elementDirect       = 3
	elementDistribution = 6
)

// MaxMultiQueue is the most names that the lists of a packet may hold together. The
// specification has no limit; without one a packet of 4 MB names a million queues.
const MaxMultiQueue = 1000

func (c *cursor) multi(m *mq.Message) {
	most := MaxMultiQueue
	m.MultiDestination = c.addresses(multiDestinationID, most, "list of destination queues")
	most -= len(m.MultiDestination)
	m.MultiAdmin = c.addresses(multiAdminID, most, "list of administration queues")
	most -= len(m.MultiAdmin)
	m.MultiResponse = c.addresses(multiResponseID, most, "list of response queues")
	p := c.take(signatureSize, "MQFSignatureHeader")
	if p == nil {
		return
	}
	if id := le.Uint16(p); id != multiSignatureID {
		c.fail("MQFSignatureHeader has number 0x%04X, not 0x%04X", id, multiSignatureID)
		return
	}
	m.MultiSignature = c.field(le.Uint32(p[4:]), "MQFSignatureHeader")
	c.alignEnd()
}

func (c *cursor) addresses(id uint16, most int, what string) []mq.FormatName {
	p := c.take(addressSize, what)
	if p == nil {
		return nil
	}
	size, count := le.Uint32(p), le.Uint32(p[8:])
	switch {
	case le.Uint16(p[4:]) != id:
		c.fail("the %s has number 0x%04X, not 0x%04X", what, le.Uint16(p[4:]), id)
	case size < addressSize:
		c.fail("the %s says it is %d bytes long, shorter than its own header", what, size)
	case uint64(count) > uint64(most):
		c.fail("the %s claims %d names, allowed are %d in all lists of a packet", what, count, MaxMultiQueue)
	}
	at := c.pos()
	list := c.field(size-addressSize, what)
	if c.err != nil || count == 0 && len(list) < 4 {
		c.align(what)
		return nil
	}
	names, public, err := elements(list, at, int(count), what, 4)
	if err != nil && public {
		// See the package comment: the text and the layout of its neighbours differ.
		if packed, _, err := elements(list, at, int(count), what, 2); err == nil {
			c.align(what)
			return packed
		}
	}
	if c.err = err; err != nil {
		return nil
	}
	c.align(what)
	return names
}

// elements reads count names that fill list, which begins at offset at of the
// packet; identifiers of public queues begin at a multiple of align. public says
// that there was one.
func elements(list []byte, at, count int, what string, align int) (names []mq.FormatName, public bool, err error) {
	const least = 2 + 4 // the shortest element: a direct name of one character
	c := cursor{b: list, gap: at}
	if count > len(list)/least {
		c.fail("the %s claims %d names in %d bytes", what, count, len(list))
		return nil, false, c.err
	}
	names = make([]mq.FormatName, 0, count)
	for range count {
		f := c.element(what, align)
		public = public || f.Kind == mq.KindPublic
		if c.err != nil {
			return nil, public, c.err
		}
		names = append(names, f)
	}
	if c.left() > 3 {
		c.fail("the %s has %d bytes after its last name", what, c.left())
	}
	return names, public, c.err
}

func (c *cursor) element(what string, align int) mq.FormatName {
	p := c.take(2, what)
	if p == nil {
		return mq.FormatName{}
	}
	switch kind := le.Uint16(p); kind {
	case elementPublic:
		c.take(-c.pos()&(align-1), what)
		return mq.FormatName{Kind: mq.KindPublic, GUID: c.guid(what)}
	case elementPrivate:
		c.align(what)
		return c.private(what)
	case elementDirect:
		n := 0
		for rest := c.b[c.off:]; ; n += 2 {
			if n+2 > len(rest) {
				c.fail("the %s has a direct name without NUL at offset %d", what, c.pos())
				return mq.FormatName{}
			}
			if rest[n] == 0 && rest[n+1] == 0 {
				break
			}
		}
		return c.directText(c.take(n+2, what), what)
	case elementDistribution:
		c.align(what)
		return mq.FormatName{Kind: mq.KindDistribution, GUID: c.guid(what)}
	default:
		c.fail("the %s has a name of type %d, which does not exist", what, kind)
		return mq.FormatName{}
	}
}

func hasMulti(m *mq.Message) bool {
	return len(m.MultiDestination)+len(m.MultiAdmin)+len(m.MultiResponse)+len(m.MultiSignature) > 0
}

func (e *encoder) multi(m *mq.Message) error {
	if n := len(m.MultiDestination) + len(m.MultiAdmin) + len(m.MultiResponse); n > MaxMultiQueue {
		return mq.Errorf(mq.ErrIllegalFormatName, "encode a message",
			"it names %d queues and may name %d", n, MaxMultiQueue)
	}
	for _, l := range [...]struct {
		id    uint16
		names []mq.FormatName
		what  string
	}{
		{multiDestinationID, m.MultiDestination, "destination queue"},
		{multiAdminID, m.MultiAdmin, "administration queue"},
		{multiResponseID, m.MultiResponse, "response queue"},
	} {
		if err := e.addresses(l.id, l.names, l.what); err != nil {
			return err
		}
	}
	e.u16(multiSignatureID)
	e.u16(0)
	e.u32(uint32(len(m.MultiSignature)))
	e.b = append(e.b, m.MultiSignature...)
	e.align()
	return nil
}

func (e *encoder) addresses(id uint16, names []mq.FormatName, what string) error {
	at := len(e.b)
	e.u32(0)
	e.u16(id)
	e.u16(0)
	e.u32(uint32(len(names)))
	for _, f := range names {
		if f.Kind == mq.KindDistribution { // its domain has no place here
			e.u16(elementDistribution)
			e.align()
			e.guid(f.GUID)
			continue
		}
		t, err := targetOf(f, what)
		if err != nil {
			return err
		}
		switch t.kind {
		case namePublic:
			e.u16(elementPublic)
			e.align()
			e.guid(t.name.GUID)
		case nameOther:
			e.u16(elementPrivate)
			e.align()
			e.guid(t.name.GUID)
			e.u32(t.name.Number)
		case nameDirect:
			e.u16(elementDirect)
			e.text(t.direct)
		default:
			return badName(f, what)
		}
	}
	e.align()
	le.PutUint32(e.b[at:], uint32(len(e.b)-at))
	return nil
}
