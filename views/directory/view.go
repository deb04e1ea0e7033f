package directory

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host  screen.Host
	p     *Presenter
	root  *fyne.Container
	class int
	high  float32         // of the room there is
	stage *fyne.Container // the screen, or why there is none

	about  *kit.Label
	create *kit.Button
	find   *kit.Field
	kind   *kit.Select
	guid   *kit.Field
	search *kit.Button
	bars   *fyne.Container // header and toolbar
	away   fyne.CanvasObject
	awayIs *kit.Label

	tree  *kit.TreeList
	bold  *kit.Label
	rest  *kit.Label
	scope *kit.Button
	sum   *fyne.Container // the line of these three
	grid  *kit.Grid
	empty *kit.EmptyState
	read  *kit.Label
	some  *kit.Label

	uses    *kit.Grid
	useHead *kit.Label
	useHint *kit.Label
	useNone *kit.EmptyState
	used    []use

	pane    *pane
	none    *kit.EmptyState // instead of everything: no directory
	showing bool
	syncing bool
	line    string // of the tree, chosen last
}

// New makes the screen; it is a screen.Factory.
func New(h screen.Host) screen.Screen {
	v := &View{host: h, p: NewPresenter(h), showing: true, class: -1, stage: container.NewStack()}
	v.makeBars()
	v.makeTree()
	v.makeGrid()
	v.makeUses()
	v.pane = newPane(v)
	v.none = kit.NewEmptyState("directory", "", "")
	v.p.OnTree, v.p.OnRows, v.p.OnEntry, v.p.OnState = v.treeChanged, v.rowsChanged, v.entryChanged, v.stateChanged
	v.root = screen.NewResponsive(func(room fyne.Size) int {
		v.high = room.Height
		switch {
		case room.Width >= wideFrom:
			return arrangeWide
		case room.Width >= sideFrom:
			return arrangeSide
		}
		return arrangeUnder
	}, func(c int) fyne.CanvasObject {
		v.class = c
		return v.arrange()
	})
	screen.RowHeight.Watch(h.Preferences(), h.Scope(), func() {
		v.grid.Pitch(screen.RowHeight.Get(h.Preferences()))
		v.uses.Pitch(screen.RowHeight.Get(h.Preferences()))
	})
	v.stateChanged()
	v.treeChanged()
	v.rowsChanged()
	v.entryChanged()
	return v
}

func (v *View) makeBars() {
	v.about = kit.NewLabel("").Color(theme.Muted)
	v.create = kit.NewButton("New", "plus", nil).Tip("New entry of the directory (" + v.host.Commands().Keys(screen.CmdNewQueue) + ")")
	v.create.OnTapped = func() { kit.ShowMenuBelow(v.create, v.newItems()...) }
	more := kit.NewIconButton("more", "More", nil)
	more.OnTapped = func() { kit.ShowMenuBelow(more, v.moreItems()...) }
	refresh := kit.NewIconButton("refresh", "Refresh (F5)", func() { v.host.Commands().Run(screen.CmdRefresh) })
	head := kit.ScreenHeader(kit.NewHeading("Directory"), v.about, kit.Spacer(), v.create, refresh, more)
	v.find = kit.NewField("Find").Icon("search").Remark("in name or label")
	v.kind = kit.NewSelect(typeChoices(), anyKind, 148, func(string) { v.look() })
	v.guid = kit.NewField("GUID, any form").Icon("hash").Wide(168)
	v.search = kit.NewButton("Find", "search", v.look).Primary()
	for _, f := range []*kit.Field{v.find, v.guid} {
		f.OnSubmit = func(string) { v.look() }
		f.OnKey = v.fieldKey
		f.OnChanged = func(text string) {
			if text == "" && !v.p.found.browsing() {
				v.look()
			}
		}
	}
	tools := kit.Grow(0, v.find, v.kind, v.guid, v.search)
	bar := screen.Column(0, kit.NewPanel(theme.Surface, kit.Fixed(0, 43, kit.Padded(0, 16, 0, 16, tools))), kit.NewRule())
	v.awayIs = kit.NewLabel("").Cut(kit.End)
	again := kit.NewButton("Try again", "refresh", func() { v.p.Refresh() })
	v.away = screen.Column(0, kit.NewPanel(theme.DangerBg, kit.Fixed(0, 43, kit.Padded(0, 16, 0, 16, kit.Grow(2,
		kit.NewIcon("x-circle-fill", 16, theme.Danger), kit.NewLabel("Not reachable").Face(kit.Bold), v.awayIs, again)))), kit.NewRule())
	v.away.Hide()
	v.bars = screen.Column(-1, head, bar, v.away)
}

// fieldKey goes from a field to what was found.
func (v *View) fieldKey(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyDown:
		v.grid.Focus()
	case fyne.KeyEscape:
		if v.find.Text()+v.guid.Text() == "" && v.kind.Chosen() == anyKind {
			return false
		}
		v.clear()
	default:
		return false
	}
	return true
}

// look begins to find what the fields say.
func (v *View) look() { v.p.Find(v.find.Text(), v.kind.Chosen(), v.guid.Text()) }

// clear shows everything again.
func (v *View) clear() {
	v.find.SetText("")
	v.guid.SetText("")
	v.kind.SetChosen(anyKind)
	v.look()
}

func (v *View) makeTree() {
	v.tree = kit.NewTreeList()
	v.tree.OnSelect = func(id string) {
		v.line = id
		if v.syncing {
			return
		}
		v.syncing = true
		v.p.Browse(id)
		v.syncing = false
		v.scopeChanged()
		v.host.Commands().Changed()
	}
	v.tree.OnToggle = v.p.tree.toggle
	v.tree.OnActivate = func(id string) {
		if b := v.p.tree.byID[id]; b != nil && b.leaf() {
			v.pane.focus()
		}
	}
	v.tree.OnMenu = func(id string, at fyne.Position) {
		b := v.p.tree.byID[id]
		if b == nil || b.folder != "" {
			kit.ShowMenu(v.tree, at, v.newItems()...)
			return
		}
		v.p.Show(b.entry)
		kit.ShowMenu(v.tree, at, v.entryItems()...)
	}
	v.tree.OnKey = func(ev *fyne.KeyEvent) bool {
		b := v.p.tree.byID[v.tree.Chosen()]
		if ev.Name != fyne.KeyDelete || b == nil || b.folder != "" {
			return false
		}
		v.p.Show(b.entry)
		v.askDelete()
		return true
	}
}

func (v *View) makeGrid() {
	prefs := v.host.Preferences()
	v.empty = kit.NewEmptyState("search", "", "")
	v.grid = kit.NewGrid(&rowSource{v.p},
		kit.Column{Key: colName, Title: "Name", Sortable: true, Needed: true, Cut: kit.Middle},
		kit.Column{Key: colLabel, Title: "Label", Width: labelWide, Kind: kit.KindMuted, Sortable: true},
		kit.Column{Key: colType, Title: "Type", Width: typeWide, Sortable: true},
		kit.Column{Key: colWhere, Title: "Where", Width: whereWide, Sortable: true},
	).Pitch(screen.RowHeight.Get(prefs)).Empty(v.empty)
	v.grid.SetSort(kit.Sort{Key: colName})
	v.grid.OnSort = func(s kit.Sort) {
		v.grid.SetSort(s)
		v.p.Sort(s)
	}
	v.grid.SetLayout(screen.Columns("directory").Get(prefs))
	v.grid.OnLayout = func() {
		if v.class == arrangeSide {
			return // it has a column less than the user wants
		}
		screen.Columns("directory").Set(prefs, v.grid.Layout())
	}
	v.grid.OnNeed = func(_, to int) { v.p.Need(to) }
	v.grid.OnCurrent = func(id kit.RowID, ok bool) {
		if i := v.grid.CurrentIndex(); ok && !v.syncing {
			if e, has := v.p.Row(i); has && rowID(&e) == id {
				v.p.Show(e)
			}
		}
	}
	v.grid.OnSelect = v.selectionChanged
	v.grid.OnActivate = func(kit.RowID) { v.pane.focus() }
	v.grid.OnDelete = v.askDelete
	v.grid.OnMenu = func(at fyne.Position) { kit.ShowMenu(v.grid, at, v.entryItems()...) }
	v.grid.OnShortcut = func(s fyne.Shortcut) {
		if _, ok := s.(*fyne.ShortcutCopy); ok {
			v.copyName()
		}
	}
	v.bold, v.rest = kit.NewLabel("").Sized(kit.SizeSmall).Face(kit.Bold), kit.NewMuted("").Cut(kit.End)
	v.scope = kit.NewLink("", v.pressScope)
	v.sum = kit.Grow(1, v.bold, v.rest, v.scope)
	v.read, v.some = kit.NewMuted(""), kit.NewMuted("")
}

func (v *View) makeUses() {
	v.useNone = kit.NewEmptyState("", "", "")
	v.uses = kit.NewGrid(&useSource{v},
		kit.Column{Key: "object", Title: "Object", Width: 160},
		kit.Column{Key: "how", Title: "How"},
		kit.Column{Key: "type", Title: "Type", Width: typeWide},
	).Pitch(screen.RowHeight.Get(v.host.Preferences())).Empty(v.useNone)
	v.uses.OnActivate = func(kit.RowID) { v.openUse(v.uses.CurrentIndex()) }
	v.useHead = kit.NewLabel("").Color(theme.Muted)
	v.useHint = kit.NewMuted("")
}

// openUse goes to what uses the entry.
func (v *View) openUse(i int) {
	if i < 0 || i >= len(v.used) {
		return
	}
	if e := v.used[i].entry; e != nil {
		v.p.Show(*e)
		return
	}
	v.host.Open(v.used[i].route)
}

// stateChanged shows how the directory is.
func (v *View) stateChanged() {
	st := v.p.Status()
	v.about.SetText(v.p.Headline())
	why := ""
	if st.Configured && !st.Connected {
		why = st.Why
	}
	if on := why != "" && v.p.found.known; on != v.away.Visible() {
		show(v.away, on)
		v.pane.changed()
		v.root.Refresh()
	}
	words := screen.Sentence(why)
	if !v.p.read.IsZero() {
		words = join(words, "Shown is what was read at "+screen.Moment(v.p.read, v.host.Now())+".")
	}
	v.awayIs.SetText(kit.Shorten(words))
	if !st.Configured {
		v.none.Set("directory", theme.Muted, "No directory here",
			"Public queues, lists and routes are kept in Active Directory. Private queues and direct names work without one.", "",
			kit.NewButton("Choose a directory", "directory", func() { v.host.Open(screen.Route{Screen: screen.ChooseDirectory}) }).Primary())
	}
	if len(v.stage.Objects) == 2 && v.stage.Objects[0].Visible() != st.Configured {
		show(v.stage.Objects[0], st.Configured)
		show(v.stage.Objects[1], !st.Configured)
		v.root.Refresh()
	}
	v.host.Commands().Changed()
}

// treeChanged shows the lines of the tree.
func (v *View) treeChanged() {
	v.tree.SetRows(v.p.tree.rows())
	v.treeFollows()
}

// treeFollows chooses the line of the entry shown, if it is in sight.
func (v *View) treeFollows() {
	s := v.p.Shown()
	if s == nil {
		return
	}
	if b := v.p.tree.byID[v.line]; b != nil && b.folder == "" && b.entry.ID == s.now.ID {
		v.choose(v.line)
		return
	}
	if v.syncing && v.p.tree.byID[v.line] != nil && v.p.tree.byID[v.line].folder != "" {
		return // a folder was chosen: it stays
	}
	v.choose(v.p.tree.line(&s.now))
}

func (v *View) choose(line string) {
	v.line = line
	v.tree.SetChosen(line)
	v.scopeChanged()
}

// rowsChanged shows what was found.
func (v *View) rowsChanged() {
	f := v.p.found
	bold, rest := f.headline()
	v.bold.SetText(bold)
	v.rest.SetText(rest)
	v.guid.Refuse(f.guid != "" && len(f.rows) == 0 && len(readGUID(f.guid)) == 0)
	v.emptyWords()
	v.grid.SetSort(sortShown(f.sort))
	v.grid.Refresh()
	v.sync()
	v.scopeChanged()
	v.footWords()
}

func sortShown(s kit.Sort) kit.Sort {
	if s.Key == "" {
		return kit.Sort{Key: colName}
	}
	return s
}

// sync makes the row of the entry shown the current one.
func (v *View) sync() {
	s := v.p.Shown()
	if s == nil {
		return
	}
	was := v.syncing
	v.syncing = true
	i, ok := v.p.found.index[s.now.ID]
	if id, is := v.grid.Current(); ok && (!is || id != rowID(&s.now) || v.grid.SelectedCount() == 0) {
		v.grid.SetCurrent(i)
	} else if !ok && v.grid.SelectedCount() > 0 {
		v.grid.ClearSelection() // what is shown is none of these
	}
	v.syncing = was
}

// scopeChanged offers to look only where the chosen line is, or everywhere.
func (v *View) scopeChanged() {
	text := ""
	if v.p.found.within.name != "" {
		text = "In the whole forest"
	} else if s, ok := v.p.Site(v.line); ok {
		text = "Only below " + kit.Shorten(s.name)
	}
	v.scope.SetText(text)
	show(v.scope, text != "")
	v.sum.Refresh() // its words are as wide as they are now
}

func (v *View) pressScope() {
	if v.p.found.within.name != "" {
		v.p.Within(scopeOf{})
	} else if s, ok := v.p.Site(v.line); ok {
		v.p.Within(s)
	}
}

func (v *View) footWords() {
	f := v.p.found
	text := ""
	switch {
	case !f.known:
	case f.total > 0:
		text = screen.Count(int64(len(f.rows))) + " of " + screen.Many(int64(f.total), "object")
	case f.next != "":
		text = "The first " + screen.Many(int64(len(f.rows)), "object")
	default:
		text = screen.Count(int64(len(f.rows))) + " of " + screen.Many(int64(len(f.rows)), "object")
	}
	v.read.SetText(text)
	var words []string
	if n := v.grid.SelectedCount(); n > 0 {
		words = append(words, screen.Count(int64(n))+" selected")
	}
	switch n := v.p.Unsaved(); {
	case n == 1:
		words = append(words, "1 other entry not saved")
	case n > 1:
		words = append(words, screen.Count(int64(n))+" other entries not saved")
	}
	v.some.SetText(strings.Join(words, ", "))
}

func (v *View) selectionChanged() {
	v.footWords()
	v.host.Commands().Changed()
}

// entryChanged shows the entry and what uses it.
func (v *View) entryChanged() {
	v.pane.changed()
	v.used = v.p.Uses()
	s := v.p.Shown()
	head, hint := "", ""
	switch {
	case s == nil:
	case s.usedErr != nil:
		why, _, _ := screen.Reason(s.usedErr)
		v.useNone.Set("x-circle", theme.Danger, "Not read", why, "")
	case !s.used:
		v.useNone.Set("", theme.Muted, "", "Reading…", "")
	default:
		head = screen.Count(int64(len(v.used)))
		v.useNone.Set("", theme.Muted, "", "Nothing in the directory refers to it.", "")
		for _, u := range v.used {
			if u.breaks {
				hint = "Deleting it would break these"
			}
		}
	}
	v.useHead.SetText(head)
	v.useHint.SetText(hint)
	v.uses.Refresh()
	v.sync()
	v.treeFollows()
	v.footWords()
	v.host.Commands().Changed()
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string {
	if s := v.p.Status(); s.Forest != "" {
		return "Directory of " + s.Forest
	}
	return "Directory"
}

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is what was found.
func (v *View) First() fyne.Focusable {
	if !v.p.Status().Configured {
		return nil
	}
	return v.grid.Focusable()
}

// Enter begins to follow the directory.
func (v *View) Enter(s *screen.Scope, r screen.Route) { v.p.Enter(s, r) }

// NodeChanged is screen.Follower's: the directory is apart from the computers.
func (v *View) NodeChanged() {}

// Leave has nothing to do: everything ended with the scope.
func (v *View) Leave() {}

// Key has no keys of its own.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
