package shell

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"posthouse/mgmtclient"
	"posthouse/views/computer"
	"posthouse/views/screen"
)

// ownForms adds the dialogs about computers to the program's.
func (s *Shell) ownForms() {
	s.o.Forms = maps.Clone(s.o.Forms)
	if s.o.Forms == nil {
		s.o.Forms = map[screen.Name]screen.Form{}
	}
	s.o.Forms[screen.Offers] = func(_ screen.Host, r screen.Route) {
		if n, ok := s.Node(r.Node); ok && n.Client != nil {
			s.offers(n)
		}
	}
	if s.o.Computers == nil {
		return
	}
	book := computer.Book{
		Computers: s.o.Computers,
		Find: func(id string) (mgmtclient.Computer, bool) {
			if l := s.find(id); l != nil && l.book != nil {
				return *l.book, true
			}
			return mgmtclient.Computer{}, false
		},
		Saved:   s.saved,
		Removed: func(string) { s.list() },
		Under:   s.under,
	}
	maps.Copy(s.o.Forms, book.Forms())
}

// list reads which computers there are, off Fyne's goroutine.
func (s *Shell) list() { s.listThen(func() {}) }

func (s *Shell) listThen(then func()) {
	if s.o.Computers == nil {
		return
	}
	screen.Load(s.scope, s.o.Computers.List, func(list []mgmtclient.Computer, err error) {
		if err != nil {
			s.Fail("The computers that were added are not known", err)
			return
		}
		s.listed(list)
		then()
	})
}

// saved takes a computer that was added or changed; anew: it signs in in another
// way.
func (s *Shell) saved(c mgmtclient.Computer, anew bool) {
	known := s.find(c.ID) != nil
	s.listThen(func() {
		if known && anew {
			s.Connect(c.ID)
		}
	})
}

// listed makes the sidebar hold what the list holds.
func (s *Shell) listed(list []mgmtclient.Computer) {
	was := s.links
	s.links = slices.DeleteFunc(slices.Clone(was), func(l *link) bool { return l.book != nil })
	var begin []*link
	for _, c := range list {
		i := slices.IndexFunc(was, func(l *link) bool { return l.book != nil && l.ID == c.ID })
		if i < 0 {
			l := &link{shown: screen.Node{ID: c.ID}}
			s.describe(l, c)
			s.links = append(s.links, l)
			begin = append(begin, l)
			continue
		}
		l := was[i]
		old := *l.book
		s.describe(l, c)
		s.links = append(s.links, l)
		if old.Name = c.Name; old.Host() != c.Host() || old != c && l.shown.State != screen.LetGo {
			begin = append(begin, l)
		}
	}
	for _, l := range was {
		if !slices.Contains(s.links, l) {
			s.forget(l)
		}
	}
	off := down.Get(s.prefs)
	for _, l := range begin {
		if slices.Contains(off, l.ID) {
			l.shown.State, l.shown.Since = screen.LetGo, s.Now()
		} else {
			s.connect(l)
		}
	}
	s.nodesChanged()
}

// describe makes a link one to a computer of the list.
func (s *Shell) describe(l *link, c mgmtclient.Computer) {
	l.book = &c
	l.shown.Name, l.shown.Address = c.Name, c.Host()
	l.Node = Node{ID: c.ID, Name: c.Name, Connect: func(ctx context.Context) (Link, error) {
		client, err := s.o.Computers.Connect(ctx, c.ID)
		return Link{Client: client, As: account(c)}, err
	}}
}

// account is who a computer is spoken to as, as far as it is known here.
func account(c mgmtclient.Computer) string {
	switch c.SignIn {
	case mgmtclient.SignInPassword:
		return c.User
	case mgmtclient.SignInAnonymous:
		return "nobody in particular"
	case mgmtclient.SignInKerberos:
	}
	return ""
}

// forget ends everything about a computer that was removed.
func (s *Shell) forget(l *link) {
	s.unlink(l)
	s.feed.Drop(l.ID)
	s.keepDown(l.ID, false)
	elsewhere := func(r screen.Route) bool { return r.Node == l.ID }
	s.back = slices.DeleteFunc(s.back, elsewhere)
	s.ahead = slices.DeleteFunc(s.ahead, elsewhere)
	if elsewhere(s.here) {
		s.enter(screen.Route{Screen: cmp.Or(s.o.Only, screen.Home)})
	}
}

// nodesChanged shows that computers came or went.
func (s *Shell) nodesChanged() {
	s.side.update()
	s.bar.update()
	s.follow()
	s.commands.Changed()
}

// under counts the jobs that work on a computer.
func (s *Shell) under(id string) int {
	n := 0
	for _, j := range s.jobs {
		if j.Node == id && id != "" {
			n++
		}
	}
	return n
}
