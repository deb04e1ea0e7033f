package message

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// deep is parts within parts.
func deep(levels int) []byte {
	b := []byte{4, 1, 'x'}
	for range levels {
		b = append([]byte{sequence, byte(len(b))}, b...)
	}
	return b
}

// many is a message of so many empty parts.
func many(parts int) []byte {
	n := 2 * parts
	return append([]byte{sequence, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, bytes.Repeat([]byte{5, 0}, parts)...)
}

func TestMessagesComeWholeHoweverTheyArrive(t *testing.T) {
	long := append([]byte{sequence, 0x83, 0x02, 0x00, 0x05, 4, 0x83, 0x02, 0x00, 0x00}, make([]byte, 0x20000)...)
	all := bytes.Join([][]byte{deep(MaxDepth), long, many(MaxParts - 1), {sequence, 0}, {sequence, 0x84, 0, 0, 0, 2, 5, 0}}, nil)
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(all), "byte by byte": iotest.OneByteReader(bytes.NewReader(all))} {
		var got []byte
		for {
			m, err := Read(r)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(name, err)
			}
			got = append(got, m...)
		}
		if !bytes.Equal(got, all) {
			t.Errorf("%s: something else came out", name)
		}
	}
}

func TestHostileMessagesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"another tag":               {0x31, 0},
		"text":                      []byte("HTTP/1.1 400 Bad Request"),
		"no length":                 {sequence, 0x80, 0, 0},
		"no length inside":          {sequence, 4, sequence, 0x80, 0, 0},
		"too long":                  {sequence, 0x84, 0x00, 0x80, 0x00, 0x01},
		"longest of all":            {sequence, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a length of many bytes":    {sequence, 0x88, 0, 0, 0, 0, 0, 0, 0, 0},
		"a length of 127 bytes":     {sequence, 0xff},
		"longer inside":             {sequence, 3, 4, 2, 0},
		"much longer inside":        {sequence, 6, 4, 0x84, 0xff, 0xff, 0xff, 0xff},
		"a long tag":                {sequence, 3, 0x1f, 1, 0},
		"half a part":               {sequence, 1, 4},
		"half a length":             {sequence, 2, 4, 0x82},
		"a part beyond its own":     {sequence, 6, sequence, 1, 4, 1, 0, 0},
		"deep":                      deep(MaxDepth + 1),
		"many":                      many(MaxParts),
		"nothing but empty lengths": append([]byte{sequence, 0x82, 0x40, 0x00}, bytes.Repeat([]byte{sequence, 0x80}, 0x2000)...),
	} {
		if m, err := Read(bytes.NewReader(b)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %.10x, %v", name, m, err)
		}
	}
}

func TestWhatIsCutOffIsNotTheEnd(t *testing.T) {
	b := deep(3)
	for n := 2; n < len(b); n++ {
		if _, err := Read(bytes.NewReader(b[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// A length alone costs the other side six bytes, and us no memory.
func TestPromisedBytesAreNotBelieved(t *testing.T) {
	b := []byte{sequence, 0x84, 0x00, 0x7f, 0xff, 0xff}
	if n := testing.Benchmark(func(b2 *testing.B) {
		b2.ReportAllocs()
		for b2.Loop() {
			_, _ = Read(bytes.NewReader(b))
		}
	}).AllocedBytesPerOp(); n > 256<<10 {
		t.Errorf("it takes %d bytes of memory", n)
	}
}

// Whatever passes can be decoded, and is the message that came.
func FuzzRead(f *testing.F) {
	f.Add(deep(3))
	f.Add(many(4))
	f.Add([]byte{sequence, 12, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(b, m) {
			t.Fatal("it is not what came")
		}
		p, err := ber.DecodePacketErr(m)
		if err == nil && p == nil {
			t.Fatal("nothing was decoded")
		}
	})
}
