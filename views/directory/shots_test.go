package directory

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
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

// sender is the sample computer with messages for a public queue.
func sender(t testing.TB) *fake.Node {
	t.Helper()
	n := fake.Sample()
	if err := n.PutOutgoing(fake.OutgoingQueue{
		To: "PUBLIC=8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2", Unsent: 3, First: fake.Now, Link: fake.Link{State: mq.StateConnected, Since: fake.Now},
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// window shows the screen in a window, on a directory.
func window(t *testing.T, c theme.Choice, d mgmtclient.Directory) (*shelltest.Window, *View) {
	t.Helper()
	var v *View
	w := shelltest.OpenForest(t, c, fake.Now, sender(t), d, map[screen.Name]screen.Factory{screen.Directory: func(h screen.Host) screen.Screen {
		v = New(h).(*View)
		return v
	}, screen.RouteMap: func(screen.Host) screen.Screen { return blank{kit.Stack(0)} }}, map[screen.Name]screen.Form{screen.ChooseDirectory: Choose})
	w.Open(screen.Route{Screen: screen.Directory})
	return w, v
}

// blank is a screen with nothing on it.
type blank struct{ content fyne.CanvasObject }

func (b blank) Title() string                     { return "" }
func (b blank) Content() fyne.CanvasObject        { return b.content }
func (b blank) Enter(*screen.Scope, screen.Route) {}
func (b blank) First() fyne.Focusable             { return nil }
func (b blank) Leave()                            {}
func (b blank) Actions() screen.Actions           { return nil }
func (b blank) Key(*fyne.KeyEvent) bool           { return false }

// ready waits until all that is shown was read.
func ready(t *testing.T, w *shelltest.Window, v *View) {
	t.Helper()
	w.Until(t, "the directory's answers", func() bool {
		s := v.p.Shown()
		for _, b := range v.p.tree.byID {
			if b.asking {
				return false
			}
		}
		return v.p.found.known && !v.p.found.asking && v.p.all > 0 && s != nil && s.used && (s.rights != nil || s.permErr != nil) && !s.now.Read.IsZero()
	})
}

// unfold opens a branch of the tree by its name.
func unfold(t *testing.T, w *shelltest.Window, v *View, name string) {
	t.Helper()
	for id, b := range v.p.tree.byID {
		if b.entry.Name == name {
			v.p.tree.toggle(id, true)
			ready(t, w, v)
			return
		}
	}
	t.Fatalf("the tree has no %s", name)
}

// choose makes the row of an entry the current one.
func choose(t *testing.T, w *shelltest.Window, v *View, name string) {
	t.Helper()
	for i, e := range v.p.found.rows {
		if e.Name == name {
			v.grid.SetCurrent(i)
			ready(t, w, v)
			return
		}
	}
	t.Fatalf("no %s was found", name)
}

// steady has answers take the same time in every run.
func steady(v *View) { v.p.found.took = 2e8; v.rowsChanged() }

// refusedEdit is the state of the picture: an edit that the directory refused.
func refusedEdit(t *testing.T, w *shelltest.Window, v *View) {
	t.Helper()
	ready(t, w, v)
	v.find.SetText("order")
	v.look()
	ready(t, w, v)
	unfold(t, w, v, "Copenhagen")
	unfold(t, w, v, "HUB-CPH01")
	unfold(t, w, v, "Distribution lists")
	choose(t, w, v, "orders.confirmed")
	v.grid.Focus()
	more := uint32(204800)
	v.p.Edit(func(d *draft) { d.now.Queue.QuotaKB, d.now.Queue.Journal = &more, true })
	v.p.Save()
	w.Until(t, "the refusal", func() bool { return v.p.Shown().refused != nil })
	steady(v)
}

func TestShots(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			w, v := window(t, c, fake.NewDirectory(fake.DirectoryOptions{As: "anna"}))
			ready(t, w, v)
			steady(v)
			w.Shot(t, "13-directory-start", c)
			refusedEdit(t, w, v)
			w.Shot(t, "13-directory", c)
			for _, x := range []struct {
				name string
				size fyne.Size
			}{{"1280", fyne.NewSize(1280, 800)}, {"narrow", fyne.NewSize(1024, 700)}, {"smallest", fyne.NewSize(960, 600)}} {
				w.Window.Resize(x.size)
				w.Shot(t, "13-directory-"+x.name, c)
			}
			w.Window.Resize(shelltest.Size)
			v.p.Revert()
			for _, name := range []string{"HUB-CPH01", "Order watchers", "b2b-orders", "DMZ", "Aarhus - Copenhagen", "EDI-GW01"} {
				v.clear()
				ready(t, w, v)
				steady(v)
				if name == "Aarhus - Copenhagen" {
					name = linkName(v)
				}
				choose(t, w, v, name)
				w.Shot(t, "13-entry-"+strings.ReplaceAll(name, " ", "-"), c)
			}
			v.p.ShowForest()
			w.Until(t, "the forest", func() bool { s := v.p.Shown(); return s.now.Forest != nil && s.permErr != nil && s.used })
			w.Shot(t, "13-entry-forest", c)
		})
	}
}

func linkName(v *View) string {
	for _, e := range v.p.found.rows {
		if e.Link != nil {
			return e.Name
		}
	}
	return ""
}

func TestShotsOfDialogs(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			w, v := window(t, c, fake.NewDirectory(fake.DirectoryOptions{}))
			ready(t, w, v)
			v.find.SetText("order")
			v.look()
			ready(t, w, v)
			choose(t, w, v, "orders.confirmed")
			steady(v)
			dialog := func(name string, open func()) {
				open()
				w.Until(t, "the dialog", func() bool { return w.Window.Canvas().Overlays().Top() != nil })
				w.Run()
				w.Shot(t, "13-"+name, c)
				closeTop(w)
			}
			dialog("permissions", v.permissions)
			dialog("delete", v.askDelete)
			for _, x := range []making{makeQueue, makeList, makeAlias, makeForeignComputer} {
				dialog("new-"+strings.ReplaceAll(strings.ToLower(x.title), " ", "-"), func() { v.make(x) })
			}
			k := newPicker(v, picking{title: "Members of Order watchers", many: true, kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}}, nil)
			w.Until(t, "what can be chosen", func() bool { return len(k.rows) > 0 })
			dialog("pick", func() { w.Show(k.dialog); k.grid.Select(rowID(&k.rows[1]), rowID(&k.rows[2])) })
		})
	}
}

func TestShotsOfTheChoice(t *testing.T) {
	for _, c := range variants() {
		t.Run(viewtest.Name(c), func(t *testing.T) {
			d := fake.NewDirectory(fake.DirectoryOptions{Unchosen: true})
			w, v := window(t, c, d)
			w.Shot(t, "13-none", c)
			f := newChooser(w, mgmtclient.DirectorySignIn{})
			w.Show(f.dialog)
			f.where.SetText("nordhavn.example")
			f.set(func() {
				f.domain, f.choice.user, f.password, f.typed = "nordhavn.example", `NORDHAVN\anna`, "wrong", true
			})
			f.user.SetText(`NORDHAVN\anna`)
			f.pass.SetText("wrong")
			tested := func() {
				f.pressTest()
				w.Until(t, "the test", func() bool { return f.keeper != "" && (f.phase == passed || f.phase == failed) })
				for i := range f.probes {
					f.probes[i].Took = 12e6
				}
				f.update()
			}
			tested()
			w.Shot(t, "13-choose-refused", c)
			f.set(func() { f.password = fake.Password })
			f.pass.SetText(fake.Password)
			tested()
			w.Shot(t, "13-choose", c)
			f.pressSave()
			ready(t, w, v)
			d.Stop()
			v.p.Refresh()
			w.Until(t, "that it does not answer", func() bool { return v.p.found.err != nil && v.away.Visible() })
			w.Shot(t, "13-not-reachable", c)
		})
	}
}

func TestTheScreenIsBuiltAsDrawn(t *testing.T) {
	w, v := window(t, theme.Light, fake.NewDirectory(fake.DirectoryOptions{As: "anna"}))
	refusedEdit(t, w, v)
	for _, x := range []struct {
		name string
		size fyne.Size
	}{{"directory", shelltest.Size}, {"narrow", fyne.NewSize(1024, 700)}} {
		w.Window.Resize(x.size)
		w.Run()
		screentest.Settle(t, w.Window.Content())
		screentest.Settle(t, w.Window.Content())
		test.AssertRendersToMarkup(t, x.name+".xml", w.Window.Canvas())
	}
}

func closeTop(w *shelltest.Window) {
	over := w.Window.Canvas().Overlays()
	top := over.Top()
	top.Hide()
	over.Remove(top)
}

// painted are the texts that an object paints.
func painted(t *testing.T, o fyne.CanvasObject) []string {
	t.Helper()
	var list []string
	for _, x := range screentest.Find[*canvas.Text](t, o) {
		list = append(list, x.Text)
	}
	return list
}
