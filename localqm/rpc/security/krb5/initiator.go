package krb5

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/iana/errorcode"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/flags"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// InitiatorOptions say where the tickets of the user are. The zero value is what
// Kerberos' own programs use.
type InitiatorOptions struct {
	// Config is krb5.conf; empty: $KRB5_CONFIG, then where the system has it.
	Config string
	// Cache is the ticket cache, FILE:/path; empty: $KRB5CCNAME, then what krb5.conf
	// says, then /tmp/krb5cc_UID.
	Cache string
	// Service is whose tickets are got; empty: host.
	Service string
	// Principal, NAME@REALM or NAME, signs in with Password, or else with its key in
	// Keytab, instead of with the tickets of a cache. With a keytab it may be empty: the
	// first one there.
	Principal string
	Password  string
	Keytab    string
	// Realm is that of a Principal without one; empty: the default realm of krb5.conf.
	Realm string
	// KDCs are those of Realm, host:port; nil: those of krb5.conf, or DNS.
	KDCs []string
	// Stream is for streams of messages that are wrapped up to a level, or at Connect
	// not at all (SASL); 0: for RPC.
	Stream security.Level
}

// wants are the flags that a sign-in asks for: in DCE style, as RPC has it
// (MS-RPCE 2.2.1.1.7), or for Wrap.
func (o InitiatorOptions) wants() contextFlags {
	f := flagMutual | flagReplay | flagSequence
	if o.Stream == 0 {
		return f | flagConfidential | flagIntegrity | flagDCE
	}
	if o.Stream >= security.Integrity {
		f |= flagIntegrity
	}
	if o.Stream >= security.Privacy {
		f |= flagConfidential
	}
	return f
}

// Initiator signs in to other computers with the user's tickets, which kinit or the
// logon has got. It implements security.Initiator, and may be used by many connections.
type Initiator struct {
	options InitiatorOptions

	mu       sync.Mutex
	cache    identityOfCache
	known    map[string]ticket // service tickets that have been taken, by principal
	granting ticket            // got with Password or Keytab

	name, realm string // of the last sign-in
}

// NewInitiator checks that there is a configuration that can be read, and that the cache
// is of a kind that can be. Tickets are looked for with each sign-in.
func NewInitiator(o InitiatorOptions) (*Initiator, error) {
	o.Service = cmp.Or(o.Service, "host")
	i := &Initiator{options: o}
	conf, err := o.config()
	if err != nil {
		return nil, err
	}
	if o.ownName() {
		_, err := o.credentials(conf)
		return i, err
	}
	if _, err := cachePath(o.Cache, conf, runtime.GOOS); err != nil {
		return nil, err
	}
	return i, nil
}

// Who is the user of the last sign-in that was begun.
func (i *Initiator) Who() (name, realm string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.name, i.realm
}

// Mechanism is security.Kerberos.
func (i *Initiator) Mechanism() security.Mechanism { return security.Kerberos }

// patience is how long getting a ticket may take.
const patience = 20 * time.Second

// Initiate gets a ticket for host/NAME, from the cache or the KDC.
func (i *Initiator) Initiate(host string) (security.Context, error) {
	return i.InitiateContext(context.Background(), host)
}

// InitiateContext is Initiate, which waits for the KDC no longer than ctx.
func (i *Initiator) InitiateContext(ctx context.Context, host string) (c security.Context, err error) {
	if host == "" {
		return nil, refused("the name of the computer is not known").WithFix("use its name, as the domain has it")
	}
	defer contain(&err)
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	t, err := i.ticket(ctx, host)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	i.name, i.realm = t.client.PrincipalNameString(), t.realm
	i.mu.Unlock()
	return &initiating{initiator: i, ticket: t, wants: i.options.wants()}, nil
}

// initiating is a context of the initiator.
type initiating struct {
	session
	initiator *Initiator
	ticket    ticket
	begun     bool
	ended     bool
	wants     contextFlags
	sent      types.Authenticator
}

// Identity is nobody's: it is asked of acceptors.
func (c *initiating) Identity() security.Identity {
	return security.Identity{Mechanism: security.Kerberos}
}

func (c *initiating) Step(token []byte) (out []byte, done bool, err error) {
	switch {
	case c.ended:
		return nil, false, broken("the sign-in has already ended")
	case !c.begun && len(token) != 0:
		c.ended = true
		return nil, false, broken("the other side spoke first")
	}
	defer func() { c.ended = done || err != nil }()
	defer contain(&err)
	if !c.begun {
		c.begun = true
		out, err = c.request()
		return out, false, err
	}
	if out, err = c.finish(token); err != nil {
		return nil, false, err
	}
	c.done = true
	c.initiator.keep(c.ticket) // now that the other computer has taken it
	return out, true, nil
}

// request makes AP-REQ (RFC 4120 3.2.2).
func (c *initiating) request() ([]byte, error) {
	a, err := types.NewAuthenticator(c.ticket.realm, c.ticket.client)
	if err != nil {
		return nil, broken("%w", err)
	}
	a.Cksum, a.SeqNumber, a.SubKey = makeChecksum(c.wants), freshNumber(), freshKey(c.ticket.key.KeyType)
	req, err := messages.NewAPReq(c.ticket.ticket, c.ticket.key, a)
	if err != nil {
		return nil, broken("%w", err)
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	c.sent, c.dce = a, c.wants.has(flagDCE)
	out, err := req.Marshal()
	if err == nil && !c.dce {
		out = enframe(out, tokenAPReq)
	}
	return out, err
}

// finish checks AP-REP, and confirms it in DCE style (MS-KILE 3.4.5.1).
func (c *initiating) finish(token []byte) ([]byte, error) {
	message, _, err := unframe(token, tokenAPRep)
	if err != nil {
		return nil, err
	}
	if message[0] == tagError {
		return nil, answered(message)
	}
	part, _, err := readAPRep(message, c.ticket.key)
	if err != nil {
		return nil, err
	}
	if part.CTime.Unix() != c.sent.CTime.Unix() || part.Cusec != c.sent.Cusec {
		return nil, refused("the other computer answers another request than ours").WithFix("find out who sits between the two computers")
	}
	key, subkey := part.Subkey, len(part.Subkey.KeyValue) > 0
	if !subkey {
		key = c.sent.SubKey
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if err := c.start(key, subkey, false, c.sent.SeqNumber, part.SequenceNumber); err != nil {
		return nil, broken("%w", err)
	}
	if !c.dce {
		return nil, nil
	}
	now := time.Now().UTC()
	rep, err := messages.NewAPRep(c.ticket.key, messages.EncAPRepPart{
		CTime: now, Cusec: now.Nanosecond() / 1000, SequenceNumber: part.SequenceNumber,
	})
	if err != nil {
		return nil, broken("%w", err)
	}
	return rep.Marshal()
}

// answered is what another computer, or a KDC, has said instead of an answer.
func answered(message []byte) error {
	var e messages.KRBError
	if err := e.Unmarshal(message); err != nil {
		return broken("an answer is damaged: %w", err)
	}
	return told(e)
}

func told(e messages.KRBError) error {
	switch e.ErrorCode {
	case errorcode.KRB_AP_ERR_SKEW, errorcode.KRB_AP_ERR_TKT_NYV, errorcode.KDC_ERR_NEVER_VALID:
		return refused("the clocks differ too much: %w", e).WithFix("set the clock of this computer, of the other one and of the KDC")
	case errorcode.KDC_ERR_PREAUTH_FAILED:
		return refused("name, password or key is wrong: %w", e).WithFix("check them; after a change of the password, make the keytab anew")
	case errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN:
		return refused("the domain knows nobody of that name: %w", e).WithFix("write the name as the domain has it: NAME@REALM")
	case errorcode.KDC_ERR_CLIENT_REVOKED:
		return refused("the account is disabled or locked: %w", e).WithFix("have the administrator of the domain unlock it")
	case errorcode.KDC_ERR_KEY_EXPIRED:
		return refused("the password has expired: %w", e).WithFix("set a new one first")
	case errorcode.KRB_AP_ERR_TKT_EXPIRED:
		return refused("the ticket has expired: %w", e).WithFix("get a new one: kinit")
	case errorcode.KDC_ERR_ETYPE_NOSUPP:
		return refused("the domain has no AES keys for that computer: %w", e).
			WithFix("allow AES for its account (msDS-SupportedEncryptionTypes 0x18), and make its keytab anew")
	}
	return refused("%w", e).WithFix("ask the administrator of the domain; klist shows the tickets there are")
}

// unknownService reports whether the KDC does not know a principal.
func unknownService(err error) bool {
	var e messages.KRBError
	return errors.As(err, &e) && e.ErrorCode == errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN
}

func unreachable(realm string, err error) error {
	return mq.Errorf(mq.ErrRemoteMachineNotAvailable, op, "no KDC of %s answers: %w", realm, err).
		WithFix("check the network, and the KDCs in krb5.conf (or the DNS records _kerberos._tcp.%s)", realm)
}
