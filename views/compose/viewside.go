package compose

import (
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// sidePane is the pane at the right: checks, more properties, where a copy
// came from.
type sidePane struct {
	v           *View
	root        fyne.CanvasObject
	checks      *fyne.Container
	listed      []check
	correlation *kit.Field
	appSpecific *kit.NumberField
	extension   *kit.Field
	clear       *kit.Button
	copied      *kit.Note
	copiedBox   *fyne.Container
	more        *fyne.Container
	scroll      *container.Scroll
}

func newSidePane(v *View) *sidePane {
	s := &sidePane{v: v}
	head := kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 8, 0, 16, kit.Row(
		kit.NewLabel("Before you send").Face(kit.Bold), kit.Spacer(), kit.NewButton("Check again", "refresh", v.p.Again).Plain()))))
	s.checks = kit.Stack(16)
	s.correlation = kit.NewField("none").Mono()
	s.correlation.OnChanged = func(t string) { v.edit(func(d *draft) { d.correlation = t }) }
	s.appSpecific = kit.NewNumberField(0, 0, 1<<32-1, 120)
	s.appSpecific.OnNumber = func(n int64) { v.edit(func(d *draft) { d.appSpecific = uint32(n) }) }
	s.extension = kit.NewField("none")
	s.extension.SetEnabled(false)
	open := kit.NewIconButton("folder-open", "Take the extension from a file", func() {
		v.host.OpenFile("Extension from a file", func(path string) {
			v.p.Load(path, func(d *draft, data []byte, name string) { d.extension, d.extensionName = data, name })
		})
	})
	s.clear = kit.NewIconButton("x", "No extension", func() {
		v.edit(func(d *draft) { d.extension, d.extensionName = nil, "" })
		v.filled()
	})
	s.more = kit.Padded(4, 16, 16, 16, kit.Form(112,
		kit.FormRow{Label: "Correlation", Content: s.correlation},
		kit.FormRow{Label: "App-specific", Content: kit.Row(s.appSpecific)},
		kit.FormRow{Label: "Extension", Content: kit.Grow(0, s.extension, open, s.clear)},
	))
	fold := kit.NewIconButton("caret-down", "Show or hide", nil).Plain()
	fold.OnTapped = func() {
		visible(s.more, !s.more.Visible())
		fold.SetIcon(map[bool]string{true: "caret-down", false: "caret-right"}[s.more.Visible()])
		s.scroll.Refresh()
	}
	s.copied = kit.NewNote(kit.Neutral, "", "")
	s.copiedBox = kit.Padded(0, 16, 16, 16, s.copied)
	s.copiedBox.Hide()
	s.scroll = container.NewVScroll(kit.Stack(0,
		kit.Padded(16, 16, 16, 16, s.checks), kit.NewRule(),
		kit.SectionHeader("More properties", kit.Spacer(), fold), s.more, s.copiedBox))
	s.root = kit.NewPanel(theme.Surface, screen.Column(2, head, kit.NewRule(), kit.Calm(s.scroll)))
	return s
}

// fill shows the draft.
func (s *sidePane) fill() {
	d := &s.v.p.draft
	s.correlation.SetText(d.correlation)
	s.appSpecific.SetValue(int64(d.appSpecific))
	name := d.extensionName
	if len(d.extension) > 0 && !strings.Contains(name, "original") {
		name = fmt.Sprintf("%s, %s", name, screen.Size(int64(len(d.extension))))
	}
	s.extension.SetText(name)
	visible(s.clear, len(d.extension) > 0)
}

// changed shows what follows from the draft.
func (s *sidePane) changed(faults map[string]string) {
	s.correlation.SetError(faults[fieldCorrelation])
	if list := s.v.p.Checks(); !slices.Equal(list, s.listed) {
		s.listed = list
		s.checks.Objects = nil
		for _, c := range list {
			s.checks.Add(s.line(c))
		}
	}
	from := s.v.p.from
	visible(s.copiedBox, from.id != "")
	if from.id != "" {
		s.copied.SetRuns(kit.Run{Text: "This is a copy of message "}, kit.Run{Text: shortID(from.id), Face: kit.Mono},
			kit.Run{Text: ". It gets a new ID; the original stays in " + screen.QueueName(from.queue) + "."})
	}
	s.scroll.Refresh()
}

// shortID is the end of a message identifier: …88b4}\20961.
func shortID(id string) string {
	if i := strings.IndexByte(id, '}'); i > 4 {
		return "…" + id[i-4:]
	}
	return id
}

var markLooks = map[mark]struct {
	icon string
	ink  fyne.ThemeColorName
}{
	markPass: {"check-circle-fill", theme.Success},
	markWarn: {"warning-fill", theme.Warning},
	markFail: {"x-circle-fill", theme.Danger},
	markNone: {"circle-dashed", theme.Neutral},
	markWait: {"sync", theme.Info},
}

// line is one check: icon, title, what was found, and a way to mend it.
func (s *sidePane) line(c check) fyne.CanvasObject {
	l := markLooks[c.mark]
	words := kit.NewRuns(kit.Run{Text: c.title + "\n", Face: kit.Medium}, kit.Run{Text: c.text, Color: theme.Text2})
	if c.fix == fixNone {
		return kit.Hint(l.icon, l.ink, words)
	}
	return kit.Stack(6, kit.Hint(l.icon, l.ink, words), kit.Padded(0, 0, 0, 24, kit.Row(kit.NewButton(c.label, "", func() { s.v.mend(c.fix) }))))
}

// mend does what the button of a check says.
func (v *View) mend(f fix) {
	to := screen.Route{Node: v.p.node.ID, Queue: v.p.to.queue.PathName}
	switch f {
	case fixCreate:
		to.Screen = screen.NewQueue
		if q, err := mq.ParseQueue(v.p.draft.queue); err == nil {
			if p, ok := q.PathName(); ok {
				to.Queue = p.Queue
			}
		}
		v.host.Open(to)
	case fixTransaction, fixPlain:
		v.p.Decide(f == fixTransaction)
		v.filled()
	case fixPermissions, fixLimit:
		to.Screen = screen.Properties
		v.host.Open(to)
	case fixAdmin:
		v.admin.choose()
	}
}
