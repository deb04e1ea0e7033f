package pdu

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func guidOf(t testing.TB, s string) mq.GUID {
	t.Helper()
	g, err := mq.ParseGUID(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func parse(t testing.TB, b []byte) PDU {
	t.Helper()
	p, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A bind to the endpoint mapper and its answer, as Windows sends them.
const (
	mapperBind = `05 00 0b 03 10 00 00 00 48 00 00 00 01 00 00 00 b8 10 b8 10 00 00 00 00
		01 00 00 00 00 00 01 00 08 83 af e1 1f 5d c9 11 91 a4 08 00 2b 14 a0 fa 03 00 00 00
		04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 00 00`
	mapperBindAck = `05 00 0c 03 10 00 00 00 3c 00 00 00 01 00 00 00 d0 16 d0 16 27 5c 00 00
		04 00 31 33 35 00 00 00 01 00 00 00 00 00 00 00
		04 5d 88 8a eb 1c c9 11 9f e8 08 00 2b 10 48 60 02 00 00 00`
	// Big-endian, with an object.
	bigRequest = `05 01 00 83 00 00 00 00 00 2c 00 00 00 00 00 07 00 00 00 04 00 02 00 03
		e1 af 83 08 5d 1f 11 c9 91 a4 08 00 2b 14 a0 fa de ad be ef`
	// Two bytes of stub data, padded, NTLM at privacy.
	signedResponse = `05 00 02 03 10 00 00 00 40 00 10 00 09 00 00 00 02 00 00 00 01 00 00 00
		aa bb 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0a 06 0e 00 2a 00 00 00
		01 00 00 00 00 01 02 03 04 05 06 07 00 00 00 00`
	accessDenied = `05 00 03 23 10 00 00 00 20 00 00 00 02 00 00 00 20 00 00 00 00 00 00 00
		05 00 00 00 00 00 00 00`
	bindNak = `05 00 0d 03 10 00 00 00 15 00 00 00 01 00 00 00 08 00 01 05 00`
)

var mapper = Syntax{UUID: mq.GUID{
	0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa,
}, Major: 3}

func TestPDUsOfTheWireAreReadAndWritten(t *testing.T) {
	one := Header{Flags: SingleFragment, CallID: 1}
	t.Run("bind", func(t *testing.T) {
		p := parse(t, unhex(t, mapperBind))
		got, err := p.Bind()
		want := Bind{
			MaxTransmit: 0x10b8, MaxReceive: 0x10b8,
			Contexts: []Context{{Abstract: mapper, Transfer: []Syntax{NDR}}},
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Fatal(err, cmp.Diff(got, want))
		}
		if b := got.Append(nil, TypeBind, one, nil); !bytes.Equal(b, unhex(t, mapperBind)) {
			t.Errorf("% x", b)
		}
	})
	t.Run("bind_ack", func(t *testing.T) {
		p := parse(t, unhex(t, mapperBindAck))
		got, err := p.BindAck()
		want := BindAck{
			MaxTransmit: 5840, MaxReceive: 5840, Group: 0x5c27, Secondary: "135",
			Results: []Result{{Answer: Accepted, Transfer: NDR}},
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Fatal(err, cmp.Diff(got, want))
		}
		if b := got.Append(nil, TypeBindAck, one, nil); !bytes.Equal(b, unhex(t, mapperBindAck)) {
			t.Errorf("% x", b)
		}
	})
	t.Run("request, big-endian", func(t *testing.T) {
		p := parse(t, unhex(t, bigRequest))
		got, err := p.Request()
		want := Request{
			Hint: 4, Context: 2, Opnum: 3, Object: guidOf(t, "e1af8308-5d1f-11c9-91a4-08002b14a0fa"),
			Stub: []byte{0xde, 0xad, 0xbe, 0xef},
		}
		if err != nil || !cmp.Equal(got, want) || !p.BigEndian || p.CallID != 7 || p.Minor != 1 {
			t.Fatal(err, cmp.Diff(got, want))
		}
	})
	t.Run("response, protected", func(t *testing.T) {
		p := parse(t, unhex(t, signedResponse))
		got, err := p.Response()
		if err != nil || !bytes.Equal(got.Stub, []byte{0xaa, 0xbb}) || got.Context != 1 {
			t.Fatal(err, got)
		}
		f := p.Fragment(true)
		if len(f.Header) != 24 || len(f.Body) != 16 || len(f.Trailer) != 8 || !f.SignHeader {
			t.Error(f)
		}
		a := p.Auth
		if a.Mechanism != security.NTLM || a.Level != security.Privacy || a.ContextID != 42 || len(a.Token) != 16 {
			t.Error(a)
		}
		b := got.Append(nil, Header{Flags: SingleFragment, CallID: 9}, &a)
		if !bytes.Equal(b, unhex(t, signedResponse)) {
			t.Errorf("% x", b)
		}
	})
	t.Run("fault", func(t *testing.T) {
		p := parse(t, unhex(t, accessDenied))
		got, err := p.Fault()
		if err != nil || got != (Fault{Status: 5}) {
			t.Fatal(err, got)
		}
		if b := got.Append(nil, Header{Flags: SingleFragment | DidNotExecute, CallID: 2}, nil); !bytes.Equal(b, unhex(t, accessDenied)) {
			t.Errorf("% x", b)
		}
	})
	t.Run("bind_nak", func(t *testing.T) {
		p := parse(t, unhex(t, bindNak))
		got, err := p.BindNak()
		if err != nil || got.Reason != RejectMechanism {
			t.Fatal(err, got)
		}
		if b := got.Append(nil, one); !bytes.Equal(b, unhex(t, bindNak)) {
			t.Errorf("% x", b)
		}
	})
}

func TestFeaturesAreOfferedAsATransferSyntax(t *testing.T) {
	s := (ManySecurityContexts | KeepOnOrphan).Syntax()
	if s.UUID.String() != "6cb71c2c-9812-4540-0300-000000000000" || s.Major != 1 {
		t.Error(s)
	}
	if f, ok := s.Features(); !ok || f != 3 {
		t.Error(f, ok)
	}
	if _, ok := NDR.Features(); ok {
		t.Error("NDR is no offer")
	}
	if NDR.UUID.String() != "8a885d04-1ceb-11c9-9fe8-08002b104860" || NDR64.UUID.String() != "71710533-beba-4937-8319-b5dbef9ccc36" {
		t.Error(NDR, NDR64)
	}
	if SyntaxOf(mapper.ID()) != mapper || SyntaxOf(nil) != (Syntax{}) {
		t.Error(mapper)
	}
}

// R01, R02 of the hostile rows.
func TestLengthsThatLieAreRefused(t *testing.T) {
	bind := unhex(t, mapperBind)
	signed := unhex(t, signedResponse)
	for name, b := range map[string][]byte{
		"nothing":                   {},
		"half a header":             bind[:15],
		"frag_length 0":             with(bind, 8, 0, 0),
		"frag_length 15":            with(bind, 8, 15, 0),
		"frag_length FFFF":          with(bind, 8, 0xFF, 0xFF),
		"version 4":                 with(bind, 0, 4),
		"version 5.2":               with(bind, 1, 2),
		"EBCDIC":                    with(bind, 4, 0x11),
		"VAX":                       with(bind, 5, 1),
		"auth_length of all":        with(signed, 10, 0x40, 0),
		"auth_length beyond":        with(signed, 10, 0xFF, 0xFF),
		"auth_length into the head": with(signed, 10, 0x22, 0),
		"padding 255":               with(signed, 42, 255),
		"padding beyond the body":   with(signed, 42, 17),
		"request of 20 bytes":       append(unhex(t, "05 00 00 03 10 00 00 00 14 00 00 00 01 00 00 00"), 0, 0, 0, 0),
		"object is not there":       append(unhex(t, "05 00 00 83 10 00 00 00 18 00 00 00 01 00 00 00"), make([]byte, 8)...),
		"fault of 24 bytes":         append(unhex(t, "05 00 03 03 10 00 00 00 18 00 00 00 01 00 00 00"), make([]byte, 8)...),
	} {
		if _, err := Parse(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func with(b []byte, at int, v ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], v)
	return b
}

// R03: 255 contexts of 255 syntaxes that are not there.
func TestBindThatPromisesMoreThanItHasIsRefused(t *testing.T) {
	bind := unhex(t, mapperBind)
	for name, b := range map[string][]byte{
		"255 contexts": with(bind, 24, 255),
		"255 syntaxes": with(bind, 30, 255),
		"both":         with(with(bind, 24, 255), 30, 255),
	} {
		p := parse(t, b)
		n := testing.AllocsPerRun(10, func() {
			if _, err := p.Bind(); !errors.Is(err, ErrFormat) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if n > 20 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	ack := parse(t, with(unhex(t, mapperBindAck), 24, 0xFF, 0xFF))
	if _, err := ack.BindAck(); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

func TestReadTakesWhatWasAgreed(t *testing.T) {
	bind, request := unhex(t, mapperBind), make([]byte, 2000)
	copy(request, unhex(t, "05 00 00 03 10 00 00 00 d0 07 00 00 01 00 00 00"))
	stream := bytes.NewReader(append(bytes.Clone(bind), request...))
	p, buf, err := Read(stream, nil, 100)
	if err != nil || p.Type != TypeBind {
		t.Fatal(err)
	}
	if _, _, err = Read(stream, buf, 1999); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	if p, _, err = Read(bytes.NewReader(request), buf, 2000); err != nil || len(p.Body()) != 1976 {
		t.Error(err)
	}
	if _, _, err = Read(bytes.NewReader(request[:1999]), buf, 2000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if _, _, err = Read(bytes.NewReader(nil), buf, 2000); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestWhatIsWrittenIsReadAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Header{
			Minor: rapid.Uint8Range(0, 1).Draw(t, "minor"), CallID: rapid.Uint32().Draw(t, "call"),
			Flags: Flags(rapid.Uint8().Draw(t, "flags")) &^ ObjectUUID,
		}
		var a *Auth
		if rapid.Bool().Draw(t, "auth") {
			a = &Auth{
				Mechanism: security.NTLM, Level: security.Privacy, ContextID: rapid.Uint32().Draw(t, "context"),
				Token: rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "token"),
			}
		}
		stub := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "stub")
		syntax := rapid.Custom(func(t *rapid.T) Syntax {
			return Syntax{
				UUID:  mq.GUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")),
				Major: rapid.Uint16().Draw(t, "major"), Minor: rapid.Uint16().Draw(t, "minor"),
			}
		})
		object := h
		object.Flags |= ObjectUUID
		request := Request{Hint: 1, Context: 2, Opnum: 3, Object: syntax.Draw(t, "object").UUID, Stub: stub}
		response := Response{Hint: 7, Context: 8, Cancels: 1, Stub: stub}
		bind := Bind{
			MaxTransmit: 1, MaxReceive: 2, Group: 3,
			Contexts: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Context {
				return Context{
					ID: rapid.Uint16().Draw(t, "id"), Abstract: syntax.Draw(t, "abstract"),
					Transfer: rapid.SliceOfN(syntax, 0, 4).Draw(t, "transfer"),
				}
			}), 0, 5).Draw(t, "contexts"),
		}
		ack := BindAck{
			MaxTransmit: 1, MaxReceive: 2, Group: 3, Secondary: rapid.StringMatching("[0-9]{0,5}").Draw(t, "port"),
			Results: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Result {
				return Result{
					Answer: Answer(rapid.Uint16().Draw(t, "answer")), Reason: rapid.Uint16().Draw(t, "reason"),
					Transfer: syntax.Draw(t, "transfer"),
				}
			}), 0, 5).Draw(t, "results"),
		}
		for _, c := range []struct {
			b    []byte
			want any
			read func(p *PDU) (any, error)
		}{
			{request.Append(nil, object, a), request, func(p *PDU) (any, error) { return p.Request() }},
			{response.Append(nil, h, a), response, func(p *PDU) (any, error) { return p.Response() }},
			{bind.Append(nil, TypeAlterContext, h, a), bind, func(p *PDU) (any, error) { return p.Bind() }},
			{ack.Append(nil, TypeAlterContextResp, h, a), ack, func(p *PDU) (any, error) { return p.BindAck() }},
		} {
			p, err := Parse(c.b)
			if err != nil {
				t.Fatal(err)
			}
			at, align := p.trailerAt()-p.bodyAt(), authAlign
			if p.Type == TypeAlterContext || p.Type == TypeAlterContextResp {
				at, align = p.trailerAt(), bindAlign
			}
			if a != nil && (!bytes.Equal(p.Auth.Token, a.Token) || p.Auth.ContextID != a.ContextID || at%align != 0 || int(p.Auth.Pad) >= align) {
				t.Fatal(p.Auth)
			}
			got, err := c.read(&p)
			if err != nil || !cmp.Equal(got, c.want) || p.CallID != h.CallID {
				t.Fatal(err, cmp.Diff(got, c.want))
			}
		}
	})
}

func TestEmptyPDUsAndAuth3(t *testing.T) {
	h := Header{Flags: SingleFragment, CallID: 3}
	p := parse(t, AppendEmpty([]byte{}, TypeCancel, h))
	if p.Type != TypeCancel || p.Length != 16 || p.CallID != 3 {
		t.Error(p)
	}
	p = parse(t, AppendAuth3(nil, h, &Auth{Mechanism: security.NTLM, Level: security.Privacy, Token: []byte("abc")}))
	if p.Type != TypeAuth3 || string(p.Auth.Token) != "abc" || len(p.Body()) != 4 {
		t.Error(p)
	}
}

func TestRoomFitsIntoTheFragment(t *testing.T) {
	for _, c := range []struct {
		size, signature int
		object          bool
	}{{5840, -1, false}, {5840, 16, false}, {1432, 16, true}, {1432, 60, false}} {
		n := Room(c.size, c.object, c.signature)
		var a *Auth
		if c.signature >= 0 {
			a = &Auth{Token: make([]byte, c.signature)}
		}
		h := Header{}
		if c.object {
			h.Flags = ObjectUUID
		}
		r := Request{Stub: make([]byte, n)}
		if got := len(r.Append(nil, h, a)); got > c.size || got < c.size-31 {
			t.Errorf("%+v: %d bytes", c, got)
		}
	}
}

func FuzzPDU(f *testing.F) {
	for _, s := range []string{mapperBind, mapperBindAck, bigRequest, signedResponse, accessDenied, bindNak} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		if len(p.Body()) > len(b) {
			t.Fatal("a body of more bytes than the PDU")
		}
		if bind, err := p.Bind(); err == nil && len(bind.Contexts) > len(b)/24 {
			t.Fatal(len(bind.Contexts))
		}
		_, _ = p.BindAck()
		_, _ = p.BindNak()
		_, _ = p.Response()
		_, _ = p.Fault()
		if r, err := p.Request(); err == nil {
			_, _ = FindVerification(r.Stub)
		}
		if p.AuthLength > 0 && p.Type != TypeFault {
			if f := p.Fragment(true); len(f.Header)+len(f.Body)+len(f.Trailer)+len(p.Auth.Token) != len(b) {
				t.Fatal("sections do not add up")
			}
		}
	})
}

// S3 of the hostile rows: every bit of every dump turned over. What is still a PDU says
// the same when it is written again.
func TestEveryBitTurnedOver(t *testing.T) {
	for _, s := range []string{mapperBind, mapperBindAck, bigRequest, signedResponse, accessDenied, bindNak} {
		whole := unhex(t, s)
		for bit := range 8 * len(whole) {
			b := bytes.Clone(whole)
			b[bit/8] ^= 1 << (bit % 8)
			p, err := Parse(b)
			if err != nil {
				continue
			}
			if bind, err := p.Bind(); err == nil {
				again := parse(t, bind.Append(nil, p.Type, p.Header, nil))
				if got, err := again.Bind(); err != nil || !cmp.Equal(got, bind) {
					t.Errorf("bit %d: %v %s", bit, err, cmp.Diff(got, bind))
				}
			}
			if r, err := p.Request(); err == nil {
				again := parse(t, r.Append(nil, p.Header, nil))
				if got, err := again.Request(); err != nil || !cmp.Equal(got, r) {
					t.Errorf("bit %d: %v %s", bit, err, cmp.Diff(got, r))
				}
			}
		}
	}
}
