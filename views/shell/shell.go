package shell

import (
	"context"
	"maps"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// Options are what the program gives the window.
type Options struct {
	Window fyne.Window
	Post   kit.Poster
	Now    func() time.Time
	// Keeper keeps the preferences; nil: they last as long as the window.
	Keeper screen.Keeper
	// Nodes are the first computers of the sidebar, which are always there.
	Nodes []Node
	// Computers are those that people add, each connected in the background, after
	// Nodes; nil: nobody can. The window closes their connections.
	Computers mgmtclient.Computers
	// Retry is how long to wait after so many tries in vain to reach one of them;
	// nil: 5 seconds, and twice as long each time, up to two minutes.
	Retry func(tries int) time.Duration
	// Directory is the forest that Route map and Directory show, chosen or not; nil:
	// the window has neither.
	Directory mgmtclient.Directory
	// Screens and Forms are what Open leads to.
	Screens map[screen.Name]screen.Factory
	Forms   map[screen.Name]screen.Form
	Export  screen.Export
	// Only, if set, is the one screen of a window without sidebar and status
	// bar, such as an operator's desk; Table and Menus are its commands.
	Only  screen.Name
	Table []screen.Command
	Menus []string
	// SetTheme shows the window in a variant.
	SetTheme func(theme.Choice)
	// Copy puts text on the clipboard.
	Copy func(string)
	// Quit ends the program.
	Quit func()
}

// Node is a computer of the sidebar and how to get at it.
type Node struct {
	ID    string
	Name  string // until it was asked
	Local bool   // its queue manager is this computer's
	// Connect is called off Fyne's goroutine, again whenever the user wants
	// another try; a connection made before is of no use then and may be closed.
	Connect func(ctx context.Context) (Link, error)
}

// Link is a connection to a queue manager.
type Link struct {
	Client mgmtclient.Node
	As     string // the account
	Own    bool   // it runs in this process and ends with it
}

// Shell is the window. All methods but New's are for Fyne's goroutine.
type Shell struct {
	o        Options
	scope    *screen.Scope
	feed     *screen.Feed
	prefs    *screen.Preferences
	commands *screen.Commands
	menus    []string
	links    []*link
	recent   []screen.Action
	jobs     []*job

	screens map[screen.Name]screen.Screen
	front   screen.Screen
	within  *screen.Scope // of the screen in front
	here    screen.Route
	title   string // of the window
	back    []screen.Route
	ahead   []screen.Route

	side    *sidebar
	bar     *statusBar
	place   *fyne.Container // of the screen in front
	cards   *fyne.Container
	tips    *kit.Tips
	content fyne.CanvasObject
}

// New makes the window's content and menu. Nothing is connected yet: Start
// does that, after the window is shown.
func New(ctx context.Context, o Options) *Shell {
	if o.Directory == nil {
		o.Screens, o.Forms = maps.Clone(o.Screens), maps.Clone(o.Forms)
		delete(o.Screens, screen.RouteMap)
		delete(o.Screens, screen.Directory)
		delete(o.Forms, screen.ChooseDirectory)
	}
	if o.Only == "" {
		o.Table, o.Menus = screen.Table, screen.Menus
	} else {
		o.Computers = nil // there is no place for them
	}
	if o.Retry == nil {
		o.Retry = func(tries int) time.Duration { return screen.RestAfter(retryFirst, tries) }
	}
	s := &Shell{
		o: o, menus: o.Menus, scope: screen.NewScope(ctx, o.Post), prefs: screen.NewPreferences(o.Keeper),
		commands: screen.NewCommands(o.Table...), screens: map[screen.Name]screen.Screen{},
	}
	s.feed = screen.NewFeed(s.scope, s.Now, func() time.Duration {
		return time.Duration(screen.Refresh.Get(s.prefs)) * time.Second
	})
	for _, n := range o.Nodes {
		s.links = append(s.links, &link{Node: n, shown: screen.Node{ID: n.ID, Name: n.Name, Local: n.Local}})
	}
	s.ownForms()
	s.within = s.scope.Sub()
	s.place = container.NewStack(kit.NewPanel(theme.Surface, container.NewStack()))
	s.cards = container.New(corner{})
	s.side = newSidebar(s)
	s.bar = newStatusBar(s)
	s.content = s.frame()
	s.commands.Base(s.actions())
	s.feed.Watch(s.scope, s.fed)
	s.commands.Watch(s.retitle)
	s.watchDirectory()
	screen.Theme.Watch(s.prefs, s.scope, s.applyTheme)
	s.applyTheme()
	if o.Only != "" {
		s.Open(screen.Route{Screen: o.Only})
	} else {
		s.Open(screen.Route{Screen: screen.Home})
	}
	return s
}

// Fill puts the content into the window and binds the keys.
func (s *Shell) Fill() {
	w := s.o.Window
	s.tips = kit.NewTips(w.Canvas(), s.content, s.o.Post)
	w.SetPadded(false)
	w.SetMainMenu(s.mainMenu())
	w.SetContent(s.tips.Content())
	size := screen.WindowSize.Get(s.prefs)
	w.Resize(fyne.NewSize(max(size[0], least.Width), max(size[1], least.Height)))
	kit.HandleKeys(w.Canvas(), s.key)
	w.SetCloseIntercept(s.AskClose)
}

// least is the smallest window everything has room in.
var least = fyne.NewSize(960, 600)

// Content is what the window shows.
func (s *Shell) Content() fyne.CanvasObject { return s.content }

// compactBelow is the width below which the sidebar shows only icons.
const compactBelow = 1024

// frame arranges sidebar, screen and status bar.
func (s *Shell) frame() fyne.CanvasObject {
	if s.o.Only != "" {
		return container.NewStack(container.New(smallest{}, s.place), s.cards)
	}
	var width float32
	return screen.NewResponsive(func(size fyne.Size) int {
		if size.Width < compactBelow {
			return 1
		}
		return 0
	}, func(class int) fyne.CanvasObject {
		width = screen.Sidebar.Get(s.prefs)
		if class == 1 {
			width = 48
		}
		s.side.compact(class == 1)
		left := kit.Fixed(width-1, 0, s.side.content())
		main := screen.Side(2, left, upright(), s.place)
		min := container.New(smallest{}, screen.Column(0, main, s.bar.content()))
		return container.NewStack(min, s.cards)
	})
}

// smallest gives the window its least size.
type smallest struct{}

func (smallest) MinSize([]fyne.CanvasObject) fyne.Size { return least }

func (smallest) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objs {
		o.Move(fyne.Position{})
		o.Resize(s)
	}
}

// upright is a line down the window.
func upright() fyne.CanvasObject {
	return kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack()))
}

// corner places cards at the bottom right, above the status bar.
type corner struct{}

func (corner) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

func (corner) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	y := s.Height - 44
	for _, o := range objs {
		m := o.MinSize()
		y -= m.Height
		o.Resize(m)
		o.Move(fyne.NewPos(s.Width-16-m.Width, y))
		y -= 8
	}
}

// Close ends what the window does; Wait waits for it. Connections to Nodes stay
// open.
func (s *Shell) Close() {
	s.scope.End()
	if s.tips != nil {
		s.tips.Close()
	}
}

// Wait returns when no work of the window runs any more.
func (s *Shell) Wait() { s.scope.Wait() }

func (s *Shell) applyTheme() {
	if s.o.SetTheme == nil {
		return
	}
	s.o.SetTheme(map[string]theme.Choice{"light": theme.Light, "dark": theme.Dark}[screen.Theme.Get(s.prefs)])
}
