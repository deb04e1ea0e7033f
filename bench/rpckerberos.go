package bench

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"time"

	"github.com/oiweiwei/gokrb5.fork/v9/iana/etypeID"
	"github.com/oiweiwei/gokrb5.fork/v9/iana/nametype"
	"github.com/oiweiwei/gokrb5.fork/v9/keytab"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
)

// The realm of a run: it has one computer and one user, and no KDC, since a run makes
// the only ticket itself.
const (
	kerberosRealm  = "POSTHOUSE.BENCH"
	kerberosHost   = "receiver.posthouse.bench"
	kerberosConfig = "[libdefaults]\n default_realm = " + kerberosRealm + "\n dns_lookup_kdc = false\n dns_canonicalize_hostname = false\n"
)

// realm is where its files are.
type realm struct {
	keys    string // keytab of the computer
	config  string // krb5.conf
	tickets string // of rpcUser
}

// newRealm makes the keys of the computer, and a ticket for it.
func newRealm(dir string) (realm, error) {
	r := realm{filepath.Join(dir, "keytab"), filepath.Join(dir, "krb5.conf"), filepath.Join(dir, "tickets")}
	const kind, version = etypeID.AES256_CTS_HMAC_SHA1_96, 1
	keys := keytab.New()
	now := time.Now().UTC().Truncate(time.Second)
	if err := keys.AddEntry("host/"+kerberosHost, kerberosRealm, rpcPassword, now, version, kind); err != nil {
		return r, err
	}
	text, err := keys.Marshal()
	if err != nil {
		return r, err
	}
	user := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, rpcUser)
	host := types.NewPrincipalName(nametype.KRB_NT_SRV_HST, "host/"+kerberosHost)
	until := now.Add(24 * time.Hour)
	ticket, session, err := messages.NewTicket(user, kerberosRealm, host, kerberosRealm, types.NewKrbFlags(), keys, kind, version, now, now, until, until)
	if err != nil {
		return r, err
	}
	cache, err := ticketCache(user, host, session, now, until, ticket)
	if err != nil {
		return r, err
	}
	for file, content := range map[string][]byte{r.keys: text, r.config: []byte(kerberosConfig), r.tickets: cache} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return r, err
		}
	}
	return r, nil
}

// signIn is with the ticket.
func (r realm) signIn() (security.Initiator, error) {
	return krb5.NewInitiator(krb5.InitiatorOptions{Config: r.config, Cache: "FILE:" + r.tickets})
}

// ticketCache is a file of one ticket (MIT's format, version 4).
func ticketCache(user, host types.PrincipalName, key types.EncryptionKey, from, until time.Time, t messages.Ticket) ([]byte, error) {
	ticket, err := t.Marshal()
	if err != nil {
		return nil, err
	}
	order := binary.BigEndian
	data := func(b, text []byte) []byte { return append(order.AppendUint32(b, uint32(len(text))), text...) } //nolint:gosec // short
	name := func(b []byte, n types.PrincipalName) []byte {
		b = order.AppendUint32(b, uint32(n.NameType))        //nolint:gosec // small
		b = order.AppendUint32(b, uint32(len(n.NameString))) //nolint:gosec // two at most
		b = data(b, []byte(kerberosRealm))
		for _, part := range n.NameString {
			b = data(b, []byte(part))
		}
		return b
	}
	b := []byte{5, 4, 0, 0} // version, no header
	b = name(b, user)       // whose cache it is
	b = name(name(b, user), host)
	b = data(order.AppendUint16(b, uint16(key.KeyType)), key.KeyValue) //nolint:gosec // small
	for _, at := range []time.Time{from, from, until, until} {
		b = order.AppendUint32(b, uint32(at.Unix())) //nolint:gosec // until 2106
	}
	b = append(b, make([]byte, 1+4+4+4)...) // no session key of another, flags, addresses, authorization data
	b = data(b, ticket)
	return data(b, nil), nil
}
