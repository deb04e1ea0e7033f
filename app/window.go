//go:build !headless

package app

import (
	"context"
	"errors"
	"os/user"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"posthouse/mgmtclient"
	"posthouse/views/screen"
	"posthouse/views/shell"
	"posthouse/views/theme"
)

// appID names the program to the desktop and its folder of preferences.
const appID = "io.posthouse.Posthouse"

// openWindow shows the window until it is closed. The queue manager is opened
// or attached to when the window stands, and let go when it is closed.
func openWindow(ctx context.Context, open openNode) error {
	a := fyneapp.NewWithID(appID)
	a.SetIcon(theme.AppIcon())
	a.Settings().SetTheme(theme.New(theme.System))
	applyScale(screen.NewPreferences(a.Preferences()))
	w := a.NewWindow("Posthouse")
	w.SetIcon(theme.AppIcon())
	w.SetMaster()

	var nodes held
	s := shell.New(ctx, shell.Options{
		Window: w, Post: fyne.Do, Now: time.Now, Keeper: a.Preferences(),
		Nodes: []shell.Node{{
			ID: "local", Name: "This computer", Local: true,
			Connect: func(ctx context.Context) (shell.Link, error) { return nodes.connect(ctx, open) },
		}},
		Screens: screens, Forms: forms, Export: exportMessages,
		SetTheme: func(c theme.Choice) { a.Settings().SetTheme(theme.New(c)) },
		Copy:     func(text string) { a.Clipboard().SetContent(text) },
		Quit:     a.Quit,
	})
	s.Fill()
	// The first picture does not wait for the queue manager.
	a.Lifecycle().SetOnStarted(s.Start)
	stopped := context.AfterFunc(ctx, func() { fyne.Do(a.Quit) })
	defer stopped()
	w.ShowAndRun()

	// Neither the close intercept nor OnClosed runs after SIGTERM: what must end
	// ends here.
	s.Close()
	s.Wait()
	return nodes.close()
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
