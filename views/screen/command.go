package screen

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// ID names a command.
type ID string

// The commands of the window. Menu bar, buttons, context menus and keys share
// them; who carries one out is the screen in front (Actions), else the window.
const (
	CmdNewQueue     ID = "queue.new"
	CmdProperties   ID = "queue.properties"
	CmdPurge        ID = "queue.purge"
	CmdDeleteQueue  ID = "queue.delete"
	CmdOpenJournal  ID = "queue.journal"
	CmdOpenQueue    ID = "queue.open"
	CmdPause        ID = "queue.pause"
	CmdResume       ID = "queue.resume"
	CmdSend         ID = "message.send"
	CmdSendNow      ID = "message.sendNow"
	CmdOpenMessage  ID = "message.open"
	CmdDelete       ID = "message.delete"
	CmdMove         ID = "message.move"
	CmdCopyTo       ID = "message.copyTo"
	CmdReturn       ID = "message.return"
	CmdResend       ID = "message.resend"
	CmdExport       ID = "message.export"
	CmdCopyID       ID = "message.copyId"
	CmdSaveBody     ID = "message.saveBody"
	CmdCut          ID = "edit.cut"
	CmdCopy         ID = "edit.copy"
	CmdPaste        ID = "edit.paste"
	CmdSelectAll    ID = "edit.selectAll"
	CmdFilter       ID = "edit.filter"
	CmdSearchTree   ID = "edit.searchTree"
	CmdRefresh      ID = "view.refresh"
	CmdHome         ID = "view.home"
	CmdDeadLetters  ID = "view.deadLetters"
	CmdOutgoing     ID = "view.outgoing"
	CmdDesk         ID = "view.desk"
	CmdRouteMap     ID = "view.routeMap"
	CmdDirectory    ID = "view.directory"
	CmdSidebar      ID = "view.sidebar"
	CmdInspector    ID = "view.inspector"
	CmdColumns      ID = "view.columns"
	CmdBack         ID = "view.back"
	CmdForward      ID = "view.forward"
	CmdTidy         ID = "computer.tidy"
	CmdCheck        ID = "computer.check"
	CmdReconnect    ID = "computer.reconnect"
	CmdComputerInfo ID = "computer.properties"
	CmdAddComputer  ID = "computer.add"
	CmdEditComputer ID = "computer.edit"
	CmdForget       ID = "computer.remove"
	CmdSignIn       ID = "computer.signIn"
	CmdDisconnect   ID = "computer.disconnect"
	CmdOffers       ID = "computer.offers"
	CmdOffline      ID = "computer.offline"
	CmdOnline       ID = "computer.online"
	CmdDirectoryIs  ID = "tools.directory"
	CmdPreferences  ID = "tools.preferences"
	CmdClose        ID = "file.close"
	CmdAbout        ID = "help.about"
	CmdKeys         ID = "help.keys"
)

// Command is an entry of the command table.
type Command struct {
	ID    ID
	Title string
	Icon  string
	Menu  string   // of the menu bar; "" none
	Keys  Shortcut // "" none
	Part  int      // a line parts the items of a menu with another number
}

// Shortcut is a key with its modifiers: "F5", "Delete", "Ctrl+Shift+N". Ctrl
// is the Command key on macOS.
type Shortcut string

// Parse gives the key and its modifiers.
func (s Shortcut) Parse() (fyne.KeyName, fyne.KeyModifier) {
	parts := strings.Split(string(s), "+")
	key := parts[len(parts)-1]
	var mod fyne.KeyModifier
	for _, p := range parts[:len(parts)-1] {
		switch p {
		case "Ctrl":
			mod |= fyne.KeyModifierShortcutDefault
		case "Shift":
			mod |= fyne.KeyModifierShift
		case "Alt":
			mod |= fyne.KeyModifierAlt
		}
	}
	return fyne.KeyName(key), mod
}

// Fyne is the shortcut for menus and canvases; nil for a key without Ctrl or
// Alt, which Fyne reports as a plain key.
func (s Shortcut) Fyne() fyne.Shortcut {
	key, mod := s.Parse()
	if mod&^fyne.KeyModifierShift == 0 {
		return nil
	}
	return &desktop.CustomShortcut{KeyName: key, Modifier: mod}
}

// Shown is how buttons and menus write it: "Ctrl F", "F5", "Del".
func (s Shortcut) Shown() string {
	t := strings.NewReplacer("+", " ", "Delete", "Del", "Return", "Enter", "Left", "←", "Right", "→").Replace(string(s))
	return t
}

// Act carries out a command.
type Act struct {
	Run func()
	// Title is what the command is called here; "": as in the table.
	Title string
	// Enabled says whether it can run now; nil: yes.
	Enabled func() bool
	// Lacks says, as a sentence, what the computer lacks for it; "" nothing, and
	// nil: it needs nothing. What lacks something does not run.
	Lacks func() string
}

// Actions are what somebody can carry out.
type Actions map[ID]Act

// Commands is the command table and who carries the commands out. All methods
// are for Fyne's goroutine.
type Commands struct {
	list    []Command
	base    Actions
	front   Actions
	watches []func()
}

// NewCommands makes a table.
func NewCommands(list ...Command) *Commands {
	return &Commands{list: list, base: Actions{}}
}

// All lists the table in the order of the menus.
func (c *Commands) All() []Command { return slices.Clone(c.list) }

// Find finds a command.
func (c *Commands) Find(id ID) (Command, bool) {
	i := slices.IndexFunc(c.list, func(x Command) bool { return x.ID == id })
	if i < 0 {
		return Command{}, false
	}
	return c.list[i], true
}

// Keys is how a command's shortcut is written on a button.
func (c *Commands) Keys(id ID) string {
	x, _ := c.Find(id)
	return x.Keys.Shown()
}

// Base sets what the window itself carries out.
func (c *Commands) Base(a Actions) { c.base = a; c.Changed() }

// Front sets what the screen in front carries out.
func (c *Commands) Front(a Actions) { c.front = a; c.Changed() }

func (c *Commands) act(id ID) (Act, bool) {
	if a, ok := c.front[id]; ok {
		return a, true
	}
	a, ok := c.base[id]
	return a, ok
}

// Enabled reports whether somebody can carry a command out now.
func (c *Commands) Enabled(id ID) bool {
	a, ok := c.act(id)
	return ok && a.Run != nil && (a.Lacks == nil || a.Lacks() == "") && (a.Enabled == nil || a.Enabled())
}

// Lacks is what the computer lacks for a command, as a sentence; "" nothing.
func (c *Commands) Lacks(id ID) string {
	if a, ok := c.act(id); ok && a.Lacks != nil {
		return a.Lacks()
	}
	return ""
}

// Title is what a command is called now.
func (c *Commands) Title(id ID) string {
	if a, ok := c.act(id); ok && a.Title != "" {
		return a.Title
	}
	x, _ := c.Find(id)
	return x.Title
}

// Run carries a command out; false: nobody can now.
func (c *Commands) Run(id ID) bool {
	if !c.Enabled(id) {
		return false
	}
	a, _ := c.act(id)
	a.Run()
	return true
}

// Changed tells the menu bar that something may be enabled or not.
func (c *Commands) Changed() {
	for _, f := range c.watches {
		f()
	}
}

// Watch runs f at each Changed.
func (c *Commands) Watch(f func()) { c.watches = append(c.watches, f) }
