package preferences

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the screen.
type View struct {
	host screen.Host
	p    *Presenter
	root *fyne.Container

	of       *kit.Label
	find     *kit.Field
	list     *fyne.Container
	page     *fyne.Container
	scroll   *container.Scroll
	none     *kit.EmptyState
	sections []*section
	syncs    []func() // put what is chosen into the widgets
	state    *kit.StatusCell
	offline  *kit.Note
	stored   *kit.Paragraph
	folder   *kit.Field
	name     *kit.Field
	managed  []*row // shown only with a queue manager
	result   *kit.Note
	busy     bool

	bar     fyne.CanvasObject
	barIcon *kit.Icon
	words   *kit.Label
	discard *kit.Button
	save    *kit.Button
	fault   *kit.Note
	faults  *fyne.Container
}

// New makes the factory of the screen. a may be nil: then nothing is exported
// or imported here.
func New(a *Archive) screen.Factory {
	return func(h screen.Host) screen.Screen { return newView(h, a) }
}

func newView(h screen.Host, a *Archive) *View {
	v := &View{host: h, p: NewPresenter(h, a)}
	v.of = kit.NewLabel("").Color(theme.Text2)
	head := kit.ScreenHeader(kit.NewHeading("Preferences"), v.of, kit.Spacer())
	v.find = kit.NewField("Find a setting").Icon("search")
	v.find.OnChanged = v.filter
	v.find.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name != fyne.KeyEscape || v.find.Text() == "" {
			return false
		}
		v.find.SetText("")
		v.filter("")
		return true
	}
	v.sections = []*section{v.appearance(), v.manager(), v.network(), v.reading(), v.sending(), v.desk(), v.safety()}
	if a != nil {
		v.sections = append(v.sections, v.backup())
	}
	v.sections = append(v.sections, v.keyboard())
	v.list = kit.Stack(0)
	v.page = kit.Stack(0)
	for i, s := range v.sections {
		s.lead = kit.NewSidebarRow(s.icon, s.title, func() { v.goTo(s) })
		s.lead.OnKey = func(ev *fyne.KeyEvent) bool { return v.step(i, ev) }
		v.list.Add(s.lead)
		if i > 0 {
			v.page.Add(kit.NewRule())
		}
		v.page.Add(s.box)
	}
	v.scroll = container.NewVScroll(kit.Padded(8, 0, 24, 0, v.page))
	v.scroll.OnScrolled = func(fyne.Position) { v.markSection() }
	v.none = kit.NewEmptyState("search", "No setting matches", "Names and what follows from them were searched.")
	v.none.Hide()
	v.barIcon, v.words = kit.NewIcon("info", 16, theme.Info), kit.NewLabel("").Cut(kit.End)
	v.discard = kit.NewButton("Discard", "undo", v.p.Discard)
	v.save = kit.NewButton("Save", "", v.p.Save).Primary()
	v.bar = screen.Column(1, kit.NewRule(), kit.NewPanel(theme.Header, kit.Fixed(0, 51, kit.Padded(0, 24, 0, 24, kit.Grow(1, v.barIcon, v.words, v.discard, v.save)))))
	v.fault = kit.NewNote(kit.Danger, "", "")
	v.faults = kit.Padded(8, 24, 8, 24, v.fault)
	v.faults.Hide()
	left := kit.NewPanel(theme.Surface, kit.Fixed(264, 0, screen.Column(1, kit.Padded(12, 8, 8, 8, v.find), kit.Padded(0, 8, 0, 8, v.list))))
	right := screen.Column(0, container.NewStack(kit.Calm(v.scroll), v.none), v.faults, v.bar)
	v.root = screen.Column(1, head, screen.Side(2, left, kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack())), kit.NewPanel(theme.Surface, right)))
	v.p.OnChange = v.changed
	v.sync()
	v.changed()
	v.markSection()
	return v
}

// filter shows the settings in which a text occurs.
func (v *View) filter(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	some := false
	for _, s := range v.sections {
		some = s.show(text) || some
	}
	visible(v.none, !some)
	visible(v.scroll, some)
	v.changed()
	v.scroll.ScrollToTop()
	v.root.Refresh()
	v.markSection()
}

// goTo scrolls to a section.
func (v *View) goTo(s *section) {
	v.scroll.ScrollToOffset(fyne.NewPos(0, max(0, s.box.Position().Y)))
	for _, x := range v.sections {
		x.lead.SetChosen(x == s)
	}
}

// step moves in the list of sections.
func (v *View) step(i int, ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyUp:
		i--
	case fyne.KeyDown:
		i++
	default:
		return false
	}
	if i < 0 || i >= len(v.sections) {
		return true
	}
	v.goTo(v.sections[i])
	if c := fyne.CurrentApp().Driver().CanvasForObject(v.sections[i].lead); c != nil {
		c.Focus(v.sections[i].lead)
	}
	return true
}

// markSection marks the section at the top of the page.
func (v *View) markSection() {
	var at *section
	for _, s := range v.sections {
		if s.box.Visible() && (at == nil || s.box.Position().Y <= v.scroll.Offset.Y+40) {
			at = s
		}
	}
	for _, s := range v.sections {
		s.lead.SetChosen(s == at)
	}
}

// sync puts what is chosen into the widgets.
func (v *View) sync() {
	v.busy = true
	for _, f := range v.syncs {
		f()
	}
	v.busy = false
}

// edit chooses, unless the widgets are only being filled.
func (v *View) edit(change func(*choices)) {
	if !v.busy {
		v.p.Edit(change)
	}
}

// changed shows what is chosen and what waits.
func (v *View) changed() {
	v.sync()
	p := v.p
	if p.node.Name != "" {
		of := "on " + p.node.Name
		if p.node.As != "" {
			of = "of " + p.node.As + " " + of
		}
		v.of.SetText(of)
	}
	for _, s := range v.sections {
		for _, r := range s.rows {
			visible(r.badge, r.setting != "" && p.Changed(r.setting))
		}
	}
	for _, r := range v.managed {
		visible(r.box, p.known && p.err == nil && (v.find.Text() == "" || strings.Contains(r.words, strings.ToLower(v.find.Text()))))
	}
	v.aboutManager()
	n := len(p.changes())
	visible(v.bar, n > 0)
	v.words.SetText(p.Words())
	v.save.SetEnabled(!p.saving)
	v.discard.SetEnabled(!p.saving)
	visible(v.faults, p.failed != nil)
	if p.failed != nil {
		why, fix, code := screen.Reason(p.failed)
		v.fault.SetRuns(kit.Run{Text: "Nothing was saved. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
	}
	v.root.Refresh()
}

// aboutManager shows the queue manager as it answered.
func (v *View) aboutManager() {
	p := v.p
	if p.err != nil {
		why, fix, code := screen.Reason(p.err)
		v.offline.SetRuns(kit.Run{Text: "The queue manager does not answer. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
		v.offline.Show()
		v.state.Set(kit.ComputerNoAnswer.With("Not running"))
		return
	}
	v.offline.Hide()
	if !p.known {
		v.state.Set(kit.ComputerSigningIn.With("Asking"))
		return
	}
	v.state.Set(kit.ComputerConnected.With("Running since " + screen.Moment(p.machine.Started, v.host.Now())))
	v.name.SetText(p.machine.Name)
	v.folder.SetText(p.machine.DataFolder)
	v.stored.SetText(p.Used() + " Only you may open it.")
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string { return "Preferences" }

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the field that finds a setting.
func (v *View) First() fyne.Focusable { return v.find.Focusable() }

// Enter asks about the queue manager.
func (v *View) Enter(s *screen.Scope, _ screen.Route) { v.p.Enter(s) }

// Leave keeps what waits to be saved.
func (v *View) Leave() { v.p.Leave() }

// Key has no keys of its own.
func (v *View) Key(*fyne.KeyEvent) bool { return false }

// Actions are the commands of the screen.
func (v *View) Actions() screen.Actions {
	return screen.Actions{
		screen.CmdFilter:  {Run: v.find.Focus},
		screen.CmdRefresh: {Run: v.p.ask},
		screen.CmdCheck:   {Run: v.check, Enabled: v.p.CanAdmin},
		screen.CmdTidy:    {Run: v.tidy, Enabled: v.p.CanTidy},
	}
}

// openFolder shows the data folder in the system's file manager.
func (v *View) openFolder() {
	u := &url.URL{Scheme: "file", Path: filepath.ToSlash(v.p.machine.DataFolder)}
	if err := fyne.CurrentApp().OpenURL(u); err != nil {
		v.host.Fail("The folder could not be opened", err)
	}
}

func (v *View) check() {
	v.p.Check(func(r mgmtclient.CheckResult, err error) {
		switch {
		case err != nil:
			why, fix, code := screen.Reason(err)
			v.result.SetRuns(kit.Run{Text: "The store was not checked. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
		case len(r.Problems) > 0:
			v.result.Set(kit.Danger, screen.Many(int64(len(r.Problems)), "problem")+" found.", strings.Join(r.Problems[:min(3, len(r.Problems))], " ")+" Export what you need before anything else.",
				kit.NewButton("Copy all", "copy", func() { v.host.Copy(strings.Join(r.Problems, "\n"), "the problems") }))
		default:
			v.result.Set(kit.Success, "The store is sound.", fmt.Sprintf("%s in %s were checked.", screen.Many(r.Messages, "message"), screen.Many(int64(r.Queues), "queue")))
		}
		v.result.Show()
		v.root.Refresh()
	})
}

func (v *View) tidy() {
	v.p.Tidy(func(r mgmtclient.TidyResult, err error) {
		if err != nil {
			why, fix, code := screen.Reason(err)
			v.result.Set(kit.Danger, "", "")
			v.result.SetRuns(kit.Run{Text: "Nothing was given back. ", Face: kit.Bold}, kit.Run{Text: why + " " + fix + " "}, kit.Run{Text: code, Face: kit.Mono})
		} else {
			v.result.Set(kit.Success, screen.Size(max(0, r.BytesBefore-r.BytesAfter))+" given back.", "The store takes "+screen.Size(r.BytesAfter)+" now. No message was touched.")
		}
		v.result.Show()
		v.root.Refresh()
	})
}
