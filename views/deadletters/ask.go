package deadletters

import (
	"fmt"

	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
)

// do takes the step of a button of the pane.
func (v *View) do(s step, l letter) {
	aim := v.p.aim
	switch s {
	case stepReturn:
		v.askReturn([]letter{l})
	case stepElsewhere:
		v.askElsewhere([]letter{l})
	case stepResend:
		v.resend(l)
	case stepCreate:
		name := l.DestinationQueue
		if p, ok := pathOf(name); ok {
			name = p.Queue
		}
		v.host.Open(screen.Route{Screen: screen.NewQueue, Node: l.node, Queue: name})
	case stepProperties:
		v.host.Open(screen.Route{Screen: screen.Properties, Node: l.node, Queue: aim.queue.PathName})
	case stepOpen:
		v.host.Open(screen.Route{Screen: screen.Queues, Node: l.node, Queue: aim.queue.PathName})
	}
}

// resend begins a new message with a copy.
func (v *View) resend(l letter) {
	v.host.Open(screen.Route{Screen: screen.Compose, Node: l.node, Queue: l.queue, Lookup: l.LookupID})
}

// openMessage shows the letter in its queue, with all properties.
func (v *View) openMessage(l letter) {
	v.host.Open(screen.Route{Screen: screen.Queues, Node: l.node, Queue: l.queue, Lookup: l.LookupID})
}

// askReturn names what goes where, warns of duplicates, and returns.
func (v *View) askReturn(letters []letter) {
	if len(letters) == 0 {
		return
	}
	v.host.Show(v.returnQuestion(letters))
}

// leaves says when letters that are returned leave their queues.
func (v *View) leaves(letters []letter) string {
	for i := range letters {
		if n, ok := v.host.Node(letters[i].node); ok && !n.Local {
			return screen.OnceStored
		}
	}
	return screen.InOneTransaction
}

func (v *View) returnQuestion(letters []letter) *kit.Dialog {
	leaves := v.leaves(letters)
	q := kit.Confirm{
		Title: fmt.Sprintf("Return %s?", many(len(letters))), Icon: "return", Do: "Return " + screen.Count(int64(len(letters))),
		Text:  []kit.Run{{Text: "Each is sent anew to the queue it was going to and leaves this one " + leaves + ". It gets a new ID. What cannot be sent stays here."}},
		Facts: destinations(letters), OnDo: func(bool) { v.p.Return(letters) },
	}
	if len(letters) == 1 {
		q.Do = "Return"
		q.Text = []kit.Run{{Text: "It is sent anew to "}, {Text: destination(&letters[0]), Face: kit.Bold}, {Text: " and leaves this queue " + leaves + ". It gets a new ID. If it cannot be sent it stays here."}}
		q.Facts = []kit.Pair{{Key: "Old ID", Value: letters[0].ID, Mono: true}}
	}
	if host := v.p.away(letters); host != "" {
		q.Text = append(q.Text, kit.Run{Text: " What goes to " + host + " waits in an outgoing queue until it is there."})
	}
	if bold, text := duplicates(letters); bold != "" {
		q.Note = kit.NewNote(kit.Warning, bold, text)
		q.Lean = true
	}
	return q.Dialog()
}

// askElsewhere asks for a queue and sends letters there.
func (v *View) askElsewhere(letters []letter) {
	if len(letters) == 0 {
		return
	}
	queueforms.ChooseQueue(v.host, queueforms.Choice{
		Title: "Send " + many(len(letters)) + " elsewhere", Icon: "send", Do: "Send", Node: letters[0].node, From: letters[0].queue,
		Transactional: &letters[0].Transactional, Typed: true,
		Hint: func(string) string {
			return "Each leaves its dead-letter queue in the transaction that sends it, with a new ID."
		},
		Then: func(to string) { v.p.SendTo(letters, to) },
	})
}

// askDelete names what would be lost and deletes.
func (v *View) askDelete(letters []letter) {
	if len(letters) == 0 {
		return
	}
	v.host.Show(v.deleteQuestion(letters))
}

func (v *View) deleteQuestion(letters []letter) *kit.Dialog {
	n := len(letters)
	where := v.p.whereHeld(letters)
	text := fmt.Sprintf("They are %s. None of them was delivered, and this cannot be undone.", where)
	if there := arrived(letters); there > 0 {
		text = fmt.Sprintf("They are %s. %s of %s had arrived and then failed. This cannot be undone.", where, screen.Count(int64(there)), screen.Count(int64(n)))
	}
	do := "Delete " + screen.Count(int64(n))
	if n == 1 {
		do = "Delete"
		text = fmt.Sprintf("It is %s. It was not delivered, and this cannot be undone.", where)
		if arrived(letters) > 0 {
			text = fmt.Sprintf("It is %s. It had arrived and then failed. This cannot be undone.", where)
		}
	}
	return kit.Confirm{
		Title: fmt.Sprintf("Delete %s?", many(n)), Icon: "delete", Danger: true, Do: do,
		Text: []kit.Run{{Text: text}}, OnDo: func(bool) { v.p.Delete(letters) },
	}.Dialog()
}

// exportLetters asks for a file and writes letters to it; nil: all.
func (v *View) exportLetters(letters []letter) {
	if letters != nil && len(letters) == 0 {
		return
	}
	v.host.SaveFile("Export dead letters", "dead-letters.jsonl", func(path string) { v.p.Export(letters, path) })
}
