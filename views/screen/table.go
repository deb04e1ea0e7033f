package screen

// The menus of the menu bar, in order.
const (
	MenuFile     = "File"
	MenuEdit     = "Edit"
	MenuView     = "View"
	MenuQueue    = "Queue"
	MenuMessage  = "Message"
	MenuComputer = "Computer"
	MenuTools    = "Tools"
	MenuHelp     = "Help"
)

// Menus lists them.
var Menus = []string{MenuFile, MenuEdit, MenuView, MenuQueue, MenuMessage, MenuComputer, MenuTools, MenuHelp}

// Table is the command table of the window.
var Table = []Command{
	{ID: CmdNewQueue, Title: "New queue…", Icon: "plus", Menu: MenuFile, Keys: "Ctrl+N"},
	{ID: CmdSend, Title: "Send message…", Icon: "compose", Menu: MenuFile, Keys: "Ctrl+M"},
	{ID: CmdExport, Title: "Export messages…", Icon: "export", Menu: MenuFile, Part: 1, Keys: "Ctrl+E"},
	{ID: CmdSaveBody, Title: "Save body…", Icon: "save", Menu: MenuFile, Part: 1, Keys: "Ctrl+S"},
	{ID: CmdClose, Title: "Close window", Menu: MenuFile, Part: 2, Keys: "Ctrl+W"},

	{ID: CmdCopy, Title: "Copy", Icon: "copy", Menu: MenuEdit},
	{ID: CmdCopyID, Title: "Copy message ID", Icon: "copy", Menu: MenuEdit, Keys: "Ctrl+Shift+C"},
	{ID: CmdSelectAll, Title: "Select all", Menu: MenuEdit, Part: 1},
	{ID: CmdFilter, Title: "Find in list", Icon: "search", Menu: MenuEdit, Part: 2, Keys: "Ctrl+F"},
	{ID: CmdSearchTree, Title: "Find queue", Icon: "search", Menu: MenuEdit, Part: 2, Keys: "Ctrl+K"},

	{ID: CmdHome, Title: "Home", Icon: "home", Menu: MenuView, Keys: "Ctrl+1"},
	{ID: CmdDeadLetters, Title: "Dead letters", Icon: "dead-letter", Menu: MenuView, Keys: "Ctrl+2"},
	{ID: CmdOutgoing, Title: "Outgoing", Icon: "send", Menu: MenuView, Keys: "Ctrl+3"},
	{ID: CmdDesk, Title: "Desk", Icon: "desk", Menu: MenuView, Keys: "Ctrl+4"},
	{ID: CmdRouteMap, Title: "Route map", Icon: "routemap", Menu: MenuView, Keys: "Ctrl+5"},
	{ID: CmdDirectory, Title: "Directory", Icon: "directory", Menu: MenuView, Keys: "Ctrl+6"},
	{ID: CmdBack, Title: "Back", Icon: "arrow-left", Menu: MenuView, Part: 1, Keys: "Alt+Left"},
	{ID: CmdForward, Title: "Forward", Icon: "arrow-right", Menu: MenuView, Part: 1, Keys: "Alt+Right"},
	{ID: CmdInspector, Title: "Message details", Icon: "sidebar", Menu: MenuView, Part: 2, Keys: "Ctrl+I"},
	{ID: CmdColumns, Title: "Columns…", Icon: "columns", Menu: MenuView, Part: 2},
	{ID: CmdRefresh, Title: "Refresh", Icon: "refresh", Menu: MenuView, Part: 3, Keys: "F5"},

	{ID: CmdProperties, Title: "Properties…", Icon: "settings", Menu: MenuQueue, Keys: "Alt+Return"},
	{ID: CmdOpenJournal, Title: "Open journal", Icon: "journal", Menu: MenuQueue},
	{ID: CmdOpenQueue, Title: "Open messages", Icon: "mail", Menu: MenuQueue},
	{ID: CmdPause, Title: "Pause", Icon: "pause", Menu: MenuQueue, Part: 1, Keys: "Ctrl+P"},
	{ID: CmdResume, Title: "Resume", Icon: "play", Menu: MenuQueue, Part: 1, Keys: "Ctrl+R"},
	{ID: CmdPurge, Title: "Purge…", Icon: "purge", Menu: MenuQueue, Part: 2},
	{ID: CmdDeleteQueue, Title: "Delete queue…", Icon: "delete", Menu: MenuQueue, Part: 2},

	{ID: CmdOpenMessage, Title: "Open details", Icon: "eye", Menu: MenuMessage},
	{ID: CmdMove, Title: "Move to…", Icon: "move", Menu: MenuMessage, Part: 1, Keys: "Ctrl+Shift+M"},
	{ID: CmdCopyTo, Title: "Send a copy to…", Icon: "copy", Menu: MenuMessage, Part: 1},
	{ID: CmdReturn, Title: "Return to destination", Icon: "return", Menu: MenuMessage, Part: 1},
	{ID: CmdResend, Title: "Edit and send again…", Icon: "edit", Menu: MenuMessage, Part: 1},
	{ID: CmdDelete, Title: "Delete…", Icon: "delete", Menu: MenuMessage, Part: 2, Keys: "Delete"},
	{ID: CmdSendNow, Title: "Send now", Icon: "lightning", Menu: MenuMessage, Part: 3, Keys: "Ctrl+Return"},

	{ID: CmdAddComputer, Title: "Add computer…", Icon: "plus", Menu: MenuComputer, Keys: "Ctrl+Shift+N"},
	{ID: CmdEditComputer, Title: "Edit computer…", Icon: "edit", Menu: MenuComputer},
	{ID: CmdForget, Title: "Remove computer…", Icon: "delete", Menu: MenuComputer},
	{ID: CmdReconnect, Title: "Connect again", Icon: "link", Menu: MenuComputer, Part: 1},
	{ID: CmdSignIn, Title: "Sign in as someone else…", Icon: "user", Menu: MenuComputer, Part: 1},
	{ID: CmdDisconnect, Title: "Disconnect", Icon: "link-break", Menu: MenuComputer, Part: 1},
	{ID: CmdComputerInfo, Title: "About this queue manager…", Icon: "info", Menu: MenuComputer, Part: 2},
	{ID: CmdOffers, Title: "What can be done here…", Icon: "question", Menu: MenuComputer, Part: 2},
	{ID: CmdOffline, Title: "Work offline…", Icon: "cloud-slash", Menu: MenuComputer, Part: 3},
	{ID: CmdOnline, Title: "Work online", Icon: "network", Menu: MenuComputer, Part: 3},
	{ID: CmdCheck, Title: "Check the store", Icon: "check-circle", Menu: MenuComputer, Part: 4},
	{ID: CmdTidy, Title: "Give back unused disk space", Icon: "disk", Menu: MenuComputer, Part: 4},

	{ID: CmdDirectoryIs, Title: "Choose a directory…", Icon: "directory", Menu: MenuTools},
	{ID: CmdPreferences, Title: "Preferences…", Icon: "settings", Menu: MenuTools, Part: 1, Keys: "Ctrl+,"},

	{ID: CmdKeys, Title: "Keyboard", Icon: "keyboard", Menu: MenuHelp, Keys: "F1"},
	{ID: CmdAbout, Title: "About Posthouse", Icon: "info", Menu: MenuHelp, Part: 1},
}
