package sasl_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"posthouse/directory/ldap/samba"
	"posthouse/directory/ldap/sasl"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/spnego"
)

// dial opens a connection that a test cannot hang on.
func dial(t *testing.T, f *samba.Forest) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort(f.Address, "389"))
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

func byKerberos(t *testing.T, o krb5.InitiatorOptions, f *samba.Forest) security.Initiator {
	t.Helper()
	o.Config, o.Service = f.Krb5, "ldap"
	i, err := krb5.NewInitiator(o)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestADirectoryTakesWhatIsSealed(t *testing.T) {
	f := samba.Join(t)
	machine := krb5.InitiatorOptions{Keytab: f.Keytab("HUB-CPH01"), Stream: security.Privacy}
	anna := krb5.InitiatorOptions{Principal: f.User(samba.Anna), Password: f.UserPassword, Stream: security.Privacy}
	cached := krb5.InitiatorOptions{Cache: f.Tickets(t, samba.Anna, f.UserPassword), Stream: security.Privacy}
	for name, c := range map[string]struct {
		mechanism sasl.Mechanism
		initiator security.Initiator
	}{
		"Kerberos, password":      {sasl.SPNEGO, spnego.NewInitiator(byKerberos(t, anna, f))},
		"Kerberos, keytab":        {sasl.SPNEGO, spnego.NewInitiator(byKerberos(t, machine, f))},
		"Kerberos, cache":         {sasl.SPNEGO, spnego.NewInitiator(byKerberos(t, cached, f))},
		"Kerberos, then NTLM":     {sasl.SPNEGO, spnego.NewInitiator(byKerberos(t, anna, f), ntlm.NewInitiator(samba.Anna, f.Domain, f.UserPassword))},
		"NTLM":                    {sasl.SPNEGO, spnego.NewInitiator(ntlm.NewInitiator(samba.Anna, f.Domain, f.UserPassword).For("ldap"))},
		"GSSAPI with a layer":     {sasl.GSSAPI, byKerberos(t, anna, f)},
		"GSSAPI, keytab":          {sasl.GSSAPI, byKerberos(t, machine, f)},
		"Kerberos without SPNEGO": {sasl.SPNEGO, byKerberos(t, anna, f)},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := c.initiator.Initiate(f.Address)
			if err != nil {
				t.Fatal(err)
			}
			secured, err := sasl.Bind(t.Context(), dial(t, f), c.mechanism, who, security.Privacy)
			if err != nil {
				t.Fatal(err)
			}
			l := ldap.NewConn(secured, false)
			l.Start()
			defer func() { _ = l.Close() }()
			for range 3 {
				// Schema is many frames' worth.
				r, err := l.SearchWithPaging(ldap.NewSearchRequest("CN=Schema,"+f.Configuration(), ldap.ScopeWholeSubtree, 0, 0, 0, false, "(cn=mSMQ*)", nil, nil), 20)
				if err != nil || len(r.Entries) < 60 {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestARefusedBindSaysWhy(t *testing.T) {
	f := samba.Join(t)
	who, err := ntlm.NewInitiator(samba.Anna, f.Domain, "wrong").Initiate(f.Address)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sasl.Bind(t.Context(), dial(t, f), sasl.SPNEGO, who, security.Privacy)
	var a *sasl.Answer
	if !errors.As(err, &a) || a.Code != ldap.LDAPResultInvalidCredentials || a.Message == "" {
		t.Errorf("%v", err)
	}
}

func TestNothingWaitsLongerThanItMay(t *testing.T) {
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	who, err := ntlm.NewInitiator("anna", "", "x").Initiate("dc")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	go stop(errors.New("enough")) //nolint:govet // at once
	if _, err := sasl.Bind(ctx, ours, sasl.SPNEGO, who, security.Privacy); err == nil || !errors.Is(err, context.Cause(ctx)) {
		t.Error(err)
	}
	if _, err := ours.Write(nil); err == nil {
		t.Error("the connection is still open")
	}
}
