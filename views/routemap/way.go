package routemap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// way is the way from one site to another.
type way struct {
	from, to mq.GUID
	asked    int // what was asked last; older answers are dropped
	answered int
	known    bool
	path     mgmtclient.Path
	err      error
	remark   remark
}

// remark says how a way does.
type remark struct {
	tone  kit.Tone
	icon  string
	text  string
	node  string // of the outgoing queue that Show queue leads to; "" there is none
	queue string
}

// SetEnds chooses between which sites the way is shown.
func (p *Presenter) SetEnds(from, to mq.GUID) {
	p.way.from, p.way.to = from, to
	p.keepWay()
	p.findWay()
}

// Swap turns the way round.
func (p *Presenter) Swap() { p.SetEnds(p.way.to, p.way.from) }

// findWay asks for the way between the chosen sites.
func (p *Presenter) findWay() {
	w := &p.way
	w.asked++
	if w.from.IsZero() || w.to.IsZero() || w.from == w.to {
		w.answered = w.asked
		w.known, w.err, w.path, w.remark = false, nil, mgmtclient.Path{}, remark{}
		p.OnPath()
		p.OnMap()
		return
	}
	asked, dir := w.asked, p.dir
	q := mgmtclient.PathQuery{From: w.from, To: w.to}
	for id := range p.down {
		q.WhatIf.Down = append(q.WhatIf.Down, id)
	}
	slices.SortFunc(q.WhatIf.Down, func(a, b mq.GUID) int { return slices.Compare(a[:], b[:]) })
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Path, error) { return dir.Path(ctx, q) }, func(path mgmtclient.Path, err error) {
		if w.asked != asked {
			return
		}
		w.answered = asked
		w.known, w.path, w.err = err == nil, path, err
		p.judge()
		p.OnPath()
		p.OnMap()
	})
}

// linksOf are the links of a way, in order.
func linksOf(p *mgmtclient.Path) []mq.GUID {
	var list []mq.GUID
	for i := range p.Hops {
		if !p.Hops[i].Link.IsZero() {
			list = append(list, p.Hops[i].Link)
		}
	}
	return list
}

// step is the place of a site on the way, from 1; 0: it is not on it.
func (w *way) step(site mq.GUID) int {
	return 1 + slices.IndexFunc(w.path.Hops, func(h mgmtclient.PathHop) bool { return h.Site == site })
}

// on reports whether a link is one of the way.
func (w *way) on(link mq.GUID) bool {
	return slices.ContainsFunc(w.path.Hops, func(h mgmtclient.PathHop) bool { return h.Link == link && !link.IsZero() })
}

// NextBest words the best other way; "" there is none, or nothing to compare.
func (p *Presenter) NextBest() string {
	w := &p.way
	switch {
	case !w.known || len(w.path.Hops) < 2:
		return ""
	case w.path.Next == nil:
		return "There is no other way"
	}
	s := "Next best: " + screen.Count(int64(w.path.Next.Cost))
	own, theirs := linksOf(&w.path), linksOf(w.path.Next)
	if i := slices.IndexFunc(theirs, func(id mq.GUID) bool { return !slices.Contains(own, id) }); i >= 0 {
		if l := p.link(theirs[i]); l != nil {
			s += ", by " + p.linkName(l)
		}
	}
	return s
}

// WayWords say why no way is shown; "" one is.
func (p *Presenter) WayWords() string {
	w := &p.way
	switch {
	case !p.known:
		return ""
	case len(p.sites) < 2:
		return "In one site all queue managers send to each other directly."
	case w.from.IsZero() || w.to.IsZero():
		return "Choose two sites to see the way that a message takes from one to the other."
	case w.from == w.to:
		return "Within a site queue managers send to each other directly."
	case w.err != nil:
		why, _, _ := screen.Reason(w.err)
		return why
	case !w.known:
		return "Looking for the way…"
	case len(w.path.Hops) < 2:
		return cmp.Or(screen.Sentence(w.path.Why), fmt.Sprintf("There is no way from %s to %s.", p.siteName(w.from), p.siteName(w.to)))
	}
	return ""
}

// judge tells from the outgoing queues of its queue managers how the way does now.
func (p *Presenter) judge() {
	w := &p.way
	w.remark = remark{}
	if !w.known || len(w.path.Hops) < 2 {
		return
	}
	if len(p.down) > 0 {
		w.remark = remark{kit.Info, "info", "As if " + p.Thought() + " did not work.", "", ""}
		if w.path.Waits {
			w.remark = remark{kit.Warning, "hourglass", "As if " + p.Thought() + " did not work: " + untitled(screen.Sentence(w.path.Why)), "", ""}
		}
		return
	}
	worst, unknown := screen.LineConnected, []string(nil)
	told := 0
	for i := 1; i < len(w.path.Hops); i++ {
		senders := p.senders(&w.path.Hops[i-1])
		heard := false
		for _, m := range senders {
			if m.node == nil {
				continue
			}
			o := p.host.Feed().Of(m.node.ID)
			if o.At.IsZero() {
				continue
			}
			heard = true
			for k := range o.Outgoing {
				q := &o.Outgoing[k]
				line := screen.LineOf(q)
				if line >= worst || screen.OutgoingOf(q).Unsent == 0 && !line.Alarms() {
					continue
				}
				if there := p.leadsOn(i, q); there != "" {
					worst = line
					w.remark = p.fault(i, m, there, q, line)
				}
			}
		}
		if heard {
			told++
		} else if len(senders) > 0 {
			unknown = append(unknown, senders[0].Name)
		}
	}
	if w.remark.text == "" {
		w.remark = p.silence()
	}
	if w.remark.text == "" && w.path.Why != "" {
		w.remark = remark{kit.Warning, "warning", screen.Sentence(w.path.Why), "", ""}
	}
	if w.remark.text == "" {
		w.remark = wellWords(told, len(w.path.Hops)-1, unknown)
	}
}

// senders are the queue managers that send on from a site of the way.
func (p *Presenter) senders(h *mgmtclient.PathHop) []machine {
	s := p.site(h.Site)
	if s == nil {
		return nil
	}
	if n := len(h.Via); n > 0 {
		last := h.Via[n-1].ID
		return slices.DeleteFunc(slices.Clone(s.machines), func(m machine) bool { return m.ID != last })
	}
	return s.machines
}

// leadsOn names the computer that an outgoing queue of a queue manager before hop i
// leads to on this way; "" it does not.
func (p *Presenter) leadsOn(i int, q *mgmtclient.Queue) string {
	host := screen.DestinationHost(q)
	hops := p.way.path.Hops
	for k := i; k < len(hops); k++ {
		for v := range hops[k].Via {
			if m := &hops[k].Via[v]; is(m, host) {
				return p.receiver(i, m.Name)
			}
		}
	}
	if last := p.site(hops[len(hops)-1].Site); last != nil {
		for k := range last.machines {
			if m := &last.machines[k].RouteMachine; is(m, host) {
				return p.receiver(i, m.Name)
			}
		}
	}
	return ""
}

// receiver is who takes messages over at hop i: the gate there, else the
// destination itself.
func (p *Presenter) receiver(i int, destination string) string {
	if via := p.way.path.Hops[i].Via; len(via) > 0 {
		return via[0].Name
	}
	return destination
}

// fault words what is the matter with hop i.
func (p *Presenter) fault(i int, from machine, there string, q *mgmtclient.Queue, line screen.Line) remark {
	r := remark{tone: kit.Warning, icon: line.Shown().Icon, node: from.node.ID, queue: screen.OutgoingName(q)}
	hop := "Hop " + screen.Count(int64(i))
	switch n := len(p.way.path.Hops) - 1; i {
	case n:
		hop = "The last hop"
		if n == 1 {
			hop = "The only hop"
		}
	case 1:
		hop = "The first hop"
	}
	switch line {
	case screen.LineStuck:
		r.tone = kit.Danger
		r.text = fmt.Sprintf("%s fails: %s cannot connect to %s.", hop, from.Name, there)
	case screen.LineLocked:
		r.tone = kit.Danger
		r.text = fmt.Sprintf("%s fails: %s is hardened and sends nothing to %s.", hop, from.Name, there)
	case screen.LinePaused:
		r.text = fmt.Sprintf("%s waits: somebody paused the queue of %s for %s.", hop, from.Name, there)
	case screen.LineDirectory:
		r.text = fmt.Sprintf("%s waits: %s needs the directory to find %s.", hop, from.Name, there)
	case screen.LineCut:
		r.text = fmt.Sprintf("%s waits: %s has no link to %s.", hop, from.Name, there)
	default:
		r.text = fmt.Sprintf("%s waits: %s tries to connect to %s.", hop, from.Name, there)
	}
	return r
}

// silence tells of a queue manager on the way that does not answer.
func (p *Presenter) silence() remark {
	for i := range p.way.path.Hops {
		h := &p.way.path.Hops[i]
		s := p.site(h.Site)
		if s == nil {
			continue
		}
		for k := range s.machines {
			m := &s.machines[k]
			passes := slices.ContainsFunc(h.Via, func(v mgmtclient.RouteMachine) bool { return v.ID == m.ID })
			if passes && badness(m.state.Color) >= badness(kit.ComputerNoAnswer.Color) {
				return remark{kit.Danger, "x-circle", fmt.Sprintf("%s, on the way in %s: %s.", m.Name, s.Name, strings.ToLower(m.state.Word)), "", ""}
			}
		}
	}
	return remark{}
}

// wellWords say that nothing fails, as far as that is known.
func wellWords(told, hops int, unknown []string) remark {
	switch {
	case told == hops && hops > 0:
		return remark{kit.Success, "check-circle", "Nothing waits or fails on this way.", "", ""}
	case told == 0:
		return remark{kit.Neutral, "circle-dashed", "None of them is among your computers: whether it works is not known.", "", ""}
	}
	names := strings.Join(unknown[:min(2, len(unknown))], " and ")
	if n := len(unknown); n > 2 {
		names = fmt.Sprintf("%s and %d more", unknown[0], n-1)
	}
	if names == "" {
		return remark{kit.Success, "check-circle", "Nothing waits or fails on the hops that are known.", "", ""}
	}
	are := "is"
	if len(unknown) > 1 {
		are = "are"
	}
	return remark{kit.Neutral, "check-circle", fmt.Sprintf("Nothing fails on the hops that are known; %s %s not among your computers.", names, are), "", ""}
}

// ShowQueue opens the outgoing queue that the remark speaks of.
func (p *Presenter) ShowQueue() {
	if r := p.way.remark; r.node != "" {
		p.host.Open(screen.Route{Screen: screen.Outgoing, Node: r.node, Queue: r.queue})
	}
}
