package memory

import (
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"

	goldap "github.com/go-ldap/ldap/v3"
)

// session is a directory as somebody who is signed in.
type session struct {
	*Directory
	token secure.Token
	as    string
}

// As is the directory for an account with these groups, besides everyone and all that
// are signed in.
func (d *Directory) As(account secure.SID, groups ...secure.SID) ldap.Operations {
	return &session{d, secure.Token{User: account, Groups: append([]secure.SID{secure.AuthenticatedUsers}, groups...)}, account.String()}
}

// Administrator is the directory for the administrator of the domain.
func (d *Directory) Administrator() ldap.Operations {
	s := d.As(d.account(ridAdministrator), secure.Administrators, d.account(ridDomainAdmins)).(*session)
	s.as = d.netBIOS() + `\Administrator`
	return s
}

// SignIn is the directory for a computer (NAME$) or a person of the domain.
func (d *Directory) SignIn(account string) (ldap.Operations, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, n := range d.index[indexKey("samaccountname", account)] {
		group := uint32(ridDomainUsers)
		if n.class.name == "computer" {
			group = ridDomainComputer
		}
		s := d.As(n.sid, d.account(group)).(*session)
		s.as = d.netBIOS() + `\` + account
		return s, nil
	}
	return nil, d.refuse("sign in as "+account, ldap.CodeCredentials, "", "there is no such account")
}

// Person makes an ordinary user.
func (d *Directory) Person(account string) secure.SID {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.put(d.byKey[ldap.Key("CN=Users,"+d.root.Default)], account, "user", map[string][]string{"sAMAccountName": {account}})
	return n.sid
}

func (d *Directory) netBIOS() string { return strings.ToUpper(strings.Split(d.root.Forest, ".")[0]) }

// Root is what the directory tells of itself.
func (s *session) Root(ctx context.Context) (ldap.RootDSE, error) {
	if err := s.up(ctx, "ask the directory what it is"); err != nil {
		return ldap.RootDSE{}, err
	}
	return s.root, nil
}

// Status is how it stands.
func (s *session) Status() directory.Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := directory.Status{
		Connected: !s.stopped, Controller: s.root.DNSHostName, Forest: s.root.Forest, As: s.as, Protection: "in memory",
	}
	if s.stopped {
		st.Err = s.down("ask the directory")
	}
	return st
}

// Close does nothing.
func (s *session) Close() error { return nil }

func (s *session) down(op string) error {
	return mq.Errorf(mq.ErrNoDS, op, "%s does not answer", s.root.DNSHostName).WithFix("try again when the controller runs")
}

// up fails if the controller is stopped or nobody waits any more.
func (s *session) up(ctx context.Context, op string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return mq.Errorf(mq.ErrNoDS, op, "nobody waits for it any more: %w", err)
	}
	if s.stopped {
		return s.down(op)
	}
	return nil
}

// lock takes the lock for a change.
func (s *session) lock(ctx context.Context, op string) (unlock func(), err error) {
	s.mu.Lock()
	switch {
	case ctx.Err() != nil:
		err = mq.Errorf(mq.ErrNoDS, op, "nobody waits for it any more: %w", ctx.Err())
	case s.stopped:
		err = s.down(op)
	default:
		return s.mu.Unlock, nil
	}
	s.mu.Unlock()
	return nil, err
}

// find is the object of a name, which may be <GUID=...>.
func (s *session) find(op, dn string) (*node, error) {
	if text, ok := strings.CutPrefix(dn, "<GUID="); ok {
		id, err := mq.ParseGUID(strings.TrimSuffix(text, ">"))
		if err != nil {
			return nil, s.refuse(op, ldap.CodeBadDN, dn, "not a GUID")
		}
		if n, ok := s.byGUID[id]; ok {
			return n, nil
		}
		return nil, s.refuse(op, ldap.CodeNoObject, dn, "no such object")
	}
	d, err := goldap.ParseDN(dn)
	if err != nil || len(d.RDNs) == 0 {
		return nil, s.refuse(op, ldap.CodeBadDN, dn, "not a distinguished name")
	}
	key := ldap.Key(dn)
	if n, ok := s.byKey[key]; ok {
		return n, nil
	}
	if !strings.HasSuffix(key, s.domain.key) {
		return nil, s.refuse(op, ldap.CodeReferral, dn, "it is in another domain")
	}
	return nil, s.refuse(op, ldap.CodeNoObject, dn, "no such object")
}

// may reports whether the caller has rights on an object, or on part of it.
func (s *session) may(n *node, mask uint32, object mq.GUID) bool {
	return n.security.Granted(s.token, mask, object) == mask
}

// Add makes an object.
func (s *session) Add(ctx context.Context, dn string, list []ldap.Attribute) error {
	op := "add " + dn
	unlock, err := s.lock(ctx, op)
	if err != nil {
		return err
	}
	defer unlock()
	parsed, err := goldap.ParseDN(dn)
	if err != nil || len(parsed.RDNs) < 2 {
		return s.refuse(op, ldap.CodeBadDN, dn, "not a distinguished name")
	}
	parent, err := s.find(op, ldap.Ancestor(dn, 1))
	if err != nil {
		return err
	}
	n := &node{parent: parent, dn: dn, key: ldap.Key(dn), values: map[string][][]byte{}, refs: map[string][]*node{}}
	for _, a := range list {
		if strings.EqualFold(a.Name, "objectClass") && len(a.Values) > 0 {
			if c, ok := classes[ldap.Fold(string(a.Values[len(a.Values)-1]))]; ok {
				n.class = &c
			}
		}
	}
	rdn := parsed.RDNs[0].Attributes[0]
	switch {
	case n.class == nil:
		return s.refuse(op, ldap.CodeObjectClass, dn, "there is no such class")
	case s.byKey[n.key] != nil:
		return s.refuse(op, ldap.CodeObjectExists, dn, "the object exists")
	case !slices.Contains(n.class.parents, parent.class.name) || !strings.EqualFold(rdn.Type, n.class.rdnType()):
		return s.refuse(op, ldap.CodeNaming, dn, "%s cannot be below %s", n.class.name, parent.class.name)
	case !s.may(parent, access.CreateChild, classGUID(n.class.name)):
		return s.refuse(op, ldap.CodeAccess, dn, "no right to create %s below %s", n.class.name, parent.dn)
	}
	n.dn = n.class.rdnType() + "=" + ldap.EscapeName(rdn.Value) + "," + parent.dn
	if code := attributes["cn"].checkValue([]byte(rdn.Value)); code != 0 {
		return s.refuse(op, code, dn, "cn: 1 to 64 characters")
	}
	n.values["cn"] = [][]byte{[]byte(rdn.Value)}
	var own *access.Descriptor
	for _, a := range list {
		switch ldap.Fold(a.Name) {
		case "objectclass", "cn":
			continue
		case "ntsecuritydescriptor":
			d, err := access.Parse(first(a.Values))
			if err != nil {
				return s.refuse(op, ldap.CodeSyntax, dn, "nTSecurityDescriptor: %v", err)
			}
			own = &d
			continue
		}
		if err := s.set(op, n, a.Name, a.Values); err != nil {
			return err
		}
	}
	if err := s.complete(op, n); err != nil {
		return err
	}
	s.attach(n, s.token, own)
	return nil
}

func first(v [][]byte) []byte {
	if len(v) == 0 {
		return nil
	}
	return v[0]
}

func (c *class) rdnType() string {
	if c.rdn == "" {
		return "CN"
	}
	return c.rdn
}

// classGUID is the schemaIDGUID of a class that rights are given for.
func classGUID(class string) mq.GUID {
	if class == "mSMQQueue" {
		return access.QueueClass
	}
	return mq.GUID{}
}

// set puts checked values into an object.
func (s *session) set(op string, n *node, attributeName string, values [][]byte) error {
	key := ldap.Fold(attributeName)
	a, ok := attributes[key]
	switch {
	case !ok:
		return s.refuse(op, ldap.CodeUndefinedType, n.dn, "there is no attribute %s", attributeName)
	case a.system:
		return s.refuse(op, ldap.CodeUnwilling, n.dn, "%s is the directory's own", a.name)
	case !n.class.allows(a.name):
		return s.refuse(op, ldap.CodeObjectClass, n.dn, "%s may not have %s", n.class.name, a.name)
	}
	if code := a.check(values); code != 0 {
		return s.refuse(op, code, n.dn, "%s has a wrong value", a.name)
	}
	if key == "samaccountname" && len(values) > 0 {
		for _, o := range s.index[indexKey(key, string(values[0]))] {
			if o != n {
				return s.refuse(op, ldap.CodeObjectExists, n.dn, "sAMAccountName is that of %s", o.dn)
			}
		}
	}
	if a.syntax != reference {
		list := make([][]byte, len(values))
		for i, v := range values {
			list[i] = a.normal(v)
		}
		n.values[key] = list
		return nil
	}
	var refs []*node
	for _, v := range values {
		target, err := s.find(op, string(v))
		if err != nil {
			return s.refuse(op, ldap.CodeConstraint, n.dn, "%s: there is no object %s", a.name, v)
		}
		refs = append(refs, target)
	}
	n.refs[key] = refs
	return nil
}

// complete refuses an object without what its class needs.
func (s *session) complete(op string, n *node) error {
	for _, must := range n.class.must {
		if k := ldap.Fold(must); len(n.values[k]) == 0 && len(n.refs[k]) == 0 {
			return s.refuse(op, ldap.CodeObjectClass, n.dn, "%s must have %s", n.class.name, must)
		}
	}
	return nil
}

// Modify changes an object.
func (s *session) Modify(ctx context.Context, dn string, changes []ldap.Change) error {
	op := "change " + dn
	unlock, err := s.lock(ctx, op)
	if err != nil {
		return err
	}
	defer unlock()
	n, err := s.find(op, dn)
	if err != nil {
		return err
	}
	next := *n
	next.values, next.refs = cloneMap(n.values), cloneMap(n.refs)
	for _, c := range changes {
		if err := s.change(op, &next, c); err != nil {
			return err
		}
	}
	if err := s.complete(op, &next); err != nil {
		return err
	}
	s.reindex(n, n.indexKeys(), false)
	n.values, n.refs, n.security = next.values, next.refs, next.security
	n.changed = s.now().UTC().Truncate(time.Second)
	s.reindex(n, n.indexKeys(), true)
	return nil
}

func cloneMap[V any](m map[string][]V) map[string][]V {
	c := make(map[string][]V, len(m))
	for k, v := range m {
		c[k] = slices.Clone(v)
	}
	return c
}

// change does one change to a copy of an object.
func (s *session) change(op string, n *node, c ldap.Change) error {
	key := ldap.Fold(c.Name)
	switch {
	case key == "objectclass":
		return s.refuse(op, ldap.CodeUnwilling, n.dn, "the class cannot be changed")
	case key == "cn":
		return s.refuse(op, codeNotOnRDN, n.dn, "cn is the name")
	case key == "ntsecuritydescriptor":
		return s.changeSecurity(op, n, c)
	case !s.may(n, access.WriteProperty, mq.GUID{}) && !(validated(key) && s.token.User == n.sid && s.may(n, access.Self, mq.GUID{})):
		return s.refuse(op, ldap.CodeAccess, n.dn, "no right to write %s", c.Name)
	}
	old := s.read(n, key)
	values := c.Values
	switch c.Op {
	case ldap.AddValues:
		values = append(slices.Clone(old), c.Values...)
		if a := attributes[key]; a.syntax == reference {
			for _, v := range c.Values {
				if slices.ContainsFunc(old, func(o []byte) bool { return ldap.Key(string(o)) == ldap.Key(string(v)) }) {
					return s.refuse(op, ldap.CodeValueExists, n.dn, "%s has that value", c.Name)
				}
			}
		}
	case ldap.DeleteValues:
		if len(old) == 0 {
			return s.refuse(op, ldap.CodeNoAttribute, n.dn, "there is no %s", c.Name)
		}
		values = nil
		if len(c.Values) > 0 {
			values = slices.Clone(old)
		}
		for _, v := range c.Values {
			i := slices.IndexFunc(values, func(o []byte) bool { return ldap.Fold(string(o)) == ldap.Fold(string(v)) })
			if i < 0 {
				return s.refuse(op, ldap.CodeNoAttribute, n.dn, "%s has no such value", c.Name)
			}
			values = slices.Delete(values, i, i+1)
		}
	}
	return s.set(op, n, c.Name, values)
}

const codeNotOnRDN = 67

// validated are what an account may write on itself (MS-ADTS 5.1.3.2, RIGHT_DS_SELF).
func validated(key string) bool { return key == "serviceprincipalname" || key == "dnshostname" }

// changeSecurity replaces the parts that a descriptor has.
func (s *session) changeSecurity(op string, n *node, c ldap.Change) error {
	d, err := access.Parse(first(c.Values))
	if err != nil || c.Op != ldap.Replace {
		return s.refuse(op, ldap.CodeSyntax, n.dn, "nTSecurityDescriptor: %v", err)
	}
	parts := ldap.SDFlags([]ldap.Change{c})
	need := access.WriteDAC
	if parts&1 != 0 && d.Owner != n.security.Owner {
		need |= access.WriteOwner
	}
	if !s.may(n, need, mq.GUID{}) {
		return s.refuse(op, ldap.CodeAccess, n.dn, "no right to write nTSecurityDescriptor")
	}
	if parts&1 == 0 {
		d.Owner = n.security.Owner
	}
	if parts&2 == 0 {
		d.Group = n.security.Group
	}
	if n.parent != nil && parts&4 != 0 {
		d = d.Under(n.parent.security)
	} else if parts&4 == 0 {
		d.DACL, d.Control = n.security.DACL, n.security.Control
	}
	n.security = d
	return nil
}

// Delete removes an object.
func (s *session) Delete(ctx context.Context, dn string, tree bool) error {
	op := "delete " + dn
	unlock, err := s.lock(ctx, op)
	if err != nil {
		return err
	}
	defer unlock()
	n, err := s.find(op, dn)
	switch {
	case err != nil:
		return err
	case n.parent == nil || n == s.config:
		return s.refuse(op, ldap.CodeUnwilling, dn, "a partition cannot be deleted")
	case len(n.children) > 0 && !tree:
		return s.refuse(op, ldap.CodeNotLeaf, dn, "it has %d children", len(n.children))
	case tree && s.may(n, access.DeleteTree, mq.GUID{}):
	case len(n.children) > 0:
		return s.refuse(op, ldap.CodeAccess, dn, "no right to delete the tree")
	case !s.may(n, access.Delete, mq.GUID{}) && !s.may(n.parent, access.DeleteChild, classGUID(n.class.name)):
		return s.refuse(op, ldap.CodeAccess, dn, "no right to delete it")
	}
	s.bury(n)
	return nil
}

// Search finds objects.
func (s *session) Search(ctx context.Context, q ldap.Search, each func(ldap.Entry) bool) error {
	list, err := s.entries(ctx, q)
	for _, e := range list {
		if !each(e) {
			return nil
		}
	}
	return err
}

// entries is all that a search finds, so that nothing is locked while it is looked at.
func (s *session) entries(ctx context.Context, q ldap.Search) ([]ldap.Entry, error) {
	op := "search " + q.Base
	if err := s.up(ctx, op); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	base := s.domain
	if q.Base != "" || !q.Catalogue {
		var err error
		if q.Base == "" {
			return nil, s.refuse(op, ldap.CodeNoObject, "", "only the global catalogue searches everywhere")
		}
		if base, err = s.find(op, q.Base); err != nil {
			return nil, err
		}
		if !s.may(base, access.ReadProperty, mq.GUID{}) {
			return nil, s.refuse(op, ldap.CodeNoObject, q.Base, "no such object")
		}
	}
	filter := q.Filter
	if filter == "" {
		filter = "(objectClass=*)"
	}
	p, err := s.compile(filter)
	if err != nil {
		return nil, s.refuse(op, codeProtocol, q.Base, "the filter cannot be read: %v", err)
	}
	var found []*node
	consider := func(n *node) {
		if s.inScope(n, base, q) && p.fits(n) && s.may(n, access.ReadProperty, mq.GUID{}) {
			found = append(found, n)
		}
	}
	switch {
	case q.Scope == ldap.ScopeBase:
		consider(base)
	case p.known:
		seen := make(map[*node]bool, len(p.candidates))
		for _, n := range p.candidates {
			if !seen[n] {
				seen[n] = true
				consider(n)
			}
		}
	default:
		base.walk(consider)
	}
	s.sort(found, q.Sort)
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	list := make([]ldap.Entry, len(found))
	for i, n := range found {
		list[i] = s.render(n, q)
	}
	return list, nil
}

const codeProtocol = 2

// inScope keeps a search of the domain out of the configuration, which is another
// partition, unless the catalogue is asked.
func (s *session) inScope(n, base *node, q ldap.Search) bool {
	switch {
	case n.deleted:
		return false
	case q.Scope == ldap.ScopeBase:
		return n == base
	case q.Scope == ldap.ScopeOne:
		return n.parent == base
	}
	return n.under(base) && (q.Base == "" || base.under(s.config) || !n.under(s.config))
}

func (n *node) walk(f func(*node)) {
	f(n)
	for c := range n.children {
		c.walk(f)
	}
}

// sort puts objects into the order of an attribute, else of their creation.
func (s *session) sort(list []*node, attribute string) {
	key := ldap.Fold(attribute)
	var keys map[*node]string
	if key != "" {
		keys = make(map[*node]string, len(list))
		for _, n := range list {
			keys[n] = ldap.Fold(string(first(s.read(n, key))))
		}
	}
	slices.SortFunc(list, func(a, b *node) int {
		if c := strings.Compare(keys[a], keys[b]); key != "" && c != 0 {
			return c
		}
		return int(min(max(int64(a.serial)-int64(b.serial), -1), 1))
	})
}

// read is the values of an attribute by its folded name.
func (d *Directory) read(n *node, key string) [][]byte {
	switch key {
	case "objectclass":
		list := [][]byte{[]byte("top")}
		for _, c := range n.class.above {
			list = append(list, []byte(c))
		}
		return append(list, []byte(n.class.name))
	case "objectguid":
		return [][]byte{n.id[:]}
	case "objectsid":
		if n.sid.IsZero() {
			return nil
		}
		return [][]byte{n.sid.Append(nil)}
	case "distinguishedname":
		return [][]byte{[]byte(n.dn)}
	case "whencreated":
		return [][]byte{stamp(n.created)}
	case "whenchanged":
		return [][]byte{stamp(n.changed)}
	}
	if refs := n.refs[key]; len(refs) > 0 {
		list := make([][]byte, len(refs))
		for i, r := range refs {
			list[i] = []byte(r.dn)
		}
		return list
	}
	return n.values[key]
}

func stamp(t time.Time) []byte { return []byte(t.Format("20060102150405.0Z")) }

// render makes an entry of an object.
func (s *session) render(n *node, q ldap.Search) ldap.Entry {
	e := ldap.Entry{DN: n.dn}
	put := func(name string) {
		key := ldap.Fold(name)
		a, ok := attributes[key]
		if !ok {
			return
		}
		values := s.read(n, key)
		if key == "ntsecuritydescriptor" {
			values = s.readSecurity(n, q.SDFlags)
		}
		if len(values) == 0 {
			return
		}
		copied := make([][]byte, len(values))
		for i, v := range values {
			copied[i] = slices.Clone(v)
		}
		e.Attributes = append(e.Attributes, ldap.Attribute{Name: a.name, Values: copied})
	}
	if len(q.Attributes) > 0 {
		for _, a := range q.Attributes {
			put(a)
		}
		return e
	}
	for _, a := range []string{"objectClass", "objectGUID", "objectSid", "distinguishedName", "whenCreated", "whenChanged"} {
		put(a)
	}
	for key := range n.values {
		put(key)
	}
	for key := range n.refs {
		put(key)
	}
	if q.SDFlags != 0 {
		put("nTSecurityDescriptor")
	}
	return e
}

// readSecurity is the descriptor of an object: without the control only for those who
// may see the SACL too (MS-ADTS 3.1.1.3.4.1.11).
func (s *session) readSecurity(n *node, flags uint32) [][]byte {
	const sacl = 8
	admin := s.token.Has(secure.Administrators)
	if (flags == 0 || flags&sacl != 0) && !admin || !s.may(n, access.ReadControl, mq.GUID{}) {
		return nil
	}
	d := n.security
	if flags != 0 {
		if flags&1 == 0 {
			d.Owner = secure.SID{}
		}
		if flags&2 == 0 {
			d.Group = secure.SID{}
		}
		if flags&4 == 0 {
			d.DACL, d.Control = nil, 0
		}
	}
	return [][]byte{d.Append(nil)}
}
