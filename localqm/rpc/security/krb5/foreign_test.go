package krb5_test

import (
	"context"
	"testing"

	"github.com/oiweiwei/go-msrpc/ssp"
	"github.com/oiweiwei/go-msrpc/ssp/credential"
	"github.com/oiweiwei/go-msrpc/ssp/gssapi"
	mechanism "github.com/oiweiwei/go-msrpc/ssp/krb5"
	"github.com/oiweiwei/gokrb5.fork/v9/config"
	"github.com/oiweiwei/gokrb5.fork/v9/credentials"

	"posthouse/localqm/rpc/security"
)

// foreign is go-msrpc's security context, as its clients use it.
type foreign struct {
	security.Context
	ctx     context.Context
	options []gssapi.Option
}

func newForeign(t *testing.T, d *domain, cache string, l security.Level) *foreign {
	t.Helper()
	tickets, err := credentials.LoadCCache(cache)
	if err != nil {
		t.Fatal(err)
	}
	settings := mechanism.NewConfig()
	if settings.KRB5Config, err = config.Load(d.Config); err != nil {
		t.Fatal(err)
	}
	settings.DCEStyle = true
	options := []gssapi.Option{
		gssapi.WithMechanismType(ssp.MechanismTypeKRB5), gssapi.WithMechanismConfig(settings),
		gssapi.WithTargetName("host/" + hub), gssapi.WithRequest(gssapi.MutualAuthn),
	}
	if l >= security.Integrity {
		options = append(options, gssapi.WithRequest(gssapi.Integrity|gssapi.ReplayDetection|gssapi.Sequencing))
	}
	if l == security.Privacy {
		options = append(options, gssapi.WithRequest(gssapi.Confidentiality))
	}
	who := gssapi.WithCredential(credential.NewFromCCache("alice", tickets, credential.Domain(d.Name)))
	return &foreign{ctx: gssapi.NewSecurityContext(context.Background(), who, ssp.KRB5), options: options}
}

func (f *foreign) Step(token []byte) ([]byte, bool, error) {
	out, err := gssapi.InitSecurityContext(f.ctx, &gssapi.Token{Payload: token}, f.options...)
	if err != nil {
		return nil, false, err
	}
	return out.Payload, gssapi.IsComplete(f.ctx), nil
}

func parts(p security.Fragment, l security.Level) *gssapi.MessageTokenEx {
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
	protect := gssapi.WrapEx
	if l == security.Integrity {
		protect = gssapi.MakeSignatureEx
	}
	out, err := protect(f.ctx, parts(p, l))
	if err != nil {
		return nil, err
	}
	return out.Signature, nil
}

func (f *foreign) Open(l security.Level, p security.Fragment, signature []byte) error {
	in := parts(p, l)
	in.Signature = signature
	if l == security.Integrity {
		return gssapi.VerifySignatureEx(f.ctx, in)
	}
	_, err := gssapi.UnwrapEx(f.ctx, in)
	return err
}

func TestForeignClientsSignIn(t *testing.T) {
	d := realm(t)
	cache := d.Tickets("alice", password)
	for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
		client, server := newForeign(t, d, cache, l), accept(t, d.acceptor(t), security.Kerberos)
		if err := signIn(client, server, nil); err != nil {
			t.Fatalf("%v: %v", l, err)
		}
		if id := server.Identity(); id.Account != alice {
			t.Errorf("%+v", id)
		}
		for i := range 6 {
			if l == security.Connect {
				break
			}
			from, to := security.Context(client), server
			if i%2 == 1 {
				from, to = to, from
			}
			f := security.Fragment{Header: []byte("a header of 24 bytes...."), Body: []byte("16 bytes of body"), Trailer: []byte("8 of it."), SignHeader: true}
			sig, err := from.Protect(l, f)
			if err == nil {
				err = to.Open(l, f, sig)
			}
			if err != nil || string(f.Body) != "16 bytes of body" {
				t.Fatalf("%v, call %d: %q, %v", l, i, f.Body, err)
			}
		}
	}
}
