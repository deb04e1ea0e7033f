package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// strip is a row of objects on a background with a line above or below.
type strip struct {
	widget.BaseWidget
	fill     fyne.ThemeColorName
	height   float32
	top, bot bool
	row      *fyne.Container
	fluid    bool // Refresh gives its objects the room that they want by then
}

func newStrip(height float32, fill fyne.ThemeColorName, l rowLayout, objs ...fyne.CanvasObject) *strip {
	s := &strip{fill: fill, height: height}
	for i, o := range objs {
		if _, ok := o.(*spacer); ok {
			l.grow = i
		}
	}
	s.row = container.New(l, objs...)
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer is Fyne's.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	back, top, bot := newBox(s.fill, "", 0), newBox(theme.Border, "", 0), newBox(theme.Border, "", 0)
	top.show(s.top)
	bot.show(s.bot)
	b := &brush{owner: s, objects: objects(back, s.row, top, bot)}
	b.refresh = func() {
		repaint(back, top, bot)
		if s.fluid {
			s.row.Refresh()
		}
	}
	b.min = func() fyne.Size { return fyne.NewSize(s.row.MinSize().Width, s.height) }
	b.layout = func(size fyne.Size) {
		back.place(0, 0, size.Width, size.Height)
		s.row.Resize(size)
		top.place(0, 0, size.Width, 1)
		bot.place(0, size.Height-1, size.Width, 1)
	}
	return b
}

// spacer takes the room left in a strip.
type spacer struct{ widget.BaseWidget }

// CreateRenderer is Fyne's.
func (s *spacer) CreateRenderer() fyne.WidgetRenderer {
	return &brush{owner: s, min: func() fyne.Size { return fyne.Size{} }}
}

// Spacer takes the room left in a ScreenHeader, Toolbar, SectionHeader,
// StatusBar or Row.
func Spacer() fyne.CanvasObject {
	s := &spacer{}
	s.ExtendBaseWidget(s)
	return s
}

// ScreenHeader is the head of a screen, 48 high: heading, muted words beside
// it, then what is given (put a Spacer before the buttons).
func ScreenHeader(heading *Label, objs ...fyne.CanvasObject) fyne.CanvasObject {
	s := newStrip(48, theme.Surface, rowLayout{gap: 8, padLeft: 16, padRight: 16, grow: -1}, append([]fyne.CanvasObject{heading}, objs...)...)
	s.bot = true
	return s
}

// Toolbar is a row of controls, 44 high.
func Toolbar(objs ...fyne.CanvasObject) fyne.CanvasObject {
	s := newStrip(44, theme.Surface, rowLayout{gap: 8, padLeft: 16, padRight: 16, grow: -1}, objs...)
	s.bot = true
	return s
}

// SelectionBar is a Toolbar on the selection colour, shown while rows are
// chosen.
func SelectionBar(objs ...fyne.CanvasObject) fyne.CanvasObject {
	return newStrip(40, theme.Selection, rowLayout{gap: 8, padLeft: 16, padRight: 16, grow: -1}, objs...)
}

// SectionHeader is the head of a section, 36 high.
func SectionHeader(title string, objs ...fyne.CanvasObject) fyne.CanvasObject {
	return newStrip(36, "", rowLayout{gap: 8, padLeft: 16, padRight: 16, grow: -1}, append([]fyne.CanvasObject{NewLabel(title).Face(Bold)}, objs...)...)
}

// PaneHeader is a Toolbar with a bold name: above a body or a list.
func PaneHeader(title string, objs ...fyne.CanvasObject) fyne.CanvasObject {
	return Toolbar(append([]fyne.CanvasObject{NewLabel(title).Face(Bold)}, objs...)...)
}

// Footer is the line below a grid, 28 high, for small labels.
func Footer(objs ...fyne.CanvasObject) fyne.CanvasObject {
	s := newStrip(28, theme.Surface, rowLayout{gap: 16, padLeft: 16, padRight: 16, grow: -1}, objs...)
	s.top = true
	return s
}

// StatusBar is the line at the foot of the window, 28 high. Its first object gives way
// in a narrow window.
func StatusBar(objs ...fyne.CanvasObject) fyne.CanvasObject {
	s := newStrip(28, theme.Background, rowLayout{gap: 16, padLeft: 16, padRight: 16, grow: -1, yields: true}, objs...)
	s.top, s.fluid = true, true
	return s
}

// ActionBar is the row of a form's buttons at the foot of a screen, 56 high.
func ActionBar(objs ...fyne.CanvasObject) fyne.CanvasObject {
	s := newStrip(56, theme.Surface, rowLayout{gap: 8, padLeft: 16, padRight: 16, grow: -1}, objs...)
	s.top = true
	return s
}

// Row puts objects side by side, 8 apart, centred; a Spacer takes the room
// left.
func Row(objs ...fyne.CanvasObject) *fyne.Container {
	return GapRow(8, objs...)
}

// GapRow is a Row with another gap.
func GapRow(gap float32, objs ...fyne.CanvasObject) *fyne.Container {
	l := rowLayout{gap: gap, grow: -1}
	for i, o := range objs {
		if _, ok := o.(*spacer); ok {
			l.grow = i
		}
	}
	return container.New(l, objs...)
}

// Grow puts objects side by side, 8 apart; the one at index i takes the room
// left.
func Grow(i int, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(rowLayout{gap: 8, grow: i}, objs...)
}

// Lead makes a row that begins with a label, whole where there is room and cut where
// there is not; refresh the row after its text.
func Lead(name *Label, objs ...fyne.CanvasObject) *fyne.Container {
	name.Cut(Middle)
	return container.New(rowLayout{gap: 8, grow: 0, snug: true}, append([]fyne.CanvasObject{name}, objs...)...)
}

// Stack stacks objects with a gap, each as wide as the column. Paragraphs
// and notes in it wrap.
func Stack(gap float32, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap: gap}, objs...)
}

// PaddedStack is a Stack inset by x at the sides and y above and below.
func PaddedStack(gap, x, y float32, objs ...fyne.CanvasObject) *fyne.Container {
	return container.New(columnLayout{gap: gap, padX: x, padTop: y, padBottom: y}, objs...)
}

// Dock puts objects at the edges of a pane, without gaps, and center in the
// room left. Each may be nil.
func Dock(top, bottom, left, right, center fyne.CanvasObject) *fyne.Container {
	d := dockLayout{top, bottom, left, right, center}
	c := container.New(d)
	for _, o := range d.objects() {
		c.Add(o)
	}
	return c
}

// Padded insets an object.
func Padded(top, right, bottom, left float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// Fixed gives an object at least w x h; 0 leaves a side as it is.
func Fixed(w, h float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(sized{w, h}, o)
}

// Rule is a line 1 high across the pane.
type Rule struct {
	widget.BaseWidget
	vertical bool
}

// NewRule makes a line across.
func NewRule() *Rule {
	r := &Rule{}
	r.ExtendBaseWidget(r)
	return r
}

// NewDivider makes an upright line 14 high for status bars.
func NewDivider() *Rule {
	r := &Rule{vertical: true}
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer is Fyne's.
func (r *Rule) CreateRenderer() fyne.WidgetRenderer {
	ln := newBox(theme.Border, "", 0)
	b := &brush{owner: r, objects: objects(ln), refresh: ln.repaint}
	b.min = func() fyne.Size {
		if r.vertical {
			return fyne.NewSize(1, 14)
		}
		return fyne.NewSize(1, 1)
	}
	b.layout = func(s fyne.Size) { ln.place(0, 0, s.Width, s.Height) }
	return b
}

// Panel paints a token behind content, with an optional edge and radius.
type Panel struct {
	widget.BaseWidget
	fill, edge fyne.ThemeColorName
	radius     float32
	content    fyne.CanvasObject
}

// NewPanel paints fill behind content.
func NewPanel(fill fyne.ThemeColorName, content fyne.CanvasObject) *Panel {
	p := &Panel{fill: fill, content: content}
	p.ExtendBaseWidget(p)
	return p
}

// Framed gives the panel an edge and a radius.
func (p *Panel) Framed(radius float32) *Panel {
	p.edge, p.radius = theme.Border, radius
	p.Refresh()
	return p
}

// CreateRenderer is Fyne's.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(p.fill, theme.Border, p.radius)
	b := &brush{owner: p, objects: objects(back, p.content)}
	b.refresh = func() {
		back.setRadius(p.radius)
		back.set(p.fill, p.edge)
	}
	b.refresh()
	b.min = func() fyne.Size { return p.content.MinSize() }
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		p.content.Resize(s)
		p.content.Move(fyne.Position{})
	}
	return b
}
