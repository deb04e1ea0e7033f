package memory

import (
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/directory/ldap"
	"posthouse/directory/ldap/access"
	"posthouse/localqm/mq"

	goldap "github.com/go-ldap/ldap/v3"
)

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
				n.class = c
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
		target, err := s.lookup(op, string(v))
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
	n.values, n.refs, n.security, n.heirs = next.values, next.refs, next.security, nil
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
