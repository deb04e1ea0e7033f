package queues

import (
	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
)

// Actions is screen.Screen's.
func (v *View) Actions() screen.Actions {
	one := func() bool { return v.msgs.grid.SelectedCount() == 1 }
	some := func() bool { return v.msgs.grid.SelectedCount() > 0 }
	private := func() bool {
		_, ok := v.p.Queue()
		return ok && v.p.Stored()
	}
	lacks := func(need mgmtclient.Capability) func() string {
		return func() string { return v.p.Lacks(need) }
	}
	connected := func() bool { return v.p.Node().Client != nil }
	return screen.Actions{
		screen.CmdNewQueue: {Run: func() { v.open(screen.NewQueue, "") }, Enabled: connected, Lacks: lacks(mgmtclient.CanAdmin)},
		screen.CmdProperties: {
			Run:     func() { v.open(screen.Properties, v.path()) },
			Enabled: func() bool { _, ok := v.p.Queue(); return ok },
		},
		screen.CmdPurge: {
			Run: func() { v.open(screen.PurgeQueue, v.p.Path()) }, Lacks: lacks(mgmtclient.CanPurge),
			Enabled: func() bool {
				q, _ := v.p.Queue()
				part, _ := v.p.Part()
				return connected() && v.p.Path() != "" && (q.Outgoing == nil || part == InQueue)
			},
		},
		screen.CmdDeleteQueue: {
			Run: func() { v.open(screen.DeleteQueue, v.path()) }, Lacks: lacks(mgmtclient.CanAdmin),
			Enabled: func() bool { return connected() && private() },
		},
		screen.CmdOpenJournal: {Run: func() { v.p.SetPart(InJournal, "") }, Enabled: private},
		screen.CmdSend:        {Run: func() { v.open(screen.Compose, v.path()) }, Enabled: connected, Lacks: lacks(mgmtclient.CanSend)},
		screen.CmdOpenMessage: {Run: func() { v.openMessage() }, Enabled: one},
		screen.CmdDelete: {
			Run:     func() { queueforms.DeleteMessages(v.host, v.p.selection()) },
			Enabled: some, Lacks: lacks(mgmtclient.CanRemove),
		},
		screen.CmdMove: {
			Run:     func() { queueforms.MoveMessages(v.host, v.p.selection()) },
			Enabled: some, Lacks: lacks(mgmtclient.CanMove),
		},
		screen.CmdCopyTo: {
			Run:     func() { queueforms.CopyMessages(v.host, v.p.stay()) },
			Enabled: some, Lacks: lacks(mgmtclient.CanMove),
		},
		screen.CmdReturn: {
			Run: v.askReturn, Lacks: lacks(mgmtclient.CanMove),
			Enabled: func() bool { return some() && v.p.CanReturn() },
		},
		screen.CmdResend: {Run: v.resend, Enabled: one, Lacks: lacks(mgmtclient.CanSend)},
		screen.CmdExport: {
			Run: func() {
				v.host.SaveFile("Export messages", v.p.ExportName(), v.p.Export)
			},
			Enabled: func() bool { return v.p.CanExport() && v.p.Path() != "" }, Lacks: lacks(mgmtclient.CanExport),
		},
		screen.CmdCopy:   {Run: v.p.CopyRows, Enabled: some},
		screen.CmdCopyID: {Run: v.p.CopyID, Enabled: some},
		screen.CmdSaveBody: {Run: v.details.SaveBody, Enabled: func() bool {
			shown, _ := v.p.Inspector.Shown()
			return shown && v.p.Inspector.Message().BodySize > 0
		}},
		screen.CmdSelectAll: {Run: func() { v.msgs.grid.SelectAll(); v.msgs.grid.Focus() }},
		screen.CmdFilter: {Run: func() {
			v.setFull(false)
			v.msgs.field.Focus()
			v.msgs.field.SelectAll()
		}},
		screen.CmdInspector: {Run: func() { v.showInspector(!v.showing) }},
		screen.CmdColumns:   {Run: func() { kit.ShowMenuBelow(v.msgs.field, v.msgs.grid.ColumnMenu()...) }},
		screen.CmdRefresh:   {Run: v.p.Refresh},
	}
}

// path is the path name of the chosen queue.
func (v *View) path() string {
	q, ok := v.p.Queue()
	if !ok || !v.p.Stored() {
		return ""
	}
	return q.PathName
}

func (v *View) open(name screen.Name, queue string) {
	v.host.Open(screen.Route{Screen: name, Node: v.p.Node().ID, Queue: queue})
}

// openMessage fills the screen with the details of the current message.
func (v *View) openMessage() {
	if !v.showing {
		v.showing = true
	}
	v.setFull(true)
}

func (v *View) resend() {
	if id, ok := v.msgs.grid.Current(); ok {
		v.host.Open(screen.Route{
			Screen: screen.Compose, Node: v.p.Node().ID, Queue: v.p.Path(), Lookup: mgmtclient.LookupID(id.Num),
		})
	}
}

func (v *View) askReturn() {
	n := int64(v.msgs.grid.SelectedCount())
	var note fyne.CanvasObject
	if k := v.p.arrived(); k > 0 {
		note = kit.NewNote(kit.Warning, screen.Count(k)+" of "+screen.Count(n)+" had arrived.",
			"By its class such a message was in its queue: an application may have seen it, and would see it twice.")
	}
	leaves := screen.InOneTransaction
	if !v.p.Node().Local {
		leaves = screen.OnceStored
	}
	v.host.Show(kit.Confirm{
		Title: "Return " + screen.Many(n, "message") + "?", Icon: "return", Note: note,
		Text: []kit.Run{{Text: "Each is sent anew, with a new ID, to the queue it was going to, and leaves the dead-letter queue " + leaves + "."}},
		Do:   "Return " + screen.Count(n), OnDo: func(bool) { v.p.Return() },
	}.Dialog())
}
