package wire

import (
	"testing"

	"posthouse/localqm/mq"
)

// kilobyte is the message that the project's measurements send: 1 KB to a local
// private queue, from a user.
func kilobyte() *mq.Message {
	m := plain()
	m.SenderSID = someSID
	m.Body = make([]byte, 1024)
	return m
}

func BenchmarkSplit(b *testing.B) {
	m := kilobyte()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Split(m, here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	m := kilobyte()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = Append(buf[:0], m, here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseSplit(b *testing.B) {
	m := kilobyte()
	head, at, err := Split(m, here)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseSplit(head, at, len(m.Body), here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseDirect(b *testing.B) {
	m := samples()["direct queues"]
	packet, err := Append(nil, m, here)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(packet, here); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLocate(b *testing.B) {
	packet, err := Append(nil, kilobyte(), here)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Locate(packet); err != nil {
			b.Fatal(err)
		}
	}
}
