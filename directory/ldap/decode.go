package ldap

import (
	"context"
	"maps"
	"slices"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// wish is what is to be read of objects of a kind.
type wish struct {
	kind       *kind
	only       []directory.Attribute
	security   bool
	attributes []string // of the object
	computer   []string // of a machine's computer
}

func newWish(k *kind, only, also []directory.Attribute) wish {
	w := wish{kind: k, only: only, attributes: []string{attrGUID}}
	w.attributes = append(w.attributes, k.extra...)
	w.security = slices.Contains(also, directory.AttrSecurity) || slices.Contains(only, directory.AttrSecurity)
	for _, f := range k.fields {
		switch {
		case !w.wants(f.attribute):
		case f.computer:
			w.computer = append(w.computer, f.name)
		default:
			w.attributes = append(w.attributes, f.name)
		}
	}
	if w.wants(directory.AttrCreated) {
		w.attributes = append(w.attributes, attrCreated)
	}
	if w.wants(directory.AttrModified) {
		w.attributes = append(w.attributes, attrChanged)
	}
	if w.security {
		w.attributes = append(w.attributes, AttrDescriptor)
	}
	return w
}

// wants reports whether an attribute is to be read.
func (w wish) wants(a directory.Attribute) bool {
	return len(w.only) == 0 || slices.Contains(w.only, a)
}

// ownerGroupDACL is the value of the SD_FLAGS control with which ordinary users get a
// descriptor at all (MS-ADTS 3.1.1.3.4.1.11).
const ownerGroupDACL = 7

func (w wish) flags() uint32 {
	if w.security {
		return ownerGroupDACL
	}
	return 0
}

// batch makes objects of entries, and finds what they name all at once.
type batch struct {
	wish    wish
	objects []directory.Object
	pending []pending
	// known is what was found by name before, by Key; batches of one search share it.
	known map[string]Entry
}

// pending waits for the object that a distinguished name is of.
type pending struct {
	dn  string
	put func(Entry)
}

// add makes an object of an entry.
func (b *batch) add(e Entry, root RootDSE) directory.Object {
	o := b.wish.kind.make()
	h := o.Common()
	h.ID, h.DN, h.Name = readGUID(e.Value(attrGUID)), e.DN, Element(e.DN, 0)
	if v := e.Value(attrCreated); v != nil {
		h.Created = readTime(v)
	}
	if v := e.Value(attrChanged); v != nil {
		h.Modified = readTime(v)
	}
	h.Security = readSecurity(b.wish.kind.kind, e.Value(AttrDescriptor))
	for _, f := range b.wish.kind.fields {
		if f.computer || !b.wish.wants(f.attribute) {
			continue
		}
		values := e.Values(f.name)
		if f.refs == nil {
			f.put(o, values)
			continue
		}
		for _, v := range values {
			b.await(string(v), func(e Entry) { f.refs.put(o, readGUID(e.Value(attrGUID))) })
		}
	}
	switch o := o.(type) {
	case *directory.Enterprise:
		o.Forest = root.Forest
	case *directory.Machine:
		o.Computer = Element(e.DN, 1)
	case *directory.Queue:
		o.Computer, o.Queue = Element(e.DN, 2), joinQueueName(h.Name, e.Text(attrNameRest))
		if b.wish.wants(directory.AttrMachine) {
			b.await(Ancestor(e.DN, 1), func(e Entry) { o.Machine = readGUID(e.Value(attrGUID)) })
		}
	case *directory.Server:
		if b.wish.wants(directory.AttrSites) {
			b.await(Ancestor(e.DN, 3), func(e Entry) { o.Site = readGUID(e.Value(attrGUID)) })
		}
	case *directory.List:
		if b.wish.wants(directory.AttrMembers) {
			members := e.Values(attrMember)
			o.Members = make([]directory.Member, len(members))
			for i, dn := range members {
				o.Members[i] = directory.Member{DN: string(dn), Name: Element(string(dn), 0)}
				b.await(string(dn), func(e Entry) { fillMember(&o.Members[i], e) })
			}
		}
	}
	b.objects = append(b.objects, o)
	return o
}

func (b *batch) await(dn string, put func(Entry)) {
	if !isDeleted(dn) {
		b.pending = append(b.pending, pending{dn, put})
	}
}

// fillMember says what kind of object a member of a list is.
func fillMember(m *directory.Member, e Entry) {
	m.ID = readGUID(e.Value(attrGUID))
	k := kindByClass(e.Values(attrClass))
	if k == nil {
		return
	}
	switch k.kind {
	case directory.KindQueue:
		m.Name = Element(e.DN, 2) + `\` + joinQueueName(Element(e.DN, 0), e.Text(attrNameRest))
	case directory.KindAlias, directory.KindList:
	default:
		return // no messages can go there
	}
	m.Kind = k.kind
}

// finish finds what the objects name.
func (b *batch) finish(ctx context.Context, f *forest, root RootDSE) error {
	if len(b.pending) > 0 {
		var dns []string
		for _, p := range b.pending {
			if _, ok := b.known[Key(p.dn)]; !ok {
				dns = append(dns, p.dn)
			}
		}
		found, err := f.lookup(ctx, root, dns, "", []string{attrGUID, attrClass, attrNameRest}, 0)
		if err != nil {
			return err
		}
		if b.known == nil {
			b.known = found
		}
		maps.Copy(b.known, found)
		for _, p := range b.pending {
			if e, ok := b.known[Key(p.dn)]; ok {
				p.put(e)
			}
		}
	}
	if len(b.wish.computer) == 0 {
		return nil
	}
	dns := make([]string, len(b.objects))
	for i, o := range b.objects {
		dns[i] = Ancestor(o.Common().DN, 1)
	}
	found, err := f.lookup(ctx, root, dns, "", b.wish.computer, 0)
	if err != nil {
		return err
	}
	for i, o := range b.objects {
		e, ok := found[Key(dns[i])]
		if !ok {
			continue
		}
		for _, fd := range b.wish.kind.fields {
			if fd.computer && b.wish.wants(fd.attribute) {
				fd.put(o, e.Values(fd.name))
			}
		}
	}
	return nil
}

// resolve finds the distinguished names of objects; all must be there.
func (f *forest) resolve(ctx context.Context, op string, ids []mq.GUID) (map[mq.GUID]string, error) {
	names := make(map[mq.GUID]string, len(ids))
	for _, id := range ids {
		if _, ok := names[id]; ok || id.IsZero() {
			continue
		}
		e, ok, err := f.byID(ctx, id, "", []string{attrGUID}, 0)
		if err != nil {
			return nil, fail(op, nil, err)
		}
		if !ok {
			return nil, mq.Errorf(mq.ErrObjectNotFound, op, "there is no object with the GUID %s that it names", id).
				WithFix("choose one that is in the directory")
		}
		names[id] = e.DN
	}
	return names, nil
}

// byID finds an object that fits condition by its GUID, in the whole forest.
func (f *forest) byID(ctx context.Context, id mq.GUID, condition string, attributes []string, flags uint32) (Entry, bool, error) {
	e, ok, err := f.entry(ctx, Search{Base: guidBase(id), Filter: condition, Attributes: attributes, SDFlags: flags})
	if ok || err != nil {
		return e, ok, err
	}
	root, err := f.ops.Root(ctx)
	if err != nil {
		return Entry{}, false, err
	}
	if more, err := f.elsewhere(ctx, root); !more || err != nil {
		return Entry{}, false, err
	}
	filter := equalGUID(attrGUID, id)
	if condition != "" {
		filter = and(condition, filter)
	}
	return f.entry(ctx, Search{Scope: ScopeTree, Filter: filter, Attributes: attributes, SDFlags: flags, Catalogue: true, Limit: 1})
}
