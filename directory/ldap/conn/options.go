package conn

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"posthouse/directory/ldap/sasl"
	"posthouse/localqm/mq"
)

// Options say which directory is meant, and who signs in there.
type Options struct {
	// Controllers are HOST, HOST:PORT, ldap://HOST[:PORT] or ldaps://HOST[:PORT]; the
	// first that answers is used. None: those that the DNS records of Domain name.
	Controllers []string
	// Domain is the DNS name of the domain.
	Domain string
	// ADSite is the site of Active Directory whose controllers are asked first.
	ADSite string
	// Catalogues are controllers with the global catalogue, as Controllers; none: those
	// of the forest by DNS with Domain, else Controllers at the catalogue's ports.
	Catalogues []string
	// Name is what controllers are called in their certificates and tickets, where
	// Controllers has addresses; empty: as in Controllers.
	Name string
	// Resolver looks names up; nil: the system's.
	Resolver Resolver

	Protection Protection
	// CA is a PEM file that the certificates of controllers are checked with, Roots are
	// such certificates; neither: the system's.
	CA    string
	Roots *x509.CertPool

	SignIn SignIn
	// Timeout bounds one request and its answer; 0: 30 s. Connecting and signing in
	// together may take as long.
	Timeout time.Duration
	Log     *slog.Logger
	// Report is told of each layer of connecting when it is done, or has failed.
	Report func(Step)
}

// Resolver is a *net.Resolver.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// Protection is what keeps others from reading along.
type Protection uint8

// The protections.
const (
	// Auto is TLS at ldaps://, with CA or Roots, and for a distinguished name as user;
	// Seal elsewhere. A password is never sent in the clear.
	Auto     Protection = iota
	StartTLS            // TLS at the usual port
	LDAPS               // TLS at a port of its own
	Seal                // signed and sealed by Kerberos or NTLM
	// Plain protects nothing; it is for loopback addresses only.
	Plain
)

// Method is how somebody proves who he is.
type Method uint8

// The methods.
const (
	// Password is a name and a password, in the way that suits the protection: simple
	// inside TLS, else Negotiate.
	Password  Method = iota
	Simple           // a name and a password, as they are
	Negotiate        // Kerberos with the password, or NTLM if that cannot be
	Kerberos         // with tickets that are there, a keytab, or a password
	NTLM
	Anonymous // nobody: such see little more than what Root tells
)

// SignIn is who signs in.
type SignIn struct {
	Method Method
	// User is name@domain, DOMAIN\name, name, or, for Simple, a distinguished name.
	// Kerberos without User takes the tickets of Cache, or the first name in Keytab.
	User     string
	Password string
	Keytab   string
	Cache    string // of tickets; empty: the user's own
	// Krb5 is krb5.conf; empty: the system's.
	Krb5 string
	// Mechanism is that of Negotiate and Kerberos; empty: GSS-SPNEGO. GSSAPI is for
	// Kerberos only.
	Mechanism sasl.Mechanism
}

// Layer is a part of connecting; each needs those before it.
type Layer string

// The layers, in their order.
const (
	LayerFind    Layer = "find"    // names of controllers
	LayerConnect Layer = "connect" // TCP
	LayerSecure  Layer = "secure"  // TLS; without it there is none
	LayerSignIn  Layer = "signin"
	LayerAsk     Layer = "ask" // what the directory tells of itself
)

// Step is a layer that is done, or the one that failed.
type Step struct {
	Layer      Layer
	Controller string
	Text       string // what was found
	Err        error
	Took       time.Duration
}

const defaultTimeout = 30 * time.Second

// check fills in what follows from the rest, and refuses what cannot be meant.
func (o *Options) check() error {
	const op = "connect to the directory"
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.SignIn.Mechanism = cmp.Or(o.SignIn.Mechanism, sasl.SPNEGO)
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = func(Step) {}
	}
	if len(o.Controllers) == 0 && o.Domain == "" {
		return mq.Errorf(mq.ErrInvalidParameter, op, "neither a controller nor a domain is named").
			WithFix("name the domain, as nordhavn.example, or one of its controllers")
	}
	for _, names := range [][]string{o.Controllers, o.Catalogues} {
		if _, err := parseAll(names); err != nil {
			return err
		}
	}
	if o.CA != "" && o.Roots == nil {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return mq.Errorf(mq.ErrInvalidParameter, op, "the certificate in %s cannot be read: %w", o.CA, err).
				WithFix("name the file with the certificate of the authority that signed the controller's")
		}
		o.Roots = x509.NewCertPool()
		if !o.Roots.AppendCertsFromPEM(pem) {
			return mq.Errorf(mq.ErrInvalidParameter, op, "there is no certificate in %s", o.CA).
				WithFix("name a file in PEM form: it begins with -----BEGIN CERTIFICATE-----")
		}
	}
	s := o.SignIn
	switch {
	case s.Method == Kerberos || s.Method == Anonymous:
	case s.User == "":
		return mq.Errorf(mq.ErrInvalidParameter, op, "nobody is named who signs in").
			WithFix("give a user name, or sign in with Kerberos tickets")
	case s.Password == "":
		// A simple bind without one would be an anonymous one (RFC 4513 5.1.2).
		return mq.Errorf(mq.ErrInvalidParameter, op, "there is no password for %s", mq.Quote(s.User)).
			WithFix("give the password, or sign in with Kerberos tickets")
	}
	if s.Mechanism == sasl.GSSAPI && s.Method != Kerberos {
		return mq.Errorf(mq.ErrInvalidParameter, op, "GSSAPI is for Kerberos only").WithFix("use GSS-SPNEGO")
	}
	return nil
}

// protection is what Auto stands for with a controller.
func (o *Options) protection(t target) Protection {
	switch {
	case t.tls:
		return LDAPS
	case o.Protection != Auto:
		return o.Protection
	}
	switch m := o.SignIn.Method; {
	case m == Anonymous:
		return Plain // there is nothing to protect
	case m == Simple, m == Password && (o.Roots != nil || isDN(o.SignIn.User)):
		return StartTLS
	}
	return Seal
}

func isDN(user string) bool { return strings.Contains(user, "=") }

// method is what Password stands for with a protection.
func (o *Options) method(p Protection) Method {
	switch {
	case o.SignIn.Method != Password:
		return o.SignIn.Method
	case p == Seal:
		return Negotiate
	}
	return Simple
}

// split takes a user's name apart. The realm may be unknown, and is in capitals.
func (s SignIn) split() (name, realm, domain string) {
	if before, after, ok := strings.Cut(s.User, `\`); ok {
		return after, "", before
	}
	if at := strings.LastIndexByte(s.User, '@'); at >= 0 {
		return s.User[:at], strings.ToUpper(s.User[at+1:]), ""
	}
	return s.User, "", ""
}
