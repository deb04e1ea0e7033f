package directory

import (
	"os"
	"testing"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// variants are the variants to draw: both for pictures that are kept, else one.
func variants() []theme.Choice {
	if os.Getenv(viewtest.EnvShots) == "" {
		return viewtest.Variants[:1]
	}
	return viewtest.Variants
}

func TestStub(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			var v *View
			w := shelltest.OpenForest(t, c, fake.Now, fake.Sample(), newStub(t), map[screen.Name]screen.Factory{screen.Directory: func(h screen.Host) screen.Screen {
				v = New(h).(*View)
				return v
			}}, map[screen.Name]screen.Form{screen.ChooseDirectory: Choose})
			w.Open(screen.Route{Screen: screen.Directory})
			w.Until(t, "rows", func() bool { return v.p.found.known && v.p.Shown() != nil && v.p.Shown().rights != nil })
			w.Shot(t, "13-directory-start", c)
			v.find.SetText("order")
			v.look()
			w.Until(t, "found", func() bool { return v.p.found.known && !v.p.found.asking })
			for id, b := range v.p.tree.byID {
				if b.entry.Name == "Copenhagen" {
					v.p.tree.toggle(id, true)
				}
			}
			w.Until(t, "tree", func() bool { return len(v.p.tree.byID) > 15 })
			for id, b := range v.p.tree.byID {
				if b.entry.Name == "HUB-CPH01" {
					v.p.tree.toggle(id, true)
				}
			}
			w.Until(t, "tree", func() bool { return len(v.p.tree.byID) > 20 })
			v.grid.Focus()
			for i, e := range v.p.found.rows {
				if e.Name == "orders.confirmed" {
					v.grid.SetCurrent(i)
				}
			}
			w.Until(t, "rights", func() bool { return v.p.Shown().rights != nil && v.p.Shown().used })
			k := uint32(204800)
			v.p.Edit(func(d *draft) { d.now.Queue.QuotaKB = &k; d.now.Queue.Journal = true })
			v.p.Save()
			w.Until(t, "refused", func() bool { return v.p.Shown().refused != nil })
			w.Shot(t, "13-directory", c)
			for _, x := range []struct {
				name string
				size fyne.Size
			}{{"1280", fyne.NewSize(1280, 800)}, {"narrow", fyne.NewSize(1024, 700)}, {"smallest", fyne.NewSize(960, 600)}} {
				w.Window.Resize(x.size)
				w.Shot(t, "13-directory-"+x.name, c)
			}
			w.Window.Resize(shelltest.Size)
			v.permissions()
			w.Shot(t, "13-permissions", c)
			closeTop(w)
			v.askDelete()
			w.Until(t, "question", func() bool { return w.Window.Canvas().Overlays().Top() != nil })
			w.Shot(t, "13-delete", c)
			closeTop(w)
			v.make(makeQueue)
			w.Shot(t, "13-new-queue", c)
			closeTop(w)
			v.make(makeAlias)
			w.Shot(t, "13-new-alias", c)
			closeTop(w)
			v.signIn()
			w.Until(t, "dialog", func() bool { return w.Window.Canvas().Overlays().Top() != nil })
			w.Shot(t, "13-choose", c)
			closeTop(w)
			v.pick(picking{title: "Members of x", many: true}, nil)
			w.Until(t, "rows", func() bool {
				g := screentest.Find[*kit.Grid](t, w.Window.Canvas().Overlays().Top())
				return len(g) > 0 && g[0].Source().Len() > 0
			})
			w.Shot(t, "13-pick", c)
			closeTop(w)
			for _, n := range []string{"HUB-CPH01", "Order watchers", "b2b-orders", "DMZ"} {
				for _, e := range v.p.dir.(*stub).all {
					if e.Name == n {
						v.p.Show(e)
					}
				}
				w.Until(t, "rights", func() bool { return v.p.Shown().rights != nil && v.p.Shown().used })
				w.Shot(t, "13-entry-"+n, c)
			}
		})
	}
}

func closeTop(w *shelltest.Window) {
	over := w.Window.Canvas().Overlays()
	top := over.Top()
	top.Hide()
	over.Remove(top)
}
