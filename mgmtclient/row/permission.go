package row

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// Accounts are the names of accounts that well-known SIDs do not tell.
type Accounts interface {
	List() []mgmtclient.Account
}

// Permissions are a descriptor in words. names may be nil.
func Permissions(d secure.Descriptor, object mq.GenericMapping, names Accounts) mgmtclient.Permissions {
	who := accounts(names)
	p := mgmtclient.Permissions{Owner: who.account(d.Owner), Open: d.DACL == nil, Entries: []mgmtclient.Permission{}, Names: who.list}
	for _, e := range d.DACL {
		if e.Flags&secure.InheritOnly != 0 {
			continue // it is for what is made below, and a queue has nothing below
		}
		p.Entries = append(p.Entries, mgmtclient.Permission{
			Account: who.account(e.SID), Deny: e.Type == secure.Deny, Rights: object.Map(e.Mask),
		})
	}
	return p
}

// Descriptor is old with the owner and the entries of p, denials first, as access
// checks want them (MS-DTYP 2.4.5). An empty owner is left as it was.
func Descriptor(old secure.Descriptor, p mgmtclient.Permissions, names Accounts) (secure.Descriptor, error) {
	who := accounts(names)
	d := old
	if p.Owner != (mgmtclient.Account{}) {
		sid, err := who.sid(p.Owner)
		if err != nil {
			return old, err
		}
		d.Owner = sid
	}
	d.DACL = nil
	if p.Open {
		return d, nil
	}
	d.DACL = secure.ACL{}
	for _, e := range p.Entries {
		sid, err := who.sid(e.Account)
		if err != nil {
			return old, err
		}
		ace := secure.ACE{Type: secure.Allow, Mask: e.Rights, SID: sid}
		if e.Deny {
			ace.Type = secure.Deny
		}
		d.DACL = append(d.DACL, ace)
	}
	slices.SortStableFunc(d.DACL, func(a, b secure.ACE) int { return int(b.Type) - int(a.Type) })
	return d, d.Check()
}

type known struct{ list []mgmtclient.Account }

func accounts(names Accounts) known {
	if names == nil {
		return known{}
	}
	return known{names.List()}
}

func (k known) account(sid secure.SID) mgmtclient.Account {
	text := sid.String()
	i := slices.IndexFunc(k.list, func(a mgmtclient.Account) bool { return a.SID == text })
	if i >= 0 {
		return k.list[i]
	}
	return mgmtclient.Account{SID: text, Name: sid.Name()}
}

func (k known) sid(a mgmtclient.Account) (secure.SID, error) {
	if a.SID != "" {
		return secure.ParseSID(a.SID)
	}
	i := slices.IndexFunc(k.list, func(known mgmtclient.Account) bool { return strings.EqualFold(known.Name, a.Name) })
	if i >= 0 {
		return secure.ParseSID(k.list[i].SID)
	}
	return secure.ParsePrincipal(a.Name)
}
