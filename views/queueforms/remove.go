package queueforms

import (
	"context"
	"fmt"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Delete asks whether to delete a queue with what it holds, and does.
func Delete(h screen.Host, r screen.Route) {
	const failed = "The queue was not deleted"
	n, err := client(h, r.Node)
	if err != nil {
		h.Fail(failed, err)
		return
	}
	admin, ok := mgmtclient.Can[mgmtclient.QueueAdmin](n.Client)
	if !ok {
		h.Fail(failed, n.Refuse("delete "+r.Queue, mgmtclient.CanAdmin))
		return
	}
	Ask(h, "Asking "+n.Name, func(ctx context.Context) (doomed, error) { return inspect(ctx, n.Client, r.Queue) }, func(d doomed, err error) {
		if err != nil {
			h.Fail(failed, err)
			return
		}
		h.Show(deleteQueueQuestion(h, d, n.Name, func() {
			name := screen.QueueName(d.queue.PathName)
			h.Job(screen.Job{
				Icon: "delete", Node: n.ID, Title: "Deleting queue " + name, Verb: "deleted", Hint: "Once begun it is finished.",
				Run: func(j *screen.JobRun) error { return admin.DeleteQueue(j.Context(), d.queue.PathName) },
				Then: func(_ screen.Progress, err error) {
					h.Feed().Refresh(n.ID)
					if err != nil {
						h.Done(screen.Action{What: "Delete queue " + name, Result: "Failed", Tone: kit.Danger})
						h.Fail(failed, err)
						return
					}
					h.Done(screen.Action{What: "Deleted queue " + name, Tone: kit.Success})
					if here := h.Here(); here.Screen == screen.Queues && sameQueue(here.Queue, d.queue.PathName) {
						h.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Folder: screen.PrivateQueues})
					}
				},
			})
		}))
	})
}

// sameQueue reports whether a path is the queue or a part of it.
func sameQueue(path, queue string) bool {
	a, errA := mq.ParsePathName(path)
	b, errB := mq.ParsePathName(queue)
	return errA == nil && errB == nil && !a.System && a.Parent().Equal(b.Parent())
}

func deleteQueueQuestion(h screen.Host, d doomed, node string, do func()) *kit.Dialog {
	name := screen.QueueName(d.queue.PathName)
	lost := d.queue.Messages + d.queue.JournalMessages + d.more
	q := kit.Confirm{
		Title: fmt.Sprintf("Delete queue %s on %s?", name, node), Icon: "delete", Danger: true,
		Do: "Delete queue", OnDo: func(bool) { do() },
	}
	q.Text = []kit.Run{{Text: "It is empty. "}}
	if lost > 0 {
		q.Text = []kit.Run{{Text: "It is deleted with "}, {Text: screen.Many(lost, "message"), Face: kit.Bold}, {Text: " in it. "}}
	}
	q.Text = append(q.Text, kit.Run{Text: "Senders that still use it are refused from then on, and this cannot be undone."})
	q.Facts = []kit.Pair{
		{Key: "Messages", Value: fmt.Sprintf("%s, %s", screen.Count(d.queue.Messages), screen.Size(d.queue.Bytes))},
		{Key: "Journal", Value: copies(d.queue.JournalMessages)},
	}
	if len(d.queue.Subqueues) > 0 {
		q.Facts = append(q.Facts, kit.Pair{Key: "Subqueues", Value: fmt.Sprintf("%d with %s", len(d.queue.Subqueues), screen.Many(d.more, "message"))})
	}
	if d.queue.Label != "" {
		q.Facts = append(q.Facts, kit.Pair{Key: "Label", Value: d.queue.Label})
	}
	if d.queue.Messages > 0 {
		q.Note = kit.NewNote(kit.Neutral, "", "Senders that asked to hear are told that the queue was deleted, and those that wanted their message back find it in dead letters.")
	}
	if lost > 0 && lost >= int64(screen.TypeFrom.Get(h.Preferences())) {
		q.Type = name
	}
	return q.Dialog()
}

// copies counts what a journal holds.
func copies(n int64) string {
	if n == 1 {
		return "1 copy"
	}
	return screen.Count(n) + " copies"
}
