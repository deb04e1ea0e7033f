package member

import (
	"bytes"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
)

// parts reads MQDSPUBLICKEYS by MS-MQMQ 2.2.1, 2.2.2 and MS-MQDS 2.2.18, 2.2.19.
func parts(t *testing.T, b []byte) map[string]*rsa.PublicKey {
	t.Helper()
	little := binary.LittleEndian
	if len(b) < 8 || int(little.Uint32(b)) != len(b) {
		t.Fatalf("ulLen is %d of %d bytes", little.Uint32(b), len(b))
	}
	keys := map[string]*rsa.PublicKey{}
	n, b := little.Uint32(b[4:]), b[8:]
	for range n {
		size, name, kind := little.Uint32(b), little.Uint32(b[4:]), little.Uint32(b[8:])
		b = b[12:]
		var units []uint16
		for i := uint32(0); i < name; i += 2 {
			units = append(units, little.Uint16(b[i:]))
		}
		if units[len(units)-1] != 0 {
			t.Error("a provider's name has no NUL")
		}
		provider := string(utf16.Decode(units[:len(units)-1]))
		blob := b[name : name+size]
		b = b[name+size:]
		if want := map[string]uint32{"Microsoft Enhanced Cryptographic Provider v1.0": 1, "Microsoft Enhanced RSA and AES Cryptographic Provider": 24}[provider]; kind != want {
			t.Errorf("%s has type %d", provider, kind)
		}
		if !bytes.Equal(blob[:8], []byte{6, 2, 0, 0, 0, 0xA4, 0, 0}) || string(blob[8:12]) != "RSA1" {
			t.Errorf("the blob begins % x", blob[:12])
		}
		modulus := slices.Clone(blob[20:])
		if little.Uint32(blob[12:]) != uint32(8*len(modulus)) {
			t.Errorf("bitLen is %d", little.Uint32(blob[12:]))
		}
		slices.Reverse(modulus)
		keys[provider] = &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(little.Uint32(blob[16:]))}
	}
	if len(b) > 0 {
		t.Errorf("%d bytes are left", len(b))
	}
	return keys
}

func TestKeysAreMadeOnceAndKeptForTheirOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	r, err := load(dir, "SHOP01", time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	again, err := load(dir, "SHOP01", time.Time{})
	if err != nil || !bytes.Equal(again.EncryptKey, r.EncryptKey) || !bytes.Equal(again.signKeys(), r.signKeys()) {
		t.Fatalf("the second start has other keys: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, recordName)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("files left: %v", left)
	}

	public, err := r.publicKey()
	if err != nil || public.N.BitLen() != 2048 {
		t.Fatalf("%v", err)
	}
	keys := parts(t, r.encryptKeys())
	if len(keys) != 2 {
		t.Errorf("keys for %d providers", len(keys))
	}
	for name, k := range keys {
		if !k.Equal(public) {
			t.Errorf("%s has another key", name)
		}
	}
}

func TestCertificateIsOneOfMSMQ(t *testing.T) {
	r := testRecord(t)
	b := r.signKeys() // MS-MQMQ 2.2.21, 2.2.22
	if n := binary.LittleEndian.Uint32(b); n != 1 {
		t.Fatalf("%d certificates", n)
	}
	digest, id, size, der := b[4:20], mq.GUID(b[20:36]), binary.LittleEndian.Uint32(b[36:]), b[40:]
	if int(size) != len(der) || id.IsZero() {
		t.Errorf("%d bytes of %d, id %s", size, len(der), id)
	}
	if sum := md5.Sum(der); !bytes.Equal(sum[:], digest) {
		t.Error("the digest is not that of the certificate")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		t.Error(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(r.SignKey)
	if err != nil || !private.(*rsa.PrivateKey).PublicKey.Equal(c.PublicKey) {
		t.Errorf("the certificate is not of the key that signs: %v", err)
	}
}

func TestDamagedRecordIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "hello", "no key": `{"machine":"00000000-0000-0000-0000-000000000000"}`, "half a key": `{"encryptKey":"MIIE"}`,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, recordName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var e *mq.Error
		if _, err := load(dir, "SHOP01", time.Now()); !errors.As(err, &e) || e.Fix == "" {
			t.Errorf("%s: %v", name, err)
		}
		if raw, _ := os.ReadFile(path); string(raw) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}
