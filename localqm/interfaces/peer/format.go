package peer

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
)

// The lower half of QUEUE_FORMAT.m_SuffixAndFlags (MS-MQMQ 2.2.7, 2.2.11). The
// upper half only tells system queues from others, which the suffix does too.
const (
	suffixMask     = 0x0F
	suffixSubqueue = 5
)

// FormatName is the name in a QUEUE_FORMAT (MS-MQMQ 2.2.7). Errors:
// MQ_ERROR_INVALID_PARAMETER when there is none, MQ_ERROR_ILLEGAL_FORMATNAME.
func FormatName(q *mqmq.QueueFormat) (mq.FormatName, error) {
	if q == nil {
		return mq.FormatName{}, mq.Errorf(mq.ErrInvalidParameter, "read a format name", "there is none")
	}
	f, err := formatName(q.QueueFormat.GetValue(), q.QueueFormatType)
	if err != nil {
		return mq.FormatName{}, err
	}
	suffix := q.SuffixAndFlags & suffixMask
	if suffix == suffixSubqueue && f.Subqueue != "" {
		return f, nil
	}
	if !suffixed(&f, mq.Suffix(suffix)) {
		return mq.FormatName{}, illegal("%s with the suffix %d", f, suffix)
	}
	return f, nil
}

// QueueName is the name in a QUEUE_FORMAT, for the queue manager.
func QueueName(q *mqmq.QueueFormat) (mq.QueueName, error) {
	f, err := FormatName(q)
	return mq.QueueName{Format: f}, err
}

func formatName(value any, kind uint8) (mq.FormatName, error) {
	switch v := value.(type) {
	case string:
		return mq.ParseFormatName("DIRECT=" + v)
	case *mqmq.ObjectID:
		if v != nil {
			return mq.Private(GUID(v.Lineage), v.Uniquifier), nil
		}
	case *mqmq.DLID:
		if v != nil {
			return mq.DistributionList(GUID(v.DLGUID), v.Domain), nil
		}
	case *mqmq.MulticastID:
		if v != nil {
			var ip [4]byte // as in the packet: the first octet first
			binary.LittleEndian.PutUint32(ip[:], v.Address)
			return mq.ParseFormatName(fmt.Sprintf("MULTICAST=%s:%d", netip.AddrFrom4(ip), v.Port))
		}
	case *dtyp.GUID:
		switch mqmq.QueueFormatType(kind) {
		case mqmq.QueueFormatTypePublic:
			return mq.Public(GUID(v)), nil
		case mqmq.QueueFormatTypeMachine:
			return mq.FormatName{Kind: mq.KindMachine, GUID: GUID(v)}, nil
		case mqmq.QueueFormatTypeConnector:
			return mq.Connector(GUID(v), false), nil
		}
	}
	return mq.FormatName{}, illegal("a QUEUE_FORMAT of the type %d", kind)
}

// suffixed adds a suffix to a name, if it may have it. A direct name may have it in
// its text already.
func suffixed(f *mq.FormatName, s mq.Suffix) bool {
	if s == mq.SuffixNone || f.Suffix == s {
		return f.Kind != mq.KindMachine || f.Suffix != mq.SuffixNone
	}
	if f.Suffix != mq.SuffixNone || f.Subqueue != "" {
		return false
	}
	switch f.Kind {
	case mq.KindPublic, mq.KindPrivate:
		if s != mq.SuffixJournal {
			return false
		}
	case mq.KindMachine:
		if s > mq.SuffixDeadXact {
			return false
		}
	case mq.KindConnector:
		if s != mq.SuffixXactOnly {
			return false
		}
	case mq.KindDirect:
		if s != mq.SuffixJournal && (s > mq.SuffixDeadXact || f.Path != mq.SystemPath) {
			return false
		}
	default:
		return false
	}
	f.Suffix = s
	return true
}

func illegal(format string, args ...any) error {
	return mq.Errorf(mq.ErrIllegalFormatName, "read a format name", "no queue is named by "+format, args...)
}

// GUID is an identifier as go-msrpc has it; GUID_NULL for none.
func GUID(g *dtyp.GUID) (out mq.GUID) {
	if g != nil {
		copy(out[:], g.UUID().EncodeBinary())
	}
	return out
}

// GUIDOf is an identifier for go-msrpc.
func GUIDOf(g mq.GUID) *dtyp.GUID {
	out, _ := dtyp.GUIDFromBytes(g[:]) // 16 bytes never fail
	return out
}
