package shell

import "fyne.io/fyne/v2"

// focus puts the keyboard into the screen in front: what was typed for a
// screen must not end up in the sidebar.
func (s *Shell) focus() {
	if s.tips == nil || s.side.walking {
		return // not shown yet, or the arrows are walking through the tree
	}
	c := s.o.Window.Canvas()
	first := s.front.First()
	if first != nil {
		c.Focus(first)
	}
	// What is hidden does not take the keyboard.
	if c.Focused() != first && c.Overlays().Top() == nil {
		c.Unfocus()
	}
}

// leaveSidebar gives the keyboard back to what had it in the screen.
func (s *Shell) leaveSidebar() {
	c := s.o.Window.Canvas()
	if back := s.side.back; back != nil {
		s.side.back = nil
		c.Focus(back)
		if c.Focused() == back {
			return
		}
	}
	s.focus()
}

// inScreen reports whether f belongs to the screen in front.
func (s *Shell) inScreen(f fyne.Focusable) bool {
	b := s.side
	switch f {
	case nil, b.find.Focusable(), b.list.Focusable(), fyne.Focusable(b.lens), fyne.Focusable(b.home),
		fyne.Focusable(b.dead), fyne.Focusable(b.out), fyne.Focusable(b.nodes):
		return false
	}
	return true
}

// retitle names the screen in the title of the window.
func (s *Shell) retitle() {
	title := appName
	if s.front != nil {
		title += " - " + s.front.Title()
	}
	if title != s.title {
		s.title = title
		s.o.Window.SetTitle(title)
	}
}

// appName begins the title of the window.
const appName = "Posthouse"
