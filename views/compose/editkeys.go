package compose

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/views/kit"
)

// TypedRune types.
func (a *editArea) TypedRune(r rune) { a.insert(string(r), true) }

func (a *editArea) insert(s string, typing bool) {
	e := a.editor
	if !e.text.insert(s, typing) {
		if e.OnFull != nil {
			e.OnFull()
		}
		return
	}
	e.changed(true)
	e.reveal()
}

// TypedKey edits and moves; it hands on what it does not use.
func (a *editArea) TypedKey(ev *fyne.KeyEvent) {
	t := a.editor.text
	mod := kit.Modifiers()
	switch ev.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if t.newline() {
			a.editor.changed(true)
			a.editor.reveal()
		} else if a.editor.OnFull != nil {
			a.editor.OnFull()
		}
	case fyne.KeyBackspace:
		a.erase(t.left)
	case fyne.KeyDelete:
		a.erase(t.right)
	default:
		if !a.move(ev.Name, mod&fyne.KeyModifierShift != 0) {
			kit.PassKey(a, ev)
		}
	}
}

func (a *editArea) erase(step func()) {
	a.editor.text.erase(step)
	a.editor.changed(true)
	a.editor.reveal()
}

// move moves the cursor by a key, keep with Shift; false: no such key.
func (a *editArea) move(k fyne.KeyName, keep bool) bool {
	t := a.editor.text
	from, to := t.selection()
	switch k {
	case fyne.KeyLeft:
		if !keep && from != to {
			t.goTo(from, false)
			break
		}
		t.left()
	case fyne.KeyRight:
		if !keep && from != to {
			t.goTo(to, false)
			break
		}
		t.right()
	case fyne.KeyUp:
		t.down(-1)
	case fyne.KeyDown:
		t.down(1)
	case fyne.KeyPageUp:
		t.down(-a.editor.page())
	case fyne.KeyPageDown:
		t.down(a.editor.page())
	case fyne.KeyHome:
		t.home()
	case fyne.KeyEnd:
		t.end()
	default:
		return false
	}
	a.settle(keep)
	return true
}

// settle ends a move.
func (a *editArea) settle(keep bool) {
	t := a.editor.text
	t.typing = false
	if !keep {
		t.anchor = t.cur
	}
	a.editor.reveal()
}

// TypedShortcut copies, cuts, pastes, undoes, selects all and moves by words;
// it hands on the rest.
func (a *editArea) TypedShortcut(s fyne.Shortcut) {
	e := a.editor
	clip := fyne.CurrentApp().Clipboard()
	switch x := s.(type) {
	case *fyne.ShortcutCopy:
		a.copied(clip)
	case *fyne.ShortcutCut:
		if a.copied(clip) {
			a.erase(func() {})
		}
	case *fyne.ShortcutPaste:
		a.insert(clip.Content(), false)
	case *fyne.ShortcutSelectAll:
		e.text.selectAll()
		a.Refresh()
	case *fyne.ShortcutUndo:
		if e.text.undo() {
			e.changed(true)
			e.reveal()
		}
	case *fyne.ShortcutRedo:
		if e.text.redo() {
			e.changed(true)
			e.reveal()
		}
	case *desktop.CustomShortcut:
		if !a.byWord(x) {
			kit.PassShortcut(a, s)
		}
	default:
		kit.PassShortcut(a, s)
	}
}

// copied puts the selection on the clipboard; false: there is none.
func (a *editArea) copied(clip fyne.Clipboard) bool {
	s := a.editor.text.selected()
	if s != "" {
		clip.SetContent(s)
	}
	return s != ""
}

// byWord moves and erases by words, and to the ends of the text.
func (a *editArea) byWord(s *desktop.CustomShortcut) bool {
	if s.Modifier&^fyne.KeyModifierShift != fyne.KeyModifierShortcutDefault {
		return false
	}
	t := a.editor.text
	keep := s.Modifier&fyne.KeyModifierShift != 0
	switch s.KeyName {
	case fyne.KeyLeft:
		t.wordLeft()
	case fyne.KeyRight:
		t.wordRight()
	case fyne.KeyHome:
		t.goTo(pos{}, keep)
	case fyne.KeyEnd:
		last := len(t.lines) - 1
		t.goTo(pos{last, len(t.lines[last])}, keep)
	case fyne.KeyBackspace:
		a.erase(t.wordLeft)
		return true
	case fyne.KeyDelete:
		a.erase(t.wordRight)
		return true
	default:
		return false
	}
	a.settle(keep)
	return true
}

// menu is the context menu.
func (a *editArea) menu(at fyne.Position) {
	has := a.editor.text.selected() != ""
	cut := kit.MenuItem("Cut", "", func() { a.TypedShortcut(&fyne.ShortcutCut{}) })
	copied := kit.MenuItem("Copy", "copy", func() { a.TypedShortcut(&fyne.ShortcutCopy{}) })
	cut.Disabled, copied.Disabled = !has, !has
	kit.ShowMenu(a, at, cut, copied,
		kit.MenuItem("Paste", "", func() { a.TypedShortcut(&fyne.ShortcutPaste{}) }), kit.MenuSeparator(),
		kit.MenuItem("Undo", "undo", func() { a.TypedShortcut(&fyne.ShortcutUndo{}) }),
		kit.MenuItem("Select all", "", func() { a.TypedShortcut(&fyne.ShortcutSelectAll{}) }))
}
