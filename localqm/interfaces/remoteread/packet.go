package remoteread

import (
	"slices"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/wire"
)

// The types of sections (MS-MQRR 2.2.7).
const (
	fullPacket          remoteread.SectionType = 0
	binaryFirstSection  remoteread.SectionType = 1
	binarySecondSection remoteread.SectionType = 2
)

// sections are the packet of a message with at most body bytes of its body, as
// R_StartReceive returns it; negative: all.
func (q *queue) sections(d localqm.Delivery, body int) ([]*remoteread.SectionBuffer, error) {
	row := d.Row
	front, back, err := wire.ToRemote(row.Head, row.BodyAt, row.BodySize, row.Class, wire.Extension{
		Subqueue: &wire.Subqueue{
			Class: row.Class, AbortCount: row.Aborts, MoveCount: row.Moves,
			// Seconds: the milliseconds of MS-MQRR 2.2.5.3 do not fit into the field.
			LastMoveTime: uint32(row.LastMove),
			Name:         q.subqueue,
		},
	})
	if err != nil {
		return nil, err
	}
	if body < 0 || body >= row.BodySize {
		packet := slices.Concat(front, row.Body, back)
		return []*remoteread.SectionBuffer{section(fullPacket, packet, len(packet))}, nil
	}
	part := slices.Concat(front, row.Body[:min(body, len(row.Body))])
	return []*remoteread.SectionBuffer{
		section(binaryFirstSection, part, len(front)+row.BodySize),
		section(binarySecondSection, back, len(back)),
	}, nil
}

func section(kind remoteread.SectionType, b []byte, whole int) *remoteread.SectionBuffer {
	return &remoteread.SectionBuffer{
		SectionBufferType: kind, SectionSizeAlloc: uint32(whole), SectionSize: uint32(len(b)), SectionBuffer: b,
	}
}

// sequence is the part of a lookup identifier that clients get: its least significant
// seven bytes. The other one follows from the priority (MS-MQDMPR 3.1.7.1.9).
func sequence(lookup uint64) uint64 { return lookup & (1<<56 - 1) }
