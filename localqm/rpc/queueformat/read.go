package queueformat

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
)

// The values of m_qft (QUEUE_FORMAT_TYPE, MS-MQMQ 2.2.6).
const (
	Unknown   = 0
	Public    = 1
	Private   = 2
	Direct    = 3
	Machine   = 4
	Connector = 5
	List      = 6
	Multicast = 7
	Subqueue  = 8
)

// The parts of m_SuffixAndFlags (MS-MQMQ 2.2.7, 2.2.11).
const (
	system         = 0x80
	suffixSubqueue = 5
)

var suffixes = [...]mq.Suffix{
	mq.SuffixNone, mq.SuffixJournal, mq.SuffixDeadLetter, mq.SuffixDeadXact, mq.SuffixXactOnly, mq.SuffixNone,
}

// Read is the format name that q means. The error is MQ_ERROR_ILLEGAL_FORMATNAME.
func Read(q *mqmq.QueueFormat) (mq.FormatName, error) {
	if q == nil || q.QueueFormat == nil {
		return mq.FormatName{}, illegal("no queue is named")
	}
	kind, flags := q.SuffixAndFlags&0x0F, q.SuffixAndFlags&0xF0
	if int(kind) >= len(suffixes) {
		return mq.FormatName{}, illegal("the suffix %d is unknown", kind)
	}
	x := suffixes[kind]
	if !fits(q.QueueFormatType, kind) || (flags == system) != (x != mq.SuffixNone && x != mq.SuffixXactOnly) || flags&^system != 0 {
		return mq.FormatName{}, illegal("a name of type %d cannot have m_SuffixAndFlags 0x%02X", q.QueueFormatType, q.SuffixAndFlags)
	}
	switch v := q.QueueFormat.Value.(type) {
	case *mqmq.QueueFormat_PublicID:
		return mq.FormatName{Kind: mq.KindPublic, GUID: GUID(v.PublicID), Suffix: x}, nil
	case *mqmq.QueueFormat_PrivateID:
		if v.PrivateID != nil {
			return mq.FormatName{Kind: mq.KindPrivate, GUID: GUID(v.PrivateID.Lineage), Number: v.PrivateID.Uniquifier, Suffix: x}, nil
		}
	case *mqmq.QueueFormat_DirectID:
		return readDirect(v.DirectID, x)
	case *mqmq.QueueFormat_MachineID:
		return mq.Machine(GUID(v.MachineID), x), nil
	case *mqmq.QueueFormat_ConnectorID:
		return mq.Connector(GUID(v.ConnectorID), x == mq.SuffixXactOnly), nil
	case *mqmq.QueueFormat_DLID:
		if v.DLID != nil {
			return mq.ParseFormatName(mq.DistributionList(GUID(v.DLID.DLGUID), v.DLID.Domain).String())
		}
	case *mqmq.QueueFormat_MulticastID:
		if v.MulticastID != nil {
			return readMulticast(v.MulticastID)
		}
	case *mqmq.QueueFormat_DirectSubqueueID:
		f, err := readDirect(v.DirectSubqueueID, x)
		if err == nil && f.Subqueue == "" {
			return mq.FormatName{}, illegal("%s names no subqueue", f)
		}
		return f, err
	}
	return mq.FormatName{}, illegal("the type %d does not name a queue", q.QueueFormatType)
}

// fits is the table of suffixes of MS-MQMQ 2.2.7.
func fits(kind, suffix uint8) bool {
	switch suffix {
	case 0:
		return kind != Machine && kind != Subqueue
	case 1:
		return kind == Public || kind == Private || kind == Direct || kind == Machine
	case 2, 3:
		return kind == Direct || kind == Machine
	case 4:
		return kind == Connector
	}
	return kind == Subqueue
}

// readDirect reads a direct name without its DIRECT=. The suffix stands in
// m_SuffixAndFlags; some write it into the text as well.
func readDirect(s string, x mq.Suffix) (mq.FormatName, error) {
	if len(s) > maxDirect {
		return mq.FormatName{}, illegal("it has %d characters and may have %d", len(s), maxDirect)
	}
	text := "DIRECT=" + s
	f, err := mq.ParseFormatName(text)
	if x != mq.SuffixNone && (err != nil || f.Suffix == mq.SuffixNone) {
		// A computer's system queue is no name without its suffix.
		f, err = mq.ParseFormatName(text + ";" + x.String())
	}
	switch {
	case err != nil:
		return mq.FormatName{}, err
	case f.Kind != mq.KindDirect:
		return mq.FormatName{}, illegal("a list of names does not name a queue")
	case x != mq.SuffixNone && f.Suffix != x:
		return mq.FormatName{}, illegal("%s says two suffixes", f)
	}
	return f, nil
}

// maxDirect keeps a hostile name from being looked at at length: the parts of a
// direct name have limits of their own that are far below.
const maxDirect = 4096

// readMulticast: the address stands in network order, as inet_addr gives it.
func readMulticast(m *mqmq.MulticastID) (mq.FormatName, error) {
	var a [4]byte
	binary.LittleEndian.PutUint32(a[:], m.Address)
	return mq.ParseFormatName("MULTICAST=" + netip.AddrFrom4(a).String() + ":" + strconv.FormatUint(uint64(m.Port), 10))
}

func illegal(format string, args ...any) error {
	return mq.Errorf(mq.ErrIllegalFormatName, "read a QUEUE_FORMAT", format, args...)
}
