package krb5

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/oiweiwei/gokrb5.fork/v9/iana/addrtype"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/errorcode"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
)

// Acceptor takes tickets. It implements security.Acceptor.
type Acceptor struct {
	keys     *keys
	accounts Accounts
	seen     replays
}

// NewAcceptor takes tickets for the principals in a keytab, which is read anew when it
// changes. accounts may be nil: then only domain users, whose tickets name SIDs, sign in.
func NewAcceptor(keytab string, accounts Accounts, log *slog.Logger) (*Acceptor, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k, err := openKeys(keytab, log)
	if err != nil {
		return nil, err
	}
	return &Acceptor{keys: k, accounts: accounts}, nil
}

// Accept begins a sign-in.
func (a *Acceptor) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	if m != security.Kerberos {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, "sign in with "+m.String(), "only Kerberos is offered here").
			WithFix("use Kerberos")
	}
	return &accepting{acceptor: a, from: from}, nil
}

// accepting is a context of the acceptor.
type accepting struct {
	session
	acceptor *Acceptor
	from     netip.Addr
	begun    bool
	ended    bool

	key      types.EncryptionKey // of the ticket
	number   int64               // of our first token
	sent     []byte              // our answer, as it was encrypted
	pending  security.Identity   // until all is proven
	identity security.Identity
}

func (c *accepting) Identity() security.Identity { return c.identity }

func (c *accepting) Step(token []byte) (out []byte, done bool, err error) {
	if c.ended {
		return nil, false, broken("the sign-in has already ended")
	}
	defer func() { c.ended = done || err != nil }()
	defer contain(&err)
	if !c.begun {
		c.begun = true
		out, err = c.answer(token)
		done = err == nil && !c.dce
	} else {
		err = c.confirm(token)
		done = err == nil
	}
	if done {
		c.done, c.identity = true, c.pending
	}
	return out, done, err
}

// answer answers AP-REQ with AP-REP (RFC 4120 3.2.3 and 3.2.4).
func (c *accepting) answer(token []byte) ([]byte, error) {
	message, frame, err := unframe(token, tokenAPReq)
	if err != nil {
		return nil, err
	}
	var req messages.APReq
	if err := req.Unmarshal(message); err != nil {
		return nil, broken("the request of the client is damaged: %w", err)
	}
	key, err := c.verify(&req)
	if err != nil {
		return nil, err
	}
	f, err := readChecksum(req.Authenticator.Cksum)
	if err != nil {
		return nil, err
	}
	if !f.has(flagMutual) && !f.has(flagDCE) { // which answers each other in any case
		return nil, broken("the client does not want to know who the server is")
	}
	c.key, c.dce = req.Ticket.DecryptedEncPart.Key, f.has(flagDCE)
	if err := checkKey(c.key); err != nil {
		return nil, err
	}
	if c.pending, err = identify(c.acceptor.accounts, &req.Ticket, key); err != nil {
		return nil, err
	}
	subkey := freshKey(c.key.KeyType)
	c.number = freshNumber()
	rep, err := messages.NewAPRep(c.key, messages.EncAPRepPart{
		CTime: req.Authenticator.CTime, Cusec: req.Authenticator.Cusec, Subkey: subkey, SequenceNumber: c.number,
	})
	if err != nil {
		return nil, broken("%w", err)
	}
	c.sent = rep.EncPart.Cipher
	if err := c.start(subkey, true, true, c.number, req.Authenticator.SeqNumber); err != nil {
		return nil, broken("%w", err)
	}
	out, err := rep.Marshal()
	if err == nil && frame && !c.dce { // impacket frames its request, and wants a bare answer
		out = enframe(out, tokenAPRep)
	}
	return out, err
}

// verify checks ticket and authenticator, and returns the key of the server.
func (c *accepting) verify(req *messages.APReq) (types.EncryptionKey, error) {
	var none types.EncryptionKey
	table, err := c.acceptor.keys.find(&req.Ticket)
	if err != nil {
		return none, err
	}
	if ok, err := req.Verify(table, skew, c.address(), nil); err != nil || !ok {
		return none, why(err)
	}
	ticket := &req.Ticket.DecryptedEncPart
	if req.Authenticator.CRealm != ticket.CRealm {
		return none, refused("the ticket is of the realm %s, who uses it of %s", mq.Quote(ticket.CRealm), mq.Quote(req.Authenticator.CRealm)).
			WithFix("have the client get new tickets; if that does not help, find out who sent this")
	}
	if !c.acceptor.seen.first(req.EncryptedAuthenticator.Cipher) {
		return none, refused("this request has come before").
			WithFix("have the client try again; if it did not repeat itself, find out who did")
	}
	return table.Entries[0].Key, nil
}

// address is that of the client, for tickets that hold for some addresses only.
func (c *accepting) address() types.HostAddress {
	a := c.from.Unmap()
	kind := addrtype.IPv4
	if a.Is6() {
		kind = addrtype.IPv6
	}
	return types.HostAddress{AddrType: kind, Address: a.AsSlice()}
}

// why says what is wrong with a ticket, for the log.
func why(err error) *mq.Error {
	var e messages.KRBError
	if !errors.As(err, &e) {
		return refused("the ticket does not hold: %w", err).WithFix("have the client get a new one")
	}
	switch e.ErrorCode {
	case errorcode.KRB_AP_ERR_SKEW, errorcode.KRB_AP_ERR_TKT_NYV:
		return refused("the clock of the client is more than %v off: %w", skew, err).WithFix("set the clocks of both computers and of the KDC")
	case errorcode.KRB_AP_ERR_TKT_EXPIRED:
		return refused("the ticket has expired: %w", err).WithFix("have the client get a new one, as kinit does, and check the clocks")
	case errorcode.KRB_AP_ERR_BADADDR:
		return refused("the ticket does not hold for the address of the client: %w", err).
			WithFix("have the client get one without addresses (noaddresses in krb5.conf)")
	}
	return refused("the ticket does not hold: %w", err).WithFix("have the client get a new one")
}

// confirm takes the third token of DCE style, which shows that the client has read our
// answer (MS-KILE 3.4.5.1). Nobody gets by with our own.
func (c *accepting) confirm(token []byte) error {
	message, _, err := unframe(token, tokenAPRep)
	if err != nil {
		return err
	}
	part, cipher, err := readAPRep(message, c.key)
	if err != nil {
		return err
	}
	if part.SequenceNumber != c.number || bytes.Equal(cipher, c.sent) {
		return refused("the client confirms another answer than ours").WithFix("find out who sits between the two computers")
	}
	return nil
}

// readAPRep opens AP-REP, and returns it as it was encrypted, too.
func readAPRep(message []byte, key types.EncryptionKey) (part messages.EncAPRepPart, cipher []byte, err error) {
	var rep messages.APRep
	if err := rep.Unmarshal(message); err != nil {
		return part, nil, broken("an answer is damaged: %w", err)
	}
	if err := rep.DecryptEncPart(key); err != nil {
		return part, nil, refused("an answer is not of who has the key: %w", err).
			WithFix("find out who sits between the two computers")
	}
	return rep.DecryptedEncPart, rep.EncPart.Cipher, nil
}
