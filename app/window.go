//go:build !headless

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
	"posthouse/mgmtclient/forest"
	"posthouse/views/screen"
	"posthouse/views/shell"
	"posthouse/views/theme"
)

// appID names the program to the desktop and its folder of preferences.
const appID = "io.posthouse.Posthouse"

// openWindow shows the window until it is closed. The queue manager is opened
// or attached to when the window stands, and let go when it is closed.
func openWindow(ctx context.Context, wo windowOptions) error {
	a := fyneapp.NewWithID(appID)
	a.SetIcon(theme.AppIcon())
	a.Settings().SetTheme(theme.New(theme.System))
	prefs := screen.NewPreferences(a.Preferences())
	applyScale(prefs)
	w := a.NewWindow("Posthouse")
	w.SetIcon(theme.AppIcon())
	w.SetMaster()

	var nodes held
	var s *shell.Shell
	tell := &teller{sender: nodes.here, notes: func(string) {}, log: slog.Default()}
	dir := tell.watch(forest.Options{Folder: wo.folder})
	e := ending{end: func() error {
		s.Close()
		s.Wait()
		return errors.Join(dir.Close(), nodes.close())
	}}
	quit := func() { e.watch(); a.Quit() }
	o := shell.Options{
		Window: w, Post: fyne.Do, Now: time.Now, Keeper: a.Preferences(),
		Nodes: []shell.Node{{
			ID: "local", Name: "This computer", Local: true,
			Connect: func(ctx context.Context) (shell.Link, error) { return nodes.connect(ctx, wo.open) },
		}},
		Computers: computers.New(wo.folder, line{sender: nodes.sender}),
		Directory: dir,
		Screens:   screens, Forms: forms, Export: exportMessages,
		SetTheme: func(c theme.Choice) { a.Settings().SetTheme(theme.New(c)) },
		Copy:     func(text string) { a.Clipboard().SetContent(text) },
		Quit:     quit,
	}
	if wo.desk || screen.DeskOnly.Get(prefs) {
		alone(&o)
	}
	s = shell.New(ctx, o)
	s.Fill()
	// The first picture does not wait for the queue manager.
	a.Lifecycle().SetOnStarted(s.Start)
	// Fyne ends its loop at the signals that end ctx.
	stopped := context.AfterFunc(ctx, e.watch)
	defer stopped()
	w.ShowAndRun()
	e.returned()

	// Neither the close intercept nor OnClosed runs after SIGTERM: what must end
	// ends here.
	return e.end()
}

// ending sees to it that the program ends once the window is closed. Fyne 2.8.1
// can wait for ever after its loop: OnStopped is queued for the loop that has
// just ended. A queue manager without a window must not stay behind.
type ending struct {
	end func() error // closes everything

	mu    sync.Mutex
	timer *time.Timer
	back  bool
}

// patience is how long ShowAndRun may take to return.
const patience = 5 * time.Second

// watch ends the program if ShowAndRun does not return.
func (e *ending) watch() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil || e.back {
		return
	}
	e.timer = time.AfterFunc(patience, func() {
		e.mu.Lock() // kept: ShowAndRun must not return any more
		if e.back {
			e.mu.Unlock()
			return
		}
		status := 0
		if err := e.end(); err != nil {
			fmt.Fprintln(os.Stderr, "posthouse:", err)
			status = 1
		}
		os.Exit(status)
	})
}

// returned says that ShowAndRun did.
func (e *ending) returned() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.back = true
	if e.timer != nil {
		e.timer.Stop()
	}
}

// held are the connections that the window has made.
type held struct {
	mu    sync.Mutex
	nodes []mgmtclient.Node
}

func (h *held) connect(ctx context.Context, open openNode) (shell.Link, error) {
	_ = h.close() // of no use any more: the user asks for another
	n, err := open(ctx)
	if err != nil {
		return shell.Link{}, explain("open the queue manager", err)
	}
	h.mu.Lock()
	h.nodes = append(h.nodes, n)
	h.mu.Unlock()
	_, own := n.(*private)
	link := shell.Link{Client: n, Own: own}
	if u, err := user.Current(); err == nil {
		link.As = u.Username
	}
	return link, nil
}

// sender sends messages to the queues of other computers.
func (h *held) sender(ctx context.Context) (mgmtclient.Sender, error) {
	n, _, err := h.here(ctx)
	if err != nil {
		return nil, err
	}
	return can[mgmtclient.Sender](n)
}

// here is the queue manager of this computer; there is nothing to let go.
func (h *held) here(context.Context) (mgmtclient.Node, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.nodes) == 0 {
		return nil, nil, mq.Errorf(mq.ErrServiceNotAvailable, "", "the queue manager of this computer, which sends, does not run").
			WithFix("connect to this computer again")
	}
	return h.nodes[0], func() {}, nil
}

// close ends the connections; a queue manager of this process stops with its
// own.
func (h *held) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, n := range h.nodes {
		if err := n.Close(); err != nil && !errors.Is(err, context.Canceled) {
			errs = append(errs, err)
		}
	}
	h.nodes = nil
	return errors.Join(errs...)
}
