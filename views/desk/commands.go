package desk

import (
	"context"

	"fyne.io/fyne/v2"

	"posthouse/assets"
	"posthouse/views/desk/form"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// The commands that only the desk has.
const (
	cmdTakeBack screen.ID = "desk.takeBack"
	cmdTryAgain screen.ID = "desk.tryAgain"
	cmdTryNow   screen.ID = "desk.tryNow"
	cmdOffline  screen.ID = "desk.offline"
	cmdOnline   screen.ID = "desk.online"
	cmdPrintOne screen.ID = "desk.printEntry"
	cmdDiscard  screen.ID = "desk.discard"
	cmdWhole    screen.ID = "desk.whole"
)

// Menus are the menus of a window that shows nothing but the desk.
var Menus = []string{screen.MenuFile, screen.MenuEdit, screen.MenuView, "Entry", screen.MenuHelp}

// Table is the command table of such a window.
var Table = []screen.Command{
	{ID: screen.CmdNewQueue, Title: "New entry", Icon: "plus", Menu: screen.MenuFile, Keys: "Ctrl+N"},
	{ID: screen.CmdExport, Title: "Print list…", Icon: "print", Menu: screen.MenuFile, Part: 1, Keys: "Ctrl+P"},
	{ID: screen.CmdClose, Title: "Close", Menu: screen.MenuFile, Part: 2, Keys: "Ctrl+W"},
	{ID: screen.CmdCopyID, Title: "Copy reference", Icon: "copy", Menu: screen.MenuEdit, Keys: "Ctrl+Shift+C"},
	{ID: screen.CmdFilter, Title: "Find an entry", Icon: "search", Menu: screen.MenuEdit, Part: 1, Keys: "Ctrl+F"},
	{ID: screen.CmdInspector, Title: "Details", Icon: "sidebar", Menu: screen.MenuView, Keys: "Ctrl+I"},
	{ID: screen.CmdRefresh, Title: "Refresh", Icon: "refresh", Menu: screen.MenuView, Part: 1, Keys: "F5"},
	{ID: cmdWhole, Title: "Whole window, from the next start on", Icon: "window", Menu: screen.MenuView, Part: 2},
	{ID: screen.CmdSendNow, Title: "Save entry", Icon: "save", Menu: "Entry", Keys: "Ctrl+Return"},
	{ID: cmdDiscard, Title: "Discard…", Icon: "delete", Menu: "Entry"},
	{ID: cmdTakeBack, Title: "Take back and change", Icon: "edit", Menu: "Entry", Part: 1, Keys: "Ctrl+E"},
	{ID: cmdTryAgain, Title: "Try again", Icon: "return", Menu: "Entry", Part: 1},
	{ID: cmdPrintOne, Title: "Print entry…", Icon: "print", Menu: "Entry", Part: 1},
	{ID: cmdTryNow, Title: "Try now", Icon: "refresh", Menu: "Entry", Part: 2},
	{ID: cmdOffline, Title: "Work offline", Icon: "cloud-slash", Menu: "Entry", Part: 2},
	{ID: cmdOnline, Title: "Work online", Icon: "link", Menu: "Entry", Part: 2},
	{ID: screen.CmdReconnect, Title: "Connect again", Icon: "link", Menu: "Entry", Part: 3},
	{ID: screen.CmdKeys, Title: "Keyboard", Icon: "keyboard", Menu: screen.MenuHelp, Keys: "F1"},
	{ID: screen.CmdAbout, Title: "About Posthouse", Icon: "info", Menu: screen.MenuHelp, Part: 1},
}

// Title is screen.Screen's, as what follows.
func (v *View) Title() string { return "Desk" }

// Content is the widget.
func (v *View) Content() fyne.CanvasObject { return v.root }

// First is the form that is filled in, or the list.
func (v *View) First() fyne.Focusable {
	if x := v.p.Fill.Form(); x != nil && len(x.Fields) > 0 {
		return v.fill.field[x.Fields[0].Name].focus
	}
	return v.grid.Focusable()
}

// Enter begins to follow the entries.
func (v *View) Enter(s *screen.Scope, r screen.Route) { v.p.Enter(s, r) }

// Leave keeps what is being written.
func (v *View) Leave() { v.p.Leave() }

// Key saves from any control of the form, and goes back from it to the list.
func (v *View) Key(ev *fyne.KeyEvent) bool {
	if v.filling && (ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter) {
		v.saveEntry()
		return true
	}
	return v.filling && v.fill.key(ev)
}

// Actions are what can be done at the desk.
func (v *View) Actions() screen.Actions {
	p := v.p
	shown := func(can func(*entry) bool) func() bool {
		return func() bool {
			e, ok := p.Entry()
			return ok && !v.filling && (can == nil || can(e))
		}
	}
	return screen.Actions{
		screen.CmdNewQueue:  {Run: v.newEntry, Title: "New entry", Enabled: func() bool { return len(p.forms.Forms) > 0 }},
		screen.CmdExport:    {Run: v.printList, Title: "Print list…", Enabled: func() bool { return len(p.rows) > 0 && !v.filling }},
		screen.CmdFilter:    {Run: func() { p.Fill.Close(); v.find.Focus() }},
		screen.CmdInspector: {Run: func() { v.show(!v.showing) }},
		screen.CmdRefresh:   {Run: func() { p.LoadForms(); p.host.Feed().Refresh(p.node.ID); p.Refresh() }},
		screen.CmdCopyID:    {Run: v.copyReference, Title: "Copy reference", Enabled: shown(nil)},
		screen.CmdSendNow:   {Run: v.saveEntry, Title: "Save entry", Enabled: func() bool { return v.filling && !p.Fill.saving }},
		cmdWhole: {
			Run: func() {
				screen.DeskOnly.Set(v.host.Preferences(), false)
				v.host.Done(screen.Action{What: "The whole window shows from the next start on", Tone: kit.Success})
			},
			Enabled: func() bool { return screen.DeskOnly.Get(v.host.Preferences()) },
		},
		cmdDiscard:  {Run: v.discard, Enabled: func() bool { return v.filling && p.Fill.Written() }},
		cmdTakeBack: {Run: v.takeBack, Enabled: shown(func(e *entry) bool { ok, _ := p.CanTakeBack(e); return ok })},
		cmdTryAgain: {Run: v.retry, Enabled: shown(p.CanRetry)},
		cmdPrintOne: {Run: v.printEntry, Enabled: shown(nil)},
		cmdTryNow:   {Run: p.TryNow, Enabled: func() bool { return p.tries() && len(p.stuck()) > 0 }},
		cmdOffline:  {Run: p.WorkOffline, Enabled: func() bool { _, can := p.can(); return can && !p.Offline() }},
		cmdOnline:   {Run: p.WorkOnline, Enabled: func() bool { _, can := p.can(); return can && p.Offline() }},
	}
}

// newEntry starts an entry of the form that is filled in, else of one chosen.
func (v *View) newEntry() {
	if v.filling && !v.p.Fill.Written() {
		v.fill.focusFirst()
		return
	}
	if v.class == arrangeBare {
		v.begin(v.make)
		return
	}
	v.begin(v.side.make)
}

// CopyExamples puts the example forms into the folder of forms.
func (p *Presenter) CopyExamples() {
	folder := p.Folder()
	if folder == "" || p.scope == nil {
		return
	}
	screen.Load(p.scope, func(context.Context) (int, error) { return form.Copy(folder, assets.Forms()) }, func(n int, err error) {
		if err != nil {
			p.host.Fail("The examples were not copied", err)
		} else {
			p.host.Done(screen.Action{What: "Copied " + screen.Many(int64(n), "example form") + " to " + folder, Tone: kit.Success})
		}
		p.LoadForms()
	})
}
