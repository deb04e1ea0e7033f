package screen

import (
	"context"
	"strings"

	"posthouse/mgmtclient"
)

// WatchDirectory runs f, on Fyne's goroutine, each time a directory is not what it
// was, while the scope lasts.
func WatchDirectory(s *Scope, d mgmtclient.Directory, f func()) {
	news := d.Watch(s.Context()) // at once: nothing that comes from now on is missed
	s.Go(func(ctx context.Context) {
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

// IsPublic reports whether a path name is that of a public queue.
func IsPublic(path string) bool {
	name := strings.ToLower(path[strings.IndexByte(path, '\\')+1:])
	return strings.IndexByte(path, '\\') > 0 && !strings.HasPrefix(name, `private$\`) && !strings.HasPrefix(name, `system$`)
}

// PublicLack says why the public queues that a computer lists may not be all, in a
// sentence or two; "" they are.
func PublicLack(m *mgmtclient.Membership) string {
	switch {
	case m == nil || m.Mode == mgmtclient.ModeIntegrated:
		return ""
	case m.Mode == mgmtclient.ModeWorkgroup:
		return strings.TrimSpace("Works without a directory; only public queues known here are shown. " + Sentence(m.Why))
	}
	return strings.TrimSpace("The directory does not answer; only public queues known here are shown. " + Sentence(m.Why))
}
