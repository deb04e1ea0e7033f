package forest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// found are the kinds of entries that Find looks for if none are named.
var found = []mgmtclient.EntryKind{
	mgmtclient.EntrySite, mgmtclient.EntryMachine, mgmtclient.EntryQueue,
	mgmtclient.EntryList, mgmtclient.EntryAlias, mgmtclient.EntryLink,
}

const (
	pageSize = 200
	maxPage  = 2000
)

// Find is mgmtclient.Directory's. A page goes on where each kind ended: DirectoryPage.Next
// is the number of entries of each that were shown.
func (f *Forest) Find(ctx context.Context, q mgmtclient.DirectoryQuery) (mgmtclient.DirectoryPage, error) {
	began := time.Now()
	page := mgmtclient.DirectoryPage{Entries: []mgmtclient.Entry{}}
	r, err := f.reader(ctx)
	if err != nil {
		return page, err
	}
	defer f.looked()
	if len(q.Kinds) == 0 {
		q.Kinds = found
	}
	if q.Type != nil {
		q.Kinds = slices.DeleteFunc(slices.Clone(q.Kinds), func(k mgmtclient.EntryKind) bool { return k != mgmtclient.EntryQueue })
	}
	shown, err := cursor(q.After, len(q.Kinds))
	if err != nil {
		return page, err
	}
	size := min(cmp.Or(max(q.Limit, 0), pageSize), maxPage)
	lists := make([][]item, len(q.Kinds))
	whole := true
	for i, k := range q.Kinds {
		list, err := r.find(ctx, k, q, shown[i]+size+1)
		if err != nil {
			return page, refused(0, err)
		}
		whole = whole && len(list) <= shown[i]+size
		lists[i] = list[min(shown[i], len(list)):]
		page.Total += len(list)
	}
	objects := merge(lists, shown, size)
	if page.Entries, err = r.entries(ctx, objects); err != nil {
		return page, refused(0, err)
	}
	if slices.ContainsFunc(lists, func(l []item) bool { return len(l) > 0 }) {
		page.Next = cursorOf(shown)
	}
	if !whole {
		page.Total = 0
		if q.Text == "" && q.Type == nil && q.Under == "" {
			page.Total = r.total(ctx, q.Kinds)
		}
	}
	page.Took = time.Since(began)
	return page, nil
}

// item is an object with the name that it is listed by.
type item struct {
	directory.Object
	name string
}

// merge takes the first of all lists in the order of their names, and counts in shown
// how many of each.
func merge(lists [][]item, shown []int, size int) []directory.Object {
	var out []directory.Object
	for len(out) < size {
		best := -1
		for i, l := range lists {
			if len(l) > 0 && (best < 0 || l[0].name < lists[best][0].name) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		out = append(out, lists[best][0].Object)
		lists[best] = lists[best][1:]
		shown[best]++
	}
	return out
}

// find lists at most so many objects of a kind.
func (r *reader) find(ctx context.Context, kind mgmtclient.EntryKind, q mgmtclient.DirectoryQuery, limit int) ([]item, error) {
	k, err := kindOf(kind)
	if err != nil {
		return nil, err
	}
	d := directory.Query{Kind: k, Contains: strings.TrimSpace(q.Text), Limit: limit, Order: true}
	if q.Type != nil {
		d.Where = append(d.Where, directory.Is(directory.AttrType, *q.Type))
	}
	if k == directory.KindLink {
		// Links are known by the names of their sites, which the directory cannot order.
		d.Contains, d.Limit, d.Order = "", 0, false
	}
	switch {
	case k == directory.KindMachine && d.Contains == "" && q.Under == "":
		// The directory cannot order machines, whose names are those of their computers.
		return r.machines(ctx, limit)
	case k == directory.KindLink:
		if _, err := r.f.theBook(ctx); err != nil { // has the names of all sites
			return nil, err
		}
	}
	queries := []directory.Query{d}
	if q.Under != "" {
		if queries, err = r.under(ctx, d, q.Under); err != nil {
			return nil, err
		}
	}
	var list []item
	for _, d := range queries {
		for o, err := range r.d.Search(ctx, d) {
			if err != nil {
				return nil, err
			}
			n := item{o, listed(o)}
			if l, ok := o.(*directory.Link); ok {
				name, err := r.linkName(ctx, l)
				if err != nil {
					return nil, err
				}
				n.name = strings.ToLower(name)
				if t := strings.ToLower(strings.TrimSpace(q.Text)); !strings.Contains(n.name, t) && !strings.Contains(strings.ToLower(l.Description), t) {
					continue
				}
			}
			list = append(list, n)
		}
	}
	if len(queries) > 1 || k == directory.KindLink {
		slices.SortStableFunc(list, func(a, b item) int { return strings.Compare(a.name, b.name) })
	}
	return list[:min(limit, len(list))], nil
}

// machines lists the first by name, as the map has them.
func (r *reader) machines(ctx context.Context, limit int) ([]item, error) {
	b, err := r.f.theBook(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]item, min(limit, len(b.machines)))
	for i := range list {
		list[i] = item{b.machines[i], listed(b.machines[i])}
	}
	return list, nil
}

// listed is the name that an object is listed by.
func listed(o directory.Object) string {
	name := o.Common().Name
	switch o := o.(type) {
	case *directory.Machine:
		name = o.Computer
	case *directory.Queue:
		name = o.Queue
	case *directory.Enterprise:
		name = o.Forest
	}
	return strings.ToLower(name)
}

// manyMachines is up to how many machines of a site their queues are searched one by
// one.
const manyMachines = 50

// under narrows a query to what belongs to a site or a machine, or is below a name.
func (r *reader) under(ctx context.Context, d directory.Query, under string) ([]directory.Query, error) {
	id, err := mq.ParseGUID(under)
	if err != nil {
		d.Under = under
		return []directory.Query{d}, nil
	}
	o, err := r.d.Read(ctx, 0, directory.ByID(id))
	if err != nil {
		return nil, err
	}
	with := func(terms ...directory.Term) []directory.Query {
		d.Where = append(slices.Clone(d.Where), terms...)
		return []directory.Query{d}
	}
	switch o := o.(type) {
	case *directory.Machine:
		if d.Kind == directory.KindQueue {
			d.Under = o.DN
			return []directory.Query{d}, nil
		}
	case *directory.Site:
		switch d.Kind {
		case directory.KindMachine:
			return with(directory.Is(directory.AttrSites, id)), nil
		case directory.KindLink:
			a := with(directory.Is(directory.AttrSite1, id))[0]
			d.Where = nil
			return append(with(directory.Is(directory.AttrSite2, id)), a), nil
		case directory.KindServer:
			d.Under = o.DN
			return []directory.Query{d}, nil
		case directory.KindQueue:
			return r.ofSite(ctx, d, id)
		}
	default:
		d.Under = o.Common().DN
		return []directory.Query{d}, nil
	}
	return nil, nil
}

// ofSite are the queries for the queues on the machines of a site.
func (r *reader) ofSite(ctx context.Context, d directory.Query, site mq.GUID) ([]directory.Query, error) {
	machines, err := directory.All[*directory.Machine](ctx, r.d, directory.Query{
		Kind: directory.KindMachine, Where: []directory.Term{directory.Is(directory.AttrSites, site)}, Only: []directory.Attribute{directory.AttrID}, Limit: manyMachines + 1,
	})
	if err != nil {
		return nil, err
	}
	if len(machines) > manyMachines {
		return nil, mq.Errorf(mq.ErrInsufficientResources, "find the queues of a site", "it has more than %d queue managers", manyMachines).
			WithFix("search in the whole forest, or below one queue manager")
	}
	list := make([]directory.Query, len(machines))
	for i, m := range machines {
		list[i] = d
		list[i].Under = m.DN
	}
	return list, nil
}

// total counts objects, for a while.
type total struct {
	of    string
	n     int
	until time.Time
}

// maxTotal is up to how many objects of a kind are counted.
const maxTotal = 10_000

// total is how many objects of some kinds there are; 0 if they are too many to count.
func (r *reader) total(ctx context.Context, kinds []mgmtclient.EntryKind) int {
	of := fmt.Sprint(kinds)
	r.f.mu.Lock()
	t := r.f.total
	r.f.mu.Unlock()
	if t.of == of && r.now.Before(t.until) {
		return t.n
	}
	t = total{of: of, until: r.now.Add(remembered)}
	for _, kind := range kinds {
		k, err := kindOf(kind)
		if err != nil {
			return 0
		}
		n, err := r.count(ctx, directory.Query{Kind: k, Limit: maxTotal + 1})
		if err != nil {
			return 0
		}
		if t.n += n; n > maxTotal {
			t.n = 0
			break
		}
	}
	r.f.mu.Lock()
	r.f.total = t
	r.f.mu.Unlock()
	return t.n
}

// cursor reads a DirectoryPage.Next.
func cursor(s string, n int) ([]int, error) {
	shown := make([]int, n)
	if s == "" {
		return shown, nil
	}
	parts := strings.Split(s, ",")
	bad := mq.Errorf(mq.ErrInvalidParameter, "find in the directory", "%s does not go on from a page of this search", mq.Quote(s)).WithFix("search again from the beginning")
	if len(parts) != n {
		return nil, bad
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return nil, bad
		}
		shown[i] = int(v)
	}
	return shown, nil
}

func cursorOf(shown []int) string {
	parts := make([]string, len(shown))
	for i, n := range shown {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}
