package krb5

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"

	"github.com/oiweiwei/gokrb5.fork/v9/crypto"
	"github.com/oiweiwei/gokrb5.fork/v9/crypto/etype"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/etypeID"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/keyusage"
	"github.com/oiweiwei/gokrb5.fork/v9/types"
)

// encryption is a kind of key (RFC 3962, RFC 8009).
type encryption struct {
	id     int32
	size   int  // bytes
	sealed bool // the checksum is over what was encrypted, not over the text
}

// accepted are those that calls are protected with, as a client asks for them.
var accepted = []encryption{
	{etypeID.AES256_CTS_HMAC_SHA1_96, 32, false},
	{etypeID.AES128_CTS_HMAC_SHA1_96, 16, false},
	{etypeID.AES256_CTS_HMAC_SHA384_192, 32, true},
	{etypeID.AES128_CTS_HMAC_SHA256_128, 16, true},
}

// checkKey reports why calls cannot be protected with a key.
func checkKey(k types.EncryptionKey) error {
	for _, a := range accepted {
		if a.id == k.KeyType && a.size == len(k.KeyValue) {
			return nil
		}
	}
	return refused("the session has a key of encryption type %d, which is not AES", k.KeyType).
		WithFix("allow AES for the two accounts in the domain (msDS-SupportedEncryptionTypes 0x18), and make the keytab anew")
}

// freshKey is a random key, none for a kind that is not accepted.
func freshKey(kind int32) types.EncryptionKey {
	i := slices.IndexFunc(accepted, func(a encryption) bool { return a.id == kind })
	if i < 0 {
		return types.EncryptionKey{}
	}
	k := types.EncryptionKey{KeyType: kind, KeyValue: make([]byte, accepted[i].size)}
	_, _ = rand.Read(k.KeyValue) // never fails
	return k
}

// freshNumber is where the numbers of a direction begin: below 2^30, which all sides
// take for what it is, and never zero, which would not be sent.
func freshNumber() int64 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return int64(binary.LittleEndian.Uint32(b[:])&0x3fffffff) | 1
}

// The ends of what keys are derived with (RFC 3961 5.3).
const (
	forChecksum   = 0x99
	forEncryption = 0xaa
	forIntegrity  = 0x55
)

// derived are the keys of one direction, derived once.
type derived struct {
	kind     etype.EType
	sealed   bool
	key      []byte    // to seal with
	seal     hash.Hash // over what is sealed
	sign     hash.Hash // of MIC tokens
	wrapping hash.Hash // of Wrap tokens that are not sealed
	mac      int       // bytes
}

// derive makes them; the two directions have other usages (RFC 4121 2).
func derive(k types.EncryptionKey, acceptor bool) (d derived, err error) {
	sealing, signing := uint32(keyusage.GSSAPI_INITIATOR_SEAL), uint32(keyusage.GSSAPI_INITIATOR_SIGN)
	if acceptor {
		sealing, signing = keyusage.GSSAPI_ACCEPTOR_SEAL, keyusage.GSSAPI_ACCEPTOR_SIGN
	}
	if d.kind, err = crypto.GetEtype(k.KeyType); err != nil {
		return d, fmt.Errorf("keys of a call: %w", err)
	}
	one := func(usage uint32, end byte) (out []byte) {
		if err == nil {
			out, err = d.kind.DeriveKey(k.KeyValue, append(binary.BigEndian.AppendUint32(nil, usage), end))
		}
		return out
	}
	d.key = one(sealing, forEncryption)
	d.seal = hmac.New(d.kind.GetHashFunc(), one(sealing, forIntegrity))
	d.sign = hmac.New(d.kind.GetHashFunc(), one(signing, forChecksum))
	d.wrapping = hmac.New(d.kind.GetHashFunc(), one(sealing, forChecksum))
	d.mac = d.kind.GetHMACBitLength() / 8
	for _, a := range accepted {
		d.sealed = d.sealed || a.id == k.KeyType && a.sealed
	}
	return d, err
}
