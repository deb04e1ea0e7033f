package krb5_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/credentials"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/krb5/kdctest"
)

// refusal checks that an error says a word, and what to do.
func refusal(t *testing.T, err error, words ...string) {
	t.Helper()
	var e *mq.Error
	if !errors.As(err, &e) || e.Fix == "" {
		t.Fatalf("no advice: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestUsersAreToldWhyTheyHaveNoTicket(t *testing.T) {
	d := realm(t)
	tickets := d.Tickets("alice", password)
	begin := func(cache, host string) error {
		_, err := d.initiator(t, cache).Initiate(host)
		return err
	}
	missing := filepath.Join(t.TempDir(), "none")
	refusal(t, begin("FILE:"+missing, hub), missing, "not there", "kinit")

	damaged := filepath.Join(t.TempDir(), "damaged")
	for _, content := range []string{"", "\x05", "\x05\x04\x00\x0c\x00\x01", "hello", "\x05\x04\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff"} {
		if err := os.WriteFile(damaged, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		refusal(t, begin(damaged, hub), "cannot be read", "kinit")
	}

	refusal(t, begin(expired(t, tickets), hub), alice, "expired", "kinit "+alice)
	refusal(t, begin(tickets, "elsewhere.example.com"), "host/elsewhere.example.com", "full name")
	refusal(t, begin(tickets, ""), "name")
	d.Stop()
	err := begin(tickets, hub)
	refusal(t, err, "no KDC of EXAMPLE.COM", "refused")
	if !errors.Is(err, mq.ErrRemoteMachineNotAvailable) {
		t.Error(err)
	}
}

// expired copies a ticket cache, with tickets that have ended.
func expired(t *testing.T, cache string) string {
	t.Helper()
	c, err := credentials.LoadCCache(cache)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	at := func(when time.Time) []byte { return binary.BigEndian.AppendUint32(nil, uint32(when.Unix())) }
	for _, c := range c.GetEntries() {
		old := append(append(at(c.AuthTime), at(c.StartTime)...), at(c.EndTime)...)
		if !bytes.Contains(b, old) {
			t.Fatal("no times in the cache")
		}
		b = bytes.ReplaceAll(b, old, append(append(at(c.AuthTime), at(c.StartTime)...), at(time.Now().Add(-time.Hour))...))
	}
	out := filepath.Join(t.TempDir(), "expired")
	if err := os.WriteFile(out, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// The tickets are read anew each time: whoever uses kinit is who signs in.
func TestNewTicketsAreUsed(t *testing.T) {
	d := realm(t)
	d.Principal("bob", password)
	if _, err := d.accounts.AddPrincipal("bob@EXAMPLE.COM", false); err != nil {
		t.Fatal(err)
	}
	a, cache := d.acceptor(t), filepath.Join(t.TempDir(), "tickets")
	i := d.initiator(t, cache)
	for _, who := range []string{"alice", "bob", "bob"} {
		d.Run(password+"\n", "kinit", "-c", cache, who)
		for range 3 {
			client, server := initiate(t, i, hub), accept(t, a, security.Kerberos)
			if err := signIn(client, server, nil); err != nil {
				t.Fatal(err)
			}
			if id := server.Identity(); id.Account != who+"@EXAMPLE.COM" {
				t.Errorf("%s is %s", who, id.Account)
			}
		}
	}
}

// A ticket that a computer took is used again, without the KDC, until it is not taken.
func TestTicketsAreKept(t *testing.T) {
	d := realm(t)
	a, i := d.acceptor(t), d.initiator(t, d.Tickets("alice", password))
	if err := signIn(initiate(t, i, hub), accept(t, a, security.Kerberos), nil); err != nil {
		t.Fatal(err)
	}
	d.Stop()
	if err := signIn(initiate(t, i, hub), accept(t, a, security.Kerberos), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := initiate(t, i, hub).Step(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Initiate(hub); !errors.Is(err, mq.ErrRemoteMachineNotAvailable) {
		t.Errorf("%v: a ticket that nobody has taken was kept", err)
	}
}

func TestTicketsOfTheCacheAreUsed(t *testing.T) {
	d := realm(t)
	cache := d.Tickets("alice", password)
	d.Run("", "kvno", "-c", cache, "host/"+hub)
	d.Stop()
	if err := signIn(initiate(t, d.initiator(t, cache), hub), accept(t, d.acceptor(t), security.Kerberos), nil); err != nil {
		t.Fatal(err)
	}
}

func TestTicketsOfOtherRealmsAreGot(t *testing.T) {
	shop := kdctest.Start(t, kdctest.Options{Name: "SHOP.TEST", Domains: map[string]string{"shop.test": "SHOP.TEST", "depot.test": "DEPOT.TEST"}})
	depot := kdctest.Start(t, kdctest.Options{Name: "DEPOT.TEST"})
	both := shop.Trust(depot)
	shop.Principal("alice", password)
	d := realm(t)
	d.keytab = depot.Keytab("host/hub.depot.test")
	if _, err := d.accounts.AddPrincipal("alice@SHOP.TEST", false); err != nil {
		t.Fatal(err)
	}
	mapped := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(mapped, []byte("include "+both+"\n[domain_realm]\n .depot.test = DEPOT.TEST\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cache := shop.Tickets("alice", password)
	for _, conf := range []string{both, mapped} { // the KDC knows, or krb5.conf
		i, err := krb5.NewInitiator(krb5.InitiatorOptions{Config: conf, Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		server := accept(t, d.acceptor(t), security.Kerberos)
		if err := signIn(initiate(t, i, "hub.depot.test"), server, nil); err != nil {
			t.Fatal(err)
		}
		if id := server.Identity(); id.Account != "alice@SHOP.TEST" {
			t.Errorf("%+v", id)
		}
	}
}

func TestChangedKeytabsAreFollowed(t *testing.T) {
	d := realm(t)
	a := d.acceptor(t)
	cache := d.Tickets("alice", password)
	newer := d.Keytab("host/" + hub)
	err := signIn(initiate(t, d.initiator(t, cache), hub), accept(t, a, security.Kerberos), nil)
	refusal(t, err, "key version 3", "[2]", "keytab anew")
	if err := os.Rename(newer, d.keytab); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"", "\x05\x02\x00\x00\x00\x40", "hello"} {
		if err := signIn(initiate(t, d.initiator(t, cache), hub), accept(t, a, security.Kerberos), nil); err != nil {
			t.Fatal(err)
		}
		// What is damaged afterwards changes nothing for who is there.
		if err := os.WriteFile(d.keytab, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
