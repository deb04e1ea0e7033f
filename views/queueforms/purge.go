package queueforms

import (
	"context"
	"fmt"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// doomed is what a purge or a deletion would take, as asked just before.
type doomed struct {
	queue       mgmtclient.Queue
	first, last mgmtclient.Message
	some        bool // first and last are set
	more        int64
}

// inspect asks for the queue and the messages at its ends.
func inspect(ctx context.Context, n mgmtclient.Node, queue string) (doomed, error) {
	var d doomed
	var err error
	if d.queue, err = n.Queue(ctx, queue); err != nil {
		return d, err
	}
	d.queue.Messages = purgeable(d.queue)
	for _, s := range d.queue.Subqueues {
		q, err := n.Queue(ctx, d.queue.PathName+";"+s)
		if err != nil {
			return d, err
		}
		d.more += q.Messages
	}
	first, err := n.Messages(ctx, queue, mgmtclient.Page{Limit: 1})
	if err != nil || len(first.Messages) == 0 {
		// Without the right to look the rest is still known.
		return d, nil //nolint:nilerr
	}
	last, err := n.Messages(ctx, queue, mgmtclient.Page{Limit: 1, Last: true})
	if err == nil && len(last.Messages) > 0 {
		d.first, d.last, d.some = first.Messages[0], last.Messages[0], true
	}
	return d, nil
}

// purgeable is how many messages a purge takes: of an outgoing queue those that
// were not sent.
func purgeable(q mgmtclient.Queue) int64 {
	if q.Outgoing != nil {
		return q.Outgoing.Unsent
	}
	return q.Messages
}

// Purge asks whether to empty a queue, and does.
func Purge(h screen.Host, r screen.Route) {
	n, err := client(h, r.Node)
	if err != nil {
		h.Fail("Nothing was purged", err)
		return
	}
	purger, ok := mgmtclient.Can[mgmtclient.Purger](n.Client)
	if !ok {
		h.Fail("Nothing was purged", n.Refuse("purge "+r.Queue, mgmtclient.CanPurge))
		return
	}
	Ask(h, "Asking "+n.Name, func(ctx context.Context) (doomed, error) { return inspect(ctx, n.Client, r.Queue) }, func(d doomed, err error) {
		switch {
		case err != nil:
			h.Fail("Nothing was purged", err)
		case d.queue.Messages == 0:
			h.Show(nothing(d.queue, n.Name))
		default:
			h.Show(purgeQuestion(h, d, n.Name, func() { purge(h, n, purger, d) }))
		}
	})
}

// nothing says that a queue is empty.
func nothing(q mgmtclient.Queue, node string) *kit.Dialog {
	d := kit.NewDialog(screen.NameOf(&q)+" is empty", "purge",
		kit.NewParagraph("There is nothing to purge in it on "+node+".")).Wide(368)
	return d.Buttons(kit.NewButton("Close", "", d.Close))
}

func purgeQuestion(h screen.Host, d doomed, node string, do func()) *kit.Dialog {
	name := screen.NameOf(&d.queue)
	count := screen.Many(d.queue.Messages, "message")
	rest := fmt.Sprintf(" (%s) now in this queue will be deleted. ", screen.Size(d.queue.Bytes))
	switch {
	case d.queue.Outgoing != nil:
		rest = " not sent yet will be deleted. They never reach their destination. "
		if d.queue.Messages == 1 {
			rest = " not sent yet will be deleted. It never reaches its destination. "
		}
		if d.queue.Outgoing.Unread > 0 {
			rest += "What was delivered and not read yet stays as it is."
		}
	case len(d.queue.Subqueues) > 0 && d.queue.JournalMessages > 0:
		rest += "Its journal and subqueues stay as they are."
	case len(d.queue.Subqueues) > 0:
		rest += "Its subqueues stay as they are."
	case d.queue.JournalMessages > 0:
		rest += "Its journal stays as it is."
	}
	q := kit.Confirm{
		Title: fmt.Sprintf("Purge %s on %s?", name, node), Icon: "purge", Danger: true,
		Text: []kit.Run{{Text: "All "}, {Text: count, Face: kit.Bold}, {Text: rest}},
		Do:   "Purge " + count, OnDo: func(bool) { do() },
	}
	if d.queue.Messages == 1 {
		q.Text[0].Text = "The "
	}
	now := h.Now()
	if d.some {
		line := func(m mgmtclient.Message) string {
			return screen.Moment(m.ArrivedTime, now) + ", " + screen.Label(m.Label)
		}
		q.Facts = []kit.Pair{{Key: "First in queue", Value: line(d.first)}, {Key: "Last in queue", Value: line(d.last)}}
	}
	if p, err := mq.ParsePathName(d.queue.PathName); err == nil && !p.System && p.Suffix == mq.SuffixNone {
		q.Note = kit.NewNote(kit.Neutral, "", "Senders that asked to hear are told that their message was purged, and those that wanted it back find it in dead letters.")
	}
	if d.queue.Messages >= int64(screen.TypeFrom.Get(h.Preferences())) {
		q.Type = name
	}
	return q.Dialog()
}

// countEvery is how often a purge looks at the counter of its queue.
const countEvery = 250 * time.Millisecond

// purgeWatch tells a job how far a purge is, which itself answers only at its
// end. The job owns it.
type purgeWatch struct {
	cancel context.CancelFunc
	done   chan struct{}
	told   int64 // set before done is closed
}

// watchPurge follows the counter of a queue down from what it was.
func watchPurge(j *screen.JobRun, n mgmtclient.Node, q mgmtclient.Queue) *purgeWatch {
	ctx, cancel := context.WithCancel(j.Context())
	w := &purgeWatch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(countEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now, err := n.Queue(ctx, q.PathName)
			if err != nil {
				continue // the purge says what is wrong
			}
			// What arrives meanwhile takes nothing back.
			if gone := q.Messages - purgeable(now); gone > w.told {
				j.Add(gone-w.told, 0, "")
				w.told = gone
			}
		}
	}()
	return w
}

// end stops the watch, waits for it and is what it told.
func (w *purgeWatch) end() int64 {
	w.cancel()
	<-w.done
	return w.told
}

// purge empties the queue as a job.
func purge(h screen.Host, n screen.Node, purger mgmtclient.Purger, d doomed) {
	name := screen.NameOf(&d.queue)
	var gone int64
	h.Job(screen.Job{
		Icon: "purge", Node: n.ID, Title: "Purging " + name, Total: d.queue.Messages, Verb: "purged", Hint: "Cancel stops between two batches.\nWhat is purged stays purged.",
		Run: func(j *screen.JobRun) error {
			watch := watchPurge(j, n.Client, d.queue)
			var err error
			gone, err = purger.Purge(j.Context(), d.queue.PathName)
			j.Add(min(gone, d.queue.Messages)-watch.end(), 0, "")
			return err
		},
		Then: func(p screen.Progress, err error) {
			h.Feed().Refresh(n.ID)
			a := screen.Action{What: "Purged " + name, Result: screen.Many(gone, "message"), Tone: kit.Success}
			if err != nil {
				a.Tone = kit.Danger
				if gone > 0 || p.Stopped {
					a.Tone = kit.Warning
				}
			}
			h.Done(a)
			if err != nil && !p.Stopped {
				h.Fail(fmt.Sprintf("Purging %s ended after %s", name, screen.Many(gone, "message")), err)
			}
		},
	})
}
