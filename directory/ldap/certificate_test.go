package ldap

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestCertificatesComeBackWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x509 := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 5).Draw(t, "certificates")
		list := withCertificates(nil, x509)
		got := readCertificates(packCertificates(list))
		if len(got) != len(x509) || len(digests(list)) != len(x509) {
			t.Fatalf("%d certificates come back as %d", len(x509), len(got))
		}
		for i := range got {
			if !bytes.Equal(got[i], x509[i]) {
				t.Fatalf("certificate %d changed", i)
			}
		}
		again := withCertificates(list, x509)
		for i := range again {
			if again[i].digest != list[i].digest {
				t.Fatalf("certificate %d got another digest", i)
			}
		}
	})
}

func FuzzCertificates(f *testing.F) {
	f.Add(packCertificates(withCertificates(nil, [][]byte{{1, 2, 3}, {}})))
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		list := parseCertificates(b)
		if size := len(packCertificates(list)); size > max(len(b), 4) {
			t.Errorf("%d bytes became %d", len(b), size)
		}
	})
}
