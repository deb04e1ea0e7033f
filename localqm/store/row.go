package store

import (
	"strconv"

	"posthouse/localqm/mq"
)

// Kind is the encoding of a row's packet.
type Kind uint8

// The kinds of packets.
const (
	Binary Kind = 0 // UserMessage packet, MS-MQMQ 2.2.20
	SRMP   Kind = 1 // MC-MQSRM envelope
)

// Row is a message in a queue: its packet as received, the body kept apart so
// that reading headers never reads bodies, and what the queue manager adds.
// Rows given out are shared: do not change them.
type Row struct {
	Slot     Slot
	Lookup   uint64 // (7-priority)<<56 | seq, given at the commit of its Put
	Priority uint8  // 0..7, decides the place
	Express  bool   // in memory only
	Kind     Kind

	Class    mq.Class    // NORMAL, or why it is here: the reason of a dead letter
	Arrived  int64       // Unix seconds
	Expires  int64       // Unix seconds; 0: never
	Aborts   uint32      // receives that were aborted
	Moves    uint32      // moves between a queue and its subqueues
	LastMove int64       // Unix seconds; 0: never
	Index    mq.ObjectID // findable by Find when set (outgoing queues)

	Head     []byte // the packet without the body
	BodyAt   int    // where in Head the body belongs
	BodySize int
	Body     []byte // as much of it as was asked for
}

// Size is the packet's bytes, which quotas count.
func (r *Row) Size() int64 { return int64(len(r.Head)) + int64(r.BodySize) }

// Packet is the packet as received; it needs the whole body.
func (r *Row) Packet() []byte {
	p := make([]byte, 0, len(r.Head)+len(r.Body))
	p = append(p, r.Head[:r.BodyAt]...)
	p = append(p, r.Body...)
	return append(p, r.Head[r.BodyAt:]...)
}

// MaxSeq is the largest sequence number: 42 bits of the packed key.
const MaxSeq = 1<<42 - 1

// LookupID makes the place of a message: ascending in queue order, priority
// first, then arrival (MS-MQDMPR 3.1.1.2, 3.1.1.12).
func LookupID(priority uint8, seq uint64) uint64 { return uint64(7-priority&7)<<56 | seq }

// SplitLookup is the inverse of LookupID.
func SplitLookup(lookup uint64) (priority uint8, seq uint64) {
	return 7 - uint8(lookup>>56)&7, lookup & (1<<56 - 1)
}

// FormatLookup is a lookup identifier in words, a decimal number.
func FormatLookup(lookup uint64) string { return strconv.FormatUint(lookup, 10) }
