package ldap

import (
	"context"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Delete removes an object, and the settings of a queue manager in its sites (MS-MQDSSM
// 3.1.6.2).
func (f *forest) Delete(ctx context.Context, o directory.Object, tree bool) error {
	k, err := kindOf(o.Kind())
	if err != nil {
		return err
	}
	op := "delete " + k.what + " " + title(o)
	switch k.kind {
	case directory.KindEnterprise, directory.KindUser:
		return mq.Errorf(mq.ErrUnsupportedOperation, op, "this is done with the tools of the domain")
	}
	root, err := f.ops.Root(ctx)
	if err != nil {
		return fail(op, nil, err)
	}
	e, err := f.target(ctx, op, root, k, o)
	if err != nil {
		return err
	}
	if err := f.ops.Delete(ctx, e.DN, tree); err != nil {
		return fail(op, k, err)
	}
	if k.kind != directory.KindMachine {
		return nil
	}
	s := settings{f: f, root: root, machine: readGUID(e.Value(attrGUID))}
	return fail(op+", which is gone, and its settings in its sites", k, s.write(ctx, &directory.Machine{}))
}

// UsedBy lists the objects that refer to one.
func (f *forest) UsedBy(ctx context.Context, o directory.Object) ([]directory.Use, error) {
	k, err := kindOf(o.Kind())
	if err != nil {
		return nil, err
	}
	op := "find what uses " + k.what + " " + title(o)
	root, err := f.ops.Root(ctx)
	if err != nil {
		return nil, fail(op, nil, err)
	}
	e, err := f.target(ctx, op, root, k, o)
	if err != nil {
		return nil, err
	}
	id := readGUID(e.Value(attrGUID))
	var uses []directory.Use
	add := func(kd directory.Kind, filter string, how func(Entry) directory.Attribute, attributes ...string) error {
		user := kinds[kd]
		w := newWish(user, nil, nil)
		w.attributes = append(w.attributes, attributes...)
		p := plan{f: f, root: root, kind: user, scope: ScopeTree, filters: []string{user.filter, filter}}
		if kd == directory.KindList {
			p.filters[0] = withClass(user.class) // groups for permissions have members too
		}
		list, err := p.run(ctx, w, directory.Query{})
		b := batch{wish: w}
		for _, e := range list {
			uses = append(uses, directory.Use{Object: b.add(e, root), How: how(e)})
		}
		if err == nil {
			err = b.finish(ctx, f, root)
		}
		return fail(op, nil, err)
	}
	always := func(a directory.Attribute) func(Entry) directory.Attribute {
		return func(Entry) directory.Attribute { return a }
	}
	switch k.kind {
	case directory.KindQueue, directory.KindAlias, directory.KindList:
		if err := add(directory.KindList, equal(attrMember, e.DN), always(directory.AttrMembers)); err != nil {
			return uses, err
		}
		if k.kind == directory.KindQueue {
			err = add(directory.KindAlias, aliasesOf(id, e, o), always(directory.AttrFormatName))
		}
	case directory.KindMachine:
		if err := add(directory.KindLink, equal(attrGates, e.DN), always(directory.AttrGates)); err != nil {
			return uses, err
		}
		err = add(directory.KindMachine, or(equal(attrInServers, e.DN), equal(attrOutServers, e.DN)), func(u Entry) directory.Attribute {
			for _, v := range u.Values(attrInServers) {
				if Key(string(v)) == Key(e.DN) {
					return directory.AttrInServers
				}
			}
			return directory.AttrOutServers
		})
	case directory.KindSite:
		err = add(directory.KindLink, or(equal(attrSite1, e.DN), equal(attrSite2, e.DN)), func(u Entry) directory.Attribute {
			if Key(u.Text(attrSite1)) == Key(e.DN) {
				return directory.AttrSite1
			}
			return directory.AttrSite2
		})
		if err == nil {
			err = add(directory.KindMachine, equalGUID(attrSites, id), always(directory.AttrSites))
		}
	}
	return uses, err
}

// aliasesOf finds the aliases of a queue by the ways in which it is usually written.
func aliasesOf(id mq.GUID, e Entry, o directory.Object) string {
	computer := Element(e.DN, 2)
	queue := Element(e.DN, 0)
	if q, ok := o.(*directory.Queue); ok && q.Queue != "" {
		queue = q.Queue
	}
	names := []string{
		mq.Public(id).String(),
		"PUBLIC={" + strings.ToUpper(id.String()) + "}",
		mq.DirectOS(computer, queue).String(),
	}
	var list []string
	for _, n := range names {
		list = append(list, equal(attrFormatName, n))
	}
	return or(list...)
}
