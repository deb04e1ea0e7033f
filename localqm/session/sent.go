package session

import (
	"fmt"
	"math/bits"

	"posthouse/localqm/wire"
)

// maxPending bounds the messages that a peer has taken and not answered for. It
// keeps the 16-bit numbers of recoverable ones unambiguous.
const maxPending = 8192

// sent keeps the messages of a session from Send until the peer answers for them
// (OutgoingMessageTable, MS-MQQB 3.1.1.3.1). Numbers begin with 1 and do not wrap
// here; the 16 bits of the wire are compared by their distance.
type sent struct {
	pending fifo[sentMessage] // in order; those in the middle may be answered for
	bytes   int               // of pending

	accepted            uint64 // number of the last one that Send took
	acceptedRecoverable uint64
	written             uint64 // MessageSentCount: went to the connection
	writtenRecoverable  uint64 // RecoverableMessageSentCount
	acked               uint64 // the last AckSequenceNumber
}

type sentMessage struct {
	tag         any
	number      uint64
	recoverable uint64 // its number among the recoverable ones; 0: express
	size        int
	answered    bool
}

// unacked is UnAckedMessageCount, which the window limits.
func (s *sent) unacked() int { return int(s.accepted - s.acked) }

// waiting reports that the peer owes an acknowledgement.
func (s *sent) waiting() bool { return s.unacked() > 0 || s.pending.len() > 0 }

// full reports that a window of n messages takes no other.
func (s *sent) full(n int) bool { return s.unacked() >= n || s.pending.len() >= maxPending }

func (s *sent) add(tag any, size int, recoverable bool) {
	s.accepted++
	m := sentMessage{tag: tag, number: s.accepted, size: size}
	if recoverable {
		s.acceptedRecoverable++
		m.recoverable = s.acceptedRecoverable
	}
	s.bytes += size
	s.pending.push(m)
}

// wrote counts the next message as on the connection.
func (s *sent) wrote(recoverable bool) {
	s.written++
	if recoverable {
		s.writtenRecoverable++
	}
}

// acknowledge applies what the peer answers for (MS-MQQB 3.1.5.5.1-3) and appends
// the tags to tags. A header that answers for what was not sent changes nothing.
func (s *sent) acknowledge(h wire.Session, tags []any) ([]any, error) {
	n := uint64(h.Acked - uint16(s.acked))
	if n > s.written-s.acked {
		return tags, fmt.Errorf("it acknowledges message %d, and of %d that were sent it had acknowledged %d",
			h.Acked, s.written, s.acked)
	}
	// Of recoverable messages all up to RecoverableAcked and those of the flags,
	// where bit 0 is RecoverableAcked itself. Distances are from the last one.
	low := int64(int16(h.RecoverableAcked - uint16(s.writtenRecoverable)))
	some := h.RecoverableAcked != 0 || h.RecoverableFlags != 0
	if high := low + int64(max(bits.Len32(h.RecoverableFlags), 1)-1); some && high > 0 {
		return tags, fmt.Errorf("it acknowledges recoverable message %d with flags %08X, and %d were sent",
			h.RecoverableAcked, h.RecoverableFlags, s.writtenRecoverable)
	}
	stored := func(number uint64) bool {
		k := int64(number-s.writtenRecoverable) - low
		return some && (k <= 0 || k < flagBits && h.RecoverableFlags>>k&1 != 0)
	}

	s.acked += n
	for i := range s.pending.len() {
		m := s.pending.at(i)
		if m.answered || m.number > s.written {
			continue
		}
		if m.recoverable == 0 && m.number <= s.acked || m.recoverable != 0 && stored(m.recoverable) {
			tags = append(tags, m.tag)
			s.bytes -= m.size
			m.tag, m.answered = nil, true
		}
	}
	for s.pending.len() > 0 && s.pending.at(0).answered {
		s.pending.pop()
	}
	return tags, nil
}
