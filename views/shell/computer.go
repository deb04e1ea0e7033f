package shell

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// inFront is the computer of the screen in front.
func (s *Shell) inFront() screen.Node {
	n, _ := s.Node(s.here.Node)
	return n
}

// frontHas is the computer of the screen in front with one of its capabilities.
func frontHas[T any](s *Shell) (screen.Node, T, bool) {
	n := s.inFront()
	if n.Client == nil {
		var none T
		return n, none, false
	}
	c, ok := mgmtclient.Can[T](n.Client)
	return n, c, ok
}

// computers are the commands about the computer in front and the list of them.
func (s *Shell) computers() screen.Actions {
	id := func() string { return s.inFront().ID }
	form := func(name screen.Name) screen.Act {
		return screen.Act{
			Run:     func() { s.Open(screen.Route{Screen: name, Node: id()}) },
			Enabled: func() bool { return s.leads(name) && s.saves(id()) },
		}
	}
	return screen.Actions{
		screen.CmdAddComputer:  {Run: func() { s.Open(screen.Route{Screen: screen.AddComputer}) }, Enabled: func() bool { return s.leads(screen.AddComputer) }},
		screen.CmdEditComputer: form(screen.EditComputer),
		screen.CmdForget:       form(screen.RemoveComputer),
		screen.CmdSignIn:       form(screen.SignIn),
		screen.CmdReconnect: {
			Run:     func() { s.Connect(id()) },
			Enabled: func() bool { n := s.inFront(); return n.Silent() || lost(s.feed.Of(n.ID).Err) },
		},
		screen.CmdDisconnect: {
			Run:     func() { s.Disconnect(id()) },
			Enabled: func() bool { return s.saves(id()) && s.inFront().State != screen.LetGo },
		},
		screen.CmdComputerInfo: {Run: s.computerInfo, Enabled: s.connected},
		screen.CmdOffers:       {Run: func() { s.offers(s.inFront()) }, Enabled: s.connected},
		screen.CmdCheck:        {Run: s.check, Enabled: s.connected, Lacks: screen.Needs(s.inFront, mgmtclient.CanMachineAdmin)},
		screen.CmdTidy:         {Run: s.tidy, Enabled: s.connected, Lacks: screen.Needs(s.inFront, mgmtclient.CanMachineAct)},
	}
}

// saves reports whether a computer is one that somebody added.
func (s *Shell) saves(id string) bool {
	l := s.find(id)
	return l != nil && l.book != nil
}

// offers tells what can be done with a computer, and what cannot and why.
func (s *Shell) offers(n screen.Node) {
	can, why := kit.Stack(4), map[string]*fyne.Container{}
	var reasons []fyne.CanvasObject
	for _, o := range n.Offers() {
		if o.Why == "" {
			can.Add(kit.Row(kit.NewIcon("check-circle", 16, theme.Success), kit.NewLabel(o.What)))
			continue
		}
		if why[o.Why] == nil {
			why[o.Why] = kit.Stack(4)
			reasons = append(reasons, kit.NewRule(), kit.Stack(4, why[o.Why], kit.Padded(0, 0, 0, 24, kit.NewParagraph(o.Why).Color(theme.Text2))))
		}
		why[o.Why].Add(kit.Row(kit.NewIcon("minus-circle", 16, theme.Neutral), kit.NewLabel(o.What)))
	}
	body := append([]fyne.CanvasObject{can}, reasons...)
	d := kit.NewDialog("What can be done on "+n.Name, "computer", kit.Stack(12, body...)).Wide(464)
	closing := kit.NewButton("Close", "", d.Close)
	d.Buttons(closing).FirstFocus(closing)
	s.Show(d)
}

// check verifies the store of a queue manager.
func (s *Shell) check() {
	n, admin, ok := frontHas[mgmtclient.MachineAdmin](s)
	if !ok {
		return
	}
	var result mgmtclient.CheckResult
	s.Job(screen.Job{
		Icon: "check-circle", Node: n.ID, Title: "Checking the store of " + n.Name, Hint: "Cancel stops the check; nothing is changed by it.",
		Run: func(run *screen.JobRun) (err error) {
			result, err = admin.Check(run.Context())
			return err
		},
		Then: func(p screen.Progress, err error) {
			what := "Checked the store of " + n.Name
			switch {
			case p.Stopped:
				s.Done(screen.Action{What: what, Result: "Stopped", Tone: kit.Neutral})
			case err != nil:
				s.Fail("The store of "+n.Name+" could not be checked", err)
			case len(result.Problems) > 0:
				details := func() { s.problems(n.Name, result.Problems) }
				s.Done(screen.Action{What: what, Result: screen.Many(int64(len(result.Problems)), "problem"), Tone: kit.Danger, Details: details})
				details()
			default:
				s.Done(screen.Action{
					What:   fmt.Sprintf("%s: %s in %s", what, screen.Many(result.Messages, "message"), screen.Many(int64(result.Queues), "queue")),
					Result: "No problem", Tone: kit.Success,
				})
			}
		},
	})
}

func (s *Shell) problems(name string, list []string) {
	var runs []kit.Run
	for i, p := range list[:min(len(list), 12)] {
		if i > 0 {
			runs = append(runs, kit.Run{Text: "\n"})
		}
		runs = append(runs, kit.Run{Text: kit.Shorten(p)})
	}
	if more := len(list) - 12; more > 0 {
		runs = append(runs, kit.Run{Text: "\nand " + screen.Count(int64(more)) + " more", Color: theme.Muted})
	}
	d := kit.NewDialog("The store of "+name+" is damaged", "warning-fill", kit.NewRuns(runs...)).Wide(512)
	copied := kit.NewButton("Copy", "copy", func() { s.Copy(strings.Join(list, "\n"), "the problems") })
	d.Foot(copied)
	d.Buttons(kit.NewButton("Close", "", d.Close))
	s.Show(d)
}

// tidy gives unused storage back to the disk.
func (s *Shell) tidy() {
	n, actions, ok := frontHas[mgmtclient.MachineActions](s)
	if !ok {
		return
	}
	var result mgmtclient.TidyResult
	s.Job(screen.Job{
		Icon: "disk", Node: n.ID, Title: "Giving back disk space of " + n.Name, Hint: "No message is removed by it.",
		Run: func(run *screen.JobRun) (err error) {
			result, err = actions.Tidy(run.Context())
			return err
		},
		Then: func(p screen.Progress, err error) {
			if err != nil && !p.Stopped {
				s.Fail("Disk space could not be given back", err)
				return
			}
			s.Done(screen.Action{
				What:   "Gave back disk space of " + n.Name,
				Result: screen.Size(max(0, result.BytesBefore-result.BytesAfter)), Tone: kit.Success,
			})
		},
	})
}

// computerInfo tells everything about a queue manager.
func (s *Shell) computerInfo() {
	l := s.find(s.here.Node)
	if l == nil || l.shown.Client == nil {
		return
	}
	client := l.shown.Client
	screen.Load(s.scope, func(ctx context.Context) (mgmtclient.Machine, error) { return client.Machine(ctx) },
		func(m mgmtclient.Machine, err error) {
			if err != nil {
				s.Fail(l.shown.Name+" could not be asked", err)
				return
			}
			d := kit.NewDialog(l.shown.Name, "computer", kit.NewKeyValue(128, s.machinePairs(l, m)...).Inset(0)).Wide(512)
			d.Buttons(kit.NewButton("Close", "", d.Close))
			s.Show(d)
		})
}

func (s *Shell) machinePairs(l *link, m mgmtclient.Machine) []kit.Pair {
	runs := "outside this window, as a service or in another one"
	switch {
	case l.own:
		runs = "in this window, and ends with it"
	case l.book != nil:
		runs = "on " + l.shown.Address
	}
	state := kit.Pair{Key: "Network", Value: "Online"}
	if m.State != "CONNECTED" {
		state.Value = "Working offline"
	}
	var pairs []kit.Pair
	if !m.ID.IsZero() {
		pairs = append(pairs, kit.Pair{Key: "Identifier", Value: m.ID.String(), Mono: true})
	}
	add := func(key, value, tail string, known bool) {
		if known {
			pairs = append(pairs, kit.Pair{Key: key, Value: value, Tail: tail})
		}
	}
	version := m.Version
	if l.book == nil {
		version = "Posthouse " + version
	}
	told := !m.Started.IsZero() // one that is managed over the network tells less
	add("Version", version, "", m.Version != "")
	add("Runs", runs, "", true)
	add("Name", m.Name, "as it calls itself", m.Name != l.shown.Name)
	add("Signed in as", l.shown.As, "", l.book != nil && l.shown.As != "")
	add("Started", screen.FullTime(m.Started, s.Now()), "", told)
	pairs = append(pairs, state)
	if m.DataFolder != "" {
		pairs = append(pairs, kit.Pair{Key: "Data folder", Value: m.DataFolder, Mono: true})
	}
	add("Messages", screen.Count(m.Messages), screen.Size(m.Bytes)+" in "+screen.Many(int64(m.Queues), "queue"), true)
	add("Express", screen.Count(m.ExpressCount), screen.Size(m.ExpressBytes)+" in memory, lost on a stop", told)
	add("Storage limit", quota(m.QuotaKB), "", told)
	add("Journal limit", quota(m.JournalQuotaKB), "", told)
	add("Since the start", screen.Count(m.Received)+" came, "+screen.Count(m.Removed)+" were taken", "", told)
	add("Security", screen.Title(m.Profile), "", m.Profile != "")
	return pairs
}

func quota(kb *uint32) string {
	if kb == nil {
		return "No limit"
	}
	return screen.Size(int64(*kb) << 10)
}

// showKeys lists the keys.
func (s *Shell) showKeys() {
	var pairs []kit.Pair
	for _, c := range s.commands.All() {
		if c.Keys != "" {
			pairs = append(pairs, kit.Pair{Key: c.Keys.Shown(), Value: strings.TrimSuffix(c.Title, "…")})
		}
	}
	pairs = append(pairs,
		kit.Pair{Key: "Shift ↑ ↓", Value: "Select a range"},
		kit.Pair{Key: "Ctrl Shift ↑ ↓", Value: "Add a range"},
		kit.Pair{Key: "Ctrl A", Value: "Select all in the list"},
		kit.Pair{Key: "Enter", Value: "Details, Esc closes them"},
	)
	half := (len(pairs) + 1) / 2
	left, right := kit.NewKeyValue(112, pairs[:half]...).Inset(0), kit.NewKeyValue(112, pairs[half:]...).Inset(0)
	// One above the other they are as high as the room: the shorter one too
	// begins at the top.
	column := func(o fyne.CanvasObject) fyne.CanvasObject { return kit.Fixed(296, 0, kit.Stack(0, o)) }
	d := kit.NewDialog("Keyboard", "keyboard", screen.Side(1, column(left), column(right))).Wide(648)
	closing := kit.NewButton("Close", "", d.Close)
	d.Buttons(closing).FirstFocus(closing)
	s.Show(d)
}

// findQueue asks for a queue by name: for narrow windows, which have no tree.
func (s *Shell) findQueue() {
	t := newTree()
	list := kit.NewTreeList()
	field := kit.NewField("Name or label of a queue").Icon("search").Tall()
	var d *kit.Dialog
	open := func(id string) {
		if r, ok := t.route(id); ok {
			d.Close()
			s.Open(r)
		}
	}
	var fill func(text string)
	none := nothingFound(func() {
		field.SetText("")
		fill("")
		field.Focus()
	})
	fill = func(text string) {
		t.filter = strings.ToLower(strings.TrimSpace(text))
		rows := t.rows(s.Nodes(), s.feed)
		list.SetRows(rows)
		sayFound(none, s, t, rows)
	}
	field.OnChanged = fill
	field.OnSubmit = func(string) {
		for _, r := range list.Rows() {
			if leadsToQueue(r.ID) {
				open(r.ID)
				return
			}
		}
	}
	field.OnKey = func(ev *fyne.KeyEvent) bool {
		if ev.Name == fyne.KeyDown {
			list.Focus()
			return true
		}
		return false
	}
	list.OnActivate = open
	list.OnToggle = func(id string, on bool) {
		t.toggle(id, on)
		list.SetRows(t.rows(s.Nodes(), s.feed))
	}
	fill("")
	d = kit.NewDialog("Find a queue", "search", kit.Stack(8, field, kit.Fixed(0, 10*28, container.NewStack(list, none)))).Wide(480)
	d.Buttons(kit.NewButton("Close", "", d.Close))
	d.FirstFocus(field.Focusable())
	s.Show(d)
}
