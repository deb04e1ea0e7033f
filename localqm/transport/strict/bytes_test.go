package strict

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"
)

var le = binary.LittleEndian

// guid is a GUID as packets have it (MS-DTYP 2.3.4.2): the first three parts are
// little-endian.
type guid [16]byte

func (g guid) String() string { return hex.EncodeToString(g[:]) }

func guidOf(s string) (g guid) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		panic("no GUID: " + s)
	}
	for to, from := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		g[to] = b[from]
	}
	return g
}

// in reads a packet that came. It ends the test when bytes are missing.
type in struct {
	t   testing.TB
	b   []byte
	off int
}

// must complains about what breaks a rule of the specification.
func (r *in) must(ok bool, section, format string, args ...any) {
	r.t.Helper()
	if !ok {
		r.t.Errorf(section+": "+format+" (before byte %d)", append(args, r.off)...)
	}
}

func (r *in) take(n int) []byte {
	r.t.Helper()
	if n < 0 || n > len(r.b)-r.off {
		r.t.Fatalf("%d bytes are missing at byte %d of a packet of %d:\n%s", n, r.off, len(r.b), hex.Dump(r.b))
	}
	p := r.b[r.off : r.off+n]
	r.off += n
	return p
}

func (r *in) u8() int     { r.t.Helper(); return int(r.take(1)[0]) }
func (r *in) u16() uint16 { r.t.Helper(); return le.Uint16(r.take(2)) }
func (r *in) u32() uint32 { r.t.Helper(); return le.Uint32(r.take(4)) }
func (r *in) u64() uint64 { r.t.Helper(); return le.Uint64(r.take(8)) }
func (r *in) guid() guid  { r.t.Helper(); return guid(r.take(16)) }
func (r *in) align()      { r.t.Helper(); r.take(-r.off & 3) }
func (r *in) left() int   { return len(r.b) - r.off }

// text reads n bytes that are one string with its NUL.
func (r *in) text(n int, section string) string {
	r.t.Helper()
	p := r.take(n)
	r.must(n >= 2 && n%2 == 0, section, "a string of %d bytes", n)
	units := make([]uint16, n/2)
	for i := range units {
		units[i] = le.Uint16(p[2*i:])
		r.must((units[i] == 0) == (i == len(units)-1), section, "a NUL within a string or none at its end: % x", p)
	}
	return string(utf16.Decode(units[:max(len(units)-1, 0)]))
}

// rubbish is what stands where the text allows anything.
const rubbish = 0xA5

// out writes a packet.
type out []byte

func (w *out) u8(v int)     { *w = append(*w, byte(v)) }
func (w *out) u16(v uint16) { *w = le.AppendUint16(*w, v) }
func (w *out) u32(v uint32) { *w = le.AppendUint32(*w, v) }
func (w *out) u64(v uint64) { *w = le.AppendUint64(*w, v) }
func (w *out) raw(p []byte) { *w = append(*w, p...) }

func (w *out) align() {
	for len(*w)%4 != 0 {
		w.u8(rubbish)
	}
}

// textBytes is a string in UTF-16 with its NUL.
func textBytes(s string) (p []byte) {
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		p = le.AppendUint16(p, u)
	}
	return p
}

// bit is 1<<n if it is on.
func bit(on bool, n int) uint32 {
	if on {
		return 1 << n
	}
	return 0
}
