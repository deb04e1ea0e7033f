// Package shelltest is the whole window around a screen, without a display:
// for the pictures of screens that package shell does not know.
package shelltest

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// Node is the id of the one computer.
const Node = "local"

// Size is that of the pictures of the design.
var Size = fyne.NewSize(1440, 900)

// Window is a shell in a window without a display, connected to one computer.
// Its clock stands still.
type Window struct {
	*screentest.Queue
	*shell.Shell
	Window fyne.Window
}

// Open shows a shell with screens at a moment, on a node that has answered.
func Open(t *testing.T, v theme.Choice, now time.Time, n mgmtclient.Node, screens map[screen.Name]screen.Factory, forms map[screen.Name]screen.Form) *Window {
	t.Helper()
	return show(t, v, now, n, shell.Options{Screens: screens, Forms: forms}, screen.Menus)
}

// OpenForest is Open with a directory.
func OpenForest(t *testing.T, v theme.Choice, now time.Time, n mgmtclient.Node, d mgmtclient.Directory, screens map[screen.Name]screen.Factory, forms map[screen.Name]screen.Form) *Window {
	t.Helper()
	return show(t, v, now, n, shell.Options{Directory: d, Screens: screens, Forms: forms}, screen.Menus)
}

// Only shows a window of one screen with its own menus and commands.
func Only(t *testing.T, v theme.Choice, now time.Time, n mgmtclient.Node, name screen.Name, menus []string, table []screen.Command, f screen.Factory) *Window {
	t.Helper()
	return show(t, v, now, n, shell.Options{
		Screens: map[screen.Name]screen.Factory{name: f}, Only: name, Menus: menus, Table: table,
	}, menus)
}

func show(t *testing.T, v theme.Choice, now time.Time, n mgmtclient.Node, o shell.Options, menus []string) *Window {
	t.Helper()
	viewtest.NewApp(t, v)
	w := &Window{Queue: screentest.NewQueue(), Window: test.NewTempWindow(t, nil)}
	if o.Screens[screen.Home] == nil {
		o.Screens[screen.Home] = func(screen.Host) screen.Screen { return blank{kit.Stack(0)} }
	}
	o.Window, o.Post, o.Now = w.Window, w.Post, func() time.Time { return now }
	o.Nodes = []shell.Node{{ID: Node, Name: "This computer", Local: true, Connect: func(context.Context) (shell.Link, error) {
		return shell.Link{Client: n, As: `NORDHAVN\anna`}, nil
	}}}
	o.Export = func(context.Context, mgmtclient.Node, io.Writer, string, []mgmtclient.LookupID, func(int64)) error {
		return nil
	}
	w.Shell = shell.New(context.Background(), o)
	w.Fill()
	var words []fyne.CanvasObject
	for _, m := range menus {
		words = append(words, kit.NewLabel(m).Color(theme.Text2))
	}
	// Stands for Fyne's menu bar, which the test driver does not draw.
	bar := kit.NewPanel(theme.Background, screen.Column(0, kit.Fixed(0, 27, kit.Padded(0, 16, 0, 16, kit.GapRow(20, words...))), kit.NewRule()))
	w.Window.SetContent(screen.Column(1, bar, w.Content()))
	w.Window.Resize(Size)
	t.Cleanup(func() {
		w.Close()
		w.Wait()
	})
	w.Start()
	w.Until(t, "the computer's answer", func() bool {
		return !slices.ContainsFunc(w.Nodes(), func(n screen.Node) bool { return w.Feed().Of(n.ID).At.IsZero() })
	})
	return w
}

// Shot draws the window.
func (w *Window) Shot(t *testing.T, name string, v theme.Choice) {
	t.Helper()
	w.Run()
	for range 2 {
		screentest.Settle(t, w.Window.Content())
	}
	viewtest.ShotOf(t, name, w.Window.Canvas(), v)
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
