package compose

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// bodyPane is the part of the form that holds the body.
type bodyPane struct {
	v       *View
	head    fyne.CanvasObject
	warning *fyne.Container
	note    *kit.Note
	content *fyne.Container
	modes   *kit.Segmented
	types   *kit.Select
	editor  *Editor
	file    *fyne.Container
	preview *kit.BodyView
	none    *kit.EmptyState
	shown   *byte // the blob previewed, by its first byte
	fault   string
}

func newBodyPane(v *View) *bodyPane {
	b := &bodyPane{v: v}
	b.modes = kit.NewSegmented(kit.Choices(modeXML, modeText, modeJSON, modeHex, modeFile), modeText, b.turn)
	b.types = kit.NewSelect(nil, "", 168, b.setType)
	b.head = kit.PaneHeader("Body", b.modes, kit.Spacer(), kit.NewLabel("Body type").Color(theme.Text2), b.types)
	b.note = kit.NewNote(kit.Warning, "", "")
	b.warning = kit.Padded(8, 16, 8, 16, b.note)
	b.warning.Hide()
	b.editor = NewEditor()
	b.editor.OnChanged = func() {
		b.fault = ""
		v.edit(func(d *draft) { d.content.text = b.editor.Text() })
	}
	b.editor.OnFull = func() {
		b.fault = "The editor takes 64 KB. Save longer bodies to a file and choose From file."
		b.changed()
		v.left.Refresh()
	}
	b.preview = kit.NewBodyView()
	b.none = kit.NewEmptyState("file", "No file chosen", "Its bytes are sent as they are, up to 4 MB with all properties.", kit.NewButton("Choose a file", "folder-open", v.loadFile))
	b.file = container.NewStack(b.preview, b.none)
	b.content = container.NewStack(b.editor, b.file)
	return b
}

// turn goes to another mode.
func (b *bodyPane) turn(mode string) {
	b.v.edit(func(d *draft) { b.fault = d.content.turn(mode) })
	b.fill()
	b.v.changed()
	if b.fault == "" && mode != modeFile {
		b.editor.Focus()
	}
}

func (b *bodyPane) setType(id string) {
	if t, err := mq.ParseBodyType(id); err == nil {
		b.v.edit(func(d *draft) { d.content.bodyType = t })
	}
}

// fill shows the body of the draft.
func (b *bodyPane) fill() {
	c := &b.v.p.draft.content
	var choices []kit.Choice
	for _, t := range bodyTypes {
		choices = append(choices, kit.Choice{ID: mq.BodyTypeName(t.value), Text: t.text})
	}
	chosen := mq.BodyTypeName(c.bodyType)
	if !slices.ContainsFunc(choices, func(x kit.Choice) bool { return x.ID == chosen }) {
		choices = append(choices, kit.Choice{ID: chosen, Text: chosen})
	}
	b.types.SetChoices(choices)
	b.types.SetChosen(chosen)
	b.modes.SetChosen(c.mode)
	if c.mode != modeFile && b.editor.Text() != c.text {
		b.editor.SetText(c.text)
	}
	b.editor.SetMode(map[string]body.Mode{modeXML: body.XML, modeJSON: body.JSON}[c.mode])
	b.editor.SetHint(map[string]string{modeXML: "Type or paste XML", modeJSON: "Type or paste JSON", modeText: "Type or paste text", modeHex: "Type or paste hex digits, as 48 65 6c 6c 6f"}[c.mode])
	b.changed()
}

// changed shows what follows from the body.
func (b *bodyPane) changed() {
	c := &b.v.p.draft.content
	b.modes.SetChosen(c.mode)
	visible(b.editor, c.mode != modeFile)
	visible(b.file, c.mode == modeFile)
	if c.mode == modeFile {
		visible(b.none, c.blob == nil)
		visible(b.preview, c.blob != nil)
		if len(c.blob) > 0 && b.shown != &c.blob[0] {
			b.shown = &c.blob[0]
			mode, enc := body.Detect(c.blob[:min(len(c.blob), body.PreviewLimit)])
			b.preview.SetBody(c.blob, mode, enc)
		}
	}
	visible(b.warning, b.fault != "")
	if b.fault != "" {
		b.note.Set(kit.Warning, "", b.fault)
	}
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// loadFile asks for a file and takes it as the body, unchanged.
func (v *View) loadFile() {
	v.host.OpenFile("Body from a file", func(path string) {
		v.p.Load(path, func(d *draft, data []byte, name string) {
			bodyType := d.content.bodyType
			d.content = content{mode: modeFile, blob: data, blobName: name, bodyType: bodyType}
			if d.content.blob == nil {
				d.content.blob = []byte{}
			}
		})
	})
}

// templates offers test messages.
func (v *View) templates(below *kit.Button) {
	var items []*fyne.MenuItem
	for _, t := range templates {
		items = append(items, kit.MenuItem(t.name, "", func() { v.useTemplate(t) }))
	}
	kit.ShowMenuBelow(below, items...)
}

// useTemplate fills the message, having asked if something typed would be
// lost.
func (v *View) useTemplate(t template) {
	use := func() {
		v.p.Edit(func(d *draft) { d.use(t) })
		v.p.ask()
		v.filled()
	}
	c := &v.p.draft.content
	if !v.p.touched || c.text == "" && len(c.blob) == 0 || c.text == c.originalText && c.original != nil {
		use()
		return
	}
	v.host.Show(kit.Confirm{
		Title: "Replace the body?", Icon: "warning", Do: "Replace", Danger: true,
		Text: []kit.Run{{Text: "What was typed is lost: " + screen.Size(int64(max(len(c.text), len(c.blob)))) + "."}}, OnDo: func(bool) { use() },
	}.Dialog())
}
