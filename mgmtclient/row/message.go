package row

import (
	"encoding/hex"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/bodyformat"
)

// The words for mq.Delivery.
const (
	Express     = "express"
	Recoverable = "recoverable"
)

// Of makes the row of a message from what its packet says. The caller adds
// what only the queue manager knows: place, arrival, counts, the reason of a
// dead letter, the name of the source computer, sizes if the body is not whole.
func Of(m *mq.Message) mgmtclient.Message {
	r := mgmtclient.Message{
		ID: m.ID.String(), Label: m.Label, Priority: int(m.Priority), Delivery: Recoverable,
		Transactional: m.Transactional, FirstInTransaction: m.First, LastInTransaction: m.Last,
		SentTime: m.SentTime.UTC(), TTRQ: finite(m.TimeToReachQueue), TTBR: finite(m.TimeToBeReceived),
		Acknowledge: AckWords(m.Acknowledge), Journal: m.Journal, DeadLetter: m.DeadLetter, DeadLetterQueue: m.DeadLetterQueue.String(),
		Trace: m.Trace, BodySize: len(m.Body), BodyType: m.BodyType, Body: m.Body, Extension: m.Extension,
		CorrelationID: Correlation(m.CorrelationID), AppSpecific: m.AppSpecific,
		ResponseQueue: m.ResponseQueue.String(), AdminQueue: m.AdminQueue.String(), DestinationQueue: m.Destination.String(),
		SourceMachine: m.SourceMachine.String(), Authenticated: m.Authenticated, Encrypted: m.Encrypted,
		PrivacyLevel: privacyWord(m.PrivacyLevel), Expires: expiry(m),
		Format: bodyformat.Detect(m.BodyType, m.Body, m.Extension),
	}
	SetClass(&r, m.Class)
	if m.Delivery == mq.Express {
		r.Delivery = Express
	}
	if m.Transactional {
		r.TransactionID = m.TransactionID.String()
	}
	if sid, err := secure.DecodeSID(m.SenderSID); err == nil {
		r.SenderSID = sid.String()
	}
	return r
}

// SetClass sets both forms of the class.
func SetClass(r *mgmtclient.Message, c mq.Class) { r.ClassCode, r.Class = c, c.Name() }

// Message is the inverse of Of.
func Message(r *mgmtclient.Message) (*mq.Message, error) {
	m := &mq.Message{
		Class: r.ClassCode, Label: r.Label, Priority: uint8(r.Priority), Delivery: mq.Recoverable,
		Body: r.Body, BodyType: r.BodyType, Extension: r.Extension, AppSpecific: r.AppSpecific,
		Journal: r.Journal, DeadLetter: r.DeadLetter, Trace: r.Trace, SentTime: r.SentTime,
		TimeToReachQueue: seconds(r.TTRQ), TimeToBeReceived: seconds(r.TTBR),
		Transactional: r.Transactional, First: r.FirstInTransaction, Last: r.LastInTransaction,
		Authenticated: r.Authenticated, Encrypted: r.Encrypted,
	}
	if r.Delivery == Express {
		m.Delivery = mq.Express
	}
	var err error
	read := func(to *mq.FormatName, s string) {
		if s != "" && err == nil {
			*to, err = mq.ParseFormatName(s)
		}
	}
	read(&m.Destination, r.DestinationQueue)
	read(&m.ResponseQueue, r.ResponseQueue)
	read(&m.AdminQueue, r.AdminQueue)
	read(&m.DeadLetterQueue, r.DeadLetterQueue)
	if err == nil {
		m.ID, err = mq.ParseObjectID(r.ID)
		m.SourceMachine = m.ID.Source
	}
	if err == nil && r.TransactionID != "" {
		m.TransactionID, err = mq.ParseObjectID(r.TransactionID)
	}
	if err == nil {
		m.Acknowledge, err = AckBits(r.Acknowledge)
	}
	if err == nil {
		m.CorrelationID, err = ParseCorrelation(r.CorrelationID)
	}
	if err == nil && r.SenderSID != "" {
		var sid secure.SID
		if sid, err = secure.ParseSID(r.SenderSID); err == nil {
			m.SenderSID = sid.Append(nil)
		}
	}
	for level, word := range privacyWords {
		if word == r.PrivacyLevel {
			m.PrivacyLevel = level
		}
	}
	return m, err
}

var privacyWords = map[mq.PrivacyLevel]string{
	mq.PrivacyNone: "none", mq.PrivacyBase: "base", mq.PrivacyEnhanced: "enhanced", mq.PrivacyAES: "aes",
}

func privacyWord(p mq.PrivacyLevel) string {
	if w, ok := privacyWords[p]; ok {
		return w
	}
	return "unknown"
}

func finite(v uint32) *uint32 {
	if v == mq.Never {
		return nil
	}
	return &v
}

func seconds(v *uint32) uint32 {
	if v == nil {
		return mq.Never
	}
	return *v
}

// expiry is when the time to be received ends; nil: never.
func expiry(m *mq.Message) *time.Time {
	if m.TimeToBeReceived == mq.Never {
		return nil
	}
	t := m.SentTime.UTC().Add(time.Duration(m.TimeToBeReceived) * time.Second)
	return &t
}

// AckWords are the words for a set of acknowledgements.
func AckWords(a mq.Ack) []string {
	words := []string{}
	for _, n := range mgmtclient.AckNames {
		if a&n.Bit != 0 {
			words = append(words, n.Name)
		}
	}
	return words
}

// AckBits reads AckWords.
func AckBits(words []string) (mq.Ack, error) {
	var set mq.Ack
next:
	for _, w := range words {
		for _, n := range mgmtclient.AckNames {
			if n.Name == w {
				set |= n.Bit
				continue next
			}
		}
		return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "", "%q is no acknowledgement", w).
			WithFix("choose of reached, received, not-reached and not-received")
	}
	return set, nil
}

// Correlation is {guid}\number if the identifier can be a message's, else hex;
// empty if there is none.
func Correlation(id [20]byte) string {
	if id == [20]byte{} {
		return ""
	}
	var o mq.ObjectID
	copy(o.Source[:], id[:16])
	if o.Source.IsZero() {
		return hex.EncodeToString(id[:])
	}
	o.Ordinal = uint32(id[16]) | uint32(id[17])<<8 | uint32(id[18])<<16 | uint32(id[19])<<24
	return o.String()
}

// ParseCorrelation reads {guid}\number or 40 hexadecimal digits.
func ParseCorrelation(s string) (id [20]byte, err error) {
	if s == "" {
		return id, nil
	}
	if raw, err := hex.DecodeString(s); err == nil && len(raw) == len(id) {
		copy(id[:], raw)
		return id, nil
	}
	o, err := mq.ParseObjectID(s)
	if err != nil {
		return id, mq.Errorf(mq.ErrIllegalPropertyValue, "", "the correlation ID %q cannot be read", s).
			WithFix(`give {guid}\number or 40 hexadecimal digits`)
	}
	copy(id[:], o.Source[:])
	id[16], id[17], id[18], id[19] = byte(o.Ordinal), byte(o.Ordinal>>8), byte(o.Ordinal>>16), byte(o.Ordinal>>24)
	return id, nil
}
