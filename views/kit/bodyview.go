package kit

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/body"
	"posthouse/views/theme"
)

// BodyView shows a body as numbered lines of coloured mono text, or as hex:
// only the part in sight is ever painted, so its length and that of its lines
// do not matter. Text can be marked with the mouse and Shift+arrows and
// copied with Ctrl+C.
type BodyView struct {
	widget.BaseWidget

	// OnCursor is told of the place of the cursor, from 1.
	OnCursor func(line, column int)
	// OnKey sees keys the view does not use; true: it was used.
	OnKey func(*fyne.KeyEvent) bool
	// OnMenu asks for a menu, at a place of the window; without it the view
	// offers Copy and Select all.
	OnMenu func(at fyne.Position)
	// OnAllInHex is offered beside the words that the text is cut.
	OnAllInHex func()

	doc    body.Document
	data   []byte // hex
	wrap   bool
	list   *vlist
	rows   []bodyRow // with wrap: a painted row each
	width  int       // columns in sight when rows were broken
	widest int       // columns of the longest line
	note   *Note
	cursor bodyPos
	anchor bodyPos
	marked bool
}

// bodyRow is a part of a line that fits the width.
type bodyRow struct{ line, from int }

// bodyPos is a place in the text: line and column from 0.
type bodyPos struct{ line, col int }

func (p bodyPos) before(q bodyPos) bool {
	return p.line < q.line || p.line == q.line && p.col < q.col
}

const (
	bodyPitch  = 20
	bodyGutter = 40
	bodyInset  = 8 // above the first line
)

// NewBodyView makes an empty view.
func NewBodyView() *BodyView {
	v := &BodyView{}
	v.list = newVlist(v, bodyPitch)
	v.list.refit = true
	v.list.margin = 8
	v.note = NewNote(Info, "", "")
	v.note.Hide()
	v.ExtendBaseWidget(v)
	return v
}

// SetDocument shows a document of body.Format, laid out anywhere. data is the
// whole body, which hex shows.
func (v *BodyView) SetDocument(d body.Document, data []byte) {
	v.doc, v.data = d, data
	v.cursor, v.anchor, v.marked = bodyPos{}, bodyPos{}, false
	v.list.offset, v.list.shift = 0, 0
	v.widest = 0
	for _, l := range d.Lines {
		n := 0
		for _, s := range l {
			n += runeCount(s.Text)
		}
		v.widest = max(v.widest, n)
	}
	v.says()
	v.width = 0
	v.Refresh()
}

// SetBody formats and shows a body: at most 64 KB of it as text, so within
// some milliseconds.
func (v *BodyView) SetBody(data []byte, mode body.Mode, enc body.Encoding) {
	v.SetDocument(body.Format(data, mode, enc), data)
}

// Document is what is shown.
func (v *BodyView) Document() body.Document { return v.doc }

// SetWrap breaks long lines at the width of the view.
func (v *BodyView) SetWrap(on bool) {
	v.wrap = on
	v.width = 0
	v.list.shift = 0
	v.Refresh()
}

// Wrapped reports whether long lines are broken.
func (v *BodyView) Wrapped() bool { return v.wrap }

// Focus puts the keyboard into the view.
func (v *BodyView) Focus() {
	if c := canvasOf(v); c != nil {
		c.Focus(v.list)
	}
}

// Focusable is what takes the keyboard.
func (v *BodyView) Focusable() fyne.Focusable { return v.list }

// says sets the line above the text: that it is cut, or not what it claims.
func (v *BodyView) says() {
	switch {
	case v.doc.Cut():
		var more []*Button
		if v.OnAllInHex != nil {
			more = append(more, NewButton("Show all in hex", "hash", v.OnAllInHex))
		}
		v.note.Set(Info, "Showing the first "+shortSize(v.doc.Shown)+" of "+body.Size(int64(v.doc.Total))+".", "", more...)
		v.note.Show()
	case v.doc.Fault != "":
		v.note.Set(Warning, "This is not well-formed "+string(v.doc.Mode)+":", v.doc.Fault+".")
		v.note.Show()
	default:
		v.note.Hide()
	}
}

func shortSize(n int) string {
	return strings.Replace(body.Size(int64(n)), ".0 ", " ", 1)
}

func (v *BodyView) hex() bool { return v.doc.Mode == body.Hex }

// columns is how many characters fit beside the gutter.
func (v *BodyView) columns() int {
	return max(8, int((v.list.Size().Width-bodyGutter-16)/monoAdvance()))
}

// monoAdvance is the width of a character of the mono face at 12.
func monoAdvance() float32 { return measureFast("0", SizeSmall, Mono) }

// reflow breaks the lines anew if the width changed.
func (v *BodyView) reflow() {
	cols := v.columns()
	if v.width == cols {
		return
	}
	v.width = cols
	v.rows = nil
	switch {
	case v.hex():
		v.list.wide = bodyGutter + 48 + 16 + float32(8+2+49+1+16)*monoAdvance()
		v.list.setCount(body.HexRows(len(v.data)), nil)
		return
	case v.wrap:
		for i, l := range v.doc.Lines {
			n := 0
			for _, s := range l {
				n += runeCount(s.Text)
			}
			for from := 0; from == 0 || from < n; from += cols {
				v.rows = append(v.rows, bodyRow{i, from})
			}
		}
		v.list.wide = 0
		v.list.setCount(len(v.rows), nil)
		return
	}
	v.list.wide = bodyGutter + 16 + float32(v.widest)*monoAdvance()
	v.list.setCount(len(v.doc.Lines), nil)
}

// rowOf is the line and first column that row i shows.
func (v *BodyView) rowOf(i int) bodyRow {
	if v.rows != nil {
		if i < len(v.rows) {
			return v.rows[i]
		}
		return bodyRow{}
	}
	return bodyRow{line: i}
}

// rowOfPos is the row that shows a place.
func (v *BodyView) rowOfPos(p bodyPos) int {
	if v.rows == nil {
		return p.line
	}
	for i, r := range v.rows {
		if r.line == p.line && p.col < r.from+v.width || r.line > p.line {
			return i
		}
	}
	return len(v.rows) - 1
}

func runeCount(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

// CreateRenderer is Fyne's.
func (v *BodyView) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(theme.Inset, "", 0)
	b := &brush{owner: v, objects: objects(back, v.list, v.note)}
	b.refresh = back.repaint
	b.min = func() fyne.Size { return fyne.NewSize(160, 64) }
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		top := float32(bodyInset)
		if v.note.Visible() {
			v.note.Resize(fyne.NewSize(s.Width-32, v.note.MinSize().Height))
			h := v.note.MinSize().Height
			v.note.Resize(fyne.NewSize(s.Width-32, h))
			v.note.Move(fyne.NewPos(16, 8))
			top += h + 8
		}
		v.list.Move(fyne.NewPos(0, top))
		v.list.Resize(fyne.NewSize(s.Width, max(0, s.Height-top)))
		v.reflow()
		v.list.rebind()
	}
	return b
}

// hexText is row i of the hex view as one text.
func (v *BodyView) hexText(i int) string {
	off, hex, ascii := body.HexRow(v.data, i)
	return fmt.Sprintf("%s  %s  %s", off, hex, ascii)
}
