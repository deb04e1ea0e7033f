package ldap

import (
	"context"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Read reads one object.
func (f *forest) Read(ctx context.Context, kd directory.Kind, ref directory.Ref, also ...directory.Attribute) (directory.Object, error) {
	op := "read " + ref.String()
	var k *kind
	if kd == 0 {
		var err error
		if k, err = f.whatIs(ctx, op, ref); err != nil {
			return nil, err
		}
	} else {
		var err error
		if k, err = kindOf(kd); err != nil {
			return nil, err
		}
		op = "read " + k.what + " " + ref.String()
	}
	root, err := f.ops.Root(ctx)
	if err != nil {
		return nil, fail(op, nil, err)
	}
	w := newWish(k, nil, also)
	e, ok, err := f.one(ctx, root, w, ref)
	if err != nil {
		return nil, fail(op, k, err)
	}
	if !ok {
		return nil, notFound(op, k)
	}
	b := batch{wish: w}
	o := b.add(e, root)
	if err := b.finish(ctx, f, root); err != nil {
		return nil, fail(op, k, err)
	}
	return o, nil
}

// whatIs finds out the kind of an object.
func (f *forest) whatIs(ctx context.Context, op string, ref directory.Ref) (*kind, error) {
	s := Search{Attributes: []string{attrClass}}
	var e Entry
	var ok bool
	var err error
	switch {
	case !ref.ID.IsZero():
		e, ok, err = f.byID(ctx, ref.ID, "", s.Attributes, 0)
	case ref.DN != "":
		if err := CheckDN(ref.DN); err != nil {
			return nil, err
		}
		s.Base = ref.DN
		e, ok, err = f.entry(ctx, s)
	case ref.Path != "":
		return kinds[directory.KindQueue], nil
	default:
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "a name alone does not tell what kind of object it is of").
			WithFix("give the GUID or the distinguished name")
	}
	if err != nil {
		return nil, fail(op, nil, err)
	}
	if k := kindByClass(e.Values(attrClass)); ok && k != nil {
		return k, nil
	}
	return nil, notFound(op, nil)
}

// one finds the entry that ref names.
func (f *forest) one(ctx context.Context, root RootDSE, w wish, ref directory.Ref) (Entry, bool, error) {
	k := w.kind
	class := withClass(k.class)
	if k.kind == directory.KindUser {
		class = k.filter
	}
	if k.kind == directory.KindEnterprise && ref.DN == "" {
		e, ok, err := f.entry(ctx, Search{Base: enterpriseDN(root), Filter: class, Attributes: w.attributes, SDFlags: w.flags()})
		return e, ok && (ref.ID.IsZero() || readGUID(e.Value(attrGUID)) == ref.ID), err // there is one (MS-MQDSSM 2.2.3)
	}
	switch {
	case !ref.ID.IsZero():
		return f.byID(ctx, ref.ID, class, w.attributes, w.flags())
	case ref.DN != "":
		if err := CheckDN(ref.DN); err != nil {
			return Entry{}, false, err
		}
		s := Search{Base: ref.DN, Filter: class, Attributes: w.attributes, SDFlags: w.flags()}
		e, ok, err := f.entry(ctx, s)
		if ok || err != nil || within(ref.DN, root.Configuration) {
			return e, ok, err
		}
		if more, err := f.elsewhere(ctx, root); !more || err != nil || f.local(root, ref.DN) {
			return Entry{}, false, err
		}
		s.Catalogue = true
		return f.entry(ctx, s)
	}
	q := directory.Query{Kind: k.kind, Limit: 1}
	switch {
	case ref.Path != "" && k.kind == directory.KindQueue:
		if err := checkPath(ref.Path); err != nil {
			return Entry{}, false, err
		}
		q.Where = []directory.Term{directory.Is(directory.AttrPath, ref.Path)}
	case ref.Name == "":
		return Entry{}, false, mq.Errorf(mq.ErrInvalidParameter, "read "+k.what, "nothing names it").
			WithFix("give its GUID, its distinguished name or its name")
	case k.kind == directory.KindMachine:
		return f.machineByName(ctx, root, ref.Name, w.attributes, w.flags())
	case k.kind == directory.KindComputer:
		e, ok, err := f.computerByName(ctx, root, ref.Name)
		if !ok || err != nil {
			return e, ok, err
		}
		return f.entry(ctx, Search{Base: e.DN, Filter: class, Attributes: w.attributes, SDFlags: w.flags(), Catalogue: !f.local(root, e.DN)})
	case k.kind == directory.KindUser:
		q.Where = []directory.Term{directory.Is(directory.AttrAccount, ref.Name)}
	default:
		q.Where = []directory.Term{directory.Is(directory.AttrName, ref.Name)}
	}
	list, err := f.find(ctx, root, w, q)
	if len(list) == 0 {
		return Entry{}, false, err
	}
	return list[0], true, nil
}

// checkPath refuses what is not computer\queue.
func checkPath(path string) error {
	p, err := mq.ParsePathName(path)
	if err != nil {
		return err
	}
	if p.Private || p.System || p.Subqueue != "" || p.Suffix != mq.SuffixNone {
		return mq.Errorf(mq.ErrIllegalQueuePathname, "find "+mq.Quote(path)+" in the directory", "only public queues are in the directory").
			WithFix(`write computer\queue`)
	}
	if strings.EqualFold(p.Machine, ".") {
		return mq.Errorf(mq.ErrIllegalQueuePathname, "find "+mq.Quote(path)+" in the directory", "the directory knows computers by their names").
			WithFix("write the name of the computer in place of the dot")
	}
	return nil
}
