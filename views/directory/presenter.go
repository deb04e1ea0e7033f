package directory

import (
	"context"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Presenter decides what the screen shows. It names no widget; its callbacks and
// methods are for Fyne's goroutine.
type Presenter struct {
	// OnTree is told of other lines of the tree, OnRows of other things found, OnEntry
	// of the entry shown and what was filled in, OnState of the directory itself.
	OnTree, OnRows, OnEntry, OnState func()

	host    screen.Host
	dir     mgmtclient.Directory
	scope   *screen.Scope // while the screen is in front
	tree    *forest
	found   *finding
	shown   *subject
	reading *screen.Scope        // of the entry shown
	kept    map[mq.GUID]*subject // changed and not saved
	was     mgmtclient.DirectoryStatus
	all     int       // objects in the forest; 0: not known
	read    time.Time // when something was read last
	want    string    // to be shown as soon as it is read: Route.Entry
}

// subject is an entry in the inspector.
type subject struct {
	*draft
	uses    []mgmtclient.EntryUse
	used    bool // uses was read
	usedErr error
	rights  *mgmtclient.Permissions
	permErr error
	err     error    // it could not be read
	refused *refused // the last change
	saving  bool
}

// NewPresenter makes a presenter.
func NewPresenter(h screen.Host) *Presenter {
	nothing := func() {}
	p := &Presenter{OnTree: nothing, OnRows: nothing, OnEntry: nothing, OnState: nothing, host: h, dir: h.Directory(), kept: map[mq.GUID]*subject{}}
	p.tree, p.found = newForest(p), &finding{asked: asked{kind: anyKind}}
	p.was = p.dir.Status()
	return p
}

// Status is how the directory is.
func (p *Presenter) Status() mgmtclient.DirectoryStatus { return p.dir.Status() }

// Enter begins to follow the directory, and shows the entry of the route.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	if r.Entry != "" {
		p.want = r.Entry
	}
	if p.scope == s {
		p.showWanted()
		return
	}
	p.scope = s
	p.tree.idle()
	screen.WatchDirectory(s, p.dir, p.changed)
	p.was = p.dir.Status()
	p.Refresh()
	p.showWanted()
}

// changed takes over what became of the directory, or of its objects.
func (p *Presenter) changed() {
	was, now := p.was, p.dir.Status()
	p.was = now
	p.tree.rename(now.Forest)
	switch {
	case now.Configured != was.Configured, other(was.Forest, now.Forest), other(was.As, now.As),
		was.Forest != "" && now.Forest == "": // it was chosen anew, and nothing is known of it yet
		p.startOver()
		p.Refresh()
	case now == was, now.Connected && !was.Connected && was.Forest != "", was.Why != "" && now.Why == "":
		p.Refresh() // objects changed, the line is back, or there is another try
	default:
		p.OnState()
		p.OnTree()
	}
}

// other reports whether two names, both known, differ.
func other(a, b string) bool { return a != "" && b != "" && a != b }

// startOver forgets what another directory, or another account, was told.
func (p *Presenter) startOver() {
	if p.found.scope != nil {
		p.found.scope.End()
	}
	p.tree.clear()
	p.all = 0
	p.found = &finding{asked: asked{kind: anyKind}}
	if p.shown != nil && !p.shown.dirty() {
		p.shown = nil
	}
	p.OnEntry()
}

// Refresh reads anew what is shown.
func (p *Presenter) Refresh() {
	p.OnState()
	if p.scope == nil || !p.dir.Status().Configured {
		return
	}
	p.tree.refresh()
	p.ask(p.found.asked)
	p.countAll()
	if p.shown != nil && !p.shown.saving {
		p.reread(p.shown, 0)
	}
}

// countAll asks how many objects there are, if the directory tells.
func (p *Presenter) countAll() {
	dir := p.dir
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.DirectoryPage, error) {
		return dir.Find(ctx, mgmtclient.DirectoryQuery{Limit: 1})
	}, func(page mgmtclient.DirectoryPage, err error) {
		if err == nil && page.Total > 0 {
			p.all = page.Total
			p.OnState()
		}
	})
}

// Headline is what the forest is called, and how many objects it has.
func (p *Presenter) Headline() string {
	s := p.dir.Status()
	switch {
	case !s.Configured:
		return ""
	case s.Forest == "":
		return ""
	case p.all > 0:
		return s.Forest + ", " + screen.Many(int64(p.all), "object")
	}
	return s.Forest
}

// rowsRead shows other rows, and an entry if none is shown.
func (p *Presenter) rowsRead() {
	if p.shown == nil && p.want == "" && len(p.found.rows) > 0 {
		p.Show(p.found.rows[0])
	}
	p.OnRows()
	p.OnState()
}

// Row is the i-th of what was found.
func (p *Presenter) Row(i int) (mgmtclient.Entry, bool) {
	if i < 0 || i >= len(p.found.rows) {
		return mgmtclient.Entry{}, false
	}
	return p.found.rows[i], true
}

// showWanted shows the entry that the screen was opened for.
func (p *Presenter) showWanted() {
	if p.want == "" || p.scope == nil || !p.dir.Status().Configured {
		return
	}
	ref, dir := p.want, p.dir
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Entry, error) { return dir.Entry(ctx, ref) }, func(e mgmtclient.Entry, err error) {
		if p.want != ref {
			return
		}
		p.want = ""
		if err != nil {
			p.host.Fail("The entry was not shown", err)
			p.rowsRead()
			return
		}
		p.Show(e)
	})
}

// Shown is the entry in the inspector; nil: none.
func (p *Presenter) Shown() *subject { return p.shown }

// Show shows an entry; what is changed in another stays until it is saved or taken back.
func (p *Presenter) Show(e mgmtclient.Entry) {
	if p.shown != nil && p.shown.now.ID == e.ID && p.shown.now.DN == e.DN {
		return
	}
	p.leaveShown()
	if k := p.kept[e.ID]; k != nil {
		p.shown = k
	} else {
		p.shown = &subject{draft: newDraft(e)}
	}
	p.OnEntry()
	p.reread(p.shown, settling)
}

// ShowForest shows the settings of the forest.
func (p *Presenter) ShowForest() {
	if p.scope == nil {
		return
	}
	dir := p.dir
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Entry, error) {
		page, err := dir.Find(ctx, mgmtclient.DirectoryQuery{Kinds: []mgmtclient.EntryKind{mgmtclient.EntryForest}, Limit: 1})
		if err == nil && len(page.Entries) == 0 {
			err = mq.Errorf(mq.ErrObjectNotFound, "read the settings of the forest", "this forest has none").
				WithFix("a domain administrator installs Message Queuing with the directory on one computer; that makes them")
		}
		if err != nil {
			return mgmtclient.Entry{}, err
		}
		return page.Entries[0], nil
	}, func(e mgmtclient.Entry, err error) {
		if err != nil {
			p.host.Fail("The forest is not shown", err)
			return
		}
		p.Show(e)
	})
}

// leaveShown keeps what was changed.
func (p *Presenter) leaveShown() {
	if s := p.shown; s != nil && s.dirty() {
		p.kept[s.now.ID] = s
	} else if s != nil {
		delete(p.kept, s.now.ID)
	}
}

// Unsaved is how many entries but the one shown have changes that were not saved.
func (p *Presenter) Unsaved() int {
	n := len(p.kept)
	if s := p.shown; s != nil && p.kept[s.now.ID] != nil {
		n--
	}
	return n
}

// settling is how long an entry is looked at before the directory is asked about it:
// who walks through a list asks for nothing.
const settling = 120 * time.Millisecond

// reread reads an entry, who uses it and who may do what, after a moment.
func (p *Presenter) reread(s *subject, after time.Duration) {
	if p.scope == nil {
		return
	}
	if p.reading != nil {
		p.reading.End()
	}
	p.reading = p.scope.Sub()
	dir, id, ref := p.dir, s.now.ID, s.now.DN
	if !id.IsZero() {
		ref = id.String()
	}
	p.reading.After(after, func() {
		screen.Load(p.reading, func(ctx context.Context) (mgmtclient.Entry, error) { return dir.Entry(ctx, ref) }, func(e mgmtclient.Entry, err error) {
			if s.saving {
				return
			}
			if s.err = err; err == nil {
				s.rebase(e)
				p.put(e)
			}
			p.OnEntry()
		})
		screen.Load(p.reading, func(ctx context.Context) ([]mgmtclient.EntryUse, error) { return dir.UsedBy(ctx, id) }, func(u []mgmtclient.EntryUse, err error) {
			if err == nil {
				s.uses, s.used, s.usedErr = u, true, nil
			} else if !s.used {
				s.usedErr = err
			}
			p.OnEntry()
		})
		screen.Load(p.reading, func(ctx context.Context) (mgmtclient.Permissions, error) { return dir.Permissions(ctx, id) }, func(x mgmtclient.Permissions, err error) {
			if err == nil {
				s.rights, s.permErr = &x, nil
			} else if s.rights == nil {
				s.permErr = err
			}
			p.OnEntry()
		})
	})
}

// put shows an entry wherever it stands as it is now.
func (p *Presenter) put(e mgmtclient.Entry) {
	p.tree.put(e)
	if i, ok := p.found.index[e.ID]; ok && i < len(p.found.rows) && p.found.rows[i].ID == e.ID {
		p.found.rows[i] = e
		p.OnRows()
	}
	p.OnTree()
}

// Edit changes what is filled in.
func (p *Presenter) Edit(change func(d *draft)) {
	s := p.shown
	if s == nil || s.saving {
		return
	}
	change(s.draft)
	p.OnEntry()
}

// Revert takes back what was changed.
func (p *Presenter) Revert() {
	if s := p.shown; s != nil && !s.saving {
		s.revert()
		s.refused = nil
		delete(p.kept, s.now.ID)
		p.OnEntry()
	}
}

// CanSave reports whether there is something that can be saved.
func (p *Presenter) CanSave() bool {
	s := p.shown
	return s != nil && !s.saving && s.err == nil && len(s.changed()) > 0 && s.fits() == ""
}

// Save writes the changed fields. It goes on when the screen is left.
func (p *Presenter) Save() {
	if !p.CanSave() {
		return
	}
	s := p.shown
	dir, e, fields := p.dir, copyOf(s.now), s.changed()
	s.saving, s.refused = true, nil
	p.OnEntry()
	screen.Load(p.host.Scope(), func(ctx context.Context) (mgmtclient.Entry, error) { return dir.Set(ctx, e, fields...) }, func(now mgmtclient.Entry, err error) {
		s.saving = false
		if err != nil {
			r := refusalOf(err, s.draft, s.rights, p.dir.Status().As)
			s.refused = &r
			p.kept[s.now.ID] = s
			if p.shown != s {
				p.host.Done(screen.Action{What: "Change " + e.Name, Result: r.bold, Tone: kit.Danger})
			}
			p.OnEntry()
			return
		}
		*s.draft = *newDraft(now) // the form stays, with the keyboard in it
		delete(p.kept, now.ID)
		p.put(now)
		p.host.Done(screen.Action{What: changedWords(&now, fields), Tone: kit.Success})
		p.OnEntry()
	})
}

// changedWords say what was changed: "Changed the limit of orders.confirmed".
func changedWords(e *mgmtclient.Entry, fields []mgmtclient.Field) string {
	var list []string
	for _, f := range fields {
		list = append(list, fieldNames[f])
	}
	return "Changed " + enumerate(list, 3) + " of " + e.Name
}

// Uses are what refers to the entry shown, and the outgoing queues to it of the
// computers of the sidebar.
func (p *Presenter) Uses() []use {
	s := p.shown
	if s == nil {
		return nil
	}
	var list []use
	for i := range s.uses {
		e := &s.uses[i].Entry
		list = append(list, use{icon: iconOf(e), name: e.Name, how: s.uses[i].How, kind: typeOf(e), entry: e, breaks: true})
	}
	if s.now.Queue != nil {
		list = append(list, p.outgoingTo(&s.now)...)
	}
	return list
}

// Site is the site whose entries alone can be looked through, with the entry shown in it.
func (p *Presenter) Site(line string) (scopeOf, bool) {
	if e := p.tree.site(line); e != nil {
		return scopeOf{under: e.ID.String(), name: e.Name}, true
	}
	return scopeOf{}, false
}

// Browse shows the entry of a line of the tree, and what belongs to it unless something
// is looked for.
func (p *Presenter) Browse(line string) {
	b := p.tree.byID[line]
	if b == nil {
		p.tree.more(line)
		return
	}
	switch b.folder {
	case "":
		p.Show(b.entry)
	case folderForest:
		p.ShowForest()
	}
	if !p.found.browsing() {
		return
	}
	a := asked{kind: anyKind}
	switch {
	case b.folder == folderForest:
	case b.folder != "":
		q, _ := b.query()
		a.only = q.Kinds[0]
	default:
		for !slices.Contains([]mgmtclient.EntryKind{mgmtclient.EntrySite, mgmtclient.EntryMachine}, b.entry.Kind) {
			if b = b.parent; b.folder != "" {
				return
			}
		}
		a.within = scopeOf{under: b.entry.ID.String(), name: b.entry.Name}
	}
	if a != p.found.asked {
		p.ask(a)
	}
}
