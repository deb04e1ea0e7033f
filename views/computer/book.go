package computer

import (
	"context"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Book is the list of computers as the dialogs see it. Its functions run on Fyne's
// goroutine.
type Book struct {
	Computers mgmtclient.Computers
	// Find is the computer of a node.
	Find func(id string) (mgmtclient.Computer, bool)
	// Saved is told after one was added or changed; anew: it is to be connected
	// again.
	Saved func(c mgmtclient.Computer, anew bool)
	// Removed is told after one was removed.
	Removed func(id string)
	// Under is how many jobs work on one.
	Under func(id string) int
}

// Forms are the dialogs.
func (b Book) Forms() map[screen.Name]screen.Form {
	known := func(open func(screen.Host, mgmtclient.Computer)) screen.Form {
		return func(h screen.Host, r screen.Route) {
			if c, ok := b.Find(r.Node); ok {
				open(h, c)
			}
		}
	}
	return map[screen.Name]screen.Form{
		screen.AddComputer: func(h screen.Host, _ screen.Route) {
			h.Show(newForm(h, b, mgmtclient.Computer{SignIn: mgmtclient.SignInPassword}).dialog)
		},
		screen.EditComputer:   known(func(h screen.Host, c mgmtclient.Computer) { h.Show(newForm(h, b, c).dialog) }),
		screen.RemoveComputer: known(b.askRemove),
		screen.SignIn:         known(func(h screen.Host, c mgmtclient.Computer) { h.Show(newSignIn(h, b, c).dialog) }),
	}
}

// askRemove asks whether to forget a computer, and does.
func (b Book) askRemove(h screen.Host, c mgmtclient.Computer) {
	q := kit.Confirm{
		Title: "Remove " + c.Name + " from the list?", Icon: "delete", Do: "Remove", Lean: true,
		Text: []kit.Run{{Text: "Only this console forgets it, and its password. Its queues and messages stay as they are."}},
		OnDo: func(bool) { b.remove(h, c) },
	}
	if n := b.Under(c.ID); n > 0 {
		text := "It stops where it is; what is done stays done."
		if n > 1 {
			text = "They stop where they are; what is done stays done."
		}
		q.Note = kit.NewNote(kit.Warning, screen.Many(int64(n), "job")+" under way on it.", text)
	}
	h.Show(q.Dialog())
}

func (b Book) remove(h screen.Host, c mgmtclient.Computer) {
	screen.Load(h.Scope(), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, b.Computers.Remove(ctx, c.ID)
	}, func(_ struct{}, err error) {
		if err != nil {
			h.Fail(c.Name+" was not removed", err)
			return
		}
		b.Removed(c.ID)
		h.Done(screen.Action{What: "Removed " + c.Name + " from the list", Tone: kit.Success})
	})
}
