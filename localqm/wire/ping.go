package wire

import "posthouse/localqm/mq"

// The Ping packet (MS-MQQB 2.2.7), a datagram of its own:
//
//	 0        2           4                 8
//	+--------+-----------+-----------------+--------------------------------+
//	| Flags  | Signature | Cookie          | QMGuid (16 bytes)              |
//	+--------+-----------+-----------------+--------------------------------+

// PingSize is the size of a ping and of its answer.
const PingSize = 24

const pingSignature = 0x5548

// The bits of Flags of a Ping packet.
const (
	pingWorkstation = 0x0001 // RC
	pingRefused     = 0x0002 // RF
)

// Ping asks whether a queue manager would take a session, or answers that. Which of
// the two is told by the port it came to.
type Ping struct {
	Workstation bool    // RC: who asks runs no server system; answered as it came
	Refused     bool    // RF, in an answer: a session would be refused
	Cookie      uint32  // answered as it came
	Manager     mq.GUID // who sent this packet
}

// ParsePing reads a Ping packet.
func ParsePing(b []byte) (Ping, error) {
	if len(b) != PingSize {
		return Ping{}, malformed("a ping has %d bytes, not %d", len(b), PingSize)
	}
	if s := le.Uint16(b[2:]); s != pingSignature {
		return Ping{}, malformed("the ping has signature 0x%04X, not 0x%04X", s, pingSignature)
	}
	flags := le.Uint16(b)
	return Ping{
		Workstation: flags&pingWorkstation != 0,
		Refused:     flags&pingRefused != 0,
		Cookie:      le.Uint32(b[4:]),
		Manager:     mq.GUID(b[8:24]),
	}, nil
}

// AppendPing appends a Ping packet.
func AppendPing(b []byte, h Ping) []byte {
	b = le.AppendUint16(b, bit(h.Workstation, pingWorkstation)|bit(h.Refused, pingRefused))
	b = le.AppendUint16(b, pingSignature)
	b = le.AppendUint32(b, h.Cookie)
	return append(b, h.Manager[:]...)
}
