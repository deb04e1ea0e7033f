package directory

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// pane is the inspector: one entry, what can be changed of it, who may, and its names.
type pane struct {
	v     *View
	root  *fyne.Container
	under bool
	uses  fyne.CanvasObject // Used by, when the pane is under the list

	icon    *kit.Icon
	title   *kit.Label
	lead    *fyne.Container // title and badge
	badge   *kit.Badge
	open    *kit.Button
	note    *kit.Note
	noteBox *fyne.Container
	form    *form
	formBox *fyne.Container
	who     *fyne.Container
	perms   *kit.Button
	names   *fyne.Container
	signIn  *kit.Button
	revert  *kit.Button
	save    *kit.Button
	whole   *fyne.Container
	blank   *kit.EmptyState

	shown  *draft // what the form was made for
	entry  *subject
	looked string // what names and permissions say
}

// labels is the width of the names of properties.
const labels = 92

func newPane(v *View) *pane {
	n := &pane{v: v, root: container.NewStack(), icon: kit.NewIcon("globe", 16, theme.Muted)}
	n.title = kit.NewLabel("").Face(kit.Bold).Cut(kit.Middle)
	n.badge = kit.NewBadge("Changed", kit.Info)
	n.open = kit.NewIconButton("open", "Open", v.openShown).Plain()
	n.note = kit.NewNote(kit.Danger, "", "")
	n.noteBox = kit.Padded(12, 16, 0, 16, n.note)
	n.formBox = kit.Stack(0)
	n.who, n.names = kit.Stack(0), kit.Stack(0)
	n.perms = kit.NewLink("Permissions", v.permissions)
	n.signIn = kit.NewButton("Sign in as…", "user", v.signIn)
	n.revert = kit.NewButton("Revert", "undo", v.p.Revert)
	n.save = kit.NewButton("Save", "", v.p.Save).Tip("Write the changes to the directory (" + v.host.Commands().Keys(screen.CmdSaveBody) + ")")
	n.blank = kit.NewEmptyState("directory", "", "")
	n.whole = container.NewStack()
	n.place(false, nil)
	return n
}

// place arranges the pane for the right side, or for under the list together with
// what uses the entry.
func (n *pane) place(under bool, uses fyne.CanvasObject) {
	n.under, n.uses = under, uses
	closing := kit.NewIconButton("x", "Hide the details (Ctrl I)", func() { n.v.show(false) }).Plain()
	scroll := func(objs ...fyne.CanvasObject) fyne.CanvasObject {
		shown, _ := screen.Scroll(kit.Stack(0, objs...))
		return shown
	}
	n.lead = kit.Lead(n.title, n.badge)
	who := kit.Stack(0, kit.SectionHeader("Who may change it", kit.Spacer(), n.perms), n.who)
	names := kit.Stack(0, kit.SectionHeader("Names in the directory"), n.names, kit.Fixed(0, 8, container.NewStack()))
	var all fyne.CanvasObject
	if under {
		head := kit.NewPanel(theme.Surface, kit.Fixed(0, 35, kit.Padded(0, 8, 0, 16, kit.Grow(1, n.icon, n.lead, n.signIn, n.revert, n.save, n.open, closing))))
		left := scroll(n.noteBox, n.formBox)
		right := scroll(kit.Fixed(0, 148, uses), kit.NewRule(), who, kit.NewRule(), names)
		body := screen.Side(0, left, kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack())), kit.Fixed(408, 0, right))
		all = screen.Column(2, head, kit.NewRule(), body)
	} else {
		head := kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 8, 0, 16, kit.Grow(1, n.icon, n.lead, n.open, closing))))
		feet := kit.ActionBar(n.signIn, kit.Spacer(), n.revert, n.save)
		all = screen.Column(2, head, kit.NewRule(), scroll(n.noteBox, n.formBox, kit.NewRule(), who, kit.Fixed(0, 8, container.NewStack()), kit.NewRule(), names), feet)
	}
	n.whole.Objects = []fyne.CanvasObject{all}
	n.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, container.NewStack()), n.whole, n.blank}
	n.root.Refresh()
}

// focus puts the keyboard into the first thing that can be changed.
func (n *pane) focus() {
	if n.form != nil && n.form.first != nil && n.whole.Visible() {
		if c := fyne.CurrentApp().Driver().CanvasForObject(n.root); c != nil {
			c.Focus(n.form.first)
		}
	}
}

// changed shows the entry and what became of it.
func (n *pane) changed() {
	s := n.v.p.Shown()
	show(n.whole, s != nil)
	show(n.blank, s == nil)
	if s == nil {
		n.entry, n.shown = nil, nil
		n.blank.Set("directory", theme.Muted, "Nothing chosen", "Choose an entry to see all that the directory knows of it.", "")
		return
	}
	e := &s.now
	n.icon.Set(iconOf(e), theme.Muted)
	n.title.SetText(e.Name)
	dirty := s.dirty()
	show(n.badge, dirty)
	n.lead.Refresh()
	if n.entry != s || n.shown != s.draft {
		n.form = newForm(n.v, s)
		n.formBox.Objects = []fyne.CanvasObject{kit.Padded(12, 16, 12, 16, n.form.box)}
	}
	n.form.sync()
	n.entry, n.shown = s, s.draft
	n.write(s)
	show(n.open, n.v.canOpen())
	n.open.Tip(n.v.openTip())
	n.revert.SetEnabled(dirty && !s.saving)
	n.save.SetEnabled(n.v.p.CanSave())
	switch {
	case s.saving:
		n.save.SetText("Saving…")
	case s.refused != nil && dirty:
		n.save.SetText("Save again")
	default:
		n.save.SetText("Save")
	}
	n.root.Refresh()
}

// write shows the note, who may do what, and the names.
func (n *pane) write(s *subject) {
	n.writeNote(s)
	as := n.v.p.Status().As
	looks := fmt.Sprintln(s.now.ID, s.now.DN, s.now.FormatName, s.now.Modified, s.now.Read, s.rights, s.permErr, as, n.under)
	if looks == n.looked {
		return
	}
	n.looked = looks
	n.who.Objects = nil
	show(n.perms, s.rights != nil)
	switch {
	case mq.CodeOf(s.permErr) == mq.ErrUnsupportedOperation:
		n.who.Add(kit.Padded(0, 16, 8, 16, kit.NewParagraph("Those who may change the container it is in. Active Directory's own tools show them.").Color(theme.Text2).Small()))
	case s.permErr != nil:
		why, _, code := screen.Reason(s.permErr)
		n.who.Add(kit.Padded(0, 16, 8, 16, kit.NewRuns(kit.Run{Text: join("Not read: "+why, "")}, kit.Run{Text: " " + code, Face: kit.Mono}).Color(theme.Text2).Small()))
	case s.rights == nil:
		n.who.Add(kit.Padded(4, 16, 4, 16, kit.NewMuted("Reading…")))
	default:
		list := holders(&s.now, *s.rights, as)
		for _, h := range list {
			n.who.Add(holderRow(h))
		}
		if len(list) == 0 {
			n.who.Add(kit.Padded(4, 16, 4, 16, kit.NewMuted("Nobody is named.")))
		}
	}
	n.writeNames(s)
}

func (n *pane) writeNote(s *subject) {
	switch {
	case s.refused != nil && s.dirty():
		r := s.refused
		runs := []kit.Run{{Text: r.bold, Face: kit.Bold}, {Text: "\n" + r.text}}
		if r.code != "" {
			runs = append(runs, kit.Run{Text: "\n" + r.code, Face: kit.Mono, Color: theme.Muted})
		}
		n.note.Set(kit.Danger, "", "")
		n.note.SetRuns(runs...)
	case s.err != nil && n.v.away.Visible():
		n.noteBox.Hide() // said there
		return
	case s.err != nil && notFound(s.err):
		n.note.Set(kit.Warning, "", "")
		n.note.Stacked("It is no longer there", "Somebody deleted it, or moved it to where this account cannot see it.")
	case s.err != nil:
		why, fix, code := screen.Reason(s.err)
		n.note.Set(kit.Warning, "", "")
		runs := []kit.Run{{Text: "It could not be read again", Face: kit.Bold}, {Text: "\n" + join(why, fix)}}
		if code != "" {
			runs = append(runs, kit.Run{Text: "\n" + code, Face: kit.Mono, Color: theme.Muted})
		}
		n.note.SetRuns(runs...)
	default:
		n.noteBox.Hide()
		return
	}
	n.noteBox.Show()
}

// holderRow is a line of who may do what, 28 high. What does not fit of what they may is
// in the tooltip.
func holderRow(h holder) fyne.CanvasObject {
	name := kit.NewLabel(kit.Shorten(h.name)).Face(kit.Medium)
	wide := name.MinSize().Width
	var badges []fyne.CanvasObject
	for _, b := range h.badges {
		x := kit.NewBadge(b.word, b.tone)
		badges = append(badges, x)
		wide += 8 + x.MinSize().Width
	}
	icon, lead := kit.NewIcon(h.icon, 16, theme.Muted), kit.Lead(name, badges...)
	row := kit.Grow(1, icon, lead, kit.NewLabel(h.may).Color(theme.Text2))
	if len(h.may) > shortMay {
		says := kit.NewLabel(kit.Shorten(h.may)).Color(theme.Text2).Align(fyne.TextAlignTrailing).Cut(kit.End).Tip(screen.Sentence(h.may))
		row = kit.Grow(2, icon, kit.Fixed(min(wide, 200), 0, lead), says)
	}
	return kit.Fixed(0, 28, kit.Padded(0, 16, 0, 16, row))
}

// shortMay is how long words of a right are that are shown whole.
const shortMay = 24

// writeNames lists the names of the entry, each to copy.
func (n *pane) writeNames(s *subject) {
	e := &s.now
	n.names.Objects = nil
	if e.DN != "" {
		n.names.Add(n.nameRow("DN", dnLines(e.DN), e.DN))
	}
	if !e.ID.IsZero() {
		n.names.Add(n.nameRow("GUID", []string{e.ID.String()}, e.ID.String()))
	}
	if e.FormatName != "" {
		n.names.Add(n.nameRow("Sent to as", []string{e.FormatName}, e.FormatName))
	}
	now := n.v.host.Now()
	if e.Modified.IsZero() {
		return
	}
	tail := ""
	if e.Controller != "" {
		tail = "on " + shortHost(e.Controller)
	}
	if !e.Read.IsZero() {
		if tail != "" {
			tail += ", "
		}
		tail += "read " + screen.MessageTime(e.Read, now)
	}
	n.names.Add(kit.Fixed(0, 32, kit.Padded(0, 16, 0, 16, kit.Grow(2,
		kit.Fixed(labels-8, 0, kit.NewLabel("Last changed").Color(theme.Muted)),
		kit.NewLabel(screen.Moment(e.Modified, now)), kit.NewLabel(tail).Color(theme.Muted).Cut(kit.End)))))
}

// nameRow is a name in its lines, with a button that copies it.
func (n *pane) nameRow(what string, lines []string, whole string) fyne.CanvasObject {
	text := kit.Stack(0)
	for _, l := range lines {
		text.Add(kit.NewLabel(l).Face(kit.Mono).Sized(kit.SizeSmall).High(20).Cut(kit.Middle).Tip(whole))
	}
	called := map[string]string{"DN": "the distinguished name", "GUID": "the GUID", "Sent to as": "the format name"}[what]
	copying := kit.NewIconButton("copy", "Copy "+called, func() { n.v.host.Copy(whole, called) }).Plain()
	top := func(o fyne.CanvasObject) fyne.CanvasObject { return kit.Stack(0, o) }
	return kit.Padded(2, 8, 2, 16, screen.Side(1,
		kit.Fixed(labels, 0, top(kit.NewLabel(what).Color(theme.Muted).High(28))), kit.Padded(4, 4, 0, 0, text), top(kit.Fixed(28, 28, copying))))
}

// dnLine is how many characters of a distinguished name have room in a line.
const dnLine = 34

// dnLines breaks a distinguished name between its parts.
func dnLines(dn string) []string {
	var lines []string
	line := ""
	for _, part := range splitDN(dn) {
		if line != "" && len(line)+len(part) > dnLine {
			lines = append(lines, line)
			line = ""
		}
		line += part
	}
	return append(lines, line)
}

// splitDN cuts after each comma that parts two names (RFC 4514 2.1).
func splitDN(dn string) []string {
	var parts []string
	from := 0
	for i := 0; i < len(dn); i++ {
		switch dn[i] {
		case '\\':
			i++
		case ',':
			parts = append(parts, dn[from:i+1])
			from = i + 1
		}
	}
	return append(parts, dn[from:])
}

// nodeOf is the computer of the sidebar that an entry is on; "" if none is.
func (v *View) nodeOf(e *mgmtclient.Entry) string {
	name := ""
	switch {
	case e.Machine != nil:
		name = e.Name
	case e.Queue != nil:
		name = e.Queue.Machine.Name
	}
	for _, n := range v.host.Nodes() {
		if name != "" && (strings.EqualFold(n.Name, name) || strings.EqualFold(shortHost(n.Address), name)) {
			return n.ID
		}
	}
	return ""
}

// canOpen reports whether the entry shown is more than an entry: a queue with messages,
// a link of the map.
func (v *View) canOpen() bool { return v.openTip() != "" }

func (v *View) openTip() string {
	s := v.p.Shown()
	if s == nil {
		return ""
	}
	e := &s.now
	switch e.Kind {
	case mgmtclient.EntryLink, mgmtclient.EntrySite:
		if v.host.Commands().Enabled(screen.CmdRouteMap) {
			return "Show on the Route map"
		}
	case mgmtclient.EntryMachine:
		if v.nodeOf(e) != "" {
			return "Open " + e.Name
		}
	case mgmtclient.EntryQueue:
		if v.nodeOf(e) != "" {
			return "Open its messages"
		}
	}
	return ""
}

// openShown goes to what the entry stands for.
func (v *View) openShown() {
	s := v.p.Shown()
	if s == nil || !v.canOpen() {
		return
	}
	e := &s.now
	switch e.Kind {
	case mgmtclient.EntryLink, mgmtclient.EntrySite:
		v.host.Open(screen.Route{Screen: screen.RouteMap, Entry: e.ID.String()})
	case mgmtclient.EntryMachine:
		v.host.Open(screen.Route{Screen: screen.Queues, Node: v.nodeOf(e), Folder: screen.PrivateQueues})
	case mgmtclient.EntryQueue:
		v.host.Open(screen.Route{Screen: screen.Queues, Node: v.nodeOf(e), Queue: e.Queue.PathName})
	}
}

// show shows or hides the inspector.
func (v *View) show(on bool) {
	v.showing = on
	v.rearrange()
	v.grid.Focus()
}
