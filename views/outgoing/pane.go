package outgoing

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// pane shows one outgoing queue: why it is as it is, what to do, what it
// holds, how its line is and was.
type pane struct {
	v     *View
	root  *fyne.Container
	under bool

	title   *kit.Label
	note    *kit.Note
	noteBox *fyne.Container
	buttons *fyne.Container
	holds   *kit.KeyValue
	line    *kit.KeyValue
	history *fyne.Container
	none    *kit.Label // in place of history
	stream  *kit.KeyValue
	more    *kit.Button // shows stream
	exactly *fyne.Container
	blank   *kit.EmptyState
	whole   *fyne.Container

	open  bool   // stream is shown
	shown string // what note, buttons and history show
}

const keyWidth = 128

func newPane(v *View) *pane {
	n := &pane{v: v, root: container.NewStack()}
	n.title = kit.NewLabel("").Face(kit.Bold).Cut(kit.Middle)
	n.note = kit.NewNote(kit.Danger, "", "")
	n.noteBox = kit.Padded(0, 0, 12, 0, n.note)
	n.buttons = kit.Row()
	n.holds, n.line, n.stream = kit.NewKeyValue(keyWidth), kit.NewKeyValue(keyWidth), kit.NewKeyValue(keyWidth)
	for _, k := range []*kit.KeyValue{n.holds, n.line, n.stream} {
		k.OnCopied = func(what string) { v.host.Copy(what, "the value") }
	}
	n.history = kit.Stack(0)
	n.none = kit.NewMuted("Nothing was tried yet.")
	n.more = kit.NewLink("Show", n.toggle)
	n.stream.Hide()
	n.exactly = kit.Stack(0, kit.NewRule(), kit.SectionHeader("Exactly once", kit.Spacer(), n.more), kit.Padded(0, 0, 8, 0, n.stream))
	n.blank = kit.NewEmptyState("send", "", "")
	n.arrange()
	return n
}

// setUnder arranges the pane for a place under the list, or at its right.
func (n *pane) setUnder(on bool) {
	if n.under != on {
		n.under = on
		n.arrange()
	}
}

func (n *pane) arrange() {
	commands := n.v.host.Commands()
	closing := kit.NewIconButton("x", "Hide the details (Ctrl I)", func() { n.v.show(false) }).Plain()
	icon := kit.NewIcon("send", 16, theme.Muted)
	head, top := fyne.CanvasObject(nil), kit.Padded(16, 16, 8, 16, kit.Stack(0, n.noteBox, n.buttons))
	if n.under {
		head = kit.NewPanel(theme.Surface, kit.Fixed(0, 35, kit.Padded(0, 8, 0, 16, kit.Grow(1, icon, n.title, n.buttons, closing))))
		top = kit.Padded(16, 16, 0, 16, n.noteBox)
	} else {
		head = kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 8, 0, 16, kit.Grow(1, icon, n.title, closing))))
	}
	open := kit.NewLink("Open messages", func() { commands.Run(screen.CmdOpenQueue) })
	holds := kit.Stack(0, kit.SectionHeader("Messages", kit.Spacer(), open), kit.Padded(0, 0, 8, 0, n.holds))
	line := kit.Stack(0, kit.SectionHeader("Connection"), kit.Padded(0, 0, 8, 0, n.line))
	past := kit.Stack(0, kit.SectionHeader("History", kit.Spacer(), kit.NewLink("Copy", n.copy)),
		kit.Padded(0, 16, 8, 16, kit.Stack(0, n.history, n.none)))
	scroll := func(objs ...fyne.CanvasObject) fyne.CanvasObject {
		shown, _ := screen.Scroll(kit.Stack(0, objs...))
		return shown
	}
	var body fyne.CanvasObject
	if n.under {
		left := scroll(top, holds, kit.NewRule(), line)
		right := scroll(past, n.exactly)
		body = screen.Side(2, kit.Fixed(408, 0, left), kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack())), right)
	} else {
		body = scroll(top, holds, kit.NewRule(), line, kit.NewRule(), past, n.exactly)
	}
	n.whole = screen.Column(2, head, kit.NewRule(), body)
	n.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, container.NewStack()), n.whole, n.blank}
	n.root.Refresh()
}

// toggle shows or hides the counters of the stream.
func (n *pane) toggle() {
	n.open = !n.open
	n.more.SetText(map[bool]string{false: "Show", true: "Hide"}[n.open])
	show(n.stream, n.open)
	n.root.Refresh()
}

func (n *pane) copy() {
	if it, ok := n.v.p.Current(); ok {
		n.v.host.Copy(it.historyText(n.v.host.Now()), "the connection history")
	}
}

// changed shows the current queue, or how many are selected.
func (n *pane) changed() {
	it, ok := n.v.p.Current()
	selected := n.v.p.Selected()
	many := len(selected) > 1
	show(n.whole, ok && !many)
	show(n.blank, !ok || many)
	switch {
	case many:
		n.blank.Set("queue", theme.Muted, screen.Count(int64(len(selected)))+" outgoing queues selected",
			screen.Many(unsentOf(selected), "message")+" not sent yet. Send now, Pause and Resume act on all of them.", "")
		return
	case !ok:
		n.blank.Set("send", theme.Muted, "No outgoing queue selected", "Choose one to see how its line is, and why.", "")
		return
	}
	n.title.SetText(it.to)
	n.write(&it)
	n.pairs(&it)
}

// tick writes what tells of passing time.
func (n *pane) tick() {
	if it, ok := n.v.p.Current(); ok && n.whole.Visible() {
		n.pairs(&it)
	}
}

// pairs writes the properties.
func (n *pane) pairs(it *item) {
	now := n.v.host.Now()
	set(n.holds, it.messagePairs(now))
	set(n.line, it.connectionPairs(now))
	stream := it.streamPairs(now)
	if on := stream != nil; on != n.exactly.Visible() {
		show(n.exactly, on)
		n.root.Refresh()
	}
	set(n.stream, stream)
}

// set changes properties only if they have changed: what is marked in them
// stays so, and nothing is painted in vain.
func set(k *kit.KeyValue, pairs []kit.Pair) {
	was := k.Pairs()
	same := len(was) == len(pairs)
	for i := 0; same && i < len(pairs); i++ {
		same = was[i] == pairs[i]
	}
	if !same {
		k.Set(pairs...)
	}
}

// write shows note, buttons and history, if they have changed.
func (n *pane) write(it *item) {
	now := n.v.host.Now()
	r, explained := it.explain()
	events := it.events(now)
	enabled := func(id screen.ID) bool { return n.v.host.Commands().Enabled(id) }
	says := fmt.Sprintln(it.id(), r, it.line, it.away, events, enabled(screen.CmdSendNow), enabled(screen.CmdPause), enabled(screen.CmdResume))
	if says == n.shown {
		return
	}
	n.shown = says
	if explained {
		n.note.Set(r.tone, "", "")
		icon := r.icon
		if icon == "" {
			icon = "x-circle-fill"
			if r.tone == kit.Warning {
				icon = "warning"
			}
		}
		n.note.Icon(icon)
		n.note.Stacked(r.bold, r.text)
	}
	show(n.noteBox, explained)
	n.act(it)
	n.history.Objects = nil
	for _, e := range events {
		n.history.Add(eventRow(e))
	}
	show(n.none, len(events) == 0)
	n.root.Refresh()
}

// act offers what helps, the best first.
func (n *pane) act(it *item) {
	run := func(id screen.ID) func() { return func() { n.v.host.Commands().Run(id) } }
	now := kit.NewButton("Send now", "lightning", run(screen.CmdSendNow))
	hold := kit.NewButton("Pause", "pause", run(screen.CmdPause))
	var list []*kit.Button
	switch {
	case it.line == screen.LinePaused:
		list = []*kit.Button{kit.NewButton("Resume", "play", run(screen.CmdResume)).Primary()}
	case it.away:
		list = []*kit.Button{kit.NewButton("Work online", "network", func() { screen.GoOnline(n.v.host, it.node) }).Primary(), hold}
	case it.line == screen.LineLocked, it.line == screen.LineLocal:
		list = []*kit.Button{hold}
	case it.line.Waits():
		list = []*kit.Button{now.Primary(), hold}
	default:
		list = []*kit.Button{now, hold}
	}
	hold.SetEnabled(pause.fits(it))
	purge := kit.NewIconButton("purge", "Delete what was not sent (Del)", run(screen.CmdPurge))
	purge.SetEnabled(it.out.Unsent > 0)
	n.buttons.Objects = nil
	for _, b := range append(list, purge) {
		n.buttons.Add(b)
	}
}

// eventRow is a line of the history, 28 high.
func eventRow(e event) fyne.CanvasObject {
	if e.more != "" {
		return kit.Fixed(0, 24, kit.Padded(2, 0, 2, 24, kit.NewMuted(e.more)))
	}
	words := kit.NewLabel(e.what).Cut(kit.End)
	if e.whole != "" {
		words.Tip(e.whole)
	}
	return kit.Fixed(0, 28, kit.Grow(2, kit.NewIcon(e.icon, 16, e.tone.Ink()), kit.Fixed(stampWidth(e.at), 0, kit.NewLabel(e.at).Color(theme.Muted)),
		words, kit.NewMuted(e.code).Face(kit.Mono).Sized(kit.SizeCaption)))
}

// stampWidth is the room of a time, wider if it has a date.
func stampWidth(at string) float32 {
	if len(at) > len(time.TimeOnly) {
		return 88
	}
	return 64
}
