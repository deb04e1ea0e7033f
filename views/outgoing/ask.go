package outgoing

import (
	"fmt"

	"posthouse/views/kit"
	"posthouse/views/screen"
)

// askPurge names what would be lost and deletes it.
func (v *View) askPurge() {
	if list := v.p.full(); len(list) > 0 {
		v.host.Show(purgeQuestion(list, screen.TypeFrom.Get(v.host.Preferences()), func() { v.p.Purge(list) }))
	}
}

func purgeQuestion(list []item, typeFrom int, do func()) *kit.Dialog {
	n := unsentOf(list)
	count := screen.Many(n, "message")
	q := kit.Confirm{
		Title: "Purge " + list[0].to + "?", Icon: "purge", Danger: true, Do: "Delete " + count, OnDo: func(bool) { do() },
	}
	whose := []kit.Run{{Text: " not sent yet from " + list[0].node.Name + " will be deleted. They never reach "}, {Text: list[0].to, Face: kit.Bold}, {Text: "."}}
	all := kit.Run{Text: "All "}
	switch {
	case len(list) > 1:
		q.Title = fmt.Sprintf("Purge %s?", screen.Many(int64(len(list)), "outgoing queue"))
		whose = []kit.Run{{Text: " not sent yet will be deleted. They never reach their destinations."}}
		q.Facts = holdings(list)
	case n == 1:
		all.Text, whose[0].Text = "The ", " not sent yet from "+list[0].node.Name+" will be deleted. It never reaches "
	}
	q.Text = append([]kit.Run{all, {Text: count, Face: kit.Bold}}, whose...)
	note := "Those that asked for it are kept as dead letters, and senders that asked to hear are told."
	var unread int64
	for k := range list {
		unread += list[k].out.Unread
	}
	if unread > 0 {
		note += " What was delivered and not read yet stays as it is."
	}
	q.Note = kit.NewNote(kit.Neutral, "", note)
	if n >= int64(typeFrom) {
		q.Type = "purge"
		if len(list) == 1 {
			q.Type = screen.QueueName(list[0].to)
		}
	}
	return q.Dialog()
}

// holdings list what queues hold, the first few by name.
func holdings(list []item) []kit.Pair {
	const most = 5
	var pairs []kit.Pair
	for k := range list[:min(len(list), most)] {
		pairs = append(pairs, kit.Pair{Key: screen.Count(list[k].out.Unsent) + " for", Value: list[k].to})
	}
	if more := list[len(pairs):]; len(more) > 0 {
		pairs = append(pairs, kit.Pair{Key: screen.Count(unsentOf(more)) + " for", Value: fmt.Sprintf("%d more", len(more))})
	}
	return pairs
}
