package preferences

import (
	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// netSwitch is a yes or no of how messages travel.
type netSwitch struct {
	name, words, text string
	bold, hint        string // bold: what is risky of it
	now               func(*mgmtclient.Network) bool
	set               func(*mgmtclient.MachineSettings, *bool)
}

// netSwitches are those that the window sets; the resend schedule is for the
// command line.
var netSwitches = [...]netSwitch{
	{
		"Hardened mode", "http only listener locked security internet", "Only HTTP may come and go", "Nothing else leaves or comes in.",
		"Messages for other computers are kept, locked. Cancelling it works after the queue manager has been started again.",
		func(n *mgmtclient.Network) bool { return n.Hardened },
		func(s *mgmtclient.MachineSettings, v *bool) { s.Hardened = v },
	},
	{
		"Other names", "alias direct format name dns", "Take messages for any name", "",
		"Else only messages for this computer's own names and addresses are taken; others are refused as for a wrong queue.",
		func(n *mgmtclient.Network) bool { return n.Alias },
		func(s *mgmtclient.MachineSettings, v *bool) { s.Alias = v },
	},
	{
		"Refusals", "insecure nack acknowledgement", "Tell every sender why", "It tells strangers which queues there are.",
		"Else nobody is told of a wrong queue, a missing right or a bad signature.",
		func(n *mgmtclient.Network) bool { return n.InsecureNack },
		func(s *mgmtclient.MachineSettings, v *bool) { s.InsecureNack = v },
	},
	{
		"Before connecting", "ping ask udp", "Ask with a ping", "",
		"As old queue managers do. No answer means nothing; one that refuses saves the try.",
		func(n *mgmtclient.Network) bool { return n.Ping },
		func(s *mgmtclient.MachineSettings, v *bool) { s.Ping = v },
	},
	{
		"Pings of others", "ping answer udp", "Answer them", "",
		"Anybody can learn then that a queue manager is here.",
		func(n *mgmtclient.Network) bool { return n.PingAnswer },
		func(s *mgmtclient.MachineSettings, v *bool) { s.PingAnswer = v },
	},
}

// network is the section of how messages travel.
func (v *View) network() *section {
	rows := make([]*row, len(netSwitches))
	for i, n := range netSwitches {
		var hint fyne.CanvasObject = plainHint(n.hint)
		if n.bold != "" {
			hint = riskyHint(n.bold, n.hint)
		}
		rows[i] = newRow(n.name, n.name, n.words, v.tick(n.text, func(c *choices) *bool { return &c.network[i] }), hint)
	}
	v.managed = append(v.managed, rows...)
	return newSection("network", "network", "Other computers", []fyne.CanvasObject{kit.Spacer()}, rows...)
}
