package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posthouse/localqm/mq"
)

// stable checks what holds for any bytes: they are refused as malformed, or read
// into a message that makes a packet that reads as the same message, whole or split.
func stable(t fatal, name string, packet []byte) {
	t.Helper()
	m, err := Parse(packet, here)
	at, size, locateErr := Locate(packet)
	if (err == nil) != (locateErr == nil) {
		t.Fatalf("%s: % x\nParse says %v, Locate says %v", name, packet, err, locateErr)
	}
	if err != nil {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("%s: % x\nParse = %v, want ErrMalformed", name, packet, err)
		}
		return
	}
	if !bytes.Equal(packet[at:at+size], m.Body) {
		t.Fatalf("%s: % x\nLocate finds the body at %d, %d bytes, which is not the body read", name, packet, at, size)
	}
	head := append(bytes.Clone(packet[:at]), packet[at+size:]...)
	apart, err := ParseSplit(head, at, size, here)
	if err != nil {
		t.Fatalf("%s: % x\nParse reads it, ParseSplit says %v", name, packet, err)
	}
	if apart.Body = m.Body; !same(m, apart) {
		t.Fatalf("%s: % x\nParse and ParseSplit differ:\n%s", name, packet, cmp.Diff(m, apart))
	}

	again, err := Append(nil, m, here)
	if err != nil {
		if len(m.SenderCertificate) > 0xFFFF || len(packet) > mq.MaxPacketSize/2 {
			return // read, for the signature check to refuse; too long in canonical form
		}
		t.Fatalf("%s: % x\nread but not written: %v", name, packet, err)
	}
	second, err := Parse(again, here)
	if err != nil {
		t.Fatalf("%s: % x\nwritten as % x\nbut not read: %v", name, packet, again, err)
	}
	if m.SourceMachine.IsZero() { // written as ours
		return
	}
	if !same(m, second) {
		t.Fatalf("%s: % x\nwritten as % x\nand read differently:\n%s", name, packet, again, cmp.Diff(m, second))
	}
}

// fatal is what testing.T and rapid.T share.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

func same(a, b *mq.Message) bool { return reflect.DeepEqual(a, b) }

// most is how many names can be read out of given bytes before they are refused.
func most(given int) int { return min(given/6, MaxMultiQueue) }

func FuzzParse(f *testing.F) {
	for _, packet := range seeds(f) {
		f.Add(packet)
	}
	f.Add(golden(f)[:16])
	f.Fuzz(func(t *testing.T, packet []byte) {
		stable(t, "fuzzed", packet)
		// Most changes break the BaseHeader alone; mended, they reach what is behind it.
		if len(packet) < baseSize || len(packet) > mq.MaxPacketSize {
			return
		}
		packet = bytes.Clone(packet)
		packet[0] = baseVersion
		le.PutUint16(packet[2:], le.Uint16(packet[2:])&^(baseInternal|baseSession))
		le.PutUint32(packet[4:], baseSignature)
		le.PutUint32(packet[8:], uint32(len(packet)))
		bound(t, len(packet), func() int {
			_, _ = Parse(packet, here)
			return most(len(packet))
		})
		stable(t, "fuzzed, BaseHeader mended", packet)
	})
}

func FuzzParseSplit(f *testing.F) {
	for _, packet := range seeds(f) {
		at, size, err := Locate(packet)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(bytes.Clone(packet[:at]), packet[at+size:]...), at, size)
	}
	f.Fuzz(func(t *testing.T, head []byte, at, size int) {
		var m *mq.Message
		var err error
		bound(t, len(head), func() int {
			m, err = ParseSplit(head, at, size, here)
			return most(len(head))
		})
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("ParseSplit = %v, want ErrMalformed", err)
			}
			return
		}
		// With any body of that size in its place it is a packet.
		packet := bytes.Join([][]byte{head[:at], make([]byte, size), head[at:]}, nil)
		whole, err := Parse(packet, here)
		if err != nil {
			t.Fatalf("ParseSplit reads % x (%d, %d), Parse says %v", head, at, size, err)
		}
		if whole.Body = nil; !same(m, whole) {
			t.Fatalf("ParseSplit and Parse differ:\n%s", cmp.Diff(m, whole))
		}
	})
}

func FuzzParseExtension(f *testing.F) {
	for _, x := range []Extension{
		{},
		{DeadLetterQueue: `DIRECT=OS:desk7\private$\dead`, DeadLetterInvalid: true},
		{Subqueue: &Subqueue{Class: mq.ClassNackReceiveRejected, Name: "poison"}, Address: &Address{Length: 4, Type: 1}},
	} {
		b, err := AppendExtension(nil, x)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var x Extension
		var err error
		bound(t, len(b), func() int {
			x, err = ParseExtension(b)
			return 0
		})
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("ParseExtension = %v, want ErrMalformed", err)
			}
			return
		}
		again, err := AppendExtension(nil, x)
		if err != nil {
			t.Fatalf("% x read but not written: %v", b, err)
		}
		second, err := ParseExtension(again)
		if err != nil || !cmp.Equal(x, second) {
			t.Fatalf("% x written as % x: %v\n%s", b, again, err, cmp.Diff(x, second))
		}
	})
}

func FuzzSessionPackets(f *testing.F) {
	for _, tt := range dumps {
		f.Add(hexFile(f, tt.file))
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		settled(t, packet)
		bound(t, len(packet), func() int {
			_, _, _ = reread(packet)
			return 0
		})
	})
}

func FuzzParseAck(f *testing.F) {
	f.Add(uint16(mq.ClassOrderAck), orderLabel, make([]byte, ackBodySize))
	f.Add(uint16(mq.ClassNackReceiveTimeout), orderLabel, bytes.Repeat([]byte{0xFF}, ackBodySize))
	f.Add(uint16(mq.ClassNormal), "order 4711", []byte("body"))
	f.Fuzz(func(t *testing.T, class uint16, label string, body []byte) {
		ackSettled(t, &mq.Message{Class: mq.Class(class), Label: label, Body: body})
	})
}
