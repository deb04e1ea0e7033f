package conn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// inFlight is how many requests a session has at once.
const inFlight = 16

// session is one connection that somebody has signed in on.
type session struct {
	*dialing
	line       *guarded
	lib        *goldap.Conn
	controller string // its own name for itself, once it has told
	as         string
	root       ldap.RootDSE
	slots      chan struct{} // requests
	sets       resultSets

	mu   sync.Mutex
	why  error         // why it is gone
	gone chan struct{} // closed when it is
}

// lose is called when the line breaks; what waits for an answer fails then.
func (s *session) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == nil {
		s.why = err
		close(s.gone)
	}
}

// alive reports whether requests can be sent.
func (s *session) alive() bool {
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// reason is why it is not.
func (s *session) reason() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// drop ends the session; requests fail. It does not wait.
func (s *session) drop(why error) {
	s.lose(why)
	_ = s.line.Close() // the library's reader ends by it, and closes the rest
}

// close ends the session, and what the library has running for it.
func (s *session) close(why error) {
	s.drop(why)
	_ = s.lib.Close()
}

// errSlow is that no answer came within the time that a request has.
var errSlow = errors.New("no answer came in time")

// call does one request. It returns when ctx ends, then with answered false: the
// request may still go on. A line on which an answer does not come in time is given up.
func (s *session) call(ctx context.Context, op string, request func() error) (answered bool, err error) {
	ctx, stop := context.WithTimeoutCause(ctx, s.Timeout, errSlow)
	defer stop()
	select {
	case s.slots <- struct{}{}:
	case <-s.gone:
		return false, s.broken(op, s.reason())
	case <-ctx.Done():
		return false, s.late(op, ctx)
	}
	answer := make(chan error, 1)
	if !s.begin(func() {
		defer func() { <-s.slots }()
		answer <- contain(request)
	}) {
		<-s.slots
		return false, s.broken(op, s.reason())
	}
	select {
	case err := <-answer:
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return false, s.late(op, ctx)
		}
		return true, s.explain(op, err)
	case <-ctx.Done():
		return false, s.late(op, ctx)
	}
}

// begin runs a request in a goroutine of its own, unless the session is gone: then
// somebody may be waiting for the last of them.
func (s *session) begin(request func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return false
	}
	s.calls.Go(request)
	return true
}

// contain keeps a panic of the library, over an answer that it cannot read, from
// ending the program.
func contain(request func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the answer is damaged: %v", r)
		}
	}()
	return request()
}

// late is the error of who has stopped waiting.
func (s *session) late(op string, ctx context.Context) error { //nolint:revive // op first, as everywhere here
	cause := context.Cause(ctx)
	if errors.Is(cause, errSlow) {
		s.drop(errSlow)
		return mq.Errorf(mq.ErrNoDS, op, "%s has not answered for %v: %w", s.controller, s.Timeout, cause).
			WithFix("try again: another controller is asked then, if there is one")
	}
	return mq.Errorf(mq.ErrNoDS, op, "it was given up before %s answered: %w", s.controller, cause).
		WithFix("try again; a change may have been made all the same")
}

func (s *session) broken(op string, err error) *mq.Error {
	if why := s.reason(); why != nil {
		err = why
	}
	return mq.Errorf(mq.ErrNoDS, op, "the connection to %s broke: %w", s.controller, err).
		WithFix("try again; a change may have been made all the same")
}

// explain makes the error of an answer for people.
func (s *session) explain(op string, err error) error {
	var e *goldap.Error
	var known *mq.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known): // what it sends is no good
		s.drop(err)
		return err
	case errors.As(err, &e) && e.ResultCode < 200: // the library's own are above
		said := ""
		if e.Err != nil {
			said = e.Err.Error()
		}
		return refuse(op, s.controller, e.ResultCode, said)
	case errors.As(err, &e) && e.ResultCode == goldap.ErrorFilterCompile:
		return mq.Errorf(mq.ErrInvalidParameter, op, "the filter cannot be read: %w", err).WithFix("this should not happen: report it")
	}
	s.drop(err) // after an answer that cannot be read, none can be
	return s.broken(op, err)
}

// signIn binds by name and password, if that has not been done by SASL.
func (s *session) signIn(ctx context.Context, method Method) error {
	if method != Simple {
		return nil
	}
	name, err := s.SignIn.User, error(nil)
	if !strings.ContainsAny(name, `@\=`) {
		domain := s.Domain
		if domain == "" {
			if domain, err = s.domain(ctx); err != nil {
				return err
			}
		}
		name += "@" + domain
	}
	err = contain(func() error { return s.lib.Bind(name, s.SignIn.Password) })
	var e *goldap.Error
	if errors.As(err, &e) && e.ResultCode == ldap.CodeCredentials && e.Err != nil {
		return refuseSignIn(s.controller, e.ResultCode, e.Err.Error())
	}
	return s.explain("sign in to the directory", err)
}

// domain is that of the controller, which anybody may ask for. In a simple bind a name
// without its domain is none (MS-ADTS 5.1.1.1.1).
func (s *session) domain(ctx context.Context) (name string, err error) {
	const root = "defaultNamingContext"
	err = s.search(ctx, "ask the directory for its domain", ldap.Search{Scope: ldap.ScopeBase, Attributes: []string{root}}, func(e ldap.Entry) bool {
		name = dnsName(e.Text(root))
		return false
	})
	return name, err
}

func (s *session) how(method Method) string {
	switch method {
	case Simple:
		return "name and password"
	case Anonymous:
		return "nobody's name"
	}
	return s.mechanism.String()
}

// ask reads what the directory tells of itself (MS-ADTS 3.1.1.3.2), and how it calls
// who has signed in.
func (s *session) ask(ctx context.Context) error {
	const op = "ask the directory about itself"
	found := false
	names := []string{
		"defaultNamingContext", "configurationNamingContext", "rootDomainNamingContext", "schemaNamingContext",
		"dnsHostName", "namingContexts", "supportedControl",
	}
	err := s.search(ctx, op, ldap.Search{Scope: ldap.ScopeBase, Attributes: names}, func(e ldap.Entry) bool {
		found = true
		s.root = ldap.RootDSE{
			Default: e.Text(names[0]), Configuration: e.Text(names[1]), RootDomain: e.Text(names[2]), Schema: e.Text(names[3]),
			DNSHostName: e.Text(names[4]),
		}
		s.root.Forest = dnsName(s.root.RootDomain)
		for _, v := range e.Values(names[5]) {
			if c := string(v); len(c) > 3 && strings.EqualFold(c[:3], "DC=") && !isZone(c) {
				s.root.Domains = append(s.root.Domains, c)
			}
		}
		for _, v := range e.Values(names[6]) {
			s.root.Controls = append(s.root.Controls, string(v))
		}
		return true
	})
	if err != nil {
		return err
	}
	if !found || s.root.Configuration == "" || s.root.Default == "" {
		return mq.Errorf(mq.ErrNoDS, op, "%s is no controller of Active Directory: it tells of no domain", s.controller).
			WithFix("name a domain controller")
	}
	if s.root.DNSHostName != "" {
		s.controller = s.root.DNSHostName
	}
	s.as = s.account(ctx)
	return nil
}

// account is DOMAIN\name of who has signed in, as far as it is known.
func (s *session) account(ctx context.Context) string {
	name, realm, domain := s.SignIn.split()
	switch {
	case s.SignIn.Method == Anonymous:
		return ""
	case isDN(s.SignIn.User), domain != "":
		return s.SignIn.User
	case name == "":
		if s.tickets != nil {
			name, realm = s.tickets.Who()
		}
	}
	if realm != "" && !strings.EqualFold(realm, dnsName(s.root.Default)) {
		return name + "@" + realm
	}
	netBIOS := ""
	_ = s.search(ctx, "ask for the name of the domain", ldap.Search{
		Base: "CN=Partitions," + s.root.Configuration, Scope: ldap.ScopeOne, Attributes: []string{"nETBIOSName"}, Limit: 1,
		Filter: "(nCName=" + goldap.EscapeFilter(s.root.Default) + ")",
	}, func(e ldap.Entry) bool {
		netBIOS = e.Text("nETBIOSName")
		return false
	})
	if netBIOS == "" {
		return name
	}
	return netBIOS + `\` + name
}

// dnsName is that of a domain by its distinguished name.
func dnsName(dn string) string {
	var labels []string
	for part := range strings.SplitSeq(dn, ",") {
		if k, v, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(k), "DC") {
			labels = append(labels, v)
		}
	}
	return strings.Join(labels, ".")
}
