package preferences

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/views/body"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// segment is a choice of a few words.
func (v *View) segment(list []kit.Choice, get func(*choices) string, set func(*choices, string)) fyne.CanvasObject {
	s := kit.NewSegmented(list, "", func(id string) { v.edit(func(c *choices) { set(c, id) }) })
	v.syncs = append(v.syncs, func() { s.SetChosen(get(&v.p.now)) })
	return s
}

// pick is a choice of many words.
func (v *View) pick(list []kit.Choice, width float32, get func(*choices) string, set func(*choices, string)) fyne.CanvasObject {
	s := kit.NewSelect(list, "", width, func(id string) { v.edit(func(c *choices) { set(c, id) }) })
	v.syncs = append(v.syncs, func() { s.SetChosen(get(&v.p.now)) })
	return s
}

// tick is a yes or no.
func (v *View) tick(text string, get func(*choices) *bool) *kit.Check {
	c := kit.NewCheck(text, false, func(on bool) { v.edit(func(x *choices) { *get(x) = on }) })
	v.syncs = append(v.syncs, func() { c.SetChecked(*get(&v.p.now)) })
	return c
}

// quotaField is a limit that may be switched off.
func (v *View) quotaField(on func(*choices) *bool, kb func(*choices) *int64) fyne.CanvasObject {
	check := v.tick("At most", on)
	n := kit.NewNumberField(1, 1, int64(mq.Unlimited)-1, 112)
	n.OnNumber = func(k int64) { v.edit(func(c *choices) { *kb(c) = k }) }
	v.syncs = append(v.syncs, func() {
		if now, ok := n.Value(); !ok || now != *kb(&v.p.now) {
			n.SetValue(*kb(&v.p.now))
		}
		n.SetEnabled(*on(&v.p.now))
	})
	return kit.Row(check, n, kit.NewLabel("KB").Color(theme.Muted))
}

func (v *View) appearance() *section {
	var scales []kit.Choice
	for _, s := range []int{80, 90, 100, 110, 125, 150, 175, 200} {
		scales = append(scales, kit.Choice{ID: strconv.Itoa(s), Text: fmt.Sprintf("%d%%", s)})
	}
	return newSection("appearance", "sidebar", "Appearance", nil,
		newRow(setTheme, setTheme, "dark light system colours", v.segment([]kit.Choice{{ID: "system", Text: "Follow the system"}, {ID: "light", Text: "Light"}, {ID: "dark", Text: "Dark"}},
			func(c *choices) string { return c.theme }, func(c *choices, s string) { c.theme = s }), plainHint("At once, when saved.")),
		newRow(setRows, setRows, "compact roomy grid", v.segment([]kit.Choice{{ID: "28", Text: "Compact 28"}, {ID: "32", Text: "Roomy 32"}},
			func(c *choices) string { return strconv.Itoa(c.rowHeight) }, func(c *choices, s string) { c.rowHeight, _ = strconv.Atoi(s) }), plainHint("Grids and lists.")),
		newRow(setScale, setScale, "zoom size larger text", v.pick(scales, 104,
			func(c *choices) string { return strconv.Itoa(c.scale) }, func(c *choices, s string) { c.scale, _ = strconv.Atoi(s) }), plainHint("Everything in the window, beside what the system scales. When the window is opened again.")),
		newRow(setTimes, setTimes, "zone utc local", v.pick([]kit.Choice{{ID: "local", Text: "This computer’s time zone"}, {ID: "utc", Text: "UTC"}}, 216,
			func(c *choices) string { return c.times }, func(c *choices, s string) { c.times = s }), plainHint("The message keeps its own.")),
	)
}

func (v *View) manager() *section {
	v.state = kit.NewStatusCell(kit.ComputerSigningIn.With("Asking"))
	v.offline = kit.NewNote(kit.Danger, "", "")
	v.offline.Hide()
	v.name, v.folder = kit.NewField(""), kit.NewField("").Mono()
	v.name.SetEnabled(false)
	v.folder.SetEnabled(false)
	v.stored = plainHint("")
	v.result = kit.NewNote(kit.Success, "", "")
	v.result.Hide()
	v.managed = []*row{
		newRow("Name", "", "computer", kit.Fixed(216, 0, v.name), plainHint("Other computers send to this name. It is chosen when the queue manager is first started.")),
		newRow("Data folder", "", "path disk", kit.Row(kit.Fixed(272, 0, v.folder), kit.NewButton("Open", "folder-open", v.openFolder)), v.stored),
		newRow(setLimit, setLimit, "quota size full", v.quotaField(func(c *choices) *bool { return &c.limited }, func(c *choices) *int64 { return &c.limitKB }),
			plainHint("When it is full, new messages are refused; what is here stays.")),
		newRow(setJournal, setJournal, "quota copies", v.quotaField(func(c *choices) *bool { return &c.journalLimited }, func(c *choices) *int64 { return &c.journalKB }),
			plainHint("When it is full, journal copies are left out without a word.")),
		newRow(setProfile, setProfile, "strict compatible permissions rights everyone", v.segment([]kit.Choice{{ID: "strict", Text: "Strict"}, {ID: "compat", Text: "Compatible"}},
			func(c *choices) string { return c.profile }, func(c *choices, s string) { c.profile = s }),
			riskyHint("Compatible lets everyone do everything", "with queues made outside a domain, as Windows does. Strict: owners do everything, others only what they were given.")),
		newRow("Store", "", "check tidy damaged verify space disk", kit.Row(kit.NewButton("Check the store", "check-circle", v.check), kit.NewButton("Give back space", "disk", v.tidy)),
			plainHint("A check verifies every queue and message and changes nothing. Giving back space never touches a message.")),
	}
	s := newSection("manager", "laptop", "This computer’s queue manager", []fyne.CanvasObject{v.state}, v.managed...)
	s.box.Objects = []fyne.CanvasObject{kit.Stack(0, s.box.Objects[0], kit.Padded(0, 24, 8, 24, v.offline), kit.Padded(0, 24, 8, 24, v.result))}
	return s
}

func (v *View) reading() *section {
	encodings := []kit.Choice{{ID: automatic, Text: "Recognise it"}}
	for _, e := range body.Encodings() {
		encodings = append(encodings, kit.Choice{ID: string(e), Text: string(e)})
	}
	number := func(least, most int64, get func(*choices) *int) *kit.NumberField {
		n := kit.NewNumberField(least, least, most, 72)
		n.OnNumber = func(k int64) { v.edit(func(c *choices) { *get(c) = int(k) }) }
		v.syncs = append(v.syncs, func() {
			if now, ok := n.Value(); !ok || now != int64(*get(&v.p.now)) {
				n.SetValue(int64(*get(&v.p.now)))
			}
		})
		return n
	}
	return newSection("reading", "list", "Lists and bodies", nil,
		newRow(setRefresh, setRefresh, "interval counters live seconds", kit.Row(kit.NewLabel("At least every"), number(1, 3600, func(c *choices) *int { return &c.refresh }), kit.NewLabel("s").Color(theme.Muted)),
			plainHint("Counters follow changes by themselves; this is for what tells nothing. From the next connection on.")),
		newRow(setPage, setPage, "messages at once", kit.Row(number(50, 1000, func(c *choices) *int { return &c.page }), kit.NewLabel("messages").Color(theme.Muted)),
			plainHint("How many are asked for at once, 50 to 1,000.")),
		newRow(setEncoding, setEncoding, "utf characters body text", v.pick(encodings, 168,
			func(c *choices) string {
				if c.encoding == "" {
					return automatic
				}
				return c.encoding
			}, func(c *choices, s string) {
				if s == automatic {
					s = ""
				}
				c.encoding = s
			}), plainHint("Of bodies that do not say it.")),
		newRow(setWrap, setWrap, "wrap body text", v.tick("Wrap them", func(c *choices) *bool { return &c.wrap }), plainHint("In bodies shown as text.")),
	)
}

const automatic = "auto"

func (v *View) sending() *section {
	return newSection("sending", "compose", "New messages", nil,
		newRow(setExpress, setExpress, "express recoverable", v.segment([]kit.Choice{{ID: "express", Text: "Express"}, {ID: "recoverable", Text: "Recoverable"}},
			func(c *choices) string {
				if c.express {
					return "express"
				}
				return "recoverable"
			}, func(c *choices, s string) { c.express = s == "express" }),
			riskyHint("Express messages are lost on a restart.", "They wait in memory only, and are faster for it.")),
		newRow(setDeadLetter, setDeadLetter, "dead letters", v.tick("Keep in dead letters", func(c *choices) *bool { return &c.deadLetter }),
			plainHint("A message that cannot be delivered or expires is kept with the reason instead of vanishing.")),
	)
}

func (v *View) desk() *section {
	folder := kit.NewField("forms, in the data folder").Mono()
	folder.OnChanged = func(s string) { v.edit(func(c *choices) { c.forms = strings.TrimSpace(s) }) }
	v.syncs = append(v.syncs, func() { folder.SetText(v.p.now.forms) })
	choose := kit.NewButton("Choose", "folder-open", func() {
		v.host.OpenFile("Choose a form; those beside it are taken too", func(path string) {
			v.edit(func(c *choices) { c.forms = filepath.Dir(path) })
		})
	})
	return newSection("desk", "desk", "Desk", nil,
		newRow(setForms, setForms, "yaml operator entries folder", kit.Row(kit.Fixed(272, 0, folder), choose),
			plainHint("The folder whose forms say what can be entered, and where it goes.")),
		newRow(setDeskOnly, setDeskOnly, "operator alone", v.tick("Nothing but the Desk", func(c *choices) *bool { return &c.deskOnly }),
			plainHint("For operators, from the next start on: no queues and no settings. Whole window, in its menu View, ends it.")),
	)
}

func (v *View) safety() *section {
	from := func(n int, text string) kit.Choice { return kit.Choice{ID: strconv.Itoa(n), Text: text} }
	return newSection("safety", "shield", "Confirmations", nil,
		newRow(setTypeFrom, setTypeFrom, "purge delete confirm type name ask", v.pick([]kit.Choice{
			from(1, "Type the name, always"), from(100, "Type the name from 100 messages on"), from(10_000, "Type the name from 10,000 messages on"), from(1<<30, "Only ask"),
		}, 288, func(c *choices) string { return strconv.Itoa(c.typeFrom) }, func(c *choices, s string) { c.typeFrom, _ = strconv.Atoi(s) }),
			plainHint("Purging or deleting a queue always asks first and leans to Cancel.")),
	)
}

func (v *View) backup() *section {
	return newSection("backup", "archive", "Export and import", nil,
		newRow("Export", "", "backup save file all queues", kit.Row(kit.NewButton("Export all queues…", "export", v.p.ExportAll)),
			plainHint("Queues, messages and journals with every property, to one file that can be read back here or elsewhere.")),
		newRow("Import", "", "restore load file", kit.Row(kit.NewButton("Import…", "import", v.p.Import)),
			plainHint("The file is checked whole first. You see what is in it before anything is changed.")),
	)
}

// keyboard lists the shortcuts of the command table.
func (v *View) keyboard() *section {
	var keys []screen.Command
	for _, c := range v.host.Commands().All() {
		if c.Keys != "" {
			keys = append(keys, c)
		}
	}
	half := (len(keys) + 1) / 2
	column := func(list []screen.Command) fyne.CanvasObject {
		col := kit.Stack(0)
		for _, c := range list {
			col.Add(kit.Fixed(0, 28, kit.Padded(4, 16, 4, 16, kit.Row(kit.NewLabel(plainTitle(c.Title)), kit.Spacer(), kit.NewKeyCap(c.Keys.Shown())))))
		}
		return col
	}
	table := kit.NewPanel(theme.Surface, kit.Padded(1, 1, 1, 1, twoColumns(column(keys[:half]), column(keys[half:])))).Framed(6)
	s := newSection("keyboard", "keyboard", "Keyboard", nil)
	words := ""
	for _, c := range keys {
		words += c.Title + " " + c.Keys.Shown() + " "
	}
	r := newRow("", "", words, kit.NewLabel(""), nil)
	r.box.Objects = []fyne.CanvasObject{table}
	r.box.Layout = fill{}
	hint := newRow("", "", words, kit.NewLabel(""), nil)
	hint.box.Objects = []fyne.CanvasObject{kit.Hint("info", theme.Muted, plainHint("No key purges a queue: every purge asks first."))}
	hint.box.Layout = fill{}
	s.rows = []*row{r, hint}
	s.box.Objects = []fyne.CanvasObject{kit.PaddedStack(8, 24, 8, s.head, r.box, hint.box)}
	return s
}

// plainTitle is a command's title without the dots that stand for a dialog.
func plainTitle(s string) string {
	r := []rune(s)
	if n := len(r); n > 0 && r[n-1] == '…' {
		return string(r[:n-1])
	}
	return s
}
