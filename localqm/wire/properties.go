package wire

import "posthouse/localqm/mq"

// MessagePropertiesHeader (MS-MQMQ 2.2.19.3):
//
//	 0        1             2                 4
//	+--------+-------------+-----------------+------------------------------+
//	| Flags  | LabelLength | MessageClass    | CorrelationID (20 bytes)     |
//	+--------+-------------+-----------------+------------------------------+
//	| BodyType        | ApplicationTag  | MessageSize  | AllocationBodySize |
//	+-----------------+-----------------+--------------+--------------------+
//	| PrivacyLevel    | HashAlgorithm   | EncryptionAlgorithm | ExtensionSize|
//	+-----------------+-----------------+---------------------+--------------+
//	| Label with its NUL | ExtensionData | MessageBody | padding to 4        |
//	+-----------------------------------------------------------------------+
const propertiesSize = 56 // the part of fixed size

const (
	propAcks     = 0x0F            // Flags: PA, PR, NA, NR
	propMaxLabel = mq.MaxLabel + 1 // LabelLength: with the NUL
)

// properties reads the header. size, if not negative, is that of a body that was
// cut out; otherwise the body is read too. It returns where the body begins in the
// packet and how long it is.
func (c *cursor) properties(m *mq.Message, packet, size int) (at, bodySize int) {
	p := c.take(propertiesSize, "MessagePropertiesHeader")
	if p == nil {
		return 0, 0
	}
	m.Acknowledge = mq.Ack(p[0] & propAcks)
	m.Class = mq.Class(le.Uint16(p[2:]))
	copy(m.CorrelationID[:], p[4:])
	m.BodyType = le.Uint32(p[24:])
	m.AppSpecific = le.Uint32(p[28:])
	body, room := le.Uint32(p[32:]), le.Uint32(p[36:])
	m.PrivacyLevel = mq.PrivacyLevel(le.Uint32(p[40:]))
	m.HashAlgorithm = le.Uint32(p[44:])
	m.EncryptAlg = le.Uint32(p[48:])
	if room < body || uint64(room) > uint64(packet) {
		c.fail("MessagePropertiesHeader allocates %d bytes for a body of %d in a packet of %d", room, body, packet)
		return 0, 0
	}
	m.Label = c.label(int(p[1]))
	m.Extension = c.field(le.Uint32(p[52:]), "ExtensionData")
	if c.err != nil {
		return 0, 0
	}
	at = c.off
	if size < 0 {
		m.Body = c.field(body, "MessageBody")
	} else if uint64(body) == uint64(size) {
		c.gap = size
	} else {
		c.fail("MessageBody is said to be %d bytes and was kept as %d", body, size)
	}
	c.align("padding of MessagePropertiesHeader")
	return at, int(body)
}

func (c *cursor) label(n int) string {
	if n > propMaxLabel {
		c.fail("LabelLength is %d and may be %d", n, propMaxLabel)
		return ""
	}
	p := c.take(2*n, "Label")
	if p == nil {
		return ""
	}
	if le.Uint16(p[len(p)-2:]) != 0 {
		c.fail("Label before offset %d does not end with NUL", c.pos())
		return ""
	}
	s, _, _ := decodeText(p)
	return s
}

func checkProperties(m *mq.Message) (labelUnits int, err error) {
	if err := checkText(m.Label, "label"); err != nil {
		return 0, err
	}
	n := textUnits(m.Label)
	if n > mq.MaxLabel {
		return 0, mq.Errorf(mq.ErrLabelTooLong, "encode a message",
			"its label has %d characters and may have %d", n, mq.MaxLabel).
			WithFix("shorten the label by %d", n-mq.MaxLabel)
	}
	if m.Acknowledge&^propAcks != 0 {
		return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"acknowledgements 0x%02X do not exist", uint8(m.Acknowledge&^propAcks))
	}
	return n, nil
}

// properties appends the header up to the body and returns where the body goes.
func (e *encoder) properties(m *mq.Message, labelUnits int) {
	n := 0
	if labelUnits > 0 {
		n = labelUnits + 1
	}
	e.b = append(e.b, byte(m.Acknowledge), byte(n))
	e.u16(uint16(m.Class))
	e.b = append(e.b, m.CorrelationID[:]...)
	e.u32(m.BodyType)
	e.u32(m.AppSpecific)
	e.u32(uint32(len(m.Body)))
	e.u32(uint32(len(m.Body)))
	e.u32(uint32(m.PrivacyLevel))
	e.u32(m.HashAlgorithm)
	e.u32(m.EncryptAlg)
	e.u32(uint32(len(m.Extension)))
	if n > 0 {
		e.text(m.Label)
	}
	e.b = append(e.b, m.Extension...)
}
