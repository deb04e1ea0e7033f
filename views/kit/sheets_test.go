package kit_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

const orderXML = `<?xml version="1.0" encoding="utf-8"?><Order xmlns="urn:nordhavn:orders:3"><OrderId>4711-2096</OrderId><Placed>2026-11-19T00:03:31+01:00</Placed><Customer no="100482"><Name>Bornholms Isenkram A/S</Name><Port>DKRNN</Port></Customer><Lines count="2"><Line sku="NH-20418" qty="12" unit="PCS"/><Line sku="NH-77120" qty="3" unit="PAL"/></Lines><Currency>DKK</Currency><Total>18240.50</Total></Order>`

func sidebar() fyne.CanvasObject {
	dead, out := kit.NewSidebarRow("dead-letter", "Dead letters", nil), kit.NewSidebarRow("send", "Outgoing", nil)
	dead.SetBadge("37", kit.Warning)
	out.SetBadge("2", kit.Danger)
	nav := kit.Stack(0, kit.NewSidebarRow("home", "Home", nil), dead, out, kit.NewSidebarRow("routemap", "Route map", nil),
		kit.NewSidebarRow("directory", "Directory", nil), kit.NewSidebarRow("doctor", "Doctor", nil), kit.NewSidebarRow("desk", "Desk", nil))
	tree := kit.NewTreeList()
	ok, warn, bad := theme.Success, theme.Warning, theme.Danger
	tree.SetRows([]kit.TreeRow{
		{ID: "lt", Icon: "check-circle", Ink: ok, Text: "LT-ANNA", Count: "38"},
		{ID: "hub", Icon: "check-circle", Ink: ok, Text: "HUB-CPH01", Count: "18,204", Open: true},
		{ID: "out", Depth: 1, Icon: "send", Text: "Outgoing Queues", Count: "8", Leaf: true},
		{ID: "pub", Depth: 1, Icon: "globe", Text: "Public Queues", Count: "8"},
		{ID: "priv", Depth: 1, Icon: "folder", Text: "Private Queues", Count: "41"},
		{ID: "sys", Depth: 1, Icon: "settings", Text: "System Queues", Open: true},
		{ID: "j", Depth: 2, Icon: "journal", Text: "Journal messages", Count: "2,310", Leaf: true},
		{ID: "d", Depth: 2, Icon: "dead-letter", Text: "Dead-letter messages", Count: "0", Leaf: true},
		{ID: "t", Depth: 2, Icon: "dead-letter", Ink: warn, Text: "Transactional dead-letter messages", Count: "23", Leaf: true},
		{ID: "aar", Icon: "check-circle", Ink: ok, Text: "HUB-AAR02", Count: "4,118"},
		{ID: "odn", Icon: "x-circle", Ink: bad, Text: "WMS-ODN01"},
		{ID: "erp", Icon: "check-circle", Ink: ok, Text: "ERP-SQL03", Count: "61,447"},
		{ID: "edi", Icon: "warning", Ink: warn, Text: "EDI-GW01"},
	})
	tree.SetChosen("priv")
	top := kit.Stack(8, kit.NewFindBox("Search or run", "Ctrl K", nil), nav)
	title := kit.Padded(12, 0, 0, 0, kit.SectionTitle("Computers", kit.NewIconButton("plus", "Add a computer", nil).Plain()))
	side := kit.Padded(8, 8, 8, 8, kit.Dock(kit.Stack(0, top, title), nil, nil, nil, tree))
	return kit.NewPanel(theme.Background, side)
}

// wave makes 24 values that differ by seed.
func wave(seed int) []float64 {
	out := make([]float64, kit.SparkPoints)
	v := uint32(seed*7919 + 13)
	level := 0.0
	for i := range out {
		v = v*1664525 + 1013904223
		level += float64(v>>16&0xFF)/255 - 0.5
		out[i] = level
	}
	return out
}

func queuesSheet(t *testing.T) fyne.CanvasObject {
	var queues rows
	for i, q := range [][4]string{
		{"customs.declarations", "Customs export", "112", "0"},
		{"edi.acks", "EDIFACT CONTRL", "0", "0"},
		{"invoices.in", "Invoices from ERP", "408", "408"},
		{"orders.error", "Failed after 5 attempts", "17", "0"},
		{"orders.in", "Orders, web and desks", "2,486", "1,902"},
		{"orders.in.retries", "Rebus deferred", "6", "0"},
		{"price.updates", "Price list, express", "0", "0"},
		{"stock.moves", "Stock movements", "933", "0"},
	} {
		icon := "transactional"
		if i == 6 {
			icon = ""
		}
		queues = append(queues, kit.RowData{ID: kit.TextID(q[0]), Cells: []kit.Cell{
			{Text: q[0], Icon: "queue", Strong: i == 4}, {Text: q[1]}, {Text: q[2]}, {Text: q[3]}, {Icon: icon}, {Values: wave(i)},
		}})
	}
	qg := kit.NewGrid(queues,
		kit.Column{Key: "name", Title: "Name", Sortable: true}, kit.Column{Key: "label", Title: "Label", Width: 190, Kind: kit.KindMuted},
		kit.Column{Key: "n", Title: "Messages", Width: 88, Kind: kit.KindNumber}, kit.Column{Key: "j", Title: "Journal", Width: 76, Kind: kit.KindNumber},
		kit.Column{Key: "t", Title: "Trans.", Width: 56, Kind: kit.KindIcon}, kit.Column{Key: "d", Title: "Depth, 1 h", Width: 92, Kind: kit.KindSpark})
	qg.SetSort(kit.Sort{Key: "name"})
	qg.Select(kit.TextID("orders.in"))
	var messages rows
	for i := range 400 {
		messages = append(messages, kit.RowData{ID: kit.NumID(uint64(i + 1)), Cells: []kit.Cell{
			{Text: "0"},
			{Text: fmt.Sprintf("Order 4711-%d", 2093+i), Icon: "mail"},
			{Text: fmt.Sprintf("00:%02d:25", i%60)},
			{Text: "2.1 KB"},
			{Text: "DESK-RONNE"},
			{Text: fmt.Sprintf("7205759404098%04d", 3041+3*i)},
		}})
	}
	mg := kit.NewGrid(messages,
		kit.Column{Key: "pri", Title: "Pri", Width: 44, Kind: kit.KindNumber}, kit.Column{Key: "label", Title: "Label"},
		kit.Column{Key: "sent", Title: "Sent", Width: 112, Sortable: true}, kit.Column{Key: "size", Title: "Size", Width: 76, Kind: kit.KindNumber},
		kit.Column{Key: "src", Title: "Source", Width: 112, Kind: kit.KindMuted}, kit.Column{Key: "id", Title: "Lookup ID", Width: 152, Kind: kit.KindMono})
	mg.SetSort(kit.Sort{Key: "sent"})
	top := kit.Dock(kit.Stack(0,
		kit.ScreenHeader(kit.NewHeading("HUB-CPH01"), kit.NewIcon("caret-right", 12, theme.Muted), kit.NewLabel("Private Queues").Color(theme.Muted), kit.Spacer(),
			kit.NewButton("New queue", "plus", nil), kit.NewIconButton("refresh", "Refresh", nil), kit.NewIconButton("more", "More", nil)),
		kit.Toolbar(kit.NewField("Filter queues").Icon("filter").Wide(232), kit.NewCheck("Only with messages", false, nil), kit.Spacer(), kit.NewMuted("41 queues")),
	), nil, nil, nil, qg)
	mid := kit.Dock(kit.Stack(0,
		kit.SectionHeader("orders.in", kit.NewLabel("2,486 messages").Color(theme.Muted), kit.NewLabel("4.9 MB").Color(theme.Muted), kit.Spacer(),
			kit.NewButton("Send", "send", nil), kit.NewButton("Move", "move", nil), kit.NewButton("Export", "export", nil), kit.NewButton("Purge", "purge", nil), kit.NewIconButton("columns", "Columns", nil)),
		kit.Toolbar(kit.NewField("Search labels, properties and bodies in this queue").Icon("search").Key("Ctrl F").Wide(428),
			kit.NewSegmented(kit.Choices("Messages", "Journal 1,902", "Subqueues 2"), "Messages", nil)),
	), kit.Footer(kit.NewMuted("Message 1 to 200 of 2,486"), kit.Spacer(), kit.NewMuted("1 selected")), nil, nil, mg)
	view := kit.NewBodyView()
	view.SetBody([]byte(orderXML), body.XML, body.UTF8)
	facts := kit.NewKeyValue(112,
		kit.Pair{Key: "Class", Value: "Normal message"}, kit.Pair{Key: "Message ID", Value: `{6f1c2d80-51aa-4c77-9e11-7c0a2f1e88b4}\20961`, Mono: true},
		kit.Pair{Key: "Sent", Value: "19 Nov 2026 00:03:32"}, kit.Pair{Key: "Arrived", Value: "19 Nov 2026 00:03:33", Tail: "1 s later"},
		kit.Pair{Key: "Expires", Value: "23 Nov 2026 00:03", Tail: "in 3 d 9 h"}, kit.Pair{Key: "Delivery", Value: "Recoverable, transactional"},
		kit.Pair{Key: "Priority", Value: "0"}, kit.Pair{Key: "Correlation", Value: "None", Color: theme.Muted},
		kit.Pair{Key: "Response queue", Value: `HUB-CPH01\private$\orders.replies`}, kit.Pair{Key: "Attempts", Value: "0 aborts, 0 moves"})
	insp := kit.Dock(kit.Stack(0,
		kit.ScreenHeader(kit.NewLabel("Order 4711-2096").Face(kit.Bold), kit.Spacer(), kit.NewIconButton("copy", "Copy", nil).Plain(), kit.NewIconButton("open", "Open", nil).Plain(), kit.NewIconButton("x", "Close", nil).Plain()),
		kit.NewTabs(kit.Choices("General", "Queues", "Sender", "Tracking", "Extension"), "General", nil), facts, kit.NewRule(),
		kit.PaneHeader("Body", kit.NewMuted("3.4 KB"), kit.Spacer(), kit.NewSegmented(kit.Choices("XML", "Text", "Hex"), "XML", nil), kit.NewIconButton("return", "Wrap", nil).Plain(), kit.NewIconButton("save", "Save", nil).Plain()),
	), kit.Footer(kit.NewMuted(".NET XmlMessageFormatter, UTF-8"), kit.Spacer(), kit.NewMuted("Ln 1, Col 1")), nil, nil, view)
	split := kit.NewSplit(kit.NewStackedSplit(top, mid, 344), insp, 408).SizeSecond()
	status := kit.StatusBar(kit.NewStatusCell(kit.ComputerConnected.With("HUB-CPH01: connected since 08:12")).Small(), kit.Spacer(), kit.NewSmall("Refreshed 14:32:07"), kit.NewDivider(), kit.NewSmall("LT-ANNA: queue manager running"))
	frame := kit.Dock(nil, status, kit.Fixed(264, 0, sidebar()), nil, split)
	return kit.NewPanel(theme.Surface, frame)
}

func TestShotsQueuesSheet(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		w := viewtest.Window(t, queuesSheet(t), fyne.NewSize(1440, 872))
		viewtest.ShotOf(t, "kit-queues", w.Canvas(), v)
	}
}

func deadSheet() (fyne.CanvasObject, *kit.Grid) {
	g := kit.NewGrid(letters(), kit.Column{Key: "label", Title: "Label"}, kit.Column{Key: "to", Title: "Was going to", Width: 232, Kind: kit.KindMuted, Cut: kit.Middle},
		kit.Column{Key: "on", Title: "Held on", Width: 120}, kit.Column{Key: "died", Title: "Died", Width: 112, Kind: kit.KindNumber, Sortable: true},
		kit.Column{Key: "size", Title: "Size", Width: 84, Kind: kit.KindNumber}).Checks()
	g.SetSort(kit.Sort{Key: "died", Desc: true})
	bar := kit.SelectionBar(kit.NewLabel("4 selected").Face(kit.Bold), kit.NewLabel("9.1 KB").Color(theme.Muted), kit.Spacer(),
		kit.NewButton("Return to source", "return", nil), kit.NewButton("Send elsewhere", "send", nil), kit.NewButton("Export", "export", nil), kit.NewButton("Delete", "delete", nil), kit.NewIconButton("x", "Clear", nil).Plain())
	return kit.Dock(bar, nil, nil, nil, g), g
}

// grouped is a source with group rows.
type grouped struct{ rows }

func (g grouped) GroupRows() []int {
	var out []int
	for i, r := range g.rows {
		if r.Group != nil {
			out = append(out, i)
		}
	}
	return out
}

func letters() grouped {
	row := func(n int, label, to, on, died, size string) kit.RowData {
		return kit.RowData{ID: kit.NumID(uint64(n)), Cells: []kit.Cell{{Text: label}, {Text: to}, {Text: on}, {Text: died}, {Text: size}}}
	}
	group := func(id string, g kit.Group) kit.RowData { return kit.RowData{ID: kit.TextID(id), Group: &g} }
	more := func(id, text string) kit.RowData {
		return kit.RowData{ID: kit.TextID(id), Fixed: true, Cells: []kit.Cell{{Text: text, Link: true}}}
	}
	return grouped{rows{
		group("g1", kit.Group{Open: true, Icon: "prohibit", Ink: theme.Danger, Text: "There is no such queue at the destination", Code: "BAD_DST_Q", Note: "oldest 11:40 today", Count: "23", Unit: "letters"}),
		row(1, "Move PAL-88120 to B-14", `WMS-ODN01\stock.moves.v2`, "HUB-CPH01", "13:57", "2.2 KB"),
		row(2, "Move PAL-88117 to B-12", `WMS-ODN01\stock.moves.v2`, "HUB-CPH01", "13:55", "2.2 KB"),
		row(3, "Move PAL-88109 to A-03", `WMS-ODN01\stock.moves.v2`, "HUB-CPH01", "13:49", "2.4 KB"),
		row(4, "Count B-07, cycle 46", `WMS-ODN01\stock.moves.v2`, "HUB-CPH01", "13:30", "6.8 KB"),
		more("m1", "Show 16 more"),
		group("g2", kit.Group{Open: true, Icon: "clock-countdown", Ink: theme.Warning, Text: "Not delivered before it expired", Code: "REACH_QUEUE_TIMEOUT", Note: "oldest 17 Nov 22:40", Count: "9", Unit: "letters"}),
		row(5, "IDoc 0000000048211907", `EDI-GW01\sap.idoc.in`, "ERP-SQL03", "09:14", "148 KB"),
		row(6, "IDoc 0000000048211893", `EDI-GW01\sap.idoc.in`, "ERP-SQL03", "09:14", "96 KB"),
		group("g3", kit.Group{Icon: "transactional", Ink: theme.Warning, Text: "Plain message sent to a transactional queue", Code: "NOT_TRANSACTIONAL_MSG", Note: "18 Nov 10:05", Count: "1", Unit: "letter"}),
	}}
}

func TestShotsDeadLetterSheet(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		view, g := deadSheet()
		w := viewtest.Window(t, view, fyne.NewSize(776, 500))
		g.Focus()
		g.SetCurrent(2)
		g.Select(kit.NumID(1), kit.NumID(2), kit.NumID(3))
		viewtest.ShotOf(t, "kit-dead-letters", w.Canvas(), v)
	}
}

func purgeDialog() *kit.Dialog {
	return kit.Confirm{
		Title: "Purge orders.in on HUB-CPH01?", Icon: "purge", Danger: true,
		Text:  []kit.Run{{Text: "All "}, {Text: "2,486 messages", Face: kit.Bold}, {Text: " (4.9 MB) now in this queue will be deleted. Its journal and subqueues stay as they are."}},
		Facts: []kit.Pair{{Key: "Oldest", Value: "18 Nov 23:57, Order 4711-2093"}, {Key: "Newest", Value: "14:31:58, Order 4711-4601"}, {Key: "Being read by", Value: "2 applications right now", Icon: "warning", Ink: theme.Warning}},
		Check: "Keep a copy in the trash for 7 days, so that this can be undone", On: true, Type: "orders.in", Do: "Purge 2,486 messages",
	}.Dialog()
}

func dialogsSheet() fyne.CanvasObject {
	show := func(x, y float32, d *kit.Dialog, w float32) fyne.CanvasObject {
		f := d.Wide(w).Frame()
		return at(x, y, w, f.MinSize().Height, f)
	}
	del := kit.Confirm{
		Title: "Delete 12 dead letters?", Icon: "delete", Danger: true, Do: "Delete 12", Check: "Keep a copy in the trash for 7 days", On: true,
		Text: []kit.Run{{Text: "They are on HUB-CPH01, in its transactional dead-letter queue. None of them was delivered."}},
	}.Dialog()
	computer, as := kit.NewField(""), kit.NewField("")
	computer.SetText("EDI-GW01.dmz.nordhavn.example")
	as.SetText("EDI-GW01")
	form := kit.Stack(16, kit.Padded(4, 0, 0, 0, kit.Form(112,
		kit.FormRow{Label: "Computer", Content: computer},
		kit.FormRow{Label: "Sign in as", Content: kit.NewSelect(kit.Choices("Current user (Kerberos)"), "Current user (Kerberos)", 200, nil)},
		kit.FormRow{Label: "Show as", Content: kit.Grow(0, as, kit.NewSelect(kit.Choices("DMZ"), "DMZ", 120, nil))})),
		kit.NewNote(kit.Warning, "", "Messages can be sent there, but it cannot be browsed. Open TCP 135 and 2103 to 2105 on the DMZ firewall, or add it now and fix that later."))
	add := kit.NewDialog("Add computer", "computer", form).Foot(kit.NewButton("Test again", "refresh", nil).Tall()).
		Buttons(kit.NewButton("Cancel", "", nil), kit.NewButton("Add anyway", "", nil).Primary())
	user, password := kit.NewField(""), kit.NewPasswordField("")
	user.SetText(`NORDHAVN\adm-anna`)
	password.SetText("123456789")
	sign := kit.NewDialog("Sign in to ERP-SQL03", "lock", kit.Stack(12,
		kit.NewParagraph(`The Kerberos ticket of NORDHAVN\anna was not accepted.`).Color(theme.Text2),
		kit.Form(88, kit.FormRow{Label: "User", Content: user}, kit.FormRow{Label: "Password", Content: password}),
		kit.NewCheck("Keep in the system keyring", true, nil))).Buttons(kit.NewButton("Cancel", "", nil), kit.NewButton("Sign in", "", nil).Primary())
	label := kit.NewField("")
	label.SetText("Orders, web and desks")
	props := kit.NewDialog("orders.in on HUB-CPH01", "queue", kit.Form(96,
		kit.FormRow{Label: "Name", Content: kit.NewLabel(`private$\orders.in`)}, kit.FormRow{Label: "Label", Content: kit.Grow(0, label, kit.NewMuted("21/124"))},
	)).Tabs(kit.NewTabs(kit.Choices("General", "Limits", "Security", "Journal"), "General", nil)).
		Foot(kit.NewMuted("F4 opens this")).Buttons(kit.NewButton("Cancel", "", nil), kit.NewButton("Apply", "", nil).Primary())
	return kit.NewPanel(theme.Background, container.NewWithoutLayout(
		show(24, 44, purgeDialog(), 512), show(24, 496, del, 512), show(560, 44, add, 496), show(1080, 44, sign, 336), show(560, 500, props, 432),
		at(1080, 696, 336, 44, kit.UndoBar("Deleted 12 messages", func() {}, func() {})), at(1080, 788, 336, 44, kit.WaitBar("Asking HUB-AAR02, 3 s", func() {})),
		at(1080, 420, 336, 240, job())))
}

func job() fyne.CanvasObject {
	j := kit.NewJobCard()
	j.OnCancel, j.OnDetails = func() {}, func() {}
	j.Set(kit.JobState{
		Icon: "return", Title: "Returning messages to invoices.in", Part: 0.62, Done: "1,240 of 2,000", Rate: "84 per second, about 9 s left",
		Counts: []kit.State{{Icon: "check", Color: theme.Success, Word: "1,236 returned"}, {Icon: "warning", Color: theme.Warning, Word: "4 skipped"}},
		Hint:   "Cancel stops after this batch of 50. What is done stays done.",
	})
	return j
}

func TestShotsDialogSheet(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		viewtest.Shot(t, "kit-dialogs", dialogsSheet(), fyne.NewSize(1440, 900), v)
	}
}

func TestShotsDialogOverWindow(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		w := viewtest.Window(t, queuesSheet(t), fyne.NewSize(1440, 872))
		purgeDialog().Show(w.Canvas())
		viewtest.ShotOf(t, "kit-dialog-shown", w.Canvas(), v)
	}
}

func TestShotsEmptyStates(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		cell := func(e *kit.EmptyState, i int) fyne.CanvasObject {
			return at(24+float32(i)*472, 24, 448, 268, kit.NewPanel(theme.Surface, e).Framed(8))
		}
		viewtest.Shot(t, "kit-empty", kit.NewPanel(theme.Background, container.NewWithoutLayout(
			cell(kit.NewEmptyState("computer", "No computers yet", "Start with the queue manager on this laptop, or add one that you look after.", kit.NewButton("Start one here", "play", nil).Primary(), kit.NewButton("Add computer", "plus", nil)), 0),
			cell(kit.NewEmptyState("lock", "You may not read this queue", `ERP-SQL03 said no: NORDHAVN\anna lacks Peek Message on sap.idoc.out.`, kit.NewButton("Sign in as someone else", "user", nil), kit.NewButton("Show permissions", "key", nil)).IconColor(theme.Warning).Code("MQ_ERROR_ACCESS_DENIED 0xC00E0025"), 1),
			cell(kit.NewEmptyState("save", "Nothing entered yet today", "Entries are stored on this computer first and go out when there is a line.", kit.NewButton("New entry", "plus", nil).Primary()).IconColor(theme.Info), 2),
		)), fyne.NewSize(1440, 316), v)
	}
}

func TestShotsBodies(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		hex, text := kit.NewBodyView(), kit.NewBodyView()
		hex.SetBody([]byte(orderXML), body.Hex, body.UTF8)
		big := make([]byte, 4<<20)
		for i := range big {
			big[i] = "lorem ipsum \x00\x1b[31m "[i%19]
		}
		text.OnAllInHex = func() {}
		text.SetWrap(true)
		text.SetBody(big, body.Text, body.UTF8)
		viewtest.Shot(t, "kit-bodies", container.NewGridWithColumns(2, hex, text), fyne.NewSize(1400, 400), v)
	}
}

func TestShotsMenu(t *testing.T) {
	for _, v := range viewtest.Variants {
		viewtest.NewApp(t, v)
		back := kit.NewPanel(theme.Background, container.NewWithoutLayout())
		w := viewtest.Window(t, back, fyne.NewSize(336, 300))
		m := kit.ShowMenu(back, fyne.NewPos(24, 24), kit.KeyItem("Open", "open", "Enter", nil), kit.KeyItem("Copy body", "copy", "Ctrl C", nil), kit.MenuItem("Copy message ID", "copy-id", nil), kit.MenuSeparator(),
			kit.KeyItem("Move to…", "move", "Ctrl M", nil), kit.KeyItem("Return to source…", "return", "F8", nil), kit.KeyItem("Edit and resend…", "compose", "Ctrl E", nil), kit.MenuItem("Export…", "export", nil), kit.MenuSeparator(), kit.DangerItem("Delete…", "delete", "Del", nil))
		for range 4 {
			m.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		}
		viewtest.ShotOf(t, "kit-menu", w.Canvas(), v)
	}
}
