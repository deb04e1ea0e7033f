package kit

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/views/body"
	"posthouse/views/theme"
)

// bodyLine is what one row of a BodyView is painted with.
type bodyLine struct {
	view   *BodyView
	host   *fyne.Container
	mark   *box
	number *line
	spans  []*line
}

func (v *BodyView) newRow() (any, []fyne.CanvasObject) {
	r := &bodyLine{view: v, mark: newBox(theme.Selection, "", 0), number: newLine("", SizeSmall, Mono, theme.Muted)}
	r.number.t.Alignment = fyne.TextAlignTrailing
	return r, objects(r.mark, r.number)
}

// inkOf is the colour of a kind of span.
func inkOf(k body.Kind) fyne.ThemeColorName {
	switch k {
	case body.Tag:
		return theme.Info
	case body.Attr:
		return theme.Warning
	case body.Value:
		return theme.Success
	case body.Comment:
		return theme.Muted
	case body.Escape:
		return theme.Danger
	}
	return theme.Text
}

func (v *BodyView) bindRow(view any, i int, size fyne.Size) {
	r := view.(*bodyLine)
	if r.host == nil {
		r.host = v.list.rows[i].box
	}
	if v.hex() {
		v.bindHex(r, i)
		return
	}
	at := v.rowOf(i)
	if at.line >= len(v.doc.Lines) {
		return
	}
	num := ""
	if at.from == 0 {
		num = strconv.Itoa(at.line + 1)
	}
	// The gutter stays while the text scrolls sideways.
	r.number.set(num, Mono, theme.Muted)
	r.number.place(v.list.shift, 0, bodyGutter-12, bodyPitch)
	r.number.t.Show()
	adv := monoAdvance()
	left := at.from + int(v.list.shift/adv)
	right := left + v.columns() + 2
	if v.wrap {
		right = min(right, at.from+v.width)
	}
	n, col := 0, 0
	for _, s := range v.doc.Lines[at.line] {
		length := runeCount(s.Text)
		from, to := max(left, col), min(right, col+length)
		if from < to {
			text := cutRunes(s.Text, from-col, to-col)
			if strings.TrimSpace(text) != "" {
				l := r.span(n)
				n++
				l.set(text, Mono, inkOf(s.Kind))
				l.place(bodyGutter+float32(from-at.from)*adv, 0, float32(to-from)*adv+2, bodyPitch)
				l.t.Show()
			}
		}
		col += length
		if col >= right {
			break
		}
	}
	for _, l := range r.spans[n:] {
		l.t.Hide()
	}
	v.bindMark(r, at, adv)
}

func cutRunes(s string, from, to int) string {
	if len(s) == runeCount(s) {
		return s[from:to]
	}
	return string([]rune(s)[from:to])
}

func (r *bodyLine) span(n int) *line {
	for len(r.spans) <= n {
		l := newLine("", SizeSmall, Mono, theme.Text)
		r.spans = append(r.spans, l)
		r.host.Objects = append(r.host.Objects, l.t)
	}
	return r.spans[n]
}

func (v *BodyView) bindHex(r *bodyLine, i int) {
	off, hex, ascii := body.HexRow(v.data, i)
	r.mark.show(false)
	adv := monoAdvance()
	r.number.t.Hide()
	x := float32(16)
	for k, part := range []string{off, hex, ascii} {
		l := r.span(k)
		ink := [...]fyne.ThemeColorName{theme.Muted, theme.Text, theme.Success}[k]
		l.set(part, Mono, ink)
		w := float32(len(part)) * adv
		l.place(x, 0, w+2, bodyPitch)
		l.t.Show()
		x += w + 2*adv
	}
	for _, l := range r.spans[3:] {
		l.t.Hide()
	}
	if v.marked {
		a, b := v.span2()
		r.mark.repaint()
		r.mark.place(16, 0, x-16, bodyPitch)
		r.mark.show(i >= a.line && i <= b.line)
	}
}

// bindMark paints the marked part of a row.
func (v *BodyView) bindMark(r *bodyLine, at bodyRow, adv float32) {
	r.mark.show(false)
	if !v.marked {
		return
	}
	a, b := v.span2()
	if at.line < a.line || at.line > b.line {
		return
	}
	from, to := at.from, at.from+max(1, v.lineLength(at.line)-at.from+1)
	if v.wrap {
		to = min(to, at.from+v.width)
	}
	if at.line == a.line {
		from = max(from, a.col)
	}
	if at.line == b.line {
		to = min(to, b.col)
	}
	if from >= to {
		return
	}
	fill := theme.SelectionIdle
	if v.list.focused {
		fill = theme.Selection
	}
	r.mark.set(fill, "")
	r.mark.place(bodyGutter+float32(from-at.from)*adv, 0, float32(to-from)*adv, bodyPitch)
	r.mark.show(true)
}

func (v *BodyView) span2() (a, b bodyPos) {
	if v.cursor.before(v.anchor) {
		return v.cursor, v.anchor
	}
	return v.anchor, v.cursor
}

func (v *BodyView) lineLength(i int) int {
	if v.hex() {
		return 0
	}
	if i < 0 || i >= len(v.doc.Lines) {
		return 0
	}
	n := 0
	for _, s := range v.doc.Lines[i] {
		n += runeCount(s.Text)
	}
	return n
}

// place is where row i at x is in the text.
func (v *BodyView) place(i int, x float32) bodyPos {
	at := v.rowOf(i)
	col := at.from + int((x-bodyGutter)/monoAdvance()+0.5)
	return bodyPos{at.line, max(0, min(col, v.lineLength(at.line)))}
}

func (v *BodyView) moveCursor(p bodyPos, extend bool) {
	v.cursor = p
	if !extend {
		v.anchor = p
	}
	v.marked = v.cursor != v.anchor || v.hex() && extend
	v.list.reveal(v.rowOfPos(p))
	v.list.rebind()
	if v.OnCursor != nil {
		v.OnCursor(p.line+1, p.col+1)
	}
}

func (v *BodyView) rowDown(i int, x, _ float32, ev *desktop.MouseEvent) {
	if ev.Button == desktop.MouseButtonSecondary {
		if v.OnMenu != nil {
			v.OnMenu(ev.AbsolutePosition)
			return
		}
		ShowMenu(v, ev.AbsolutePosition,
			MenuItem("Copy", "copy", v.Copy), MenuItem("Select all", "", v.SelectAll))
		return
	}
	if i < 0 {
		i = v.list.count - 1
	}
	if i >= 0 {
		v.moveCursor(v.place(i, x), ev.Modifier&fyne.KeyModifierShift != 0)
	}
}

func (v *BodyView) rowDrag(i int, x float32) { v.moveCursor(v.place(i, x), true) }

// rowDouble marks the word under the mouse.
func (v *BodyView) rowDouble(i int, x float32) {
	if v.hex() {
		return
	}
	p := v.place(i, x)
	if p.line >= len(v.doc.Lines) {
		return
	}
	runes := []rune(v.doc.Lines[p.line].String())
	word := func(k int) bool {
		return k >= 0 && k < len(runes) && !strings.ContainsRune(" <>\"'=/,:;{}[]()", runes[k])
	}
	from, to := p.col, p.col
	for word(from - 1) {
		from--
	}
	for word(to) {
		to++
	}
	v.anchor = bodyPos{p.line, from}
	v.moveCursor(bodyPos{p.line, to}, true)
}

func (v *BodyView) rowHover(int, float32, fyne.Position) {}

func (v *BodyView) rangeChanged(int, int) {}

func (v *BodyView) focusChanged(bool) { v.list.rebind() }

func (v *BodyView) typedRune(rune) {}

func (v *BodyView) typedShortcut(s fyne.Shortcut) {
	switch c := s.(type) {
	case *fyne.ShortcutCopy:
		v.Copy()
	case *fyne.ShortcutSelectAll:
		v.SelectAll()
	case *desktop.CustomShortcut:
		extend := c.Modifier&fyne.KeyModifierShift != 0
		switch c.KeyName {
		case fyne.KeyHome:
			v.moveCursor(bodyPos{}, extend)
		case fyne.KeyEnd:
			v.moveCursor(v.end(), extend)
		default:
			forward(v, s)
		}
	default:
		forward(v, s)
	}
}

func (v *BodyView) end() bodyPos {
	if v.hex() {
		return bodyPos{line: max(0, v.list.count-1)}
	}
	last := max(0, len(v.doc.Lines)-1)
	return bodyPos{last, v.lineLength(last)}
}

func (v *BodyView) typedKey(ev *fyne.KeyEvent) {
	extend := modifiers()&fyne.KeyModifierShift != 0
	p, end := v.cursor, v.end()
	switch ev.Name {
	case fyne.KeyUp:
		p.line--
	case fyne.KeyDown:
		p.line++
	case fyne.KeyPageUp:
		p.line -= v.list.page()
	case fyne.KeyPageDown:
		p.line += v.list.page()
	case fyne.KeyLeft:
		p.col--
	case fyne.KeyRight:
		p.col++
	case fyne.KeyHome:
		p.col = 0
	case fyne.KeyEnd:
		p.col = v.lineLength(p.line)
	default:
		if v.OnKey == nil || !v.OnKey(ev) {
			bubble(v, ev)
		}
		return
	}
	p.line = max(0, min(p.line, end.line))
	p.col = max(0, min(p.col, v.lineLength(p.line)))
	v.moveCursor(p, extend)
}

// SelectAll marks everything shown.
func (v *BodyView) SelectAll() {
	v.anchor, v.cursor, v.marked = bodyPos{}, v.end(), true
	v.list.rebind()
}

// copyLimit bounds what goes to the clipboard as hex.
const copyLimit = 4096

// Selected is the marked text, all of it if nothing is marked.
func (v *BodyView) Selected() string {
	a, b := v.span2()
	if !v.marked {
		a, b = bodyPos{}, v.end()
	}
	var out strings.Builder
	if v.hex() {
		for i := a.line; i <= b.line && i < a.line+copyLimit; i++ {
			out.WriteString(v.hexText(i) + "\n")
		}
		return out.String()
	}
	for i := a.line; i <= b.line && i < len(v.doc.Lines); i++ {
		text := v.doc.Lines[i].String()
		from, to := 0, runeCount(text)
		if i == a.line {
			from = min(a.col, to)
		}
		if i == b.line {
			to = max(from, min(b.col, to))
		}
		if i > a.line {
			out.WriteByte('\n')
		}
		out.WriteString(cutRunes(text, from, to))
	}
	return out.String()
}

// Copy copies the marked text, all of it if nothing is marked.
func (v *BodyView) Copy() { fyne.CurrentApp().Clipboard().SetContent(v.Selected()) }
