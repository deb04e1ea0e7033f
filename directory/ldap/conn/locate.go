package conn

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
)

// The ports of LDAP and of the global catalogue, each with and without TLS of its own
// (MS-ADTS 5.1.1.1), and that of Kerberos.
const (
	portLDAP         = "389"
	portLDAPS        = "636"
	portCatalogue    = "3268"
	portCatalogueTLS = "3269"
	portKDC          = "88"
)

// target is a controller to connect to.
type target struct {
	host string
	port string // empty: the usual one
	tls  bool   // from the first byte
}

func (t target) String() string {
	if t.port == "" {
		return t.host
	}
	return net.JoinHostPort(t.host, t.port)
}

// parse reads HOST, HOST:PORT, ldap://... or ldaps://...
func parse(s string) (target, error) {
	bad := mq.Errorf(mq.ErrInvalidParameter, "find the directory", "%s is no controller", mq.Quote(s)).
		WithFix("write a host name, or ldap://HOST or ldaps://HOST")
	rest, t := s, target{}
	if scheme, after, ok := strings.Cut(s, "://"); ok {
		switch strings.ToLower(scheme) {
		case "ldap":
		case "ldaps":
			t.tls = true
		default:
			return t, bad
		}
		rest = strings.TrimSuffix(after, "/")
	}
	t.host = rest
	if a, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil {
		t.host = a.String()
		return t, nil
	}
	if host, port, err := net.SplitHostPort(rest); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return t, bad
		}
		t.host, t.port = host, port
	}
	if a, err := netip.ParseAddr(t.host); err == nil {
		t.host = a.String()
		return t, nil
	}
	for _, c := range t.host {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._", c) {
			return t, bad
		}
	}
	if t.host == "" || len(t.host) > 255 {
		return t, bad
	}
	return t, nil
}

func parseAll(names []string) ([]target, error) {
	var list []target
	for _, n := range names {
		t, err := parse(n)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// maxControllers is how many are tried; the others of a large forest are not better.
const maxControllers = 8

// controllers are those of the directory, in the order in which they are tried.
func (o *Options) controllers(ctx context.Context) ([]target, error) {
	if len(o.Controllers) > 0 {
		return parseAll(o.Controllers)
	}
	// MS-ADTS 6.3.2.3: the records that controllers register.
	var names []string
	if o.ADSite != "" {
		names = append(names, o.ADSite+"._sites.dc._msdcs."+o.Domain)
	}
	return o.records(ctx, "ldap", append(names, "dc._msdcs."+o.Domain, o.Domain))
}

// catalogues are those of the global catalogue of a forest; controller is that of the
// directory.
func (o *Options) catalogues(ctx context.Context, forest string, controller target) ([]target, error) {
	if len(o.Catalogues) > 0 {
		return parseAll(o.Catalogues)
	}
	controller.port = "" // the catalogue has others
	if len(o.Controllers) > 0 {
		list, err := parseAll(o.Controllers)
		for i := range list {
			list[i].port = ""
		}
		return append([]target{controller}, list...), err
	}
	var names []string
	if o.ADSite != "" {
		names = append(names, o.ADSite+"._sites."+forest)
	}
	list, err := o.records(ctx, "gc", append(names, forest))
	if err != nil {
		return []target{controller}, nil //nolint:nilerr // it may have the catalogue, too
	}
	return list, nil
}

func (o *Options) records(ctx context.Context, service string, names []string) ([]target, error) {
	var failed error
	domain, stranger := names[len(names)-1], ""
	for _, name := range names {
		_, records, err := o.Resolver.LookupSRV(ctx, service, "tcp", strings.TrimSuffix(name, "."))
		if err != nil {
			failed = err
			continue
		}
		var list []target
		for _, r := range records {
			t := target{host: strings.TrimSuffix(r.Target, "."), port: strconv.Itoa(int(r.Port))}
			// At the usual ports, the protection decides which.
			if t.port == portLDAP || t.port == portCatalogue {
				t.port = ""
			}
			switch {
			case t.host == "" || len(list) == maxControllers:
			case !o.trusts(t, domain):
				stranger = t.host
			default:
				list = append(list, t)
			}
		}
		if len(list) > 0 {
			return list, nil
		}
		if stranger != "" {
			return nil, mq.Errorf(mq.ErrNoDS, "find a controller of "+domain, "DNS names %s, which is not in the domain, and would get the password", mq.Quote(stranger)).
				WithFix("name the controller yourself if it is one, or sign in without a CA: then a controller has to prove that it knows the account")
		}
		failed = fmt.Errorf("no controller is named by _%s._tcp.%s", service, name)
	}
	return nil, mq.Errorf(mq.ErrNoDS, "find a controller of "+o.Domain, "DNS names none: %w", failed).
		WithFix("check the name of the domain and the DNS server of this computer, or name a controller")
}

// trusts reports whether a controller that DNS names may be asked. To one that gets the
// password itself, DNS, which anybody may forge, says nothing: a stranger has a
// certificate for a name of his own (RFC 4513 3.1.3).
func (o *Options) trusts(t target, domain string) bool {
	if o.Name != "" || o.method(o.protection(t)) != Simple {
		return true
	}
	host, domain := strings.ToLower(t.host), strings.ToLower(strings.Trim(domain, "."))
	return strings.HasSuffix(host, "."+domain)
}

// addresses are those of a controller, to be tried one after another.
func (o *Options) addresses(ctx context.Context, t target) ([]string, error) {
	if _, err := netip.ParseAddr(t.host); err == nil {
		return []string{t.host}, nil
	}
	list, err := o.Resolver.LookupHost(ctx, t.host)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no address of %s is known", t.host)
	}
	if err != nil {
		return nil, mq.Errorf(mq.ErrNoDS, "find "+t.host, "its address cannot be had: %w", err).
			WithFix("check the name, and the DNS server of this computer")
	}
	return list[:min(len(list), maxControllers)], nil
}
