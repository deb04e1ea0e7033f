package desk

import (
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/shell/shelltest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// alone shows a window with nothing but the desk, everything read.
func alone(t *testing.T, c theme.Choice, n mgmtclient.Node) (*shelltest.Window, *View) {
	t.Helper()
	o := options(t)
	o.Alone = true
	var v *View
	w := shelltest.Only(t, c, fake.Now, n, screen.Desk, Menus, Table, func(h screen.Host) screen.Screen {
		screen.EntryForms.Set(h.Preferences(), forms)
		v = newView(h, o)
		return v
	})
	w.Until(t, "the entries", func() bool {
		return v.p.loaded && v.p.formed && !v.p.loading && v.p.body != "" || len(v.p.entries) == 0 && v.p.loaded
	})
	return w, v
}

func (v *View) currentIs(name string) {
	for row, i := range v.p.rows {
		if v.p.entries[i].Name == name {
			v.grid.SetCurrent(row)
			return
		}
	}
}

func TestShots(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			s := harbour(t)
			w, v := alone(t, c, s.node)
			v.choose("0")
			v.currentIs("HG 333 Vestkyst")
			w.Until(t, "the fields", func() bool { e, _ := v.p.Entry(); return v.p.body == e.id })
			v.grid.Focus()
			w.Shot(t, "07-desk", c)

			v.currentIs("HG 62 Nordlys")
			w.Until(t, "the fields", func() bool { e, _ := v.p.Entry(); return v.p.body == e.id })
			w.Shot(t, "07-desk-attention", c)

			v.startForm("landing-declaration")
			v.p.Fill.Type("vessel", "HG 33")
			v.p.Fill.Type("cod", "1840")
			v.fill.rebuild()
			v.saveEntry()
			w.Shot(t, "07-desk-form", c)

			w.Window.Resize(fyne.NewSize(1024, 700))
			w.Shot(t, "07-desk-form-narrow", c)
			v.p.Fill.Discard()
			v.p.Fill.Close()
			v.currentIs("M/S Havtorn")
			w.Until(t, "the fields", func() bool { e, _ := v.p.Entry(); return v.p.body == e.id })
			w.Shot(t, "07-desk-narrow", c)
			w.Window.Resize(fyne.NewSize(960, 600))
			w.Shot(t, "07-desk-smallest", c)
		})
	}
}

func TestShotsOfAnEmptyDesk(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			w, _ := alone(t, c, newSample(t).node)
			w.Shot(t, "07-desk-empty", c)
		})
	}
}

func TestShotsInTheWholeWindow(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			s := harbour(t)
			var v *View
			w := shelltest.Open(t, c, fake.Now, s.node, map[screen.Name]screen.Factory{screen.Desk: func(h screen.Host) screen.Screen {
				screen.EntryForms.Set(h.Preferences(), forms)
				v = newView(h, options(t))
				screen.EntryForms.Set(h.Preferences(), forms)
				return v
			}}, nil)
			w.Open(screen.Route{Screen: screen.Desk})
			w.Until(t, "the entries", func() bool { return v.p.loaded && v.p.formed && v.p.body != "" })
			w.Shot(t, "07-desk-whole", c)
			w.Window.Resize(fyne.NewSize(1024, 700))
			w.Shot(t, "07-desk-whole-narrow", c)
		})
	}
}
