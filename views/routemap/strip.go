package routemap

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// strip is what stands below the map: the hops of the chosen way with gates and
// costs, and how it does now.
type strip struct {
	v    *View
	root *fyne.Container

	hops  *fyne.Container // twice: with the gates, and without for less room
	says  *kit.Label      // in place of hops
	total *kit.Paragraph
	sum   *fyne.Container

	lower *fyne.Container
	icon  *kit.Icon
	text  *kit.Label
	queue *kit.Button
	asIs  *kit.Button
	next  *kit.Label

	shown string // what hops show
}

func newStrip(v *View) *strip {
	s := &strip{v: v}
	s.hops = container.New(fits{}, kit.Row(), kit.Row())
	s.says = kit.NewLabel("").Color(theme.Text2).Cut(kit.End)
	s.total = kit.NewRuns()
	s.sum = kit.Fixed(96, 20, s.total)
	s.icon, s.text = kit.NewIcon("info", 16, theme.Info), kit.NewLabel("").Sized(kit.SizeSmall)
	s.queue = kit.NewLink("Show queue", v.p.ShowQueue)
	s.asIs = kit.NewLink("Show as it is", v.p.AsItIs)
	s.next = kit.NewMuted("")
	s.total.Align(fyne.TextAlignTrailing)
	way := container.NewStack(kit.Calm(container.NewHScroll(s.hops)), s.says)
	upper := kit.Fixed(0, 43, kit.Padded(0, 16, 0, 16, kit.Grow(0, way, s.sum)))
	line := kit.Grow(1, s.icon, kit.Lead(s.text, s.queue, s.asIs), s.next)
	s.lower = screen.Column(1, kit.NewRule(), kit.Fixed(0, 31, kit.Padded(0, 16, 0, 16, line)))
	s.root = container.NewStack(kit.NewPanel(theme.Surface, screen.Column(1, kit.NewRule(), upper, s.lower)))
	s.changed()
	return s
}

// changed shows the way anew.
func (s *strip) changed() {
	p := s.v.p
	words := p.WayWords()
	s.says.SetText(words)
	show(s.says, words != "")
	show(s.hops, words == "")
	show(s.sum, words == "")
	if words == "" {
		s.write(&p.way.path)
	}
	r := p.way.remark
	show(s.lower, r.text != "")
	if r.text != "" {
		s.icon.Set(r.icon, ink(r.tone))
		s.text.SetText(r.text)
		show(s.queue, r.node != "")
		show(s.asIs, len(p.down) > 0)
		s.next.SetText(p.NextBest())
	}
	s.root.Refresh()
}

// write makes the row of hops, if the way is another.
func (s *strip) write(path *mgmtclient.Path) {
	says := fmt.Sprint(path.Hops, path.Cost, path.Waits)
	if says == s.shown {
		return
	}
	s.shown = says
	s.total.SetRuns(kit.Run{Text: "Total cost "}, kit.Run{Text: screen.Count(int64(path.Cost)), Face: kit.Bold})
	if path.Waits {
		s.total.SetRuns(kit.Run{Text: "Messages wait", Face: kit.Bold, Color: theme.Warning})
	}
	for k := range s.hops.Objects {
		s.hops.Objects[k] = hopRow(path, k == 0)
	}
}

// hopRow is a way as sites, costs between them, and gates if there is room.
func hopRow(path *mgmtclient.Path, gates bool) fyne.CanvasObject {
	row := kit.GapRow(12)
	for i := range path.Hops {
		h := &path.Hops[i]
		if i > 0 {
			cost := kit.NewMuted("cost " + screen.Count(int64(h.Cost)))
			row.Add(kit.GapRow(6, kit.NewIcon("arrow-right", 12, theme.Muted), cost, kit.NewIcon("arrow-right", 12, theme.Muted)))
		}
		step := kit.GapRow(6, kit.NewLabel(h.Name).Face(kit.Bold))
		for k := range h.Via {
			if m := &h.Via[k]; gates && m.Gate {
				step.Add(kit.NewMuted(m.Name))
			}
		}
		row.Add(step)
	}
	return row
}

// fits shows the first of its objects if there is room for it, else the second.
type fits struct{}

func (fits) MinSize(objs []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(objs[1].MinSize().Width, 43)
}

func (fits) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	first := objs[0].MinSize().Width <= s.Width
	show(objs[0], first)
	show(objs[1], !first)
	for _, o := range objs {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}
