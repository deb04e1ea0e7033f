package desk

import (
	"os"
	"path/filepath"

	"posthouse/views/screen"
)

// Options are what the program gives the desk.
type Options struct {
	// State is the folder of what the desk keeps beside the queues: drafts and
	// running numbers. It is the user's, not the queue manager's; "" is a folder
	// of the user's settings.
	State string
	// Alone is for a window that shows nothing but the desk.
	Alone bool
	// Free tells how many bytes a folder's disk has left; nil asks the system.
	Free func(folder string) (int64, error)
	// Browse opens a file to be printed; nil asks the system.
	Browse func(file string)
}

// New makes the screen of a desk.
func New(o Options) screen.Factory {
	if o.State == "" {
		if dir, err := os.UserConfigDir(); err == nil {
			o.State = filepath.Join(dir, "posthouse")
		} else {
			o.State = filepath.Join(os.TempDir(), "posthouse")
		}
	}
	if o.Free == nil {
		o.Free = space
	}
	if o.Browse == nil {
		o.Browse = browse
	}
	return func(h screen.Host) screen.Screen { return newView(h, o) }
}
