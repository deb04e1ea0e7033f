package compose

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/theme"
)

// Editor edits a text of up to editLimit bytes with line numbers and colours.
// Only the lines in sight are painted. Keys: those of any text field; Ctrl+Z
// and Ctrl+Y undo and redo, Enter keeps the indentation; Tab goes on to the
// next control.
type Editor struct {
	widget.BaseWidget

	// OnChanged is told after each change of the text.
	OnChanged func()
	// OnFull is told when a text was not taken because it is too long.
	OnFull func()

	text   *text
	mode   body.Mode
	hint   string
	lines  []body.Line // coloured
	area   *editArea
	scroll *container.Scroll
}

const (
	linePitch = 20
	gutter    = 40
	textInset = 8
)

// NewEditor makes an empty editor.
func NewEditor() *Editor {
	e := &Editor{text: newText(""), mode: body.Text}
	e.area = &editArea{editor: e}
	e.area.ExtendBaseWidget(e.area)
	e.scroll = container.NewScroll(e.area)
	e.scroll.OnScrolled = func(fyne.Position) { e.area.Refresh() }
	e.ExtendBaseWidget(e)
	e.colour()
	return e
}

// Text is the text, with line feeds.
func (e *Editor) Text() string { return e.text.String() }

// Length is its length in bytes.
func (e *Editor) Length() int { return e.text.size }

// SetText replaces the text without telling OnChanged; undo brings the old one
// back.
func (e *Editor) SetText(s string) {
	e.text.set(s)
	e.changed(false)
	e.scroll.ScrollToTop()
}

// SetMode colours the text as a kind.
func (e *Editor) SetMode(m body.Mode) {
	e.mode = m
	e.changed(false)
}

// SetHint is shown while there is no text.
func (e *Editor) SetHint(s string) { e.hint = s; e.area.Refresh() }

// Focus puts the keyboard into the editor.
func (e *Editor) Focus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(e.area); c != nil {
		c.Focus(e.area)
	}
}

// colour colours the text. Tabs and controls are painted as one column each,
// so that columns are those of the text.
func (e *Editor) colour() {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return '→'
		case r < ' ' && r != '\n' || r == 0x7F:
			return '·'
		}
		return r
	}, e.text.String())
	e.lines = body.Colour(plain, e.mode)
}

func (e *Editor) changed(tell bool) {
	e.colour()
	e.area.Refresh()
	e.scroll.Refresh()
	if tell && e.OnChanged != nil {
		e.OnChanged()
	}
}

// reveal scrolls the cursor into sight.
func (e *Editor) reveal() {
	adv := advance()
	x, y := gutter+float32(e.text.cur.col)*adv, textInset+float32(e.text.cur.line*linePitch)
	o, s := e.scroll.Offset, e.scroll.Size()
	if y < o.Y {
		o.Y = y - textInset
	}
	if y+linePitch > o.Y+s.Height {
		o.Y = y + linePitch + textInset - s.Height
	}
	if x-gutter < o.X {
		o.X = x - gutter
	}
	if x+2*adv > o.X+s.Width {
		o.X = x + 2*adv - s.Width
	}
	o.X, o.Y = max(0, o.X), max(0, o.Y)
	if o != e.scroll.Offset {
		e.scroll.ScrollToOffset(o)
	}
	e.area.Refresh()
}

// page is how many lines are in sight.
func (e *Editor) page() int { return max(1, int(e.scroll.Size().Height)/linePitch-1) }

func advance() float32 {
	return fyne.MeasureText("0", kit.SizeSmall, fyne.TextStyle{Monospace: true}).Width
}

// CreateRenderer is Fyne's.
func (e *Editor) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(kit.NewPanel(theme.Inset, container.NewStack()), kit.Calm(e.scroll)))
}

// MinSize leaves room for some lines.
func (e *Editor) MinSize() fyne.Size { return fyne.NewSize(160, 5*linePitch) }

// editArea is what scrolls in the editor.
type editArea struct {
	widget.BaseWidget
	editor  *Editor
	focused bool
}

// Cursor is Fyne's.
func (a *editArea) Cursor() desktop.Cursor { return desktop.TextCursor }

// at is the place under a point.
func (a *editArea) at(p fyne.Position) pos {
	return pos{int(max(0, p.Y-textInset)) / linePitch, int((p.X-gutter)/advance() + 0.5)}
}

// MouseDown puts the cursor there; with Shift it selects up to there.
func (a *editArea) MouseDown(ev *desktop.MouseEvent) {
	a.editor.Focus()
	if ev.Button == desktop.MouseButtonSecondary {
		a.menu(ev.AbsolutePosition)
		return
	}
	a.editor.text.goTo(a.at(ev.Position), ev.Modifier&fyne.KeyModifierShift != 0)
	a.Refresh()
}

// MouseUp is Fyne's.
func (a *editArea) MouseUp(*desktop.MouseEvent) {}

// Dragged selects.
func (a *editArea) Dragged(ev *fyne.DragEvent) {
	a.editor.text.goTo(a.at(ev.Position), true)
	a.editor.reveal()
}

// DragEnd is Fyne's.
func (a *editArea) DragEnd() {}

// DoubleTapped selects the word.
func (a *editArea) DoubleTapped(ev *fyne.PointEvent) {
	a.editor.text.goTo(a.at(ev.Position), false)
	a.editor.text.word()
	a.Refresh()
}

// FocusGained is Fyne's.
func (a *editArea) FocusGained() { a.focused = true; a.Refresh() }

// FocusLost is Fyne's.
func (a *editArea) FocusLost() { a.focused = false; a.Refresh() }

// MinSize is that of the whole text.
func (a *editArea) MinSize() fyne.Size {
	widest := 0
	for _, l := range a.editor.text.lines {
		widest = max(widest, len(l))
	}
	return fyne.NewSize(gutter+float32(widest+2)*advance(), 2*textInset+float32(len(a.editor.text.lines))*linePitch)
}

// CreateRenderer is Fyne's.
func (a *editArea) CreateRenderer() fyne.WidgetRenderer {
	r := &editRenderer{area: a, caret: canvas.NewRectangle(kit.Color(theme.Text)), edge: canvas.NewRectangle(kit.Color(theme.Focus))}
	r.Refresh()
	return r
}

// editRenderer paints the lines in sight.
type editRenderer struct {
	area    *editArea
	caret   *canvas.Rectangle
	edge    *canvas.Rectangle // the focus, down the left side
	marks   []*canvas.Rectangle
	texts   []*canvas.Text
	objects []fyne.CanvasObject
}

// Destroy is Fyne's.
func (r *editRenderer) Destroy() {}

// MinSize is Fyne's.
func (r *editRenderer) MinSize() fyne.Size { return r.area.MinSize() }

// Layout is Fyne's.
func (r *editRenderer) Layout(fyne.Size) { r.Refresh() }

// Objects is Fyne's.
func (r *editRenderer) Objects() []fyne.CanvasObject { return r.objects }

// Refresh paints anew.
func (r *editRenderer) Refresh() {
	e := r.area.editor
	o, size := e.scroll.Offset, e.scroll.Size()
	from := max(0, int(o.Y-textInset)/linePitch)
	to := min(len(e.text.lines), int(o.Y+size.Height)/linePitch+1)
	r.objects = r.objects[:0]
	adv := advance()
	nMark, nText := 0, 0
	mark := func(x, y, w float32) {
		if nMark == len(r.marks) {
			r.marks = append(r.marks, canvas.NewRectangle(nil))
		}
		m := r.marks[nMark]
		nMark++
		m.FillColor = kit.Color(theme.Selection)
		if !r.area.focused {
			m.FillColor = kit.Color(theme.SelectionIdle)
		}
		m.Move(fyne.NewPos(x, y))
		m.Resize(fyne.NewSize(w, linePitch))
		r.objects = append(r.objects, m)
	}
	write := func(s string, x, y float32, ink fyne.ThemeColorName, right bool) {
		if nText == len(r.texts) {
			t := canvas.NewText("", nil)
			t.TextSize, t.TextStyle = kit.SizeSmall, fyne.TextStyle{Monospace: true}
			r.texts = append(r.texts, t)
		}
		t := r.texts[nText]
		nText++
		t.Text, t.Color, t.Alignment = s, kit.Color(ink), fyne.TextAlignLeading
		m := t.MinSize()
		if right {
			x -= m.Width
		}
		t.Move(fyne.NewPos(x, y+(linePitch-m.Height)/2))
		t.Resize(m)
		r.objects = append(r.objects, t)
	}
	a, b := e.text.selection()
	for i := from; i < to; i++ {
		if i < a.line || i > b.line || a == b {
			continue
		}
		left, right := 0, len(e.text.lines[i])+1
		if i == a.line {
			left = a.col
		}
		if i == b.line {
			right = b.col
		}
		mark(gutter+float32(left)*adv, textInset+float32(i*linePitch), float32(right-left)*adv)
	}
	first := int(max(0, o.X)/adv) - 1
	last := first + int(size.Width/adv) + 3
	for i := from; i < to && i < len(e.lines); i++ {
		y := textInset + float32(i*linePitch)
		write(strconv.Itoa(i+1), o.X+gutter-12, y, theme.Muted, true)
		col := 0
		for _, s := range e.lines[i] {
			runes := []rune(s.Text)
			f, t := max(0, first-col), min(len(runes), last-col)
			if f < t {
				write(string(runes[f:t]), gutter+float32(col+f)*adv, y, spanInk(s.Kind), false)
			}
			col += len(runes)
		}
	}
	if e.text.size == 0 && e.hint != "" {
		write(e.hint, gutter+4, textInset, theme.Muted, false)
	}
	for _, x := range []*canvas.Rectangle{r.caret, r.edge} {
		x.Hidden = !r.area.focused
	}
	r.caret.FillColor, r.edge.FillColor = kit.Color(theme.Text), kit.Color(theme.Focus)
	r.caret.Move(fyne.NewPos(gutter+float32(e.text.cur.col)*adv, textInset+float32(e.text.cur.line*linePitch)+2))
	r.caret.Resize(fyne.NewSize(1.5, linePitch-4))
	r.edge.Move(fyne.NewPos(o.X, o.Y))
	r.edge.Resize(fyne.NewSize(3, size.Height))
	r.objects = append(r.objects, r.caret, r.edge)
	canvas.Refresh(r.area)
}

// spanInk is the colour of a kind of span.
func spanInk(k body.Kind) fyne.ThemeColorName {
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
	return fynetheme.ColorNameForeground
}
