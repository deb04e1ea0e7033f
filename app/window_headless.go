//go:build headless

package app

import (
	"context"
	"time"

	"posthouse/localqm/mq"
)

// openWindow: this build has none.
func openWindow(context.Context, windowOptions) error {
	return mq.Errorf(mq.ErrUnsupportedOperation, "open the window", "this program was built without one").
		WithFix("run the queue manager with \"posthouse serve\", and see \"posthouse --help\" for everything else")
}

// mapStep: this build has no map.
var mapStep func(sites int) (drag, zoom time.Duration)
