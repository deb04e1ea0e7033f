package queueforms

import (
	"cmp"
	"context"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Messages are chosen messages of a queue. Rows has what is known of them, for
// the words before it happens: those in memory.
type Messages struct {
	Node, Queue string
	Name        string // of the queue in sentences; "" by its path name
	Items       []screen.Item
	Rows        []mgmtclient.Message
	// Then, which may be nil, runs at the end with every item.
	Then func([]screen.Item)
}

func (m Messages) many() string { return screen.Many(int64(len(m.Items)), "message") }

// short is the queue's name for sentences.
func (m Messages) short() string { return cmp.Or(m.Name, screen.QueueName(m.Queue)) }

// told is how many senders will hear that their message was received: those
// that asked, in a queue that still is one.
func (m Messages) told() int {
	if p, err := mq.ParsePathName(m.Queue); err == nil && (p.System || p.Suffix != mq.SuffixNone) {
		return 0
	}
	n := 0
	for i := range m.Rows {
		for _, word := range m.Rows[i].Acknowledge {
			if word == "received" && m.Rows[i].AdminQueue != "" {
				n++
			}
		}
	}
	return n
}

// DeleteMessages asks whether to delete chosen messages, and does.
func DeleteMessages(h screen.Host, m Messages) {
	n, err := client(h, m.Node)
	if err != nil {
		h.Fail("Nothing was deleted", err)
		return
	}
	remover, ok := mgmtclient.Can[mgmtclient.Remover](n.Client)
	if !ok {
		h.Fail("Nothing was deleted", n.Refuse("delete messages", mgmtclient.CanRemove))
		return
	}
	h.Show(deleteQuestion(m, n.Name, func() {
		screen.Bulk{
			Icon: "delete", Node: n.ID, Title: "Deleting messages from " + m.short(), Verb: "deleted", Items: m.Items,
			What: func(done int64) string { return "Deleted " + screen.Many(done, "message") + " from " + m.short() },
			Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
				return remover.Delete(ctx, m.Queue, ids)
			},
			Then: m.Then,
		}.Run(h)
	}))
}

func deleteQuestion(m Messages, node string, do func()) *kit.Dialog {
	them, are := "They are", "them"
	if len(m.Items) == 1 {
		them, are = "It is", "it"
	}
	q := kit.Confirm{
		Title: "Delete " + m.many() + "?", Icon: "delete", Danger: true,
		Text: []kit.Run{{Text: fmt.Sprintf("%s in ", them)}, {Text: m.short(), Face: kit.Bold}, {Text: fmt.Sprintf(" on %s. Nobody will receive %s, and this cannot be undone.", node, are)}},
		Do:   "Delete " + screen.Count(int64(len(m.Items))), OnDo: func(bool) { do() },
	}
	if len(m.Items) == 1 {
		q.Do = "Delete"
	}
	if told := m.told(); told > 0 {
		q.Note = kit.NewNote(kit.Warning, screen.Many(int64(told), "sender")+" will be told “received”.",
			"They asked to hear when their message is taken, and deleting takes it.")
	}
	return q.Dialog()
}

// MoveMessages asks where to and moves chosen messages there.
func MoveMessages(h screen.Host, m Messages) { transfer(h, m, true) }

// CopyMessages asks where to and sends copies there.
func CopyMessages(h screen.Host, m Messages) { transfer(h, m, false) }

func transfer(h screen.Host, m Messages, move bool) {
	verb, doing, done := "Move", "Moving", "moved"
	if !move {
		verb, doing, done = "Send a copy of", "Copying", "copied"
	}
	n, err := client(h, m.Node)
	if err != nil {
		h.Fail("Nothing was "+done, err)
		return
	}
	mover, ok := mgmtclient.Can[mgmtclient.Mover](n.Client)
	if !ok {
		h.Fail("Nothing was "+done, n.Refuse(verb+" messages", mgmtclient.CanMove))
		return
	}
	c := Choice{
		Title: verb + " " + m.many(), Icon: "move", Do: verb, Node: n.ID, From: m.Queue, Typed: move,
		Hint: func(to string) string { return MoveHint(m.Queue, to) },
	}
	if !move {
		c.Icon, c.Do = "copy", "Send"
		c.Hint = func(string) string { return "The originals stay; each copy gets a new ID." }
	}
	if len(m.Rows) > 0 {
		c.Transactional = &m.Rows[0].Transactional
	}
	c.Then = func(to string) {
		screen.Bulk{
			Icon: c.Icon, Node: n.ID, Title: fmt.Sprintf("%s messages to %s", doing, screen.QueueName(to)), Verb: done, Items: m.Items,
			What: func(count int64) string {
				return fmt.Sprintf("%s %s to %s", screen.Title(done), screen.Many(count, "message"), screen.QueueName(to))
			},
			Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
				if move {
					return mover.Move(ctx, m.Queue, ids, to)
				}
				return mover.Copy(ctx, m.Queue, ids, to)
			},
			Then: m.Then,
		}.Run(h)
	}
	ChooseQueue(h, c)
}
