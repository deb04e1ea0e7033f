package ntlm

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // MS-NLMP is made of it
	"crypto/rc4" //nolint:gosec // likewise
	"crypto/subtle"
	"encoding/binary"
	"hash"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// signatureSize is that of NTLMSSP_MESSAGE_SIGNATURE (MS-NLMP 2.2.2.9.2).
const signatureSize = 16

// session protects calls once both sides have the key (MS-NLMP 3.4).
type session struct {
	flags         flags
	send, receive *direction
}

// start derives the keys of both directions.
func (s *session) start(f flags, key [16]byte, acceptor bool) {
	s.flags = f
	s.send = newDirection(derive(key, clientSigning), derive(key, clientSealing))
	s.receive = newDirection(derive(key, serverSigning), derive(key, serverSealing))
	if acceptor {
		s.send, s.receive = s.receive, s.send
	}
}

// direction is one way of a session. Its scratch space is what keeps a fragment from
// allocating more than its signature.
type direction struct {
	mac     hash.Hash
	sealing [16]byte
	stream  *rc4.Cipher
	number  uint32
	lost    bool // a signature was wrong: the two streams have parted
	head    [4]byte
	sum     [16]byte
}

func newDirection(signing, sealing [16]byte) *direction {
	return &direction{mac: hmac.New(md5.New, signing[:]), sealing: sealing, stream: stream(sealing)}
}

func stream(key [16]byte) *rc4.Cipher {
	c, _ := rc4.NewCipher(key[:]) //nolint:gosec // as the protocol has it; 16 bytes are always fine
	return c
}

// checksum is HMAC-MD5 over the sequence number and the parts, in d.sum.
func (d *direction) checksum(parts ...[]byte) {
	d.mac.Reset()
	binary.LittleEndian.PutUint32(d.head[:], d.number)
	_, _ = d.mac.Write(d.head[:])
	for _, p := range parts {
		_, _ = d.mac.Write(p)
	}
	d.mac.Sum(d.sum[:0])
}

// signature makes a signature of d.sum and takes the next number (MS-NLMP 3.4.4.2).
func (d *direction) signature(to []byte, c *rc4.Cipher) {
	binary.LittleEndian.PutUint32(to, 1)
	c.XORKeyStream(to[4:12], d.sum[:8])
	binary.LittleEndian.PutUint32(to[12:], d.number)
	d.number++
}

// CanSign reports whether the two sides have agreed on signatures.
func (s *session) CanSign() bool { return s.send != nil && s.flags.protects() }

// SignatureSize is that of every signature at Integrity and Privacy.
func (s *session) SignatureSize(l security.Level) int {
	if l < security.Integrity {
		return 0
	}
	return signatureSize
}

// ready reports whether fragments are protected at a level at all.
func (s *session) ready(l security.Level) (bool, error) {
	const op = "protect a call by NTLM"
	switch {
	case l < security.Integrity:
		return false, nil
	case s.send == nil:
		return false, mq.Errorf(mq.ErrBadSecurityContext, op, "nobody has signed in yet").
			WithFix("finish signing in before the first call")
	case !s.flags.protects(), l == security.Privacy && !s.flags.has(flagSeal):
		return false, mq.Errorf(mq.ErrBadSecurityContext, op, "the two sides did not agree on signing and sealing").
			WithFix("have the client ask for level %s when it signs in", l)
	}
	return true, nil
}

// Protect implements security.Context. NTLM signs the header and the trailer whether or
// not the two sides have said so (MS-RPCE 3.3.1.5.2.2, and what all its clients do).
func (s *session) Protect(l security.Level, f security.Fragment) ([]byte, error) {
	if ok, err := s.ready(l); !ok {
		return nil, err
	}
	d := s.send
	d.checksum(f.Header, f.Body, f.Trailer)
	if l == security.Privacy {
		d.stream.XORKeyStream(f.Body, f.Body)
	}
	out := make([]byte, signatureSize)
	d.signature(out, d.stream)
	return out, nil
}

// Open implements security.Context.
func (s *session) Open(l security.Level, f security.Fragment, signature []byte) error {
	if ok, err := s.ready(l); !ok {
		return err
	}
	d := s.receive
	if !d.lost {
		if l == security.Privacy {
			d.stream.XORKeyStream(f.Body, f.Body)
		}
		d.checksum(f.Header, f.Body, f.Trailer)
		var want [signatureSize]byte
		d.signature(want[:], d.stream)
		if subtle.ConstantTimeCompare(want[:], signature) == 1 {
			return nil
		}
		d.lost = true
	}
	return mq.Errorf(mq.ErrCorruptedSecurityData, "check the signature of a call", "signature %d is not the other side's", d.number-1).
		WithFix("nothing of this connection can be trusted any more: connect again, and look who sits in between")
}

// Wrap implements security.Wrapper: the signature stands in front of the message
// (MS-NLMP 3.4.6).
func (s *session) Wrap(l security.Level, message []byte) ([]byte, error) {
	token := append(make([]byte, signatureSize, signatureSize+len(message)), message...)
	signature, err := s.Protect(l, security.Fragment{Body: token[signatureSize:]})
	if err != nil {
		return nil, err
	}
	copy(token, signature)
	return token, nil
}

// Unwrap implements security.Wrapper. The message is opened in place.
func (s *session) Unwrap(l security.Level, token []byte) ([]byte, error) {
	if len(token) < signatureSize {
		return nil, broken("a message of %d bytes has no signature", len(token))
	}
	message := token[signatureSize:]
	return message, s.Open(l, security.Fragment{Body: message}, token[:signatureSize])
}

// MIC implements security.Signer. SPNEGO lets the key stream start anew behind it,
// while the numbers go on; so it is signed with a stream of its own.
func (s *session) MIC(text []byte) ([]byte, error) {
	if ok, err := s.ready(security.Integrity); !ok {
		return nil, err
	}
	s.send.checksum(text)
	out := make([]byte, signatureSize)
	s.send.signature(out, stream(s.send.sealing))
	return out, nil
}

// VerifyMIC implements security.Signer.
func (s *session) VerifyMIC(text, mic []byte) error {
	if ok, err := s.ready(security.Integrity); !ok {
		return err
	}
	s.receive.checksum(text)
	var want [signatureSize]byte
	s.receive.signature(want[:], stream(s.receive.sealing))
	if subtle.ConstantTimeCompare(want[:], mic) != 1 {
		return mq.Errorf(mq.ErrCorruptedSecurityData, "check the signature of a sign-in", "it is not the other side's").
			WithFix("somebody between the two computers has changed it, or they do not share a password")
	}
	return nil
}
