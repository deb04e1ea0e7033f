package screen

import (
	"time"

	"fyne.io/fyne/v2"

	"posthouse/views/kit"
)

// StatusEvery is how often words that tell of passing time are written anew.
const StatusEvery = time.Second

// MenuItems makes a context menu of commands; "" is a line. Commands that
// nobody carries out here are left out, those that cannot run now are grey.
func MenuItems(c *Commands, ids ...ID) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	part := false
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
	}
	return items
}
