// Package offer is every mechanism that a server signs its clients in with, as one
// acceptor.
package offer

import (
	"net/netip"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/spnego"
)

// Options are what there is to sign in with.
type Options struct {
	// Name is what clients call this computer: hub, or hub.example.com.
	Name string
	// Accounts are for NTLM; nil: it is not offered.
	Accounts ntlm.Accounts
	// Kerberos takes tickets; nil: it is not offered.
	Kerberos security.Acceptor
	// Anonymous lets NTLM clients in that name nobody, as the anonymous account.
	Anonymous bool
}

// New offers NTLM and Kerberos, each alone and by negotiation.
func New(o Options) security.Acceptor { return acceptor{o} }

type acceptor struct{ options Options }

func (a acceptor) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	o := a.options
	switch {
	case m == security.NTLM && o.Accounts != nil:
		return ntlm.Acceptor{Name: o.Name, Accounts: o.Accounts, Anonymous: o.Anonymous}.Accept(m, from)
	case m == security.Kerberos && o.Kerberos != nil:
		return o.Kerberos.Accept(m, from)
	case m == security.Negotiate && (o.Accounts != nil || o.Kerberos != nil):
		return spnego.Acceptor{Of: a}.Accept(m, from)
	}
	return nil, mq.Errorf(mq.ErrUnsupportedOperation, "sign in with "+m.String(), "it is not offered here").
		WithFix("add an account, or a keytab for Kerberos")
}
