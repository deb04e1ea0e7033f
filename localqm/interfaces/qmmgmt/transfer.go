package qmmgmt

import (
	"encoding/binary"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
)

// transferProperty reads what only outgoing queues have.
func transferProperty(o *localqm.OutgoingInfo, id mq.PropID) *mqmq.PropertyVariant {
	switch id {
	case mq.PropMgmtQueueNextHops:
		if o.Link.State == mq.StateConnected || o.Link.State == mq.StateWaiting {
			return texts(o.Link.NextHops)
		}
	case mq.PropMgmtQueueEODLastAck:
		if o.Exactly.NoAck > 0 {
			return sequence(o.Exactly.LastAck)
		}
	case mq.PropMgmtQueueEODLastAckTime:
		return moment(o.Exactly.LastAckTime)
	case mq.PropMgmtQueueEODLastAckCount:
		return number(o.Exactly.LastAckCount)
	case mq.PropMgmtQueueEODFirstNonAck:
		return sequence(o.Exactly.FirstNonAck)
	case mq.PropMgmtQueueEODLastNonAck:
		return sequence(o.Exactly.LastNonAck)
	case mq.PropMgmtQueueEODNextSeq:
		return sequence(o.Exactly.Next)
	case mq.PropMgmtQueueEODNoReadCount:
		return number(o.Exactly.NoRead)
	case mq.PropMgmtQueueEODNoAckCount:
		return number(o.Exactly.NoAck)
	case mq.PropMgmtQueueEODResendTime:
		return moment(o.Link.ResendAt)
	case mq.PropMgmtQueueEODResendInterval:
		return number(int64(o.Link.ResendInterval / time.Second))
	case mq.PropMgmtQueueEODResendCount:
		return number(o.Link.ResendCount)
	case mq.PropMgmtQueueConnectionHistory:
		return history(o.Link.History)
	}
	return peer.Null()
}

// sequence is a SEQUENCE_INFO (MS-MQMQ 2.2.5.1).
func sequence(q localqm.Sequence) *mqmq.PropertyVariant {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), q.ID)
	b = binary.LittleEndian.AppendUint32(b, q.Number)
	return blob(binary.LittleEndian.AppendUint32(b, q.Previous))
}

// sources are the streams of transactional messages that come here: six vectors of
// the same length (MS-MQMQ 2.3.12.24).
func sources(list []localqm.Incoming) *mqmq.PropertyVariant {
	var (
		n        = len(list)
		names    = make([]string, n)
		ids      = make([]*dtyp.GUID, n)
		streams  = make([]uint64, n)
		last     = make([]uint32, n)
		accessed = make([]int32, n)
		rejected = make([]uint32, n)
	)
	for k, i := range list {
		names[k], ids[k] = i.FormatName.String(), queueformat.FromGUID(i.Source)
		streams[k], last[k] = i.Sequence.ID, i.Sequence.Number
		accessed[k], rejected[k] = seconds(i.LastAccess), clamp(i.Rejected)
	}
	return variants(texts(names), identifiers(ids), longs(streams), numbers(last), signed(accessed), numbers(rejected))
}

// history is the connection history, the oldest entry first (MS-MQMQ 2.3.12.25). Its
// fourth vector has a vector of addresses for each entry, which PROPVARIANT can only
// say with variants.
func history(list []localqm.Connection) *mqmq.PropertyVariant {
	var (
		n         = len(list)
		status    = make([]uint32, n)
		at        = make([]int32, n)
		failures  = make([]int32, n)
		addresses = make([]*mqmq.PropertyVariant, n)
	)
	for k, e := range list {
		status[k], at[k], failures[k] = uint32(e.Status), seconds(e.At), int32(e.Error)
		tried := []string{}
		if e.Address != "" {
			tried = append(tried, e.Address)
		}
		addresses[k] = texts(tried)
	}
	return variants(numbers(status), signed(at), signed(failures), variants(addresses...))
}
