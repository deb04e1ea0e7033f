package strict

import "slices"

// queue is a queue as the UserHeader names it. Kind is Flags.DQ, AQ or RQ.
type queue struct {
	kind   int
	guid   guid   // public, or the host of a private queue elsewhere
	number uint32 // private
	direct string
}

// How a queue is named (MS-MQMQ 2.2.19.2).
const (
	none          = 0
	likeAdmin     = 1
	onSource      = 2
	onDestination = 3
	onAdmin       = 4
	public        = 5
	elsewhere     = 6
	direct        = 7
)

func directQueue(name string) queue { return queue{kind: direct, direct: name} }

// transaction is the TransactionHeader (MS-MQMQ 2.2.20.5).
type transaction struct {
	finalAck, first, last bool
	id                    uint32 // ID, 20 bits
	sequence              uint64 // TxSequenceID: time stamp high, ordinal low
	number, previous      uint32
}

// multi is the MultiQueueFormatHeader (MS-MQMQ 2.2.20.1).
type multi struct {
	destination, admin, response []queue
	signature                    []byte
}

// message is a UserMessage packet (MS-MQMQ 2.2.20).
type message struct {
	base
	flags uint32 // UserHeader.Flags as they came

	source, manager guid // SourceQueueManager, QueueManagerAddress
	toBeReceived    uint32
	sentTime        uint32
	id              uint32
	hops            int
	recoverable     bool
	deadLetter      bool // JN
	journal         bool // JP
	to              queue
	admin, response queue

	tx  *transaction
	sid []byte // of the SecurityHeader

	acks        int // MessagePropertiesHeader.Flags
	label       string
	class       uint16
	correlation [20]byte
	bodyType    uint32
	tag         uint32
	extension   []byte
	body        []byte

	trace   *guid // DebugHeader
	multi   *multi
	session *sessionHeader
}

// The bits of MessagePropertiesHeader.Flags (MS-MQMQ 2.2.19.3).
const (
	wantReach, wantReceive, wantNoReach, wantNoReceive = 1, 2, 4, 8
)

// classes are those of MS-MQMQ 2.2.18.1.6.
var classes = []uint16{
	0x0000, 0x0001, 0x0002, 0x00FF, 0x4000,
	0x8000, 0x8001, 0x8002, 0x8003, 0x8004, 0x8005, 0x8006, 0x8007, 0x8009, 0x800A, 0x800B,
	0xC000, 0xC001, 0xC002, 0xC004,
}

const (
	classNormal, classReport, classReachQueue, classOrderAck, classReceive = 0x0000, 0x0001, 0x0002, 0x00FF, 0x4000
	classNotTransactionalQueue, classNotTransactionalMessage               = 0x8009, 0x800A
	classQuota, classPurged                                                = 0x8003, 0xC001
)

// message reads a UserMessage packet and complains about all that MS-MQMQ 2.2.19
// and 2.2.20 do not allow.
func (r *in) message() *message {
	r.t.Helper()
	m := &message{base: r.base()}
	r.must(!m.internal, "MS-MQMQ 2.2.20", "IN is set in a UserMessage packet")
	r.user(m)
	if m.flags>>20&1 != 0 {
		r.transaction(m)
	}
	if m.flags>>19&1 != 0 {
		r.security(m)
	}
	r.properties(m)
	r.must((m.admin.kind != none) == (m.acks != 0), "MS-MQMQ 2.2.19.2",
		"an administration queue of type %d with acknowledgements %#x", m.admin.kind, m.acks)
	if m.debug {
		r.debug(m)
	}
	r.must(m.flags>>28&1 == 0, "MS-MQMQ 2.2.19.2", "a SoapHeader in what no HTTP brought")
	if m.flags>>23&1 != 0 {
		r.multi(m)
	}
	r.must(r.off == int(m.size), "MS-MQMQ 2.2.19.1", "PacketSize is %d and the headers end at %d", m.size, r.off)
	if m.base.session {
		h := r.session()
		m.session = &h
	}
	r.must(r.left() == 0, "MS-MQMQ 2.2.20", "%d bytes after the last header", r.left())
	return m
}

func (r *in) user(m *message) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.19.2"
	m.source, m.manager = r.guid(), r.guid()
	m.toBeReceived, m.sentTime, m.id = r.u32(), r.u32(), r.u32()
	f := r.u32()
	m.flags = f
	m.hops = int(f & 0x1F)
	delivery := f >> 5 & 3
	m.recoverable = delivery == 1
	m.deadLetter, m.journal = f>>8&1 != 0, f>>9&1 != 0
	dq, aq, rq := int(f>>10&7), int(f>>13&7), int(f>>16&7)
	r.must(m.source != guid{}, section, "no SourceQueueManager")
	r.must(m.hops <= 0x1D, section, "RC is %#x", m.hops)
	r.must(delivery <= 1, section, "DM is %d", delivery)
	r.must(f&(1<<7|1<<24|3<<26|7<<29) == 0, section, "Flags %#x have unused bits", f)
	r.must(f>>21&1 == 1, section, "MP is not set")
	r.must(f>>25&1 == 0, section, "AH is set")
	r.must(f>>20&1 == 0 || m.recoverable, section, "a transactional message with DM 0")
	r.must(f>>20&1 == 0 || m.priority == 0, "MS-MQMQ 2.2.19.1", "a transactional message with priority %d", m.priority)
	r.must(slices.Contains([]int{onDestination, public, direct}, dq), section, "DQ is %d", dq)
	r.must(slices.Contains([]int{none, onSource, onDestination, public, elsewhere, direct}, aq), section, "AQ is %d", aq)
	r.must((m.manager == guid{}) == (dq == direct), section, "QueueManagerAddress % x with DQ %d", m.manager, dq)
	m.to, m.admin, m.response = r.queue(dq), r.queue(aq), r.queue(rq)
	r.must(f>>22&1 == 0, section, "a ConnectorType that nobody set")
}

func (r *in) queue(kind int) (q queue) {
	r.t.Helper()
	q.kind = kind
	switch kind {
	case onSource, onDestination, onAdmin:
		q.number = r.u32()
	case public:
		q.guid = r.guid()
	case elsewhere:
		q.guid, q.number = r.guid(), r.u32()
	case direct:
		q.direct = r.text(int(r.u16()), "MS-MQMQ 2.2.18.1.5.2")
		r.align()
	}
	return q
}

func (r *in) transaction(m *message) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.20.5"
	f := r.u32()
	m.tx = &transaction{
		finalAck: f>>1&1 != 0, first: f>>2&1 != 0, last: f>>3&1 != 0, id: f >> 4 & 0xFFFFF,
		sequence: r.u64(), number: r.u32(), previous: r.u32(),
	}
	r.must(f>>24 == 0, section, "Flags %#x have unused bits", f)
	r.must(f&1 == 0, section, "a ConnectorQMGuid that nobody set")
	r.must(m.tx.number >= 1, section, "TxSequenceNumber is 0")
	r.must(m.tx.previous < m.tx.number, section, "message %d follows %d", m.tx.number, m.tx.previous)
}

func (r *in) security(m *message) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.20.6"
	f, id, key, sig, cert, info := r.u16(), r.u16(), r.u16(), r.u16(), r.u32(), r.u32()
	r.must(f>>4&1 == 0 && f>>8&0xF == 0, section, "AU or AS is set in %#x", f)
	r.must(f>>12 == 0, section, "Flags %#x have unused bits", f)
	r.must(f&0x20 == 0 && key|sig == 0 && cert|info == 0, section, "signed or encrypted by nobody")
	r.must(id != 0, section, "nothing is in it")
	r.must(f&0xF == 1, section, "a sender of type %d", f&0xF)
	m.sid = r.take(int(id))
	r.must(len(m.sid) >= 8 && m.sid[0] == 1 && len(m.sid) == 8+4*int(m.sid[1]), "MS-DTYP 2.4.2.2", "no SID: % x", m.sid)
	r.align()
}

func (r *in) properties(m *message) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.19.3"
	m.acks = r.u8()
	label := r.u8()
	m.class = r.u16()
	m.correlation = [20]byte(r.take(20))
	m.bodyType, m.tag = r.u32(), r.u32()
	size, room, privacy, hash, cipher, extension := r.u32(), r.u32(), r.u32(), r.u32(), r.u32(), r.u32()
	r.must(m.acks>>4 == 0, section, "Flags %#x have unused bits", m.acks)
	r.must(label <= 0xFA && label != 1, section, "LabelLength is %d", label)
	r.must(slices.Contains(classes, m.class), "MS-MQMQ 2.2.18.1.6", "MessageClass is %#x", m.class)
	r.must(room >= size, section, "AllocationBodySize %d for MessageSize %d", room, size)
	r.must(privacy == 0, section, "PrivacyLevel is %d", privacy)
	r.must(slices.Contains([]uint32{0x8001, 0x8002, 0x8003, 0x8004, 0x800C, 0x800E}, hash), section, "HashAlgorithm is %#x", hash)
	r.must(slices.Contains([]uint32{0x6602, 0x6610, 0x660E, 0x660F, 0x6801}, cipher), section, "EncryptionAlgorithm is %#x", cipher)
	if label > 0 {
		m.label = r.text(2*label, section)
	}
	m.extension, m.body = r.take(int(extension)), r.take(int(size))
	r.align()
}

func (r *in) debug(m *message) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.20.8"
	f, reserved := r.u16(), r.u16()
	r.must(f <= 1, section, "Flags are %#x", f)
	r.must(reserved == 0, section, "Reserved is %#x", reserved)
	if f == 1 {
		g := r.guid()
		m.trace = &g
	}
}

func (r *in) multi(m *message) {
	r.t.Helper()
	m.multi = &multi{destination: r.addresses(0x64), admin: r.addresses(0xC8), response: r.addresses(0x12C)}
	id, reserved, size := r.u16(), r.u16(), r.u32()
	r.must(id == 0x15E && reserved == 0, "MS-MQMQ 2.2.20.3", "ID %#x, Reserved %#x", id, reserved)
	m.multi.signature = r.take(int(size))
	r.align()
}

func (r *in) addresses(want uint16) (list []queue) {
	r.t.Helper()
	const section = "MS-MQMQ 2.2.20.2"
	at := r.off
	size, id, reserved, count := r.u32(), r.u16(), r.u16(), r.u32()
	r.must(id == want && reserved == 0, section, "HeaderID %#x, Reserved %#x", id, reserved)
	for range count {
		q := queue{}
		switch kind := r.u16(); kind {
		case 1:
			q.kind, q.guid = public, r.guid()
		case 2:
			r.align()
			q.kind, q.guid, q.number = elsewhere, r.guid(), r.u32()
		case 3:
			n := 2
			for le.Uint16(r.b[r.off+n-2:]) != 0 {
				n += 2
			}
			q.kind, q.direct = direct, r.text(n, "MS-MQMQ 2.2.18.1.4.1")
		default:
			r.must(false, "MS-MQMQ 2.2.18.1.4", "FormatType is %d", kind)
		}
		list = append(list, q)
	}
	r.align()
	r.must(int(size) == r.off-at, section, "HeaderSize is %d of %d bytes", size, r.off-at)
	return list
}

// message writes a UserMessage packet as Windows does: with the SID of its sender.
func (w *out) message(m *message) {
	start := len(*w)
	m.base.session = m.session != nil
	m.base.debug = m.base.trace || m.trace != nil
	w.base(m.base)
	w.raw(m.source[:])
	w.raw(m.manager[:])
	w.u32(m.toBeReceived)
	w.u32(m.sentTime)
	w.u32(m.id)
	m.flags = uint32(m.hops) | bit(m.recoverable, 5) | bit(m.deadLetter, 8) | bit(m.journal, 9) |
		uint32(m.to.kind)<<10 | uint32(m.admin.kind)<<13 | uint32(m.response.kind)<<16 |
		bit(m.sid != nil, 19) | bit(m.tx != nil, 20) | 1<<21
	w.u32(m.flags)
	w.queue(m.to)
	w.queue(m.admin)
	w.queue(m.response)
	if tx := m.tx; tx != nil {
		w.u32(bit(tx.finalAck, 1) | bit(tx.first, 2) | bit(tx.last, 3) | tx.id<<4)
		w.u64(tx.sequence)
		w.u32(tx.number)
		w.u32(tx.previous)
	}
	if m.sid != nil {
		w.u16(1)
		w.u16(uint16(len(m.sid)))
		w.raw(make([]byte, 12))
		w.raw(m.sid)
		w.align()
	}
	w.u8(m.acks)
	label := []byte(nil)
	if m.label != "" {
		label = textBytes(m.label)
	}
	w.u8(len(label) / 2)
	w.u16(m.class)
	w.raw(m.correlation[:])
	w.u32(m.bodyType)
	w.u32(m.tag)
	w.u32(uint32(len(m.body)))
	w.u32(uint32(len(m.body)))
	w.u32(0)
	w.u32(0x8004)
	w.u32(0x6801)
	w.u32(uint32(len(m.extension)))
	w.raw(label)
	w.raw(m.extension)
	w.raw(m.body)
	w.align()
	if m.base.debug {
		w.u32(bit(m.trace != nil, 0))
		if m.trace != nil {
			w.raw(m.trace[:])
		}
	}
	le.PutUint32((*w)[start+8:], uint32(len(*w)-start))
	if m.session != nil {
		w.session(*m.session)
	}
}

func (w *out) queue(q queue) {
	switch q.kind {
	case onSource, onDestination, onAdmin:
		w.u32(q.number)
	case public:
		w.raw(q.guid[:])
	case elsewhere:
		w.raw(q.guid[:])
		w.u32(q.number)
	case direct:
		text := textBytes(q.direct)
		w.u16(uint16(len(text)))
		w.raw(text)
		w.align()
	}
}
