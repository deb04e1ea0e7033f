package wire

import (
	"strings"

	"posthouse/localqm/mq"
)

// How a queue is named in the UserHeader: Flags.DQ, AQ and RQ (MS-MQMQ 2.2.19.2).
const (
	nameNone   = 0
	nameAdmin  = 1 // RQ: the administration queue itself
	nameSource = 2 // private, on the source: PrivateQueueFormatNameId
	nameDest   = 3 // private, on the destination: PrivateQueueFormatNameId
	nameBeside = 4 // RQ: private, where the administration queue is
	namePublic = 5 // PublicQueueFormatName
	nameOther  = 6 // private, elsewhere: PrivateQueueFormatName
	nameDirect = 7 // DirectQueueFormatName
)

const maxDirect = 0xFFFE // bytes of a direct name with its NUL: Count is even and 16 bits

// direct reads a DirectQueueFormatName (MS-MQMQ 2.2.18.1.5.2): Count in bytes, the
// name with its NUL, padding.
func (c *cursor) direct(what string) mq.FormatName {
	n := c.take(2, what)
	if n == nil {
		return mq.FormatName{}
	}
	f := c.directText(c.field(uint32(le.Uint16(n)), what), what)
	c.align(what)
	return f
}

func (c *cursor) directText(p []byte, what string) mq.FormatName {
	s := c.strictText(p, what)
	if c.err != nil {
		return mq.FormatName{}
	}
	if s == "" {
		c.fail("%s before offset %d is an empty direct name", what, c.pos())
		return mq.FormatName{}
	}
	f, err := mq.ParseFormatName(directPrefix + s)
	if err != nil || f.Kind != mq.KindDirect {
		// Without a protocol it can name nothing, and it keeps its spelling.
		return mq.FormatName{Kind: mq.KindDirect, Path: s}
	}
	return f
}

const directPrefix = "DIRECT="

// directName is the text of f in a packet: the format name without DIRECT=.
func directName(f mq.FormatName, what string) (string, error) {
	if f.Protocol == mq.ProtocolTCP { // the zone of an IPv6 address is ours alone (RFC 3986 has none)
		f.Address, _, _ = strings.Cut(f.Address, "%")
	}
	s := f.Path // as directText kept what names nothing
	if f.Protocol != "" {
		s = f.String()[len(directPrefix):]
	} else if s == "" || f.Address != "" || f.Suffix != mq.SuffixNone || f.Subqueue != "" {
		return "", badName(f, what)
	}
	if err := checkText(s, what); err != nil {
		return "", err
	}
	if n := 2*textUnits(s) + 2; n > maxDirect {
		return "", mq.Errorf(mq.ErrIllegalFormatName, "encode a message",
			"the name of the %s takes %d bytes and a packet holds at most %d", what, n, maxDirect)
	}
	return s, nil
}

// private reads a PrivateQueueFormatName (MS-MQMQ 2.2.18.1.7.2).
func (c *cursor) private(what string) mq.FormatName {
	g := c.guid(what)
	return mq.FormatName{Kind: mq.KindPrivate, GUID: g, Number: c.u32(what)}
}

// name reads a queue in the UserHeader. here is the host that a name of only a
// number means.
func (c *cursor) name(kind uint32, here mq.GUID, what string) mq.FormatName {
	switch kind {
	case nameSource, nameDest, nameBeside:
		return mq.FormatName{Kind: mq.KindPrivate, GUID: here, Number: c.u32(what)}
	case namePublic:
		return mq.FormatName{Kind: mq.KindPublic, GUID: c.guid(what)}
	case nameOther:
		return c.private(what)
	case nameDirect:
		return c.direct(what)
	}
	return mq.FormatName{}
}

// name appends a queue in the UserHeader, as kind says.
func (e *encoder) name(kind uint32, f mq.FormatName, direct string) {
	switch kind {
	case nameSource, nameDest, nameBeside:
		e.u32(f.Number)
	case namePublic:
		e.guid(f.GUID)
	case nameOther:
		e.guid(f.GUID)
		e.u32(f.Number)
	case nameDirect:
		e.u16(uint16(2*textUnits(direct) + 2))
		e.text(direct)
		e.align()
	}
}

// target is a queue to be named in a packet.
type target struct {
	name   mq.FormatName
	kind   uint32 // none, public, other or direct, before it is known who hosts it
	direct string
}

func targetOf(f mq.FormatName, what string) (target, error) {
	t := target{name: f}
	switch f.Kind {
	case mq.KindNone:
		return t, nil
	case mq.KindPublic:
		t.kind = namePublic
	case mq.KindPrivate:
		t.kind = nameOther
	case mq.KindDirect:
		s, err := directName(f, what)
		t.kind, t.direct = nameDirect, s
		return t, err
	default:
		return t, badName(f, what)
	}
	if f.Suffix != mq.SuffixNone || f.Subqueue != "" {
		return t, badName(f, what)
	}
	return t, nil
}

func badName(f mq.FormatName, what string) error {
	return mq.Errorf(mq.ErrUnsupportedFormatNameOperation, "encode a message",
		"a packet cannot name %q as its %s", f.String(), what).
		WithFix("use the public, private or direct format name of one queue")
}
