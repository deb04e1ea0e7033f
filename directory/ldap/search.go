package ldap

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// batchSize is how many objects are finished at a time: enough to find what they name
// in few searches.
const batchSize = 500

// Search finds objects of a kind.
func (f *forest) Search(ctx context.Context, q directory.Query) iter.Seq2[directory.Object, error] {
	return func(yield func(directory.Object, error) bool) {
		k, err := kindOf(q.Kind)
		if err != nil {
			yield(nil, err)
			return
		}
		op := "search the directory for " + strings.TrimPrefix(k.what, "the ") + "s"
		root, err := f.ops.Root(ctx)
		if err != nil {
			yield(nil, fail(op, nil, err))
			return
		}
		w := newWish(k, q.Only, q.Also)
		entries, failed := f.find(ctx, root, w, q)
		known := map[string]Entry{}
		for chunk := range slices.Chunk(entries, batchSize) {
			b := batch{wish: w, known: known}
			for _, e := range chunk {
				b.add(e, root)
			}
			if err := b.finish(ctx, f, root); err != nil {
				yield(nil, fail(op, k, err))
				return
			}
			for _, o := range b.objects {
				if !yield(o, nil) {
					return
				}
			}
		}
		if failed != nil {
			yield(nil, fail(op, nil, failed))
		}
	}
}

// find searches for the entries of a query; those before an error come with it.
func (f *forest) find(ctx context.Context, root RootDSE, w wish, q directory.Query) ([]Entry, error) {
	p := plan{f: f, root: root, kind: w.kind, base: q.Under, scope: ScopeTree, filters: []string{w.kind.filter}}
	for _, t := range q.Where {
		if err := p.where(ctx, t); err != nil {
			return nil, err
		}
	}
	if q.Contains != "" {
		p.contains(q.Contains)
	}
	if p.nothing {
		return nil, nil
	}
	var list []Entry
	var err error
	if len(p.computers) > 0 {
		list, err = p.throughComputers(ctx, w, q)
	} else {
		list, err = p.run(ctx, w, q)
	}
	if q.Order {
		slices.SortStableFunc(list, func(a, b Entry) int { return strings.Compare(sortKey(w.kind, a), sortKey(w.kind, b)) })
	}
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list, err
}

// sortKey is what objects are ordered by.
func sortKey(k *kind, e Entry) string {
	if k.kind == directory.KindMachine || k.kind == directory.KindServer {
		return Fold(Element(e.DN, 1))
	}
	return Fold(Element(e.DN, 0))
}

// plan is a search that is being put together.
type plan struct {
	f         *forest
	root      RootDSE
	kind      *kind
	base      string
	scope     Scope
	filters   []string
	computers []string // of a machine's computer
	nothing   bool     // fits
}

// bases are where the search goes: the last in the catalogue if it is "".
func (p *plan) bases(ctx context.Context) ([]string, error) {
	if p.base == "" && p.kind.config {
		return []string{p.root.Configuration}, nil
	}
	more, err := p.f.elsewhere(ctx, p.root)
	switch {
	case p.base != "":
		return []string{p.base}, err
	case more:
		return []string{p.root.Default, ""}, err
	}
	return []string{p.root.Default}, err
}

// run searches for objects of the kind.
func (p *plan) run(ctx context.Context, w wish, q directory.Query) ([]Entry, error) {
	s := Search{Scope: p.scope, Filter: and(p.filters...), Attributes: w.attributes, SDFlags: w.flags(), Limit: q.Limit}
	if q.Order {
		if w.kind.kind == directory.KindMachine || w.kind.kind == directory.KindServer {
			return p.inOrder(ctx, w, q, s)
		}
		s.Sort = attrCN
	}
	return p.everywhere(ctx, s)
}

// few is how many queue managers are rather all read than found one by one.
const few = 1000

// inOrder reads what a directory cannot sort, as the names are those of other objects:
// all to be sorted then, or, of many queue managers, through their computers.
func (p *plan) inOrder(ctx context.Context, w wish, q directory.Query, s Search) ([]Entry, error) {
	s.Limit = 0
	if w.kind.kind == directory.KindServer || q.Limit == 0 || len(p.filters) > 1 {
		return p.everywhere(ctx, s)
	}
	s.Limit = few
	list, err := p.everywhere(ctx, s)
	if err != nil || len(list) < few {
		return list, err
	}
	return p.throughComputers(ctx, w, q)
}

// everywhere does a search in all the bases.
func (p *plan) everywhere(ctx context.Context, s Search) ([]Entry, error) {
	bases, err := p.bases(ctx)
	if err != nil {
		return nil, err
	}
	var list []Entry
	for _, base := range bases {
		s.Base, s.Catalogue = base, base == "" || !within(base, p.root.Configuration) && !p.f.local(p.root, base)
		err = p.f.ops.Search(ctx, s, func(e Entry) bool {
			if base != "" || !p.f.local(p.root, e.DN) { // those here are found already
				list = append(list, e)
			}
			return true
		})
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

// throughComputers finds machines by what is kept on their computers.
func (p *plan) throughComputers(ctx context.Context, w wish, q directory.Query) ([]Entry, error) {
	s := Search{Scope: p.scope, Filter: and(append([]string{withClass("computer")}, p.computers...)...), Attributes: []string{attrGUID}}
	if q.Order {
		s.Sort = attrCN
	}
	var list []Entry
	tried := map[string]bool{}
	for s.Limit = 2 * q.Limit; ; s.Limit *= 4 { // most computers have a queue manager, or few do
		hosts, err := p.everywhere(ctx, s)
		if err != nil {
			return list, err
		}
		last := q.Limit == 0 || len(hosts) < s.Limit
		hosts = slices.DeleteFunc(hosts, func(e Entry) bool { return tried[e.DN] })
		for chunk := range slices.Chunk(hosts, batchSize) {
			if list, err = p.ofComputers(ctx, w, chunk, list); err != nil {
				return list, err
			}
			if q.Limit > 0 && len(list) >= q.Limit {
				return list, nil
			}
		}
		if last {
			return list, nil
		}
		for _, e := range hosts {
			tried[e.DN] = true
		}
	}
}

// ofComputers appends the machines of computers.
func (p *plan) ofComputers(ctx context.Context, w wish, hosts, list []Entry) ([]Entry, error) {
	dns := make([]string, len(hosts))
	for i, e := range hosts {
		dns[i] = Child("msmq", e.DN)
	}
	found, err := p.f.lookup(ctx, p.root, dns, and(p.filters...), w.attributes, w.flags())
	for _, dn := range dns {
		if e, ok := found[Key(dn)]; ok {
			list = append(list, e)
		}
	}
	return list, err
}

// contains adds text that is in a name or a label.
func (p *plan) contains(text string) {
	switch p.kind.kind {
	case directory.KindMachine:
		p.computers = append(p.computers, or(contains(attrCN, text), contains(attrDNSHost, text)))
		return
	}
	var list []string
	for _, a := range p.kind.search {
		list = append(list, contains(a, text))
	}
	p.filters = append(p.filters, or(list...))
}

// where adds a condition.
func (p *plan) where(ctx context.Context, t directory.Term) error {
	switch {
	case t.Attribute == directory.AttrID:
		return p.compare(t, field{name: attrGUID, value: valueOf(writeGUID)})
	case t.Attribute == directory.AttrDN:
		return p.compare(t, field{name: attrDN, value: valueOf(writeText)})
	case p.kind.kind == directory.KindMachine && (t.Attribute == directory.AttrName || t.Attribute == directory.AttrComputer):
		return p.onComputer(t, field{name: attrCN, value: valueOf(writeText)})
	case t.Attribute == directory.AttrName:
		return p.compare(t, field{name: attrCN, value: valueOf(writeText)})
	case t.Attribute == directory.AttrCreated:
		return p.compare(t, field{name: attrCreated, value: valueOf(func(t time.Time) ([]byte, bool) { return writeTime(t), true })})
	case t.Attribute == directory.AttrModified:
		return p.compare(t, field{name: attrChanged, value: valueOf(func(t time.Time) ([]byte, bool) { return writeTime(t), true })})
	case p.kind.kind == directory.KindQueue && t.Attribute == directory.AttrMachine:
		return p.ofMachine(ctx, t)
	case p.kind.kind == directory.KindQueue && t.Attribute == directory.AttrPath:
		return p.ofPath(ctx, t)
	case p.kind.kind == directory.KindList && t.Attribute == directory.AttrMembers:
		return p.named(ctx, t, attrMember)
	}
	f, ok := p.kind.field(t.Attribute)
	switch {
	case !ok:
		return mq.Errorf(mq.ErrInvalidParameter, "search the directory", "%s have no attribute %s to search by",
			strings.TrimPrefix(p.kind.what, "the ")+"s", t.Attribute)
	case f.refs != nil:
		return p.named(ctx, t, f.name)
	case f.computer:
		return p.onComputer(t, f)
	case f.name == attrCerts:
		return mq.Errorf(mq.ErrInvalidParameter, "search the directory", "certificates are found by their digests")
	}
	return p.compare(t, f)
}

// valueOf makes the value function of a field.
func valueOf[V any](write func(V) ([]byte, bool)) func(any) ([]byte, bool) {
	return func(x any) ([]byte, bool) {
		v, ok := x.(V)
		if !ok {
			return nil, false
		}
		return write(v)
	}
}

func (p *plan) compare(t directory.Term, f field) error {
	c, err := condition(t, f)
	p.filters = append(p.filters, c)
	return err
}

func (p *plan) onComputer(t directory.Term, f field) error {
	c, err := condition(t, f)
	p.computers = append(p.computers, c)
	return err
}

// condition is the filter of one comparison.
func condition(t directory.Term, f field) (string, error) {
	isAbsent := not(present(f.name))
	v, ok := f.value(normal(t.Value))
	switch {
	case ok:
	case t.Value == nil || t.Value == "":
		switch t.Op {
		case directory.Equals:
			return isAbsent, nil
		case directory.NotEquals:
			return present(f.name), nil
		}
		fallthrough
	default:
		return anything, mq.Errorf(mq.ErrInvalidParameter, "search the directory", "%v cannot be compared with %s", t.Value, t.Attribute)
	}
	is := equalValue(f.name, v)
	meansAbsent := f.absent != "" && f.absent == string(v)
	if meansAbsent {
		is = or(is, isAbsent)
	}
	switch t.Op {
	case directory.Equals:
		return is, nil
	case directory.NotEquals:
		return not(is), nil
	case directory.LessOrEqual:
		return atMost(f.name, string(v)), nil
	case directory.GreaterOrEqual:
		return atLeast(f.name, string(v)), nil
	case directory.Less: // filters have no strict comparisons
		return and(atMost(f.name, string(v)), not(equalValue(f.name, v))), nil
	case directory.Greater:
		return and(atLeast(f.name, string(v)), not(equalValue(f.name, v))), nil
	}
	return anything, mq.Errorf(mq.ErrInvalidParameter, "search the directory", "there is no comparison %d", t.Op)
}

// equalValue escapes what is not text byte by byte.
func equalValue(name string, v []byte) string {
	switch name {
	case attrGUID, attrSID, attrSites, attrMachine, attrDigests, "mSMQQueueType", "mSMQEncryptKey":
		return equalBytes(name, v)
	}
	return equal(name, string(v))
}

// normal lets constants be written without a type.
func normal(v any) any {
	if n, ok := v.(int); ok {
		return uint32(n)
	}
	return v
}

// named adds a condition on objects that are kept by distinguished name.
func (p *plan) named(ctx context.Context, t directory.Term, attribute string) error {
	id, ok := t.Value.(mq.GUID)
	if !ok || t.Op != directory.Equals && t.Op != directory.NotEquals {
		return mq.Errorf(mq.ErrInvalidParameter, "search the directory", "%s is compared with a GUID", t.Attribute)
	}
	e, found, err := p.f.byID(ctx, id, "", []string{attrGUID}, 0)
	if err != nil {
		return err
	}
	c := not(anything)
	if found {
		c = equal(attribute, e.DN)
	}
	if t.Op == directory.NotEquals {
		c = not(c)
	}
	p.filters = append(p.filters, c)
	return nil
}

// ofMachine narrows the search to the queues of a machine.
func (p *plan) ofMachine(ctx context.Context, t directory.Term) error {
	id, ok := t.Value.(mq.GUID)
	if !ok || t.Op != directory.Equals {
		return mq.Errorf(mq.ErrInvalidParameter, "search the directory", "queues are found by the GUID of their queue manager")
	}
	e, found, err := p.f.byID(ctx, id, withClass("mSMQConfiguration"), []string{attrGUID}, 0)
	if err != nil {
		return err
	}
	if p.nothing = p.nothing || !found || p.base != "" && !within(e.DN, p.base); found {
		p.base, p.scope = e.DN, ScopeOne
	}
	return nil
}

// ofPath narrows it to computer\queue.
func (p *plan) ofPath(ctx context.Context, t directory.Term) error {
	path, ok := t.Value.(string)
	computer, queue, cut := strings.Cut(path, `\`)
	if !ok || !cut || t.Op != directory.Equals {
		return mq.Errorf(mq.ErrInvalidParameter, "search the directory", `queues are found by computer\queue`)
	}
	m, found, err := p.f.machineByName(ctx, p.root, computer, []string{attrGUID}, 0)
	if err != nil {
		return err
	}
	if p.nothing = p.nothing || !found; found {
		p.base, p.scope = m.DN, ScopeOne
		p.filters = append(p.filters, queueNamed(queue))
	}
	return nil
}

// queueNamed finds a queue of a machine by its name, however the beginning of a long
// one was hashed.
func queueNamed(name string) string {
	cn, rest := splitQueueName(name)
	if rest == "" {
		return and(equal(attrCN, cn), not(present(attrNameRest)))
	}
	return and(begins(attrCN, cn[:len(cn)-hashTail]), equal(attrNameRest, rest))
}

// machineByName finds the machine of a computer: by its account, else by what else
// people call it.
func (f *forest) machineByName(ctx context.Context, root RootDSE, name string, attributes []string, flags uint32) (Entry, bool, error) {
	computer, ok, err := f.computerByName(ctx, root, name)
	if !ok || err != nil {
		return Entry{}, false, err
	}
	s := Search{Base: Child("msmq", computer.DN), Filter: withClass("mSMQConfiguration"), Attributes: attributes, SDFlags: flags}
	s.Catalogue = !f.local(root, computer.DN)
	return f.entry(ctx, s)
}

// computerByName finds a computer by its account, its DNS name or its cn, in this order.
func (f *forest) computerByName(ctx context.Context, root RootDSE, name string) (Entry, bool, error) {
	p := plan{f: f, root: root, kind: kinds[directory.KindComputer]}
	list, err := p.everywhere(ctx, Search{
		Scope: ScopeTree, Attributes: []string{attrGUID, attrAccount, attrDNSHost, attrSID}, Limit: 10,
		Filter: and(withClass("computer"), or(equal(attrAccount, accountName(name)), equal(attrDNSHost, name), equal(attrCN, name))),
	})
	if err != nil || len(list) == 0 {
		return Entry{}, false, err
	}
	for _, a := range []string{attrAccount, attrDNSHost} {
		want := name
		if a == attrAccount {
			want = accountName(name)
		}
		for _, e := range list {
			if strings.EqualFold(e.Text(a), want) {
				return e, true, nil
			}
		}
	}
	return list[0], true, nil
}
