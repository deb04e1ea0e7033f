package deadletters

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/viewtest"
)

// open shows the screen on the sample computer, everything read.
func open(t testing.TB, h *screentest.Host) *View {
	t.Helper()
	v := New(h).(*View)
	v.Enter(h.Scope().Sub(), screen.Route{Screen: screen.DeadLetters})
	read := bodyRead(v, "")
	h.Until(t, "the dead letters and the body", read)
	return v
}

// bodyRead reports whether everything is read: the letters, and the body of
// the one with a label ("" any).
func bodyRead(v *View, label string) func() bool {
	return func() bool {
		_, data := v.p.Body.Document()
		return v.p.loaded() && (len(v.p.letters) == 0 || len(data) > 0 && (label == "" || v.p.Body.Title() == label))
	}
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			var v *View
			w := shelltest.Open(t, c, fake.Now, fake.Sample(), map[screen.Name]screen.Factory{screen.DeadLetters: func(h screen.Host) screen.Screen {
				v = New(h).(*View)
				return v
			}}, nil)
			w.Open(screen.Route{Screen: screen.DeadLetters})
			w.Until(t, "the dead letters", bodyRead(v, ""))
			pick(v, 0, 4)
			w.Until(t, "the body", bodyRead(v, "Move PAL-88117 to B-12"))
			w.Shot(t, "03-dead-letters", c)
			v.askReturn(v.p.Selected())
			w.Shot(t, "03-dead-letters-return", c)
			w.Window.Canvas().Overlays().Top().Hide()
			w.Window.Canvas().Overlays().Remove(w.Window.Canvas().Overlays().Top())
			w.Window.Resize(fyne.NewSize(1024, 700))
			w.Shot(t, "03-dead-letters-narrow", c)
			w.Window.Resize(shelltest.Size)
			v.p.Return(v.p.Selected())
			w.Until(t, "the result", func() bool { return w.Window.Canvas().Overlays().Top() != nil })
			w.Shot(t, "03-dead-letters-returned", c)
		})
	}
}

// pick selects rows of a group and makes the second current.
func pick(v *View, group, n int) {
	g := v.p.groups[group]
	v.grid.SetCurrent(v.p.index[v.p.letters[g.letters[1]].key()])
	for _, i := range g.letters[:n] {
		v.p.selected[v.p.letters[i].key()] = true
	}
	v.pushSelection()
	v.grid.Focus()
}
