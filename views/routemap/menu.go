package routemap

import (
	"errors"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// items is the menu of a site, a link, or of the map.
func (v *View) items(it item) []*fyne.MenuItem {
	switch {
	case it.kind == kindSite && v.p.site(it.id) != nil:
		return v.siteItems(v.p.site(it.id))
	case it.kind == kindLink && v.p.link(it.id) != nil:
		return v.linkItems(it.id)
	}
	key := func(text, icon, key string, do func()) *fyne.MenuItem { return kit.KeyItem(text, icon, key, do) }
	make := kit.MenuItem("New link…", "plus", func() { v.newLink(mq.GUID{}, mq.GUID{}) })
	make.Disabled = len(v.p.sites) < 2
	list := []*fyne.MenuItem{
		make, kit.MenuSeparator(), key("Show the whole map", "expand", "F", v.chart.Fit),
		key("Show at 100%", "zoom-in", "0", func() { v.chart.ZoomTo(1) }), kit.MenuItem("Arrange again", "routemap", v.p.ArrangeAgain),
	}
	if len(v.p.down) > 0 {
		list = append(list, kit.MenuSeparator(), kit.MenuItem("Show as it is", "eye", v.p.AsItIs))
	}
	return list
}

func (v *View) siteItems(s *site) []*fyne.MenuItem {
	p := v.p
	list := []*fyne.MenuItem{
		kit.MenuItem("Path from "+kit.Shorten(s.Name), "signpost", func() { p.SetEnds(s.ID, p.way.to) }),
		kit.MenuItem("Path to "+kit.Shorten(s.Name), "flag", func() { p.SetEnds(p.way.from, s.ID) }),
		kit.MenuSeparator(),
	}
	make := kit.MenuItem("New link from here…", "plus", func() { v.newLink(s.ID, mq.GUID{}) })
	make.Disabled = len(p.sites) < 2
	list = append(list, make)
	var ifs []*fyne.MenuItem
	for i := range s.machines {
		if m := &s.machines[i]; m.Gate {
			ifs = append(ifs, v.ifDown(m.ID, "If gate "+m.Name+" is down"))
		}
	}
	if len(ifs) > 0 {
		list = append(append(list, kit.MenuSeparator()), ifs...)
	}
	return append(list, kit.MenuSeparator(), v.inDirectory(s.ID))
}

func (v *View) linkItems(id mq.GUID) []*fyne.MenuItem {
	p := v.p
	l := p.link(id)
	list := []*fyne.MenuItem{
		kit.KeyItem("Change…", "edit", "Enter", func() { v.choose(item{kindLink, id}, true) }), kit.MenuSeparator(), v.ifDown(id, "If this link is down"),
	}
	for _, g := range l.Gates {
		list = append(list, v.ifDown(g, "If gate "+p.machineName(g)+" is down"))
	}
	return append(list, kit.MenuSeparator(), v.inDirectory(id), kit.MenuSeparator(), kit.DangerItem("Delete link…", "delete", "Del", func() { p.AskDelete(id) }))
}

// ifDown thinks a link or gate away, or back.
func (v *View) ifDown(id mq.GUID, text string) *fyne.MenuItem {
	m := kit.MenuItem(text, "link-break", func() { v.p.SetDown(id, !v.p.Down(id)) })
	m.Checked = v.p.Down(id)
	return m
}

func (v *View) inDirectory(id mq.GUID) *fyne.MenuItem {
	return kit.MenuItem("Show in the directory", "directory", func() {
		v.host.Open(screen.Route{Screen: screen.Directory, Entry: id.String()})
	})
}

// picture is the map as the chart paints it.
func (p *Presenter) picture() ([]chartSite, []chartLink) {
	if !p.known {
		return nil, nil
	}
	sites := make([]chartSite, len(p.sites))
	for i := range p.sites {
		s := &p.sites[i]
		c := chartSite{id: s.ID, at: p.places[s.ID], name: s.Name, words: s.words, health: s.health, tone: s.tone, step: p.way.step(s.ID), tip: s.tip()}
		if s.unsent > 0 {
			c.unsent = screen.Count(s.unsent)
		}
		for k := range s.machines {
			if m := &s.machines[k]; m.Gate && p.down[m.ID] {
				c.down, c.words = true, m.Name+" down"
			}
		}
		sites[i] = c
	}
	links := make([]chartLink, 0, len(p.routes.Links)+1)
	for i := range p.routes.Links {
		l := &p.routes.Links[i]
		a, ok1 := p.siteOf[l.Site1]
		b, ok2 := p.siteOf[l.Site2]
		if !ok1 || !ok2 {
			continue
		}
		c := chartLink{id: l.ID, a: a, b: b, cost: screen.Count(int64(l.Cost)), on: p.way.on(l.ID), down: p.down[l.ID], tip: p.linkTip(i)}
		if d := p.draftOf(l.ID); d != nil && d.number() > 0 && d.number() != l.Cost {
			c.becomes = screen.Count(int64(d.number()))
		}
		links = append(links, c)
	}
	if d := p.drafts[mq.GUID{}]; d != nil && d.siteFault() == "" {
		a, ok1 := p.siteOf[d.site1]
		b, ok2 := p.siteOf[d.site2]
		if ok1 && ok2 {
			links = append(links, chartLink{a: a, b: b, cost: screen.Count(int64(max(1, d.number()))), draft: true, tip: "Not saved yet"})
		}
	}
	return sites, links
}

// linkTip tells of a link what has no room on the map.
func (p *Presenter) linkTip(i int) string {
	l := &p.routes.Links[i]
	t := fmt.Sprintf("%s, cost %s", p.linkName(l), screen.Count(int64(l.Cost)))
	if l.Description != "" {
		t += ". " + l.Description
	}
	if g := p.gateNames(l); g != "" {
		return t + ". Gates: " + g
	}
	return t + ". No gates"
}

// emptyWords say why there is no map.
func (v *View) emptyWords() {
	p := v.p
	choose := kit.NewButton("Choose a directory", "directory", func() { v.host.Open(screen.Route{Screen: screen.ChooseDirectory}) })
	again := kit.NewButton("Try again", "refresh", p.Refresh)
	switch {
	case !p.Configured():
		v.empty.Set("routemap", theme.Muted, "No directory here", "A route map needs Active Directory. Direct queues work without one.", "", choose.Primary())
	case errors.Is(p.err, mgmtclient.ErrNoPassword):
		text, _ := screen.Explain(p.err)
		in := kit.NewButton("Sign in", "user", choose.OnTapped).Primary()
		v.empty.Set("lock", theme.Warning, "The directory needs a password", text, "", in)
	case p.err != nil:
		text, code := screen.Explain(p.err)
		v.empty.Set("x-circle", theme.Danger, "The directory does not answer", text, code, again, choose)
		if p.dir.Status().Connected {
			v.empty.Say("The route map cannot be read", text)
		}
	case !p.known:
		v.empty.Set("sync", theme.Info, "Reading sites and links…", strings.TrimSpace(p.dir.Status().Controller), "")
	default:
		v.empty.Set("site", theme.Muted, "No sites", "The directory names no sites that this account may see. Sites are made in Active Directory Sites and Services.", "", again)
	}
}
