package preferences

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/theme"
)

// The columns of a row of settings.
const (
	labelWide   = 120
	controlWide = 384
	columnGap   = 16
	hintLeast   = 200 // with less room the consequence goes below the control
)

// row is a setting: label, control, what follows from it.
type row struct {
	label   string
	words   string // what the finder looks in
	setting string // of the badge; "" none
	badge   *kit.Badge
	box     *fyne.Container
}

// newRow makes a row. hint may be nil.
func newRow(label, setting, words string, control, hint fyne.CanvasObject) *row {
	r := &row{label: label, setting: setting, words: strings.ToLower(label + " " + words), badge: kit.NewBadge("Changed", kit.Info)}
	r.badge.Hide()
	if hint == nil {
		hint = container.NewWithoutLayout()
	}
	r.box = container.New(rowLayout{}, kit.NewLabel(label).Color(theme.Muted).High(28).Cut(kit.End), kit.Row(control, r.badge), hint)
	return r
}

// plainHint is a consequence in muted words.
func plainHint(s string) *kit.Paragraph { return kit.NewParagraph(s).Color(theme.Text2) }

// riskyHint leads with a warning and says in bold what would follow.
func riskyHint(bold, s string) fyne.CanvasObject {
	return kit.Hint("warning", theme.Warning, kit.NewRuns(kit.Run{Text: bold + " ", Face: kit.Bold}, kit.Run{Text: s}))
}

type rowLayout struct{}

// heights are those of control and hint at a width.
func (rowLayout) place(o []fyne.CanvasObject, w float32) (hintX, hintY, hintW, height float32) {
	label, control, hint := o[0], o[1], o[2]
	_ = label
	c := max(28, control.MinSize().Height)
	hintX, hintY, hintW = labelWide+controlWide+2*columnGap-16, 4, w-labelWide-controlWide-columnGap
	if hintW < hintLeast {
		hintX, hintY, hintW = labelWide, c+4, w-labelWide
	}
	if hint.Size().Width != hintW {
		hint.Resize(fyne.NewSize(hintW, hint.MinSize().Height))
	}
	h := hint.MinSize().Height
	return hintX, hintY, hintW, max(c, hintY+h)
}

func (l rowLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	w := o[2].Size().Width + labelWide
	if o[2].Position().X > labelWide {
		w += controlWide + columnGap
	}
	_, _, _, h := l.place(o, max(w, labelWide+controlWide))
	return fyne.NewSize(labelWide+controlWide, h)
}

func (l rowLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	x, y, w, _ := l.place(o, s.Width)
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(labelWide-8, 28))
	c := o[1].MinSize()
	top := float32(0)
	if c.Height < 28 {
		top = (28 - c.Height) / 2
	}
	o[1].Move(fyne.NewPos(labelWide, top))
	o[1].Resize(fyne.NewSize(max(c.Width, controlWide), c.Height))
	o[2].Move(fyne.NewPos(x, y))
	o[2].Resize(fyne.NewSize(w, o[2].MinSize().Height))
}

// section is a part of the page.
type section struct {
	id, icon, title string
	rows            []*row
	head            fyne.CanvasObject
	box             *fyne.Container
	lead            *kit.SidebarRow
}

// newSection makes a section; right stands at the right of its heading.
func newSection(id, icon, title string, right []fyne.CanvasObject, rows ...*row) *section {
	s := &section{id: id, icon: icon, title: title, rows: rows}
	head := append([]fyne.CanvasObject{kit.NewLabel(title).Face(kit.Bold).Sized(kit.SizeTitle).High(28)}, right...)
	s.head = kit.Row(head...)
	objs := []fyne.CanvasObject{s.head}
	for _, r := range rows {
		objs = append(objs, r.box)
	}
	s.box = container.NewStack(kit.PaddedStack(8, 24, 8, objs...))
	return s
}

// show leaves only what matches a text; false: nothing does.
func (s *section) show(text string) bool {
	whole := strings.Contains(strings.ToLower(s.title), text)
	some := whole
	for _, r := range s.rows {
		on := whole || strings.Contains(r.words, text)
		some = some || on
		visible(r.box, on)
	}
	visible(s.box, some)
	visible(s.lead, some)
	return some
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// fill gives its one object the whole room.
type fill struct{}

func (fill) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (fill) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.Position{})
	o[0].Resize(s)
}

// twoColumns puts two objects side by side with a line between.
func twoColumns(a, b fyne.CanvasObject) fyne.CanvasObject {
	return container.New(columns{}, a, kit.NewPanel(theme.Border, container.NewStack()), b)
}

type columns struct{}

func (columns) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[2].MinSize()
	return fyne.NewSize(a.Width+b.Width+1, max(a.Height, b.Height))
}

func (columns) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := float32(int(s.Width / 2))
	o[0].Move(fyne.Position{})
	o[0].Resize(fyne.NewSize(w, o[0].MinSize().Height))
	o[1].Move(fyne.NewPos(w, 0))
	o[1].Resize(fyne.NewSize(1, s.Height))
	o[2].Move(fyne.NewPos(w+1, 0))
	o[2].Resize(fyne.NewSize(s.Width-w-1, o[2].MinSize().Height))
}
