package krb5

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/config"
	"github.com/oiweiwei/gokrb5.fork/v9/credentials"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/nametype"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
)

// ticket is one of the user's, for a service or for a realm.
type ticket struct {
	service string // its principal, as it was asked for
	from    identityOfCache
	client  types.PrincipalName
	realm   string // the user's
	ticket  messages.Ticket
	key     types.EncryptionKey
	ends    time.Time
}

// spare is how long a ticket must still hold, to be used.
const spare = time.Minute

func (t *ticket) holds() bool { return time.Until(t.ends) > spare }

// identityOfCache changes when the user gets other tickets.
type identityOfCache struct {
	path string
	size int64
	at   time.Time
}

// keep keeps a ticket that a computer has taken; others may have been made with keys
// that it does not have any more.
func (i *Initiator) keep(t ticket) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || i.cache != t.from {
		i.known, i.cache = map[string]ticket{}, t.from
	}
	i.known[t.service] = t
}

// take is a ticket that was kept; it is kept again when it has been taken again.
func (i *Initiator) take(service string, from identityOfCache) (ticket, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	t, ok := i.known[service]
	delete(i.known, service)
	return t, ok && i.cache == from && t.holds()
}

// ticket is for a computer, by the name it was given, or that of DNS if the domain does
// not know that one.
func (i *Initiator) ticket(ctx context.Context, host string) (ticket, error) {
	conf, err := i.options.config()
	if err != nil {
		return ticket{}, err
	}
	from, err := i.source(conf)
	if err != nil {
		return ticket{}, err
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	t, err := i.ticketOf(ctx, host, conf, from)
	if !unknownService(err) {
		return t, err
	}
	if other := canonical(ctx, host, conf.Config); other != host {
		t, err = i.ticketOf(ctx, other, conf, from)
	}
	if unknownService(err) {
		no := refused("the domain knows no %s/%s", i.options.Service, host)
		no.Err = err
		return t, no.WithFix("use the full name of the computer as the domain has it, or have the principal added there")
	}
	return t, err
}

// source is where tickets come from.
type source struct {
	cache *credentials.CCache // nil: from the KDC, with a password or a key
	id    identityOfCache
}

func (i *Initiator) source(conf configuration) (s source, err error) {
	if i.options.ownName() {
		return s, nil
	}
	path, err := cachePath(i.options.Cache, conf, runtime.GOOS)
	if err != nil {
		return s, err
	}
	s.cache, s.id, err = readCache(path)
	return s, err
}

// grant is the ticket that the KDC gives others for.
func (i *Initiator) grant(ctx context.Context, conf configuration, from source) (ticket, error) {
	if from.cache == nil {
		return i.login(ctx, conf)
	}
	return grantingTicket(from.cache)
}

// canonical is the full name of a computer, where krb5.conf lets DNS say that.
func canonical(ctx context.Context, host string, conf *config.Config) string {
	if !conf.LibDefaults.DNSCanonicalizeHostname {
		return host
	}
	var name string
	if _, err := netip.ParseAddr(host); err != nil {
		name, _ = net.DefaultResolver.LookupCNAME(ctx, host)
	} else if conf.LibDefaults.RDNS {
		if names, err := net.DefaultResolver.LookupAddr(ctx, host); err == nil && len(names) > 0 {
			name = names[0]
		}
	}
	if name = strings.ToLower(strings.TrimSuffix(name, ".")); name == "" {
		return host
	}
	return name
}

func (i *Initiator) ticketOf(ctx context.Context, host string, conf configuration, from source) (ticket, error) {
	service := types.PrincipalName{NameType: nametype.KRB_NT_SRV_HST, NameString: []string{i.options.Service, host}}
	name := service.PrincipalNameString()
	if t, ok := i.take(name, from.id); ok {
		return t, nil
	}
	if from.cache != nil {
		for _, c := range from.cache.GetEntries() {
			t, err := fromCache(c)
			if err == nil && c.Server.PrincipalName.Equal(service) && t.holds() && checkKey(t.key) == nil {
				t.service, t.from = name, from.id
				return t, nil
			}
		}
	}
	granting, err := i.grant(ctx, conf, from)
	if err != nil {
		return ticket{}, err
	}
	t, err := askFor(ctx, conf.Config, granting, service, conf.ResolveRealm(host))
	t.service, t.from = name, from.id
	return t, err
}

func fromCache(c *credentials.Credential) (t ticket, err error) {
	err = t.ticket.Unmarshal(c.Ticket)
	t.client, t.realm, t.key, t.ends = c.Client.PrincipalName, c.Client.Realm, c.Key, c.EndTime
	return t, err
}

// grantingTicket is the one that the KDC gives others for.
func grantingTicket(cache *credentials.CCache) (ticket, error) {
	realm := cache.DefaultPrincipal.Realm
	who, _ := printable(cache.DefaultPrincipal.PrincipalName, realm)
	for _, c := range cache.GetEntries() {
		if !slices.Equal(c.Server.PrincipalName.NameString, []string{"krbtgt", realm}) {
			continue
		}
		if time.Now().After(c.EndTime) {
			return ticket{}, refused("the tickets of %s expired at %s", mq.Quote(who), c.EndTime.Format(time.DateTime)).
				WithFix("get new ones: kinit %s", who)
		}
		return fromCache(c)
	}
	return ticket{}, refused("%s has no ticket to get others with in %s", mq.Quote(who), cache.Path).
		WithFix("get one: kinit %s", who)
}

// readCache reads the tickets of the user.
func readCache(path string) (cache *credentials.CCache, id identityOfCache, err error) {
	info, err := os.Stat(path)
	if err == nil {
		id = identityOfCache{path, info.Size(), info.ModTime()}
		cache, err = loadCache(path)
	}
	switch {
	case os.IsNotExist(err):
		return nil, id, refused("there are no Kerberos tickets: %s is not there", path).
			WithFix("get them: kinit NAME@REALM (KRB5CCNAME says where they are, if they are elsewhere)")
	case os.IsPermission(err):
		return nil, id, refused("the Kerberos tickets in %s are somebody else's: %w", path, err).
			WithFix("get your own: kinit NAME@REALM")
	case err != nil:
		return nil, id, refused("the Kerberos tickets in %s cannot be read: %w", path, err).
			WithFix("get them anew: kinit NAME@REALM")
	}
	cache.Path = path
	return cache, id, nil
}

func loadCache(path string) (c *credentials.CCache, err error) {
	defer contain(&err)
	c, err = credentials.LoadCCache(path)
	if err == nil && (c.DefaultPrincipal.Realm == "" || len(c.DefaultPrincipal.PrincipalName.NameString) == 0) {
		err = broken("it does not say whose tickets they are")
	}
	return c, err
}
