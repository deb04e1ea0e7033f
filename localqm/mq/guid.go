package mq

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// GUID is a globally unique identifier in the byte order of the wire: the
// first three fields little-endian (MS-DTYP 2.3.4.2, MS-MQMQ 2.2.18.1.1).
type GUID [16]byte

// NewGUID returns a random GUID (RFC 4122 version 4).
func NewGUID() GUID {
	var g GUID
	if _, err := rand.Read(g[:]); err != nil {
		panic(err) // crypto/rand never fails on the systems we run on
	}
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// ParseGUID reads a GUID with or without braces, in any case.
func ParseGUID(s string) (GUID, error) {
	t := s
	if len(t) == 38 && t[0] == '{' && t[37] == '}' {
		t = t[1:37]
	}
	var g GUID
	bad := func() (GUID, error) {
		return GUID{}, Errorf(ErrInvalidParameter, "read the GUID "+Quote(s), "it is not one").
			WithFix("write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, in hexadecimal digits")
	}
	if len(t) != 36 || t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-' {
		return bad()
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(t, "-", ""))
	if err != nil || len(raw) != 16 {
		return bad()
	}
	binary.LittleEndian.PutUint32(g[0:], binary.BigEndian.Uint32(raw[0:]))
	binary.LittleEndian.PutUint16(g[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(g[6:], binary.BigEndian.Uint16(raw[6:]))
	copy(g[8:], raw[8:])
	return g, nil
}

// IsZero reports whether g is GUID_NULL.
func (g GUID) IsZero() bool { return g == GUID{} }

// String is the lower-case form with dashes and without braces.
func (g GUID) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x",
		binary.LittleEndian.Uint32(g[0:]), binary.LittleEndian.Uint16(g[4:]),
		binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:16])
}

// MarshalText and UnmarshalText make a GUID a JSON string.
func (g GUID) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what MarshalText wrote, braces allowed.
func (g *GUID) UnmarshalText(b []byte) error {
	v, err := ParseGUID(string(b))
	if err == nil {
		*g = v
	}
	return err
}

// ObjectID identifies a message or a transaction in the whole network: the
// queue manager it began on and a number that it gave (OBJECTID, MS-MQMQ 2.2.8).
type ObjectID struct {
	Source  GUID
	Ordinal uint32
}

// IsZero reports whether the identifier is unset.
func (o ObjectID) IsZero() bool { return o == ObjectID{} }

// String is the form administrators know: {guid}\number.
func (o ObjectID) String() string {
	return "{" + o.Source.String() + `}\` + strconv.FormatUint(uint64(o.Ordinal), 10)
}

// ParseObjectID reads {guid}\number, with or without braces.
func ParseObjectID(s string) (ObjectID, error) {
	source, number, _ := strings.Cut(s, `\`)
	g, err := ParseGUID(source)
	n, err2 := strconv.ParseUint(number, 10, 32)
	if err != nil || err2 != nil {
		return ObjectID{}, Errorf(ErrInvalidParameter, "read the message ID "+Quote(s), "it is not one").
			WithFix(`write it as {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}\number, the number from 0 to 4294967295`)
	}
	return ObjectID{Source: g, Ordinal: uint32(n)}, nil
}

// MarshalText makes an ObjectID a JSON string; the zero value is empty.
func (o ObjectID) MarshalText() ([]byte, error) {
	if o.IsZero() {
		return nil, nil
	}
	return []byte(o.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (o *ObjectID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = ObjectID{}
		return nil
	}
	v, err := ParseObjectID(string(b))
	if err == nil {
		*o = v
	}
	return err
}
