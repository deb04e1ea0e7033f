package deadletters

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/viewtest"
)

// open shows the screen on the sample computer, everything read.
func open(t testing.TB, h *screentest.Host) *View {
	t.Helper()
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.DeadLetters})
	h.Until(t, "the dead letters and the body", func() bool {
		_, data := v.p.Body.Document()
		return v.p.loaded && (len(v.p.letters) == 0 || len(data) > 0)
	})
	return v
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			viewtest.NewApp(t, c)
			h := screentest.New(t, fake.Sample())
			v := open(t, h)
			w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
			h.Canvas = w.Canvas()
			pick(v, 0, 4)
			h.Until(t, "the body", func() bool { return v.p.Body.Title() == "Move PAL-88117 to B-12" })
			h.Run()
			viewtest.ShotOf(t, "03-dead-letters", w.Canvas(), c)
			v.askReturn(v.p.Selected())
			viewtest.ShotOf(t, "03-dead-letters-return", w.Canvas(), c)
			h.Dialog().Close()
			w.Resize(fyne.NewSize(760, 640))
			viewtest.ShotOf(t, "03-dead-letters-narrow", w.Canvas(), c)
		})
	}
}

// pick selects rows of the first group and makes the second current.
func pick(v *View, group, n int) {
	g := v.p.groups[group]
	for _, i := range g.letters[:n] {
		v.p.selected[v.p.letters[i].key()] = true
	}
	v.grid.SetCurrent(v.p.index[v.p.letters[g.letters[1]].key()])
	for _, i := range g.letters[:n] {
		v.p.selected[v.p.letters[i].key()] = true
	}
	v.pushSelection()
	v.grid.Focus()
}
