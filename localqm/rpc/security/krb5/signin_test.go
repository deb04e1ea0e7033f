package krb5_test

import (
	"errors"
	"net/netip"
	"testing"

	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/krb5/kdctest"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/rpc/security/spnego"
)

const (
	hub      = "hub.example.com"
	alice    = "alice@EXAMPLE.COM"
	password = "Sesam, open up"
)

var here = netip.MustParseAddr("127.0.0.1")

// domain is a realm with alice in it, who is an administrator of the hub.
type domain struct {
	*kdctest.Realm
	keytab   string
	accounts *accounts.Store
}

func realm(t testing.TB, kinds ...string) *domain {
	t.Helper()
	d := &domain{Realm: kdctest.Start(t, kdctest.Options{Kinds: kinds})}
	d.Principal("alice", password)
	d.keytab = d.Keytab("host/" + hub)
	var err error
	if d.accounts, err = accounts.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.accounts.AddPrincipal(alice, true); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *domain) acceptor(t testing.TB) *krb5.Acceptor {
	t.Helper()
	a, err := krb5.NewAcceptor(d.keytab, d.accounts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (d *domain) initiator(t testing.TB, cache string) *krb5.Initiator {
	t.Helper()
	i, err := krb5.NewInitiator(krb5.InitiatorOptions{Config: d.Config, Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func initiate(t testing.TB, i security.Initiator, host string) security.Context {
	t.Helper()
	c, err := i.Initiate(host)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func accept(t testing.TB, a security.Acceptor, m security.Mechanism) security.Context {
	t.Helper()
	c, err := a.Accept(m, here)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signIn hands tokens to and fro; change may alter them, by their number.
func signIn(client, server security.Context, change func(n int, token []byte) []byte) error {
	var token []byte
	clientDone, serverDone := false, false
	for n := 0; n < 10 && !(clientDone && serverDone); n++ {
		side, done := client, &clientDone
		if n%2 == 1 {
			side, done = server, &serverDone
		}
		if change != nil && n > 0 {
			token = change(n-1, token)
		}
		out, d, err := side.Step(token)
		if err != nil {
			return err
		}
		token, *done = out, d
		if d && out == nil {
			break
		}
	}
	if !clientDone || !serverDone {
		return errors.New("nobody comes to an end")
	}
	return nil
}

// calls sends some each way, of several sizes.
func calls(t *testing.T, l security.Level, client, server security.Context) {
	t.Helper()
	for i := range 40 {
		from, to := client, server
		if i%2 == 1 {
			from, to = server, client
		}
		text := make([]byte, i*i*4)
		for j := range text {
			text[j] = byte(i + j)
		}
		f := security.Fragment{Header: []byte("a header of 24 bytes....."), Body: append([]byte(nil), text...), Trailer: []byte("8 of it."), SignHeader: i%3 > 0}
		sig, err := from.Protect(l, f)
		if err != nil {
			t.Fatal(err)
		}
		if len(sig) != from.SignatureSize(l) {
			t.Fatalf("a signature of %d bytes, not %d", len(sig), from.SignatureSize(l))
		}
		if sealed := string(f.Body) != string(text); sealed != (l == security.Privacy && len(text) > 0) {
			t.Fatalf("%v: sealed: %v", l, sealed)
		}
		if err := to.Open(l, f, sig); err != nil || string(f.Body) != string(text) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

func TestUsersOfTheRealmSignIn(t *testing.T) {
	for _, kinds := range [][]string{
		nil, {"aes128-cts-hmac-sha1-96"}, {"aes256-cts-hmac-sha384-192"}, {"aes128-cts-hmac-sha256-128"},
	} {
		d := realm(t, kinds...)
		kerberos := d.initiator(t, "FILE:"+d.Tickets("alice", password))
		o := offer.New(offer.Options{Name: hub, Kerberos: d.acceptor(t), Accounts: d.accounts})
		for _, i := range []security.Initiator{kerberos, spnego.NewInitiator(kerberos)} {
			for _, l := range []security.Level{security.Connect, security.Integrity, security.Privacy} {
				client, server := initiate(t, i, "HUB.example.com"), accept(t, o, i.Mechanism())
				if err := signIn(client, server, nil); err != nil {
					t.Fatalf("%v, %v: %v", kinds, i.Mechanism(), err)
				}
				calls(t, l, client, server)
				a, _, err := d.accounts.Principal(alice)
				if id := server.Identity(); err != nil || id.Account != alice || id.Mechanism != security.Kerberos || id.Token.User != a.SID || len(id.Token.Groups) != 2 {
					t.Errorf("%+v, %v", id, err)
				}
			}
		}
	}
}
