package session

import "posthouse/localqm/wire"

// received counts the messages that come on a session and tells what can be
// acknowledged of them (MS-MQQB 3.1.1.4, 3.1.5.8.7). Numbers begin with 1 and do not
// wrap here.
type received struct {
	count       uint64 // MessageReceivedCount
	recoverable uint64 // RecoverableMessageReceivedCount

	dealt fifo[bool] // those after settled: dealt with
	stuck bool       // one could not be kept: nothing is acknowledged any more
	// settled is the last one before which all are dealt with, told what of it the
	// peer knows: AckSequenceNumber.
	settled, told uint64

	stored fifo[bool] // recoverable ones after toldStored: dealt with
	// toldStored is the last one of which, and of all before it, the peer knows.
	toldStored uint64
	// fresh counts those dealt with since the last acknowledgement
	// (RecoverableMsgAckFlags).
	fresh int
}

// arrival is a message that came: its numbers, and 0 for an express one.
type arrival struct{ number, recoverable uint64 }

func (r *received) arrive(recoverable bool) (a arrival) {
	r.count++
	r.dealt.push(false)
	a.number = r.count
	if recoverable {
		r.recoverable++
		r.stored.push(false)
		a.recoverable = r.recoverable
	}
	return a
}

// settle notes what became of a message, once; false if that was known. A message
// that could not be kept is never acknowledged, nor any after it.
func (r *received) settle(a arrival, kept bool) bool {
	if a.number <= r.settled || *r.dealt.at(int(a.number - r.settled - 1)) {
		return false
	}
	*r.dealt.at(int(a.number - r.settled - 1)) = true
	if r.stuck = r.stuck || !kept; r.stuck {
		return true
	}
	for r.dealt.len() > 0 && *r.dealt.at(0) {
		r.dealt.pop()
		r.settled++
	}
	if a.recoverable != 0 {
		*r.stored.at(int(a.recoverable - r.toldStored - 1)) = true
		r.fresh++
	}
	return true
}

// owing reports that something came that is not acknowledged
// (UnackedReceivedMsgCount).
func (r *received) owing() bool { return r.count > r.told || r.fresh > 0 }

// tellable reports that recoverable messages can be acknowledged.
func (r *received) tellable() bool { return r.stored.len() > 0 && *r.stored.at(0) }

// news reports that an acknowledgement would tell something.
func (r *received) news() bool { return r.settled > r.told || r.fresh > 0 && r.tellable() }

// flagBits is what RecoverableMsgAckFlags holds.
const flagBits = 32

// due reports that an acknowledgement is not to wait for the timer: every messages
// are unacknowledged, or the flags are full.
func (r *received) due(every int) bool {
	return r.settled-r.told >= uint64(every) || r.fresh >= flagBits && r.tellable()
}

// acknowledge is what the next acknowledgement says of what came. It is to be
// called again while tellable: the flags hold so many only.
func (r *received) acknowledge(h *wire.Session) {
	h.Acked = uint16(r.settled)
	r.told = r.settled
	r.fresh = 0
	if !r.tellable() {
		return
	}
	h.RecoverableAcked = uint16(r.toldStored + 1)
	for k := range min(r.stored.len(), flagBits) {
		if *r.stored.at(k) {
			h.RecoverableFlags |= 1 << k
		}
	}
	for k := 0; k < flagBits && r.tellable(); k++ {
		r.stored.pop()
		r.toldStored++
	}
}
