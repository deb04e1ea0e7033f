package queueformat

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
)

// Make is the QUEUE_FORMAT of a format name. The error is
// MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION: a list of names has none.
func Make(f mq.FormatName) (*mqmq.QueueFormat, error) {
	q := &mqmq.QueueFormat{QueueFormat: &mqmq.QueueFormat_QueueFormat{}}
	if i := slices.Index(suffixes[:], f.Suffix); i > 0 {
		q.SuffixAndFlags = uint8(i)
		if f.Suffix != mq.SuffixXactOnly {
			q.SuffixAndFlags |= system
		}
	}
	v := &q.QueueFormat.Value
	switch f.Kind {
	case mq.KindPublic:
		q.QueueFormatType, *v = Public, &mqmq.QueueFormat_PublicID{PublicID: FromGUID(f.GUID)}
	case mq.KindPrivate:
		id := &mqmq.ObjectID{Lineage: FromGUID(f.GUID), Uniquifier: f.Number}
		q.QueueFormatType, *v = Private, &mqmq.QueueFormat_PrivateID{PrivateID: id}
	case mq.KindMachine:
		q.QueueFormatType, *v = Machine, &mqmq.QueueFormat_MachineID{MachineID: FromGUID(f.GUID)}
	case mq.KindConnector:
		q.QueueFormatType, *v = Connector, &mqmq.QueueFormat_ConnectorID{ConnectorID: FromGUID(f.GUID)}
	case mq.KindDistribution:
		id := &mqmq.DLID{DLGUID: FromGUID(f.GUID), Domain: f.Address}
		q.QueueFormatType, *v = List, &mqmq.QueueFormat_DLID{DLID: id}
	case mq.KindMulticast:
		a, err := netip.ParseAddrPort(f.Address)
		if err != nil || !a.Addr().Is4() {
			return nil, unsupported(f)
		}
		four := a.Addr().As4()
		id := &mqmq.MulticastID{Address: binary.LittleEndian.Uint32(four[:]), Port: uint32(a.Port())}
		q.QueueFormatType, *v = Multicast, &mqmq.QueueFormat_MulticastID{MulticastID: id}
	case mq.KindDirect:
		if f.Subqueue != "" {
			q.QueueFormatType, q.SuffixAndFlags = Subqueue, suffixSubqueue
			*v = &mqmq.QueueFormat_DirectSubqueueID{DirectSubqueueID: direct(f)}
			break
		}
		f.Suffix = mq.SuffixNone
		q.QueueFormatType, *v = Direct, &mqmq.QueueFormat_DirectID{DirectID: direct(f)}
	default:
		return nil, unsupported(f)
	}
	return q, nil
}

func direct(f mq.FormatName) string { return strings.TrimPrefix(f.String(), "DIRECT=") }

func unsupported(f mq.FormatName) error {
	return mq.Errorf(mq.ErrUnsupportedFormatNameOperation, "name "+f.String()+" in a remote call", "only one queue can be named there")
}
