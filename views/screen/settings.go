package screen

// Settings of the forms.
var (
	// TypeFrom is from how many messages on a purge or deletion asks for the
	// queue's name to be typed.
	TypeFrom = Setting[int]{Key: "typeFrom", Default: 100, OK: within(1, 1<<30)}
	// Scale enlarges the whole window, in per cent, from the next start on.
	Scale = Setting[int]{Key: "scale", Default: 100, OK: oneOf(80, 90, 100, 110, 125, 150, 175, 200)}
	// SendRecoverable and SendDeadLetter are what a new message begins with.
	SendRecoverable = Setting[bool]{Key: "sendRecoverable", Default: true}
	SendDeadLetter  = Setting[bool]{Key: "sendDeadLetter", Default: true}
	// EntryForms is the folder of the Desk's entry forms; "" is the folder forms
	// in the data folder.
	EntryForms = Setting[string]{Key: "deskForms"}
	// DeskOnly shows nothing but the Desk, from the next start on.
	DeskOnly = Setting[bool]{Key: "deskOnly"}
)
