package wire

import "posthouse/localqm/mq"

// SoapHeader (MS-MQMQ 2.2.20.7), two sections of this form:
//
//	 0                 2                 4                 8
//	+-----------------+-----------------+-----------------+-----------------+
//	| SectionID       | reserved        | DataLength      | text with a NUL |
//	+-----------------+-----------------+-----------------+-----------------+
const (
	soapSize     = 8
	soapHeaderID = 0x0320
	soapBodyID   = 0x0384
)

func (c *cursor) soap(m *mq.Message) {
	m.SoapHeader = c.soapSection(soapHeaderID, "SoapHeader header")
	// The specification shows no padding between the sections; a sender that
	// begins each at a multiple of four is understood too.
	if c.err == nil && c.pos()&2 != 0 && !c.peek16(soapBodyID) {
		c.align("SoapHeader")
	}
	m.SoapBody = c.soapSection(soapBodyID, "SoapHeader body")
	c.alignEnd()
}

func (c *cursor) peek16(v uint16) bool {
	return c.left() >= 2 && le.Uint16(c.b[c.off:]) == v
}

func (c *cursor) soapSection(id uint16, what string) string {
	p := c.take(soapSize, what)
	if p == nil {
		return ""
	}
	if got := le.Uint16(p); got != id {
		c.fail("%s before offset %d has number 0x%04X, not 0x%04X", what, c.pos(), got, id)
		return ""
	}
	n := le.Uint32(p[4:])
	if uint64(n) > uint64(c.left()/2) {
		c.fail("%s at offset %d claims %d characters and the packet has %d more bytes", what, c.pos(), n, c.left())
		return ""
	}
	if n == 0 {
		return ""
	}
	return c.strictText(c.take(2*int(n), what), what)
}

func checkSOAP(m *mq.Message) error {
	if err := checkText(m.SoapHeader, "SOAP header"); err != nil {
		return err
	}
	return checkText(m.SoapBody, "SOAP body")
}

func (e *encoder) soap(m *mq.Message) {
	e.soapSection(soapHeaderID, m.SoapHeader)
	e.soapSection(soapBodyID, m.SoapBody)
	e.align()
}

func (e *encoder) soapSection(id uint16, s string) {
	e.u16(id)
	e.u16(0)
	e.u32(uint32(textUnits(s) + 1))
	e.text(s)
}
