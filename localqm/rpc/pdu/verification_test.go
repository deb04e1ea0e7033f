package pdu

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerificationTrailerIsFoundBehindStubData(t *testing.T) {
	want := &Verification{
		SignHeader: true,
		Context:    &VerifiedSyntax{Abstract: mapper, Transfer: NDR},
		Header:     &VerifiedHeader{Type: TypeRequest, DRep: [4]byte{0x10}, CallID: 7, Context: 1, Opnum: 3},
	}
	for n := range 9 {
		stub := want.Append(bytes.Repeat([]byte{0x8A}, n))
		got, err := FindVerification(stub)
		if err != nil || !cmp.Equal(got, want) {
			t.Fatal(err, cmp.Diff(got, want))
		}
	}
	if got, err := FindVerification(make([]byte, 1000)); got != nil || err != nil {
		t.Error(got, err)
	}
	if got, err := FindVerification(nil); got != nil || err != nil {
		t.Error(got, err)
	}
}

// The layout of MS-RPCE 2.2.2.13.2 to .4.
func TestVerificationTrailerOfTheSpecification(t *testing.T) {
	want := unhex(t, `8a e3 13 71 02 f4 36 71 01 00 04 00 01 00 00 00
		02 00 28 00 08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa 03 00 00 00
		04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 00 00
		03 40 10 00 00 00 00 00 10 00 00 00 07 00 00 00 01 00 03 00`)
	v := Verification{
		SignHeader: true,
		Context:    &VerifiedSyntax{Abstract: mapper, Transfer: NDR},
		Header:     &VerifiedHeader{Type: TypeRequest, DRep: [4]byte{0x10}, CallID: 7, Context: 1, Opnum: 3},
	}
	if got := v.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("% x", got)
	}
}

func TestVerificationTrailersThatAreNoneAreRefused(t *testing.T) {
	magic := "8a e3 13 71 02 f4 36 71"
	for name, c := range map[string]struct {
		stub string
		want error
	}{
		"no command":               {magic, ErrFormat},
		"no end":                   {magic + "01 00 04 00 01 00 00 00", ErrFormat},
		"a command that ends":      {magic + "01 40 04 00 01 00", ErrFormat},
		"bits of 8 bytes":          {magic + "01 40 08 00 01 00 00 00 00 00 00 00", ErrFormat},
		"3 bytes":                  {magic + "05 40 03 00 01 00 00", ErrFormat},
		"unknown":                  {magic + "05 40 04 00 01 00 00 00", nil},
		"unknown, must be known":   {magic + "05 c0 04 00 01 00 00 00", ErrVerification},
		"known, must be known":     {magic + "01 c0 04 00 01 00 00 00", nil},
		"something behind the end": {magic + "01 40 04 00 00 00 00 00 ff ff", nil},
	} {
		got, err := FindVerification(unhex(t, c.stub))
		if !errors.Is(err, c.want) || (got == nil) != (c.want != nil) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
