package wire

import (
	"math"
	"time"

	"posthouse/localqm/mq"
)

// UserHeader (MS-MQMQ 2.2.19.2):
//
//	 0                 4                 8                12
//	+-----------------+-----------------+-----------------+-----------------+
//	| SourceQueueManager                                                    |
//	+-----------------------------------------------------------------------+
//	| QueueManagerAddress                                                   |
//	+-----------------+-----------------+-----------------+-----------------+
//	| TimeToBeReceived| SentTime        | MessageID       | Flags           |
//	+-----------------+-----------------+-----------------+-----------------+
//	| DestinationQueue, AdminQueue, ResponseQueue, each as Flags says       |
//	+-----------------------------------------------------------------------+
//	| ConnectorType, if Flags.CQ                                            |
//	+-----------------------------------------------------------------------+
const userSize = 48 // the part of fixed size

// The bits of UserHeader.Flags (MS-MQMQ 2.2.19.2).
const (
	userHops        = 0x1F    // RC
	userDelivery    = 5       // DM: shift of two bits
	userDeadLetter  = 1 << 8  // JN
	userJournal     = 1 << 9  // JP
	userDestination = 10      // DQ: shift of three bits
	userAdmin       = 13      // AQ
	userResponse    = 16      // RQ
	userSecurity    = 1 << 19 // SH
	userTransaction = 1 << 20 // TH
	userProperties  = 1 << 21 // MP
	userConnector   = 1 << 22 // CQ
	userMulti       = 1 << 23 // MQ
	userHTTP        = 1 << 25 // AH
	userSOAP        = 1 << 28 // HH
)

// user reads the header into m and returns its flags.
func (c *cursor) user(m *mq.Message, self mq.GUID) uint32 {
	p := c.take(userSize, "UserHeader")
	if p == nil {
		return 0
	}
	copy(m.SourceMachine[:], p)
	copy(m.DestinationMachine[:], p[16:])
	m.TimeToBeReceived = le.Uint32(p[32:])
	if t := le.Uint32(p[36:]); t != 0 {
		m.SentTime = time.Unix(int64(t), 0).UTC()
	}
	m.ID = mq.ObjectID{Source: m.SourceMachine, Ordinal: le.Uint32(p[40:])}
	flags := le.Uint32(p[44:])
	dest, admin, resp := flags>>userDestination&7, flags>>userAdmin&7, flags>>userResponse&7
	if !c.userFlags(flags, dest, admin, resp) {
		return 0
	}
	m.HopCount = uint8(flags & userHops)
	m.Delivery = mq.Delivery(flags >> userDelivery & 3)
	m.DeadLetter = flags&userDeadLetter != 0
	m.Journal = flags&userJournal != 0

	// A packet for a direct name does not say whose it is; it came to us.
	there := m.DestinationMachine
	if there.IsZero() {
		there = self
	}
	m.Destination = c.name(dest, m.DestinationMachine, "destination queue")
	host := there
	if admin == nameSource {
		host = m.SourceMachine
	}
	m.AdminQueue = c.name(admin, host, "administration queue")
	switch resp {
	case nameAdmin:
		m.ResponseQueue = m.AdminQueue
	case nameSource:
		m.ResponseQueue = c.name(resp, m.SourceMachine, "response queue")
	case nameBeside:
		m.ResponseQueue = c.name(resp, m.AdminQueue.GUID, "response queue")
	default:
		m.ResponseQueue = c.name(resp, there, "response queue")
	}
	if flags&userConnector != 0 {
		m.ConnectorType = c.guid("ConnectorType")
	}
	return flags
}

// userFlags checks the combinations that MS-MQMQ 2.2.19.2 forbids.
func (c *cursor) userFlags(flags, dest, admin, resp uint32) bool {
	switch dest {
	case nameNone, nameDest, namePublic, nameDirect:
	default:
		c.fail("UserHeader names its destination queue in way %d, which does not exist", dest)
	}
	if admin == nameAdmin || admin == nameBeside {
		c.fail("UserHeader names its administration queue in way %d, which does not exist", admin)
	}
	if resp == nameAdmin && admin == nameNone {
		c.fail("UserHeader answers to the administration queue and names none")
	}
	if resp == nameBeside && admin != nameSource && admin != nameDest && admin != nameOther {
		c.fail("UserHeader names a response queue beside an administration queue that is not private")
	}
	delivery := flags >> userDelivery & 3
	if delivery > uint32(mq.Recoverable) {
		c.fail("UserHeader has delivery mode %d, which does not exist", delivery)
	}
	if flags&userTransaction != 0 && delivery != uint32(mq.Recoverable) {
		c.fail("UserHeader marks an express message as transactional")
	}
	if flags&userProperties == 0 {
		c.fail("UserHeader has no MessagePropertiesHeader")
	}
	if flags&userHTTP != 0 {
		c.fail("UserHeader says the packet came over HTTP (AH), which a binary packet may not")
	}
	return c.err == nil
}

// header is what Append works out about a message before it writes a byte.
type header struct {
	source, there     mq.GUID
	dest, admin, resp target
	sent              uint32
	flags             uint32
}

func (h *header) prepare(m *mq.Message, self mq.GUID) (err error) {
	h.source = m.SourceMachine
	if h.source.IsZero() {
		h.source = m.ID.Source
	}
	if h.source.IsZero() {
		h.source = self
	}
	if !m.ID.Source.IsZero() && m.ID.Source != h.source {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"its identifier is of queue manager %s and its source is %s", m.ID.Source, h.source)
	}
	if tx := m.TransactionID.Source; m.Transactional && !tx.IsZero() && tx != h.source {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"its transaction is of queue manager %s and its source is %s", tx, h.source)
	}
	if h.sent, err = seconds(m.SentTime); err != nil {
		return err
	}
	if h.dest, err = targetOf(m.Destination, "destination queue"); err != nil {
		return err
	}
	if h.admin, err = targetOf(m.AdminQueue, "administration queue"); err != nil {
		return err
	}
	if h.resp, err = targetOf(m.ResponseQueue, "response queue"); err != nil {
		return err
	}
	h.there = m.DestinationMachine
	if h.dest.kind == nameOther {
		h.dest.kind = nameDest
		if h.there.IsZero() {
			h.there = h.dest.name.GUID
		}
		if h.there != h.dest.name.GUID {
			return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
				"its destination queue is on %s and it is addressed to %s", h.dest.name.GUID, h.there)
		}
	}
	same := h.resp.kind != nameNone && equalNames(h.resp.name, h.admin.name)
	h.admin.kind = h.private(h.admin)
	if same {
		h.resp.kind = nameAdmin
	} else if kind := h.private(h.resp); kind == nameOther && h.admin.kind == nameOther &&
		h.resp.name.GUID == h.admin.name.GUID {
		h.resp.kind = nameBeside
	} else {
		h.resp.kind = kind
	}
	if m.HopCount > userHops {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"it passed %d routing servers and a packet counts to %d", m.HopCount, userHops)
	}
	if m.Delivery > mq.Recoverable {
		return mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message", "delivery mode %d does not exist", m.Delivery)
	}
	h.setFlags(m)
	return nil
}

// private shortens the name of a private queue on the source or destination host.
func (h *header) private(t target) uint32 {
	switch {
	case t.kind != nameOther:
		return t.kind
	case t.name.GUID.IsZero():
		return nameOther
	case t.name.GUID == h.source:
		return nameSource
	case t.name.GUID == h.there:
		return nameDest
	}
	return nameOther
}

func (h *header) setFlags(m *mq.Message) {
	f := uint32(m.HopCount) | uint32(m.Delivery)<<userDelivery | userProperties
	f |= h.dest.kind<<userDestination | h.admin.kind<<userAdmin | h.resp.kind<<userResponse
	set := func(on bool, bit uint32) {
		if on {
			f |= bit
		}
	}
	set(m.Transactional, userTransaction|uint32(mq.Recoverable)<<userDelivery)
	set(m.DeadLetter, userDeadLetter)
	set(m.Journal, userJournal)
	set(hasSecurity(m), userSecurity)
	set(!m.ConnectorType.IsZero(), userConnector)
	set(hasMulti(m), userMulti)
	set(m.SoapHeader != "" || m.SoapBody != "", userSOAP)
	h.flags = f
}

func (e *encoder) user(m *mq.Message, h *header) {
	e.guid(h.source)
	e.guid(h.there)
	e.u32(m.TimeToBeReceived)
	e.u32(h.sent)
	e.u32(m.ID.Ordinal)
	e.u32(h.flags)
	e.name(h.dest.kind, h.dest.name, h.dest.direct)
	e.name(h.admin.kind, h.admin.name, h.admin.direct)
	if h.resp.kind != nameAdmin {
		e.name(h.resp.kind, h.resp.name, h.resp.direct)
	}
	if h.flags&userConnector != 0 {
		e.guid(m.ConnectorType)
	}
}

// equalNames compares the names of single queues.
func equalNames(a, b mq.FormatName) bool {
	return a.Kind == b.Kind && a.GUID == b.GUID && a.Number == b.Number &&
		a.Protocol == b.Protocol && a.Address == b.Address && a.Path == b.Path &&
		a.Subqueue == b.Subqueue && a.Suffix == b.Suffix
}

// seconds is a time as packets have it: seconds since 1970, 0 for none.
func seconds(t time.Time) (uint32, error) {
	if t.IsZero() {
		return 0, nil
	}
	n := t.Unix()
	if n < 0 || n > math.MaxUint32 {
		return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "encode a message",
			"it is sent at %s and a packet holds times from 1970 to 2106", t.UTC().Format(time.RFC3339)).
			WithFix("check the clock of this computer")
	}
	return uint32(n), nil
}
