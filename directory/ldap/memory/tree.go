package memory

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"

	goldap "github.com/go-ldap/ldap/v3"
)

// Directory is a forest of one domain with one controller.
type Directory struct {
	root  ldap.RootDSE
	now   func() time.Time
	newID func(dn string) mq.GUID
	sid   secure.SID // of the domain
	admin secure.SID

	mu      sync.RWMutex // all below
	byKey   map[string]*node
	byGUID  map[mq.GUID]*node
	index   map[string][]*node // attribute and folded value
	domain  *node
	config  *node
	roots   []*node // of the domains
	more    []string
	rid     uint32
	serial  uint64
	stopped bool
}

// node is an object.
type node struct {
	parent   *node
	children map[*node]struct{}
	key, dn  string
	class    *class
	id       mq.GUID
	sid      secure.SID
	serial   uint64
	values   map[string][][]byte // by folded name
	refs     map[string][]*node  // of the attributes that are names
	security access.Descriptor
	heirs    *access.Descriptor // of what the creator that it names made below
	created  time.Time
	changed  time.Time
	deleted  bool
}

// Option changes a new directory.
type Option func(*Directory)

// Clock has the directory take its times from now.
func Clock(now func() time.Time) Option { return func(d *Directory) { d.now = now } }

// Domain adds another domain, which this controller has in the global catalogue only.
func Domain(name string) Option { return func(d *Directory) { d.more = append(d.more, name) } }

// Identifiers has new objects get theirs from next, by their distinguished names.
func Identifiers(next func(dn string) mq.GUID) Option { return func(d *Directory) { d.newID = next } }

// New makes the directory of a forest by its DNS name, such as nordhavn.example, with
// what Active Directory has from the beginning and MSMQ's enterprise settings.
func New(forest string, options ...Option) *Directory {
	root := base(forest)
	config := "CN=Configuration," + root
	d := &Directory{
		root: ldap.RootDSE{
			Default: root, Configuration: config, RootDomain: root, Schema: "CN=Schema," + config,
			DNSHostName: "dc01." + forest, Forest: forest, Domains: []string{root},
		},
		now:    time.Now,
		newID:  func(string) mq.GUID { return mq.NewGUID() },
		byKey:  map[string]*node{},
		byGUID: map[mq.GUID]*node{},
		index:  map[string][]*node{},
		rid:    1000,
	}
	d.sid, _ = secure.NewSID(5, 21, 1843, 1904, 1975)
	d.admin = d.account(ridAdministrator)
	for _, o := range options {
		o(d)
	}
	d.domain = d.put(nil, d.root.Default, "domainDNS", nil)
	d.config = d.put(d.domain, "Configuration", "configuration", nil)
	for _, c := range []string{"Users", "Computers", "Deleted Objects"} {
		d.put(d.domain, c, "container", nil)
	}
	d.put(d.config, "Deleted Objects", "container", nil)
	d.put(d.config, "Sites", "sitesContainer", nil)
	services := d.put(d.config, "Services", "container", nil)
	d.put(services, "MsmqServices", "mSMQEnterpriseSettings", map[string][]string{"mSMQVersion": {"200"}})
	partitions := d.put(d.config, "Partitions", "crossRefContainer", nil)
	d.partition(partitions, forest, d.domain)
	for _, name := range d.more {
		other := d.put(nil, base(name), "domainDNS", nil)
		for _, c := range []string{"Users", "Computers", "Deleted Objects"} {
			d.put(other, c, "container", nil)
		}
		d.partition(partitions, name, other)
	}
	return d
}

// partition adds a domain to the forest.
func (d *Directory) partition(partitions *node, name string, root *node) {
	cross := d.put(partitions, strings.ToUpper(strings.Split(name, ".")[0]), "crossRef", map[string][]string{"dnsRoot": {name}, "systemFlags": {"3"}})
	cross.refs["ncname"] = []*node{root}
	d.roots = append(d.roots, root)
}

// base is the distinguished name of a domain.
func base(domain string) string { return "DC=" + strings.Join(strings.Split(domain, "."), ",DC=") }

// Root is what it tells of itself.
func (d *Directory) Root() ldap.RootDSE { return d.root }

// Domain is the SID of the domain.
func (d *Directory) Domain() secure.SID { return d.sid }

// account is a SID of the domain.
func (d *Directory) account(rid uint32) secure.SID {
	s, err := secure.ParseSID(fmt.Sprintf("%s-%d", d.sid, rid))
	if err != nil {
		panic(err)
	}
	return s
}

// Relative identifiers of every domain (MS-DTYP 2.4.2.4).
const (
	ridAdministrator  = 500
	ridDomainAdmins   = 512
	ridDomainUsers    = 513
	ridDomainComputer = 515
)

// put makes an object without any check.
func (d *Directory) put(parent *node, cn, className string, values map[string][]string) *node {
	c, ok := classes[ldap.Fold(className)]
	if !ok {
		panic("memory: no class " + className)
	}
	n := &node{parent: parent, class: c, values: map[string][][]byte{}, refs: map[string][]*node{}}
	if parent == nil {
		n.dn, n.key = cn, ldap.Key(cn) // of a domain
	} else {
		rdn := "CN"
		if c.rdn != "" {
			rdn = c.rdn
		}
		n.dn = rdn + "=" + ldap.EscapeName(cn) + "," + parent.dn
		n.key = strings.ToLower(rdn) + "=" + goldap.EscapeDN(ldap.Fold(cn)) + "," + parent.key
		n.values["cn"] = [][]byte{[]byte(cn)}
	}
	for name, list := range values {
		for _, v := range list {
			n.values[ldap.Fold(name)] = append(n.values[ldap.Fold(name)], []byte(v))
		}
	}
	d.attach(n, secure.Token{User: d.admin}, nil)
	return n
}

// attach gives a new object what the directory gives, and a place.
func (d *Directory) attach(n *node, creator secure.Token, own *access.Descriptor) {
	n.id = d.newID(n.dn)
	d.serial++
	n.serial = d.serial
	n.created = d.now().UTC().Truncate(time.Second)
	n.changed = n.created
	switch n.class.name {
	case "user", "computer", "group":
		d.rid++
		n.sid = d.account(d.rid)
	}
	n.security = d.security(n, creator, own)
	if n.parent != nil {
		if n.parent.children == nil {
			n.parent.children = map[*node]struct{}{}
		}
		n.parent.children[n] = struct{}{}
	}
	d.byKey[n.key], d.byGUID[n.id] = n, n
	d.reindex(n, n.indexKeys(), true)
}

// security is descriptor, made once for those below an object that get the same.
func (d *Directory) security(n *node, creator secure.Token, own *access.Descriptor) access.Descriptor {
	common := own == nil && n.parent != nil && n.class.name != "computer" && n.class.name != "serversContainer"
	if common && n.parent.heirs != nil && n.parent.heirs.Owner == creator.User {
		return *n.parent.heirs
	}
	s := d.descriptor(n, creator, own)
	if common {
		n.parent.heirs = &s
	}
	return s
}

// descriptor is that of a new object: its own entries, or those of its class, and what
// it inherits.
func (d *Directory) descriptor(n *node, creator secure.Token, own *access.Descriptor) access.Descriptor {
	allow := func(flags uint8, mask uint32, who secure.SID) access.ACE {
		return access.ACE{Type: secure.Allow, Flags: flags, Mask: mask, SID: who}
	}
	var s access.Descriptor
	switch {
	case own != nil:
		s = *own
	case n.parent == nil:
		s.DACL = []access.ACE{
			allow(secure.ContainerInherit, access.FullControl, secure.Administrators),
			allow(secure.ContainerInherit, access.FullControl, d.account(ridDomainAdmins)),
			allow(secure.ContainerInherit, generalRead, secure.AuthenticatedUsers),
		}
	case n.class.name == "computer":
		s.DACL = []access.ACE{allow(0, access.CreateChild|access.DeleteChild|access.Self|generalRead, n.sid)}
	case n.class.name == "serversContainer":
		// As scripts/samba-ad does, and as administrators have to: routing servers keep
		// their settings in their sites.
		s.DACL = []access.ACE{
			allow(0, access.CreateChild, d.account(ridDomainComputer)),
			{Type: secure.Allow, Flags: secure.ContainerInherit | secure.InheritOnly, Mask: access.FullControl, SID: secure.CreatorOwner},
		}
	}
	if s.DACL == nil {
		s.DACL = []access.ACE{}
	}
	if s.Owner.IsZero() {
		s.Owner = creator.User
	}
	if n.parent != nil {
		s = s.Under(n.parent.security)
	}
	return s
}

const generalRead = access.ListContents | access.ReadProperty | access.ListObject | access.ReadControl

// indexed are the attributes that searches are quick by, besides objectClass.
var indexed = []string{"cn", "samaccountname", "dnshostname"}

func indexKey(attribute, value string) string { return attribute + "\x00" + ldap.Fold(value) }

func (n *node) indexKeys() []string {
	keys := []string{indexKey("objectclass", n.class.name)}
	for _, c := range n.class.above {
		keys = append(keys, indexKey("objectclass", c))
	}
	for _, a := range indexed {
		for _, v := range n.values[a] {
			keys = append(keys, indexKey(a, string(v)))
		}
	}
	return keys
}

func (d *Directory) reindex(n *node, keys []string, add bool) {
	for _, k := range keys {
		if add {
			d.index[k] = append(d.index[k], n)
		} else {
			d.index[k] = slices.DeleteFunc(d.index[k], func(o *node) bool { return o == n })
		}
	}
}

// under reports whether n is base or below it.
func (n *node) under(base *node) bool {
	for ; n != nil; n = n.parent {
		if n == base {
			return true
		}
	}
	return false
}

// bury makes a tombstone of an object: names that refer to it show what became of it
// (MS-ADTS 3.1.1.5.5), but members of lists are forgotten.
func (d *Directory) bury(n *node) {
	for c := range n.children {
		d.bury(c)
	}
	d.reindex(n, n.indexKeys(), false)
	delete(d.byKey, n.key)
	delete(d.byGUID, n.id)
	delete(n.parent.children, n)
	home := n.parent
	for home != d.config && home.parent != nil {
		home = home.parent
	}
	n.deleted = true
	n.dn = fmt.Sprintf(`CN=%s\0ADEL:%s,CN=Deleted Objects,%s`, ldap.EscapeName(string(n.values["cn"][0])), n.id, home.dn)
	for _, c := range []string{"group", "msMQ-Group"} {
		for _, g := range d.index[indexKey("objectclass", c)] {
			g.refs["member"] = slices.DeleteFunc(g.refs["member"], func(o *node) bool { return o == n })
		}
	}
}

// Stop has every operation fail as if the controller were gone, until Start.
func (d *Directory) Stop() { d.stop(true) }

// Start is the end of Stop.
func (d *Directory) Start() { d.stop(false) }

func (d *Directory) stop(v bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = v
}

// refuse makes the answer that a controller gives.
func (d *Directory) refuse(op string, code uint16, dn, format string, args ...any) error {
	return ldap.Refuse(op, &directory.Refusal{
		Code: code, DN: dn, Controller: d.root.DNSHostName, Message: fmt.Sprintf(format, args...),
	})
}
