package secure

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"posthouse/localqm/mq"
)

func mustSID(t testing.TB, s string) SID {
	t.Helper()
	v, err := ParseSID(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantRefused checks what both readers of an error get.
func wantRefused(t *testing.T, in string, err error, why string) {
	t.Helper()
	var e *mq.Error
	if !errors.As(err, &e) {
		t.Errorf("%.80q: error %v, want an *mq.Error", in, err)
		return
	}
	if e.Code != mq.ErrIllegalSecurityDescriptor || !strings.Contains(e.Why, why) || e.Fix == "" || e.Op == "" || len(e.Error()) > 600 {
		t.Errorf("%.80q: %v, want %q", in, e, why)
	}
}

func TestSIDsPrintParseAndEncode(t *testing.T) {
	for text, raw := range map[string]string{
		"S-1-1-0":                             "\x01\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00",
		"S-1-5-7":                             "\x01\x01\x00\x00\x00\x00\x00\x05\x07\x00\x00\x00",
		"S-1-5-32-544":                        "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00",
		"S-1-5-21-1-2-3-4294967295":           "\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\xff\xff\xff\xff",
		"S-1-0x0123456789AB-1":                "\x01\x01\x01\x23\x45\x67\x89\xab\x01\x00\x00\x00",
		"S-1-4294967295-0":                    "\x01\x01\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
		"S-1-0-1-2-3-4-5-6-7-8-9-1-2-3-4-5-6": "\x01\x0f\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00\x07\x00\x00\x00\x08\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00",
	} {
		s := mustSID(t, text)
		if s.String() != text || string(s.Append(nil)) != raw || s.Size() != len(raw) {
			t.Errorf("%s prints as %s and encodes as %x", text, s, s.Append(nil))
		}
		back, err := DecodeSID([]byte(raw + "more"))
		if err != nil || back != s {
			t.Errorf("%x decodes as %v, %v", raw, back, err)
		}
		if lower := mustSID(t, strings.ToLower(text)); lower != s {
			t.Errorf("%s in lower case is %s", text, lower)
		}
	}
	var none SID
	if none.String() != "" || none.Size() != 0 || len(none.Append(nil)) != 0 || !none.IsZero() {
		t.Error("the zero SID is something")
	}
}

func TestMalformedSIDsAreRefused(t *testing.T) {
	for in, why := range map[string]string{
		"": "does not begin", "S-2-5-7": "does not begin", "everyone": "does not begin", "S-1-": "authority",
		"S-1-5": "no sub-authority", "S-1-5-": "sub-authority 1", "S-1-5-07": "sub-authority 1", "S-1-5--7": "sub-authority 1",
		"S-1-5-7-x": "sub-authority 2", "S-1-5-4294967296": "sub-authority 1", "S-1-4294967296-1": "authority is not a number",
		"S-1-0x1-1": "12 hexadecimal", "S-1-0x0123456789ABC-1": "12 hexadecimal", "S-1-05-1": "authority is not a number",
		"S-1-5" + strings.Repeat("-1", 16): "more than 15", "S-1-5" + strings.Repeat("-1", 1<<20): "more than 15",
	} {
		s, err := ParseSID(in)
		wantRefused(t, in, err, why)
		if !s.IsZero() {
			t.Errorf("%.80q gave %v", in, s)
		}
	}
	for in, why := range map[string]string{
		"": "cut off", "\x01\x01\x00\x00\x00\x00\x00": "cut off", "\x02\x01\x00\x00\x00\x00\x00\x05\x07\x00\x00\x00": "revision",
		"\x01\x00\x00\x00\x00\x00\x00\x05": "0 sub-authorities", "\x01\x10\x00\x00\x00\x00\x00\x05" + strings.Repeat("x", 64): "16 sub-authorities",
		"\x01\x02\x00\x00\x00\x00\x00\x05\x07\x00\x00\x00": "cut off",
	} {
		_, err := DecodeSID([]byte(in))
		wantRefused(t, in, err, why)
	}
	if _, err := NewSID(1<<48, 1); err == nil {
		t.Error("an authority of 49 bits was taken")
	}
	if _, err := NewSID(5); err == nil {
		t.Error("a SID without sub-authority was made")
	}
}

func TestSIDsHaveNames(t *testing.T) {
	for text, name := range map[string]string{
		"S-1-1-0": "Everyone", "S-1-5-7": "Anonymous", "S-1-5-32-544": "Administrators", "S-1-22-1-1000": "Unix user 1000",
		"S-1-22-2-27": "Unix group 27", "S-1-5-21-1-2-3-512": "Domain admins of S-1-5-21-1-2-3",
		"S-1-5-21-1-2-3-1104": "S-1-5-21-1-2-3-1104", "S-1-22-3-1": "S-1-22-3-1",
	} {
		if got := mustSID(t, text).Name(); got != name {
			t.Errorf("%s is called %q, want %q", text, got, name)
		}
	}
	if id, ok := UnixUser(1000).UnixUser(); !ok || id != 1000 {
		t.Error("the uid is lost")
	}
	if _, ok := UnixUser(1000).UnixGroup(); ok {
		t.Error("a user is a group")
	}
}

func TestParsePrincipalTakesWhatAPersonTypes(t *testing.T) {
	for in, want := range map[string]SID{
		"everyone": Everyone, " Anonymous ": Anonymous, "ANONYMOUS LOGON": Anonymous, "administrators": Administrators,
		"wd": Everyone, "S-1-5-7": Anonymous, "s-1-22-1-5": UnixUser(5), "Unix user 1000": UnixUser(1000), "unix group 0": UnixGroup(0),
	} {
		if got, err := ParsePrincipal(in); err != nil || got != want {
			t.Errorf("%q is %v, %v", in, got, err)
		}
	}
	for _, p := range principals {
		if got, err := ParsePrincipal(p.name); err != nil || got != p.sid {
			t.Errorf("%q is %v, %v", p.name, got, err)
		}
	}
	for _, in := range []string{"", "nobody", "S-1", "unix user x", "unix user -1"} {
		_, err := ParsePrincipal(in)
		wantRefused(t, in, err, "")
	}
}

func TestSIDsAreTextInJSON(t *testing.T) {
	for _, in := range []string{"", "S-1-5-7"} {
		var s SID
		if err := s.UnmarshalText([]byte(in)); err != nil {
			t.Fatal(err)
		}
		if b, _ := s.MarshalText(); !bytes.Equal(b, []byte(in)) {
			t.Errorf("%q became %q", in, b)
		}
	}
	var s SID
	if s.UnmarshalText([]byte("x")) == nil {
		t.Error("nonsense was taken")
	}
}
