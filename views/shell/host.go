package shell

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// recentLimit is how many actions are remembered.
const recentLimit = 200

// Nodes is screen.Host's.
func (s *Shell) Nodes() []screen.Node {
	out := make([]screen.Node, len(s.links))
	for i, l := range s.links {
		out[i] = l.shown
	}
	return out
}

// Node is screen.Host's.
func (s *Shell) Node(id string) (screen.Node, bool) {
	l := s.find(id)
	if l == nil {
		return screen.Node{}, false
	}
	return l.shown, true
}

// Feed is screen.Host's.
func (s *Shell) Feed() *screen.Feed { return s.feed }

// Scope is screen.Host's.
func (s *Shell) Scope() *screen.Scope { return s.scope }

// Preferences is screen.Host's.
func (s *Shell) Preferences() *screen.Preferences { return s.prefs }

// Commands is screen.Host's.
func (s *Shell) Commands() *screen.Commands { return s.commands }

// Directory is screen.Host's.
func (s *Shell) Directory() mgmtclient.Directory { return s.o.Directory }

// Export is screen.Host's.
func (s *Shell) Export() screen.Export { return s.o.Export }

// Now is screen.Host's.
func (s *Shell) Now() time.Time {
	if screen.Times.Get(s.prefs) == "utc" {
		return s.o.Now().UTC()
	}
	return s.o.Now()
}

// Here is screen.Host's.
func (s *Shell) Here() screen.Route { return s.here }

// Recent is screen.Host's.
func (s *Shell) Recent() []screen.Action { return slices.Clone(s.recent) }

// Open is screen.Host's.
func (s *Shell) Open(r screen.Route) {
	if form, ok := s.o.Forms[r.Screen]; ok {
		if r.Node == "" && len(s.links) > 0 {
			r.Node = s.links[0].ID
		}
		form(s, r)
		return
	}
	if s.o.Screens[r.Screen] == nil {
		return
	}
	s.side.waits, s.side.back = false, nil
	if s.front != nil && r != s.here {
		s.back = append(s.back, s.here)
		s.ahead = nil
	}
	s.enter(r)
	s.focus()
}

// enter shows a screen.
func (s *Shell) enter(r screen.Route) {
	next := s.screens[r.Screen]
	if next == nil {
		next = s.o.Screens[r.Screen](s)
		s.screens[r.Screen] = next
	}
	s.here = r
	if next != s.front {
		if s.front != nil {
			s.within.End()
			s.front.Leave()
			s.within = s.scope.Sub()
		}
		s.front = next
		s.place.Objects = []fyne.CanvasObject{s.place.Objects[0], next.Content()}
		s.place.Refresh()
	}
	next.Enter(s.within, r)
	s.commands.Front(next.Actions())
	s.side.update()
	s.bar.update()
	s.retitle()
}

// goBack and goForward walk through the screens shown.
func (s *Shell) goBack() {
	if n := len(s.back); n > 0 {
		r := s.back[n-1]
		s.back = s.back[:n-1]
		s.ahead = append(s.ahead, s.here)
		s.enter(r)
		s.focus()
	}
}

func (s *Shell) goForward() {
	if n := len(s.ahead); n > 0 {
		r := s.ahead[n-1]
		s.ahead = s.ahead[:n-1]
		s.back = append(s.back, s.here)
		s.enter(r)
		s.focus()
	}
}

// Show is screen.Host's.
func (s *Shell) Show(d *kit.Dialog) { d.Show(s.o.Window.Canvas()) }

// OpenFile is screen.Host's.
func (s *Shell) OpenFile(title string, then func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil {
			s.Fail("The file was not opened", err)
			return
		}
		if f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close() // only its name is wanted
		then(path)
	}, s.o.Window)
	d.SetTitleText(title)
	d.Resize(fyne.NewSize(800, 520))
	d.Show()
}

// SaveFile is screen.Host's.
func (s *Shell) SaveFile(title, name string, then func(path string)) {
	s.askName(title, name, then)
}

// Copy is screen.Host's.
func (s *Shell) Copy(text, what string) {
	if s.o.Copy != nil {
		s.o.Copy(text)
	}
	s.bar.say("check", kit.Success, "Copied "+what)
}

// Done is screen.Host's.
func (s *Shell) Done(a screen.Action) {
	a.When = s.Now()
	if a.Result == "" {
		a.Result = "Done"
	}
	s.recent = append([]screen.Action{a}, s.recent[:min(len(s.recent), recentLimit-1)]...)
	icon := map[kit.Tone]string{kit.Warning: "warning", kit.Danger: "x-circle"}[a.Tone]
	if icon == "" {
		icon = "check"
	}
	words := a.What
	if a.Result != "Done" {
		words += ": " + a.Result
	}
	s.bar.say(icon, a.Tone, words)
	if s.front != nil && s.here.Screen == screen.Home {
		s.front.Enter(s.within, s.here)
	}
}

// Fail is screen.Host's.
func (s *Shell) Fail(title string, err error) {
	why, fix, code := screen.Reason(err)
	text := []kit.Run{{Text: why}}
	if fix != "" {
		text = append(text, kit.Run{Text: " " + fix})
	}
	body := []fyne.CanvasObject{kit.NewRuns(text...)}
	if code != "" {
		body = append(body, kit.NewLabel(code).Face(kit.Mono).Sized(kit.SizeCaption))
	}
	d := kit.NewDialog(strings.TrimSuffix(title, "."), "x-circle", kit.Stack(8, body...)).Wide(480)
	copied := kit.NewButton("Copy", "copy", func() { s.Copy(err.Error(), "the error") })
	d.Foot(copied)
	d.Buttons(kit.NewButton("Close", "", d.Close))
	s.Show(d)
}

// folder is where files are saved first.
func (s *Shell) folder() fyne.ListableURI {
	uri, err := storage.ListerForURI(storage.NewFileURI(lastFolder.Get(s.prefs)))
	if err != nil {
		return nil
	}
	return uri
}

var lastFolder = screen.Setting[string]{Key: "folder"}
