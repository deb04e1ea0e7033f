package memory

import (
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/directory/ldap"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

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
	base, err := s.base(op, q)
	if err != nil {
		return nil, err
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
	case q.Scope == ldap.ScopeBase && base != nil:
		consider(base)
	case p.known:
		seen := make(map[*node]bool, len(p.candidates))
		for _, n := range p.candidates {
			if !seen[n] {
				seen[n] = true
				consider(n)
			}
		}
	case base == nil:
		for _, root := range s.roots {
			root.walk(consider)
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

// base is where a search begins; nil is the whole forest.
func (s *session) base(op string, q ldap.Search) (*node, error) {
	find := s.find
	switch {
	case q.Catalogue && q.Base == "":
		return nil, nil
	case q.Base == "":
		return nil, s.refuse(op, ldap.CodeNoObject, "", "only the global catalogue searches everywhere")
	case q.Catalogue:
		find = s.lookup
	}
	n, err := find(op, q.Base)
	if err == nil && !s.may(n, access.ReadProperty, mq.GUID{}) {
		return nil, s.refuse(op, ldap.CodeNoObject, q.Base, "no such object")
	}
	return n, err
}

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
	case base == nil:
		return true
	}
	return n.under(base) && (base.under(s.config) || !n.under(s.config))
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
