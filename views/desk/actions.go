package desk

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// CanTakeBack reports whether an entry can be taken back and changed; why says
// why not.
func (p *Presenter) CanTakeBack(e *entry) (ok bool, why string) {
	switch w, _ := p.state(e); {
	case p.node.Client == nil:
		return false, "The mail service is not running"
	case w == sending && !e.changeable():
		return false, "It is being sent right now"
	case w == delivered || w == pickedUp:
		return false, "It has left this computer"
	case !e.changeable():
		return false, "It is being sent right now"
	}
	if _, ok := p.forms.Find(e.Form); !ok {
		return false, "Its form is not here any more"
	}
	if d, busy := p.kept.drafts()[e.Form]; busy && !d.blank() {
		return false, "You are writing another " + e.Title + ": save or discard it first"
	}
	if p.Fill.Open() && p.Fill.form.ID == e.Form && p.Fill.Written() {
		return false, "You are writing another " + e.Title + ": save or discard it first"
	}
	return true, ""
}

// TakeBack removes an entry that has not left and opens it in its form.
func (p *Presenter) TakeBack(e entry) {
	x, ok := p.forms.Find(e.Form)
	if can, _ := p.CanTakeBack(&e); !ok || !can || p.scope == nil || p.Fill.taking != "" {
		return
	}
	p.fields(e, func(values map[string]string, known bool, err error) {
		if err == nil && !known {
			err = mq.Errorf(mq.ErrGeneric, "read the entry", "its form has changed since, and cannot read it").WithFix("call support, or enter it anew")
		}
		if err != nil {
			p.host.Fail("The entry was not taken back", err)
			return
		}
		p.Fill.takeBack(e, x, values)
	})
}

// CanRetry reports whether an entry came back and can be sent again.
func (p *Presenter) CanRetry(e *entry) bool {
	if e.place != inDead || p.node.Client == nil {
		return false
	}
	_, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	return ok
}

// Retry sends an entry that came back again. It becomes a new message; the
// entry stays the same.
func (p *Presenter) Retry(e entry) {
	m, ok := mgmtclient.Can[mgmtclient.Mover](p.node.Client)
	if !ok || p.scope == nil {
		return
	}
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.ItemResult, error) {
		results, err := m.Return(ctx, e.queue, []mgmtclient.LookupID{e.lookup})
		if err != nil || len(results) == 0 {
			return mgmtclient.ItemResult{}, err
		}
		if r := results[0]; r.Error != "" {
			return r, mq.Errorf(r.Code, "send the entry again", "%s", r.Error)
		}
		return results[0], nil
	}, func(r mgmtclient.ItemResult, err error) {
		p.host.Feed().Refresh(p.node.ID)
		if err != nil {
			p.Refresh()
			p.host.Fail("“"+e.Name+"” was not sent again", err)
			return
		}
		if r.NewID != "" {
			p.before[r.NewID] = e.id
			p.aim = r.NewID
		}
		p.host.Done(screen.Action{What: "Sent “" + e.Name + "” again", Tone: kit.Success})
		p.Refresh()
	})
}
