package shell

import (
	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// outgoing is the screen of what waits to leave for other computers.
type outgoing struct {
	s     *Shell
	scope *screen.Scope
	empty *kit.EmptyState
	body  fyne.CanvasObject
}

func newOutgoing(s *Shell) *outgoing {
	empty := kit.NewEmptyState("send", "", "")
	head := kit.ScreenHeader(kit.NewHeading("Outgoing"), kit.NewLabel("messages for other computers").Color(theme.Muted))
	return &outgoing{s: s, empty: empty, body: screen.Column(1, head, kit.NewPanel(theme.Surface, empty))}
}

func (o *outgoing) Title() string              { return "Outgoing" }
func (o *outgoing) Content() fyne.CanvasObject { return o.body }
func (o *outgoing) First() fyne.Focusable      { return nil }
func (o *outgoing) Enter(scope *screen.Scope, _ screen.Route) {
	if o.scope != scope {
		o.scope = scope
		o.s.feed.Watch(scope, func(string) { o.update() })
	}
	o.update()
}

// update tells how many messages wait. This version has no sessions with
// other computers, so they are there only if another version put them there.
func (o *outgoing) update() {
	var n int64
	for _, l := range o.s.links {
		n += o.s.feed.Of(l.ID).Machine.Outgoing
	}
	queues := kit.NewButton("Open queues", "queue", func() {
		o.s.Open(screen.Route{Screen: screen.Queues, Node: o.s.current(), Folder: screen.PrivateQueues})
	})
	if n > 0 {
		o.empty.Set("send", theme.Muted, screen.Many(n, "message")+" kept for other computers",
			"They are safe. Sending to other computers comes with the next version.", "", queues)
		return
	}
	o.empty.Set("send", theme.Muted, "Nothing is waiting to go out",
		"Sending to other computers comes with the next version. Until then messages go to the queues of this computer.", "", queues)
}

func (o *outgoing) Leave()                  {}
func (o *outgoing) Actions() screen.Actions { return nil }
func (o *outgoing) Key(*fyne.KeyEvent) bool { return false }
