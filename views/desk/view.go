package desk

import (
	"fmt"
	"net/url"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host screen.Host
	p    *Presenter
	root *fyne.Container

	side  *sidePane
	title *kit.Label
	text  *kit.Label
	find  *kit.Field
	print *kit.Button
	tools fyne.CanvasObject // in place of the side where there is no room
	make  *kit.Button
	words *kit.Select
	line  *banner
	grid  *kit.Grid
	empty *kit.EmptyState
	older fyne.CanvasObject
	foot  *foot
	list  *fyne.Container
	pane  *pane
	fill  *fillPane

	class   int
	showing bool
	filling bool
	bare    bool // there are no entries: no pane
}

// The arrangements, by the room there is.
const (
	arrangeBare  = iota // the words in a field, the pane below
	arrangeUnder        // the words at the left, the pane below
	arrangeSide         // the pane at the right
)

// newView makes the screen.
func newView(h screen.Host, o Options) *View {
	v := &View{host: h, p: newPresenter(h, o), class: -1, showing: true}
	v.title, v.text = kit.NewHeading(""), kit.NewLabel("").Color(theme.Muted).Cut(kit.End)
	v.find = kit.NewField("Find an entry").Icon("search").Wide(200)
	v.find.OnChanged = v.p.Find
	v.print = kit.NewButton("Print list", "print", v.printList)
	head := header(kit.Grow(1, v.title, kit.Padded(0, 0, 0, 8, v.text), v.find, v.print))
	v.make = kit.NewButton("New entry", "plus", nil).Primary()
	v.make.OnTapped = func() { v.begin(v.make) }
	v.words = kit.NewSelect(nil, "", 232, func(id string) { v.choose(id) })
	v.tools = kit.Toolbar(v.make, v.words)
	v.line = newBanner(v)
	v.makeGrid()
	v.find.Filters(v.grid)
	v.older = kit.Footer(kit.NewMuted("Older entries that were picked up are not shown."), kit.Spacer(), kit.NewLink("Show older", v.p.Older))
	v.foot = newFoot(v)
	v.side = newSidePane(v)
	v.list = screen.Column(4, v.tools, head, kit.NewRule(), v.line.box, v.grid, v.older)
	v.pane = newPane(v)
	v.fill = newFillPane(v)
	v.p.OnRows, v.p.OnEntry, v.p.OnLine, v.p.OnForms = v.rowsChanged, v.pane.changed, v.lineChanged, v.formsChanged
	v.p.OnTime = func() { v.grid.RefreshRows(v.grid.VisibleRange()) }
	v.p.Fill.OnForm, v.p.Fill.OnState, v.p.Fill.OnSaved = v.formChanged, v.fill.changed, v.fill.focusFirst
	v.root = screen.NewResponsive(func(room fyne.Size) int {
		switch {
		case room.Width >= 1280:
			return arrangeSide
		case room.Width >= 940:
			return arrangeUnder
		}
		return arrangeBare
	}, func(c int) fyne.CanvasObject {
		v.class = c
		return v.arrange()
	})
	v.formsChanged()
	v.rowsChanged()
	v.lineChanged()
	v.pane.changed()
	return v
}

// header is the head of a pane, 56 high with its line.
func header(o fyne.CanvasObject) fyne.CanvasObject {
	return kit.NewPanel(theme.Surface, kit.Fixed(0, 55, kit.Padded(0, 16, 0, 16, o)))
}

func (v *View) makeGrid() {
	v.empty = kit.NewEmptyState("", "", "")
	v.grid = kit.NewGrid(&source{v.p},
		kit.Column{Key: colEntry, Title: "Entry", Sortable: true, Needed: true, Least: 112},
		kit.Column{Key: colForm, Title: "Form", Width: 140, Sortable: true},
		kit.Column{Key: colEntered, Title: "Entered", Width: 104, Kind: kit.KindMuted, Sortable: true},
		kit.Column{Key: colWithin, Title: "Must go out within", Width: 164, Kind: kit.KindCountdown, Sortable: true},
		kit.Column{Key: colState, Title: "State", Width: 188, Kind: kit.KindState, Sortable: true},
	).Pitch(32)
	v.grid.SetEmpty(v.empty)
	v.grid.SetLayout(screen.Columns("desk").Get(v.host.Preferences()))
	v.grid.OnLayout = func() { screen.Columns("desk").Set(v.host.Preferences(), v.grid.Layout()) }
	v.grid.OnSort = func(s kit.Sort) { v.p.Sort(s.Key, s.Desc) }
	v.grid.OnCurrent = func(id kit.RowID, ok bool) {
		if ok {
			v.p.SetCurrent(id.Text)
		}
	}
	v.grid.OnActivate = func(kit.RowID) { v.show(true) }
	v.grid.OnMenu = v.menu
}

// source gives the grid its rows.
type source struct{ p *Presenter }

func (s *source) Len() int { return len(s.p.rows) }

func (s *source) Index(id kit.RowID) (int, bool) {
	i, ok := s.p.index[id.Text]
	return i, ok
}

func (s *source) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(s.p.rows) {
		return kit.RowData{}, false
	}
	e := &s.p.entries[s.p.rows[i]]
	w, _ := s.p.state(e)
	text, part, tone := s.p.within(e)
	life := kit.Cell{Text: text, Part: part}
	if tone != kit.Neutral {
		life.Color = tone.Ink()
	}
	return kit.RowData{ID: kit.TextID(e.id), Cells: []kit.Cell{
		{Text: e.Name, Strong: true},
		{Text: e.Title, Color: theme.Text2},
		{Text: screen.Moment(e.Entered, s.p.host.Now())},
		life,
		{State: w.shown()},
	}}, true
}

// arrange puts everything where there is room for it.
func (v *View) arrange() fyne.CanvasObject {
	visible(v.tools, v.class == arrangeBare)
	var main fyne.CanvasObject = v.list
	switch {
	case v.filling:
		main = v.fill.arrange(v.class == arrangeSide)
	case !v.showing || v.bare:
	case v.class == arrangeSide:
		v.pane.arrange(false)
		main = kit.NewSplit(v.list, v.pane.root, 360).SizeSecond().Limits(344, 560)
	default:
		v.pane.arrange(true)
		main = kit.NewStackedSplit(v.list, v.pane.root, 264).SizeSecond().Limits(160, 0)
	}
	whole := main
	if v.class != arrangeBare {
		width := float32(264)
		if v.class == arrangeUnder {
			width = 224
		}
		whole = screen.Side(2, kit.Fixed(width-1, 0, v.side.root), kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack())), main)
	}
	return screen.Column(0, whole, v.foot.root)
}

func (v *View) rearrange() {
	if v.class >= 0 {
		v.root.Objects = []fyne.CanvasObject{v.arrange()}
		v.root.Refresh()
	}
}

// show shows or hides the pane.
func (v *View) show(on bool) {
	if v.showing != on {
		v.showing = on
		v.rearrange()
	}
}

func (v *View) rowsChanged() {
	title, text := v.p.Heading()
	v.title.SetText(title)
	v.text.SetText(text)
	v.print.SetEnabled(len(v.p.rows) > 0)
	visible(v.older, v.p.older && (v.p.list == everything || v.p.list == pickedUp) && v.p.filter == "")
	v.emptyWords()
	v.grid.SetSort(kit.Sort{Key: v.p.sortBy, Desc: v.p.sortDown})
	v.grid.Refresh()
	if i, ok := v.p.index[v.p.current]; ok {
		if id, has := v.grid.Current(); !has || id.Text != v.p.current {
			v.grid.SetCurrent(i)
		}
	}
	v.side.changed()
	if bare := v.p.loaded && len(v.p.entries) == 0; bare != v.bare {
		v.bare = bare
		v.rearrange()
	}
	v.list.Refresh()
}

func (v *View) lineChanged() {
	v.line.set(v.p.Line())
	v.foot.changed()
	v.list.Refresh()
}

func (v *View) formsChanged() {
	v.side.formsChanged()
	v.emptyWords()
	v.make.SetEnabled(len(v.p.forms.Forms) > 0)
	v.host.Commands().Changed()
}

// formChanged shows the list or the form that is filled in.
func (v *View) formChanged() {
	v.fill.rebuild()
	if on := v.p.Fill.Open(); on != v.filling {
		v.filling = on
		v.rearrange()
		if on {
			v.fill.focusFirst()
		} else {
			v.grid.Focus()
		}
	}
	v.side.changed()
	v.host.Commands().Changed()
}

// emptyWords say why there are no rows.
func (v *View) emptyWords() {
	p := v.p
	if len(p.rows) > 0 {
		return
	}
	start := kit.NewButton("New entry", "plus", nil)
	start.OnTapped = func() { v.begin(start) }
	switch {
	case p.node.Client == nil:
		v.empty.Set("", theme.Muted, "", "", "")
	case p.err != nil && len(p.entries) == 0:
		why, fix, code := screen.Reason(p.err)
		v.empty.Set("x-circle", theme.Danger, "The entries could not be read", why+" "+fix, code, kit.NewButton("Try again", "refresh", p.Refresh))
	case !p.loaded || !p.formed:
		v.empty.Set("", theme.Muted, "", "", "")
	case len(p.entries) == 0 && len(p.forms.Forms) == 0:
		v.noForms()
	case len(p.entries) == 0:
		v.empty.Set("save", theme.Info, "Nothing entered yet", "Entries are stored on this computer first and go out when there is a line.", "", start)
	case p.filter != "":
		v.empty.Set("funnel-x", theme.Muted, fmt.Sprintf("No entry matches “%s”", p.filter), many(len(p.entries))+" were searched: names, forms, receivers and references.", "",
			kit.NewButton("Show all", "x", func() { v.find.SetText(""); p.Find("") }))
	case p.list != everything:
		s := p.list.shown()
		text := map[word]string{
			saved: "Nothing waits for a line", sending: "Nothing is being sent", delivered: "Nothing waits to be picked up",
			pickedUp: "Nothing was picked up yet", attention: "Nothing needs you",
		}[p.list]
		ink := theme.Muted
		if p.list == attention {
			s.Icon, ink = "check-circle", theme.Success
		}
		v.empty.Set(s.Icon, ink, text, "It shows up here by itself.", "")
	}
}

func (v *View) noForms() {
	if err := v.p.formsErr; err != nil {
		why, fix, code := screen.Reason(err)
		v.empty.Set("x-circle", theme.Danger, "The entry forms could not be read", why+" "+fix, code,
			kit.NewButton("Try again", "refresh", v.p.LoadForms), kit.NewButton("Choose forms…", "folder-open", v.chooseForms))
		return
	}
	v.empty.Set("file", theme.Muted, "No entry forms yet", "Forms say what is entered here and where it goes. They are files in "+v.p.Folder()+".", "",
		kit.NewButton("Copy the examples", "copy", v.p.CopyExamples).Primary(), kit.NewButton("Choose forms…", "folder-open", v.chooseForms))
}

// chooseForms takes the folder of a form that somebody chooses.
func (v *View) chooseForms() {
	v.host.OpenFile("Choose a form; those beside it are taken too", func(path string) {
		screen.EntryForms.Set(v.host.Preferences(), filepath.Dir(path))
	})
}

// begin starts an entry: of the one form, or of one chosen from a menu.
func (v *View) begin(below fyne.CanvasObject) {
	forms := v.p.forms.Forms
	switch {
	case len(forms) == 0:
	case len(forms) == 1:
		v.startForm(forms[0].ID)
	default:
		var items []*fyne.MenuItem
		for _, f := range forms {
			items = append(items, kit.MenuItem(f.Title, "file", func() { v.startForm(f.ID) }))
		}
		kit.ShowMenuBelow(below, items...)
	}
}

func (v *View) startForm(id string) {
	v.p.Fill.Start(id)
	v.fill.focusFirst()
}

// choose shows the entries of a word.
func (v *View) choose(id string) {
	v.p.Fill.Close()
	v.p.Show(wordOf(id))
}

// menu is the menu of an entry.
func (v *View) menu(at fyne.Position) {
	e, ok := v.p.Entry()
	if !ok {
		return
	}
	back := kit.MenuItem("Take back and change", "edit", v.takeBack)
	can, _ := v.p.CanTakeBack(e)
	back.Disabled = !can
	again := kit.MenuItem("Try again", "return", v.retry)
	again.Disabled = !v.p.CanRetry(e)
	kit.ShowMenu(v.grid, at, kit.MenuItem("Show", "eye", func() { v.show(true) }), kit.MenuSeparator(), back, again, kit.MenuSeparator(),
		kit.MenuItem("Copy reference", "copy", v.copyReference), kit.MenuItem("Print", "print", v.printEntry))
}

func (v *View) copyReference() {
	if e, ok := v.p.Entry(); ok {
		v.host.Copy(e.Reference, "the reference")
	}
}

func (v *View) takeBack() {
	if e, ok := v.p.Entry(); ok {
		v.p.TakeBack(*e)
	}
}

// retry sends an entry again, having asked if it could arrive twice.
func (v *View) retry() {
	e, ok := v.p.Entry()
	if !ok || !v.p.CanRetry(e) {
		return
	}
	again := *e
	if !again.class.Arrived() {
		v.p.Retry(again)
		return
	}
	v.host.Show(kit.Confirm{
		Title: "Send “" + again.Name + "” again?", Icon: "warning", Do: "Send again",
		Text: []kit.Run{{Text: "It had arrived at " + again.To + " once. ", Face: kit.Bold}, {Text: "Somebody may have seen it, and would see it twice. Ask there first."}},
		OnDo: func(bool) { v.p.Retry(again) },
	}.Dialog())
}

func (v *View) printList() {
	s := v.p.ListSheet()
	v.host.SaveFile("Print the list: .html to print, .csv for a spreadsheet", "entries "+v.host.Now().Format("2006-01-02")+".html", func(path string) { v.p.Write(s, path) })
}

func (v *View) printEntry() {
	if s, ok := v.p.EntrySheet(); ok {
		v.host.SaveFile("Print the entry", "entry.html", func(path string) { v.p.Write(s, path) })
	}
}

// browse opens a file with the program for it.
func browse(file string) {
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path
	}
	_ = fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: path}) // the file is there all the same
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}
