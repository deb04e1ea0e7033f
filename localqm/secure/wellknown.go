package secure

import (
	"fmt"
	"strings"

	"posthouse/localqm/mq"
)

// Identifier authorities (MS-DTYP 2.4.1) and the one for users and groups of
// Unix systems, which Samba assigned.
const (
	worldAuthority   = 1
	creatorAuthority = 3
	ntAuthority      = 5
	unixAuthority    = 22
	unixUser         = 1
	unixGroup        = 2
	builtinDomain    = 32
	accountDomain    = 21
)

func known(authority uint64, sub ...uint32) SID {
	s, err := NewSID(authority, sub...)
	if err != nil {
		panic(err)
	}
	return s
}

// Well-known SIDs (MS-DTYP 2.4.2.4).
var (
	Everyone           = known(worldAuthority, 0)
	CreatorOwner       = known(creatorAuthority, 0)
	OwnerRights        = known(creatorAuthority, 4)
	Anonymous          = known(ntAuthority, 7)
	AuthenticatedUsers = known(ntAuthority, 11)
	LocalSystem        = known(ntAuthority, 18)
	LocalService       = known(ntAuthority, 19)
	NetworkService     = known(ntAuthority, 20)
	Administrators     = known(ntAuthority, builtinDomain, 544)
	Users              = known(ntAuthority, builtinDomain, 545)
)

// UnixUser is the SID of a user of this machine outside Windows, S-1-22-1-uid.
func UnixUser(uid uint32) SID { return known(unixAuthority, unixUser, uid) }

// UnixGroup is the SID of a group of this machine outside Windows, S-1-22-2-gid.
func UnixGroup(gid uint32) SID { return known(unixAuthority, unixGroup, gid) }

// UnixUser returns the uid of S-1-22-1-uid.
func (s SID) UnixUser() (uint32, bool) { return s.under(unixAuthority, unixUser, 2) }

// UnixGroup returns the gid of S-1-22-2-gid.
func (s SID) UnixGroup() (uint32, bool) { return s.under(unixAuthority, unixGroup, 2) }

// principal is a well-known SID with its SDDL alias (MS-DTYP 2.5.1.1) and its
// name.
type principal struct {
	sid   SID
	alias string
	name  string
}

var principals = []principal{
	{Everyone, "WD", "Everyone"},
	{Anonymous, "AN", "Anonymous"},
	{AuthenticatedUsers, "AU", "Authenticated users"},
	{Administrators, "BA", "Administrators"},
	{Users, "BU", "Users"},
	{LocalSystem, "SY", "System"},
	{LocalService, "LS", "Local service"},
	{NetworkService, "NS", "Network service"},
	{CreatorOwner, "CO", "Creator owner"},
	{known(creatorAuthority, 1), "CG", "Creator group"},
	{OwnerRights, "OW", "Owner rights"},
	{known(ntAuthority, 2), "NU", "Network"},
	{known(ntAuthority, 4), "IU", "Interactive"},
	{known(ntAuthority, 6), "SU", "Service"},
	{known(ntAuthority, 9), "ED", "Enterprise domain controllers"},
	{known(ntAuthority, 10), "PS", "Self"},
	{known(ntAuthority, 12), "RC", "Restricted code"},
	{known(ntAuthority, 33), "WR", "Write restricted code"},
	{known(ntAuthority, builtinDomain, 546), "BG", "Guests"},
	{known(ntAuthority, builtinDomain, 547), "PU", "Power users"},
	{known(ntAuthority, builtinDomain, 548), "AO", "Account operators"},
	{known(ntAuthority, builtinDomain, 549), "SO", "Server operators"},
	{known(ntAuthority, builtinDomain, 550), "PO", "Print operators"},
	{known(ntAuthority, builtinDomain, 551), "BO", "Backup operators"},
	{known(ntAuthority, builtinDomain, 552), "RE", "Replicator"},
	{known(ntAuthority, builtinDomain, 554), "RU", "Pre-Windows 2000 compatible access"},
	{known(ntAuthority, builtinDomain, 555), "RD", "Remote desktop users"},
	{known(ntAuthority, builtinDomain, 556), "NO", "Network configuration operators"},
	{known(ntAuthority, builtinDomain, 558), "MU", "Performance monitor users"},
	{known(ntAuthority, builtinDomain, 559), "LU", "Performance log users"},
	{known(ntAuthority, builtinDomain, 568), "IS", "IIS users"},
	{known(ntAuthority, builtinDomain, 569), "CY", "Cryptographic operators"},
	{known(ntAuthority, builtinDomain, 573), "ER", "Event log readers"},
	{known(ntAuthority, builtinDomain, 580), "RM", "Remote management users"},
	{known(15, 2, 1), "AC", "All application packages"},
}

// domainAliases need a domain's SID, which a descriptor alone does not have.
var domainAliases = "DA DG DU DD DC LA LG SA CA RS EA PA RO CN"

var (
	bySID   = map[SID]principal{}
	byAlias = map[string]SID{}
)

func init() {
	for _, p := range principals {
		bySID[p.sid], byAlias[p.alias] = p, p.sid
	}
}

// The well-known accounts of a domain by their last number (MS-DTYP 2.4.2.4).
var domainAccounts = map[uint32]string{
	500: "Administrator", 501: "Guest", 512: "Domain admins", 513: "Domain users", 514: "Domain guests",
	515: "Domain computers", 516: "Domain controllers", 518: "Schema admins", 519: "Enterprise admins",
}

// Name is the SID in words, as far as it can be told without asking a domain
// or the system: Everyone, Anonymous, Unix user 1000; else the SID itself.
func (s SID) Name() string {
	if p, ok := bySID[s]; ok {
		return p.name
	}
	if id, ok := s.UnixUser(); ok {
		return fmt.Sprintf("Unix user %d", id)
	}
	if id, ok := s.UnixGroup(); ok {
		return fmt.Sprintf("Unix group %d", id)
	}
	if rid, ok := s.under(ntAuthority, accountDomain, 5); ok && domainAccounts[rid] != "" {
		return domainAccounts[rid] + " of " + s.domain()
	}
	return s.String()
}

// domain is the SID without its last number.
func (s SID) domain() string {
	text := s.String()
	return text[:strings.LastIndexByte(text, '-')]
}

// ParsePrincipal reads whom a person means: a SID, a name that Name gives
// (everyone, anonymous, Unix user 1000) or an SDDL alias (WD), in any case.
func ParsePrincipal(text string) (SID, error) {
	t := strings.TrimSpace(text)
	if s, ok := byAlias[strings.ToUpper(t)]; ok {
		return s, nil
	}
	for _, p := range principals {
		if strings.EqualFold(p.name, t) {
			return p.sid, nil
		}
	}
	if strings.EqualFold(t, "ANONYMOUS LOGON") {
		return Anonymous, nil
	}
	for prefix, make := range map[string]func(uint32) SID{"unix user ": UnixUser, "unix group ": UnixGroup} {
		if rest, ok := strings.CutPrefix(strings.ToLower(t), prefix); ok {
			if id, ok := decimal(rest); ok {
				return make(uint32(id)), nil
			}
		}
	}
	if strings.HasPrefix(strings.ToUpper(t), "S-") {
		return ParseSID(t)
	}
	return SID{}, refuse("read the account "+mq.Quote(text), "no account of this name is known").
		WithFix("use everyone, anonymous, administrators or a SID such as S-1-22-1-1000")
}
