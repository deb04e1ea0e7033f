package wire

import "posthouse/localqm/mq"

// What a message that came over HTTP has in remote reads, between its DebugHeader and
// its SoapHeader (MS-MQRR 2.2.5.1.2):
//
//	 0                 2                 4                 8
//	+-----------------+-----------------+-----------------+-----------------+
//	| HeaderId        | reserved        | DataLength      | text with a NUL |  SRMPEnvelopeHeader
//	+-----------------+-----------------+-----------------+-----------------+
//	| HeaderId        | reserved        | HTTPBodySize    | MsgBodySize     |  CompoundMessageHeader
//	| MsgBodyOffset                     | the HTTP message                  |
//	+-----------------------------------+-----------------------------------+
const (
	envelopeSize = 8
	compoundSize = 16
)

// CutSRMP takes the parts that only a message of HTTP has out of a packet that a
// remote read brought: rest is the packet without them, body the message's body
// inside. ok is false if there are none; rest is the packet then. Only in remote reads
// may packets have them (MS-MQRR 2.2.5.1.2): Parse refuses them.
func CutSRMP(packet []byte) (rest, body []byte, ok bool, err error) {
	base, err := ParseBase(packet)
	if err != nil {
		return nil, nil, false, err
	}
	const at = baseSize + userSize - 4
	size := int(base.PacketSize)
	if base.Internal() || size < at+4 || size > len(packet) {
		return nil, nil, false, malformed("the packet claims %d bytes and has %d", size, len(packet))
	}
	flags := le.Uint32(packet[at:])
	if flags&userHTTP == 0 {
		return packet, nil, false, nil
	}
	b := append([]byte(nil), packet...)
	le.PutUint32(b[at:], flags&^userHTTP)
	c := cursor{b: b[:size], off: baseSize}
	c.front(new(mq.Message), base, -1, mq.GUID{})
	start := c.off
	c.envelope()
	body = c.compound()
	if c.err != nil {
		return nil, nil, false, c.err
	}
	body = append([]byte(nil), body...)
	rest = append(b[:start], b[c.off:]...)
	le.PutUint32(rest[8:], uint32(size-(c.off-start)))
	return rest, body, true, nil
}

func (c *cursor) envelope() {
	const what = "SRMPEnvelopeHeader"
	p := c.take(envelopeSize, what)
	if p == nil {
		return
	}
	// In characters: as bytes it would wrap at 2^31 (CVE-2023-21554).
	n := le.Uint32(p[4:])
	if uint64(n) > uint64(c.left()/2) {
		c.fail("%s at offset %d claims %d characters and the packet has %d more bytes", what, c.pos(), n, c.left())
		return
	}
	c.take(2*int(n), what)
	c.align(what)
}

func (c *cursor) compound() []byte {
	const what = "CompoundMessageHeader"
	p := c.take(compoundSize, what)
	if p == nil {
		return nil
	}
	whole, size, offset := le.Uint32(p[4:]), le.Uint32(p[8:]), le.Uint32(p[12:])
	data := c.field(whole, what)
	if c.err == nil && uint64(offset)+uint64(size) > uint64(len(data)) {
		c.fail("%s puts a body of %d bytes at %d of %d", what, size, offset, len(data))
	}
	c.alignEnd()
	if c.err != nil || len(data) == 0 {
		return nil
	}
	return data[offset : offset+size]
}
