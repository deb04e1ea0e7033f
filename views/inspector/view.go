package inspector

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// View is the pane. It stands at the right of a grid, or under it.
type View struct {
	// OnClose asks to hide the pane, OnFull to fill the screen with it.
	OnClose func()
	OnFull  func()

	host  screen.Host
	p     *Presenter
	root  *fyne.Container
	under bool

	icon     *kit.Icon
	title    *kit.Label
	tabs     *kit.Tabs
	pairs    *kit.KeyValue
	scroll   *container.Scroll
	props    fyne.CanvasObject // scroll, without shadows
	size     *kit.Label
	modes    *kit.Segmented
	wrap     *kit.Button
	save     *kit.Button
	body     *kit.BodyView
	blank    *kit.EmptyState // in place of the body
	format   *kit.Label
	encoding *kit.Button
	cursor   *kit.Label
	nothing  *kit.EmptyState // in place of everything
	buttons  *fyne.Container
}

// New makes the pane over a presenter.
func New(h screen.Host, p *Presenter) *View {
	v := &View{host: h, p: p, OnClose: func() {}, OnFull: func() {}}
	v.icon = kit.NewIcon("mail", 16, theme.Muted)
	v.title = kit.NewLabel("").Face(kit.Bold).Cut(kit.End)
	var tabs []kit.Choice
	for _, t := range Tabs {
		tabs = append(tabs, kit.Choice{ID: t, Text: t})
	}
	v.tabs = kit.NewTabs(tabs, General, p.SetTab)
	v.pairs = kit.NewKeyValue(112)
	v.pairs.OnCopied = func(what string) { h.Copy(what, "the value") }
	v.props, v.scroll = screen.Scroll(v.pairs)
	v.size = kit.NewMuted("")
	v.modes = kit.NewSegmented(kit.Choices("Text", "Hex"), "Text", func(id string) { p.SetMode(body.Mode(id)) })
	v.wrap = kit.NewIconButton("wrap", "Wrap long lines", v.toggleWrap).Plain()
	v.save = kit.NewIconButton("save", "Save the body to a file", v.saveBody).Plain()
	v.body = kit.NewBodyView()
	v.body.SetWrap(screen.WrapBodies.Get(h.Preferences()))
	v.body.OnCursor = func(line, column int) { v.cursor.SetText(fmt.Sprintf("Ln %d, Col %d", line, column)) }
	v.body.OnAllInHex = func() { p.SetMode(body.Hex) }
	v.blank = kit.NewEmptyState("mail", "", "")
	v.format = kit.NewMuted("")
	v.encoding = kit.NewLink("", v.chooseEncoding).Tip("Read the characters in another encoding")
	v.cursor = kit.NewMuted("Ln 1, Col 1")
	v.nothing = kit.NewEmptyState("mail-open", "No message selected", "Choose a message to see its properties and its body.")
	copyID := kit.NewIconButton("copy-id", "Copy the message ID", func() { h.Copy(p.Message().ID, "the message ID") }).Plain()
	full := kit.NewIconButton("expand", "Fill the screen (Enter)", func() { v.OnFull() }).Plain()
	closed := kit.NewIconButton("x", "Hide the details (Ctrl I)", func() { v.OnClose() }).Plain()
	v.buttons = kit.GapRow(4, copyID, full, closed)
	v.root = container.NewStack()
	p.OnChange, p.OnBody = v.changed, v.bodyChanged
	v.arrange()
	v.changed()
	v.bodyChanged()
	return v
}

// Content is the pane.
func (v *View) Content() fyne.CanvasObject { return v.root }

// Focus puts the keyboard into the body.
func (v *View) Focus() { v.body.Focus() }

// Focusable is what takes the keyboard.
func (v *View) Focusable() fyne.Focusable { return v.body.Focusable() }

// SetUnder arranges the pane for a place under the grid, or at its right.
func (v *View) SetUnder(on bool) {
	if v.under != on {
		v.under = on
		v.arrange()
	}
}

// propertiesHeight shows the ten lines of the first tab.
const propertiesHeight = 10*24 + 4

func (v *View) arrange() {
	var all fyne.CanvasObject
	bodyHead := kit.PaneHeader("Body", v.size, kit.Spacer(), v.modes, v.wrap, v.save)
	body := container.NewStack(kit.NewPanel(theme.Inset, v.body), v.blank)
	if v.under {
		// The tabs bring a line of their own, which must go on at their sides.
		row := kit.Padded(0, 16, 0, 16, kit.Grow(2, v.icon, kit.Fixed(116, 0, v.title), v.tabs, v.buttons))
		edge := screen.Column(0, kit.Fixed(0, 35, container.NewStack()), kit.NewRule())
		head := kit.NewPanel(theme.Surface, container.NewStack(edge, row))
		left := kit.Fixed(372, 0, kit.NewPanel(theme.Surface, v.props))
		right := screen.Column(1, bodyHead, body)
		all = screen.Column(1, head, screen.Side(2, left, upright(), right))
	} else {
		head := kit.NewPanel(theme.Surface, kit.Fixed(0, 47, kit.Padded(0, 16, 0, 16, kit.Grow(1, v.icon, v.title, v.buttons))))
		footer := kit.Footer(kit.GapRow(4, v.format, v.encoding), kit.Spacer(), v.cursor)
		all = screen.Column(6,
			head, kit.NewRule(),
			kit.NewPanel(theme.Surface, v.tabs), kit.NewPanel(theme.Surface, kit.Fixed(0, propertiesHeight, v.props)),
			kit.NewRule(), bodyHead, body, footer)
	}
	v.root.Objects = []fyne.CanvasObject{kit.NewPanel(theme.Surface, container.NewStack()), all, v.nothing}
	v.root.Refresh()
	v.changed()
}

// upright is a line down a pane.
func upright() fyne.CanvasObject {
	return kit.Fixed(1, 0, kit.NewPanel(theme.Border, container.NewStack()))
}

func (v *View) changed() {
	one, many := v.p.Shown()
	all := v.root.Objects[1]
	switch {
	case one:
		all.Show()
		v.nothing.Hide()
	case many > 1:
		all.Hide()
		v.nothing.Set("checks", theme.Muted, screen.Many(int64(many), "message")+" selected", "What you do now is done to all of them.", "")
		v.nothing.Show()
	default:
		all.Hide()
		v.nothing.Set("mail-open", theme.Muted, "No message selected", "Choose a message to see its properties and its body.", "")
		v.nothing.Show()
	}
	if !one {
		return
	}
	m := v.p.Message()
	v.title.SetText(v.p.Title())
	if m.ClassCode.IsNack() {
		v.icon.Set("dead-letter", theme.Warning)
	} else {
		v.icon.Set("mail", theme.Muted)
	}
	v.tabs.SetChosen(v.p.Tab())
	v.pairs.Set(v.p.Pairs()...)
	v.scroll.Refresh()
}

func (v *View) bodyChanged() {
	one, _ := v.p.Shown()
	if !one {
		return
	}
	m := v.p.Message()
	doc, data := v.p.Document()
	title, text, code, failed := v.p.Fault()
	blank := true
	switch {
	case failed:
		v.blank.Set("x-circle", theme.Danger, title, text, code)
	case v.p.Waiting():
		v.blank.Set("sync", theme.Info, "Reading the body…", screen.Size(int64(m.BodySize)), "")
	case m.BodySize == 0:
		v.blank.Set("mail-open", theme.Muted, "No body", "The message consists of its properties.", "")
	default:
		blank = false
	}
	show(v.blank, blank)
	show(v.body, !blank)
	v.body.SetDocument(doc, data)
	var modes []kit.Choice
	for _, x := range v.p.Modes() {
		modes = append(modes, kit.Choice{ID: string(x), Text: string(x)})
	}
	v.modes.SetChoices(modes)
	v.modes.SetChosen(string(doc.Mode))
	v.modes.SetEnabled(!blank)
	v.save.SetEnabled(!failed && m.BodySize > 0)
	size := screen.Size(int64(m.BodySize))
	enc := string(v.p.Encoding())
	if v.under && enc != "" && m.BodySize > 0 {
		size += ", " + enc
	}
	v.size.SetText(size)
	format := v.p.Format()
	if enc != "" && m.BodySize > 0 {
		format += ","
	}
	v.format.SetText(format)
	v.encoding.SetText(enc)
	show(v.encoding, enc != "" && m.BodySize > 0)
	v.cursor.SetText("Ln 1, Col 1")
}

func show(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

func (v *View) toggleWrap() {
	on := !v.body.Wrapped()
	v.body.SetWrap(on)
	screen.WrapBodies.Set(v.host.Preferences(), on)
}

func (v *View) saveBody() {
	v.host.SaveFile("Save the body", v.p.FileName(), v.p.SaveBody)
}

// SaveBody asks for a file and saves the body to it.
func (v *View) SaveBody() { v.saveBody() }

func (v *View) chooseEncoding() {
	auto := kit.MenuItem("Recognise", "", func() { v.p.SetEncoding("") })
	auto.Checked = v.p.Chosen() == ""
	items := []*fyne.MenuItem{auto, kit.MenuSeparator()}
	for _, e := range body.Encodings() {
		item := kit.MenuItem(string(e), "", func() { v.p.SetEncoding(e) })
		item.Checked = v.p.Chosen() == e
		items = append(items, item)
	}
	kit.ShowMenuBelow(v.encoding, items...)
}
