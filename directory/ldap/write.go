package ldap

import (
	"context"
	"errors"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Write changes the named attributes of an object to what o has.
func (f *forest) Write(ctx context.Context, o directory.Object, attributes ...directory.Attribute) error {
	k, err := kindOf(o.Kind())
	if err != nil {
		return err
	}
	op := "change " + k.what + " " + title(o)
	if len(attributes) == 0 {
		return nil
	}
	for _, a := range attributes {
		if err := writable(op, k, a); err != nil {
			return err
		}
	}
	if err := check(op, o, attributes); err != nil {
		return err
	}
	root, err := f.ops.Root(ctx)
	if err != nil {
		return fail(op, nil, err)
	}
	e, err := f.target(ctx, op, root, k, o, serviceAttributes(k)...)
	if err != nil {
		return err
	}
	changes, err := f.changes(ctx, op, k, o, attributes)
	if err != nil {
		return err
	}
	m, isMachine := o.(*directory.Machine)
	roles := isMachine && hasRole(attributes)
	if roles {
		m = withRoles(m, e, attributes)
		changes = append(changes, Change{Replace, textValue(attrServiceType, serviceType(readInt(e.Value(attrServiceType)), m))})
	}
	if u, ok := o.(*directory.User); ok {
		certs := withCertificates(parseCertificates(e.Value(attrCerts)), u.Certificates)
		changes = append(changes, certificateChanges(certs)...)
	}
	if len(changes) > 0 {
		if err := f.ops.Modify(ctx, e.DN, changes); err != nil {
			return fail(op, k, blame(k, changes, err))
		}
	}
	if !isMachine {
		return nil
	}
	if err := f.writeComputer(ctx, op, Ancestor(e.DN, 1), m, attributes); err != nil {
		return fail(op, k, err)
	}
	if roles || slices.Contains(attributes, directory.AttrSites) {
		m = withRoles(m, e, attributes)
		s := settings{f: f, root: root, computer: Element(e.DN, 1), machine: readGUID(e.Value(attrGUID)), add: f.plainAdd}
		if err := s.write(ctx, m); err != nil {
			return f.takeBack(ctx, e, changes, fail(op+" in its sites", k, err))
		}
	}
	return nil
}

// takeBack undoes the changes of roles and sites, which its settings in its sites did
// not follow.
func (f *forest) takeBack(ctx context.Context, e Entry, changes []Change, err error) error {
	var back []Change
	for _, c := range changes {
		if slices.Contains(serviceAttributes(kinds[directory.KindMachine]), c.Name) {
			back = append(back, Change{Replace, Attribute{c.Name, e.Values(c.Name)}})
		}
	}
	if failed := f.ops.Modify(context.WithoutCancel(ctx), e.DN, back); failed != nil {
		var x *mq.Error
		if errors.As(err, &x) {
			x.Fix = strings.TrimPrefix(x.Fix+"; ", "; ") + "write the roles and sites again, as its settings in its sites do not fit them"
		}
	}
	return err
}

// writable refuses what cannot be changed.
func writable(op string, k *kind, a directory.Attribute) error {
	if a == directory.AttrSecurity || a == directory.AttrMembers && k.kind == directory.KindList {
		return nil
	}
	f, ok := k.field(a)
	switch {
	case !ok && slices.Contains([]directory.Attribute{
		directory.AttrID, directory.AttrDN, directory.AttrName, directory.AttrComputer, directory.AttrPath,
		directory.AttrMachine, directory.AttrCreated, directory.AttrModified,
	}, a) || f.fixed:
		return mq.Errorf(mq.ErrPropertyNotAllowed, op, "%s is given at the creation and cannot be changed", a).
			WithFix("make a new object, and delete this one")
	case !ok:
		return mq.Errorf(mq.ErrPropertyNotAllowed, op, "it has no attribute %s", a).
			WithFix("leave it out")
	case k.kind == directory.KindServer:
		return mq.Errorf(mq.ErrPropertyNotAllowed, op, "it follows the roles of its queue manager").
			WithFix("change the roles of the queue manager")
	}
	return nil
}

// serviceAttributes are read before a write that depends on them.
func serviceAttributes(k *kind) []string {
	switch k.kind {
	case directory.KindMachine:
		return []string{attrServiceType, attrRouting, attrDirectory, attrDependents, attrSites}
	case directory.KindUser:
		return []string{attrCerts}
	}
	return nil
}

// target finds the object that is to be written or deleted.
func (f *forest) target(ctx context.Context, op string, root RootDSE, k *kind, o directory.Object, attributes ...string) (Entry, error) {
	h := o.Common()
	ref := directory.Ref{ID: h.ID, DN: h.DN}
	if ref == (directory.Ref{}) {
		switch o := o.(type) {
		case *directory.Machine:
			ref.Name = o.Computer
		case *directory.Queue:
			ref.Path = o.Path()
		default:
			ref.Name = h.Name
		}
	}
	w := wish{kind: k, attributes: append([]string{attrGUID}, attributes...)}
	e, ok, err := f.one(ctx, root, w, ref)
	if err != nil {
		return Entry{}, fail(op, k, err)
	}
	if !ok {
		return Entry{}, notFound(op, k)
	}
	return e, nil
}

// changes of the object itself.
func (f *forest) changes(ctx context.Context, op string, k *kind, o directory.Object, attributes []directory.Attribute) ([]Change, error) {
	var list []Change
	for _, a := range attributes {
		switch a {
		case directory.AttrSecurity:
			d, err := writeSecurity(k.kind, o.Common().Security)
			if err != nil {
				return nil, err
			}
			list = append(list, Change{Replace, Attribute{AttrDescriptor, [][]byte{d}}})
			continue
		case directory.AttrMembers:
			members, err := f.members(ctx, op, o.(*directory.List))
			if err != nil {
				return nil, err
			}
			list = append(list, Change{Replace, Attribute{attrMember, members}})
			continue
		}
		fd, _ := k.field(a)
		if fd.computer || fd.name == attrCerts {
			continue
		}
		values, err := f.values(ctx, op, fd, o)
		if err != nil {
			return nil, err
		}
		list = append(list, Change{Replace, Attribute{fd.name, values}})
	}
	return list, nil
}

// writeComputer changes what a machine keeps on its computer object.
func (f *forest) writeComputer(ctx context.Context, op, dn string, m *directory.Machine, attributes []directory.Attribute) error {
	var changes []Change
	for _, a := range attributes {
		switch a {
		case directory.AttrSignKeys:
			if certs := parseCertificates(m.SignKeys); len(certs) > 0 {
				changes = append(changes, certificateChanges(certs)...)
			}
		case directory.AttrPrincipals:
			if len(m.Principals) == 0 {
				continue
			}
			e, ok, err := f.entry(ctx, Search{Base: dn, Attributes: []string{attrSPN}})
			if err != nil || !ok {
				return err
			}
			var add [][]byte
			for _, name := range m.Principals {
				if !slices.ContainsFunc(e.Values(attrSPN), func(v []byte) bool { return strings.EqualFold(string(v), name) }) {
					add = append(add, []byte(name))
				}
			}
			if len(add) > 0 {
				changes = append(changes, Change{AddValues, Attribute{attrSPN, add}})
			}
		case directory.AttrDNSName, directory.AttrOSVersion:
			fd, _ := kinds[directory.KindMachine].field(a)
			changes = append(changes, Change{Replace, Attribute{fd.name, fd.get(m)}})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return f.ops.Modify(ctx, dn, changes)
}

// certificateChanges write certificates and their digests, always together and in the
// same order.
func certificateChanges(list []certificate) []Change {
	c := []Change{{Replace, Attribute{Name: attrCerts}}, {Replace, Attribute{attrDigests, digests(list)}}}
	if len(list) > 0 {
		c[0].Values = [][]byte{packCertificates(list)}
	}
	return c
}

var roleAttributes = []directory.Attribute{directory.AttrRouting, directory.AttrDirectory, directory.AttrDependents}

func hasRole(attributes []directory.Attribute) bool {
	return slices.ContainsFunc(attributes, func(a directory.Attribute) bool { return slices.Contains(roleAttributes, a) })
}

// withRoles is a machine with the roles and sites that it has after a write.
func withRoles(m *directory.Machine, e Entry, written []directory.Attribute) *directory.Machine {
	c := *m
	for _, r := range []struct {
		a    directory.Attribute
		name string
		role *bool
	}{{directory.AttrRouting, attrRouting, &c.Routing}, {directory.AttrDirectory, attrDirectory, &c.Directory}, {directory.AttrDependents, attrDependents, &c.Dependents}} {
		if !slices.Contains(written, r.a) {
			*r.role = readBool(e.Value(r.name))
		}
	}
	if !slices.Contains(written, directory.AttrSites) {
		c.Sites = nil
		for _, v := range e.Values(attrSites) {
			c.Sites = append(c.Sites, readGUID(v))
		}
	}
	return &c
}

// blame names the attribute that a refusal is about, where that is certain.
func blame(k *kind, changes []Change, err error) error {
	r, ok := refusal(err)
	if !ok || r.Attribute != "" {
		return err
	}
	for _, c := range changes {
		if len(changes) == 1 || strings.Contains(strings.ToLower(r.Message), strings.ToLower(c.Name)) {
			for _, f := range k.fields {
				if f.name == c.Name {
					r.Attribute = f.attribute
				}
			}
		}
	}
	return err
}
