package memory

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"posthouse/directory/ldap"
	"posthouse/localqm/mq"
)

// syntax is the form of an attribute's values (MS-ADTS 3.1.1.2.2.2).
type syntax uint8

const (
	unicodeString syntax = iota
	boolean
	integer
	octets
	reference // distinguished name
	generalizedTime
)

// attribute is one of the schema, with the limits of its values.
type attribute struct {
	name         string
	syntax       syntax
	several      bool
	lower, upper int // of lengths, or of integers; upper 0: no limit
	system       bool
}

// attributes are those that MSMQ's objects have (MS-ADA1-3), by their folded names.
var attributes = func() map[string]attribute {
	m := map[string]attribute{}
	for _, a := range []attribute{
		{name: "objectClass", several: true},
		{name: "objectGUID", syntax: octets, system: true},
		{name: "objectSid", syntax: octets, system: true},
		{name: "whenCreated", syntax: generalizedTime, system: true},
		{name: "whenChanged", syntax: generalizedTime, system: true},
		{name: "distinguishedName", syntax: reference, system: true},
		{name: "cn", lower: 1, upper: 64},
		{name: "description", several: true, upper: 1024},
		{name: "nTSecurityDescriptor", syntax: octets},
		{name: "sAMAccountName", upper: 256},
		{name: "userPrincipalName"},
		{name: "userAccountControl", syntax: integer},
		{name: "groupType", syntax: integer},
		{name: "dNSHostName", upper: 2048},
		{name: "operatingSystem"},
		{name: "operatingSystemVersion"},
		{name: "servicePrincipalName", several: true},
		{name: "serverReference", syntax: reference},
		{name: "member", syntax: reference, several: true},
		{name: "nCName", syntax: reference},
		{name: "dnsRoot", several: true},
		{name: "systemFlags", syntax: integer},
		{name: "mSMQSignCertificates", syntax: octets, upper: 1 << 20},
		{name: "mSMQDigests", syntax: octets, several: true, lower: 16, upper: 16},
		{name: "mSMQComputerTypeEx"},
		{name: "mSMQOSType", syntax: integer},
		{name: "mSMQServiceType", syntax: integer},
		{name: "mSMQQuota", syntax: integer},
		{name: "mSMQJournalQuota", syntax: integer},
		{name: "mSMQForeign", syntax: boolean},
		{name: "mSMQSites", syntax: octets, several: true, lower: 16, upper: 16},
		{name: "mSMQOutRoutingServers", syntax: reference, several: true},
		{name: "mSMQInRoutingServers", syntax: reference, several: true},
		{name: "mSMQRoutingServices", syntax: boolean},
		{name: "mSMQDsServices", syntax: boolean},
		{name: "mSMQDependentClientServices", syntax: boolean},
		{name: "mSMQEncryptKey", syntax: octets},
		{name: "mSMQLabelEx", upper: 124},
		{name: "mSMQQueueType", syntax: octets, lower: 16, upper: 16},
		{name: "mSMQJournal", syntax: boolean},
		{name: "mSMQQueueQuota", syntax: integer},
		{name: "mSMQQueueJournalQuota", syntax: integer},
		{name: "mSMQAuthenticate", syntax: boolean},
		{name: "mSMQPrivacyLevel", syntax: integer, upper: 2},
		{name: "mSMQTransactional", syntax: boolean},
		{name: "MSMQ-MulticastAddress", lower: 9},
		{name: "mSMQBasePriority", syntax: integer},
		{name: "mSMQQueueNameExt", upper: 92},
		{name: "mSMQInterval1", syntax: integer},
		{name: "mSMQInterval2", syntax: integer},
		{name: "mSMQSiteForeign", syntax: boolean, several: true},
		{name: "mSMQNt4Stub", syntax: integer, several: true},
		{name: "mSMQNameStyle", syntax: boolean},
		{name: "mSMQCSPName"},
		{name: "mSMQLongLived", syntax: integer},
		{name: "mSMQVersion", syntax: integer},
		{name: "mSMQCost", syntax: integer},
		{name: "mSMQSite1", syntax: reference},
		{name: "mSMQSite2", syntax: reference},
		{name: "mSMQSiteGates", syntax: reference, several: true},
		{name: "mSMQQMID", syntax: octets, lower: 16, upper: 16},
		{name: "mSMQServices", syntax: integer},
		{name: "mSMQRoutingService", syntax: boolean},
		{name: "mSMQDsService", syntax: boolean},
		{name: "mSMQDependentClientService", syntax: boolean},
		{name: "msMQ-Recipient-FormatName", lower: 1, upper: 255},
	} {
		m[ldap.Fold(a.name)] = a
	}
	return m
}()

// class is one of the schema: the classes it comes from, where its objects may be, what
// they must and may have besides what all may.
type class struct {
	name    string
	above   []string
	parents []string
	must    []string
	may     []string
	rdn     string // the attribute of the name: "" is CN
}

const (
	queueMay = "mSMQLabelEx mSMQQueueType mSMQJournal mSMQQueueQuota mSMQQueueJournalQuota mSMQAuthenticate mSMQPrivacyLevel " +
		"mSMQTransactional MSMQ-MulticastAddress mSMQBasePriority mSMQQueueNameExt"
	machineMay = "mSMQComputerTypeEx mSMQOSType mSMQServiceType mSMQQuota mSMQJournalQuota mSMQForeign mSMQSites mSMQOutRoutingServers " +
		"mSMQInRoutingServers mSMQRoutingServices mSMQDsServices mSMQDependentClientServices mSMQEncryptKey"
	userMay = "sAMAccountName userPrincipalName userAccountControl servicePrincipalName mSMQSignCertificates mSMQDigests"
)

var classes = func() map[string]*class {
	m := map[string]*class{}
	containers := []string{"container", "organizationalUnit", "domainDNS"}
	words := strings.Fields
	for _, c := range []class{
		{name: "domainDNS", rdn: "DC"},
		{name: "configuration", parents: []string{"domainDNS"}},
		{name: "container", parents: append(containers, "configuration", "server")},
		{name: "organizationalUnit", parents: []string{"organizationalUnit", "domainDNS"}, rdn: "OU"},
		{name: "crossRefContainer", parents: []string{"configuration"}},
		{name: "crossRef", parents: []string{"crossRefContainer"}, must: words("nCName dnsRoot"), may: words("systemFlags")},
		{name: "sitesContainer", parents: []string{"configuration"}},
		{name: "site", parents: []string{"sitesContainer"}, may: words("mSMQInterval1 mSMQInterval2 mSMQSiteForeign mSMQNt4Stub")},
		{name: "serversContainer", parents: []string{"site"}},
		{name: "server", parents: []string{"serversContainer"}, may: words("dNSHostName serverReference")},
		{name: "mSMQSettings", parents: []string{"server"}, may: words("mSMQQMID mSMQServices mSMQRoutingService mSMQDsService mSMQDependentClientService")},
		{name: "user", above: words("person organizationalPerson"), parents: containers, may: words(userMay)},
		{name: "computer", above: words("person organizationalPerson user"), parents: containers, may: words(userMay + " dNSHostName operatingSystem operatingSystemVersion")},
		{name: "group", parents: containers, may: words("groupType sAMAccountName member")},
		{name: "mSMQConfiguration", parents: []string{"computer"}, may: words(machineMay)},
		{name: "mSMQQueue", parents: []string{"mSMQConfiguration"}, may: words(queueMay)},
		{name: "mSMQEnterpriseSettings", parents: []string{"container"}, may: words("mSMQNameStyle mSMQCSPName mSMQLongLived mSMQVersion mSMQInterval1 mSMQInterval2")},
		{name: "mSMQSiteLink", parents: []string{"mSMQEnterpriseSettings"}, must: words("mSMQSite1 mSMQSite2 mSMQCost"), may: words("mSMQSiteGates")},
		{name: "msMQ-Custom-Recipient", parents: containers, may: words("msMQ-Recipient-FormatName")},
		{name: "msMQ-Group", parents: []string{"organizationalUnit"}, must: words("member")},
	} {
		m[ldap.Fold(c.name)] = &c
	}
	return m
}()

// always is what every object may have.
var always = []string{"objectClass", "cn", "description", "nTSecurityDescriptor"}

func (c *class) allows(attribute string) bool {
	for _, list := range [][]string{always, c.must, c.may} {
		for _, a := range list {
			if strings.EqualFold(a, attribute) {
				return true
			}
		}
	}
	return false
}

// check tells the result code that a controller has for values; 0 if they are right.
func (a attribute) check(values [][]byte) uint16 {
	if len(values) > 1 && !a.several {
		return ldap.CodeConstraint
	}
	for i, v := range values {
		for _, w := range values[:min(i, 64)] {
			if string(v) == string(w) {
				return ldap.CodeValueExists
			}
		}
		if code := a.checkValue(v); code != 0 {
			return code
		}
	}
	return 0
}

func (a attribute) checkValue(v []byte) uint16 {
	if len(v) == 0 {
		return ldap.CodeSyntax
	}
	size := len(v)
	switch a.syntax {
	case boolean:
		if s := string(v); s != "TRUE" && s != "FALSE" {
			return ldap.CodeSyntax
		}
		return 0
	case integer:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || n > 1<<32-1 || n < -1<<31 {
			return ldap.CodeSyntax
		}
		if a.upper > 0 && (n < int64(a.lower) || n > int64(a.upper)) {
			return ldap.CodeConstraint
		}
		return 0
	case unicodeString:
		if !utf8.Valid(v) {
			return ldap.CodeSyntax
		}
		size = mq.LabelLength(string(v))
	}
	if size < a.lower || a.upper > 0 && size > a.upper {
		return ldap.CodeConstraint
	}
	return 0
}

// normal is a value as it is kept: integers have signed 32 bits.
func (a attribute) normal(v []byte) []byte {
	if a.syntax == integer {
		n, _ := strconv.ParseInt(string(v), 10, 64)
		return strconv.AppendInt(nil, int64(int32(n)), 10)
	}
	return append([]byte(nil), v...)
}
