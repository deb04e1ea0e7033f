package shell

import (
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// mainMenu makes the menu bar of the command table and keeps it true.
func (s *Shell) mainMenu() *fyne.MainMenu {
	items := map[screen.ID]*fyne.MenuItem{}
	main := fyne.NewMainMenu()
	for _, title := range s.menus {
		menu := fyne.NewMenu(title)
		part := -1
		for _, c := range s.commands.All() {
			if c.Menu != title {
				continue
			}
			if part >= 0 && c.Part != part {
				menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
			}
			part = c.Part
			item := kit.MenuItem(c.Title, c.Icon, func() { s.commands.Run(c.ID) })
			item.Shortcut = menuShortcut(c.Keys)
			item.IsQuit = c.ID == screen.CmdClose
			item.Disabled = !s.commands.Enabled(c.ID)
			items[c.ID] = item
			menu.Items = append(menu.Items, item)
		}
		main.Items = append(main.Items, menu)
	}
	pending := false
	s.commands.Watch(func() {
		if pending {
			return
		}
		pending = true
		s.scope.Post(func() {
			pending = false
			changed := false
			for id, item := range items {
				if off, title := !s.commands.Enabled(id), s.commands.Title(id); item.Disabled != off || item.Label != title {
					item.Disabled, item.Label = off, title
					changed = true
				}
			}
			if changed {
				main.Refresh()
			}
		})
	})
	return main
}

// menuShortcut is what a menu shows and, if it has Ctrl or Alt, binds: a
// function key too, but no key that types or edits.
func menuShortcut(k screen.Shortcut) fyne.Shortcut {
	if s := k.Fyne(); s != nil {
		return s
	}
	if name, _ := k.Parse(); len(name) >= 2 && name[0] == 'F' {
		return &desktop.CustomShortcut{KeyName: name}
	}
	return nil
}

// key gets what no widget used: keys without Ctrl, which are no shortcuts to
// Fyne.
func (s *Shell) key(ev *fyne.KeyEvent) bool {
	if s.front != nil && s.front.Key(ev) {
		return true
	}
	for _, c := range s.commands.All() {
		name, mod := c.Keys.Parse()
		if c.Keys != "" && mod == 0 && name == ev.Name && ev.Name != fyne.KeyDelete {
			return s.commands.Run(c.ID)
		}
	}
	return false
}

// actions are the commands the window carries out itself.
func (s *Shell) actions() screen.Actions {
	open := func(name screen.Name) screen.Act {
		return screen.Act{Run: func() { s.Open(screen.Route{Screen: name}) }, Enabled: func() bool { return s.leads(name) }}
	}
	form := func(name screen.Name, need mgmtclient.Capability) screen.Act {
		return screen.Act{
			Run:     func() { s.Open(screen.Route{Screen: name, Node: s.current()}) },
			Enabled: func() bool { return s.leads(name) && s.connected() },
			Lacks:   screen.Needs(s.inFront, need),
		}
	}
	all := screen.Actions{
		screen.CmdHome:        open(screen.Home),
		screen.CmdDeadLetters: open(screen.DeadLetters),
		screen.CmdOutgoing:    open(screen.Outgoing),
		screen.CmdDesk:        open(screen.Desk),
		screen.CmdRouteMap:    open(screen.RouteMap),
		screen.CmdDirectory:   open(screen.Directory),
		screen.CmdDirectoryIs: open(screen.ChooseDirectory),
		screen.CmdPreferences: open(screen.Settings),
		screen.CmdAbout:       open(screen.About),
		screen.CmdNewQueue:    form(screen.NewQueue, mgmtclient.CanAdmin),
		screen.CmdSend:        form(screen.Compose, mgmtclient.CanSend),
		screen.CmdClose:       {Run: s.AskClose},
		screen.CmdBack:        {Run: s.goBack, Enabled: func() bool { return len(s.back) > 0 }},
		screen.CmdForward:     {Run: s.goForward, Enabled: func() bool { return len(s.ahead) > 0 }},
		screen.CmdSearchTree:  {Run: s.searchTree},
		screen.CmdRefresh: {Run: func() {
			for _, l := range s.links {
				s.feed.Refresh(l.ID)
			}
			s.list()
		}},
		screen.CmdComputerInfo: {Run: s.computerInfo, Enabled: s.connected},
		screen.CmdKeys:         {Run: s.showKeys},
	}
	maps.Copy(all, s.network())
	maps.Copy(all, s.computers())
	return all
}

// leads reports whether Open leads somewhere.
func (s *Shell) leads(name screen.Name) bool {
	if _, ok := s.o.Forms[name]; ok {
		return true
	}
	_, ok := s.o.Screens[name]
	return ok
}

func (s *Shell) connected() bool {
	l := s.find(s.here.Node)
	return l != nil && l.shown.Client != nil
}

// searchTree puts the keyboard into the field above the tree, or asks for a
// queue where there is no room for it.
func (s *Shell) searchTree() {
	if s.side.small {
		s.findQueue()
		return
	}
	if f := s.o.Window.Canvas().Focused(); s.inScreen(f) {
		s.side.back = f
	}
	s.side.find.Focus()
	s.side.find.SelectAll()
}
