package conn

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"posthouse/directory/ldap/sasl"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/spnego"
)

// connectTime is how long one address of a controller has to accept.
const connectTime = 5 * time.Second

// dialing makes a session with one controller.
type dialing struct {
	*Options
	target     target
	catalogue  bool
	protection Protection
	began      time.Time // of the layer
	address    string
	mechanism  security.Mechanism
	tickets    *krb5.Initiator // nil: Kerberos is not tried
	calls      *sync.WaitGroup // of requests
}

// dial goes through the layers; each is reported.
func (d *dialing) dial(ctx context.Context) (*session, error) {
	d.protection = d.Options.protection(d.target)
	d.began = time.Now()
	raw, err := d.connect(ctx)
	if d.done(LayerConnect, "it answers at "+d.address, err) != nil {
		return nil, err
	}
	// What follows has no context of its own: it ends with the connection.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	s, err := d.secure(ctx, raw)
	if !stop() && err == nil {
		err = context.Cause(ctx)
		s.drop(err)
	}
	if err != nil {
		_ = raw.Close()
		if cause := context.Cause(ctx); cause != nil {
			err = d.broken(cause)
		}
		return nil, err
	}
	return s, nil
}

// done reports a layer, and begins the next.
func (d *dialing) done(l Layer, text string, err error) error {
	now := time.Now()
	if err != nil {
		text = ""
	}
	d.Report(Step{Layer: l, Controller: d.target.host, Text: text, Err: err, Took: now.Sub(d.began)})
	d.began = now
	return err
}

func (d *dialing) port() string {
	switch own := d.protection == LDAPS; {
	case d.target.port != "":
		return d.target.port
	case d.catalogue && own:
		return portCatalogueTLS
	case d.catalogue:
		return portCatalogue
	case own:
		return portLDAPS
	}
	return portLDAP
}

func (d *dialing) connect(ctx context.Context) (net.Conn, error) {
	addresses, err := d.addresses(ctx, d.target)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, a := range addresses {
		d.address = a
		if ip, err := netip.ParseAddr(a); d.protection == Plain && d.SignIn.Method != Anonymous && (err != nil || !ip.Unmap().IsLoopback()) {
			return nil, mq.Errorf(mq.ErrInvalidParameter, "connect to "+d.target.host, "without protection, passwords go to loopback addresses only, and %s is none", a).
				WithFix("use TLS, or sealing")
		}
		c, err := (&net.Dialer{Timeout: connectTime}).DialContext(ctx, "tcp", net.JoinHostPort(a, d.port()))
		if err == nil {
			return c, nil
		}
		failed = append(failed, err)
	}
	return nil, mq.Errorf(mq.ErrNoDS, "connect to "+d.target.host, "it does not answer: %w", errors.Join(failed...)).
		WithFix("is the controller running, and may this computer reach port %s there?", d.port())
}

// name is what the controller must prove to be called.
func (d *dialing) name() string {
	if d.Name != "" {
		return d.Name
	}
	return d.target.host
}

// secure puts TLS or sealing on a connection, signs in and reads what the directory
// tells of itself.
func (d *dialing) secure(ctx context.Context, raw net.Conn) (*session, error) {
	c := raw
	if d.protection == StartTLS || d.protection == LDAPS {
		var err error
		c, err = d.tls(ctx, raw)
		if d.done(LayerSecure, "TLS, with a certificate for "+d.name(), err) != nil {
			return nil, err
		}
	}
	method := d.method(d.protection)
	if method == Negotiate || method == Kerberos || method == NTLM {
		var err error
		if c, err = d.negotiate(ctx, c, method); err != nil {
			return nil, d.done(LayerSignIn, "", err)
		}
	}
	s := newSession(c, d)
	err := s.signIn(ctx, method)
	if d.done(LayerSignIn, "signed in by "+s.how(method), err) == nil {
		err = d.done(LayerAsk, "the forest "+s.root.Forest, s.ask(ctx))
	}
	if err != nil {
		s.drop(err)
		return nil, err
	}
	return s, nil
}

func (d *dialing) tls(ctx context.Context, raw net.Conn) (net.Conn, error) {
	if d.protection == StartTLS {
		if err := askForTLS(raw, d.target.host); err != nil {
			var e *mq.Error
			if errors.As(err, &e) {
				return nil, err
			}
			return nil, d.broken(err)
		}
	}
	c := tls.Client(raw, &tls.Config{RootCAs: d.Roots, ServerName: d.name(), MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, mq.Errorf(mq.ErrNoDS, "protect the connection to "+d.target.host+" with TLS", "%w", err).
			WithFix("use the name that is in the controller's certificate, and the certificate of the authority that signed it; or sign in with Kerberos, which needs none")
	}
	return c, nil
}

// negotiate signs in by SASL: sealed, or inside TLS without a layer of its own.
func (d *dialing) negotiate(ctx context.Context, c net.Conn, method Method) (net.Conn, error) {
	level := security.Privacy
	if d.protection != Seal {
		level = security.Connect
	}
	if level == security.Connect && method != Kerberos {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "sign in to the directory", "NTLM is used with sealing only").
			WithFix("sign in with name and password as they are, or with Kerberos")
	}
	initiator, err := d.initiator(ctx, method, level)
	if err != nil {
		return nil, err
	}
	who, err := initiator.Initiate(d.name())
	if err != nil {
		return nil, err
	}
	secured, err := sasl.Bind(ctx, c, d.SignIn.Mechanism, who, level)
	d.mechanism = who.Identity().Mechanism
	var a *sasl.Answer
	var e *mq.Error
	switch {
	case errors.As(err, &a):
		return nil, refuseSignIn(d.target.host, a.Code, a.Message)
	case err != nil && !errors.As(err, &e):
		return nil, d.broken(err)
	}
	return secured, err
}

// within is a Kerberos initiator that waits no longer than ctx.
type within struct {
	*krb5.Initiator
	ctx context.Context //nolint:containedctx // of the one sign-in it is made for
}

func (w within) Initiate(host string) (security.Context, error) {
	return w.InitiateContext(w.ctx, host)
}

func (d *dialing) initiator(ctx context.Context, method Method, level security.Level) (security.Initiator, error) {
	s := d.SignIn
	name, realm, domain := s.split()
	byNTLM := func() security.Initiator {
		if domain != "" || realm == "" {
			return ntlm.NewInitiator(name, domain, s.Password).For("ldap")
		}
		return ntlm.NewInitiator(s.User, "", s.Password).For("ldap") // name@domain, which only the directory can take apart
	}
	var by security.Initiator
	switch k, err := d.kerberos(ctx, name, realm, level); {
	case method == NTLM:
		by = byNTLM()
	case method == Kerberos && err != nil:
		return nil, err
	case method == Kerberos:
		by = k
	case err != nil:
		by = byNTLM()
	default:
		by = spnego.NewInitiator(k, byNTLM())
		return by, nil
	}
	if s.Mechanism == sasl.SPNEGO {
		by = spnego.NewInitiator(by)
	}
	return by, nil
}

func (d *dialing) kerberos(ctx context.Context, name, realm string, level security.Level) (security.Initiator, error) {
	s := d.SignIn
	home := strings.ToUpper(d.Domain)
	if _, after, ok := strings.Cut(d.name(), "."); ok && home == "" && !isAddress(d.name()) {
		home = strings.ToUpper(after)
	}
	o := krb5.InitiatorOptions{
		Config: s.Krb5, Cache: s.Cache, Service: "ldap", Stream: level,
		Principal: name, Password: s.Password, Keytab: s.Keytab,
		Realm: cmp.Or(realm, home),
	}
	// Every controller has the keys of its domain.
	if s.Krb5 == "" && o.Realm != "" && o.Realm == home {
		o.KDCs = []string{net.JoinHostPort(d.address, portKDC)}
	}
	k, err := krb5.NewInitiator(o)
	if err != nil {
		return nil, err
	}
	d.tickets = k
	return within{k, ctx}, nil
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// broken is a line that fails while it is made.
func (d *dialing) broken(err error) *mq.Error {
	return mq.Errorf(mq.ErrNoDS, "connect to "+d.target.host, "the connection broke: %w", err).
		WithFix("try again; is the controller running?")
}

// newSession hands a connection over to the library.
func newSession(c net.Conn, d *dialing) *session {
	s := &session{
		dialing: d, controller: d.target.host, gone: make(chan struct{}), slots: make(chan struct{}, inFlight),
		sets: resultSets{open: map[*paging]int{}, changed: make(chan struct{})},
	}
	s.line = &guarded{Conn: c, in: bufio.NewReader(c), patience: d.Timeout, lost: s.lose}
	s.lib = goldap.NewConn(s.line, false)
	s.lib.SetTimeout(2 * d.Timeout) // call comes first; this ends what nobody waits for any more
	s.lib.Start()
	return s
}

// words say what protects the connection.
func (d *dialing) words() string {
	switch d.protection {
	case StartTLS, LDAPS:
		return "TLS"
	case Seal:
		return fmt.Sprintf("signed and sealed (%v)", d.mechanism)
	}
	return "none"
}

// zones are no domains: DNS keeps its records in them.
var zones = []string{"DC=DomainDnsZones,", "DC=ForestDnsZones,"}

func isZone(context string) bool {
	return slices.ContainsFunc(zones, func(z string) bool {
		return len(context) > len(z) && strings.EqualFold(context[:len(z)], z)
	})
}
