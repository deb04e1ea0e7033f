package secure

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
)

// Limits of a SID (MS-DTYP 2.4.2.2).
const (
	maxSubAuthorities = 15
	sidHeader         = 8
	maxAuthority      = 1<<48 - 1
)

// SID identifies a user, a group or a computer (MS-DTYP 2.4.2). SIDs compare
// with ==; the zero value is none.
type SID struct{ packet string } // its packet form, MS-DTYP 2.4.2.2

// NewSID makes a SID of an identifier authority and 1 to 15 sub-authorities.
func NewSID(authority uint64, sub ...uint32) (SID, error) {
	if authority > maxAuthority || len(sub) == 0 || len(sub) > maxSubAuthorities {
		return SID{}, refuse("make a SID", "it has an authority of 48 bits and 1 to 15 sub-authorities").WithFix("check the numbers")
	}
	b := append(make([]byte, 0, sidHeader+4*len(sub)), 1, byte(len(sub)))
	b = binary.BigEndian.AppendUint16(b, uint16(authority>>32))
	b = binary.BigEndian.AppendUint32(b, uint32(authority))
	for _, n := range sub {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return SID{string(b)}, nil
}

// ParseSID reads S-1-5-21-..., the form of MS-DTYP 2.4.2.1; an authority of 2^32
// and more is in hexadecimal.
func ParseSID(text string) (SID, error) {
	bad := func(why string) (SID, error) {
		return SID{}, refuse("read the SID "+mq.Quote(text), why).WithFix("write it as S-1-5-21-1-2-3-1000, or use a name such as everyone")
	}
	rest, ok := strings.CutPrefix(strings.ToUpper(text), "S-1-")
	if !ok {
		return bad("it does not begin with S-1-")
	}
	first, rest, more := strings.Cut(rest, "-")
	var authority uint64
	var err error
	if hex, ok := strings.CutPrefix(first, "0X"); ok {
		if authority, err = strconv.ParseUint(hex, 16, 48); err != nil || len(hex) != 12 {
			return bad("its authority is not 12 hexadecimal digits")
		}
	} else if authority, ok = decimal(first); !ok {
		return bad("its authority is not a number")
	}
	var sub []uint32
	for more {
		if len(sub) == maxSubAuthorities {
			return bad("it has more than 15 sub-authorities")
		}
		first, rest, more = strings.Cut(rest, "-")
		n, ok := decimal(first)
		if !ok {
			return bad(fmt.Sprintf("sub-authority %d is not a number of 32 bits", len(sub)+1))
		}
		sub = append(sub, uint32(n))
	}
	if len(sub) == 0 {
		return bad("it has no sub-authority")
	}
	return NewSID(authority, sub...)
}

// decimal reads a number of 32 bits without leading zeros (MS-DTYP 2.4.2.1).
func decimal(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}

// DecodeSID reads a SID in its packet form (MS-DTYP 2.4.2.2), little-endian; b
// may be longer. Its size is 8 bytes and 4 for each sub-authority.
func DecodeSID(b []byte) (SID, error) {
	const op = "read a binary SID"
	switch {
	case len(b) < sidHeader:
		return SID{}, refuse(op, "it is cut off").WithFix(sendWhole)
	case b[0] != 1:
		return SID{}, refuse(op, fmt.Sprintf("its revision is %d, not 1", b[0])).WithFix(sendWhole)
	case b[1] == 0 || b[1] > maxSubAuthorities:
		return SID{}, refuse(op, fmt.Sprintf("it has %d sub-authorities, not 1 to 15", b[1])).WithFix(sendWhole)
	case len(b) < sidHeader+4*int(b[1]):
		return SID{}, refuse(op, "it is cut off").WithFix(sendWhole)
	}
	return SID{string(b[:sidHeader+4*int(b[1])])}, nil
}

// IsZero reports whether there is no SID.
func (s SID) IsZero() bool { return s.packet == "" }

// Size is the length of the packet form in bytes, 0 for none.
func (s SID) Size() int { return len(s.packet) }

// Append appends the packet form; nothing for none.
func (s SID) Append(b []byte) []byte { return append(b, s.packet...) }

// authority is the identifier authority, count the number of sub-authorities
// and sub one of them; the SID is not zero.
func (s SID) authority() uint64 {
	var a uint64
	for i := range 6 {
		a = a<<8 | uint64(s.packet[2+i])
	}
	return a
}

func (s SID) count() int { return (len(s.packet) - sidHeader) / 4 }

func (s SID) sub(i int) uint32 {
	p := s.packet[sidHeader+4*i:]
	return uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
}

// String is the form S-1-5-21-...; the empty string for none.
func (s SID) String() string {
	if s.IsZero() {
		return ""
	}
	b := append(make([]byte, 0, 64), "S-1-"...)
	if a := s.authority(); a < 1<<32 {
		b = strconv.AppendUint(b, a, 10)
	} else {
		b = fmt.Appendf(b, "0x%012X", a)
	}
	for i := range s.count() {
		b = append(b, '-')
		b = strconv.AppendUint(b, uint64(s.sub(i)), 10)
	}
	return string(b)
}

// MarshalText makes a SID a JSON string; empty for none.
func (s SID) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *SID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*s = SID{}
		return nil
	}
	v, err := ParseSID(string(b))
	if err == nil {
		*s = v
	}
	return err
}

// under reports whether the SID is authority-first-... with that many numbers,
// and returns the last one.
func (s SID) under(authority uint64, first uint32, count int) (uint32, bool) {
	if s.IsZero() || s.authority() != authority || s.count() != count || s.sub(0) != first {
		return 0, false
	}
	return s.sub(count - 1), true
}

const sendWhole = "send the whole descriptor as MS-DTYP 2.4 lays it out"

// refuse is the error of everything malformed here.
func refuse(op, why string) *mq.Error {
	return mq.Errorf(mq.ErrIllegalSecurityDescriptor, op, "%s", why)
}
