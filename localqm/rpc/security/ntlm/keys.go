package ntlm

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // MS-NLMP is made of it
	"crypto/rc4" //nolint:gosec // likewise
	"encoding/binary"
	"time"

	"golang.org/x/crypto/md4" //nolint:staticcheck // the hash of every Windows password
)

// Hash is the NT hash of a password, NTOWFv1 of MS-NLMP 3.3.1. It is as good as the
// password to whoever has it.
type Hash [16]byte

// HashOf is the NT hash of a password.
func HashOf(password string) (h Hash) {
	d := md4.New()
	_, _ = d.Write(utf16le(password))
	d.Sum(h[:0])
	return h
}

// v2 is NTOWFv2 (MS-NLMP 3.3.2): the key of an account's responses, under the names of
// user and domain that the client sends (UTF-16).
func (h Hash) v2(user, domain []byte) [16]byte { return mac(h[:], upper(user), domain) }

func mac(key []byte, parts ...[]byte) (sum [16]byte) {
	m := hmac.New(md5.New, key)
	for _, p := range parts {
		_, _ = m.Write(p)
	}
	m.Sum(sum[:0])
	return sum
}

// Sizes within a response.
const (
	proofSize   = 16
	clientFixed = 28 // NTLMv2_CLIENT_CHALLENGE in front of its attributes (MS-NLMP 2.2.2.7)
	timeAt      = 8  // of its time stamp
)

// clientChallenge is what the client adds to the challenge of the server
// (MS-NLMP 2.2.2.7); the four bytes at the end belong to it (3.3.2, temp).
func clientChallenge(at uint64, nonce [8]byte, target avPairs) []byte {
	b := append(make([]byte, 0, clientFixed+len(target)+4), 1, 1, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, at)
	b = append(append(b, nonce[:]...), 0, 0, 0, 0)
	return append(append(b, target...), 0, 0, 0, 0)
}

// answer is NTProofStr and SessionBaseKey (MS-NLMP 3.3.2), for a key made by v2.
func answer(key [16]byte, challenge [8]byte, client []byte) (proof, session [16]byte) {
	proof = mac(key[:], challenge[:], client)
	return proof, mac(key[:], proof[:])
}

// exchange encrypts or decrypts the key of a session (MS-NLMP 3.1.5.1.2).
func exchange(key [16]byte, in []byte) (out [16]byte) {
	c, _ := rc4.NewCipher(key[:]) //nolint:gosec // as the protocol has it; 16 bytes are always fine
	c.XORKeyStream(out[:], in[:len(out)])
	return out
}

// The constants of the keys (MS-NLMP 3.4.5.2, 3.4.5.3), with their ending zero.
const (
	clientSigning = "session key to client-to-server signing key magic constant\x00"
	serverSigning = "session key to server-to-client signing key magic constant\x00"
	clientSealing = "session key to client-to-server sealing key magic constant\x00"
	serverSealing = "session key to server-to-client sealing key magic constant\x00"
)

func derive(key [16]byte, magic string) [16]byte {
	return md5.Sum(append(key[:], magic...)) //nolint:gosec // as the protocol has it
}

// Times are counted in 100 ns since 1601 (MS-DTYP 2.3.3).
const epoch = 116444736000000000

func filetime(t time.Time) uint64 { return uint64(t.UnixNano()/100 + epoch) } //nolint:gosec // after 1601
