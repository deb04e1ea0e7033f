package queueforms

import (
	"context"
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// patience is how long a wait goes unseen.
const patience = 200 * time.Millisecond

// Ask runs work off Fyne's goroutine and hands its answer to then. A wait that
// goes on is shown, and Cancel ends it: then is not called.
func Ask[T any](h screen.Host, what string, work func(ctx context.Context) (T, error), then func(T, error)) {
	s := h.Scope().Sub()
	var wait *kit.Dialog
	s.After(patience, func() {
		wait = kit.NewDialog("One moment", "hourglass", kit.WaitBar(what, nil)).Wide(368)
		cancel := kit.NewButton("Cancel", "x", wait.Close)
		wait.Buttons(cancel).Default(nil).Cancel(cancel).FirstFocus(cancel)
		wait.OnClosed = s.End
		h.Show(wait)
	})
	screen.Load(s, work, func(v T, err error) {
		if wait != nil {
			wait.OnClosed = nil
			wait.Close()
		}
		s.End()
		then(v, err)
	})
}

// ErrorNote says what was tried, why it failed, what to do, and the code.
func ErrorNote(tried string, err error) *kit.Note {
	n := kit.NewNote(kit.Danger, "", "")
	SetErrorNote(n, tried, err)
	return n
}

// SetErrorNote shows an error in a note, and nothing (hidden) for nil.
func SetErrorNote(n *kit.Note, tried string, err error) {
	if err == nil {
		n.Hide()
		return
	}
	why, fix, code := screen.Reason(err)
	text := why
	if fix != "" {
		text += " " + fix
	}
	runs := []kit.Run{{Text: tried + "\n", Face: kit.Bold}, {Text: text}}
	if code != "" {
		runs = append(runs, kit.Run{Text: "\n" + code, Face: kit.Mono})
	}
	n.Set(kit.Danger, "", "")
	n.SetRuns(runs...)
	n.Show()
}

// client is the connection to a node, or the reason why there is none.
func client(h screen.Host, id string) (screen.Node, error) {
	n, ok := h.Node(id)
	switch {
	case !ok:
		return n, notConnected(id)
	case n.Client == nil && n.Err != nil:
		return n, n.Err
	case n.Client == nil:
		return n, notConnected(n.Name)
	}
	return n, nil
}

// busy disables a button and says what it does once that takes a while.
func busy(s *screen.Scope, b *kit.Button, word string) (done func()) {
	text := b.Text()
	over := false
	b.Disable()
	s.After(patience, func() {
		if !over {
			b.SetText(word)
		}
	})
	return func() {
		over = true
		b.SetText(text)
		b.Enable()
	}
}

func notConnected(node string) *mq.Error {
	return mq.Errorf(mq.ErrServiceNotAvailable, "ask "+node, "there is no connection to it").WithFix("connect again")
}
