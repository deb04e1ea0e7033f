package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// TreeRow is a visible line of a TreeList: the owner flattens its tree.
type TreeRow struct {
	ID    string
	Depth int
	Icon  string
	Ink   fyne.ThemeColorName // of the icon; Muted if empty
	Text  string
	Tail  string // muted, after Text where there is room
	Count string // right, small, muted
	Badge string // right, instead of Count
	Tone  Tone   // of Badge
	Leaf  bool   // has no caret
	Open  bool
	Quiet bool   // text in muted
	Tip   string // tooltip; the text, where it is cut, if empty
}

// TreeList shows the open lines of a tree, 28 high, indented by 14, with
// caret, icon, text and count. It paints only what is in sight.
//
// Keys: Up, Down, Home, End, Page Up, Page Down move; Right opens or goes to
// the first child, Left closes or goes to the parent; Enter activates; the
// menu key opens the menu; others go to OnKey, then to the window.
type TreeList struct {
	widget.BaseWidget

	// OnSelect is told of the line the user made current.
	OnSelect func(id string)
	// OnToggle asks to open or close a line.
	OnToggle func(id string, open bool)
	// OnActivate runs on Enter and a double click.
	OnActivate func(id string)
	// OnMenu asks for the menu of a line, at a place of the window.
	OnMenu func(id string, at fyne.Position)
	// OnKey sees keys the tree does not use; true: it was used.
	OnKey func(*fyne.KeyEvent) bool
	// OnEdge is told when Up is pressed on the first line or Down on the
	// last, to move on to a neighbour (-1 up, 1 down).
	OnEdge func(dir int)

	rows    []TreeRow
	chosen  string
	hover   int
	list    *vlist
	compact bool
}

// NewTreeList makes an empty tree.
func NewTreeList() *TreeList {
	t := &TreeList{hover: -1}
	t.list = newVlist(t, 28)
	t.ExtendBaseWidget(t)
	return t
}

// SetRows shows these lines; the chosen one stays by its id.
func (t *TreeList) SetRows(rows []TreeRow) {
	t.rows = rows
	t.list.setCount(len(rows), nil)
}

// Rows are the lines shown.
func (t *TreeList) Rows() []TreeRow { return t.rows }

// Chosen is the id of the chosen line, "" if none.
func (t *TreeList) Chosen() string { return t.chosen }

// SetChosen chooses a line without telling OnSelect and scrolls it into
// sight; "" chooses none.
func (t *TreeList) SetChosen(id string) {
	if t.chosen == id {
		return
	}
	t.chosen = id
	t.list.rebind()
	t.list.reveal(t.index(id))
}

// Compact shows only the icons, for a sidebar 48 wide.
func (t *TreeList) Compact(on bool) {
	t.compact = on
	t.list.rebind()
}

// Focus puts the keyboard into the tree.
func (t *TreeList) Focus() {
	if c := canvasOf(t); c != nil {
		c.Focus(t.list)
	}
}

// Focusable is what takes the keyboard.
func (t *TreeList) Focusable() fyne.Focusable { return t.list }

func (t *TreeList) index(id string) int {
	for i := range t.rows {
		if t.rows[i].ID == id {
			return i
		}
	}
	return -1
}

func (t *TreeList) choose(i int) {
	if i < 0 || i >= len(t.rows) {
		return
	}
	id := t.rows[i].ID
	changed := id != t.chosen
	t.chosen = id
	t.list.rebind()
	t.list.reveal(i)
	if changed && t.OnSelect != nil {
		t.OnSelect(id)
	}
}

func (t *TreeList) toggle(i int, open bool) {
	if r := t.rows[i]; !r.Leaf && r.Open != open && t.OnToggle != nil {
		t.OnToggle(r.ID, open)
	}
}

func (t *TreeList) parent(i int) int {
	for k := i - 1; k >= 0; k-- {
		if t.rows[k].Depth < t.rows[i].Depth {
			return k
		}
	}
	return -1
}

func (t *TreeList) rowDown(i int, x, _ float32, ev *desktop.MouseEvent) {
	if i < 0 || i >= len(t.rows) {
		return
	}
	r := t.rows[i]
	caret := float32(6 + 14*r.Depth)
	if ev.Button == desktop.MouseButtonPrimary && !r.Leaf && !t.compact && x >= caret-4 && x < caret+16 {
		t.toggle(i, !r.Open)
		return
	}
	t.choose(i)
	if ev.Button == desktop.MouseButtonSecondary && t.OnMenu != nil {
		t.OnMenu(r.ID, ev.AbsolutePosition)
	}
}

func (t *TreeList) rowDouble(i int, x float32) {
	if i >= len(t.rows) {
		return
	}
	r := t.rows[i]
	if caret := float32(6 + 14*r.Depth); !r.Leaf && x >= caret-4 && x < caret+16 {
		return
	}
	if !r.Leaf {
		t.toggle(i, !r.Open)
	}
	if t.OnActivate != nil {
		t.OnActivate(r.ID)
	}
}

func (t *TreeList) rowHover(i int, _ float32, at fyne.Position) {
	if i == t.hover {
		return
	}
	was := t.hover
	t.hover = i
	t.list.rebindRow(was)
	t.list.rebindRow(i)
	hideTip(t)
	if r, ok := t.list.rows[i]; ok && i < len(t.rows) {
		switch row := t.rows[i]; {
		case row.Tip != "":
			showTip(t, row.Tip, at)
		case r.view.(*treeView).cut || t.compact:
			showTip(t, row.Text, at)
		}
	}
}

func (t *TreeList) rangeChanged(int, int) {}

func (t *TreeList) rowDrag(int, float32) {}

func (t *TreeList) focusChanged(on bool) {
	if on && t.index(t.chosen) < 0 && len(t.rows) > 0 {
		t.choose(0)
	}
	t.list.rebind()
}

func (t *TreeList) typedRune(rune) {}

func (t *TreeList) typedShortcut(s fyne.Shortcut) { forward(t, s) }

func (t *TreeList) typedKey(ev *fyne.KeyEvent) {
	i := t.index(t.chosen)
	last := len(t.rows) - 1
	switch ev.Name {
	case fyne.KeyUp:
		if i <= 0 && t.OnEdge != nil {
			t.OnEdge(-1)
			return
		}
		t.choose(max(0, i-1))
		return
	case fyne.KeyDown:
		if i == last && t.OnEdge != nil {
			t.OnEdge(1)
			return
		}
		t.choose(min(last, i+1))
		return
	case fyne.KeyPageUp:
		t.choose(max(0, i-t.list.page()))
		return
	case fyne.KeyPageDown:
		t.choose(min(last, i+t.list.page()))
		return
	case fyne.KeyHome:
		t.choose(0)
		return
	case fyne.KeyEnd:
		t.choose(last)
		return
	}
	if i >= 0 && t.lineKey(i, ev) {
		return
	}
	if t.OnKey != nil && t.OnKey(ev) {
		return
	}
	bubble(t, ev)
}

// lineKey handles the keys that act on the chosen line.
func (t *TreeList) lineKey(i int, ev *fyne.KeyEvent) bool {
	r := t.rows[i]
	switch ev.Name {
	case fyne.KeyRight:
		if !r.Leaf && !r.Open {
			t.toggle(i, true)
		} else if i+1 < len(t.rows) && t.rows[i+1].Depth > r.Depth {
			t.choose(i + 1)
		}
		return true
	case fyne.KeyLeft:
		if !r.Leaf && r.Open {
			t.toggle(i, false)
		} else {
			t.choose(t.parent(i))
		}
		return true
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.OnActivate != nil {
			t.OnActivate(r.ID)
			return true
		}
	case desktop.KeyMenu, fyne.KeyF10:
		if ev.Name == fyne.KeyF10 && modifiers()&fyne.KeyModifierShift == 0 {
			return false
		}
		if t.OnMenu != nil {
			pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(t.list)
			t.OnMenu(r.ID, pos.AddXY(32, float32(t.list.top(i)-t.list.offset)+28))
			return true
		}
	}
	return false
}

// treeView is what one line is painted with.
type treeView struct {
	back        *box
	caret, icon *glyph
	text, count *line
	tail        *line
	pill        *pill
	dot         *box
	cut         bool
}

func (t *TreeList) newRow() (any, []fyne.CanvasObject) {
	v := &treeView{
		newBox("", "", 6), newGlyph("", ""), newGlyph("", ""),
		newLine("", SizeBody, Regular, theme.Text), newLine("", SizeSmall, Regular, theme.Muted), newLine("", SizeBody, Regular, theme.Muted),
		newPill(), newBox("", "", 3), false,
	}
	return v, objects(v.back, v.caret, v.icon, v.text, v.tail, v.count, v.pill.back, v.pill.text, v.dot)
}

func (t *TreeList) bindRow(view any, i int, size fyne.Size) {
	v := view.(*treeView)
	if i >= len(t.rows) {
		return
	}
	r := t.rows[i]
	back, face := fyne.ThemeColorName(""), Regular
	switch {
	case r.ID == t.chosen && t.list.focused:
		back, face = theme.Selection, Medium
	case r.ID == t.chosen:
		back = theme.SelectionIdle
	case i == t.hover:
		back = theme.Hover
		if !t.list.focused {
			back = theme.Pressed
		}
	}
	v.back.set(back, "")
	v.back.place(0, 0, size.Width, size.Height)
	ink := r.Ink
	if ink == "" {
		ink = theme.Muted
	}
	v.dot.show(false)
	if t.compact {
		v.caret.set("", "")
		v.icon.set(r.Icon, ink)
		v.icon.place(floor((size.Width-16)/2), 6, 16)
		v.text.set("", Regular, theme.Text)
		setVisible(v.count.t, false)
		setVisible(v.tail.t, false)
		v.pill.show(false)
		if r.Badge != "" {
			v.dot.set(r.Tone.Ink(), "")
			v.dot.place(floor(size.Width/2)+6, 4, 6, 6)
			v.dot.show(true)
		}
		return
	}
	x := float32(6 + 14*r.Depth)
	caret := ""
	switch {
	case r.Leaf:
	case r.Open:
		caret = "caret-down"
	default:
		caret = "caret-right"
	}
	v.caret.set(caret, theme.Muted)
	v.caret.place(x, 8, 12)
	x += 18
	v.icon.set(r.Icon, ink)
	v.icon.place(x, 6, 16)
	x += 22
	right := size.Width - 8
	if t.list.scrolls() && r.Count+r.Badge != "" {
		right -= 6 // the bar is there
	}
	v.pill.show(r.Badge != "")
	setVisible(v.count.t, r.Badge == "" && r.Count != "")
	switch {
	case r.Badge != "":
		v.pill.set(r.Badge, r.Tone)
		right -= v.pill.width()
		v.pill.place(right, 5)
		right -= 8
	case r.Count != "":
		v.count.set(r.Count, Regular, theme.Muted)
		w := v.count.width()
		v.count.place(right-w, 0, w, size.Height)
		right -= w + 8
	}
	col := theme.Text
	if r.Quiet {
		col = theme.Muted
	}
	text, cut := fit(r.Text, right-x, SizeBody, face, End)
	v.cut = cut
	v.text.set(text, face, col)
	v.text.place(x, 0, right-x, size.Height)
	v.tail.set(r.Tail, Regular, theme.Muted)
	x += v.text.width() + 4
	setVisible(v.tail.t, r.Tail != "" && !cut && x+v.tail.width() <= right)
	v.tail.place(x, 0, v.tail.width(), size.Height)
}

// CreateRenderer is Fyne's.
func (t *TreeList) CreateRenderer() fyne.WidgetRenderer {
	b := &brush{owner: t, objects: objects(t.list)}
	b.min = func() fyne.Size { return fyne.NewSize(32, 28) }
	b.layout = func(s fyne.Size) {
		t.list.Resize(s)
		t.list.rebind()
	}
	return b
}
