package directory

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

const (
	// pageSize is how many entries are read at once.
	pageSize = 200
	// sortLimit is how many entries are read to be sorted by something else than
	// their names, which is the order of the directory.
	sortLimit = 10_000
)

// The columns of what was found.
const (
	colName  = "name"
	colLabel = "label"
	colType  = "type"
	colWhere = "where"
)

// scopeOf is where is looked.
type scopeOf struct {
	under string // as DirectoryQuery.Under
	name  string // of the site or computer; "" the whole forest
}

// asked is what was looked for.
type asked struct {
	text   string
	kind   string
	guid   string
	within scopeOf
	only   mgmtclient.EntryKind // of a folder that is browsed
}

// finding is what was found so far.
type finding struct {
	asked
	rows   []mgmtclient.Entry
	index  map[mq.GUID]int
	next   string
	total  int // 0: not known
	took   time.Duration
	asking bool
	known  bool // an answer has come
	err    error
	sort   kit.Sort
	scope  *screen.Scope
}

// complete reports whether all that fits was read.
func (f *finding) complete() bool { return f.known && f.next == "" }

// browsing reports whether nothing in particular was looked for.
func (f *finding) browsing() bool { return f.text == "" && f.kind == anyKind && f.guid == "" }

func (f *finding) query() mgmtclient.DirectoryQuery {
	q := mgmtclient.DirectoryQuery{Text: f.text, Under: f.within.under, Limit: pageSize}
	switch {
	case f.kind != anyKind:
		q.Kinds = []mgmtclient.EntryKind{mgmtclient.EntryKind(f.kind)}
	case f.only != "":
		q.Kinds = []mgmtclient.EntryKind{f.only}
	}
	return q
}

// count is how many were found, in words.
func (f *finding) count() string {
	switch {
	case f.total > 0:
		return screen.Count(int64(f.total))
	case f.next != "":
		return "More than " + screen.Count(int64(len(f.rows)))
	}
	return screen.Count(int64(len(f.rows)))
}

// headline says what was found, where, and how long it took.
func (f *finding) headline() (bold, rest string) {
	where := "in the whole forest"
	switch {
	case f.guid != "":
		where = "with this GUID"
	case f.within.name != "":
		where = "below " + f.within.name
	}
	if !f.known {
		if f.asking {
			return "Looking…", where
		}
		return "", ""
	}
	if f.err != nil && len(f.rows) == 0 {
		return "", ""
	}
	word := " found"
	if f.browsing() {
		word = ""
		where = "objects " + where
		if len(f.rows) == 1 && f.next == "" {
			where = "object " + strings.TrimPrefix(where, "objects ")
		}
	}
	return f.count() + word, where + ", " + took(f.took)
}

// took writes how long something took: 0.2 s.
func took(d time.Duration) string {
	if d < 50*time.Millisecond {
		return "under 0.1 s"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// Find looks for text in names and labels, a type, and a GUID.
func (p *Presenter) Find(text, kind, guid string) {
	p.ask(asked{text: strings.TrimSpace(text), kind: kind, guid: strings.TrimSpace(guid), within: p.found.within})
}

// Within looks again, below a site or computer, or in the whole forest.
func (p *Presenter) Within(s scopeOf) {
	a := p.found.asked
	a.within, a.only = s, ""
	p.ask(a)
}

// ask begins to look for something, or for the same again.
func (p *Presenter) ask(a asked) {
	was := p.found
	if was.scope != nil {
		was.scope.End()
	}
	f := &finding{asked: a, sort: was.sort, index: map[mq.GUID]int{}}
	if a == was.asked {
		// What was found stays in sight until the new answer is there.
		f.rows, f.index, f.next, f.total, f.took, f.known = was.rows, was.index, was.next, was.total, was.took, was.known
	}
	p.found = f
	if p.scope == nil {
		return
	}
	f.scope = p.scope.Sub()
	if a.guid != "" {
		p.findGUID(f)
	} else {
		p.page(f, true)
	}
	p.OnRows()
}

// page reads the first page, or one more.
func (p *Presenter) page(f *finding, first bool) {
	if f.asking {
		return
	}
	f.asking, f.err = true, nil
	q := f.query()
	if !first {
		q.After = f.next
	}
	dir := p.dir
	screen.Load(f.scope, func(ctx context.Context) (mgmtclient.DirectoryPage, error) { return dir.Find(ctx, q) }, func(page mgmtclient.DirectoryPage, err error) {
		f.asking = false
		if err != nil {
			f.err = err
			p.OnRows()
			return
		}
		if first {
			f.rows, f.took = nil, page.Took
		}
		f.rows, f.next, f.total, f.known = append(f.rows, page.Entries...), page.Next, page.Total, true
		p.read = p.host.Now()
		p.arrangeRows(f)
		p.rowsRead()
	})
}

// findGUID looks for the entry with a GUID, and for queues of that type, for each
// thing that the text may mean.
func (p *Presenter) findGUID(f *finding) {
	may := readGUID(f.guid)
	if len(may) == 0 {
		f.known = true
		f.err = mq.Errorf(mq.ErrInvalidParameter, "read the GUID", "%s is none", mq.Quote(f.guid)).
			WithFix("write its 32 hexadecimal digits, with or without braces and dashes; the octets of objectGUID will do, too")
		return
	}
	f.asking = true
	dir := p.dir
	screen.Load(f.scope, func(ctx context.Context) (mgmtclient.DirectoryPage, error) {
		began := time.Now()
		page, err := findByGUID(ctx, dir, may)
		page.Took = time.Since(began)
		return page, err
	}, func(page mgmtclient.DirectoryPage, err error) {
		f.asking, f.known = false, true
		f.rows, f.err, f.took, f.total, f.next = page.Entries, err, page.Took, 0, ""
		p.arrangeRows(f)
		p.rowsRead()
	})
}

func findByGUID(ctx context.Context, dir mgmtclient.Directory, may []mq.GUID) (page mgmtclient.DirectoryPage, err error) {
	for _, g := range may {
		e, err := dir.Entry(ctx, g.String())
		switch {
		case err == nil:
			page.Entries = append(page.Entries, e)
		case !notFound(err):
			return page, err
		}
		typed, err := dir.Find(ctx, mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}, Type: &g})
		if err != nil && !notFound(err) {
			return page, err
		}
		page.Entries = append(page.Entries, typed.Entries...)
	}
	return page, nil
}

// notFound reports whether the directory has no such entry.
func notFound(err error) bool {
	switch mq.CodeOf(err) {
	case mq.ErrObjectNotFound, mq.ErrQueueNotFound, mq.ErrMachineNotFound:
		return true
	}
	return false
}

// Need reads on when the end of what was read comes into sight.
func (p *Presenter) Need(to int) {
	if f := p.found; f.next != "" && to > len(f.rows)-pageSize/4 && f.err == nil {
		p.page(f, false)
	}
}

// Sort orders what was found; but for the order of the directory all of it has to be
// read first.
func (p *Presenter) Sort(s kit.Sort) {
	f := p.found
	f.sort = s
	p.arrangeRows(f)
	p.rowsRead()
}

// natural is the order in which a directory answers.
func natural(s kit.Sort) bool { return s == kit.Sort{} || s == kit.Sort{Key: colName} }

// arrangeRows sorts and indexes what was read, and reads on if the order needs it.
func (p *Presenter) arrangeRows(f *finding) {
	if !natural(f.sort) && f.next != "" && len(f.rows) < sortLimit && f.err == nil {
		p.page(f, false)
	}
	slices.SortStableFunc(f.rows, func(a, b mgmtclient.Entry) int {
		c := cmp.Or(compareText(cellText(&a, f.sort.Key), cellText(&b, f.sort.Key)), compareText(a.Name, b.Name), strings.Compare(a.DN, b.DN))
		if f.sort.Desc {
			return -c
		}
		return c
	})
	f.index = make(map[mq.GUID]int, len(f.rows))
	for i := range f.rows {
		f.index[f.rows[i].ID] = i
	}
}

func compareText(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// cellText is what a column shows of an entry.
func cellText(e *mgmtclient.Entry, column string) string {
	switch column {
	case colLabel:
		return e.Label
	case colType:
		return typeOf(e)
	case colWhere:
		return whereOf(e)
	}
	return e.Name
}
