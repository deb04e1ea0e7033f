package ndr

import (
	"errors"
	"runtime"
	"strings"
	"sync"
)

// Which function of go-msrpc asks: it reads and writes the sizes and units of strings
// like those of arrays, and does not say which they are.
type asker uint8

const (
	array asker = iota
	readWide
	readNarrow
	writeWide
)

var askers sync.Map // of program counters

// asking is who called the method of Reader or Writer that is so many calls up.
func asking(up int) asker {
	var pc [1]uintptr
	runtime.Callers(up+3, pc[:])
	if a, ok := askers.Load(pc[0]); ok {
		return a.(asker)
	}
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	a := array
	switch name := frame.Function; {
	case strings.HasSuffix(name, "/ndr.ReadUTF16NString"):
		a = readWide
	case strings.HasSuffix(name, "/ndr.ReadCharNString"):
		a = readNarrow
	case strings.HasSuffix(name, "/ndr.WriteUTF16NString"):
		a = writeWide
	}
	askers.Store(pc[0], a)
	return a
}

// terminated checks that a string of so many units, which is next, ends with NUL.
// ReadSize calls it.
func (r *Reader) terminated(units int) error {
	width := 1
	switch asking(1) {
	case readWide:
		width = 2
	case readNarrow:
	default:
		return nil
	}
	end := r.at + units*width
	if end > len(r.b) {
		return bad("a string of %d units in %d bytes", units, len(r.b)-r.at)
	}
	if units == 0 || r.b[end-1]|r.b[end-width] != 0 {
		return bad("a string without its NUL")
	}
	return nil
}

// text is a string that is being written. go-msrpc announces a wrong length for what
// is not ASCII, so that the sizes are mended when its NUL has come.
type text struct {
	n            int       // sizes just written
	v            [3]uint32 // they
	at           int       // where the maximum count is; the actual count is 8 behind it
	open, closed bool
	units        uint32
}

// size notes a size that is written at.
func (t *text) size(v uint32, at int) {
	if t.open, t.closed = false, false; t.n == len(t.v) {
		t.n = 0
	}
	if t.n == 0 {
		t.at = at
	}
	t.v[t.n] = v
	t.n++
}

// unit notes one that was written to w.
func (t *text) unit(w *Writer, u uint16) error {
	if t.closed && asking(1) == writeWide {
		return errors.New("NDR: a string with a NUL in it")
	}
	if !t.open {
		return nil
	}
	if t.units++; u != 0 {
		return nil
	}
	t.open, t.closed = false, true
	if t.units != t.v[0] {
		w.order.PutUint32(w.b[t.at:], t.units)
		w.order.PutUint32(w.b[t.at+8:], t.units)
	}
	return nil
}
