package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/views/theme"
)

// card is a raised panel with the shadow.
type card struct {
	widget.BaseWidget
	content fyne.CanvasObject
	radius  float32
	width   float32
	shadow  bool
	fill    fyne.ThemeColorName
}

func newCard(content fyne.CanvasObject, width, radius float32) *card {
	c := &card{content: content, radius: radius, width: width, shadow: true, fill: theme.Raised}
	c.ExtendBaseWidget(c)
	return c
}

// CreateRenderer is Fyne's.
func (c *card) CreateRenderer() fyne.WidgetRenderer {
	back := newBox(c.fill, theme.Border, c.radius)
	b := &brush{owner: c, objects: objects(back, c.content)}
	b.refresh = func() {
		if c.shadow {
			castShadow(back.r)
		}
		back.repaint()
	}
	b.refresh()
	b.min = func() fyne.Size {
		m := c.content.MinSize()
		return fyne.NewSize(max(m.Width, c.width), m.Height)
	}
	b.layout = func(s fyne.Size) {
		back.place(0, 0, s.Width, s.Height)
		c.content.Resize(s)
		c.content.Move(fyne.Position{})
	}
	return b
}

// UndoBar says what was done and offers to undo it, 336 x 44. The owner
// places it and takes it away after ten seconds.
func UndoBar(text string, undo, dismiss func()) fyne.CanvasObject {
	var action fyne.CanvasObject = container.NewWithoutLayout()
	if undo != nil {
		action = NewLink("Undo", undo)
	}
	row := container.New(rowLayout{gap: 12, padLeft: 16, padRight: 8, height: 44, grow: 1},
		NewIcon("check", 16, theme.Success), NewLabel(text).Cut(End), action, NewIconButton("x", "Dismiss", dismiss).Plain())
	return newCard(row, 336, 8)
}

// WaitBar says what is being waited for and offers to cancel, 44 high.
func WaitBar(text string, cancel func()) fyne.CanvasObject {
	objs := []fyne.CanvasObject{NewIcon("sync", 16, theme.Info), NewLabel(text).Cut(End)}
	if cancel != nil {
		objs = append(objs, NewButton("Cancel", "", cancel))
	}
	c := newCard(container.New(rowLayout{gap: 12, padLeft: 16, padRight: 8, height: 44, grow: 1}, objs...), 336, 8)
	c.shadow, c.fill = false, theme.Surface
	return c
}

// JobCard shows a long job: title, progress, counts and what Cancel does; 448
// wide, at the bottom right of the window.
type JobCard struct {
	widget.BaseWidget

	// OnCancel asks to stop; Cancel is shown only with it.
	OnCancel func()
	// OnDetails shows the result item by item.
	OnDetails func()
	// OnMinimise puts the card away; the status bar still tells.
	OnMinimise func()

	card    *card
	title   *Label
	icon    *Icon
	meter   *Meter
	done    *Label
	rate    *Label
	counts  *fyne.Container
	hint    *Paragraph
	details *Button
	cancel  *Button
	feet    *fyne.Container
}

// JobState is what a JobCard shows.
type JobState struct {
	Icon  string
	Title string
	Part  float64 // 0 to 1
	Done  string  // "1,240 of 2,000"
	Rate  string  // "84 per second, about 9 s left"
	// Counts are results so far, such as {check, Success, "1,236 returned"}.
	Counts []State
	Hint   string // what Cancel does
	Ended  bool   // Cancel becomes Close
}

// NewJobCard makes a card.
func NewJobCard() *JobCard {
	j := &JobCard{
		title: NewLabel("").Face(Bold).Cut(Middle), icon: NewIcon("sync", 16, theme.Muted), meter: NewMeter(200),
		done: NewLabel(""), rate: NewLabel("").Color(theme.Muted).Align(fyne.TextAlignTrailing),
		counts: GapRow(16), hint: NewParagraph("").Color(theme.Muted).Small(),
	}
	j.details = NewButton("Details", "", func() { call(j.OnDetails) })
	j.cancel = NewButton("Cancel", "x", func() { call(j.OnCancel) })
	minimise := NewIconButton("minus", "Put away", func() { call(j.OnMinimise) }).Plain()
	head := container.New(rowLayout{gap: 8, padLeft: 16, padRight: 8, height: 40, grow: 1}, j.icon, j.title, minimise)
	mid := PaddedStack(8, 16, 0, j.meter, container.New(rowLayout{gap: 8, grow: 0}, j.done, j.rate), j.counts)
	j.feet = container.New(rowLayout{gap: 8, padLeft: 16, padRight: 16, height: 56, grow: 0}, j.hint, j.details, j.cancel)
	j.card = newCard(Stack(8, Padded(8, 0, 0, 0, head), mid, Stack(0, NewRule(), j.feet)), 448, 10)
	j.ExtendBaseWidget(j)
	return j
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// Set shows a state of the job.
func (j *JobCard) Set(s JobState) {
	j.icon.Set(s.Icon, theme.Muted)
	j.title.SetText(s.Title)
	j.meter.Set(s.Part, "")
	j.done.SetText(s.Done)
	j.rate.SetText(s.Rate)
	j.hint.SetText(s.Hint)
	j.counts.Objects = nil
	for _, c := range s.Counts {
		j.counts.Add(NewStatusCell(c).Plain())
	}
	setVisible(j.details, j.OnDetails != nil)
	setVisible(j.cancel, j.OnCancel != nil)
	if s.Ended {
		j.cancel.SetText("Close")
	}
	j.Refresh()
}

// CreateRenderer is Fyne's.
func (j *JobCard) CreateRenderer() fyne.WidgetRenderer {
	b := &brush{owner: j, objects: objects(j.card)}
	b.min = func() fyne.Size { return j.card.MinSize() }
	b.layout = func(s fyne.Size) { j.card.Resize(s) }
	return b
}
