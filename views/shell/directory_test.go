package shell_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell/shelltest"
	"posthouse/views/theme"
)

// still is a screen with nothing on it.
type still struct{ content fyne.CanvasObject }

func (s still) Title() string                     { return "" }
func (s still) Content() fyne.CanvasObject        { return s.content }
func (s still) Enter(*screen.Scope, screen.Route) {}
func (s still) First() fyne.Focusable             { return nil }
func (s still) Leave()                            {}
func (s still) Actions() screen.Actions           { return nil }
func (s still) Key(*fyne.KeyEvent) bool           { return false }

// forest is a window with the screens of a directory; d may be nil.
func forest(t *testing.T, d mgmtclient.Directory) *shelltest.Window {
	t.Helper()
	blank := func(screen.Host) screen.Screen { return still{kit.Stack(0)} }
	return shelltest.OpenForest(t, theme.Light, fake.Now, fake.Sample(), d, map[screen.Name]screen.Factory{
		screen.Directory: blank, screen.RouteMap: blank, screen.Queues: blank,
	}, map[screen.Name]screen.Form{screen.ChooseDirectory: func(screen.Host, screen.Route) {}})
}

func paints(t *testing.T, w *shelltest.Window, words string) bool {
	t.Helper()
	for _, x := range screentest.Find[*canvas.Text](t, w.Window.Content()) {
		if strings.Contains(x.Text, words) {
			return true
		}
	}
	return false
}

func TestTheStatusBarTellsHowTheDirectoryIs(t *testing.T) {
	d := fake.NewDirectory(fake.DirectoryOptions{As: "anna"})
	w := forest(t, d)
	w.Open(screen.Route{Screen: screen.Directory})
	if !paints(t, w, `Directory: dc01.nordhavn.example as NORDHAVN\anna`) {
		t.Error("the status bar does not tell who is signed in where")
	}
	d.Stop()
	if _, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{}); err == nil {
		t.Fatal("the directory answers")
	}
	w.Until(t, "that it does not answer", func() bool { return paints(t, w, "Directory: not reachable. dc01.nordhavn.example does not answer.") })
	w.Open(screen.Route{Screen: screen.Home})
	if paints(t, w, "Directory: not") {
		t.Error("another screen tells of the directory")
	}
}

func TestAWindowWithoutADirectoryDoesNotLeadThere(t *testing.T) {
	w := forest(t, nil)
	for _, id := range []screen.ID{screen.CmdDirectory, screen.CmdRouteMap, screen.CmdDirectoryIs} {
		if w.Commands().Enabled(id) {
			t.Errorf("%s leads somewhere", id)
		}
	}
	if paints(t, w, "Route map") {
		t.Error("the sidebar has a Route map")
	}
	w = forest(t, fake.NewDirectory(fake.DirectoryOptions{Unchosen: true}))
	if !w.Commands().Enabled(screen.CmdDirectory) || !paints(t, w, "Route map") {
		t.Error("a directory that was not chosen yet has no screen")
	}
	w.Commands().Run(screen.CmdDirectory)
	if !paints(t, w, "Directory: none chosen") {
		t.Error("the status bar does not tell that none was chosen")
	}
}

func TestPublicQueuesSayWhyTheyMayNotBeAll(t *testing.T) {
	w := forest(t, nil)
	tree := screentest.Find[*kit.TreeList](t, w.Window.Content())[0]
	for _, r := range tree.Rows() {
		if r.Text != "Public Queues" {
			continue
		}
		if !r.Quiet || !strings.Contains(r.Tip, "Works without a directory") {
			t.Errorf("%+v", r)
		}
		tree.OnSelect(r.ID)
		if w.Here().Folder != screen.PublicQueues {
			t.Errorf("at %+v", w.Here())
		}
		return
	}
	t.Error("there is no line of public queues")
}
