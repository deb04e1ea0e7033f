package memory

import (
	"context"
	"strings"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"

	goldap "github.com/go-ldap/ldap/v3"
)

// session is a directory as somebody who is signed in.
type session struct {
	*Directory
	token secure.Token
	as    string
	home  *node // the domain whose controller it is
}

// As is the directory for an account with these groups, besides everyone and all that
// are signed in.
func (d *Directory) As(account secure.SID, groups ...secure.SID) ldap.Operations {
	return &session{d, secure.Token{User: account, Groups: append([]secure.SID{secure.AuthenticatedUsers}, groups...)}, account.String(), d.domain}
}

// Administrator is the directory for the administrator of the domain.
func (d *Directory) Administrator() ldap.Operations {
	s := d.As(d.admin, secure.Administrators, d.account(ridDomainAdmins)).(*session)
	s.as = d.netBIOS() + `\Administrator`
	return s
}

// In is what Administrator is, at the controller of another domain (Domain).
func (d *Directory) In(domain string) ldap.Operations {
	s := d.Administrator().(*session)
	s.home = d.byKey[ldap.Key(base(domain))]
	return s
}

// SignIn is the directory for a computer (NAME$) or a person of the domain.
func (d *Directory) SignIn(account string) (ldap.Operations, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	found := d.index[indexKey("samaccountname", account)]
	if len(found) == 0 {
		return nil, d.refuse("sign in as "+account, ldap.CodeCredentials, "", "there is no such account")
	}
	group := uint32(ridDomainUsers)
	if found[0].class.name == "computer" {
		group = ridDomainComputer
	}
	s := d.As(found[0].sid, d.account(group)).(*session)
	s.as = d.netBIOS() + `\` + account
	return s, nil
}

// Person makes an ordinary user.
func (d *Directory) Person(account string) secure.SID {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.put(d.byKey[ldap.Key("CN=Users,"+d.root.Default)], account, "user", map[string][]string{"sAMAccountName": {account}})
	return n.sid
}

func (d *Directory) netBIOS() string { return strings.ToUpper(strings.Split(d.root.Forest, ".")[0]) }

// Root is what the directory tells of itself.
func (s *session) Root(ctx context.Context) (ldap.RootDSE, error) {
	if err := s.up(ctx, "ask the directory what it is"); err != nil {
		return ldap.RootDSE{}, err
	}
	root := s.root
	root.Default = s.home.dn
	return root, nil
}

// Status is how it stands.
func (s *session) Status() directory.Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := directory.Status{
		Connected: !s.stopped, Controller: s.root.DNSHostName, Forest: s.root.Forest, As: s.as, Protection: "in memory",
	}
	if s.stopped {
		st.Err = s.down("ask the directory")
	}
	return st
}

// Close does nothing.
func (s *session) Close() error { return nil }

func (s *session) down(op string) error {
	return mq.Errorf(mq.ErrNoDS, op, "%s does not answer", s.root.DNSHostName).WithFix("try again when the controller runs")
}

// up fails if the controller is stopped or nobody waits any more.
func (s *session) up(ctx context.Context, op string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return mq.Errorf(mq.ErrNoDS, op, "nobody waits for it any more: %w", err)
	}
	if s.stopped {
		return s.down(op)
	}
	return nil
}

// lock takes the lock for a change.
func (s *session) lock(ctx context.Context, op string) (unlock func(), err error) {
	s.mu.Lock()
	switch {
	case ctx.Err() != nil:
		err = mq.Errorf(mq.ErrNoDS, op, "nobody waits for it any more: %w", ctx.Err())
	case s.stopped:
		err = s.down(op)
	default:
		return s.mu.Unlock, nil
	}
	s.mu.Unlock()
	return nil, err
}

// find is the object of a name, which may be <GUID=...>, that this controller has.
func (s *session) find(op, dn string) (*node, error) {
	n, err := s.lookup(op, dn)
	if err == nil && !n.under(s.config) && !n.under(s.home) {
		return nil, s.refuse(op, ldap.CodeReferral, dn, "it is in another domain")
	}
	return n, err
}

// lookup is that of the whole forest.
func (s *session) lookup(op, dn string) (*node, error) {
	if text, ok := strings.CutPrefix(dn, "<GUID="); ok {
		id, err := mq.ParseGUID(strings.TrimSuffix(text, ">"))
		if err != nil {
			return nil, s.refuse(op, ldap.CodeBadDN, dn, "not a GUID")
		}
		if n, ok := s.byGUID[id]; ok {
			return n, nil
		}
		return nil, s.refuse(op, ldap.CodeNoObject, dn, "no such object")
	}
	d, err := goldap.ParseDN(dn)
	if err != nil || len(d.RDNs) == 0 {
		return nil, s.refuse(op, ldap.CodeBadDN, dn, "not a distinguished name")
	}
	key := ldap.Key(dn)
	if n, ok := s.byKey[key]; ok {
		return n, nil
	}
	if !strings.HasSuffix(key, s.domain.key) {
		return nil, s.refuse(op, ldap.CodeReferral, dn, "it is in another domain")
	}
	return nil, s.refuse(op, ldap.CodeNoObject, dn, "no such object")
}

// may reports whether the caller has rights on an object, or on part of it.
func (s *session) may(n *node, mask uint32, object mq.GUID) bool {
	return n.security.Granted(s.token, mask, object) == mask
}
