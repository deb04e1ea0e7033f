package krb5

import (
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Wrap implements security.Wrapper (RFC 4121 4.2.4).
func (s *session) Wrap(l security.Level, message []byte) ([]byte, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	if l < security.Privacy {
		return s.send.wrapOpen(message), nil
	}
	// What is sealed follows the token, as its RRC says.
	body := slices.Clone(message)
	token, err := s.send.wrap(0, nil, body, nil)
	return append(token, body...), err
}

// Unwrap implements security.Wrapper. A token that is not sealed does for Integrity.
func (s *session) Unwrap(l security.Level, token []byte) ([]byte, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	d := s.receive
	at := d.number
	if !d.lost {
		message, ok := d.unwrapAll(l, token)
		if ok {
			return message, nil
		}
		d.lost = true
	}
	return nil, mq.Errorf(mq.ErrCorruptedSecurityData, "open a message that Kerberos protects", "message %d is not the other side's", at).
		WithFix("nothing of this connection can be trusted any more: connect again, and look who sits in between")
}

// wrapOpen is a Wrap token that is signed only: its EC is the size of the checksum,
// which is made as if it were 0.
func (d *direction) wrapOpen(message []byte) []byte {
	h := d.header(idWrap, 0)
	h[2] &^= sealedFlag
	d.number++
	sum := d.checksum(d.wrapping, message, h[:])
	binary.BigEndian.PutUint16(h[4:], uint16(d.mac)) //nolint:gosec // small
	return slices.Concat(h[:], message, sum)
}

// unwrapAll opens a Wrap token of either kind, however it was rotated.
func (d *direction) unwrapAll(l security.Level, token []byte) ([]byte, bool) {
	if len(token) < headerSize+d.mac {
		return nil, false
	}
	sealed := token[2]&sealedFlag != 0
	ec, rotated := int(binary.BigEndian.Uint16(token[4:])), int(binary.BigEndian.Uint16(token[6:]))
	h := d.header(idWrap, ec)
	d.number++
	if !sealed {
		h[2] &^= sealedFlag
	}
	if l >= security.Privacy && !sealed || string(h[:6]) != string(token[:6]) || string(h[8:]) != string(token[8:headerSize]) {
		return nil, false
	}
	rest := token[headerSize:]
	rotated %= len(rest)
	rest = slices.Concat(rest[rotated:], rest[:rotated])
	text, sum := rest[:len(rest)-d.mac], rest[len(rest)-d.mac:]
	if !sealed {
		h[4], h[5] = 0, 0
		return text, ec == d.mac && subtle.ConstantTimeCompare(d.checksum(d.wrapping, text, h[:]), sum) == 1
	}
	if len(text) < confounder+ec+headerSize {
		return nil, false
	}
	plain, err := d.kind.DecryptData(d.key, text)
	if err != nil || len(plain) != len(text) {
		return nil, false
	}
	signed := plain
	if d.sealed {
		signed = text
	}
	if subtle.ConstantTimeCompare(d.integrity(signed, len(signed)-confounder, nil, nil), sum) != 1 ||
		string(plain[len(plain)-headerSize:]) != string(h[:]) {
		return nil, false
	}
	return plain[confounder : len(plain)-headerSize-ec], true
}
