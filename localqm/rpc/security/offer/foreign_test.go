package offer_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/oiweiwei/go-msrpc/ssp"
	"github.com/oiweiwei/go-msrpc/ssp/credential"
	"github.com/oiweiwei/go-msrpc/ssp/gssapi"
	"github.com/oiweiwei/go-msrpc/ssp/name"

	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/ntlm"
)

// foreign is a security context of somebody else: go-msrpc's own, as its clients use it
// (or its servers).
type foreign struct {
	security.Context
	ctx      context.Context
	acceptor bool
	options  []gssapi.Option
}

func foreignClient(level security.Level, password string, mechanism gssapi.MechanismFactory) *foreign {
	options := []gssapi.Option{gssapi.WithMechanismType(mechanism.Type()), gssapi.WithTargetName("host/hub")}
	if level >= security.Integrity {
		options = append(options, gssapi.WithRequest(gssapi.Integrity|gssapi.ReplayDetection|gssapi.Sequencing))
	}
	if level == security.Privacy {
		options = append(options, gssapi.WithRequest(gssapi.Confidentiality))
	}
	who := []gssapi.ContextOption{gssapi.WithCredential(credential.NewFromPassword(`CORP\alice`, password)), mechanism}
	if mechanism != gssapi.MechanismFactory(ssp.NTLM) {
		who = append(who, ssp.NTLM)
	}
	return &foreign{ctx: gssapi.NewSecurityContext(context.Background(), who...), options: options}
}

func foreignServer(password string) *foreign {
	db := credential.NewLocalDatabase()
	db.Add(credential.NewFromPassword(`CORP\alice`, password))
	return &foreign{
		ctx: gssapi.NewSecurityContext(context.Background(), ssp.NTLM), acceptor: true,
		options: []gssapi.Option{
			gssapi.WithMechanismType(ssp.MechanismTypeNTLM), gssapi.WithCredentialDatabase(gssapi.NewCredentialDatabase(db)),
			gssapi.WithServerNames(&name.Name{Type: name.NetBIOSNameType, Name: "HUB", Domain: "CORP"}),
		},
	}
}

func (f *foreign) Step(token []byte) ([]byte, bool, error) {
	step := gssapi.InitSecurityContext
	if f.acceptor {
		step = gssapi.AcceptSecurityContext
	}
	out, err := step(f.ctx, &gssapi.Token{Payload: token}, f.options...)
	if err != nil {
		return nil, false, err
	}
	if len(out.Payload) == 0 {
		out.Payload = nil
	}
	return out.Payload, gssapi.IsComplete(f.ctx), nil
}

func (f *foreign) parts(p security.Fragment, l security.Level) *gssapi.MessageTokenEx {
	body := gssapi.Integrity
	if l == security.Privacy {
		body |= gssapi.Confidentiality
	}
	return &gssapi.MessageTokenEx{Payloads: []*gssapi.PayloadEx{
		{Capabilities: gssapi.Integrity, Payload: p.Header},
		{Capabilities: body, Payload: p.Body},
		{Capabilities: gssapi.Integrity, Payload: p.Trailer},
	}}
}

func (f *foreign) Protect(l security.Level, p security.Fragment) ([]byte, error) {
	if l < security.Integrity {
		return nil, nil
	}
	protect := gssapi.WrapEx
	if l == security.Integrity {
		protect = gssapi.MakeSignatureEx
	}
	out, err := protect(f.ctx, f.parts(p, l))
	if err != nil {
		return nil, err
	}
	return out.Signature, nil
}

// Open compares the signature itself, which the foreign code does not.
func (f *foreign) Open(l security.Level, p security.Fragment, signature []byte) error {
	if l < security.Integrity {
		return nil
	}
	in := f.parts(p, l)
	in.Signature = signature
	if l == security.Integrity {
		return gssapi.VerifySignatureEx(f.ctx, in)
	}
	out, err := gssapi.UnwrapEx(f.ctx, in)
	if err == nil && !bytes.Equal(out.Signature, signature) {
		err = errors.New("another signature was expected")
	}
	return err
}

func TestForeignClientsSignIn(t *testing.T) {
	for m, mechanism := range map[security.Mechanism]gssapi.MechanismFactory{security.NTLM: ssp.NTLM, security.Negotiate: ssp.SPNEGO} {
		for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
			t.Run(m.String()+" "+l.String(), func(t *testing.T) {
				client, server := foreignClient(l, password, mechanism), accept(t, hub(t), m)
				if err := signIn(client, server); err != nil {
					t.Fatal(err)
				}
				if id := server.Identity(); id.Account != `HUB\alice` {
					t.Errorf("%+v", id)
				}
				calls(t, l, client, server)
				if err := signIn(foreignClient(l, "wrong", mechanism), accept(t, hub(t), m)); err == nil {
					t.Error("a wrong password was right")
				}
			})
		}
	}
}

func TestWeSignInToForeignServers(t *testing.T) {
	for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
		client, err := ntlm.NewInitiator("alice", "CORP", password).Initiate("hub")
		if err != nil {
			t.Fatal(err)
		}
		server := foreignServer(password)
		if err := signIn(client, server); err != nil {
			t.Fatal(err)
		}
		calls(t, l, client, server)
	}
}
