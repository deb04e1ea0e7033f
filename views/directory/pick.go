package directory

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// picking is what can be chosen in the dialog.
type picking struct {
	title   string
	kinds   []mgmtclient.EntryKind
	many    bool
	routing bool // only routing servers
	foreign bool // only foreign sites
}

func (p picking) fits(e *mgmtclient.Entry) bool {
	return (!p.routing || e.Machine != nil && e.Machine.Routing) && (!p.foreign || e.Site != nil && e.Site.Foreign)
}

// typingPause is how long after the last key the directory is asked.
const typingPause = 250 * time.Millisecond

// picker is the dialog that chooses entries.
type picker struct {
	v      *View
	pick   picking
	scope  *screen.Scope
	dialog *kit.Dialog
	field  *kit.Field
	grid   *kit.Grid
	empty  *kit.EmptyState
	count  *kit.Label
	do     *kit.Button

	asking *screen.Scope
	rows   []mgmtclient.Entry
	more   bool
	chosen map[mq.GUID]mgmtclient.Entry
}

// pick asks for entries; then is called only with some.
func (v *View) pick(what picking, then func([]mgmtclient.Entry)) {
	k := newPicker(v, what, then)
	v.host.Show(k.dialog)
}

func newPicker(v *View, what picking, then func([]mgmtclient.Entry)) *picker {
	k := &picker{v: v, pick: what, scope: v.host.Scope().Sub(), chosen: map[mq.GUID]mgmtclient.Entry{}}
	k.field = kit.NewField("Find").Icon("search").Remark("in name or label")
	k.empty = kit.NewEmptyState("search", "", "")
	k.grid = kit.NewGrid(k,
		kit.Column{Key: colName, Title: "Name", Cut: kit.Middle},
		kit.Column{Key: colWhere, Title: "Where", Width: 136},
	).Empty(k.empty)
	if what.many {
		k.grid.Checks()
	}
	k.count = kit.NewMuted("")
	body := kit.Stack(8, k.field, kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, kit.Fixed(0, 288, k.grid))).Framed(6))
	k.dialog = kit.NewDialog(what.title, "search", body).Wide(496)
	cancel := kit.NewButton("Cancel", "", k.dialog.Close)
	word := "Choose"
	if what.many {
		word = "Add"
	}
	k.do = kit.NewButton(word, "", func() {
		list := k.selected()
		if len(list) == 0 {
			return
		}
		k.dialog.Close()
		then(list)
	}).Primary()
	k.dialog.Foot(k.count).Buttons(cancel, k.do).FirstFocus(k.field.Focusable())
	k.dialog.OnClosed = k.scope.End
	k.field.OnChanged = func(string) { k.ask(typingPause) }
	k.field.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name == fyne.KeyDown {
			k.grid.Focus()
			return true
		}
		return false
	}
	k.grid.OnSelect = k.changed
	k.grid.OnCurrent = func(kit.RowID, bool) { k.changed() }
	k.grid.OnActivate = func(id kit.RowID) {
		if what.many && len(k.selected()) == 0 {
			k.grid.Select(id)
			k.changed()
		}
		k.do.Press()
	}
	k.changed()
	k.ask(0)
	return k
}

// ask looks for what is typed, after a moment without another key.
func (k *picker) ask(after time.Duration) {
	if k.asking != nil {
		k.asking.End()
	}
	s := k.scope.Sub()
	k.asking = s
	q := mgmtclient.DirectoryQuery{Text: strings.TrimSpace(k.field.Text()), Kinds: k.pick.kinds, Limit: pageSize}
	dir := k.v.p.dir
	k.empty.Set("sync", theme.Info, "Asking the directory…", "", "")
	screen.Load(s, func(ctx context.Context) (mgmtclient.DirectoryPage, error) {
		if after > 0 {
			t := time.NewTimer(after)
			defer t.Stop()
			select {
			case <-ctx.Done():
				return mgmtclient.DirectoryPage{}, ctx.Err()
			case <-t.C:
			}
		}
		return dir.Find(ctx, q)
	}, func(page mgmtclient.DirectoryPage, err error) {
		k.rows, k.more = nil, page.Next != ""
		for _, e := range page.Entries {
			if k.pick.fits(&e) {
				k.rows = append(k.rows, e)
			}
		}
		if err != nil {
			text, code := screen.Explain(err)
			k.empty.Set("x-circle", theme.Danger, "The directory was not read", text, code)
		} else {
			k.empty.Set("search", theme.Muted, "Nothing found", "No name or label fits.", "")
		}
		k.grid.Refresh()
		k.changed()
	})
}

// selected are the entries chosen, also those that a later search does not show.
func (k *picker) selected() []mgmtclient.Entry {
	var out []mgmtclient.Entry
	if !k.pick.many {
		if i := k.grid.CurrentIndex(); i >= 0 && i < len(k.rows) {
			out = append(out, k.rows[i])
		}
		return out
	}
	for _, id := range k.grid.Selected() {
		if g, err := mq.ParseGUID(id.Text); err == nil {
			if e, ok := k.chosen[g]; ok {
				out = append(out, e)
			}
		}
	}
	return out
}

func (k *picker) changed() {
	for i := range k.rows {
		k.chosen[k.rows[i].ID] = k.rows[i]
	}
	n := len(k.selected())
	k.do.SetEnabled(n > 0)
	text := ""
	if k.more {
		text = "The first " + screen.Count(int64(len(k.rows))) + "; type to find more"
	}
	if k.pick.many && n > 0 {
		text = screen.Count(int64(n)) + " chosen"
	}
	k.count.SetText(text)
}

// Len and Row make the picker the source of its grid.
func (k *picker) Len() int { return len(k.rows) }

// Row is one of what was found.
func (k *picker) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(k.rows) {
		return kit.RowData{}, false
	}
	e := &k.rows[i]
	return kit.RowData{ID: rowID(e), Cells: []kit.Cell{{Text: kit.Shorten(e.Name), Tail: kit.Shorten(e.Label), Icon: iconOf(e)}, {Text: kit.Shorten(whereOf(e))}}}, true
}

// showRef shows an entry that another names.
func (v *View) showRef(r mgmtclient.EntryRef) {
	if v.p.scope == nil {
		return
	}
	dir := v.p.dir
	screen.Load(v.p.scope, func(ctx context.Context) (mgmtclient.Entry, error) { return dir.Entry(ctx, r.ID.String()) }, func(e mgmtclient.Entry, err error) {
		if err != nil {
			v.host.Fail(r.Name+" is not shown", err)
			return
		}
		v.p.Show(e)
	})
}
