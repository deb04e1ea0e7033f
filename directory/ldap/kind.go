package ldap

import (
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Attributes of LDAP that more than the table of one kind needs.
const (
	attrClass       = "objectClass"
	attrGUID        = "objectGUID"
	attrDN          = "distinguishedName"
	attrCN          = "cn"
	attrCreated     = "whenCreated"
	attrChanged     = "whenChanged"
	attrSID         = "objectSid"
	attrAccount     = "sAMAccountName"
	attrDNSHost     = "dNSHostName"
	attrNameRest    = "mSMQQueueNameExt"
	attrServiceType = "mSMQServiceType"
	attrRouting     = "mSMQRoutingServices"
	attrDirectory   = "mSMQDsServices"
	attrDependents  = "mSMQDependentClientServices"
	attrSites       = "mSMQSites"
	attrOutServers  = "mSMQOutRoutingServers"
	attrInServers   = "mSMQInRoutingServers"
	attrGates       = "mSMQSiteGates"
	attrSite1       = "mSMQSite1"
	attrSite2       = "mSMQSite2"
	attrMember      = "member"
	attrFormatName  = "msMQ-Recipient-FormatName"
	attrMachine     = "mSMQQMID"
	attrCerts       = "mSMQSignCertificates"
	attrDigests     = "mSMQDigests"
	attrSPN         = "servicePrincipalName"
	attrLabel       = "mSMQLabelEx"
	attrDescription = "description"
)

// kind is how a kind of object is kept.
type kind struct {
	kind      directory.Kind
	what      string // for people
	class     string
	filter    string   // of objects that are found without being named
	search    []string // attributes that Contains looks into
	fields    []field
	extra     []string // LDAP attributes that decoding needs besides
	make      func() directory.Object
	missing   mq.HResult
	config    bool // kept in the configuration partition
	container func(r RootDSE) string
}

// field returns the field of an attribute.
func (k *kind) field(a directory.Attribute) (field, bool) {
	for _, f := range k.fields {
		if f.attribute == a {
			return f, true
		}
	}
	return field{}, false
}

func kindOf(k directory.Kind) (*kind, error) {
	if int(k) < len(kinds) && kinds[k] != nil {
		return kinds[k], nil
	}
	return nil, mq.Errorf(mq.ErrInvalidParameter, "ask the directory", "there is no kind %d of objects", k)
}

// kindByClass is the kind of an entry, nil if it is none of ours.
func kindByClass(classes [][]byte) *kind {
	has := func(class string) bool {
		for _, c := range classes {
			if strings.EqualFold(string(c), class) {
				return true
			}
		}
		return false
	}
	for _, k := range kinds {
		if k != nil && has(k.class) && (k.kind != directory.KindUser || !has("computer")) {
			return k
		}
	}
	return nil
}

// withClass finds objects of a class.
func withClass(class string) string { return equal(attrClass, class) }

func usersContainer(r RootDSE) string     { return "CN=Users," + r.Default }
func computersContainer(r RootDSE) string { return "CN=Computers," + r.Default }
func sitesContainer(r RootDSE) string     { return "CN=Sites," + r.Configuration }
func servicesContainer(r RootDSE) string  { return "CN=Services," + r.Configuration }
func enterpriseDN(r RootDSE) string       { return "CN=MsmqServices," + servicesContainer(r) }

// kinds are all, at their numbers.
var kinds = [...]*kind{
	directory.KindEnterprise: {
		kind: directory.KindEnterprise, what: "the enterprise settings", class: "mSMQEnterpriseSettings",
		filter: withClass("mSMQEnterpriseSettings"), search: []string{attrCN}, missing: mq.ErrObjectNotFound, config: true,
		make: func() directory.Object { return &directory.Enterprise{} }, container: servicesContainer,
		fields: []field{
			scalar(directory.AttrWeakenedSecurity, "mSMQNameStyle", func(e *directory.Enterprise) **bool { return &e.WeakenedSecurity }, writeMaybe, readMaybe),
			scalar(directory.AttrNotifyOld, "mSMQCSPName", func(e *directory.Enterprise) **bool { return &e.NotifyOld }, writeYesNo, readYesNo),
			optional(directory.AttrLongLived, "mSMQLongLived", func(e *directory.Enterprise) *uint32 { return &e.LongLived }),
			optional(directory.AttrVersion, "mSMQVersion", func(e *directory.Enterprise) *uint32 { return &e.Version }),
		},
	},
	directory.KindMachine: {
		kind: directory.KindMachine, what: "the queue manager", class: "mSMQConfiguration",
		filter: withClass("mSMQConfiguration"), missing: mq.ErrMachineNotFound, container: computersContainer,
		make: func() directory.Object {
			return &directory.Machine{Quota: mq.Never, Journal: mq.Never}
		},
		fields: []field{
			text(directory.AttrVersion, "mSMQComputerTypeEx", func(m *directory.Machine) *string { return &m.Version }),
			number(directory.AttrOS, "mSMQOSType", func(m *directory.Machine) *uint32 { return &m.OS }),
			number(directory.AttrQuota, "mSMQQuota", func(m *directory.Machine) *uint32 { return &m.Quota }).or("-1"),
			number(directory.AttrJournalKB, "mSMQJournalQuota", func(m *directory.Machine) *uint32 { return &m.Journal }).or("-1"),
			boolean(directory.AttrForeign, "mSMQForeign", func(m *directory.Machine) *bool { return &m.Foreign }),
			guids(directory.AttrSites, attrSites, func(m *directory.Machine) *[]mq.GUID { return &m.Sites }),
			named(directory.AttrOutServers, attrOutServers, func(m *directory.Machine) *[]mq.GUID { return &m.OutServers }),
			named(directory.AttrInServers, attrInServers, func(m *directory.Machine) *[]mq.GUID { return &m.InServers }),
			boolean(directory.AttrRouting, attrRouting, func(m *directory.Machine) *bool { return &m.Routing }),
			boolean(directory.AttrDirectory, attrDirectory, func(m *directory.Machine) *bool { return &m.Directory }),
			boolean(directory.AttrDependents, attrDependents, func(m *directory.Machine) *bool { return &m.Dependents }),
			raw(directory.AttrEncryptKeys, "mSMQEncryptKey", func(m *directory.Machine) *[]byte { return &m.EncryptKeys }),
			text(directory.AttrDNSName, attrDNSHost, func(m *directory.Machine) *string { return &m.DNSName }).onComputer(),
			sid(directory.AttrSID, attrSID, func(m *directory.Machine) *string { return &m.SID }).onComputer(),
			text(directory.AttrOSVersion, "operatingSystemVersion", func(m *directory.Machine) *string { return &m.OSVersion }).onComputer(),
			raw(directory.AttrSignKeys, attrCerts, func(m *directory.Machine) *[]byte { return &m.SignKeys }).onComputer(),
			several(directory.AttrPrincipals, attrSPN, func(m *directory.Machine) *[]string { return &m.Principals },
				writeText, func(b []byte) string { return string(b) }).onComputer(),
		},
	},
	directory.KindQueue: {
		kind: directory.KindQueue, what: "the public queue", class: "mSMQQueue",
		filter: withClass("mSMQQueue"), search: []string{attrCN, attrNameRest, attrLabel}, missing: mq.ErrQueueNotFound,
		extra: []string{attrNameRest},
		make: func() directory.Object {
			return &directory.Queue{Quota: mq.Never, JournalQuota: mq.Never, Privacy: uint8(mq.QueuePrivacyOptional)}
		},
		fields: []field{
			text(directory.AttrLabel, attrLabel, func(q *directory.Queue) *string { return &q.Label }),
			guid(directory.AttrType, "mSMQQueueType", func(q *directory.Queue) *mq.GUID { return &q.Type }),
			boolean(directory.AttrJournal, "mSMQJournal", func(q *directory.Queue) *bool { return &q.Journal }),
			number(directory.AttrQuota, "mSMQQueueQuota", func(q *directory.Queue) *uint32 { return &q.Quota }).or("-1"),
			number(directory.AttrJournalKB, "mSMQQueueJournalQuota", func(q *directory.Queue) *uint32 { return &q.JournalQuota }).or("-1"),
			boolean(directory.AttrAuthenticate, "mSMQAuthenticate", func(q *directory.Queue) *bool { return &q.Authenticate }),
			number(directory.AttrPrivacy, "mSMQPrivacyLevel", func(q *directory.Queue) *uint8 { return &q.Privacy }).or("1"),
			boolean(directory.AttrTransactional, "mSMQTransactional", func(q *directory.Queue) *bool { return &q.Transactional }).onlyAtCreation(),
			text(directory.AttrMulticast, "MSMQ-MulticastAddress", func(q *directory.Queue) *string { return &q.Multicast }),
			number(directory.AttrBasePriority, "mSMQBasePriority", func(q *directory.Queue) *int16 { return &q.BasePriority }).or("0"),
		},
	},
	directory.KindUser: {
		kind: directory.KindUser, what: "the user", class: "user",
		filter: and(withClass("user"), not(withClass("computer"))), search: []string{attrCN, attrAccount}, missing: mq.ErrObjectNotFound,
		make: func() directory.Object { return &directory.User{} }, container: usersContainer,
		fields: []field{
			text(directory.AttrAccount, attrAccount, func(u *directory.User) *string { return &u.Account }).onlyAtCreation(),
			sid(directory.AttrSID, attrSID, func(u *directory.User) *string { return &u.SID }),
			several(directory.AttrDigests, attrDigests, func(u *directory.User) *[][]byte { return &u.Digests }, writeBytes, readBytes).onlyAtCreation(),
			scalar(directory.AttrCertificates, attrCerts, func(u *directory.User) *[][]byte { return &u.Certificates }, writeNothing, readCertificates),
		},
	},
	directory.KindSite: {
		kind: directory.KindSite, what: "the site", class: "site",
		filter: withClass("site"), search: []string{attrCN}, missing: mq.ErrObjectNotFound, config: true,
		make: func() directory.Object { return &directory.Site{} }, container: sitesContainer,
		fields: []field{
			boolean(directory.AttrForeignSite, "mSMQSiteForeign", func(s *directory.Site) *bool { return &s.Foreign }),
			scalar(directory.AttrMigrated, "mSMQNt4Stub", func(s *directory.Site) *bool { return &s.Migrated },
				func(v bool) ([]byte, bool) { return []byte("1"), v }, readBool), // an integer, and rarely there
			optional(directory.AttrInterval1, "mSMQInterval1", func(s *directory.Site) *uint32 { return &s.Interval1 }),
			optional(directory.AttrInterval2, "mSMQInterval2", func(s *directory.Site) *uint32 { return &s.Interval2 }),
		},
	},
	directory.KindServer: {
		kind: directory.KindServer, what: "the server settings", class: "mSMQSettings",
		filter: withClass("mSMQSettings"), search: []string{attrCN}, missing: mq.ErrObjectNotFound, config: true,
		make: func() directory.Object { return &directory.Server{} },
		fields: []field{
			guid(directory.AttrMachine, attrMachine, func(s *directory.Server) *mq.GUID { return &s.Machine }),
			boolean(directory.AttrRouting, "mSMQRoutingService", func(s *directory.Server) *bool { return &s.Routing }),
			boolean(directory.AttrDirectory, "mSMQDsService", func(s *directory.Server) *bool { return &s.Directory }),
			boolean(directory.AttrDependents, "mSMQDependentClientService", func(s *directory.Server) *bool { return &s.Dependents }),
		},
	},
	directory.KindLink: {
		kind: directory.KindLink, what: "the routing link", class: "mSMQSiteLink",
		filter: withClass("mSMQSiteLink"), search: []string{attrCN, attrDescription}, missing: mq.ErrObjectNotFound, config: true,
		make: func() directory.Object { return &directory.Link{} }, container: enterpriseDN,
		fields: []field{
			text(directory.AttrDescription, attrDescription, func(l *directory.Link) *string { return &l.Description }),
			number(directory.AttrCost, "mSMQCost", func(l *directory.Link) *uint32 { return &l.Cost }),
			namedOne(directory.AttrSite1, attrSite1, func(l *directory.Link) *mq.GUID { return &l.Site1 }),
			namedOne(directory.AttrSite2, attrSite2, func(l *directory.Link) *mq.GUID { return &l.Site2 }),
			named(directory.AttrGates, attrGates, func(l *directory.Link) *[]mq.GUID { return &l.Gates }),
		},
	},
	directory.KindList: {
		kind: directory.KindList, what: "the distribution list", class: "group",
		// Groups with a security identifier are for permissions.
		filter: and(withClass("group"), not("(groupType:"+bitAnd+":=2147483648)")),
		search: []string{attrCN, attrDescription}, missing: mq.ErrObjectNotFound,
		make: func() directory.Object { return &directory.List{} }, container: usersContainer,
		extra: []string{attrMember},
		fields: []field{
			text(directory.AttrDescription, attrDescription, func(l *directory.List) *string { return &l.Description }),
		},
	},
	directory.KindAlias: {
		kind: directory.KindAlias, what: "the queue alias", class: "msMQ-Custom-Recipient",
		filter: withClass("msMQ-Custom-Recipient"), search: []string{attrCN, attrDescription}, missing: mq.ErrObjectNotFound,
		make: func() directory.Object { return &directory.Alias{} }, container: usersContainer,
		fields: []field{
			text(directory.AttrDescription, attrDescription, func(a *directory.Alias) *string { return &a.Description }),
			text(directory.AttrFormatName, attrFormatName, func(a *directory.Alias) *string { return &a.FormatName }),
		},
	},
	directory.KindComputer: {
		kind: directory.KindComputer, what: "the computer", class: "computer",
		filter: withClass("computer"), search: []string{attrCN, attrDNSHost}, missing: mq.ErrMachineNotFound,
		make: func() directory.Object { return &directory.Computer{} }, container: computersContainer,
		fields: []field{
			text(directory.AttrAccount, attrAccount, func(c *directory.Computer) *string { return &c.Account }).onlyAtCreation(),
			text(directory.AttrDNSName, attrDNSHost, func(c *directory.Computer) *string { return &c.DNSName }),
			sid(directory.AttrSID, attrSID, func(c *directory.Computer) *string { return &c.SID }),
		},
	},
}

func writeMaybe(v *bool) ([]byte, bool) {
	if v == nil {
		return nil, false
	}
	return writeBool(*v)
}

func readMaybe(b []byte) *bool { v := readBool(b); return &v }

// writeYesNo and readYesNo are of mSMQCSPName (MS-MQDSSM 3.1.6.7.3.4).
func writeYesNo(v *bool) ([]byte, bool) {
	switch {
	case v == nil:
		return nil, false
	case *v:
		return []byte("Y"), true
	}
	return []byte("N"), true
}

func readYesNo(b []byte) *bool { v := string(b) == "Y"; return &v }

func writeBytes(b []byte) ([]byte, bool) { return b, len(b) > 0 }

func readBytes(b []byte) []byte { return b }
