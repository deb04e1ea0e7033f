package kit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Pair is a line of a KeyValue list.
type Pair struct {
	Key   string
	Value string
	Tail  string              // muted words after the value ("1 s later")
	Code  bool                // Tail is a raw code: mono 11
	Mono  bool                // ids, paths, codes; cut in the middle
	Color fyne.ThemeColorName // of the value; Text if empty
	Icon  string              // before the value
	Ink   fyne.ThemeColorName // of the icon; Muted if empty
	Copy  string              // what Copy copies; Value if empty
	Wrap  bool                // break the value into lines instead of cutting it
}

// KeyValue is a list of properties, 24 a line, the key muted in a column of
// its own. A click on a value marks it, Ctrl+C copies it, a secondary click
// offers a menu; a cut value shows whole in a tooltip.
type KeyValue struct {
	widget.BaseWidget

	// OnCopied is told after something was copied.
	OnCopied func(what string)

	pairs   []Pair
	column  float32
	padX    float32
	marked  int
	hover   int
	focused bool
	cut     []bool
	heights []float32
	width   float32
}

// NewKeyValue makes a list with a key column of the given width (112 to 136).
func NewKeyValue(column float32, pairs ...Pair) *KeyValue {
	k := &KeyValue{pairs: pairs, column: column, padX: 16, marked: -1, hover: -1}
	k.ExtendBaseWidget(k)
	return k
}

// Inset sets the space left and right (16 without it).
func (k *KeyValue) Inset(x float32) *KeyValue { k.padX = x; k.Refresh(); return k }

// Set replaces the lines.
func (k *KeyValue) Set(pairs ...Pair) {
	k.pairs = pairs
	k.marked = min(k.marked, len(pairs)-1)
	k.Refresh()
}

// Pairs are the lines shown.
func (k *KeyValue) Pairs() []Pair { return k.pairs }

func (k *KeyValue) valueWidth(w float32) float32 { return w - 2*k.padX - k.column }

// measureLines computes the height of each line at width w.
func (k *KeyValue) measureLines(w float32) float32 {
	k.heights = k.heights[:0]
	var total float32
	for _, p := range k.pairs {
		h := float32(24)
		if p.Wrap {
			h = 4 + k.wrapped(p, w).HeightFor(k.valueWidth(w))
		}
		k.heights = append(k.heights, h)
		total += h
	}
	return total + 8
}

func (k *KeyValue) wrapped(p Pair, w float32) *Paragraph {
	face := Regular
	if p.Mono {
		face = Mono
	}
	par := NewRuns(Run{p.Value, face, p.Color})
	if p.Tail != "" {
		par = NewRuns(Run{p.Value, face, p.Color}, Run{" " + p.Tail, Regular, theme.Muted})
	}
	par.Resize(fyne.NewSize(k.valueWidth(w), 20))
	return par
}

// Resize remembers the width for wrapped values.
func (k *KeyValue) Resize(s fyne.Size) {
	if s.Width != k.width {
		k.width = s.Width
		k.measureLines(s.Width)
	}
	k.BaseWidget.Resize(s)
}

func (k *KeyValue) at(y float32) int {
	top := float32(4)
	for i, h := range k.heights {
		if y >= top && y < top+h {
			return i
		}
		top += h
	}
	return -1
}

func (k *KeyValue) copyText(i int) string {
	if i < 0 || i >= len(k.pairs) {
		return ""
	}
	if c := k.pairs[i].Copy; c != "" {
		return c
	}
	return k.pairs[i].Value
}

func (k *KeyValue) copyLine(i int) {
	s := k.copyText(i)
	if s == "" {
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(s)
	if k.OnCopied != nil {
		k.OnCopied(k.pairs[i].Key)
	}
}

func (k *KeyValue) copyAll() {
	var all string
	for i, p := range k.pairs {
		all += p.Key + ": " + k.copyText(i) + "\n"
	}
	fyne.CurrentApp().Clipboard().SetContent(all)
	if k.OnCopied != nil {
		k.OnCopied("")
	}
}

// MouseDown marks the line.
func (k *KeyValue) MouseDown(ev *desktop.MouseEvent) {
	k.marked = k.at(ev.Position.Y)
	if c := canvasOf(k); c != nil {
		c.Focus(k)
	}
	k.Refresh()
	if ev.Button == desktop.MouseButtonSecondary && k.marked >= 0 {
		i := k.marked
		ShowMenu(k, ev.AbsolutePosition,
			MenuItem("Copy "+k.pairs[i].Key, "copy", func() { k.copyLine(i) }),
			MenuItem("Copy all", "", k.copyAll))
	}
}

// MouseUp is Fyne's.
func (k *KeyValue) MouseUp(*desktop.MouseEvent) {}

// MouseIn is Fyne's.
func (k *KeyValue) MouseIn(ev *desktop.MouseEvent) { k.MouseMoved(ev) }

// MouseMoved is Fyne's.
func (k *KeyValue) MouseMoved(ev *desktop.MouseEvent) {
	i := k.at(ev.Position.Y)
	if i == k.hover {
		return
	}
	k.hover = i
	hideTip(k)
	if i >= 0 && i < len(k.cut) && k.cut[i] {
		showTip(k, strings.TrimSpace(k.pairs[i].Value+" "+k.pairs[i].Tail), ev.AbsolutePosition)
	}
}

// MouseOut is Fyne's.
func (k *KeyValue) MouseOut() {
	k.hover = -1
	hideTip(k)
}

// FocusGained is Fyne's.
func (k *KeyValue) FocusGained() {
	k.focused = true
	if k.marked < 0 && len(k.pairs) > 0 {
		k.marked = 0
	}
	k.Refresh()
}

// FocusLost is Fyne's.
func (k *KeyValue) FocusLost() {
	k.focused = false
	k.marked = -1
	k.Refresh()
}

// TypedRune is Fyne's.
func (k *KeyValue) TypedRune(rune) {}

// TypedKey moves the mark and hands on the rest.
func (k *KeyValue) TypedKey(ev *fyne.KeyEvent) {
	switch ev.Name {
	case fyne.KeyDown:
		k.marked = min(k.marked+1, len(k.pairs)-1)
	case fyne.KeyUp:
		k.marked = max(k.marked-1, 0)
	default:
		bubble(k, ev)
		return
	}
	k.Refresh()
}

// TypedShortcut copies the marked value.
func (k *KeyValue) TypedShortcut(s fyne.Shortcut) {
	if _, ok := s.(*fyne.ShortcutCopy); ok {
		k.copyLine(k.marked)
		return
	}
	forward(k, s)
}

// CreateRenderer is Fyne's.
func (k *KeyValue) CreateRenderer() fyne.WidgetRenderer {
	type row struct {
		key, value, tail *line
		icon             *glyph
		par              *Paragraph
	}
	sel := newBox("", "", 4)
	var rows []row
	b := &brush{owner: k}
	b.refresh = func() {
		rows = rows[:0]
		b.objects = objects(sel)
		for _, p := range k.pairs {
			face, size, col := Regular, SizeBody, p.Color
			if col == "" {
				col = theme.Text
			}
			if p.Mono {
				face, size = Mono, SizeSmall
			}
			ink := p.Ink
			if ink == "" {
				ink = theme.Muted
			}
			tail, tailFace := SizeBody, Regular
			if p.Code {
				tail, tailFace = SizeCaption, Mono
			}
			r := row{
				newLine(p.Key, SizeBody, Regular, theme.Muted), newLine("", size, face, col),
				newLine("", tail, tailFace, theme.Muted), newGlyph(p.Icon, ink), nil,
			}
			b.objects = append(b.objects, objects(r.key, r.value, r.tail, r.icon)...)
			if p.Wrap {
				r.par = k.wrapped(p, k.width)
				b.objects = append(b.objects, r.par)
			}
			rows = append(rows, r)
		}
	}
	b.refresh()
	b.min = func() fyne.Size {
		return fyne.NewSize(2*k.padX+k.column+64, k.measureLines(max(k.width, 2*k.padX+k.column+64)))
	}
	b.layout = func(s fyne.Size) {
		k.measureLines(s.Width)
		k.cut = make([]bool, len(rows))
		sel.show(false)
		y := float32(4)
		for i, r := range rows {
			p := k.pairs[i]
			x, w := k.padX+k.column, k.valueWidth(s.Width)
			key, _ := fit(p.Key, k.column-8, SizeBody, Regular, End)
			r.key.set(key, Regular, theme.Muted)
			r.key.place(k.padX, y, k.column, 24)
			if i == k.marked && k.focused {
				sel.set(theme.Selection, "")
				sel.place(x-4, y+1, w+8, k.heights[i]-2)
				sel.show(true)
			}
			switch {
			case r.par != nil:
				r.par.Resize(fyne.NewSize(w, k.heights[i]-4))
				r.par.Move(fyne.NewPos(x, y+2))
			default:
				if p.Icon != "" {
					r.icon.place(x, y+4, 16)
					x, w = x+22, w-22
				}
				cut := End
				if p.Mono {
					cut = Middle
				}
				v, c := fit(p.Value, w, r.value.t.TextSize, r.value.face, cut)
				k.cut[i] = c
				r.value.set(v, r.value.face, r.value.color)
				vw := r.value.width()
				r.value.place(x, y, vw, 24)
				// The remark gives way to the value.
				if p.Tail != "" {
					t, c := fit(p.Tail, w-vw-4, r.tail.t.TextSize, r.tail.face, End)
					if w-vw < 48 {
						t = ""
					}
					k.cut[i] = k.cut[i] || c
					r.tail.set(t, r.tail.face, theme.Muted)
					r.tail.place(x+vw+4, y, w-vw-4, 24)
				}
			}
			y += k.heights[i]
		}
	}
	return b
}
