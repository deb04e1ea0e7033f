package member

import (
	"crypto/md5" //nolint:gosec // the format's digest (MS-MQMQ 2.2.22)
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"slices"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
)

// keyBits is the length of both keys. MS-MQDMPR 3.1.3 has 512 for the base provider
// and 1,024 for the others, which no longer protects anything; the fields are counted,
// and the two enhanced providers take longer ones. The base provider is left out.
const keyBits = 2048

// The providers that the key is told for (MS-MQDMPR 3.1.3) and their types (MS-MQMQ
// 2.2.1).
var providers = []struct {
	name string
	kind uint32
}{
	{"Microsoft Enhanced Cryptographic Provider v1.0", 1}, // PROV_RSA_FULL
	{"Microsoft Enhanced RSA and AES Cryptographic Provider", 0x18},
}

// Parts of a key's blob (MS-MQDS 2.2.18, 2.2.19).
const (
	publicKeyBlob = 0x06
	blobVersion   = 0x02
	rsaKeyX       = 0x0000A400 // CALG_RSA_KEYX
	rsa1          = 0x31415352
)

// publicKeys is a key as MQDSPUBLICKEYS (MS-MQMQ 2.2.2), once for each provider.
func publicKeys(k *rsa.PublicKey) []byte {
	little := binary.LittleEndian
	blob := []byte{publicKeyBlob, blobVersion, 0, 0}
	blob = little.AppendUint32(blob, rsaKeyX)
	blob = little.AppendUint32(blob, rsa1)
	blob = little.AppendUint32(blob, uint32(k.N.BitLen()))
	blob = little.AppendUint32(blob, uint32(k.E))
	modulus := k.N.FillBytes(make([]byte, (k.N.BitLen()+7)/8))
	slices.Reverse(modulus)
	blob = append(blob, modulus...)

	b := make([]byte, 4)
	b = little.AppendUint32(b, uint32(len(providers)))
	for _, p := range providers {
		name := utf16.Encode([]rune(p.name + "\x00"))
		b = little.AppendUint32(b, uint32(len(blob)))
		b = little.AppendUint32(b, uint32(2*len(name)))
		b = little.AppendUint32(b, p.kind)
		for _, u := range name {
			b = little.AppendUint16(b, u)
		}
		b = append(b, blob...)
	}
	little.PutUint32(b, uint32(len(b)))
	return b
}

// signCertificates is a certificate as MQUSERSIGNCERTS (MS-MQMQ 2.2.21).
func signCertificates(der []byte, id mq.GUID) []byte {
	digest := md5.Sum(der) //nolint:gosec // see above
	b := binary.LittleEndian.AppendUint32(nil, 1)
	b = append(b, digest[:]...)
	b = append(b, id[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(der)))
	return append(b, der...)
}

// newKeys makes both keys of a computer and the certificate of the one that signs.
func newKeys(computer string, now time.Time) (encrypt, sign *rsa.PrivateKey, certificate []byte, err error) {
	if encrypt, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
		return nil, nil, nil, err
	}
	if sign, err = rsa.GenerateKey(rand.Reader, keyBits); err != nil {
		return nil, nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, nil, err
	}
	// Nobody asks a certificate of MSMQ for its end: it is known by its digest.
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: computer, OrganizationalUnit: []string{"MSMQ"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(50, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificate, err = x509.CreateCertificate(rand.Reader, c, c, &sign.PublicKey, sign)
	return encrypt, sign, certificate, err
}
