package qmcomm

import (
	"math"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
)

// textOut is a text of a message on its way into a client's buffer.
type textOut struct {
	what    string
	value   string
	text    *string // the buffer
	room    *uint32 // its UTF-16 units
	length  *uint32 // the property beside it: says on input how long the buffer is, on output the text
	shrinks bool    // room is on output how much of the buffer comes back
	always  bool    // an empty text is one, too: it has a NUL
	small   mq.HResult
}

func (g *reading) names(response, admin, destination string) []textOut {
	r := g.receive
	small := mq.ErrFormatNameBufferTooSmall
	return []textOut{
		{"response queue", response, &r.ResponseFormatName, &r.ResponseFormatNameLength, &r.ResponseFormatNameLengthProperty, true, false, small},
		{"administration queue", admin, &r.AdminFormatName, &r.AdminFormatNameLength, &r.AdminFormatNameLengthProperty, true, false, small},
		{"destination", destination, &r.DestinationFormatName, &r.DestinationFormatNameLength, &r.DestinationFormatNameLengthProperty, true, false, small},
		// The order queue is for connectors to foreign systems: no message here has one.
		{"order queue", "", &r.OrderingFormatName, &r.OrderingFormatNameLength, &r.OrderingFormatNameLengthProperty, true, false, small},
	}
}

func (g *reading) texts(m *mq.Message) []textOut {
	response, admin := m.ResponseQueue, m.AdminQueue
	if len(m.MultiResponse) > 0 {
		response = mq.Multi(m.MultiResponse...)
	}
	if len(m.MultiAdmin) > 0 {
		admin = mq.Multi(m.MultiAdmin...)
	}
	return append(g.names(response.String(), admin.String(), m.Destination.String()),
		textOut{"label", m.Label, &g.Title, &g.TitleBufferSizeInWchars, &g.ActualTitleBufferSizeInWchars, true, true, errLabelBuffer},
		textOut{"cryptographic provider", m.ProviderName, &g.ProviderName, &g.ProviderNameLength, &g.AuthProviderNameLengthProperty, false, false, errProviderNameBuffer},
	)
}

// bytesOut are bytes of a message on their way into a client's buffer.
type bytesOut struct {
	what   string
	value  []byte
	size   int    // all of them: a peek reads no more of a body than fits
	buffer []byte // nil: the client does not want them
	length *uint32
	small  mq.HResult
}

func (g *reading) bytes(m *mq.Message, body int, sender []byte) []bytesOut {
	return []bytesOut{
		{"body", m.Body, body, g.Body, &g.BodySize, mq.ErrBufferOverflow},
		{"extension", m.Extension, len(m.Extension), g.MessageExtension, &g.MessageExtensionSize, mq.ErrBufferOverflow},
		{"sender identifier", sender, len(sender), g.SenderID, &g.SenderIDLengthProperty, errSenderIDBuffer},
		{"certificate", m.SenderCertificate, len(m.SenderCertificate), g.SenderCert, &g.SenderCertLengthProperty, errSenderCertBuffer},
		{"symmetric key", m.SymmetricKey, len(m.SymmetricKey), g.SymmetricKeys, &g.SymmetricKeysSizeProperty, errSymmetricKeyBuffer},
		{"signature", m.Signature, len(m.Signature), g.Signature, &g.SignatureSizeProperty, errSignatureBuffer},
	}
}

// fill puts a message into the buffers of its reader (MS-MQMP 3.1.5.3). If one is too
// small, all say how large they would have to be, and the error which one it was. body
// is how long the body is, of which m may have less.
func (g *reading) fill(op string, m *mq.Message, body int, arrived int64) error {
	kind, sender := senderOf(m)
	var small error
	for _, b := range g.bytes(m, body, sender) {
		if small == nil && b.buffer != nil && b.size > len(b.buffer) {
			small = mq.Errorf(b.small, op, "the %s has %d bytes, and the buffer %d", b.what, b.size, len(b.buffer))
		}
		*b.length = uint32(b.size)
	}
	for _, t := range g.texts(m) {
		if err := g.putText(op, t); small == nil {
			small = err
		}
	}
	if small != nil {
		return small
	}
	for _, b := range g.bytes(m, body, sender) {
		if b.buffer != nil {
			clear(b.buffer[copy(b.buffer, b.value):])
		}
	}
	g.identifiers(m)
	g.numbers(m, kind, arrived)
	return nil
}

// putText puts a text with its NUL into its buffer.
func (g *reading) putText(op string, t textOut) error {
	room := *t.room
	if t.shrinks && !g.nulls.Null(t.length) {
		room = min(room, *t.length)
	}
	need := uint32(0)
	if t.value != "" || t.always && room > 0 {
		need = uint32(mq.LabelLength(t.value)) + 1
	}
	*t.length = need
	if g.nulls.Null(t.text) {
		return nil
	}
	if need > room {
		return mq.Errorf(t.small, op, "the %s has %d characters, and the buffer %d", t.what, need, room)
	}
	*t.text = buffered(t.value, *t.room)
	if t.shrinks {
		*t.room = min(*t.room, max(need, 1)) // a NUL at least, for who does not look at the length
	}
	return nil
}

func senderOf(m *mq.Message) (kind uint32, id []byte) {
	switch {
	case len(m.SenderSID) > 0:
		return senderSID, m.SenderSID
	case !m.SenderMachine.IsZero():
		return senderMachine, m.SenderMachine[:]
	}
	return senderNone, nil
}

// identifiers fills in those that the reader wants.
func (g *reading) identifiers(m *mq.Message) {
	if g.MessageID != nil {
		g.MessageID = objectID(m.ID)
	}
	if g.CorrelationID != nil {
		copy(g.CorrelationID, m.CorrelationID[:])
	}
	if g.SourceQMID != nil {
		g.SourceQMID = queueformat.FromGUID(m.SourceMachine)
	}
	if g.ConnectorType != nil {
		g.ConnectorType = queueformat.FromGUID(m.ConnectorType)
	}
	if g.both.TransactionID != nil {
		g.both.TransactionID = objectID(m.TransactionID)
	}
}

// numbers fills in the others; those that were NULL stay so.
func (g *reading) numbers(m *mq.Message, sender uint32, arrived int64) {
	g.Class = uint16(m.Class)
	g.SentTime, g.ArrivedTime = seconds(m.SentTime.Unix()), seconds(arrived)
	g.Priority, g.Delivery, g.Acknowledge = m.Priority, uint8(m.Delivery), uint8(m.Acknowledge)
	g.Auditing = bit(m.DeadLetter) | bit(m.Journal)<<1
	g.ApplicationTag, g.BodyType, g.Version = m.AppSpecific, m.BodyType, packetVersion
	g.ActualRelativeTimeToQueue, g.ActualRelativeTimeToLive = m.TimeToReachQueue, g.left(m)
	g.Trace, g.SenderIDType = bit(m.Trace), sender
	g.PrivacyLevel, g.HashAlgorithm, g.EncryptAlgorithm = privacyFor(m.PrivacyLevel), m.HashAlgorithm, m.EncryptAlg
	g.ProviderType, g.Authenticated = m.ProviderType, 0
	if m.Authenticated {
		g.Authenticated = max(m.AuthLevel, 1)
	}
	g.both.FirstInTransaction, g.both.LastInTransaction = bit(m.First), bit(m.Last)
}

// left is how long a message may wait for somebody to receive it, in seconds.
func (g *reading) left(m *mq.Message) uint32 {
	if m.TimeToBeReceived == mq.Never {
		return mq.Never
	}
	end := m.SentTime.Add(time.Duration(m.TimeToBeReceived) * time.Second)
	return min(seconds(end.Unix()-g.server.now().Unix()), mq.Never-1)
}

func seconds(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
