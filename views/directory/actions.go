package directory

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
)

// newItems is the menu of New.
func (v *View) newItems() []*fyne.MenuItem {
	item := func(w making) *fyne.MenuItem {
		return kit.MenuItem(w.title+"…", w.icon, func() { v.make(w) })
	}
	return []*fyne.MenuItem{
		item(makeQueue), kit.MenuSeparator(), item(makeList), item(makeAlias), kit.MenuSeparator(),
		item(makeSite), item(makeForeignSite), item(makeForeignComputer),
	}
}

// moreItems is the menu of the header.
func (v *View) moreItems() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	if v.p.Shown() != nil {
		items = append(v.entryItems(), kit.MenuSeparator())
	}
	items = append(items,
		kit.MenuItem("Settings of the forest", "settings", v.p.ShowForest),
		kit.MenuItem("Directory and sign-in…", "directory", v.signIn))
	columns := kit.MenuItem("Columns", "columns", nil)
	columns.ChildMenu = fyne.NewMenu("", v.grid.ColumnMenu()...)
	return append(items, kit.MenuSeparator(), columns)
}

// entryItems is the menu of an entry.
func (v *View) entryItems() []*fyne.MenuItem {
	s := v.p.Shown()
	if s == nil {
		return v.newItems()
	}
	e := s.now
	var items []*fyne.MenuItem
	if tip := v.openTip(); tip != "" {
		items = append(items, kit.MenuItem(tip, "open", v.openShown), kit.MenuSeparator())
	}
	if nodes := v.host.Nodes(); e.FormatName != "" && len(nodes) > 0 && nodes[0].State == screen.Connected {
		items = append(items, kit.MenuItem("Send message…", "compose", func() {
			v.host.Open(screen.Route{Screen: screen.Compose, Queue: e.FormatName})
		}), kit.MenuSeparator())
	}
	copyOut := func(text, what string) *fyne.MenuItem {
		it := kit.MenuItem("Copy "+what, "copy", func() { v.host.Copy(text, "the "+what) })
		it.Disabled = text == ""
		return it
	}
	items = append(items, copyOut(e.Name, "name"), copyOut(e.ID.String(), "GUID"), copyOut(e.DN, "distinguished name"))
	if e.FormatName != "" {
		items = append(items, copyOut(e.FormatName, "format name"))
	}
	if e.Machine != nil && !e.Machine.Foreign {
		items = append(items, kit.MenuSeparator(), kit.MenuItem("New public queue here…", "plus", func() {
			w := makeQueue
			w.on = &e
			v.make(w)
		}))
	}
	allowed := kit.MenuItem("Permissions…", "lock", v.permissions)
	allowed.Disabled = s.rights == nil
	items = append(items, kit.MenuSeparator(), allowed)
	remove := kit.DangerItem("Delete…", "delete", "Del", v.askDelete)
	remove.Disabled = !v.canDelete()
	return append(items, kit.MenuSeparator(), remove)
}

// chosen are the entries that a command is about: the selected ones, else the one shown.
func (v *View) chosen() []mgmtclient.Entry {
	s := v.p.Shown()
	if s == nil {
		return nil
	}
	var list []mgmtclient.Entry
	here := false
	for _, id := range v.grid.Selected() {
		if i, ok := (&rowSource{v.p}).Index(id); ok {
			list = append(list, v.p.found.rows[i])
			here = here || v.p.found.rows[i].ID == s.now.ID
		}
	}
	if !here || len(list) == 0 {
		return []mgmtclient.Entry{s.was}
	}
	return list
}

// deletable reports whether an entry of this kind is deleted here.
func deletable(e *mgmtclient.Entry) bool {
	switch e.Kind {
	case mgmtclient.EntryQueue, mgmtclient.EntryList, mgmtclient.EntryAlias, mgmtclient.EntrySite, mgmtclient.EntryMachine, mgmtclient.EntryLink:
		return true
	}
	return false
}

func (v *View) canDelete() bool {
	list := v.chosen()
	for i := range list {
		if !deletable(&list[i]) {
			return false
		}
	}
	return len(list) > 0
}

// broken is what the end of entries would break.
type broken struct {
	uses []mgmtclient.EntryUse
	left int // queues of computers that go with them
}

// askDelete finds out what would break, and asks.
func (v *View) askDelete() {
	list := v.chosen()
	if !v.canDelete() {
		return
	}
	dir := v.p.dir
	queueforms.Ask(v.host, "Asking what uses "+entriesWords(list), func(ctx context.Context) (broken, error) {
		var b broken
		for i := range list {
			u, err := dir.UsedBy(ctx, list[i].ID)
			if err != nil {
				return b, err
			}
			b.uses = append(b.uses, u...)
			if m := list[i].Machine; m != nil {
				b.left += m.Queues
			}
		}
		return b, nil
	}, func(b broken, err error) {
		if err != nil {
			v.host.Fail("Nothing was deleted", err)
			return
		}
		v.host.Show(v.deleteDialog(list, b))
	})
}

// deleteDialog names what goes and what would break.
func (v *View) deleteDialog(list []mgmtclient.Entry, b broken) *kit.Dialog {
	q := kit.Confirm{
		Title: "Delete " + entriesWords(list) + "?", Icon: "delete", Do: "Delete", Danger: true,
		Text: []kit.Run{{Text: whatGoes(list, b)}},
		OnDo: func(bool) { v.remove(list) },
	}
	const most = 6
	for i := range b.uses {
		u := &b.uses[i]
		if i == most {
			q.Facts = append(q.Facts, kit.Pair{Key: "and", Value: screen.Many(int64(len(b.uses)-most), "other")})
			break
		}
		q.Facts = append(q.Facts, kit.Pair{Key: typeOf(&u.Entry), Value: u.Entry.Name, Tail: u.How, Icon: iconOf(&u.Entry)})
	}
	if len(b.uses) > 0 || b.left > 0 {
		q.Type = list[0].Name
	}
	if len(list) > 1 {
		q.Type, q.Do = "", "Delete "+screen.Count(int64(len(list)))
	}
	return q.Dialog()
}

// entriesWords name entries: the only one, or how many.
func entriesWords(list []mgmtclient.Entry) string {
	if len(list) == 1 {
		return list[0].Name
	}
	return screen.Count(int64(len(list))) + " entries"
}

// whatGoes says what a deletion means.
func whatGoes(list []mgmtclient.Entry, b broken) string {
	forest := "It is deleted for the whole forest, and this cannot be undone."
	if len(list) > 1 {
		forest = "They are deleted for the whole forest, and this cannot be undone."
	}
	words := ""
	switch {
	case b.left > 0:
		words = screen.Many(int64(b.left), "public queue") + " of it go with it. "
		if b.left == 1 {
			words = "1 public queue of it goes with it. "
		}
	case len(list) == 1 && list[0].Queue != nil:
		words = "Its computer deletes the queue with the messages in it. "
	}
	if n := len(b.uses); n > 0 {
		rely := screen.Count(int64(n)) + " entries rely on it:"
		if n == 1 {
			rely = "1 entry relies on it:"
		}
		return words + forest + " " + rely
	}
	return words + forest + " Nothing in the directory relies on it."
}

// remove deletes entries, one after the other, and tells of those that stayed.
func (v *View) remove(list []mgmtclient.Entry) {
	dir := v.p.dir
	type outcome struct {
		done int
		name string
	}
	screen.Load(v.host.Scope(), func(ctx context.Context) (outcome, error) {
		var o outcome
		for i := range list {
			if err := dir.Delete(ctx, list[i].ID, list[i].Machine != nil); err != nil {
				o.name = list[i].Name
				return o, err
			}
			o.done++
		}
		return o, nil
	}, func(o outcome, err error) {
		for i := range list[:o.done] {
			v.p.gone(list[i].ID)
		}
		if err != nil {
			title := o.name + " was not deleted"
			if o.done > 0 {
				title += fmt.Sprintf(", %d before it were", o.done)
			}
			v.host.Fail(title, err)
		} else {
			v.host.Done(screen.Action{What: "Deleted " + entriesWords(list) + " from the directory", Tone: kit.Success})
		}
		v.p.Refresh()
	})
}

// gone forgets an entry.
func (p *Presenter) gone(id mq.GUID) {
	delete(p.kept, id)
	if p.shown != nil && p.shown.now.ID == id {
		p.shown = nil
		p.OnEntry()
	}
}

// signIn opens the dialog of the directory.
func (v *View) signIn() { v.host.Open(screen.Route{Screen: screen.ChooseDirectory}) }

// copyName copies how the entry is sent to, or what it is called.
func (v *View) copyName() {
	if s := v.p.Shown(); s != nil && s.now.FormatName != "" {
		v.host.Copy(s.now.FormatName, "the format name")
	} else if s != nil {
		v.host.Copy(s.now.Name, "the name")
	}
}

// Actions are what can be done with the directory.
func (v *View) Actions() screen.Actions {
	configured := func() bool { return v.p.Status().Configured }
	one := func() bool { return configured() && v.p.Shown() != nil }
	return screen.Actions{
		screen.CmdRefresh:     {Run: v.p.Refresh, Enabled: configured},
		screen.CmdFilter:      {Run: func() { v.find.Focus(); v.find.SelectAll() }, Enabled: configured},
		screen.CmdSelectAll:   {Run: func() { v.grid.SelectAll(); v.grid.Focus() }, Enabled: configured},
		screen.CmdCopy:        {Run: v.copyName, Enabled: one},
		screen.CmdCopyID:      {Title: "Copy GUID", Run: func() { v.host.Copy(v.p.Shown().now.ID.String(), "the GUID") }, Enabled: one},
		screen.CmdNewQueue:    {Title: "New public queue…", Run: func() { v.make(makeQueue) }, Enabled: configured},
		screen.CmdSaveBody:    {Title: "Save changes", Run: v.p.Save, Enabled: v.p.CanSave},
		screen.CmdDelete:      {Title: "Delete entry…", Run: v.askDelete, Enabled: func() bool { return one() && v.canDelete() }},
		screen.CmdDeleteQueue: {Run: v.askDelete, Enabled: func() bool { return one() && v.p.Shown().now.Queue != nil }},
		screen.CmdOpenQueue:   {Run: v.openShown, Enabled: func() bool { return one() && v.p.Shown().now.Queue != nil && v.canOpen() }},
		screen.CmdInspector:   {Title: "Entry details", Run: func() { v.show(!v.showing) }, Enabled: configured},
		screen.CmdColumns:     {Run: func() { kit.ShowMenuBelow(v.find, v.grid.ColumnMenu()...) }, Enabled: configured},
	}
}
