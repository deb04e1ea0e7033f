package remote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/localqm/wire"
)

var self = mq.GUID{1, 2, 3}

// stored is a message as a queue manager keeps it.
func stored(t fatal, body string, dead bool) (head []byte, at int, m *mq.Message) {
	t.Helper()
	m = new(mq.Message)
	m.Defaults()
	m.Label, m.Body, m.Priority = "Ordre nº 1", []byte(body), 5
	m.ID = mq.ObjectID{Source: mq.GUID{9}, Ordinal: 7}
	m.SourceMachine, m.SentTime = m.ID.Source, time.Unix(1_790_000_000, 0).UTC()
	m.Destination = mq.DirectOS("HUB", `private$\orders`)
	m.Trace, m.TraceQueue = true, mq.GUID{4} // a header behind the body
	m.ResponseQueue = mq.DirectOS("A", "replies")
	if dead {
		m.DeadLetterQueue = mq.DirectOS("DESK", `private$\dead`)
	}
	head, at, err := wire.Split(m, self)
	if err != nil {
		t.Fatal(err)
	}
	return head, at, m
}

type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// sent is it as R_StartReceive shows limit bytes of its body; pad leaves the padding
// behind the body out of the first section and the second.
func sent(t fatal, head []byte, at int, body string, limit int, padded bool) *remoteread.StartReceiveResponse {
	t.Helper()
	front, back, err := wire.ToRemote(head, at, len(body), mq.ClassNormal, wire.Extension{
		Subqueue: &wire.Subqueue{AbortCount: 2, MoveCount: 3, LastMoveTime: 1_790_000_100},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &remoteread.StartReceiveResponse{ArriveTime: 1_790_000_005, SequenceID: 77}
	if limit >= len(body) {
		packet := append(append(front, body...), back...)
		r.PacketSections = []*remoteread.SectionBuffer{section(remoteread.SectionTypeFullPacket, packet, 0)}
	} else {
		if !padded {
			back = back[-(at+len(body))&3:]
		}
		r.PacketSections = []*remoteread.SectionBuffer{
			section(remoteread.SectionTypeBinaryFirstSection, append(front, body[:limit]...), len(body)-limit),
			section(remoteread.SectionTypeBinarySecondSection, back, 0),
		}
	}
	r.NumberOfSections = uint32(len(r.PacketSections))
	return r
}

func section(kind remoteread.SectionType, b []byte, missing int) *remoteread.SectionBuffer {
	return &remoteread.SectionBuffer{SectionBufferType: kind, SectionBuffer: b, SectionSize: uint32(len(b)), SectionSizeAlloc: uint32(len(b) + missing)}
}

func TestAMessageIsPutTogetherFromItsSections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body"))
		limit := rapid.IntRange(0, 50).Draw(t, "limit")
		dead := rapid.Bool().Draw(t, "dead")
		head, at, want := stored(t, body, dead)
		d, err := read(sent(t, head, at, body, limit, rapid.Bool().Draw(t, "padded")), uint32(limit), self)
		if err != nil {
			t.Fatal(err)
		}
		m := d.message
		if string(m.Body) != body[:min(limit, len(body))] || d.bodySize != len(body) || m.Label != want.Label || m.TimeToReachQueue != want.TimeToReachQueue ||
			!m.DeadLetterQueue.Equal(want.DeadLetterQueue) || !m.ResponseQueue.Equal(want.ResponseQueue) || !m.SentTime.Equal(want.SentTime) {
			t.Fatalf("%+v", m)
		}
		r := d.row(false)
		if r.LookupID != 2<<56|77 || r.AbortCount != 2 || r.MoveCount != 3 || r.LastMoveTime.Unix() != 1_790_000_100 || r.ArrivedTime.Unix() != 1_790_000_005 {
			t.Fatalf("%+v", r)
		}
		whole := append(append(bytes.Clone(head[:at]), body...), head[at:]...)
		if limit >= len(body) && !bytes.Equal(d.packet, whole) {
			t.Fatalf("the packet became\n% x, it was\n% x", d.packet, whole)
		}
	})
}

func TestATimeThatNeverEndsMayHaveComeRound(t *testing.T) {
	head, at, _ := stored(t, "", false)
	for _, c := range []struct{ wire, want uint32 }{
		{mq.Never, mq.Never},
		{1_790_000_000 - 1, mq.Never}, // the sum of both (MS-MQRR 3.1.4.7)
		{1_790_000_000 + 60, 60},
		{1_790_000_000, 0},
	} {
		r := sent(t, head, at, "", 0, true)
		binary.LittleEndian.PutUint32(r.PacketSections[0].SectionBuffer[12:], c.wire)
		d, err := read(r, 0, self)
		if err != nil || d.message.TimeToReachQueue != c.want {
			t.Errorf("%d: %v, %v", c.wire, d.message.TimeToReachQueue, err)
		}
	}
}

func TestPlacesTellThePriority(t *testing.T) {
	for _, c := range []struct {
		sequence uint64
		priority uint8
		want     uint64
	}{{5, 7, 5}, {5, 0, 7<<56 | 5}, {5, 3, 4<<56 | 5}, {4<<56 | 5, 3, 4<<56 | 5}} {
		if got := place(c.sequence, c.priority); uint64(got) != c.want {
			t.Errorf("%x of priority %d is %x", c.sequence, c.priority, uint64(got))
		}
	}
}

// hostile answers are refused whole (row R16 of the hostile table): with an error that
// says so, and without a panic or more memory than they have.
func TestHostileAnswersAreRefused(t *testing.T) {
	const body = "0123456789"
	head, at, _ := stored(t, body, false)
	for name, edit := range map[string]func(r *remoteread.StartReceiveResponse){
		"no sections":                 func(r *remoteread.StartReceiveResponse) { r.PacketSections, r.NumberOfSections = nil, 0 },
		"more sections than came":     func(r *remoteread.StartReceiveResponse) { r.NumberOfSections = 0xFFFFFFFF },
		"three sections":              func(r *remoteread.StartReceiveResponse) { add(r, 2) },
		"a missing section":           func(r *remoteread.StartReceiveResponse) { r.PacketSections[1] = nil },
		"a section without bytes":     func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionBuffer = nil },
		"a size that is not so":       func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionSize++ },
		"an allocation that is small": func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionSizeAlloc = 1 },
		"an allocation that is huge":  func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionSizeAlloc = 0xFFFFFFFF },
		"a body of another size":      func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionSizeAlloc += 4 },
		"a full packet in two":        func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionBufferType = 0 },
		"sections of two kinds":       func(r *remoteread.StartReceiveResponse) { r.PacketSections[1].SectionBufferType = 4 },
		"an unknown kind":             func(r *remoteread.StartReceiveResponse) { r.PacketSections[0].SectionBufferType = 9 },
		"a part of a message of HTTP": func(r *remoteread.StartReceiveResponse) {
			r.PacketSections[0].SectionBufferType, r.PacketSections[1].SectionBufferType = 3, 4
		},
		"RemainingHeadersSize lies":    func(r *remoteread.StartReceiveResponse) { tail(r, -148-28-8, 0xFFFFFFF0) },
		"SubqueueHeader lies":          func(r *remoteread.StartReceiveResponse) { tail(r, -148-28, 4000) },
		"ExtendedAddressHeader lies":   func(r *remoteread.StartReceiveResponse) { tail(r, -28, 3) },
		"PacketSize is too large":      func(r *remoteread.StartReceiveResponse) { first(r, 8, 4<<20) },
		"PacketSize is too small":      func(r *remoteread.StartReceiveResponse) { first(r, 8, 20) },
		"no signature":                 func(r *remoteread.StartReceiveResponse) { first(r, 4, 0) },
		"AH in a binary message":       func(r *remoteread.StartReceiveResponse) { flip(r, 16+48-4+3, 0x02) },
		"a header cut off at its body": func(r *remoteread.StartReceiveResponse) { cut(r, 60) },
		"nothing behind the body": func(r *remoteread.StartReceiveResponse) {
			r.PacketSections, r.NumberOfSections = r.PacketSections[:1], 1
		},
	} {
		r := sent(t, head, at, body, 4, true)
		edit(r)
		_, err := read(r, 4, self)
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func add(r *remoteread.StartReceiveResponse, kind remoteread.SectionType) {
	r.PacketSections = append(r.PacketSections, section(kind, []byte{1}, 0))
	r.NumberOfSections++
}

func first(r *remoteread.StartReceiveResponse, at int, v uint32) {
	binary.LittleEndian.PutUint32(r.PacketSections[0].SectionBuffer[at:], v)
}

func flip(r *remoteread.StartReceiveResponse, at int, bits byte) {
	r.PacketSections[0].SectionBuffer[at] ^= bits
}

func cut(r *remoteread.StartReceiveResponse, n int) {
	s := r.PacketSections[0]
	s.SectionBuffer, s.SectionSize, s.SectionSizeAlloc = s.SectionBuffer[:n], uint32(n), uint32(n)
}

func tail(r *remoteread.StartReceiveResponse, at int, v uint32) {
	b := r.PacketSections[1].SectionBuffer
	binary.LittleEndian.PutUint32(b[len(b)+at:], v)
}

func FuzzSections(f *testing.F) {
	head, at, _ := stored(f, "0123456789", true)
	for _, limit := range []int{0, 4, 20} {
		r := sent(f, head, at, "0123456789", limit, true)
		second := []byte(nil)
		if len(r.PacketSections) > 1 {
			second = r.PacketSections[1].SectionBuffer
		}
		f.Add(r.PacketSections[0].SectionBuffer, second, uint32(limit), uint32(10-min(limit, 10)))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, limit, missing uint32) {
		list := []*remoteread.SectionBuffer{section(remoteread.SectionTypeFullPacket, a, 0)}
		if b != nil {
			list = []*remoteread.SectionBuffer{
				section(remoteread.SectionTypeBinaryFirstSection, a, int(missing)), section(remoteread.SectionTypeBinarySecondSection, b, 0),
			}
		}
		d, err := read(&remoteread.StartReceiveResponse{NumberOfSections: uint32(len(list)), PacketSections: list}, limit, self)
		if err != nil {
			return
		}
		if len(d.message.Body) > d.bodySize || d.bodySize > 2*mq.MaxPacketSize {
			t.Errorf("a body of %d bytes, of which %d came", d.bodySize, len(d.message.Body))
		}
		d.row(false)
	})
}
