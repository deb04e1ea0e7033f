package queues

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Can says what can be done with messages of the node shown.
type Can struct{ Delete, Move, Return, Send, Export, Search, Purge, Admin bool }

// Can asks the node.
func (p *Presenter) Can() Can {
	n := p.node.Client
	if n == nil {
		return Can{}
	}
	var c Can
	_, c.Delete = mgmtclient.Can[mgmtclient.Remover](n)
	_, c.Move = mgmtclient.Can[mgmtclient.Mover](n)
	c.Return = c.Move && p.deadLetters()
	_, c.Send = mgmtclient.Can[mgmtclient.Sender](n)
	_, c.Export = mgmtclient.Can[mgmtclient.Archiver](n)
	c.Export = c.Export && p.host.Export() != nil
	_, c.Search = mgmtclient.Can[mgmtclient.Searcher](n)
	_, c.Purge = mgmtclient.Can[mgmtclient.Purger](n)
	_, c.Admin = mgmtclient.Can[mgmtclient.QueueAdmin](n)
	return c
}

// deadLetters reports whether a dead-letter queue is shown.
func (p *Presenter) deadLetters() bool { return isDead(p.queue) }

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
			out[i].Label = m.Label
		}
	}
	return out
}

// from says where the messages shown are: "orders.in", "the journal of
// orders.in".
func (p *Presenter) from() string {
	name := screen.QueueName(p.queue)
	switch {
	case p.part == InJournal:
		return "the journal of " + name
	case p.part == InSubqueues:
		return name + ";" + p.sub
	case p.folder == screen.SystemQueues:
		return "the " + strings.TrimSuffix(lower(name[:1])+name[1:], " messages") + " queue"
	}
	return name
}

// told counts the senders of the selected messages who asked to hear when
// their message is received.
func (p *Presenter) told() int64 {
	var n int64
	for _, id := range p.chosen() {
		m, ok := p.Messages.Message(kit.NumID(uint64(id)))
		if ok && m.AdminQueue != "" && slices.Contains(m.Acknowledge, "received") {
			n++
		}
	}
	return n
}

// DeleteWords are what the question before deleting says.
func (p *Presenter) DeleteWords() (title, text string, count int64) {
	items := p.items()
	count = int64(len(items))
	title = "Delete " + screen.Many(count, "message") + "?"
	if count == 1 && strings.TrimSpace(items[0].Label) != "" {
		title = "Delete “" + kit.Shorten(items[0].Label) + "”?"
	}
	is, them := "They are", "them"
	if count == 1 {
		is, them = "It is", "it"
	}
	text = fmt.Sprintf("%s in %s on %s. This cannot be undone.", is, p.from(), p.node.Name)
	switch n := p.told(); {
	case p.part == InJournal || p.deadLetters():
	case n == 1:
		text += " One sender asked to be told and will hear “received”."
	case n > 1:
		text += fmt.Sprintf(" %s senders asked to be told and will hear “received”.", screen.Count(n))
	default:
		text += " No sender asked to be told about " + them + "."
	}
	return title, text, count
}

// Delete deletes the selected messages; ask first.
func (p *Presenter) Delete() {
	remover, ok := mgmtclient.Can[mgmtclient.Remover](p.node.Client)
	items := p.items()
	if !ok || len(items) == 0 {
		return
	}
	path, from := p.Path(), p.from()
	p.bulk(screen.Bulk{
		Icon: "delete", Title: "Deleting messages from " + from, Verb: "deleted", Items: items,
		What: func(n int64) string { return "Deleted " + screen.Many(n, "message") + " from " + from },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return remover.Delete(ctx, path, ids)
		},
	}, true)
}

// Move moves the selected messages to another queue or subqueue.
func (p *Presenter) Move(to string) {
	mover, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	items := p.items()
	if !ok || len(items) == 0 {
		return
	}
	path, name := p.Path(), screen.QueueName(to)
	p.bulk(screen.Bulk{
		Icon: "move", Title: "Moving messages to " + name, Verb: "moved", Items: items,
		What: func(n int64) string { return "Moved " + screen.Many(n, "message") + " to " + name },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return mover.Move(ctx, path, ids, to)
		},
	}, true)
}

// Copy sends copies of the selected messages to another queue.
func (p *Presenter) Copy(to string) {
	mover, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	items := p.items()
	if !ok || len(items) == 0 {
		return
	}
	path, name := p.Path(), screen.QueueName(to)
	p.bulk(screen.Bulk{
		Icon: "copy", Title: "Copying messages to " + name, Verb: "copied", Items: items,
		What: func(n int64) string {
			return "Sent " + strings.Replace(screen.Many(n, "copy"), "copys", "copies", 1) + " to " + name
		},
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return mover.Copy(ctx, path, ids, to)
		},
	}, false)
}

// Return sends the selected dead letters to the queues they were going to.
func (p *Presenter) Return() {
	mover, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	items := p.items()
	if !ok || len(items) == 0 {
		return
	}
	path := p.Path()
	p.bulk(screen.Bulk{
		Icon: "return", Title: "Returning messages to their destination", Verb: "returned", Items: items,
		What: func(n int64) string { return "Returned " + screen.Many(n, "message") + " to their destination" },
		Do: func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
			return mover.Return(ctx, path, ids)
		},
	}, true)
}

// bulk runs a bulk action; gone says that what it is done to leaves the queue.
func (p *Presenter) bulk(b screen.Bulk, gone bool) {
	ids := make([]mgmtclient.LookupID, len(b.Items))
	for i := range b.Items {
		ids[i] = b.Items[i].ID
	}
	path := p.Path()
	if gone {
		p.Messages.Deleting(ids, true)
	}
	b.Then = func(items []screen.Item) {
		if p.Messages.Queue() != path {
			return
		}
		p.Messages.Deleting(ids, false)
		if !gone {
			return
		}
		var done []mgmtclient.LookupID
		for _, it := range items {
			if it.Done && it.Err == "" {
				done = append(done, it.ID)
			}
		}
		p.Messages.Removed(done)
		p.Messages.Changed()
		p.host.Feed().Refresh(p.node.ID)
	}
	b.Run(p.host)
}

// Target is a place messages can be moved to.
type Target struct {
	Path string
	Note string // what happens to the messages
	Same bool   // a subqueue of the same queue, or the queue itself
}

// Targets are the places the messages shown can be moved to, subqueues first.
func (p *Presenter) Targets() []Target {
	var out []Target
	if q, ok := p.Queue(); ok && p.folder == screen.PrivateQueues && p.part != InJournal {
		if p.part == InSubqueues {
			out = append(out, Target{q.PathName, "keeps ID and order", true})
		}
		for _, s := range q.Subqueues {
			if s != p.sub || p.part != InSubqueues {
				out = append(out, Target{q.PathName + ";" + s, "subqueue, keeps ID and order", true})
			}
		}
	}
	for _, q := range p.host.Feed().Of(p.node.ID).Queues {
		if !equalFold(q.PathName, p.queue) || p.part == InJournal {
			note := "gets a new ID"
			if q.Transactional {
				note += ", transactional"
			}
			out = append(out, Target{q.PathName, note, false})
		}
	}
	return out
}

// ParseTarget makes a target of what was typed: ;name is a subqueue.
func (p *Presenter) ParseTarget(text string) (Target, bool) {
	text = strings.TrimSpace(text)
	sub, isSub := strings.CutPrefix(text, ";")
	switch {
	case text == "" || isSub && (sub == "" || p.queue == ""):
		return Target{}, false
	case isSub:
		return Target{p.queue + ";" + sub, "new subqueue, keeps ID and order", true}, true
	}
	return Target{text, "as typed", false}, true
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
		Icon: "export", Title: "Exporting messages of " + from, Total: total, Verb: "written",
		Hint: "Cancel writes no file.",
		Run: func(run *screen.JobRun) error {
			var told int64
			return writeWhole(file, func(w io.Writer) error {
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

// writeWhole writes a file under another name and renames it when it is whole.
func writeWhole(file string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".posthouse-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
