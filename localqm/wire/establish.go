package wire

import (
	"bytes"

	"posthouse/localqm/mq"
)

// EstablishConnectionHeader (MS-MQQB 2.2.3.1):
//
//	 0                 4                 8                12
//	+-----------------------------------------------------------------------+
//	| ClientGuid                                                            |
//	+-----------------------------------------------------------------------+
//	| ServerGuid                                                            |
//	+-----------------+--------+--------+-----------------------------------+
//	| TimeStamp, ms   | OpSys  |reserved| Padding (512 bytes of 0x5A)       |
//	+-----------------+--------+--------+-----------------------------------+

// The bits of EstablishConnectionHeader.OperatingSystem.
const (
	establishReserved = 0x0010 // RE, always so
	establishNoPing   = 0x0100 // SE
	establishServer   = 0x0200 // OS
	establishQoS      = 0x0400 // QS
)

// establishPadding is that of responses; requests may have anything and Windows
// sends the same (MS-MQQB 4.1.3).
var establishPadding = [512]byte(bytes.Repeat([]byte{0x5A}, 512))

// Establish asks for a session or answers that (EstablishConnection packet, MS-MQQB
// 2.2.3). Which of the two is told by who sent it.
type Establish struct {
	Client    mq.GUID // the queue manager that asks
	Server    mq.GUID // the one that answers; zero in a request: whoever is there
	TimeStamp uint32  // milliseconds, on the clock of the client; answered as it came
	NoPing    bool    // SE: no ping was sent before; answered as it came
	ServerOS  bool    // OS
	QoS       bool    // QS
	Refused   bool    // CS, in an answer
}

// ParseEstablish reads an EstablishConnection packet.
func ParseEstablish(packet []byte) (Establish, error) {
	p, refused, err := internalOf(packet, TypeEstablish)
	if err != nil {
		return Establish{}, err
	}
	flags := le.Uint16(p[36:])
	return Establish{
		Client:    mq.GUID(p[:16]),
		Server:    mq.GUID(p[16:32]),
		TimeStamp: le.Uint32(p[32:]),
		NoPing:    flags&establishNoPing != 0,
		ServerOS:  flags&establishServer != 0,
		QoS:       flags&establishQoS != 0,
		Refused:   refused,
	}, nil
}

// AppendEstablish appends an EstablishConnection packet.
func AppendEstablish(b []byte, h Establish) []byte {
	flags := establishReserved | bit(h.NoPing, establishNoPing) |
		bit(h.ServerOS, establishServer) | bit(h.QoS, establishQoS)
	b = appendInternal(b, TypeEstablish, h.Refused)
	b = append(b, h.Client[:]...)
	b = append(b, h.Server[:]...)
	b = le.AppendUint32(b, h.TimeStamp)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint16(b, 0)
	return append(b, establishPadding[:]...)
}

// ConnectionParametersHeader (MS-MQQB 2.2.2.1):
//
//	 0                         4                 8                12
//	+-------------------------+-----------------+--------+--------+
//	| RecoverableAckTimeout   | AckTimeout      |reserved| Window |
//	+-------------------------+-----------------+--------+--------+

// The limits of the times in ConnectionParameters, milliseconds (MS-MQQB 2.2.2.1).
// What lies outside is for the session to clamp.
const (
	MinRecoverableAckTimeout = 0x000001F4
	MinAckTimeout            = 0x00004E20
	MaxAckTimeout            = 0x0001D4C0 // of both
)

// Parameters agrees on how a session acknowledges (ConnectionParameters packet,
// MS-MQQB 2.2.2).
type Parameters struct {
	RecoverableAckTimeout uint32 // milliseconds until a recoverable message is acknowledged
	AckTimeout            uint32 // milliseconds to wait for an acknowledgement
	Window                uint16 // unacknowledged packets the sender of this takes
	Refused               bool   // CS
}

// ParseParameters reads a ConnectionParameters packet. The values are as they came.
func ParseParameters(packet []byte) (Parameters, error) {
	p, refused, err := internalOf(packet, TypeParameters)
	if err != nil {
		return Parameters{}, err
	}
	return Parameters{
		RecoverableAckTimeout: le.Uint32(p),
		AckTimeout:            le.Uint32(p[4:]),
		Window:                le.Uint16(p[10:]),
		Refused:               refused,
	}, nil
}

// AppendParameters appends a ConnectionParameters packet.
func AppendParameters(b []byte, h Parameters) []byte {
	b = appendInternal(b, TypeParameters, h.Refused)
	b = le.AppendUint32(b, h.RecoverableAckTimeout)
	b = le.AppendUint32(b, h.AckTimeout)
	b = le.AppendUint16(b, 0)
	return le.AppendUint16(b, h.Window)
}
