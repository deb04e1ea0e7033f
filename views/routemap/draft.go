package routemap

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// The costs that a link may have (MS-MQDSSM 2.2.4).
const (
	leastCost = 1
	mostCost  = 999_999
)

// draft is a link as somebody is changing it, or making it. It is kept, whatever
// is chosen meanwhile, until it is saved or reverted.
type draft struct {
	title        string
	base         mgmtclient.RouteLink // as it is in the directory; without ID: it is new
	site1, site2 mq.GUID
	cost         string
	description  string
	gates        []mq.GUID

	changes   []mgmtclient.PathChange // what saving it would change
	compared  bool
	comparing bool
	again     bool // compare once more: it was edited meanwhile
	compareNo error

	saving  bool
	refusal error
	news    string // what somebody else changed meanwhile
}

func newDraft(l mgmtclient.RouteLink) *draft {
	d := &draft{}
	d.revertTo(l)
	return d
}

func (d *draft) revertTo(l mgmtclient.RouteLink) {
	*d = draft{
		title: d.title, base: l, site1: l.Site1, site2: l.Site2, cost: strconv.FormatUint(uint64(l.Cost), 10), description: l.Description,
		gates: slices.Clone(l.Gates), comparing: d.comparing, again: d.comparing,
	}
}

// isNew reports whether the link is not in the directory yet.
func (d *draft) isNew() bool { return d.base.ID.IsZero() }

// number is the cost as a number; 0: it is none, or out of bounds.
func (d *draft) number() uint32 {
	s := strings.NewReplacer(",", "", " ", "", "\u00a0", "").Replace(d.cost)
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n < leastCost || n > mostCost {
		return 0
	}
	return uint32(n)
}

// costFault says what is wrong with the cost.
func (d *draft) costFault() string {
	if d.number() == 0 {
		return "A whole number from 1 to 999999"
	}
	return ""
}

// siteFault says what is wrong with the sites of a new link.
func (d *draft) siteFault() string {
	switch {
	case d.site1.IsZero() || d.site2.IsZero():
		return "Choose both sites."
	case d.site1 == d.site2:
		return "A link joins two different sites."
	}
	return ""
}

func (d *draft) valid() bool { return d.number() > 0 && d.siteFault() == "" }

func (d *draft) gatesChanged() bool { return !sameSet(d.gates, d.base.Gates) }

// changed reports whether there is something to save.
func (d *draft) changed() bool {
	return d.isNew() || d.number() != d.base.Cost || d.description != d.base.Description || d.gatesChanged()
}

// link is what would be saved.
func (d *draft) link() mgmtclient.RouteLink {
	l := d.base
	l.Site1, l.Site2, l.Cost, l.Description, l.Gates = d.site1, d.site2, d.number(), d.description, slices.Clone(d.gates)
	return l
}

// fields are what differs from the directory.
func (d *draft) fields() []mgmtclient.Field {
	var f []mgmtclient.Field
	if d.number() != d.base.Cost {
		f = append(f, mgmtclient.FieldCost)
	}
	if d.description != d.base.Description {
		f = append(f, mgmtclient.FieldLabel)
	}
	if d.gatesChanged() {
		f = append(f, mgmtclient.FieldGates)
	}
	return f
}

// rebase takes over what the directory has now and keeps what was edited.
func (d *draft) rebase(l mgmtclient.RouteLink) {
	var news []string
	if l.Cost != d.base.Cost {
		news = append(news, fmt.Sprintf("the cost is %d now", l.Cost))
		if d.number() == d.base.Cost {
			d.cost = strconv.FormatUint(uint64(l.Cost), 10)
		}
	}
	if l.Description != d.base.Description {
		news = append(news, "the description is “"+l.Description+"”")
		if d.description == d.base.Description {
			d.description = l.Description
		}
	}
	if !sameSet(l.Gates, d.base.Gates) {
		news = append(news, "the gates are others")
		if !d.gatesChanged() {
			d.gates = slices.Clone(l.Gates)
		}
	}
	d.base = l
	if len(news) > 0 && d.changed() {
		d.news = screen.Sentence(strings.Join(news, ", ")) + " Your changes are still below."
	}
}

func sameSet(a, b []mq.GUID) bool {
	less := func(a, b mq.GUID) int { return slices.Compare(a[:], b[:]) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), less), slices.SortedFunc(slices.Values(b), less))
}

// Draft is the link in the pane, as it is being changed; nil: there is none.
func (p *Presenter) Draft() *draft {
	if p.chosen.kind != kindLink {
		return nil
	}
	d := p.drafts[p.chosen.id]
	if d == nil {
		l := p.link(p.chosen.id)
		if l == nil {
			return nil
		}
		d = newDraft(*l)
		d.title = p.linkName(l)
		p.drafts[p.chosen.id] = d
	}
	return d
}

// draftOf is how a link is being changed; nil: it is not.
func (p *Presenter) draftOf(id mq.GUID) *draft {
	if d := p.drafts[id]; d != nil && d.changed() {
		return d
	}
	return nil
}

// NewLink begins a link between two sites, either of which may be open yet.
func (p *Presenter) NewLink(a, b mq.GUID) {
	d := newDraft(mgmtclient.RouteLink{Site1: a, Site2: b, Cost: 1})
	if old := p.drafts[mq.GUID{}]; old != nil {
		d.cost, d.description, d.comparing, d.again = old.cost, old.description, old.comparing, old.comparing
	}
	p.drafts[mq.GUID{}] = d
	p.chosen = item{kind: kindLink}
	p.edited(d)
	p.OnPane()
}

// edited follows a change of a draft.
func (p *Presenter) edited(d *draft) {
	if d.isNew() {
		d.title = "New link"
	}
	d.refusal = nil
	p.compare(d)
	p.OnMap()
}

// SetCost, SetDescription, SetSites and SetGate change the link in the pane.
func (p *Presenter) SetCost(text string) {
	if d := p.Draft(); d != nil && d.cost != text {
		d.cost = text
		p.edited(d)
	}
}

// SetDescription changes the description of the link in the pane.
func (p *Presenter) SetDescription(text string) {
	if d := p.Draft(); d != nil && d.description != text {
		d.description = text
		p.edited(d)
	}
}

// SetSites chooses the sites of a new link.
func (p *Presenter) SetSites(a, b mq.GUID) {
	d := p.Draft()
	if d == nil || !d.isNew() {
		return
	}
	d.site1, d.site2 = a, b
	d.gates = slices.DeleteFunc(d.gates, func(id mq.GUID) bool { return !slices.Contains(p.servers(d), id) })
	p.edited(d)
	p.OnPane()
}

// SetGate makes a server a gate of the link in the pane, or no longer.
func (p *Presenter) SetGate(id mq.GUID, on bool) {
	d := p.Draft()
	if d == nil || slices.Contains(d.gates, id) == on {
		return
	}
	if on {
		d.gates = append(d.gates, id)
	} else {
		d.gates = slices.DeleteFunc(d.gates, func(g mq.GUID) bool { return g == id })
	}
	p.edited(d)
	p.OnPane()
}

// servers are the queue managers of the sites of a link that can be its gates.
func (p *Presenter) servers(d *draft) []mq.GUID {
	var list []mq.GUID
	for _, id := range []mq.GUID{d.site1, d.site2} {
		if s := p.site(id); s != nil {
			for i := range s.machines {
				if m := &s.machines[i]; m.Routing && !m.Foreign {
					list = append(list, m.ID)
				}
			}
		}
	}
	return list
}

// Available are the servers that can become gates.
func (p *Presenter) Available(d *draft) []mq.GUID {
	return slices.DeleteFunc(p.servers(d), func(id mq.GUID) bool { return slices.Contains(d.gates, id) })
}

// Revert forgets what was changed; of a new link, all of it.
func (p *Presenter) Revert() {
	d := p.Draft()
	if d == nil || d.saving {
		return
	}
	if d.isNew() {
		delete(p.drafts, mq.GUID{})
		p.chosen = item{}
	} else {
		d.revertTo(d.base)
		p.edited(d)
	}
	p.OnMap()
	p.OnPane()
}

// compare asks what saving a draft would change: one question at a time.
func (p *Presenter) compare(d *draft) {
	if d.comparing {
		d.again = true
		return
	}
	if !d.valid() || !d.changed() {
		d.changes, d.compared, d.compareNo = nil, false, nil
		return
	}
	d.comparing = true
	dir, w := p.dir, mgmtclient.WhatIf{Links: []mgmtclient.RouteLink{d.link()}}
	screen.Load(p.scope, func(ctx context.Context) ([]mgmtclient.PathChange, error) { return dir.Compare(ctx, w) },
		func(changes []mgmtclient.PathChange, err error) {
			d.comparing = false
			if d.again {
				d.again = false
				p.compare(d)
			} else {
				d.changes, d.compared, d.compareNo = changes, err == nil, err
			}
			if p.drafts[p.chosen.id] == d {
				p.OnPane()
			}
		})
}

// changesTitle heads what would change.
func (d *draft) changesTitle() string {
	switch {
	case d.isNew():
		return "What this link changes"
	case d.number() != d.base.Cost && !d.gatesChanged():
		return "What changes at cost " + screen.Count(int64(d.number()))
	case d.gatesChanged() && d.number() == d.base.Cost:
		return "What changes with these gates"
	}
	return "What changes when you save"
}
