package ntlm_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"posthouse/localqm/rpc/security/ntlm"
)

// oldClient is a client as they were before there was a MIC: its responses repeat what
// the server says of itself, as it is.
type oldClient struct {
	hash ntlm.Hash
	user string
}

func (o oldClient) negotiate(flags uint32) []byte {
	b := append([]byte("NTLMSSP\x00"), 1, 0, 0, 0)
	return append(binary.LittleEndian.AppendUint32(b, flags), make([]byte, 16)...)
}

func (o oldClient) authenticate(challenge []byte, flags uint32) []byte {
	u := func(s string) (b []byte) {
		for _, c := range utf16.Encode([]rune(s)) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		return b
	}
	sum := func(key []byte, parts ...[]byte) []byte {
		m := hmac.New(md5.New, key)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	info := challenge[binary.LittleEndian.Uint32(challenge[44:]):][:binary.LittleEndian.Uint16(challenge[40:])]
	stamp := info[strings.Index(string(info), "\x07\x00\x08\x00")+4:][:8]
	client := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, stamp...)
	client = append(append(client, "nonce678\x00\x00\x00\x00"...), info...)
	key := sum(o.hash[:], u(strings.ToUpper(o.user)+"CORP"))
	nt := append(sum(key, challenge[24:32], client), client...)

	b := append([]byte("NTLMSSP\x00"), 3, 0, 0, 0)
	var payload []byte
	for _, field := range [][]byte{make([]byte, 24), nt, u("CORP"), u(o.user), u("desk"), make([]byte, 16)} {
		n := uint16(len(field)) //nolint:gosec // short
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, n), n)
		b = binary.LittleEndian.AppendUint32(b, uint32(64+len(payload))) //nolint:gosec // short
		payload = append(payload, field...)
	}
	return append(binary.LittleEndian.AppendUint32(b, flags), payload...)
}
