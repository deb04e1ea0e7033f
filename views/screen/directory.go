package screen

import (
	"context"

	"posthouse/mgmtclient"
)

// WatchDirectory runs f, on Fyne's goroutine, each time a directory is not what it
// was, while the scope lasts.
func WatchDirectory(s *Scope, d mgmtclient.Directory, f func()) {
	s.Go(func(ctx context.Context) {
		news := d.Watch(ctx)
		for {
			select {
			case <-ctx.Done():
				return
			case _, more := <-news:
				if !more {
					return
				}
				s.Post(f)
			}
		}
	}, nil)
}
