package routemap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Save writes the link in the pane to the directory. What it refuses stays as it
// was edited.
func (p *Presenter) Save() {
	d := p.Draft()
	if d == nil || d.saving || !d.valid() || !d.changed() {
		return
	}
	d.saving, d.refusal = true, nil
	p.OnPane()
	dir, e, fields, before := p.dir, p.entry(d.link()), d.fields(), d.base
	name, isNew := e.Name, d.isNew()
	screen.Load(p.host.Scope(), func(ctx context.Context) (mgmtclient.Entry, error) {
		if isNew {
			return dir.Create(ctx, e)
		}
		return dir.Set(ctx, e, fields...)
	}, func(saved mgmtclient.Entry, err error) {
		d.saving = false
		if err != nil {
			d.refusal = err
			if p.scope.Ended() || p.Draft() != d {
				p.host.Fail("Link "+name+" was not saved", err)
			}
			p.OnPane()
			return
		}
		p.saved(d, saved, before)
	})
}

// saved takes over a link that the directory has.
func (p *Presenter) saved(d *draft, saved mgmtclient.Entry, before mgmtclient.RouteLink) {
	a := screen.Action{What: "Made link " + p.linkName(new(d.link())), Tone: kit.Success}
	shown := p.Draft() == d
	delete(p.drafts, before.ID)
	if before.ID.IsZero() {
		a.Undo = func() { p.remove(saved.ID, p.linkName(new(d.link())), nil) }
		if shown {
			p.chosen = item{kindLink, saved.ID}
		}
	} else {
		a.What = "Changed link " + p.linkName(&before)
		if n := d.number(); n != before.Cost {
			a.What += fmt.Sprintf(": cost %s to %s", screen.Count(int64(before.Cost)), screen.Count(int64(n)))
		}
		fields := d.fields()
		a.Undo = func() { p.write(p.entry(before), "Changed back link "+p.linkName(&before), fields) }
	}
	p.host.Done(a)
	p.reload(saved)
}

// reload reads the map anew after a change; until it has come, the link stands as
// it was saved.
func (p *Presenter) reload(saved mgmtclient.Entry) {
	if saved.Link != nil {
		l := *saved.Link
		l.ID = saved.ID
		if i, ok := p.linkOf[l.ID]; ok {
			p.routes.Links = slices.Clone(p.routes.Links)
			p.routes.Links[i] = l
		} else if !l.ID.IsZero() {
			p.routes.Links = append(slices.Clone(p.routes.Links), l)
			p.linkOf[l.ID] = len(p.routes.Links) - 1
		}
	}
	p.arrangeRows()
	p.findWay()
	p.OnMap()
	p.OnPane()
	p.load(true)
}

// write saves an entry without a draft: to undo.
func (p *Presenter) write(e mgmtclient.Entry, what string, fields []mgmtclient.Field) {
	dir := p.dir
	screen.Load(p.host.Scope(), func(ctx context.Context) (mgmtclient.Entry, error) {
		if e.ID.IsZero() {
			return dir.Create(ctx, e)
		}
		return dir.Set(ctx, e, fields...)
	}, func(saved mgmtclient.Entry, err error) {
		if err != nil {
			p.host.Fail("Link "+e.Name+" was not changed back", err)
			return
		}
		p.host.Done(screen.Action{What: what, Tone: kit.Success})
		p.reload(saved)
	})
}

// entry is a link as the directory takes it.
func (p *Presenter) entry(l mgmtclient.RouteLink) mgmtclient.Entry {
	return mgmtclient.Entry{ID: l.ID, Kind: mgmtclient.EntryLink, Name: p.linkName(&l), DN: l.DN, Label: l.Description, Link: &l}
}

// AskDelete asks whether a link shall go, and says what that breaks.
func (p *Presenter) AskDelete(id mq.GUID) {
	l := p.link(id)
	if l == nil {
		return
	}
	dir := p.dir
	link := *l
	screen.Load(p.scope, func(ctx context.Context) ([]mgmtclient.PathChange, error) {
		return dir.Compare(ctx, mgmtclient.WhatIf{Removed: []mq.GUID{id}})
	}, func(changes []mgmtclient.PathChange, err error) {
		name := p.linkName(&link)
		c := kit.Confirm{
			Title: "Delete link " + name + "?", Icon: "delete", Text: breaksWords(changes, err), Do: "Delete link", Danger: true,
			OnDo: func(bool) { p.remove(id, name, &link) },
		}
		if len(changes) > 0 {
			worst := append(lost(changes), slices.DeleteFunc(slices.Clone(changes), func(c mgmtclient.PathChange) bool { return c.After == 0 })...)
			c.Note = kit.NewPanel("", kit.Padded(6, 12, 6, 12, changeRows(worst, 6))).Framed(6)
		}
		p.host.Show(c.Dialog())
	})
}

// lost are the pairs of sites that have no way any more.
func lost(changes []mgmtclient.PathChange) []mgmtclient.PathChange {
	return slices.DeleteFunc(slices.Clone(changes), func(c mgmtclient.PathChange) bool { return c.After > 0 })
}

// breaksWords say what is lost with a link.
func breaksWords(changes []mgmtclient.PathChange, err error) []kit.Run {
	if err != nil {
		why, _, _ := screen.Reason(err)
		return []kit.Run{{Text: "What this breaks could not be found out: " + why}}
	}
	none := int64(len(lost(changes)))
	longer := int64(len(changes)) - none
	var parts []string
	if longer > 0 {
		parts = append(parts, screen.Many(longer, "path")+" will take a dearer way.")
	}
	if none > 0 {
		left := screen.Many(none, "pair") + " of sites will have no way left; messages between them wait."
		return []kit.Run{{Text: left, Face: kit.Bold}, {Text: " " + strings.Join(parts, " ")}}
	}
	if longer == 0 {
		parts = append(parts, "No path uses it now, so none changes.")
	} else {
		parts = append(parts, "Every site can still be reached.")
	}
	return []kit.Run{{Text: strings.Join(parts, " ")}}
}

// remove deletes a link; with was, it can be made again.
func (p *Presenter) remove(id mq.GUID, name string, was *mgmtclient.RouteLink) {
	dir := p.dir
	screen.Load(p.host.Scope(), func(ctx context.Context) (struct{}, error) { return struct{}{}, dir.Delete(ctx, id, false) },
		func(_ struct{}, err error) {
			if err != nil {
				if d := p.Draft(); d != nil && d.base.ID == id && !p.scope.Ended() {
					d.refusal = err
					p.OnPane()
					return
				}
				p.host.Fail("Link "+name+" was not deleted", err)
				return
			}
			a := screen.Action{What: "Deleted link " + name, Tone: kit.Success}
			if was != nil {
				again := *was
				again.ID, again.DN = mq.GUID{}, ""
				a.Undo = func() { p.write(p.entry(again), "Made link "+name+" again", nil) }
			}
			p.host.Done(a)
			delete(p.drafts, id)
			delete(p.down, id)
			if p.chosen.id == id {
				p.chosen = item{}
			}
			p.routes.Links = slices.DeleteFunc(slices.Clone(p.routes.Links), func(l mgmtclient.RouteLink) bool { return l.ID == id })
			clear(p.linkOf)
			for i := range p.routes.Links {
				p.linkOf[p.routes.Links[i].ID] = i
			}
			p.reload(mgmtclient.Entry{})
		})
}

// refused takes a refusal apart: what in bold, why, the directory's code, and the
// field it is about.
func refused(err error) (bold, text, code string, field mgmtclient.Field) {
	why, fix, code := screen.Reason(err)
	bold, text = "The link was not saved", strings.TrimSpace(why+" "+fix)
	var r *mgmtclient.Refusal
	if !errors.As(err, &r) {
		return bold, text, code, ""
	}
	if h := mq.CodeOf(err); h.Failed() {
		code = fmt.Sprintf("0x%08X", uint32(h))
	}
	bold = strings.ToUpper(strings.Split(r.Controller, ".")[0]) + " refused"
	if by := refusals[r.Name]; by != "" {
		bold += ": " + by
	}
	said := r.Name
	if r.Code != 0 {
		said = fmt.Sprintf("%s (%d)", r.Name, r.Code)
	}
	if strings.Contains(text, r.Name) {
		said = ""
	}
	return bold, text, strings.Trim(said+", "+code, ", "), r.Field
}

// refusals are LDAP result codes in the words of somebody who changes a link.
var refusals = map[string]string{
	"insufficientAccessRights": "you may not change routing links",
	"constraintViolation":      "it does not allow this value",
	"entryAlreadyExists":       "there is such a link already",
	"noSuchObject":             "the link is gone",
	"unwillingToPerform":       "it will not do this",
	"busy":                     "it is busy",
	"unavailable":              "it is not available now",
}
