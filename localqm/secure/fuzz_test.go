package secure

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzParseSID(f *testing.F) {
	for _, s := range []string{"", "S-1-5-7", "s-1-5-21-1-2-3-1000", "S-1-0x0123456789AB-1", "S-1-5-4294967296", "S-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSID(text)
		if err != nil {
			wantRefused(t, text, err, "")
			return
		}
		if again, err := ParseSID(s.String()); err != nil || again != s {
			t.Fatalf("%q is %v, then %v, %v", text, s, again, err)
		}
		if again, err := DecodeSID(s.Append(nil)); err != nil || again != s {
			t.Fatalf("%q is %v, then %v, %v in binary", text, s, again, err)
		}
		if s.Name() == "" {
			t.Fatalf("%v has no name", s)
		}
	})
}

func FuzzParseSDDL(f *testing.F) {
	for _, s := range []string{"", specSDDL, "O:S-1-22-1-1000D:AI(A;;0xf003f;;;WD)(D;IO;4;;;AN)", "D:NO_ACCESS_CONTROL", "G:BAO:SYS:(AU;SAFA;GA;;;BA)D:P", strings.Repeat("\x04", 55)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseSDDL(text)
		if err != nil {
			wantRefused(t, text, err, "")
			return
		}
		survives(t, d)
	})
}

func FuzzParseSecurityDescriptor(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(specBytes(f))
	for _, d := range []Descriptor{{}, Strict(alice), Compat(alice, true), Compat(alice, false), Machine(alice)} {
		f.Add(d.Append(nil))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := ParseDescriptor(raw)
		if err != nil {
			wantRefused(t, string(raw), err, "")
			return
		}
		survives(t, d)
		d.Rights(Token{User: alice})
	})
}

// survives checks that a parsed descriptor stays itself in both forms.
func survives(t *testing.T, d Descriptor) {
	t.Helper()
	if err := d.Check(); err != nil {
		t.Fatalf("%v was parsed but cannot be written: %v", d, err)
	}
	raw := d.Append(nil)
	back, err := ParseDescriptor(raw)
	if err != nil || !back.Equal(d) || !bytes.Equal(back.Append(nil), raw) {
		t.Fatalf("%v becomes %v in binary, %v", d, back, err)
	}
	text, err := ParseSDDL(d.String())
	if err != nil || !text.Equal(d) {
		t.Fatalf("%v becomes %v as text, %v", d, text, err)
	}
}
