package directory

import (
	"context"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// The folders of the tree.
const (
	folderForest  = "forest"
	folderSites   = "sites"
	folderLists   = "lists"
	folderAliases = "aliases"
	folderLinks   = "links"
)

// What the ids of lines that are no branches begin with.
const (
	lineMore  = "more:"
	lineFault = "fault:"
	lineWait  = "wait:"
)

// branch is a line of the tree with those below it, as far as they were read.
type branch struct {
	id     string
	parent *branch
	folder string           // "": an entry
	entry  mgmtclient.Entry // of a folder: only its name
	kids   []*branch
	next   string // more of them
	total  int    // 0: not known
	open   bool
	read   bool
	asking bool
	err    error
}

func folderBranch(parent *branch, id, name string) *branch {
	return &branch{id: id, parent: parent, folder: id, entry: mgmtclient.Entry{Name: name}}
}

// query is what reads the branches below; false: there are none, or not read so.
func (b *branch) query() (mgmtclient.DirectoryQuery, bool) {
	of := func(k mgmtclient.EntryKind, under string) (mgmtclient.DirectoryQuery, bool) {
		return mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{k}, Under: under}, true
	}
	switch b.folder {
	case folderSites:
		return of(mgmtclient.EntrySite, "")
	case folderLists:
		return of(mgmtclient.EntryList, "")
	case folderAliases:
		return of(mgmtclient.EntryAlias, "")
	case folderLinks:
		return of(mgmtclient.EntryLink, "")
	case folderForest:
		return mgmtclient.DirectoryQuery{}, false
	}
	switch b.entry.Kind {
	case mgmtclient.EntrySite:
		return of(mgmtclient.EntryMachine, b.entry.ID.String())
	case mgmtclient.EntryMachine:
		return of(mgmtclient.EntryQueue, b.entry.ID.String())
	}
	return mgmtclient.DirectoryQuery{}, false
}

// count is how many are below, in words; "" if that is not known.
func (b *branch) count() string {
	n := -1
	switch e := &b.entry; {
	case b.folder == folderForest:
		return ""
	case b.folder != "" && !b.read:
		return ""
	case b.folder != "":
		if n = max(b.total, len(b.kids)); b.next != "" && b.total == 0 {
			return screen.Count(int64(n)) + "+"
		}
	case e.Site != nil:
		n = e.Site.Machines
	case e.Machine != nil:
		n = e.Machine.Queues
	case e.List != nil:
		n = len(e.List.Members)
	}
	if n < 0 {
		return ""
	}
	return screen.Count(int64(n))
}

// leaf reports whether nothing can be below.
func (b *branch) leaf() bool {
	switch e := &b.entry; {
	case b.folder == folderForest:
		return false
	case b.folder != "":
		return b.read && len(b.kids) == 0
	case e.Kind == mgmtclient.EntrySite:
		return e.Site != nil && e.Site.Machines == 0 && len(b.kids) == 0
	case e.Kind == mgmtclient.EntryMachine:
		return e.Machine != nil && e.Machine.Queues == 0 && len(b.kids) == 0
	}
	return true
}

var folderIcons = map[string]string{folderForest: "directory", folderSites: "site", folderLists: "users", folderAliases: "signpost", folderLinks: "link"}

func (b *branch) icon() string {
	if b.folder != "" {
		return folderIcons[b.folder]
	}
	return iconOf(&b.entry)
}

func (b *branch) foreign() bool {
	e := &b.entry
	return e.Site != nil && e.Site.Foreign || e.Machine != nil && e.Machine.Foreign || e.Queue != nil && e.Queue.Foreign
}

// forest is the tree.
type forest struct {
	p    *Presenter
	root *branch
	byID map[string]*branch
}

func newForest(p *Presenter) *forest {
	f := &forest{p: p}
	f.clear()
	return f
}

// clear forgets everything read.
func (f *forest) clear() {
	f.root = folderBranch(nil, folderForest, "Forest")
	f.root.open, f.root.read = true, true
	f.byID = map[string]*branch{folderForest: f.root}
	for _, x := range [][2]string{{folderSites, "Sites"}, {folderLists, "Distribution lists"}, {folderAliases, "Queue aliases"}, {folderLinks, "Routing links"}} {
		b := folderBranch(f.root, x[0], x[1])
		f.root.kids = append(f.root.kids, b)
		f.byID[b.id] = b
	}
	f.byID[folderSites].open = true
}

// refresh reads anew what was read, and what is always shown.
func (f *forest) refresh() {
	f.rename(f.p.dir.Status().Forest)
	for _, b := range f.byID {
		if b.read || b.parent == f.root {
			f.load(b, false)
		}
	}
}

// idle forgets questions whose answers will not come: the screen was left.
func (f *forest) idle() {
	for _, b := range f.byID {
		b.asking = false
	}
}

// rename calls the tree by its forest, once that is known.
func (f *forest) rename(name string) {
	if name != "" {
		f.root.entry.Name = name
	}
}

// load reads what is below a branch: the first page anew, or one more.
func (f *forest) load(b *branch, more bool) {
	q, ok := b.query()
	if !ok || b.asking || f.p.scope == nil {
		return
	}
	b.asking, b.err = true, nil
	if more {
		q.After = b.next
	} else {
		q.Limit = max(pageSize, (len(b.kids)+pageSize-1)/pageSize*pageSize)
	}
	dir := f.p.dir
	screen.Load(f.p.scope, func(ctx context.Context) (mgmtclient.DirectoryPage, error) { return dir.Find(ctx, q) }, func(page mgmtclient.DirectoryPage, err error) {
		b.asking = false
		if err != nil {
			b.err = err
			f.p.OnTree()
			return
		}
		f.take(b, page, more)
		f.p.OnTree()
	})
	f.p.OnTree()
}

// take puts what was read below a branch; what stays keeps what is below it.
func (f *forest) take(b *branch, page mgmtclient.DirectoryPage, more bool) {
	b.read, b.next, b.total = true, page.Next, page.Total
	old := map[string]*branch{}
	if !more {
		for _, k := range b.kids {
			old[k.id] = k
			delete(f.byID, k.id)
		}
		b.kids = nil
	}
	for _, e := range page.Entries {
		id := b.id + "/" + e.ID.String()
		if f.byID[id] != nil {
			continue
		}
		k := old[id]
		if k == nil {
			k = &branch{id: id, parent: b}
		}
		delete(old, id)
		k.entry = e
		b.kids = append(b.kids, k)
		f.byID[id] = k
	}
	for id := range old {
		f.forget(id)
	}
}

// forget drops a branch and what is below it.
func (f *forest) forget(id string) {
	for k := range f.byID {
		if strings.HasPrefix(k, id+"/") {
			delete(f.byID, k)
		}
	}
}

// toggle opens or closes a branch.
func (f *forest) toggle(id string, open bool) {
	b := f.byID[id]
	if b == nil {
		return
	}
	b.open = open
	if open && !b.read {
		f.load(b, false)
	}
	f.p.OnTree()
}

// more reads more of what a line stands for.
func (f *forest) more(id string) {
	if b := f.byID[strings.TrimPrefix(id, lineMore)]; b != nil && strings.HasPrefix(id, lineMore) {
		f.load(b, true)
	} else if b := f.byID[strings.TrimPrefix(id, lineFault)]; b != nil && strings.HasPrefix(id, lineFault) {
		f.load(b, false)
	}
}

// rows are the lines to show.
func (f *forest) rows() []kit.TreeRow { return f.under(nil, f.root, 0) }

func (f *forest) under(rows []kit.TreeRow, b *branch, depth int) []kit.TreeRow {
	row := kit.TreeRow{ID: b.id, Depth: depth, Icon: b.icon(), Text: b.entry.Name, Count: b.count(), Leaf: b.leaf(), Open: b.open}
	if b.foreign() {
		row.Tail = "foreign"
	}
	rows = append(rows, row)
	if !b.open || row.Leaf {
		return rows
	}
	for _, k := range b.kids {
		rows = f.under(rows, k, depth+1)
	}
	line := kit.TreeRow{Depth: depth + 1, Leaf: true, Quiet: true}
	switch {
	case b.asking && !b.read:
		line.ID, line.Icon, line.Text = lineWait+b.id, "sync", "Reading…"
	case b.err != nil && (!b.read || b.next != ""):
		why, fix, _ := screen.Reason(b.err)
		line.ID, line.Icon, line.Ink, line.Text, line.Tip = lineFault+b.id, "x-circle", theme.Danger, "Not read", join(why, fix)
	case b.next != "":
		line.ID, line.Icon, line.Text = lineMore+b.id, "more", "Show more"
		if b.total > len(b.kids) {
			line.Text = "Show more of " + screen.Count(int64(b.total))
		}
	default:
		return rows
	}
	return append(rows, line)
}

// line is the line of an entry, or of its folder; "" if the tree shows neither.
func (f *forest) line(e *mgmtclient.Entry) string {
	if e == nil {
		return ""
	}
	if e.Kind == mgmtclient.EntryForest {
		return folderForest
	}
	best := ""
	for id, b := range f.byID {
		if b.folder == "" && b.entry.ID == e.ID && b.inSight() && (best == "" || id < best) {
			best = id
		}
	}
	if best != "" {
		return best
	}
	return map[mgmtclient.EntryKind]string{
		mgmtclient.EntrySite: folderSites, mgmtclient.EntryList: folderLists, mgmtclient.EntryAlias: folderAliases, mgmtclient.EntryLink: folderLinks,
	}[e.Kind]
}

// inSight reports whether all above are open.
func (b *branch) inSight() bool {
	for p := b.parent; p != nil; p = p.parent {
		if !p.open {
			return false
		}
	}
	return true
}

// put shows an entry as it is now.
func (f *forest) put(e mgmtclient.Entry) {
	for _, b := range f.byID {
		if b.folder == "" && b.entry.ID == e.ID {
			b.entry = e
		}
	}
}

// site is the site that a line is in; nil if it is in none.
func (f *forest) site(id string) *mgmtclient.Entry {
	for b := f.byID[id]; b != nil; b = b.parent {
		if b.entry.Kind == mgmtclient.EntrySite {
			return &b.entry
		}
	}
	return nil
}
