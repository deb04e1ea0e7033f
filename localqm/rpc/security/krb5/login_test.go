package krb5_test

import (
	"os"
	"path/filepath"
	"testing"

	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/krb5/kdctest"
)

func TestAPasswordOrAKeySignsInWithoutTickets(t *testing.T) {
	for _, kinds := range [][]string{nil, {"aes128-cts-hmac-sha1-96"}, {"aes256-cts-hmac-sha384-192"}} {
		d := realm(t, kinds...)
		d.WantProof("alice")
		for name, o := range map[string]krb5.InitiatorOptions{
			"password":           {Principal: alice, Password: password},
			"realm apart":        {Principal: "alice", Realm: "example.com", Password: password},
			"default realm":      {Principal: "alice", Password: password},
			"keytab":             {Principal: "host/" + hub, Keytab: d.keytab},
			"first of a keytab":  {Keytab: d.keytab},
			"wrapping, password": {Principal: alice, Password: password, Stream: security.Privacy},
		} {
			o.Config = d.Config
			i, err := krb5.NewInitiator(o)
			if err != nil {
				t.Fatal(name, err)
			}
			for range 2 { // the second time with the ticket of the first
				client, server := initiate(t, i, hub), accept(t, d.acceptor(t), security.Kerberos)
				err := signIn(client, server, nil)
				if o.Keytab != "" { // the hub is nobody's account here; its ticket was good all the same
					refusal(t, err, "host/"+hub)
					continue
				}
				if err != nil {
					t.Fatalf("%v, %s: %v", kinds, name, err)
				}
				if who := server.Identity().Account; who != alice {
					t.Errorf("%s: %s", name, who)
				}
			}
		}
	}
}

func TestWhoCannotSignInIsToldWhy(t *testing.T) {
	d := realm(t)
	begin := func(o krb5.InitiatorOptions) error {
		o.Config = d.Config
		i, err := krb5.NewInitiator(o)
		if err == nil {
			_, err = i.Initiate(hub)
		}
		return err
	}
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice, Password: "wrong"}), "password or key is wrong")
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice, Keytab: d.keytab}), "password or key is wrong")
	d.WantProof("alice")
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice, Password: "wrong"}), "password or key is wrong")
	refusal(t, begin(krb5.InitiatorOptions{Principal: "mallory@EXAMPLE.COM", Password: "x"}), "knows nobody")
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice}), "neither a password nor a keytab")
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice, Keytab: d.keytab}), "no key of")
	refusal(t, begin(krb5.InitiatorOptions{Keytab: filepath.Join(t.TempDir(), "none")}), "keytab")
	refusal(t, begin(krb5.InitiatorOptions{Principal: alice, Password: password, Realm: "EXAMPLE.COM", KDCs: []string{"127.0.0.1:1"}}), "no KDC of EXAMPLE.COM")

	empty := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := krb5.NewInitiator(krb5.InitiatorOptions{Config: empty, Principal: "alice", Password: password})
	refusal(t, err, "realm")
}

func TestOldKindsOfKeysAreNotUsed(t *testing.T) {
	d := kdctest.Start(t, kdctest.Options{Kinds: []string{"arcfour-hmac"}})
	d.Principal("alice", password)
	i, err := krb5.NewInitiator(krb5.InitiatorOptions{Config: d.Config, Principal: alice, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.Initiate(hub)
	refusal(t, err, "AES")
}
