package krb5

import (
	"fmt"
	"io"
	"log"
	"strings"

	"github.com/oiweiwei/gokrb5.fork/v9/iana/adtype"
	"github.com/oiweiwei/gokrb5.fork/v9/messages"
	"github.com/oiweiwei/gokrb5.fork/v9/pac"
	"github.com/oiweiwei/gokrb5.fork/v9/types"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/secure"
)

// Accounts are the principals that are known by name.
type Accounts interface {
	// Principal finds who user@REALM is; false if nobody has added him. The error says
	// why he may not sign in.
	Principal(principal string) (accounts.Account, bool, error)
}

// identify is who a ticket is for: with a PAC, the user and his groups in the domain;
// without, an account. The account of a user who has a PAC can make him an
// administrator here, and keep him out.
func identify(of Accounts, t *messages.Ticket, key types.EncryptionKey) (security.Identity, error) {
	part := &t.DecryptedEncPart
	name, fine := printable(part.CName, part.CRealm)
	id := security.Identity{Account: name, Mechanism: security.Kerberos}
	token, found, err := domainToken(part.AuthorizationData, key)
	if err != nil {
		return id, refused("the groups of %s cannot be read: %w", mq.Quote(name), err).
			WithFix("have the client get a new ticket; if that does not help, make the keytab anew")
	}
	var account accounts.Account
	known := false
	if of != nil && fine {
		if account, known, err = of.Principal(name); err != nil {
			return id, err
		}
	}
	switch {
	case found:
		if known && account.Administrator {
			token.Groups = append(token.Groups, secure.Administrators)
		}
		id.Token = token
		return id, nil
	case !known:
		return id, refused("%s is nobody here: there is no such account, and the ticket names no SID", mq.Quote(name)).
			WithFix("add it: posthouse account add %s", name)
	case account.Name != name:
		return id, refused("the ticket is for %s, the account is %s: names of principals differ by case", mq.Quote(name), mq.Quote(account.Name)).
			WithFix("remove the account, and add it as %s", name)
	}
	id.Token = account.Token()
	return id, nil
}

// validationInfo is the type of the part of a PAC that has the SIDs (MS-PAC 2.4). The
// PACs of MIT's realms have none.
const validationInfo = 1

// domainToken is what a PAC says (MS-PAC 2.5); false if none says anything. It is
// trusted because the ticket is, and its signature by the key of this server.
func domainToken(data types.AuthorizationData, key types.EncryptionKey) (secure.Token, bool, error) {
	b := findPAC(data)
	if b == nil {
		return secure.Token{}, false, nil
	}
	var p pac.PACType
	if err := p.Unmarshal(b); err != nil {
		return secure.Token{}, false, err
	}
	has := false
	for _, buffer := range p.Buffers {
		has = has || buffer.ULType == validationInfo
	}
	if !has {
		return secure.Token{}, false, nil
	}
	if err := p.ProcessPACInfoBuffers(key, log.New(io.Discard, "", 0)); err != nil {
		return secure.Token{}, false, err
	}
	return tokenOf(p.KerbValidationInfo)
}

func tokenOf(info *pac.KerbValidationInfo) (token secure.Token, found bool, err error) {
	domain, err := secure.ParseSID(info.LogonDomainID.String())
	if err != nil {
		return token, false, err
	}
	if token.User, err = secure.ParseSID(fmt.Sprintf("%v-%d", domain, info.UserID)); err != nil {
		return token, false, err
	}
	if !ofDomain(token.User) {
		return token, false, refused("the ticket says that somebody is %s, which no user of a domain is", token.User)
	}
	for _, text := range info.GetGroupMembershipSIDs() {
		sid, err := secure.ParseSID(text)
		if err != nil {
			return token, false, err
		}
		if ofDomain(sid) {
			token.Groups = append(token.Groups, sid)
		}
	}
	token.Groups = append(token.Groups, secure.AuthenticatedUsers)
	return token, true, nil
}

// ofDomain reports whether a SID is one that a domain gives. Who administers this
// computer, or who it is for itself, no domain says: such SIDs are filtered (MS-PAC
// 4.1.2.2).
func ofDomain(s secure.SID) bool { return strings.HasPrefix(s.String(), "S-1-5-21-") }

// findPAC is the PAC of a ticket (RFC 4120 5.2.6.1, MS-PAC 2.2); nil: there is none.
func findPAC(data types.AuthorizationData) []byte {
	for _, d := range data {
		if d.ADType != adtype.ADIfRelevant {
			continue
		}
		var inner types.AuthorizationData
		if inner.Unmarshal(d.ADData) != nil {
			continue
		}
		for _, d := range inner {
			if d.ADType == adtype.ADWin2KPAC {
				return d.ADData
			}
		}
	}
	return nil
}
