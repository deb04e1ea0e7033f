//go:build !headless

package app

import (
	"posthouse/views/about"
	"posthouse/views/compose"
	"posthouse/views/deadletters"
	outbox "posthouse/views/desk"
	forest "posthouse/views/directory"
	"posthouse/views/home"
	"posthouse/views/outgoing"
	"posthouse/views/preferences"
	"posthouse/views/queueforms"
	"posthouse/views/queues"
	"posthouse/views/routemap"
	"posthouse/views/screen"
	"posthouse/views/shell"
)

// screens are what fills the window.
var screens = map[screen.Name]screen.Factory{
	screen.Home:        home.New,
	screen.Queues:      queues.New,
	screen.DeadLetters: deadletters.New,
	screen.Outgoing:    outgoing.New,
	screen.Compose:     compose.New,
	screen.Desk:        outbox.New(outbox.Options{}),
	screen.RouteMap:    routemap.New,
	screen.Directory:   forest.New,
	screen.Settings:    preferences.New(archives),
}

// forms are the dialogs that other screens open.
var forms = map[screen.Name]screen.Form{
	screen.NewQueue:    queueforms.NewQueue,
	screen.Properties:  queueforms.Properties,
	screen.PurgeQueue:  queueforms.Purge,
	screen.DeleteQueue: queueforms.Delete,
	screen.About:       about.New(Version),

	screen.ChooseDirectory: forest.Choose,
}

// alone makes the window of an operator: nothing but the desk.
func alone(o *shell.Options) {
	o.Only, o.Table, o.Menus = screen.Desk, outbox.Table, outbox.Menus
	o.Screens = map[screen.Name]screen.Factory{screen.Desk: outbox.New(outbox.Options{Alone: true})}
}
