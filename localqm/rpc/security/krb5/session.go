package krb5

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Tokens of calls (RFC 4121 4.2.6): a header, then a checksum (MIC), or what surrounds
// the sealed body (Wrap).
const (
	headerSize = 16
	confounder = aes.BlockSize
	idMIC      = 0x0404
	idWrap     = 0x0504
	filler     = 0xff

	byAcceptor     = 0x01
	sealedFlag     = 0x02
	acceptorSubkey = 0x04
)

// extra is the EC of DCE style: one block behind the body, so that nothing of the body
// itself moves (MS-KILE 3.4.5.4.1). The RRC is the rest of what follows the body.
const extra = aes.BlockSize

// session protects calls once both sides have the key.
type session struct {
	dce           bool
	send, receive *direction // nil: not yet
	done          bool
}

// start takes the key, and where the numbers of the two sides begin. subkey says that
// the key is the acceptor's.
func (s *session) start(key types.EncryptionKey, subkey, acceptor bool, own, other int64) error {
	var common byte
	if subkey {
		common = acceptorSubkey
	}
	make := func(from bool, first int64) (*direction, error) {
		k, err := derive(key, from)
		d := &direction{derived: k, flags: common, number: uint64(uint32(first))} //nolint:gosec // some send it as a negative number
		if from {
			d.flags |= byAcceptor
		}
		return d, err
	}
	var err error
	if s.send, err = make(acceptor, own); err == nil {
		s.receive, err = make(!acceptor, other)
	}
	return err
}

// direction is one way of a session. Its scratch space keeps fragments from allocating
// more than what the library does.
type direction struct {
	derived
	flags  byte
	number uint64
	lost   bool // a signature was wrong
	plain  []byte
	sum    []byte
}

// header is that of the next token, without RRC.
func (d *direction) header(id uint16, ec int) (h [headerSize]byte) {
	binary.BigEndian.PutUint16(h[:], id)
	h[2], h[3] = d.flags, filler
	if id == idMIC {
		copy(h[4:8], []byte{filler, filler, filler, filler})
	} else {
		h[2] |= sealedFlag
		binary.BigEndian.PutUint16(h[4:], uint16(ec)) //nolint:gosec // at most a block
	}
	binary.BigEndian.PutUint64(h[8:], d.number)
	return h
}

func (d *direction) checksum(h hash.Hash, parts ...[]byte) []byte {
	h.Reset()
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	d.sum = h.Sum(d.sum[:0])
	return d.sum[:d.mac]
}

// mic makes a MIC token over parts (RFC 4121 4.2.4).
func (d *direction) mic(parts ...[]byte) []byte {
	h := d.header(idMIC, 0)
	d.number++
	return append(append(make([]byte, 0, headerSize+d.mac), h[:]...), d.checksum(d.sign, append(parts, h[:])...)...)
}

func (d *direction) verifyMIC(token []byte, parts ...[]byte) bool {
	return subtle.ConstantTimeCompare(token, d.mic(parts...)) == 1
}

var zeros [aes.BlockSize]byte

// integrity is the checksum over a sealed message and what is signed around its body.
// message is text or ciphertext, as the kind of key has it: confounder, body, filler
// and header.
func (d *direction) integrity(message []byte, body int, before, after []byte) []byte {
	var first []byte
	if d.sealed {
		first = zeros[:] // the initial vector (RFC 8009 5)
	}
	end := confounder + body
	return d.checksum(d.seal, first, message[:confounder], before, message[confounder:end], after, message[end:])
}

// wrap seals body in place, and returns the token, in which everything stands that is
// not the body (RFC 4121 4.2.4, MS-KILE 3.4.5.4.1).
func (d *direction) wrap(ec int, before, body, after []byte) ([]byte, error) {
	h := d.header(idWrap, ec)
	d.number++
	var random [confounder]byte
	_, _ = rand.Read(random[:]) // never fails
	p := append(append(d.plain[:0], random[:]...), body...)
	for range ec {
		p = append(p, filler)
	}
	p = append(p, h[:]...)
	d.plain = p
	_, sealed, err := d.kind.EncryptData(d.key, p)
	if err != nil {
		return nil, mq.Errorf(mq.ErrCorruptedSecurityData, protect, "it cannot be sealed: %w", err)
	}
	message := p
	if d.sealed {
		message = sealed
	}
	sum := d.integrity(message, len(body), before, after)
	binary.BigEndian.PutUint16(h[6:], uint16(headerSize+d.mac)) //nolint:gosec // small
	token := append(make([]byte, 0, d.wrapSize(ec)), h[:]...)
	token = append(token, sealed[confounder+len(body):]...)
	token = append(token, sum...)
	token = append(token, sealed[:confounder]...)
	copy(body, sealed[confounder:])
	return token, nil
}

func (d *direction) wrapSize(ec int) int { return headerSize + ec + headerSize + d.mac + confounder }

// unwrap opens body in place; false: it is not what the other side has sent.
func (d *direction) unwrap(most int, token, before, body, after []byte) bool {
	if len(token) < headerSize {
		return false
	}
	ec, rotated := int(binary.BigEndian.Uint16(token[4:])), int(binary.BigEndian.Uint16(token[6:]))
	if ec > most || rotated != headerSize+d.mac || len(token) != d.wrapSize(ec) {
		return false
	}
	h := d.header(idWrap, ec)
	d.number++
	if !bytes.Equal(h[:6], token[:6]) || !bytes.Equal(h[8:], token[8:headerSize]) {
		return false
	}
	tail := token[headerSize : headerSize+ec+headerSize]
	sum := token[headerSize+len(tail):][:d.mac]
	c := append(append(append(d.plain[:0], token[len(token)-confounder:]...), body...), tail...)
	d.plain = c
	p, err := d.kind.DecryptData(d.key, c)
	if err != nil {
		return false
	}
	message := p
	if d.sealed {
		message = c
	}
	if subtle.ConstantTimeCompare(d.integrity(message, len(body), before, after), sum) != 1 ||
		!bytes.Equal(p[len(p)-headerSize:], h[:]) {
		return false
	}
	copy(body, p[confounder:])
	return true
}

const protect = "protect a call by Kerberos"

// ec is that of this session's tokens.
func (s *session) ec() int {
	if s.dce {
		return extra
	}
	return 0
}

// CanSign reports whether there is a key: whoever has one can sign with it.
func (s *session) CanSign() bool { return s.done }

// SignatureSize is that of the tokens we send, and all but impacket as well.
func (s *session) SignatureSize(l security.Level) int {
	switch {
	case s.send == nil || l < security.Integrity:
		return 0
	case l == security.Integrity:
		return headerSize + s.send.mac
	}
	return s.send.wrapSize(s.ec())
}

func (s *session) ready() error {
	if s.done {
		return nil
	}
	return mq.Errorf(mq.ErrBadSecurityContext, protect, "nobody has signed in yet").
		WithFix("finish signing in before the first call")
}

// Protect implements security.Context.
func (s *session) Protect(l security.Level, f security.Fragment) ([]byte, error) {
	if l < security.Integrity {
		return nil, nil
	}
	if err := s.ready(); err != nil {
		return nil, err
	}
	if !f.SignHeader {
		f.Header, f.Trailer = nil, nil
	}
	if l == security.Integrity {
		return s.send.mic(f.Header, f.Body, f.Trailer), nil
	}
	return s.send.wrap(s.ec(), f.Header, f.Body, f.Trailer)
}

// Open implements security.Context.
func (s *session) Open(l security.Level, f security.Fragment, signature []byte) error {
	if l < security.Integrity {
		return nil
	}
	if err := s.ready(); err != nil {
		return err
	}
	if !f.SignHeader {
		f.Header, f.Trailer = nil, nil
	}
	d := s.receive
	at := d.number
	switch {
	case d.lost:
	case l == security.Integrity:
		d.lost = !d.verifyMIC(signature, f.Header, f.Body, f.Trailer)
	default:
		d.lost = !d.unwrap(s.ec(), signature, f.Header, f.Body, f.Trailer)
	}
	if !d.lost {
		return nil
	}
	return mq.Errorf(mq.ErrCorruptedSecurityData, "check the signature of a call", "signature %d is not the other side's", at).
		WithFix("nothing of this connection can be trusted any more: connect again, and look who sits in between")
}

// MIC implements security.Signer.
func (s *session) MIC(text []byte) ([]byte, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	return s.send.mic(text), nil
}

// VerifyMIC implements security.Signer.
func (s *session) VerifyMIC(text, mic []byte) error {
	if err := s.ready(); err != nil {
		return err
	}
	if !s.receive.verifyMIC(mic, text) {
		return mq.Errorf(mq.ErrCorruptedSecurityData, "check the signature of a sign-in", "it is not the other side's").
			WithFix("find out who sits between the two computers")
	}
	return nil
}
