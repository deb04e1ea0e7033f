package desk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/desk/form"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// listed are the lists at the left, in order.
var listed = []word{everything, saved, sending, delivered, pickedUp, attention}

func wordOf(id string) word {
	n, err := strconv.Atoi(id)
	if err != nil {
		return everything
	}
	return word(n)
}

func (w word) name() string {
	if w == everything {
		return "Everything"
	}
	return w.shown().Word
}

func (w word) icon() string {
	if w == everything {
		return "inbox"
	}
	if w == attention {
		return "warning-fill"
	}
	return w.shown().Icon
}

// sidePane leads to the words and the forms.
type sidePane struct {
	v      *View
	root   fyne.CanvasObject
	make   *kit.Button
	rows   map[word]*kit.SidebarRow
	forms  *fyne.Container
	starts map[string]*kit.SidebarRow // by form
	user   *kit.Label
	person fyne.CanvasObject
}

func newSidePane(v *View) *sidePane {
	s := &sidePane{v: v, rows: map[word]*kit.SidebarRow{}, forms: kit.Stack(0), user: kit.NewLabel("").Cut(kit.End)}
	s.make = kit.NewButton("New entry", "plus", nil).Primary().High(36).Key(screen.Shortcut("Ctrl+N").Shown())
	s.make.OnTapped = func() { v.begin(s.make) }
	top := kit.Stack(0, s.make, kit.Fixed(0, 12, container.NewStack()))
	for _, w := range listed {
		s.rows[w] = kit.NewSidebarRow(w.icon(), w.name(), func() { v.choose(strconv.Itoa(int(w))) }).High(36)
		top.Add(s.rows[w])
	}
	scroll := container.NewVScroll(s.forms)
	s.person = kit.Stack(0, kit.NewRule(), kit.Fixed(0, 8, container.NewStack()),
		kit.Fixed(0, 32, kit.Padded(0, 8, 0, 8, kit.Grow(1, kit.NewIcon("user", 16, theme.Muted), s.user))))
	s.root = kit.NewPanel(theme.Background, kit.Padded(8, 8, 8, 8, screen.Column(1, top, kit.Padded(12, 0, 8, 0, kit.Calm(scroll)), s.person)))
	return s
}

// formsChanged lists the forms, and the files that hold none.
func (s *sidePane) formsChanged() {
	p := s.v.p
	s.forms.Objects, s.starts = nil, map[string]*kit.SidebarRow{}
	s.make.SetEnabled(len(p.forms.Forms) > 0)
	if len(p.forms.Forms)+len(p.forms.Broken) > 0 {
		s.forms.Add(kit.SectionTitle("Start from", nil))
	}
	for _, f := range p.forms.Forms {
		r := kit.NewSidebarRow("file", f.Title, func() { s.v.startForm(f.ID) }).High(32)
		s.starts[f.ID] = r
		s.forms.Add(r)
	}
	for _, b := range p.forms.Broken {
		r := kit.NewSidebarRow("warning", b.File, func() { s.v.showBroken(b) }).High(32)
		r.SetInk(theme.Warning)
		s.forms.Add(r)
	}
	s.forms.Refresh()
	s.changed()
}

// changed shows counts and what is chosen.
func (s *sidePane) changed() {
	p := s.v.p
	var choices []kit.Choice
	for _, w := range listed {
		r, n := s.rows[w], p.Count(w)
		r.SetCount(n)
		r.SetChosen(!s.v.filling && p.list == w)
		ink := fyne.ThemeColorName("")
		if w == attention && p.counts[attention] > 0 {
			ink = theme.Danger
		}
		r.SetInk(ink)
		choices = append(choices, kit.Choice{ID: strconv.Itoa(int(w)), Text: strings.TrimSpace(w.name() + "  " + n), Icon: w.icon()})
	}
	s.v.words.SetChoices(choices)
	s.v.words.SetChosen(strconv.Itoa(int(p.list)))
	drafts := p.Fill.Drafted()
	for id, r := range s.starts {
		_, drafted := drafts[id]
		r.SetCount(map[bool]string{true: "draft"}[drafted])
		r.SetChosen(s.v.filling && p.Fill.Form().ID == id)
	}
	as := p.node.As
	s.user.SetText(as[strings.LastIndexByte(as, '\\')+1:])
	visible(s.person, as != "")
}

// showBroken says what is wrong with a file of the folder of forms.
func (v *View) showBroken(b form.Broken) {
	list := kit.Stack(12)
	var text strings.Builder
	for i, x := range b.Problems {
		text.WriteString(x.Error() + "\n")
		if i == 12 {
			list.Add(kit.NewMuted(fmt.Sprintf("and %d more", len(b.Problems)-i)))
		}
		if i >= 12 {
			continue
		}
		what := []kit.Run{{Text: screen.Sentence(x.What)}}
		if x.Fix != "" {
			what = append(what, kit.Run{Text: " " + screen.Sentence(x.Fix), Color: theme.Text2})
		}
		list.Add(kit.Stack(0, kit.NewLabel(x.Where()).Face(kit.Mono).Color(theme.Muted), kit.NewRuns(what...)))
	}
	scroll := container.NewVScroll(list)
	high := min(320, list.MinSize().Height+40)
	d := kit.NewDialog(b.File+" is no usable form", "warning-fill", kit.Stack(12,
		kit.NewParagraph("The other forms work. Whoever looks after the forms can mend this in a text editor."),
		kit.Fixed(0, high, kit.Calm(scroll)))).IconColor(theme.Warning).Wide(512)
	d.Foot(kit.NewButton("Copy", "copy", func() { v.host.Copy(text.String(), "what is wrong") }).Tall())
	d.Buttons(kit.NewButton("Read again", "refresh", func() { d.Close(); v.p.LoadForms() }).Tall(), kit.NewButton("Close", "", d.Close).Tall())
	v.host.Show(d)
}

// banner says how the line is.
type banner struct {
	v       *View
	box     *fyne.Container
	shown   line
	icon    *kit.Icon
	title   *kit.Label
	text    *kit.Label
	next    *kit.Label
	nextBox fyne.CanvasObject
	buttons map[string]*kit.Button
}

func newBanner(v *View) *banner {
	b := &banner{v: v, icon: kit.NewIcon("wifi-slash", 20, theme.Info)}
	b.title, b.text = kit.NewLabel("").Face(kit.Bold).Cut(kit.End), kit.NewLabel("").Color(theme.Text2).Cut(kit.End)
	b.next = kit.NewLabel("").Face(kit.Bold)
	b.nextBox = kit.GapRow(4, kit.NewLabel("Next try in").Color(theme.Text2), b.next)
	b.buttons = map[string]*kit.Button{
		"try":     kit.NewButton("Try now", "refresh", v.p.TryNow),
		"offline": kit.NewButton("Work offline", "cloud-slash", v.p.WorkOffline),
		"online":  kit.NewButton("Work online", "link", v.p.WorkOnline),
		"connect": kit.NewButton("Try again", "refresh", func() { v.host.Commands().Run(screen.CmdReconnect) }),
	}
	b.box = container.NewStack()
	b.box.Hide()
	return b
}

func (b *banner) set(l line) {
	visible(b.box, l.shown)
	if !l.shown {
		b.shown = l
		return
	}
	b.title.SetText(l.title)
	b.text.SetText(l.text)
	b.next.SetText(l.next)
	l.title, l.text = "", ""
	next := l.next
	l.next = map[bool]string{true: "shown"}[l.next != ""]
	visible(b.nextBox, next != "")
	if l == b.shown {
		return
	}
	b.shown = l
	b.icon.Set(l.icon, l.tone.Ink())
	visible(b.buttons["try"], l.try)
	visible(b.buttons["offline"], l.offline)
	visible(b.buttons["online"], l.online)
	visible(b.buttons["connect"], l.connect)
	fill := map[kit.Tone]fyne.ThemeColorName{kit.Info: theme.InfoBg, kit.Danger: theme.DangerBg, kit.Neutral: theme.NeutralBg}[l.tone]
	words := container.New(middle{}, kit.Stack(0, b.title, b.text))
	row := kit.Grow(1, b.icon, kit.Padded(0, 4, 0, 4, words), b.nextBox, b.buttons["try"], b.buttons["offline"], b.buttons["online"], b.buttons["connect"])
	b.box.Objects = []fyne.CanvasObject{kit.Stack(0, kit.NewPanel(fill, kit.Fixed(0, 63, kit.Padded(0, 16, 0, 16, row))), kit.NewRule())}
	b.box.Refresh()
}

// middle puts an object into the middle of the height, as wide as there is
// room.
type middle struct{}

func (middle) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

func (middle) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(s.Width, h))
	o[0].Move(fyne.NewPos(0, float32(int((s.Height-h)/2))))
}

// foot is the line at the foot: what is stored, and the room left.
type foot struct {
	v      *View
	root   fyne.CanvasObject
	stored *kit.StatusCell
	room   *kit.Label
	name   *kit.StatusCell
}

// saidFor is how long it stands there.
const saidFor = 10 * time.Second

func newFoot(v *View) *foot {
	f := &foot{v: v, stored: kit.NewStatusCell(kit.State{}).Plain(), room: kit.NewSmall(""), name: kit.NewStatusCell(kit.State{}).Plain()}
	if v.p.o.Alone {
		f.root = kit.StatusBar(f.stored, kit.Spacer(), f.room, kit.NewDivider(), f.name)
	} else {
		f.root = kit.Footer(f.stored, kit.Spacer(), f.room)
	}
	return f
}

func (f *foot) changed() {
	p := f.v.p
	state := kit.State{Icon: "save", Color: theme.Info, Word: p.StoredWords()}
	// A window of its own has no other place for what was just done.
	if list := p.host.Recent(); p.o.Alone && len(list) > 0 && p.host.Now().Sub(list[0].When) < saidFor {
		state = kit.State{Icon: "check", Color: list[0].Tone.Ink(), Word: list[0].What}
	}
	f.stored.Set(state)
	visible(f.stored, state.Word != "")
	text, tone := p.RoomWords()
	ink := theme.Text2
	if tone != kit.Neutral {
		ink = tone.Ink()
	}
	f.room.SetText(text)
	f.room.Color(ink)
	f.name.Set(kit.State{Icon: "laptop", Color: theme.Muted, Word: p.node.Name})
}
