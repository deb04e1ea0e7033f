package remoteread

import (
	"time"

	"posthouse/localqm"
)

// The actions of R_StartReceive (MS-MQRR 3.1.4.7).
const (
	actionReceive     = 0x00000000
	actionPeek        = 0x80000000
	actionPeekNext    = 0x80000001
	lookupPeek        = 0x40000010
	lookupPeekNext    = 0x40000011
	lookupPeekPrev    = 0x40000012
	lookupReceive     = 0x40000020
	lookupReceiveNext = 0x40000021
	lookupReceivePrev = 0x40000022
)

// last is the lookup identifier behind all others: the message before it is the last.
const last = 1<<64 - 1

// infinite is a time-out without end.
const infinite = 1<<32 - 1

// options are what a request asks the queue manager for, without its cursor. The
// combinations are those of MS-MQRR 3.1.4.7, but that MQ_LOOKUP_RECEIVE_PREV there
// demands the lookup identifier to be 0, and to be not.
func (r *reading) options(op string) (o localqm.ReadOptions, err error) {
	switch r.action {
	case actionReceive:
	case actionPeek:
		o.Peek = true
	case actionPeekNext:
		o.Peek, o.Next = true, true
		if r.cursor == 0 {
			return o, invalid(op, "the next message is asked for without a cursor")
		}
	case lookupPeek, lookupPeekNext, lookupPeekPrev:
		o.Peek = true
		o.Seek = seeks[r.action-lookupPeek]
	case lookupReceive, lookupReceiveNext, lookupReceivePrev:
		o.Seek = seeks[r.action-lookupReceive]
	default:
		return o, invalid(op, "the action 0x%08X is unknown", r.action)
	}
	byLookup := o.Seek != localqm.SeekNone
	switch {
	case byLookup != (r.lookup != 0):
		return o, invalid(op, "the action 0x%08X does not go with the lookup identifier %d", r.action, r.lookup)
	case byLookup && r.cursor != 0:
		return o, invalid(op, "a message is asked for by its lookup identifier and by a cursor")
	case byLookup && r.timeout != 0:
		return o, invalid(op, "reading by lookup identifier does not wait")
	}
	if o.Lookup = r.lookup; o.Seek == localqm.SeekPrevious && r.lookup == last {
		o.Seek = localqm.SeekLast
	}
	o.Timeout = time.Duration(r.timeout) * time.Millisecond
	if r.timeout == infinite {
		o.Timeout = -1
	}
	if o.Body = -1; uint64(r.body) < 1<<31 {
		o.Body = int(r.body)
	}
	return o, nil
}

var seeks = [...]localqm.Seek{localqm.SeekCurrent, localqm.SeekNext, localqm.SeekPrevious}
