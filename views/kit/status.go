package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// State is a state of something: always icon, colour and word together.
type State struct {
	Icon  string
	Color fyne.ThemeColorName
	Word  string
}

// With is the state in other words.
func (s State) With(word string) State {
	s.Word = word
	return s
}

// ink is the colour of the word: neutral states speak in text2.
func (s State) ink() fyne.ThemeColorName {
	if s.Color == theme.Neutral {
		return theme.Text2
	}
	return s.Color
}

// States of computers.
var (
	ComputerConnected  = State{"check-circle", theme.Success, "Connected"}
	ComputerLocal      = State{"check-circle", theme.Success, "This computer"}
	ComputerSigningIn  = State{"sync", theme.Info, "Signing in"}
	ComputerLimited    = State{"warning", theme.Warning, "Limited"}
	ComputerNoAnswer   = State{"x-circle", theme.Danger, "Not reachable"}
	ComputerRefused    = State{"lock", theme.Danger, "Access denied"}
	ComputerLocked     = State{"lock", theme.Warning, "Not signed in"}
	ComputerOffline    = State{"wifi-slash", theme.Neutral, "Offline"}
	ComputerCutOff     = State{"cloud-slash", theme.Neutral, "Working offline"}
	OutgoingConnected  = State{"check-circle", theme.Success, "Connected"}
	OutgoingWaiting    = State{"sync", theme.Warning, "Trying to connect"}
	OutgoingStuck      = State{"x-circle", theme.Danger, "Cannot connect"}
	OutgoingIdle       = State{"minus-circle", theme.Neutral, "Idle"}
	OutgoingValidating = State{"directory", theme.Warning, "Needs directory"}
	OutgoingPaused     = State{"pause-circle-fill", theme.Info, "Paused"}
	OutgoingNoLink     = State{"link-break", theme.Neutral, "No link"}
	OutgoingLocked     = State{"lock", theme.Danger, "Locked"}
	OutgoingLocal      = State{"computer", theme.Neutral, "Local"}
	DeskSaved          = State{"save", theme.Info, "Saved, waiting for line"}
	DeskSending        = State{"send", theme.AccentText, "Sending"}
	DeskDelivered      = State{"check", theme.Success, "Delivered"}
	DeskPickedUp       = State{"checks", theme.Success, "Picked up"}
	DeskAttention      = State{"warning-fill", theme.Danger, "Needs attention"}
	DoctorPass         = State{"check-circle-fill", theme.Success, "Pass"}
	DoctorDelayed      = State{"warning-fill", theme.Warning, "Delayed"}
	DoctorFail         = State{"x-circle-fill", theme.Danger, "Fail"}
	DoctorNotTested    = State{"circle-dashed", theme.Neutral, "Not tested"}
)

// StatusCell shows a State in a line 20 high.
type StatusCell struct {
	widget.BaseWidget
	state State
	plain bool
	small bool
}

// NewStatusCell makes a status cell.
func NewStatusCell(s State) *StatusCell {
	c := &StatusCell{state: s}
	c.ExtendBaseWidget(c)
	return c
}

// Plain keeps the word in the colour of the text: only the icon is coloured.
func (c *StatusCell) Plain() *StatusCell { c.plain = true; c.Refresh(); return c }

// Small sets the word as in the status bar.
func (c *StatusCell) Small() *StatusCell { c.small, c.plain = true, true; c.Refresh(); return c }

// Set changes the state.
func (c *StatusCell) Set(s State) {
	if c.state != s {
		c.state = s
		c.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (c *StatusCell) CreateRenderer() fyne.WidgetRenderer {
	icon, word := newGlyph("", ""), newLine("", SizeBody, Regular, theme.Text)
	b := &brush{owner: c, objects: objects(icon, word)}
	whole := func() float32 { return ceil(22 + measure(c.state.Word, word.t.TextSize, Regular)) }
	write := func(room float32) {
		col := c.state.ink()
		switch {
		case c.small:
			col = theme.Text2
		case c.plain:
			col = theme.Text
		}
		text := c.state.Word
		if room < whole() {
			text, _ = fit(text, room-22, word.t.TextSize, Regular, End)
		}
		word.set(text, Regular, col)
	}
	b.refresh = func() {
		icon.set(c.state.Icon, c.state.Color)
		icon.repaint()
		if c.small {
			word.t.TextSize = SizeSmall
		}
		write(whole())
	}
	b.refresh()
	b.min = func() fyne.Size { return fyne.NewSize(whole(), 20) }
	b.layout = func(s fyne.Size) {
		write(s.Width)
		icon.place(0, floor((s.Height-16)/2), 16)
		word.place(22, 0, word.width(), s.Height)
	}
	return b
}

// Icon is an icon of 16, 20 or 32 in a token.
type Icon struct {
	widget.BaseWidget
	name  string
	size  float32
	color fyne.ThemeColorName
}

// NewIcon makes an icon.
func NewIcon(name string, size float32, col fyne.ThemeColorName) *Icon {
	i := &Icon{name: name, size: size, color: col}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes icon and colour.
func (i *Icon) Set(name string, col fyne.ThemeColorName) {
	if i.name != name || i.color != col {
		i.name, i.color = name, col
		i.Refresh()
	}
}

// CreateRenderer is Fyne's.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	g := newGlyph(i.name, i.color)
	b := &brush{owner: i, objects: objects(g)}
	b.refresh = func() {
		g.set(i.name, i.color)
		g.repaint()
	}
	b.min = func() fyne.Size { return fyne.NewSize(i.size, i.size) }
	b.layout = func(s fyne.Size) {
		g.place(floor((s.Width-i.size)/2), floor((s.Height-i.size)/2), i.size)
	}
	return b
}
