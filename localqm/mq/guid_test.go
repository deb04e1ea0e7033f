package mq

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestGUIDsAreMixedEndian(t *testing.T) {
	g, err := ParseGUID("00010203-0405-0607-0809-0A0B0C0D0E0F")
	if err != nil {
		t.Fatal(err)
	}
	// MS-DTYP 2.3.4.2: the first three fields are little-endian.
	if want := (GUID{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}); g != want {
		t.Errorf("%x, want %x", g[:], want[:])
	}
	if g.String() != "00010203-0405-0607-0809-0a0b0c0d0e0f" {
		t.Error(g)
	}
	if braced, err := ParseGUID("{" + g.String() + "}"); err != nil || braced != g {
		t.Errorf("%v, %v", braced, err)
	}
}

func TestNewGUIDsAreRandomVersion4(t *testing.T) {
	seen := map[GUID]bool{}
	for range 100 {
		g := NewGUID()
		if s := g.String(); seen[g] || s[14] != '4' || !strings.ContainsRune("89ab", rune(s[19])) || g.IsZero() {
			t.Fatal(g)
		}
		seen[g] = true
	}
}

func TestMalformedIDsAreRefused(t *testing.T) {
	for _, in := range []string{
		"", guidText[1:], guidText + "0", "{" + guidText, strings.ReplaceAll(guidText, "-", "+"), "g" + guidText[1:],
		strings.Repeat("-", 36), guidText[:34] + "-0", strings.Repeat("f", 1<<20),
	} {
		g, err := ParseGUID(in)
		wantRefused(t, in, err, ErrInvalidParameter, "is not one")
		if !g.IsZero() {
			t.Errorf("%.80q gave %v", in, g)
		}
	}
	for _, in := range []string{"", guidText, guidText + `\`, guidText + `\x`, guidText + `\-1`, guidText + `\4294967296`, `x\1`, guidText + `\1\2`} {
		o, err := ParseObjectID(in)
		wantRefused(t, in, err, ErrInvalidParameter, "is not one")
		if !o.IsZero() {
			t.Errorf("%q gave %v", in, o)
		}
	}
}

func TestIDsAreTextInJSON(t *testing.T) {
	type row struct {
		G GUID
		O ObjectID
	}
	for _, r := range []row{{}, {mustGUID(t), ObjectID{mustGUID(t), 7741}}} {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back row
		if err := json.Unmarshal(b, &back); err != nil || back != r {
			t.Errorf("%s becomes %v, %v", b, back, err)
		}
	}
	if s := (ObjectID{mustGUID(t), 7741}).String(); s != "{"+guidText+`}\7741` {
		t.Error(s)
	}
	var r row
	if json.Unmarshal([]byte(`{"G":"x"}`), &r) == nil || json.Unmarshal([]byte(`{"O":"x"}`), &r) == nil {
		t.Error("nonsense was taken")
	}
}

func TestDefaultsOfAMessage(t *testing.T) {
	var m Message
	m.Defaults()
	if m.Priority != 3 || m.TimeToReachQueue != 345600 || m.TimeToBeReceived != Never || m.Delivery != Express {
		t.Errorf("%+v", m)
	}
}
