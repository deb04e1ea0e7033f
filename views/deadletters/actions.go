package deadletters

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// many counts dead letters.
func many(n int) string { return screen.Many(int64(n), "dead letter") }

// bulk does something to letters of any queues and computers. The items carry
// their lookup ids, or their numbers if two computers gave the same.
func (p *Presenter) bulk(letters []letter, b screen.Bulk, do func(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error)) {
	b.Noun = "dead letter"
	letters = slices.Clone(letters)
	slices.SortStableFunc(letters, func(a, b letter) int { return strings.Compare(a.node+"|"+a.queue, b.node+"|"+b.queue) })
	at := map[mgmtclient.LookupID]letter{}
	for _, l := range letters {
		at[l.LookupID] = l
	}
	clash := len(at) < len(letters)
	clear(at)
	clients := map[string]holder{}
	for i, l := range letters {
		id := l.LookupID
		if clash {
			id = mgmtclient.LookupID(i + 1)
		}
		at[id] = l
		clients[l.node] = holder{l.computer, p.node(l.node)}
		b.Items = append(b.Items, screen.Item{ID: id, Label: l.Label, OldID: l.ID})
	}
	b.Do = func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
		var all []mgmtclient.ItemResult
		for len(ids) > 0 {
			o := at[ids[0]].origin
			n := 1
			for n < len(ids) && at[ids[n]].origin == o {
				n++
			}
			lookup := make([]mgmtclient.LookupID, n)
			for i := range lookup {
				lookup[i] = at[ids[i]].LookupID
			}
			results, err := clients[o.node].do(ctx, do, o.queue, lookup)
			for i := range results {
				results[i].LookupID = ids[i]
			}
			all = append(all, results...)
			if ctx.Err() != nil {
				return all, err
			}
			// The letters of other computers are not held up by this one.
			for _, id := range ids[len(results):n] {
				all = append(all, mgmtclient.ItemResult{LookupID: id, Error: reasonOf(err), Code: mq.CodeOf(err)})
			}
			ids = ids[n:]
		}
		return all, nil
	}
	b.Then = func([]screen.Item) {
		seen := map[string]bool{}
		for _, l := range letters {
			if !seen[l.node] {
				seen[l.node] = true
				p.host.Feed().Refresh(l.node)
			}
		}
		p.Refresh()
	}
	b.Run(p.host)
}

// holder is a computer that holds letters.
type holder struct {
	name   string
	client mgmtclient.Node // nil: there is no connection
}

func (h holder) do(ctx context.Context, do func(context.Context, mgmtclient.Node, string, []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error), queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	if h.client == nil {
		return nil, mq.Errorf(mq.ErrServiceNotAvailable, "ask "+h.name, "there is no connection to %s", h.name).WithFix("connect again")
	}
	return do(ctx, h.client, queue, ids)
}

// reasonOf is why something failed, for the list of results.
func reasonOf(err error) string {
	if err == nil {
		return "no answer for it"
	}
	why, _, _ := screen.Reason(err)
	return why
}

// Lacks is why something cannot be done to any of some letters; "" if it can to one.
func (p *Presenter) Lacks(letters []letter, need mgmtclient.Capability) string {
	first, asked := "", map[string]bool{}
	for _, l := range letters {
		if asked[l.node] {
			continue
		}
		asked[l.node] = true
		n, _ := p.host.Node(l.node)
		if n.Client == nil {
			continue
		}
		why := n.Lacks(need)
		if why == "" {
			return ""
		}
		first = cmp.Or(first, why)
	}
	return first
}

func mover(n mgmtclient.Node) (mgmtclient.Mover, error) {
	if m, ok := mgmtclient.Can[mgmtclient.Mover](n); ok {
		return m, nil
	}
	return nil, screen.Refusal(n, "send messages again", mgmtclient.CanMove)
}

// arrived is how many of some letters had been in their queue.
func arrived(letters []letter) int {
	n := 0
	for i := range letters {
		if letters[i].ClassCode.Arrived() {
			n++
		}
	}
	return n
}

// duplicates warns of letters that had arrived; "" if none had.
func duplicates(letters []letter) (bold, text string) {
	n := arrived(letters)
	classes := map[mq.Class]bool{}
	for i := range letters {
		if letters[i].ClassCode.Arrived() {
			classes[letters[i].ClassCode] = true
		}
	}
	switch {
	case n == 0:
		return "", ""
	case len(letters) == 1:
		return "It had arrived.", "Its class " + letters[0].ClassCode.String() + " says that it was in the queue: an application may have seen it, and would see it twice."
	}
	var names []string
	for c := range classes {
		names = append(names, c.String())
	}
	slices.Sort(names)
	return fmt.Sprintf("%s of %s had arrived.", screen.Count(int64(n)), screen.Count(int64(len(letters)))),
		"They were in their queue (" + strings.Join(names, ", ") + "): an application may have seen them, and would see them twice."
}

// destinations lists where letters were going, the most frequent first.
func destinations(letters []letter) []kit.Pair {
	count := map[string]int{}
	var names []string
	for i := range letters {
		to := destination(&letters[i])
		if count[to] == 0 {
			names = append(names, to)
		}
		count[to]++
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	const most = 4
	var pairs []kit.Pair
	for i, name := range names {
		if i == most {
			pairs = append(pairs, kit.Pair{Key: "", Value: fmt.Sprintf("and %s more", screen.Many(int64(len(names)-most), "queue"))})
			break
		}
		pairs = append(pairs, kit.Pair{Key: screen.Count(int64(count[name])) + " to", Value: name})
	}
	return pairs
}

// of reports whether a letter is held by a computer of this name.
func (l *letter) of(machine string) bool {
	return strings.EqualFold(machine, l.computer) || strings.EqualFold(machine, l.machine)
}

// away names the other computers that letters were going to; "" if there are
// none.
func (p *Presenter) away(letters []letter) string {
	host := ""
	for i := range letters {
		path, ok := pathOf(letters[i].DestinationQueue)
		switch {
		case !ok || path.Local() || letters[i].of(path.Machine), strings.EqualFold(path.Machine, host):
		case host == "":
			host = path.Machine
		default:
			return "other computers"
		}
	}
	return host
}

// Return sends letters to where they were going.
func (p *Presenter) Return(letters []letter) {
	p.bulk(letters, screen.Bulk{
		Icon: "return", Title: "Returning " + many(len(letters)), Verb: "returned", Show: true,
		What: func(n int64) string { return "Returned " + many(int(n)) },
	}, func(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
		m, err := mover(n)
		if err != nil {
			return nil, err
		}
		return m.Return(ctx, queue, ids)
	})
}

// SendTo sends letters to another queue.
func (p *Presenter) SendTo(letters []letter, to string) {
	p.bulk(letters, screen.Bulk{
		Icon: "send", Title: fmt.Sprintf("Sending %s to %s", many(len(letters)), screen.QueueName(to)), Verb: "sent", Show: true,
		What: func(n int64) string { return fmt.Sprintf("Sent %s to %s", many(int(n)), screen.QueueName(to)) },
	}, func(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
		m, err := mover(n)
		if err != nil {
			return nil, err
		}
		return m.Move(ctx, queue, ids, to)
	})
}

// Delete deletes letters.
func (p *Presenter) Delete(letters []letter) {
	p.bulk(letters, screen.Bulk{
		Icon: "delete", Title: "Deleting " + many(len(letters)), Verb: "deleted",
		What: func(n int64) string { return "Deleted " + many(int(n)) },
	}, func(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
		r, ok := mgmtclient.Can[mgmtclient.Remover](n)
		if !ok {
			return nil, screen.Refusal(n, "delete messages", mgmtclient.CanRemove)
		}
		return r.Delete(ctx, queue, ids)
	})
}

// whereHeld says where letters are: "on HUB-CPH01, in its dead-letter queue".
func (p *Presenter) whereHeld(letters []letter) string {
	origins := map[origin]bool{}
	nodes := map[string]bool{}
	for _, l := range letters {
		origins[l.origin], nodes[l.node] = true, true
	}
	switch {
	case len(nodes) > 1:
		return fmt.Sprintf("on %d computers", len(nodes))
	case len(origins) > 1:
		return "on " + letters[0].computer
	}
	for i := range p.queues {
		if h := p.queues[i]; h.origin == letters[0].origin {
			if h.kind == "application" {
				return fmt.Sprintf("on %s, in %s", letters[0].computer, screen.QueueName(h.queue))
			}
			return fmt.Sprintf("on %s, in its %s queue", letters[0].computer, h.kind)
		}
	}
	return "on " + letters[0].computer
}

// part is the letters of one queue to export; nil ids: all.
type part struct {
	origin
	ids []mgmtclient.LookupID
}

// parts are the queues of letters, or of everything if letters is nil.
func (p *Presenter) parts(letters []letter) []part {
	var list []part
	if letters == nil {
		for i := range p.queues {
			if h := &p.queues[i]; h.total > 0 {
				list = append(list, part{origin: h.origin})
			}
		}
		return list
	}
	for _, l := range letters {
		i := slices.IndexFunc(list, func(x part) bool { return x.origin == l.origin })
		if i < 0 {
			i = len(list)
			list = append(list, part{origin: l.origin})
		}
		list[i].ids = append(list[i].ids, l.LookupID)
	}
	for i := range list {
		slices.Sort(list[i].ids)
	}
	return list
}

// CanExport reports whether letters can be written to a file.
func (p *Presenter) CanExport() bool { return p.host.Export() != nil }

// Export writes letters to a file; letters of several queues to one each, with
// the queue in its name. A file appears only when it is complete.
func (p *Presenter) Export(letters []letter, file string) {
	parts, export := p.parts(letters), p.host.Export()
	if len(parts) == 0 || export == nil {
		return
	}
	total := int64(len(letters))
	if letters == nil {
		total = p.Total()
	}
	clients := map[string]holder{}
	for _, x := range parts {
		n, _ := p.host.Node(x.node)
		clients[x.node] = holder{n.Name, n.Client}
	}
	p.host.Job(screen.Job{
		Icon: "export", Title: "Exporting dead letters", Total: total, Verb: "exported", Hint: "Cancel leaves no half-written file.",
		Run: func(j *screen.JobRun) error {
			for _, x := range parts {
				from := clients[x.node]
				if from.client == nil {
					return mq.Errorf(mq.ErrServiceNotAvailable, "export", "there is no connection to %s", from.name).WithFix("connect again, or choose the letters of the others")
				}
				if _, ok := mgmtclient.Can[mgmtclient.Exporter](from.client); !ok {
					return screen.Refusal(from.client, "export from "+from.name, mgmtclient.CanExport)
				}
				var done int64
				err := screen.WriteFile(fileFor(file, from.name, x.queue, len(parts)), func(w io.Writer) error {
					return export(j.Context(), from.client, w, x.queue, x.ids, func(n int64) {
						j.Add(n-done, 0, "")
						done = n
					})
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
		Then: func(pr screen.Progress, err error) {
			a := screen.Action{What: "Exported dead letters", Result: screen.Count(pr.OK) + " of " + screen.Count(total), Tone: kit.Success}
			if err != nil {
				a.Tone = kit.Danger
			}
			p.host.Done(a)
			if err != nil && !pr.Stopped {
				p.host.Fail("The dead letters were not exported", err)
			}
		},
	})
}

// fileFor is the file of one queue of several.
func fileFor(file, computer, queue string, parts int) string {
	if parts == 1 {
		return file
	}
	name := queue[strings.LastIndexAny(queue, `\;`)+1:]
	ext := filepath.Ext(file)
	computer = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, computer)
	return fmt.Sprintf("%s-%s-%s%s", strings.TrimSuffix(file, ext), computer, name, ext)
}
