package queues

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/queueforms"
	"posthouse/views/screen"
)

// Lacks is why something cannot be done on the computer shown, as a sentence; ""
// if it can, or if it is not connected, which is said elsewhere.
func (p *Presenter) Lacks(need mgmtclient.Capability) string {
	if p.node.Client == nil {
		return ""
	}
	return p.node.Lacks(need)
}

// Can reports whether it can be done now.
func (p *Presenter) Can(need mgmtclient.Capability) bool {
	return p.node.Client != nil && p.node.Lacks(need) == ""
}

// CanExport reports whether messages can be written to a file.
func (p *Presenter) CanExport() bool { return p.Can(mgmtclient.CanExport) && p.host.Export() != nil }

// CanReturn reports whether the messages shown can be sent back to where they were
// going.
func (p *Presenter) CanReturn() bool { return p.deadLetters() && p.Can(mgmtclient.CanMove) }

// deadLetters reports whether a dead-letter queue is shown.
func (p *Presenter) deadLetters() bool { return isDead(p.queue) }

// list is what sort of messages is shown.
func (p *Presenter) list() listKind {
	switch {
	case p.deadLetters():
		return listDead
	case p.folder == screen.OutgoingQueues:
		return listOutgoing
	}
	return listMessages
}

func isDead(path string) bool {
	name := lower(path)
	return strings.HasSuffix(name, ";deadletter") || strings.HasSuffix(name, ";deadxact")
}

// chosen are the ids of the selected messages, in queue order.
func (p *Presenter) chosen() []mgmtclient.LookupID {
	var ids []mgmtclient.LookupID
	for _, id := range p.Selected() {
		ids = append(ids, mgmtclient.LookupID(id.Num))
	}
	slices.Sort(ids)
	return ids
}

// items are the selected messages with the labels they are known by.
func (p *Presenter) items() []screen.Item {
	ids := p.chosen()
	out := make([]screen.Item, len(ids))
	for i, id := range ids {
		out[i].ID = id
		if m, ok := p.Messages.Message(kit.NumID(uint64(id))); ok {
			out[i].Label, out[i].OldID = m.Label, m.ID
		}
	}
	return out
}

// from says where the messages shown are: "orders.in", "the journal of
// orders.in".
func (p *Presenter) from() string {
	name := screen.QueueName(p.queue)
	switch q, _ := p.Queue(); {
	case q.Outgoing != nil && p.part == InSubqueues:
		return "what was delivered to " + screen.NameOf(&q)
	case q.Outgoing != nil:
		return "the outgoing queue to " + screen.NameOf(&q)
	case p.part == InJournal:
		return "the journal of " + name
	case p.part == InSubqueues:
		return name + ";" + p.sub
	case p.folder == screen.SystemQueues:
		return "the " + strings.TrimSuffix(lower(name[:1])+name[1:], " messages") + " queue"
	}
	return name
}

// selection is the selected messages for the dialogs that do something to
// them.
func (p *Presenter) selection() queueforms.Messages {
	path := p.Path()
	m := queueforms.Messages{Node: p.node.ID, Queue: path, Items: p.items()}
	if p.folder == screen.OutgoingQueues {
		m.Name = p.from()
	}
	for _, id := range p.chosen() {
		if row, ok := p.Messages.Message(kit.NumID(uint64(id))); ok {
			m.Rows = append(m.Rows, row)
		}
	}
	m.Then = func(items []screen.Item) { p.left(path, items) }
	return m
}

// stay is the selection for what leaves the messages where they are.
func (p *Presenter) stay() queueforms.Messages {
	m := p.selection()
	m.Then = nil
	return m
}

// left takes messages out that have left the queue they were in.
func (p *Presenter) left(path string, items []screen.Item) {
	p.host.Feed().Refresh(p.node.ID)
	if p.Messages.Queue() != path {
		return
	}
	var all, done []mgmtclient.LookupID
	for _, it := range items {
		all = append(all, it.ID)
		if it.Done && it.Err == "" {
			done = append(done, it.ID)
		}
	}
	p.Messages.Deleting(all, false)
	p.Messages.Removed(done)
	p.Messages.Changed()
}

// Return sends the selected dead letters to the queues they were going to.
func (p *Presenter) Return() {
	mover, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	items := p.items()
	if !ok || len(items) == 0 {
		return
	}
	path := p.Path()
	ids := p.chosen()
	p.Messages.Deleting(ids, true)
	screen.Bulk{
		Icon: "return", Node: p.node.ID, Title: "Returning messages to their destination", Verb: "returned", Items: items, Show: true,
		What: func(n int64) string { return "Returned " + screen.Many(n, "message") + " to their destination" },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return mover.Return(ctx, path, ids)
		},
		Then: func(items []screen.Item) { p.left(path, items) },
	}.Run(p.host)
}

// arrived is how many of the selected dead letters had been in their queue.
func (p *Presenter) arrived() int64 {
	var n int64
	for _, id := range p.chosen() {
		if m, ok := p.Messages.Message(kit.NumID(uint64(id))); ok && m.ClassCode.Arrived() {
			n++
		}
	}
	return n
}

// CopyID puts the ids of the selected messages on the clipboard.
func (p *Presenter) CopyID() {
	var ids []string
	for _, id := range p.chosen() {
		if m, ok := p.Messages.Message(kit.NumID(uint64(id))); ok {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 1 {
		p.host.Copy(ids[0], "the message ID")
	} else if len(ids) > 1 {
		p.host.Copy(strings.Join(ids, "\n"), screen.Count(int64(len(ids)))+" message IDs")
	}
}

// CopyRows puts the selected rows on the clipboard, with tabs between columns.
func (p *Presenter) CopyRows() {
	var b strings.Builder
	n := 0
	for _, id := range p.chosen() {
		m, ok := p.Messages.Message(kit.NumID(uint64(id)))
		if !ok {
			continue
		}
		n++
		fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%s\t%s\n", m.Label, m.ID, screen.FullTime(m.SentTime, p.host.Now()), m.BodySize, m.SourceMachine, m.LookupID)
	}
	if n > 0 {
		p.host.Copy(b.String(), screen.Many(int64(n), "row"))
	}
}

// ExportName proposes a name for an export.
func (p *Presenter) ExportName() string {
	name := strings.NewReplacer(`\`, "-", "/", "-", ";", "-", " ", "-", "$", "").Replace(screen.QueueName(p.Path()))
	return lower(name) + ".jsonl"
}

// Export writes the selected messages to a file, or all of the queue if none
// is selected. The file appears only when it is complete.
func (p *Presenter) Export(file string) {
	export := p.host.Export()
	if export == nil || p.node.Client == nil || p.Path() == "" {
		return
	}
	ids := p.chosen()
	total := int64(len(ids))
	if total == 0 {
		total = int64(p.Messages.run.total)
	}
	client, path, from := p.node.Client, p.Path(), p.from()
	p.host.Job(screen.Job{
		Icon: "export", Node: p.node.ID, Title: "Exporting messages of " + from, Total: total, Verb: "written",
		Hint: "Cancel writes no file.",
		Run: func(run *screen.JobRun) error {
			var told int64
			return screen.WriteFile(file, func(w io.Writer) error {
				return export(run.Context(), client, w, path, ids, func(n int64) {
					run.Add(n-told, 0, "")
					told = n
				})
			})
		},
		Then: func(done screen.Progress, err error) {
			switch {
			case done.Stopped:
				p.host.Done(screen.Action{What: "Stopped exporting " + from, Result: "No file", Tone: kit.Neutral})
			case err != nil:
				p.host.Done(screen.Action{What: "Exporting " + from, Result: "Failed", Tone: kit.Danger})
				p.host.Fail("The messages of "+from+" were not exported", err)
			default:
				p.host.Done(screen.Action{
					What:   "Exported " + screen.Many(done.OK, "message") + " of " + from + " to " + filepath.Base(file),
					Result: "Done", Tone: kit.Success,
				})
			}
		},
	})
}
