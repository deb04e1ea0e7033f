package qm2qm_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
)

func words(n ...uint32) (b []byte) {
	for _, w := range n {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// A REMOTEREADDESC as the IDL of MS-MQQP 6 has it: nine DWORDs, an enumeration in two
// bytes with two behind it, and a pointer whose bytes come with three sizes.
func TestDescriptorsOnTheWire(t *testing.T) {
	h := start(t)
	h.Send(orders, qmtest.Message("one"))
	r := h.open(orders, localqm.PeekAccess)
	request := func(queue uint32) []byte { return words(queue, 0, peekCurrent, 0, 0, queue, 5, 0, 0, 0, 0) }
	none := make([]byte, 20)
	refused, err := r.Stub(t.Context(), 0, request(0))
	if want := append(append(bytes.Clone(none), request(0)...), words(0xC00E0006)...); err != nil || !bytes.Equal(refused, want) {
		t.Errorf("an error: %x, %v\nnot %x", refused, err, want)
	}
	got, err := r.Stub(t.Context(), 0, request(r.queue))
	if err != nil {
		t.Fatal(err)
	}
	row, err := h.Message(t.Context(), qmtest.Owner, qmtest.Name(t, orders), h.Browsed(orders)[0].Lookup, -1)
	if err != nil {
		t.Fatal(err)
	}
	packet := row.Row.Packet()
	size := uint32(len(packet))
	want := append(bytes.Clone(none), words(r.queue, 0, peekCurrent, 0, size, r.queue, 5, 0, uint32(row.Row.Arrived), 0)...)
	pointer := len(want)
	if got[pointer]|got[pointer+1]|got[pointer+2]|got[pointer+3] == 0 {
		t.Fatal("lpBuffer is NULL")
	}
	want = append(append(want, got[pointer:pointer+4]...), words(size, 0, size)...)
	want = append(want, packet...)
	for len(want)%4 != 0 {
		want = append(want, 0)
	}
	if want = append(want, words(0)...); !bytes.Equal(got, want) {
		t.Errorf("a message: %x\nnot %x", got, want)
	}
}
