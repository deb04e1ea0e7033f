package outgoing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// deed is something done to outgoing queues.
type deed struct {
	icon   string
	title  string // of a job: "Pausing 3 queues"
	verb   string // of one result: "paused"
	did    string // "Paused"
	failed string // "was not paused"
	fits   func(*item) bool
	do     func(ctx context.Context, n mgmtclient.Node, queue string) error
	undo   *deed
}

func admin(n mgmtclient.Node, op, queue string) (mgmtclient.OutgoingAdmin, error) {
	if a, ok := mgmtclient.Can[mgmtclient.OutgoingAdmin](n); ok {
		return a, nil
	}
	return nil, screen.Refusal(n, op+" "+queue, mgmtclient.CanOutgoing)
}

var (
	resume = deed{
		icon: "play", title: "Resuming", verb: "resumed", did: "Resumed", failed: "was not resumed",
		fits: func(i *item) bool { return i.line == screen.LinePaused },
		do: func(ctx context.Context, n mgmtclient.Node, queue string) error {
			a, err := admin(n, "resume", queue)
			if err != nil {
				return err
			}
			return a.Resume(ctx, queue)
		},
	}
	pause = deed{
		icon: "pause", title: "Pausing", verb: "paused", did: "Paused", failed: "was not paused",
		fits: func(i *item) bool { return i.line != screen.LinePaused && i.line != screen.LineLocal },
		do: func(ctx context.Context, n mgmtclient.Node, queue string) error {
			a, err := admin(n, "pause", queue)
			if err != nil {
				return err
			}
			return a.Pause(ctx, queue)
		},
		undo: &resume,
	}
	sendNow = deed{
		icon: "lightning", title: "Trying", verb: "tried", did: "Tried at once", failed: "was not tried",
		fits: func(i *item) bool {
			return i.line != screen.LinePaused && i.line != screen.LineLocked && i.line != screen.LineLocal && !i.away
		},
		do: func(ctx context.Context, n mgmtclient.Node, queue string) error {
			a, err := admin(n, "send now", queue)
			if err != nil {
				return err
			}
			return a.Resend(ctx, queue)
		},
	}
)

// Fits are those of the selected queues that something can be done to.
func (p *Presenter) fits(d *deed) []item {
	return slices.DeleteFunc(p.Selected(), func(i item) bool {
		_, ok := mgmtclient.Can[mgmtclient.OutgoingAdmin](i.node.Client)
		return !ok || !d.fits(&i)
	})
}

// lacks is why nothing can be done to the selected queues that needs something of
// their computers; "" if one of those has it.
func (p *Presenter) lacks(need mgmtclient.Capability) string {
	first := ""
	for _, i := range p.Selected() {
		if i.node.Client == nil {
			continue
		}
		why := i.node.Lacks(need)
		if why == "" {
			return ""
		}
		first = cmp.Or(first, why)
	}
	return first
}

// SendNow, Pause and Resume act on the selected queues that they fit.
func (p *Presenter) SendNow() { p.act(&sendNow, p.fits(&sendNow)) }

// Pause holds them back.
func (p *Presenter) Pause() { p.act(&pause, p.fits(&pause)) }

// Resume lets them leave again.
func (p *Presenter) Resume() { p.act(&resume, p.fits(&resume)) }

func (p *Presenter) act(d *deed, list []item) {
	switch len(list) {
	case 0:
	case 1:
		p.actOne(d, list[0])
	default:
		p.actAll(d, list)
	}
}

// actOne answers with the reason if it fails.
func (p *Presenter) actOne(d *deed, i item) {
	client, name := i.node.Client, i.name()
	screen.Load(p.host.Scope(), func(ctx context.Context) (struct{}, error) { return struct{}{}, d.do(ctx, client, name) }, func(_ struct{}, err error) {
		p.host.Feed().Refresh(i.node.ID)
		if err != nil {
			p.host.Fail(i.to+" "+d.failed, err)
			return
		}
		a := screen.Action{What: d.did + ": " + i.to, Tone: kit.Success}
		if d.undo != nil {
			a.Undo = func() { p.actOne(d.undo, i) }
		}
		p.host.Done(a)
	})
}

// actAll answers queue by queue.
func (p *Presenter) actAll(d *deed, list []item) {
	many := screen.Many(int64(len(list)), "outgoing queue")
	b := screen.Bulk{
		Icon: d.icon, Title: d.title + " " + many, Verb: d.verb, Noun: "outgoing queue", Show: true,
		What: func(n int64) string { return d.did + ": " + screen.Many(n, "outgoing queue") },
	}
	for k := range list {
		b.Items = append(b.Items, screen.Item{ID: mgmtclient.LookupID(k + 1), Label: list[k].to + " from " + list[k].node.Name})
	}
	b.Do = func(ctx context.Context, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
		var results []mgmtclient.ItemResult
		for _, id := range ids {
			if ctx.Err() != nil {
				break
			}
			r := mgmtclient.ItemResult{LookupID: id}
			if err := d.do(ctx, list[id-1].node.Client, list[id-1].name()); err != nil {
				r.Error, r.Code = err.Error(), mq.CodeOf(err)
			}
			results = append(results, r)
		}
		return results, nil
	}
	if d.undo != nil {
		b.Undo = func(done []screen.Item) func() {
			var back []item
			for _, it := range done {
				back = append(back, list[it.ID-1])
			}
			return func() { p.act(d.undo, back) }
		}
	}
	b.Then = func([]screen.Item) { p.refresh(list) }
	b.Run(p.host)
}

// refresh asks the computers of some queues anew.
func (p *Presenter) refresh(list []item) {
	seen := map[string]bool{}
	for k := range list {
		if id := list[k].node.ID; !seen[id] {
			seen[id] = true
			p.host.Feed().Refresh(id)
		}
	}
}

// Full are the selected queues with messages that can be deleted.
func (p *Presenter) full() []item {
	return slices.DeleteFunc(p.Selected(), func(i item) bool {
		_, ok := mgmtclient.Can[mgmtclient.Purger](i.node.Client)
		return !ok || i.out.Unsent == 0
	})
}

// Purge deletes what was not sent from queues.
func (p *Presenter) Purge(list []item) {
	total := unsentOf(list)
	name := list[0].to
	if len(list) > 1 {
		name = screen.Many(int64(len(list)), "outgoing queue")
	}
	var gone int64
	p.host.Job(screen.Job{
		Icon: "purge", Title: "Purging " + name, Total: total, Verb: "deleted", Hint: "Cancel stops between two queues.\nWhat is deleted stays deleted.",
		Run: func(j *screen.JobRun) error {
			for k := range list {
				if j.Context().Err() != nil {
					return nil
				}
				purger, ok := mgmtclient.Can[mgmtclient.Purger](list[k].node.Client)
				if !ok {
					return list[k].node.Refuse("purge "+list[k].to, mgmtclient.CanPurge)
				}
				n, err := purger.Purge(j.Context(), list[k].name())
				gone += n
				j.Add(n, 0, "")
				if err != nil {
					return fmt.Errorf("%s: %w", list[k].to, err)
				}
			}
			return nil
		},
		Then: func(pr screen.Progress, err error) {
			p.refresh(list)
			a := screen.Action{What: "Purged " + name, Result: screen.Many(gone, "message"), Tone: kit.Success}
			if err != nil || pr.Stopped {
				a.Tone = kit.Warning
			}
			p.host.Done(a)
			if err != nil && !pr.Stopped {
				p.host.Fail(fmt.Sprintf("Purging %s ended after %s", name, screen.Many(gone, "message")), err)
			}
		},
	})
}

func unsentOf(list []item) int64 {
	var n int64
	for k := range list {
		n += list[k].out.Unsent
	}
	return n
}
