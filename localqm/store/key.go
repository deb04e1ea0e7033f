package store

// The rowid of a message: slot (18 bits), 7-priority (3), seq (42). It is
// private to this package; everybody else knows slots and lookup ids.
const (
	seqBits  = 42
	keyBits  = seqBits + 3
	rankMask = 7
)

// pack makes the key of a place; ok is false if no message can have it.
func pack(p Place) (key int64, ok bool) {
	rank, seq := p.Lookup>>56, p.Lookup&(1<<56-1)
	if rank > rankMask || seq > MaxSeq || seq == 0 || p.Slot > MaxSlot {
		return 0, false
	}
	return int64(uint64(p.Slot)<<keyBits | rank<<seqBits | seq), true
}

// unpack is the inverse of pack.
func unpack(key int64) Place {
	k := uint64(key)
	return Place{
		Slot:   Slot(k >> keyBits),
		Lookup: k>>seqBits&rankMask<<56 | k&MaxSeq,
	}
}

// span is the first and the last key of a slot strictly between two lookup
// ids, which may be any numbers; a zero before is the end of the slot.
func span(s Slot, after, before uint64) (first, last int64) {
	base := uint64(s) << keyBits
	end := uint64(1) << keyBits
	if before != 0 {
		end = ceiling(before)
	}
	return int64(base + floor(after) + 1), int64(base + end - 1)
}

// floor is the largest key within a slot whose lookup id is at most lookup.
func floor(lookup uint64) uint64 {
	rank, seq := lookup>>56, lookup&(1<<56-1)
	if rank > rankMask {
		return 1<<keyBits - 1
	}
	return rank<<seqBits | min(seq, MaxSeq)
}

// ceiling is the smallest key within a slot whose lookup id is at least lookup.
func ceiling(lookup uint64) uint64 {
	rank, seq := lookup>>56, lookup&(1<<56-1)
	if rank > rankMask {
		return 1 << keyBits
	}
	if seq > MaxSeq {
		return (rank + 1) << seqBits
	}
	return rank<<seqBits | seq
}
