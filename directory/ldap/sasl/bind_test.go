package sasl

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"

	"posthouse/directory/ldap/message"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// steps is a context that sends its tokens in turn.
type steps struct {
	security.Context
	seal
	tokens [][]byte
	last   []byte // what came last
}

func (s *steps) Step(token []byte) ([]byte, bool, error) {
	s.last = token
	out := s.tokens[0]
	s.tokens = s.tokens[1:]
	return out, len(s.tokens) == 0, nil
}

func (s *steps) Identity() security.Identity { return security.Identity{} }

// response is a BindResponse; a nil token is none.
func response(id, code int64, token []byte) []byte {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, bindResponse, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "said so\x00", ""))
	if token != nil {
		op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, serverToken, string(token), ""))
	}
	m.AppendChild(op)
	return m.Bytes()
}

// bind signs in at a server that sends the answers in turn.
func bind(t *testing.T, m Mechanism, tokens [][]byte, answers ...[]byte) error {
	t.Helper()
	ours, theirs := net.Pipe()
	var all sync.WaitGroup
	all.Go(func() {
		defer func() { _ = theirs.Close() }()
		for _, a := range answers {
			if _, err := message.Read(theirs); err != nil {
				return
			}
			_, _ = theirs.Write(a)
		}
	})
	c, err := Bind(t.Context(), ours, m, &steps{tokens: tokens}, security.Privacy)
	if err == nil {
		_ = c.Close()
	} else if _, open := ours.Write(nil); open == nil {
		t.Error("the connection is still open")
	}
	all.Wait()
	return err
}

func TestServersThatBindBadlyAreRefused(t *testing.T) {
	one, two := [][]byte{{1}}, [][]byte{{1}, {2}}
	const ok, more = success, inProgress
	if err := bind(t, SPNEGO, one, response(1, ok, nil)); err != nil {
		t.Error(err)
	}
	if err := bind(t, SPNEGO, [][]byte{{1}, nil}, response(1, ok, []byte{9})); err != nil {
		t.Error("success with a last token:", err)
	}
	offer := []byte{'#', 7, 0, 0x40, 0}
	if err := bind(t, GSSAPI, [][]byte{{1}, nil}, response(1, more, []byte{9}), response(2, more, offer), response(3, ok, nil)); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		mechanism Mechanism
		tokens    [][]byte
		answers   [][]byte
	}{
		"success too early":         {SPNEGO, [][]byte{{1}, {2}, {3}}, [][]byte{response(1, ok, []byte{9})}},
		"no end":                    {SPNEGO, one, [][]byte{response(1, more, []byte{9})}},
		"another request":           {SPNEGO, one, [][]byte{response(2, ok, nil)}},
		"no bind":                   {SPNEGO, one, [][]byte{{0x30, 5, 2, 1, 1, 0x65, 0}}},
		"no parts":                  {SPNEGO, one, [][]byte{{0x30, 5, 2, 1, 1, 0x61, 0}}},
		"no message":                {SPNEGO, one, [][]byte{{0x30, 0}}},
		"text":                      {SPNEGO, one, [][]byte{[]byte("220 hello\r\n")}},
		"it hangs up":               {SPNEGO, two, [][]byte{response(1, more, []byte{9}), {}}},
		"success before the layers": {GSSAPI, one, [][]byte{response(1, ok, nil)}},
		"no layers":                 {GSSAPI, one, [][]byte{response(1, more, nil)}},
		"forged layers":             {GSSAPI, one, [][]byte{response(1, more, []byte{7, 0, 1, 0})}},
		"a long offer":              {GSSAPI, one, [][]byte{response(1, more, append(offer, 0))}},
		"no sealing":                {GSSAPI, one, [][]byte{response(1, more, []byte{'#', 3, 0, 1, 0})}},
		"nothing after the layers":  {GSSAPI, one, [][]byte{response(1, more, offer), response(2, more, offer)}},
	} {
		if err := bind(t, c.mechanism, c.tokens, c.answers...); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	var a *Answer
	if err := bind(t, SPNEGO, one, response(1, 49, nil)); !errors.As(err, &a) || a.Code != 49 || a.Message != "said so" {
		t.Error(err)
	}
	var e *mq.Error
	if err := bind(t, GSSAPI, one, response(1, more, []byte{'#', 3, 0, 1, 0})); !errors.As(err, &e) || e.Fix == "" {
		t.Error(err)
	}
}

// Whatever a server answers, signing in ends, and nothing panics.
func FuzzBind(f *testing.F) {
	f.Add(response(1, success, []byte{9}), response(2, success, nil))
	f.Add(response(1, inProgress, []byte{'#', 7, 0, 0x40, 0}), response(2, success, nil))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, m := range []Mechanism{SPNEGO, GSSAPI} {
			ours, theirs := net.Pipe()
			var all sync.WaitGroup
			all.Go(func() { _, _ = io.Copy(io.Discard, theirs) })
			all.Go(func() {
				_, _ = theirs.Write(append(first, second...))
				_ = theirs.Close()
			})
			if c, err := Bind(t.Context(), ours, m, &steps{tokens: [][]byte{{1}, nil}}, security.Privacy); err == nil {
				_ = c.Close()
			}
			all.Wait()
		}
	})
}
