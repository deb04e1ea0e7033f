package shell

import (
	"net/netip"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// departures sums up the outgoing queues of all computers.
func (s *Shell) departures() screen.Departures {
	var d screen.Departures
	for _, l := range s.links {
		d.Add(screen.DeparturesOf(s.feed.Of(l.ID).Outgoing))
	}
	return d
}

// outgoingBadge counts the queues that somebody should look after, else those
// whose messages do not leave now.
func outgoingBadge(r *kit.SidebarRow, d screen.Departures) {
	if d.Alarms > 0 {
		badge(r, int64(d.Alarms), kit.Danger)
		return
	}
	badge(r, int64(d.Waits), kit.Neutral)
}

// outgoingRow is the line of a computer's outgoing queues.
func outgoingRow(node string, o screen.Overview) kit.TreeRow {
	row := kit.TreeRow{
		ID: treeID(treeOutgoing, node, ""), Depth: 1, Icon: "send", Text: "Outgoing Queues", Leaf: true,
		Count: screen.Count(int64(len(o.Outgoing))),
	}
	if screen.DeparturesOf(o.Outgoing).Alarms > 0 {
		row.Ink = theme.Danger
	}
	return row
}

// departureRow is the line of an outgoing queue that was found.
func departureRow(node, to string, q *mgmtclient.Queue) kit.TreeRow {
	row := kit.TreeRow{
		ID: treeID(treeLeaving, node, screen.OutgoingName(q)), Depth: 1, Icon: "send", Text: to, Leaf: true,
		Count: screen.Count(screen.OutgoingOf(q).Unsent),
	}
	if screen.LineOf(q).Alarms() {
		row.Ink = theme.Danger
	}
	return row
}

// outgoingItems is the menu of that line.
func (s *Shell) outgoingItems(node string) []*fyne.MenuItem {
	items := []*fyne.MenuItem{kit.MenuItem("Open", "send", func() { s.Open(screen.Route{Screen: screen.Outgoing, Node: node}) })}
	if l := s.find(node); l != nil {
		items = append(items, screen.NetworkItems(s, l.shown)...)
	}
	return append(items, kit.MenuItem("Refresh", "refresh", func() { s.feed.Refresh(node) }))
}

// network are the commands that take the computer in front off the network
// and put it there again.
func (s *Shell) network() screen.Actions {
	when := func(offline bool) func() bool {
		return func() bool {
			l := s.find(s.here.Node)
			return l != nil && l.shown.Client != nil && screen.Offline(s.feed.Of(l.ID).Machine) == offline
		}
	}
	lacks := screen.Needs(s.inFront, mgmtclient.CanMachineAct)
	return screen.Actions{
		screen.CmdOffline: {Run: func() { screen.AskOffline(s, s.inFront()) }, Enabled: when(false), Lacks: lacks},
		screen.CmdOnline:  {Run: func() { screen.GoOnline(s, s.inFront()) }, Enabled: when(true), Lacks: lacks},
	}
}

// reach says who can reach a queue manager.
func reach(m mgmtclient.Machine) string {
	switch {
	case m.State == mq.MachineDisconnected:
		return "off the network"
	case m.Network == nil:
		return "this computer only"
	}
	for _, a := range m.Network.Listening {
		at, err := netip.ParseAddrPort(a)
		if err != nil || !at.Addr().IsLoopback() {
			return "other computers can reach it"
		}
	}
	return "this computer only"
}
