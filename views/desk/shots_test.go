package desk

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
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

func TestShotsOfSavingAndOfABrokenForm(t *testing.T) {
	for _, c := range viewtest.Variants {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			s := harbour(t)
			w, v := alone(t, c, s.node)
			v.startForm("pilot-order")
			v.p.Fill.Type("ship", "M/T Ternholm")
			v.p.Fill.Type("boarding", "tomorrow 5:00")
			v.saveEntry()
			w.Until(t, "the answer", func() bool { return !v.p.Fill.saving && len(v.p.entries) == 243 })
			w.Shot(t, "07-desk-saved", c)
			v.p.WorkOffline()
			w.Until(t, "offline", v.p.Offline)
			if err := os.WriteFile(filepath.Join(forms, "booking.yaml"), []byte("id: booking\ntitel: Booking\nwithin: soon\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			v.p.Fill.Close()
			v.p.LoadForms()
			w.Until(t, "the form", func() bool { return len(v.p.forms.Broken) == 1 })
			v.showBroken(v.p.forms.Broken[0])
			w.Shot(t, "07-desk-broken", c)
		})
	}
}

func TestAWindowWithNothingButTheDesk(t *testing.T) {
	w, v := alone(t, theme.Light, newSample(t).node)
	var menus []string
	for _, m := range w.Window.MainMenu().Items {
		menus = append(menus, m.Label)
	}
	if !slices.Equal(menus, Menus) {
		t.Errorf("menus %v", menus)
	}
	if len(screentest.Find[*kit.TreeList](t, w.Window.Content())) != 0 {
		t.Error("there is a tree")
	}
	if w.Commands().Title(screen.CmdNewQueue) != "New entry" || !w.Commands().Enabled(screen.CmdNewQueue) || w.Commands().Enabled(screen.CmdPreferences) && w.Commands().Keys(screen.CmdPreferences) != "" {
		t.Error("the commands are not the desk's")
	}
	v.startForm("pilot-order")
	if !w.Commands().Enabled(screen.CmdSendNow) || w.Commands().Enabled(cmdTakeBack) {
		t.Error("an entry that is written cannot be saved")
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
