package wire

import "posthouse/localqm/mq"

// SecurityHeader (MS-MQMQ 2.2.20.6):
//
//	 0        2             4                 6               8
//	+--------+-------------+-----------------+---------------+--------------+
//	| Flags  | SenderIdSize|EncryptionKeySize| SignatureSize | SenderCert.. |
//	+--------+-------------+-----------------+---------------+--------------+
//	| ..Size | ProviderInfoSize (4)          | SecurityData: SecurityID,    |
//	+--------+-------------------------------+ EncryptionKey, Signature,    |
//	| SenderCert, ProviderInfo (type, name), each padded to 4               |
//	+-----------------------------------------------------------------------+
const securitySize = 16

// The bits of SecurityHeader.Flags (MS-MQMQ 2.2.20.6). AI (0x80) is not used: see
// the package comment.
const (
	secSender          = 0x000F // ST
	secAuthenticated   = 0x0010 // AU
	secEncrypted       = 0x0020 // EB
	secDefaultProvider = 0x0040 // DE
	secLevel           = 8      // AS: shift of four bits
)

// The values of SecurityHeader.Flags.ST.
const (
	senderNone    = 0
	senderSID     = 1
	senderMachine = 2
)

const (
	sidHeader = 8  // bytes of a SID before its sub-authorities (MS-DTYP 2.4.2.2)
	sidMost   = 15 // sub-authorities
)

func validSID(sid []byte) bool {
	return len(sid) >= sidHeader && sid[0] == 1 && sid[1] <= sidMost && len(sid) == sidHeader+4*int(sid[1])
}

func (c *cursor) security(m *mq.Message) {
	p := c.take(securitySize, "SecurityHeader")
	if p == nil {
		return
	}
	flags := le.Uint16(p)
	idSize, keySize, sigSize := le.Uint16(p[2:]), le.Uint16(p[4:]), le.Uint16(p[6:])
	certSize, infoSize := le.Uint32(p[8:]), le.Uint32(p[12:])
	if idSize|keySize|sigSize == 0 && certSize|infoSize == 0 {
		c.fail("SecurityHeader before offset %d has nothing in it", c.pos())
		return
	}
	m.Authenticated = flags&secAuthenticated != 0
	m.AuthLevel = uint8(flags >> secLevel & 0xF)
	m.Encrypted = flags&secEncrypted != 0
	m.DefaultProvider = flags&secDefaultProvider != 0

	id := c.part(uint32(idSize), "SecurityID")
	m.SymmetricKey = c.part(uint32(keySize), "EncryptionKey")
	m.Signature = c.part(uint32(sigSize), "Signature")
	m.SenderCertificate = c.part(certSize, "SenderCert")
	if info := c.part(infoSize, "ProviderInfo"); info != nil {
		if len(info) < 4 {
			c.fail("ProviderInfo before offset %d has %d bytes and no provider type", c.pos(), len(info))
			return
		}
		m.ProviderType = le.Uint32(info)
		m.ProviderName = c.strictText(info[4:], "ProviderName")
	}
	c.sender(m, flags&secSender, id)
}

// part reads one item of SecurityData, which begins at a multiple of four.
func (c *cursor) part(n uint32, what string) []byte {
	p := c.field(n, what)
	c.align(what)
	return p
}

func (c *cursor) sender(m *mq.Message, kind uint16, id []byte) {
	if c.err != nil {
		return
	}
	switch {
	case kind == senderNone && len(id) == 0:
	case kind == senderSID && validSID(id):
		m.SenderSID = id
	case kind == senderMachine && len(id) == len(m.SenderMachine):
		copy(m.SenderMachine[:], id)
	default:
		c.fail("SecurityHeader has a sender of type %d in %d bytes, which is none", kind, len(id))
	}
	if !hasSecurity(m) && (m.Authenticated || m.AuthLevel != 0 || m.Encrypted) {
		c.fail("SecurityHeader marks the message as signed or encrypted, by nobody and with nothing")
	}
}

// hasSecurity reports that m needs a SecurityHeader.
func hasSecurity(m *mq.Message) bool {
	return len(m.SenderSID) > 0 || !m.SenderMachine.IsZero() || len(m.SymmetricKey) > 0 ||
		len(m.Signature) > 0 || len(m.SenderCertificate) > 0 || hasProvider(m)
}

func hasProvider(m *mq.Message) bool { return m.ProviderName != "" || m.ProviderType != 0 }

// checkSecurity refuses what the header cannot carry.
func checkSecurity(m *mq.Message) error {
	bad := func(format string, args ...any) error {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message", format, args...)
	}
	const most = 0xFFFF
	switch {
	case len(m.SenderSID) > 0 && !m.SenderMachine.IsZero():
		return bad("it has both a user and a queue manager as its sender")
	case len(m.SenderSID) > 0 && !validSID(m.SenderSID):
		return bad("its sender SID of %d bytes is not a SID", len(m.SenderSID))
	case len(m.SymmetricKey) > most:
		return bad("its encrypted key has %d bytes and a packet holds at most %d", len(m.SymmetricKey), most)
	case len(m.Signature) > most:
		return bad("its signature has %d bytes and a packet holds at most %d", len(m.Signature), most)
	case len(m.SenderCertificate) > most:
		return bad("its sender certificate has %d bytes and a packet holds at most %d", len(m.SenderCertificate), most)
	case m.AuthLevel > 0xF:
		return bad("authentication level %d does not exist", m.AuthLevel)
	case !hasSecurity(m) && (m.Authenticated || m.AuthLevel != 0):
		return bad("it is marked as authenticated and has neither sender nor signature")
	case !hasSecurity(m) && m.Encrypted:
		return bad("it is marked as encrypted and has no key")
	}
	return checkText(m.ProviderName, "name of the cryptographic provider")
}

func (e *encoder) security(m *mq.Message) {
	var flags uint16
	id := m.SenderSID
	if len(id) > 0 {
		flags = senderSID
	} else if !m.SenderMachine.IsZero() {
		flags, id = senderMachine, m.SenderMachine[:]
	}
	if m.Authenticated {
		flags |= secAuthenticated
	}
	if m.Encrypted {
		flags |= secEncrypted
	}
	if m.DefaultProvider {
		flags |= secDefaultProvider
	}
	flags |= uint16(m.AuthLevel) << secLevel
	info := 0
	if hasProvider(m) {
		info = 4 + 2*textUnits(m.ProviderName) + 2
	}
	e.u16(flags)
	e.u16(uint16(len(id)))
	e.u16(uint16(len(m.SymmetricKey)))
	e.u16(uint16(len(m.Signature)))
	e.u32(uint32(len(m.SenderCertificate)))
	e.u32(uint32(info))
	for _, p := range [...][]byte{id, m.SymmetricKey, m.Signature, m.SenderCertificate} {
		e.b = append(e.b, p...)
		e.align()
	}
	if info > 0 {
		e.u32(m.ProviderType)
		e.text(m.ProviderName)
		e.align()
	}
}

// ClearAuthentication clears in place what a packet from outside says about its own
// authentication (AU and AS): only the queue manager that verified it may say so.
func ClearAuthentication(packet []byte) error {
	var m mq.Message
	base, err := ParseBase(packet)
	if err != nil {
		return err
	}
	c := cursor{b: packet[:min(len(packet), int(base.PacketSize))], off: baseSize}
	flags := c.user(&m, mq.GUID{})
	if flags&userTransaction != 0 {
		c.transaction(&m)
	}
	if c.err == nil && flags&userSecurity != 0 {
		if p := c.take(securitySize, "SecurityHeader"); p != nil {
			le.PutUint16(p, le.Uint16(p)&^(secAuthenticated|0xF<<secLevel))
		}
	}
	return c.err
}
