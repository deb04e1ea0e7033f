package directory

import (
	"encoding/base64"
	"encoding/hex"
	"testing"

	"posthouse/localqm/mq"
)

func TestAGUIDIsReadInAnyForm(t *testing.T) {
	want, err := mq.ParseGUID("8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2")
	if err != nil {
		t.Fatal(err)
	}
	wire := hex.EncodeToString(want[:])
	escaped := ""
	for i := 0; i < len(wire); i += 2 {
		escaped += `\` + wire[i:i+2]
	}
	for _, text := range []string{
		"8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2", " {8D1F40C6-2B7E-4E53-9A10-6C5E0B3F77D2} ",
		"(8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2)", "8d1f40c62b7e4e539a106c5e0b3f77d2", "{8d1f40c62b7e4e539a106c5e0b3f77d2}",
		"urn:uuid:8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2", "PUBLIC=8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2",
		"DL=8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2", wire, escaped, "0x" + wire, base64.StdEncoding.EncodeToString(want[:]),
		"c6 40 1f 8d 7e 2b 53 4e 9a 10 6c 5e 0b 3f 77 d2",
	} {
		got := readGUID(text)
		if len(got) == 0 || got[0] != want {
			t.Errorf("%q is read as %v, want %v first", text, got, want)
		}
	}
}

func TestDigitsThatMayBeEitherOrderMeanBoth(t *testing.T) {
	got := readGUID("00112233445566778899aabbccddeeff")
	if len(got) != 2 || got[0] == got[1] {
		t.Errorf("%v", got)
	}
}

func TestWhatIsNoGUIDIsNotTakenForOne(t *testing.T) {
	for _, text := range []string{"", "orders", "8d1f40c6", "zz1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2", "8d1f40c62b7e4e539a106c5e0b3f77d2ff", `\zz`} {
		if got := readGUID(text); got != nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
