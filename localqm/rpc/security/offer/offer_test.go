package offer_test

import (
	"errors"
	"net/netip"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/rpc/security/spnego"
)

const password = "Sesam, öffne dich!"

var here = netip.MustParseAddr("127.0.0.1")

func hub(t testing.TB) security.Acceptor {
	t.Helper()
	s, err := accounts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add("alice", password, true); err != nil {
		t.Fatal(err)
	}
	return offer.New(offer.Options{Name: "hub.example.com", Accounts: s})
}

func accept(t testing.TB, a security.Acceptor, m security.Mechanism) security.Context {
	t.Helper()
	c, err := a.Accept(m, here)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signIn hands tokens to and fro, which a client sends first and last.
func signIn(client, server security.Context) error {
	var token []byte
	for range 10 {
		out, clientDone, err := client.Step(token)
		if err != nil {
			return err
		}
		serverDone := false
		if out != nil {
			if token, serverDone, err = server.Step(out); err != nil {
				return err
			}
		}
		if clientDone {
			if out != nil && !serverDone || token != nil && out != nil {
				return errors.New("the server is not done when the client is")
			}
			return nil
		}
	}
	return errors.New("nobody comes to an end")
}

// calls sends one each way, of several fragments.
func calls(t *testing.T, l security.Level, client, server security.Context) {
	t.Helper()
	for i := range 6 {
		from, to := client, server
		if i%2 == 1 {
			from, to = server, client
		}
		f := security.Fragment{Header: []byte("a header of 24 bytes....."), Body: []byte("16 bytes of body"), Trailer: []byte("8 of it.")}
		sig, err := from.Protect(l, f)
		if err == nil {
			err = to.Open(l, f, sig)
		}
		if err != nil || string(f.Body) != "16 bytes of body" {
			t.Fatalf("call %d: %q, %v", i, f.Body, err)
		}
	}
}

func TestEverythingThatThereIsIsOffered(t *testing.T) {
	kerberos := hub(t) // any acceptor: it is only asked
	for name, c := range map[string]struct {
		options offer.Options
		offered map[security.Mechanism]bool
	}{
		"nothing":  {offer.Options{}, nil},
		"accounts": {offer.Options{Accounts: &accounts.Store{}}, map[security.Mechanism]bool{security.NTLM: true, security.Negotiate: true}},
		"keytab":   {offer.Options{Kerberos: as{kerberos}}, map[security.Mechanism]bool{security.Kerberos: true, security.Negotiate: true}},
		"both": {offer.Options{Accounts: &accounts.Store{}, Kerberos: as{kerberos}}, map[security.Mechanism]bool{
			security.NTLM: true, security.Kerberos: true, security.Negotiate: true,
		}},
	} {
		for m := range security.Mechanism(70) {
			_, err := offer.New(c.options).Accept(m, here)
			if (err == nil) != c.offered[m] || err != nil && !errors.Is(err, mq.ErrUnsupportedOperation) {
				t.Errorf("%s: %v (%d): %v", name, m, m, err)
			}
		}
	}
}

// as offers NTLM under the name of Kerberos.
type as struct{ of security.Acceptor }

func (a as) Accept(_ security.Mechanism, from netip.Addr) (security.Context, error) {
	return a.of.Accept(security.NTLM, from)
}

func TestClientsSignInWithEveryMechanism(t *testing.T) {
	direct := ntlm.NewInitiator("alice", "", password)
	for _, i := range []security.Initiator{direct, spnego.NewInitiator(direct)} {
		for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
			client, err := i.Initiate("hub.example.com")
			if err != nil {
				t.Fatal(err)
			}
			server := accept(t, hub(t), i.Mechanism())
			if err := signIn(client, server); err != nil {
				t.Errorf("%v: %v", i.Mechanism(), err)
				continue
			}
			calls(t, l, client, server)
			if id := server.Identity(); id.Account != `HUB\alice` || id.Mechanism != security.NTLM {
				t.Errorf("%v: %+v", i.Mechanism(), id)
			}
		}
	}
}
