package remote

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/mgmtclient"
)

// describe makes the row of a queue from its management properties (MS-MQMQ 2.3.12).
// What only the queue's own properties tell (2.3.1) is as the specification has it
// when nobody set it.
func (s *session) describe(f mq.FormatName, v values) mgmtclient.Queue {
	q := mgmtclient.Queue{
		PathName: v.text(mq.PropMgmtQueuePathName), FormatName: v.text(mq.PropMgmtQueueFormatName),
		Type: v.text(mq.PropMgmtQueueType), Location: v.text(mq.PropMgmtQueueLocation), State: v.text(mq.PropMgmtQueueState),
		Transactional: strings.EqualFold(v.text(mq.PropMgmtQueueXact), mq.AnswerYes),
		Foreign:       strings.EqualFold(v.text(mq.PropMgmtQueueForeign), mq.AnswerYes),
		Messages:      v.number(mq.PropMgmtQueueMessageCount), Bytes: v.number(mq.PropMgmtQueueBytesInQueue),
		JournalMessages: v.number(mq.PropMgmtQueueJournalMessageCount), JournalBytes: v.number(mq.PropMgmtQueueBytesInJournal),
		NextHops: v.texts(mq.PropMgmtQueueNextHops), ConnectionHistory: []string{}, Subqueues: v.texts(mq.PropMgmtQueueSubqueueNames),
		Incoming: incoming(v), PrivacyLevel: strings.ToLower(mq.QueuePrivacyOptional.String()),
	}
	if q.FormatName == "" {
		q.FormatName = f.String()
	}
	if q.PathName == "" {
		// A path name stands for a name over OS; the others have none.
		q.PathName = q.FormatName
		if p, ok := f.PathName(); ok && p.Direct().Equal(f) {
			q.PathName = p.String()
		}
	}
	if q.Location == "" {
		q.Location = mq.LocationLocal
	}
	if q.State == "" {
		q.State = string(mq.StateLocal)
	}
	if p, err := mq.ParsePathName(q.PathName); err == nil {
		q.Hidden = hidden(p)
	}
	if q.Location == mq.LocationRemote {
		leave(&q, v)
	}
	return q
}

// leave fills in what outgoing queues have beside others.
func leave(q *mgmtclient.Queue, v values) {
	o := &mgmtclient.Outgoing{
		Unread:  v.number(mq.PropMgmtQueueEODNoReadCount),
		History: history(v), Why: mq.QueueState(q.State).Text(),
		LastAck: sequence(v.blob(mq.PropMgmtQueueEODLastAck)), LastAckTime: v.time(mq.PropMgmtQueueEODLastAckTime),
		LastAckCount: int(v.number(mq.PropMgmtQueueEODLastAckCount)),
		FirstNonAck:  sequence(v.blob(mq.PropMgmtQueueEODFirstNonAck)), LastNonAck: sequence(v.blob(mq.PropMgmtQueueEODLastNonAck)),
		NextSequence: sequence(v.blob(mq.PropMgmtQueueEODNextSeq)), NoAckCount: int(v.number(mq.PropMgmtQueueEODNoAckCount)),
		ResendCount: int(v.number(mq.PropMgmtQueueEODResendCount)), ResendInterval: int(v.number(mq.PropMgmtQueueEODResendInterval)),
		ResendTime: v.time(mq.PropMgmtQueueEODResendTime),
	}
	o.Unsent = max(0, q.Messages-o.Unread)
	for k := range o.History {
		newest := o.History[len(o.History)-1-k]
		q.ConnectionHistory = append(q.ConnectionHistory, fmt.Sprintf("%s 0x%08x %s", newest.Time.Format(time.RFC3339), uint32(newest.Status), newest.Why))
	}
	if k := len(o.History); k > 0 {
		o.Since = &o.History[k-1].Time
		if o.History[k-1].Failed {
			o.Why = o.History[k-1].Why
		}
		for k--; k >= 0 && o.History[k].Failed; k-- {
			o.Failures++
		}
	}
	q.Outgoing = o
}

// sequence reads a SEQUENCE_INFO (MS-MQMQ 2.2.5.1); nil for none.
func sequence(b []byte) *mgmtclient.Sequence {
	if len(b) < 16 || binary.LittleEndian.Uint64(b) == 0 {
		return nil
	}
	return &mgmtclient.Sequence{
		ID:     fmt.Sprintf("%016x", binary.LittleEndian.Uint64(b)),
		Number: binary.LittleEndian.Uint32(b[8:]), Previous: binary.LittleEndian.Uint32(b[12:]),
	}
}

// history is the connection history, the newest last (2.3.12.25). Which end the peer
// begins with is told by the times.
func history(v values) []mgmtclient.Connection {
	columns := v.arrays(mq.PropMgmtQueueConnectionHistory)
	status, times := column[uint32](columns, 0), column[int32](columns, 1)
	codes := column[int32](columns, 2)
	list := make([]mgmtclient.Connection, 0, len(status))
	for i, st := range status {
		c := mgmtclient.Connection{Status: mq.ConnectionStatus(st), Address: address(columns, i)}
		c.Failed, c.Why = c.Status.Failed(), c.Status.String()
		if i < len(times) {
			if t := moment(int64(times[i])); t != nil {
				c.Time = *t
			}
		}
		if i < len(codes) {
			c.Error = mq.HResult(uint32(codes[i]))
		}
		list = append(list, c)
	}
	if k := len(list); k > 1 && list[0].Time.After(list[k-1].Time) {
		for i := range k / 2 {
			list[i], list[k-1-i] = list[k-1-i], list[i]
		}
	}
	return list
}

// address is the list of addresses of an entry: an array in an array of arrays, or an
// array of texts if each entry has one.
func address(columns []*mqmq.PropertyVariant, i int) string {
	if list := column[string](columns, 3); i < len(list) {
		return list[i]
	}
	if len(columns) > 3 && columns[3] != nil && columns[3].VarUnion != nil {
		if a, ok := columns[3].VarUnion.GetValue().(*mqmq.PropertyVariantArray); ok && a != nil {
			return strings.Join(column[string](a.Elems, i), ", ")
		}
	}
	return ""
}

// incoming are the streams that come into a queue (2.3.12.24).
func incoming(v values) (list []mgmtclient.Incoming) {
	columns := v.arrays(mq.PropMgmtQueueEODSourceInfo)
	sources, ids := column[*dtyp.GUID](columns, 1), column[*dtyp.UlargeInteger](columns, 2)
	numbers, times := column[uint32](columns, 3), column[int32](columns, 4)
	rejected := column[uint32](columns, 5)
	for i, name := range column[string](columns, 0) {
		in := mgmtclient.Incoming{FormatName: name}
		if i < len(sources) {
			in.Source = queueformat.GUID(sources[i])
		}
		if i < len(ids) && ids[i] != nil {
			in.Last.ID = fmt.Sprintf("%016x", ids[i].QuadPart)
		}
		if i < len(numbers) {
			in.Last.Number = numbers[i]
		}
		if i < len(times) {
			if t := moment(int64(times[i])); t != nil {
				in.LastAccess = *t
			}
		}
		if i < len(rejected) {
			in.Rejected = int(rejected[i])
		}
		list = append(list, in)
	}
	return list
}
