package screen

import (
	"time"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// StatusEvery is how often words that tell of passing time are written anew.
const StatusEvery = time.Second

// MenuItems makes a context menu of commands; "" is a line. Commands that
// nobody carries out here are left out, those that cannot run now are grey, with a
// way to the reasons if it is the computer that cannot.
func MenuItems(c *Commands, ids ...ID) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	part, lacks := false, false
	for _, id := range ids {
		if id == "" {
			part = len(items) > 0
			continue
		}
		cmd, ok := c.Find(id)
		if _, there := c.act(id); !ok || !there {
			continue
		}
		if part {
			items = append(items, kit.MenuSeparator())
			part = false
		}
		item := kit.MenuItem(cmd.Title, cmd.Icon, func() { c.Run(id) })
		item.Shortcut = cmd.Keys.Fyne()
		item.Disabled = !c.Enabled(id)
		items = append(items, item)
		lacks = lacks || c.Lacks(id) != ""
	}
	if lacks && c.Enabled(CmdOffers) {
		items = append(items, kit.MenuSeparator(), kit.MenuItem("Why some are grey…", "question", func() { c.Run(CmdOffers) }))
	}
	return items
}

// NetworkItems take a computer off the network, or put it there again.
func NetworkItems(h Host, n Node) []*fyne.MenuItem {
	if n.Lacks(mgmtclient.CanMachineAct) != "" {
		return nil
	}
	if Offline(h.Feed().Of(n.ID).Machine) {
		return []*fyne.MenuItem{kit.MenuItem("Work online", "network", func() { GoOnline(h, n) })}
	}
	return []*fyne.MenuItem{kit.MenuItem("Work offline…", "cloud-slash", func() { AskOffline(h, n) })}
}

// ComputerItems is the menu of a computer.
func ComputerItems(h Host, n Node) []*fyne.MenuItem {
	lead := func(text, icon string, to Name) *fyne.MenuItem {
		return kit.MenuItem(text, icon, func() { h.Open(Route{Screen: to, Node: n.ID}) })
	}
	create := lead("New queue…", "plus", NewQueue)
	create.Disabled = n.Lacks(mgmtclient.CanAdmin) != ""
	offers := lead("What can be done here…", "question", Offers)
	offers.Disabled = n.Client == nil
	items := []*fyne.MenuItem{lead("Open", "queue", Queues), create, kit.MenuSeparator()}
	if n.Silent() {
		items = append(items, kit.MenuItem("Connect again", "link", func() { h.Connect(n.ID) }))
	}
	items = append(append(items, NetworkItems(h, n)...), kit.MenuItem("Refresh", "refresh", func() { h.Feed().Refresh(n.ID) }), offers)
	if n.Local || !h.Commands().Enabled(CmdAddComputer) {
		return items
	}
	items = append(items, lead("Sign in as someone else…", "user", SignIn))
	if n.State != LetGo {
		items = append(items, kit.MenuItem("Disconnect", "link-break", func() { h.Disconnect(n.ID) }))
	}
	return append(items, kit.MenuSeparator(), lead("Edit computer…", "edit", EditComputer), lead("Remove computer…", "delete", RemoveComputer))
}
