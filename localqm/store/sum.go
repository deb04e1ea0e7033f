package store

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// digest sums up the fields of a row, each with its length, so that moving a
// byte from one field to the next shows.
type digest struct {
	crc uint32
	buf [8]byte
}

func (d *digest) number(v int64) {
	binary.LittleEndian.PutUint64(d.buf[:], uint64(v))
	d.crc = crc32.Update(d.crc, castagnoli, d.buf[:])
}

func (d *digest) bytes(b []byte) {
	d.number(int64(len(b)))
	d.crc = crc32.Update(d.crc, castagnoli, b)
}

func (d *digest) flag(b bool) {
	if b {
		d.number(1)
	} else {
		d.number(0)
	}
}

func sumOf(fields ...[]byte) int64 {
	var d digest
	for _, f := range fields {
		d.bytes(f)
	}
	return int64(d.crc)
}

// sumRow covers what never changes while the message is stored: a move and an
// aborted receive need not read it again.
func sumRow(r *Row) int64 {
	return int64(uint64(sumHead(r))<<32 | uint64(sumBody(r.Body)))
}

func sumHead(r *Row) uint32 {
	var d digest
	d.number(int64(r.Lookup))
	d.number(int64(r.Kind))
	d.number(int64(r.Class))
	d.number(r.Arrived)
	d.number(r.Expires)
	d.number(int64(r.BodyAt))
	d.number(int64(r.BodySize))
	d.bytes(r.Index.Source[:])
	d.number(int64(r.Index.Ordinal))
	d.bytes(r.Head)
	return d.crc
}

func sumBody(body []byte) uint32 { return crc32.Checksum(body, castagnoli) }

func sumQueue(q *Queue) int64 {
	var d digest
	for _, v := range []int64{
		int64(q.Slot), int64(q.Parent), int64(q.Role), int64(q.Kind), int64(q.Number),
		int64(q.Privacy), int64(q.Quota), int64(q.JournalQuota), int64(q.BasePriority),
		q.Created, q.Modified,
	} {
		d.number(v)
	}
	for _, v := range []bool{q.Transactional, q.Authenticate, q.Journaling, q.Draining} {
		d.flag(v)
	}
	for _, v := range [][]byte{
		[]byte(q.Name), q.ID[:], []byte(q.Label), q.Type[:], []byte(q.Multicast), q.Security,
	} {
		d.bytes(v)
	}
	return int64(d.crc)
}

func sumCounter(s Slot, c Count) int64 {
	var d digest
	d.number(int64(s))
	d.number(c.Messages)
	d.number(c.Bytes)
	return int64(d.crc)
}
