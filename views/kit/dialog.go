package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// Dialog is a framed question or form over a dimmed window. Enter presses the
// default button, Esc the cancel button or closes; the first field has the
// focus; closing gives the focus back.
type Dialog struct {
	// OnClosed runs once after the dialog has closed, however it was.
	OnClosed func()

	title    string
	icon     string
	ink      fyne.ThemeColorName
	width    float32
	inset    float32
	tabs     *Tabs
	content  fyne.CanvasObject
	foot     []fyne.CanvasObject
	buttons  []*Button
	def      *Button
	cancel   *Button
	first    fyne.Focusable
	frame    *dialogFrame
	overlay  *dialogOverlay
	canvas   fyne.Canvas
	fromTop  float32
	steady   bool
	noCancel bool
	before   fyne.Focusable // what had the focus
}

// NewDialog makes a dialog 432 wide. icon may be "".
func NewDialog(title, icon string, content fyne.CanvasObject) *Dialog {
	d := &Dialog{title: title, icon: icon, ink: theme.Muted, width: 432, inset: 21, content: content}
	d.frame = &dialogFrame{dialog: d}
	d.frame.ExtendBaseWidget(d.frame)
	return d
}

// Wide sets the width (336 to 512).
func (d *Dialog) Wide(w float32) *Dialog { d.width = w; return d }

// IconColor paints the icon in another token.
func (d *Dialog) IconColor(c fyne.ThemeColorName) *Dialog { d.ink = c; return d }

// Tabs puts tabs under the title.
func (d *Dialog) Tabs(t *Tabs) *Dialog { d.tabs = t.Inset(20); return d }

// FromTop places the dialog so far below the top edge instead of in the
// middle.
func (d *Dialog) FromTop(y float32) *Dialog { d.fromTop = y; return d }

// Steady keeps the upper edge where it is while the content grows and shrinks,
// so that what is clicked and typed into does not move away.
func (d *Dialog) Steady() *Dialog { d.steady = true; return d }

// Foot puts objects at the left of the buttons.
func (d *Dialog) Foot(objs ...fyne.CanvasObject) *Dialog { d.foot = objs; return d }

// Buttons sets the buttons at the right, the last one is the default that
// Enter presses; the first is what Esc presses if there are two or more.
func (d *Dialog) Buttons(buttons ...*Button) *Dialog {
	d.buttons = buttons
	for _, b := range buttons {
		b.Tall()
	}
	if n := len(buttons); n > 0 {
		d.def = buttons[n-1]
		if n > 1 && d.cancel == nil {
			d.cancel = buttons[0]
		}
	}
	return d
}

// Default sets what Enter presses; nil: nothing.
func (d *Dialog) Default(b *Button) *Dialog { d.def = b; return d }

// Cancel sets what Esc presses; without it Esc closes.
func (d *Dialog) Cancel(b *Button) *Dialog { d.cancel = b; return d }

// Modal keeps Esc from closing the dialog.
func (d *Dialog) Modal() *Dialog { d.noCancel = true; return d }

// FirstFocus sets what has the focus at first.
func (d *Dialog) FirstFocus(f fyne.Focusable) *Dialog { d.first = f; return d }

// Title is the title.
func (d *Dialog) Title() string { return d.title }

// SetTitle changes the title.
func (d *Dialog) SetTitle(s string) { d.title = s; d.Refresh() }

// SetContent replaces the content.
func (d *Dialog) SetContent(o fyne.CanvasObject) { d.content = o; d.Refresh() }

// Frame is the dialog without the window: for pictures.
func (d *Dialog) Frame() fyne.CanvasObject { return d.frame }

// Shown reports whether the dialog is open.
func (d *Dialog) Shown() bool { return d.overlay != nil }

// Show opens the dialog over a window.
func (d *Dialog) Show(c fyne.Canvas) {
	if d.overlay != nil {
		return
	}
	d.canvas = c
	d.overlay = &dialogOverlay{dialog: d}
	d.overlay.ExtendBaseWidget(d.overlay)
	d.overlay.Resize(c.Size())
	// An overlay has a focus of its own: without this the pane below would
	// still look focused.
	d.before = c.Focused()
	c.Unfocus()
	handleOverlayKeys(d.overlay, d.key)
	c.Overlays().Add(d.overlay)
	first := d.first
	if first == nil {
		first = firstFocusable(d.content)
	}
	if first == nil && d.def != nil {
		first = d.def
	}
	if first != nil {
		c.Focus(first)
	}
}

// Close closes the dialog.
func (d *Dialog) Close() {
	if d.overlay == nil {
		return
	}
	o := d.overlay
	d.overlay = nil
	handleOverlayKeys(o, nil)
	d.canvas.Overlays().Remove(o)
	if d.before != nil && d.canvas.Focused() == nil { // else a screen was opened meanwhile
		d.canvas.Focus(d.before)
	}
	if d.OnClosed != nil {
		d.OnClosed()
	}
}

// Refresh lays the dialog out again: its content changed its size.
func (d *Dialog) Refresh() {
	d.frame.Refresh()
	if d.overlay != nil {
		d.overlay.Refresh()
	}
}

// key is what the dialog does with keys its widgets did not use.
func (d *Dialog) key(ev *fyne.KeyEvent) bool {
	switch ev.Name {
	case fyne.KeyEscape:
		switch {
		case d.noCancel:
		case d.cancel != nil && d.cancel.OnTapped != nil:
			d.cancel.Press()
		default:
			d.Close()
		}
		return true
	case fyne.KeyReturn, fyne.KeyEnter:
		if d.def != nil {
			d.def.Press()
			return true
		}
	}
	return false
}

// firstFocusable finds what comes first in the order of Tab.
func firstFocusable(o fyne.CanvasObject) fyne.Focusable {
	if o == nil || !o.Visible() {
		return nil
	}
	switch t := o.(type) {
	case *Field:
		if !t.Disabled() {
			return t.entry
		}
		return nil
	case *NumberField:
		if !t.Disabled() {
			return t.entry
		}
		return nil
	case *Grid:
		return t.list
	case *TreeList:
		return t.list
	case *Button:
		if t.disabled {
			return nil
		}
		return t
	case *Panel:
		return firstFocusable(t.content)
	case *container.Scroll:
		return firstFocusable(t.Content)
	case fyne.Focusable:
		return t
	case *fyne.Container:
		for _, c := range t.Objects {
			if f := firstFocusable(c); f != nil {
				return f
			}
		}
	}
	return nil
}

// dialogOverlay dims the window and holds the frame.
type dialogOverlay struct {
	widget.BaseWidget
	dialog *Dialog
	top    float32   // of a steady dialog
	on     fyne.Size // the window that it was placed on
}

// Tapped keeps clicks from what lies below.
func (o *dialogOverlay) Tapped(*fyne.PointEvent) {}

// CreateRenderer is Fyne's.
func (o *dialogOverlay) CreateRenderer() fyne.WidgetRenderer {
	dim := newBox(theme.Overlay, "", 0)
	b := &brush{owner: o, objects: objects(dim, o.dialog.frame)}
	b.refresh = dim.repaint
	b.min = func() fyne.Size { return fyne.Size{} }
	b.layout = func(s fyne.Size) {
		dim.place(0, 0, s.Width, s.Height)
		f := o.dialog.frame
		w := min(o.dialog.width, s.Width-16)
		h := min(f.heightFor(w), s.Height-32)
		f.Resize(fyne.NewSize(w, h))
		y := floor((s.Height - h) / 2)
		if o.dialog.fromTop > 0 {
			y = min(o.dialog.fromTop, s.Height-h-16)
		}
		if o.dialog.steady {
			if o.on == s {
				y = min(o.top, s.Height-h-16)
			}
			o.top, o.on = y, s
		}
		f.Move(fyne.NewPos(floor((s.Width-w)/2), max(16, y)))
	}
	return b
}

// dialogFrame is the dialog itself.
type dialogFrame struct {
	widget.BaseWidget
	dialog *Dialog
}

// Tapped keeps clicks from the overlay.
func (f *dialogFrame) Tapped(*fyne.PointEvent) {}

const (
	dialogHead = 47 // edge, 16 above, 22 title, 8 below
	dialogFoot = 58 // a line, 12, 32, 12, edge
	ringRoom   = 4  // around the content, for focus rings
)

func (f *dialogFrame) head() float32 {
	if f.dialog.tabs != nil {
		return 1 + 16 + 22 + 4 + 36 + 12
	}
	return dialogHead
}

func (f *dialogFrame) feet() float32 {
	if len(f.dialog.buttons) == 0 && len(f.dialog.foot) == 0 {
		return 4
	}
	return dialogFoot
}

func (f *dialogFrame) contentHeight(w float32) float32 {
	c := f.dialog.content
	if c == nil {
		return 0
	}
	inner := w - 2*f.dialog.inset
	// Twice: text that wraps knows its height after it has its width.
	for range 2 {
		c.Resize(fyne.NewSize(inner, c.MinSize().Height))
	}
	return c.MinSize().Height
}

func (f *dialogFrame) heightFor(w float32) float32 {
	return f.head() + f.contentHeight(w) + 16 + f.feet()
}

// CreateRenderer is Fyne's.
func (f *dialogFrame) CreateRenderer() fyne.WidgetRenderer {
	d := f.dialog
	back := newBox(theme.Raised, theme.Border, 10)
	icon := newGlyph("", "")
	title := newLine("", SizeTitle, Bold, theme.Text)
	rule := newBox(theme.Border, "", 0)
	// A focus ring reaches 3 outside a control: the scroll must not cut it.
	holder := container.New(columnLayout{padX: ringRoom, padTop: ringRoom, padBottom: ringRoom})
	scroll := container.NewScroll(holder)
	feet := container.New(rowLayout{gap: 8, grow: -1})
	b := &brush{owner: f}
	b.refresh = func() {
		castShadow(back.r)
		back.repaint()
		rule.repaint()
		icon.set(d.icon, d.ink)
		icon.repaint()
		b.objects = objects(back, icon, title)
		if d.tabs != nil {
			b.objects = append(b.objects, d.tabs)
		}
		if d.content != nil {
			holder.Objects = []fyne.CanvasObject{d.content}
			b.objects = append(b.objects, scroll)
		}
		feet.Objects = feet.Objects[:0]
		feet.Objects = append(feet.Objects, d.foot...)
		feet.Objects = append(feet.Objects, Spacer())
		grow := len(feet.Objects) - 1
		for _, x := range d.buttons {
			feet.Objects = append(feet.Objects, x)
		}
		feet.Layout = rowLayout{gap: 8, grow: grow}
		if f.feet() == dialogFoot {
			b.objects = append(b.objects, rule.r, feet)
		}
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(d.width, f.heightFor(d.width)) }
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		x := d.inset
		if d.icon != "" {
			icon.place(x, 18, 20)
			x += 30
		}
		text, _ := fit(d.title, s.Width-x-d.inset, SizeTitle, Bold, Middle)
		title.set(text, Bold, theme.Text)
		title.place(x, 17, s.Width-x, 22)
		if d.tabs != nil {
			d.tabs.Resize(fyne.NewSize(s.Width-2, 36))
			d.tabs.Move(fyne.NewPos(1, 43))
		}
		room := max(0, s.Height-f.head()-16-f.feet())
		h := f.contentHeight(s.Width)
		scroll.Direction = container.ScrollNone
		if h > room+0.5 {
			scroll.Direction = container.ScrollVerticalOnly
		}
		scroll.Resize(fyne.NewSize(s.Width-2*d.inset+2*ringRoom, room+2*ringRoom))
		scroll.Move(fyne.NewPos(d.inset-ringRoom, f.head()-ringRoom))
		scroll.Refresh()
		rule.place(1, s.Height-dialogFoot, s.Width-2, 1)
		feet.Resize(fyne.NewSize(s.Width-2*d.inset, 32))
		feet.Move(fyne.NewPos(d.inset, s.Height-45))
	}
	return b
}

// castShadow gives a raised panel the one shadow of the design.
func castShadow(r *canvas.Rectangle) {
	r.Shadow = canvas.Shadow{Color: Color(theme.Shadow), BlurRadius: 16, Offset: fyne.NewPos(0, 4), Variant: canvas.DropShadow}
}
