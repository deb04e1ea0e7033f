package interfaces_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/krb5/kdctest"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/rpc/security/spnego"
)

// domain is a queue manager in a realm, of which alice is an administrator, and bob is
// nobody there.
func domain(t testing.TB, log *slog.Logger) (*interfacestest.QM, *kdctest.Realm, func(user string) *krb5.Initiator) {
	t.Helper()
	r := kdctest.Start(t, kdctest.Options{})
	known, err := accounts.Open(t.TempDir())
	if err == nil {
		_, err = known.AddPrincipal("alice@EXAMPLE.COM", true)
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := krb5.NewAcceptor(r.Keytab("host/hub.example.com"), known, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := interfacestest.Start(t, "HUB", func(o *interfaces.Options) {
		o.Log = log
		o.Acceptor = offer.New(offer.Options{Name: "hub.example.com", Accounts: known, Kerberos: a})
	})
	q.Create(`.\private$\orders`, localqm.QueueSpec{})
	return q, r, func(user string) *krb5.Initiator {
		r.Principal(user, "password")
		i, err := krb5.NewInitiator(krb5.InitiatorOptions{Config: r.Config, Cache: r.Tickets(user, "password")})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
}

func TestUsersOfARealmManage(t *testing.T) {
	var log bytes.Buffer
	q, _, tickets := domain(t, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	alice, bob := tickets("alice"), tickets("bob")
	ask := func(i security.Initiator, host string) error {
		c, err := rpc.Dial(ctx, q.At(), rpc.DialOptions{Initiator: i, Host: host})
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = queues(c)
		return err
	}
	for name, i := range map[string]security.Initiator{
		"Kerberos": alice, "Negotiate": spnego.NewInitiator(alice), "either": spnego.NewInitiator(alice, ntlm.NewInitiator("nobody", "", "")),
	} {
		if err := ask(i, "hub.example.com"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, i := range []security.Initiator{bob, spnego.NewInitiator(bob)} {
		if err := ask(i, "hub.example.com"); !errors.Is(err, rpc.ErrSignIn) {
			t.Errorf("bob: %v", err)
		}
	}
	if err := ask(alice, "elsewhere.example.com"); !errors.Is(err, rpc.ErrSignIn) {
		t.Errorf("a computer that the realm does not know: %v", err)
	}
	q.Disconnect() // and its log is written
	if n := strings.Count(log.String(), "posthouse account add bob@EXAMPLE.COM"); n != 2 {
		t.Errorf("the administrator is told %d times:\n%s", n, log.String())
	}
}

func BenchmarkGetInfoByKerberos(b *testing.B) {
	q, _, tickets := domain(b, nil)
	alice := tickets("alice")
	for _, level := range []security.Level{security.Privacy} {
		for _, outstanding := range []int{1, 16} {
			b.Run(fmt.Sprintf("%v/%d", level, outstanding), func(b *testing.B) {
				benchmarkGetInfo(b, q, rpc.DialOptions{Level: level, Initiator: alice, Host: "hub.example.com"}, outstanding)
			})
		}
	}
}
