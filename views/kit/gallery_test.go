package kit_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// rows is a source of fixed rows.
type rows []kit.RowData

func (r rows) Len() int { return len(r) }
func (r rows) Row(i int) (kit.RowData, bool) {
	if i < 0 || i >= len(r) {
		return kit.RowData{}, false
	}
	return r[i], true
}

// at puts an object at a fixed place.
func at(x, y, w, h float32, o fyne.CanvasObject) fyne.CanvasObject {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
	return o
}

func panel(x, y, w, h float32, title string, objs ...fyne.CanvasObject) fyne.CanvasObject {
	all := append([]fyne.CanvasObject{at(17, 13, w-34, 20, kit.NewLabel(title).Face(kit.Bold))}, objs...)
	return at(x, y, w, h, kit.NewPanel(theme.Surface, container.NewWithoutLayout(all...)).Framed(8))
}

// line is a row of the gallery, 40 high, with a label.
func line(y float32, label string, objs ...fyne.CanvasObject) fyne.CanvasObject {
	row := kit.Row(append([]fyne.CanvasObject{kit.Fixed(56, 20, kit.NewMuted(label))}, objs...)...)
	return at(17, y, 420, 40, row)
}

func buttons() fyne.CanvasObject {
	hover := kit.NewButton("Hover", "", nil)
	hover.MouseIn(mouse(0, 0))
	pressed := kit.NewButton("Pressed", "", nil)
	pressed.MouseDown(mouse(0, 0))
	focus := kit.NewButton("Focus", "", nil)
	focus.FocusGained()
	primary := kit.NewButton("Hover", "", nil).Primary()
	primary.MouseIn(mouse(0, 0))
	disabled := kit.NewButton("Disabled", "", nil)
	disabled.Disable()
	columns := kit.NewIconButton("columns", "", nil)
	columns.MouseIn(mouse(0, 0))
	typed := kit.NewField("").Wide(96)
	typed.SetText("orders")
	typed.Focusable().FocusGained()
	bad := kit.NewField("").Wide(96)
	bad.SetText("or;ders")
	bad.SetError("A queue name cannot contain ;")
	some := kit.NewCheck("", false, nil)
	some.SetState(kit.Some)
	return panel(24, 24, 456, 320, "Buttons and fields",
		line(41, "Default", kit.NewButton("Refresh", "refresh", nil), hover, pressed, focus),
		line(81, "Primary", kit.NewButton("Save link", "", nil).Primary(), primary, disabled, kit.NewButton("Delete 12", "", nil).Danger()),
		line(121, "Plain", kit.NewLink("Undo", nil), kit.NewIconButton("copy", "", nil).Plain(), kit.NewIconButton("more", "", nil), columns),
		line(161, "Field", kit.NewField("Filter").Wide(112), typed),
		at(305, 167, 96, 52, bad),
		line(241, "Choice", kit.NewSegmented(kit.Choices("XML", "Text", "Hex"), "XML", nil), kit.NewCheck("", true, nil), kit.NewCheck("", false, nil), some,
			kit.NewSelect(kit.Choices("days"), "days", 76, nil)),
	)
}

func gridPanel(t *testing.T) fyne.CanvasObject {
	g := kit.NewGrid(rows{
		{ID: kit.TextID("1"), Cells: []kit.Cell{{Text: "orders.in"}, {Text: "2,486"}, {Text: "4.9 MB"}}},
		{ID: kit.TextID("2"), Cells: []kit.Cell{{Text: "orders.error"}, {Text: "17"}, {Text: "41 KB"}}},
		{ID: kit.TextID("3"), Cells: []kit.Cell{{Text: "invoices.in"}, {Text: "408"}, {Text: "1.1 MB"}}},
		{ID: kit.TextID("4"), Cells: []kit.Cell{{Text: "stock.moves"}, {Text: "0"}, {Text: "0"}}},
	},
		kit.Column{Key: "queue", Title: "Queue", Sortable: true},
		kit.Column{Key: "messages", Title: "Messages", Width: 96, Kind: kit.KindNumber},
		kit.Column{Key: "size", Title: "Size", Width: 88, Kind: kit.KindNumber})
	g.SetSort(kit.Sort{Key: "queue"})
	w := viewtest.Window(t, g, fyne.NewSize(454, 140))
	g.Focus()
	g.Select(kit.TextID("1"), kit.TextID("2"))
	_ = w
	return panel(24, 360, 456, 184, "Rows, pitch 28 and 32", at(1, 41, 454, 140, g))
}

func colours() fyne.CanvasObject {
	var objs []fyne.CanvasObject
	names := []string{"background", "surface", "raised", "header", "inset", "border", "border-strong", "text", "text2", "muted", "disabled", "accent", "hover", "pressed", "selection", "selection-idle", "focus", "track"}
	for i, n := range names {
		x, y := 17+float32(i%3)*141, 41+float32(i/3)*28
		objs = append(objs,
			at(x, y+4, 32, 20, kit.NewPanel(fyne.ThemeColorName("posthouse."+n), kit.Row()).Framed(4)),
			at(x+40, y+4, 100, 20, kit.NewLabel(n)))
	}
	for i, b := range []*kit.Badge{
		kit.NewBadge("Success", kit.Success).Icon("check-circle"), kit.NewBadge("Warning", kit.Warning).Icon("warning"),
		kit.NewBadge("Danger", kit.Danger).Icon("x-circle"), kit.NewBadge("Info", kit.Info).Icon("info"), kit.NewBadge("Neutral", kit.Neutral).Icon("minus-circle"),
	} {
		objs = append(objs, at(17+float32(i)*84.4, 221, 80, 18, b))
	}
	objs = append(objs, at(17, 249, 300, 18, kit.Row(kit.NewBadge("37", kit.Warning), kit.NewBadge("2", kit.Danger), kit.NewBadge("Changed", kit.Info), kit.NewKeyCap("Ctrl K"))))
	return panel(24, 560, 456, 316, "Colours", objs...)
}

func states() fyne.CanvasObject {
	var objs []fyne.CanvasObject
	column := func(x float32, title string, list ...kit.State) {
		objs = append(objs, at(x, 41, 120, 16, kit.NewMuted(title).High(16)))
		for i, s := range list {
			objs = append(objs, at(x, 59+float32(i)*26, 150, 20, kit.NewStatusCell(s)))
		}
	}
	column(17, "Computers", kit.ComputerConnected, kit.ComputerLocal, kit.ComputerSigningIn, kit.ComputerLimited, kit.ComputerNoAnswer, kit.ComputerCutOff)
	column(161, "Outgoing", kit.OutgoingConnected, kit.OutgoingWaiting, kit.OutgoingStuck, kit.OutgoingIdle, kit.OutgoingValidating, kit.OutgoingPaused, kit.OutgoingNoLink, kit.OutgoingLocked)
	column(311, "Doctor", kit.DoctorPass, kit.DoctorDelayed, kit.DoctorFail, kit.DoctorNotTested)
	return panel(496, 24, 456, 280, "Status words", objs...)
}

func desk() fyne.CanvasObject {
	return panel(496, 320, 456, 96, "Desk words",
		at(17, 41, 420, 20, kit.GapRow(20, kit.NewStatusCell(kit.DeskSaved), kit.NewStatusCell(kit.DeskSending), kit.NewStatusCell(kit.DeskDelivered))),
		at(17, 65, 420, 20, kit.GapRow(20, kit.NewStatusCell(kit.DeskPickedUp), kit.NewStatusCell(kit.DeskAttention))))
}

func iconSheet() fyne.CanvasObject {
	var objs []fyne.CanvasObject
	for i, n := range []string{"home", "queue", "inbox", "dead-letter", "send", "routemap", "directory", "doctor", "desk", "server", "computer", "laptop", "folder", "globe", "settings", "journal", "search", "filter", "funnel-x", "refresh", "sync", "plus", "compose", "edit", "copy", "copy-id", "move", "return", "delete", "purge", "undo", "export", "import", "save", "print", "pause", "play", "stop", "check", "x", "minus", "check-circle", "x-circle", "warning", "info", "question", "clock", "clock-countdown", "hourglass", "link", "link-break", "wifi-slash", "cloud-slash", "lock", "key", "shield", "user", "users", "columns", "sidebar", "caret-right", "caret-down", "caret-updown", "arrow-up", "arrow-down", "arrow-right", "wrap", "code", "hash", "text", "file", "mail", "mail-open", "transactional", "lightning", "eye", "pin", "tag", "history", "zoom-in", "zoom-out", "expand", "open", "more", "database", "disk", "site", "wrench", "bell"} {
		objs = append(objs, at(25+float32(i%13)*32.5, 41+float32(i/13)*30, 16, 16, kit.NewIcon(n, 16, theme.Text2)))
	}
	for i, n := range []string{"home", "dead-letter", "send", "routemap", "directory", "doctor", "desk", "server", "purge", "delete", "warning-fill", "x-circle-fill", "check-circle-fill"} {
		objs = append(objs, at(17+float32(i)*34, 257, 20, 20, kit.NewIcon(n, 20, theme.Text2)))
	}
	return panel(496, 432, 456, 444, "Icons, 16 and 20 px", objs...)
}

func types() fyne.CanvasObject {
	return panel(968, 24, 448, 280, "Type",
		at(17, 41, 414, 28, kit.NewLabel("Title 20 semibold").Face(kit.Bold).Sized(kit.SizeHeading).High(28)),
		at(17, 73, 414, 24, kit.NewHeading("Screen heading 16 semibold")),
		at(17, 103, 414, 20, kit.NewLabel("Section 13 semibold").Face(kit.Bold)),
		at(17, 123, 414, 20, kit.NewLabel("Body 13 regular: Outgoing queue to WMS-ODN01")),
		at(17, 143, 414, 20, kit.NewLabel("Body 13 medium: 1,111,111 and 2,480,917").Face(kit.Medium)),
		at(17, 163, 414, 20, kit.NewMuted("Small 12: since 13:58, 9 of 12 returned")),
		at(17, 183, 414, 16, kit.NewLabel("Caption 11: shortcuts and raw codes").Sized(kit.SizeCaption).Color(theme.Muted).High(16)),
		at(17, 205, 414, 20, kit.NewLabel(`Mono 12: DIRECT=OS:HUB-CPH01\private$\orders.in`).Face(kit.Mono)),
		at(17, 225, 414, 20, kit.NewLabel(`Mono 11: 0xC00E0025 {6f1c2d80-51aa}\20961 != ->`).Face(kit.Mono).Sized(kit.SizeCaption).Color(theme.Muted)),
	)
}

func notes() fyne.CanvasObject {
	return panel(968, 320, 448, 272, "Notes",
		at(17, 41, 414, 36, kit.NewNote(kit.Danger, "Mail is at risk:", "says what happened and what is safe")),
		at(17, 85, 414, 36, kit.NewNote(kit.Warning, "Mail is delayed:", "or something needs a decision")),
		at(17, 129, 414, 36, kit.NewNote(kit.Info, "For information:", "no action needed")),
		at(17, 173, 414, 36, kit.NewNote(kit.Success, "Done:", "as confirmed by the server")),
	)
}

func meters() fyne.CanvasObject {
	meter := func(y float32, label string, part float64, col, ink fyne.ThemeColorName, text string) fyne.CanvasObject {
		m := kit.NewMeter(160)
		m.Set(part, col)
		return at(17, y, 414, 20, kit.GapRow(12, kit.Fixed(56, 20, kit.NewMuted(label)), m, kit.NewLabel(text).Sized(kit.SizeSmall).Color(ink)))
	}
	a, b := kit.NewSparkline(104), kit.NewSparkline(104)
	a.Set([]float64{5, 4.6, 4, 4.4, 5.2, 5.4, 5.2, 5.7, 6.6, 6.5, 6, 5.9, 6.4, 5.8, 6, 5.2, 5.8, 4.7, 5.3, 4.2, 3.7, 2.9, 3.5, 3.6}, theme.Muted)
	b.Set([]float64{2, 2.2, 2.6, 2.3, 2.5, 3, 3.4, 2.9, 2.7, 3.4, 3.2, 3.6, 3.5, 4.4, 4.1, 5, 4.6, 4.4, 5.2, 4.8, 5.6, 6.2, 5.9, 6}, theme.Warning)
	return panel(968, 608, 448, 268, "Meters, sparklines, progress",
		meter(41, "Storage", 0.38, kit.StorageColor(0.38), theme.Muted, "38%"),
		meter(69, "Storage", 0.91, kit.StorageColor(0.91), theme.Warning, "91%"),
		meter(97, "Storage", 1, kit.StorageColor(1), theme.Danger, "Full"),
		meter(125, "Job", 0.62, theme.Accent, theme.Text, "1,240 of 2,000"),
		at(17, 153, 414, 28, kit.GapRow(12, kit.Fixed(56, 20, kit.NewMuted("Depth")), a, b)),
	)
}

// gallery is the sheet of look/light/00-kit.png.
func gallery(t *testing.T) fyne.CanvasObject {
	return kit.NewPanel(theme.Background, container.NewWithoutLayout(
		buttons(), gridPanel(t), colours(), states(), desk(), iconSheet(), types(), notes(), meters(),
	))
}

func TestShotsKit(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		viewtest.Shot(t, "00-kit", gallery(t), fyne.NewSize(1440, 900), v)
	}
}
