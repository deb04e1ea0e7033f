package forest

import (
	"context"
	"fmt"

	"posthouse/directory"
	"posthouse/directory/topology"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// maxWays is how many ways that a link is needed for are listed.
const maxWays = 100

// UsedBy is mgmtclient.Directory's: what would break without an entry. For a link these
// are the ways that would cost more, or be none.
func (f *Forest) UsedBy(ctx context.Context, id mq.GUID) ([]mgmtclient.EntryUse, error) {
	r, err := f.reader(ctx)
	if err != nil {
		return nil, err
	}
	defer f.looked()
	o, err := r.d.Read(ctx, 0, directory.ByID(id))
	if err != nil {
		return nil, refused(0, err)
	}
	uses, err := r.d.UsedBy(ctx, o)
	if err != nil {
		return nil, refused(o.Kind(), err)
	}
	list := []mgmtclient.EntryUse{}
	for _, u := range uses {
		e, err := r.entry(ctx, u.Object)
		if err != nil {
			return nil, refused(u.Object.Kind(), err)
		}
		list = append(list, mgmtclient.EntryUse{Entry: e, How: how(u, o)})
	}
	switch o := o.(type) {
	case *directory.Link:
		ways, err := f.lost(ctx, topology.WhatIf{Removed: []mq.GUID{id}}, "without it")
		return append(list, ways...), err
	case *directory.Machine:
		queues, err := r.queuesOf(ctx, o)
		return append(list, queues...), err
	}
	return list, nil
}

// how says it in words.
func how(u directory.Use, of directory.Object) string {
	switch o := u.Object.(type) {
	case *directory.List:
		if len(o.Members) == 1 {
			return "has it as its only member"
		}
		return fmt.Sprintf("has it as one of %d members", len(o.Members))
	case *directory.Alias:
		return "is another name for it"
	case *directory.Link:
		if u.How != directory.AttrGates {
			return "ends there"
		}
		if len(o.Gates) == 1 {
			return "has it as its only site gate"
		}
		return fmt.Sprintf("has it as one of %d site gates", len(o.Gates))
	case *directory.Machine:
		switch u.How {
		case directory.AttrInServers:
			return "receives by it"
		case directory.AttrOutServers:
			return "sends by it"
		case directory.AttrSites:
			return "belongs to it"
		}
	}
	return "refers to it"
}

// lost is what becomes of the ways between sites.
func (f *Forest) lost(ctx context.Context, w topology.WhatIf, without string) ([]mgmtclient.EntryUse, error) {
	_, m, err := f.theMap(ctx, false)
	if err != nil {
		return nil, err
	}
	var list []mgmtclient.EntryUse
	for _, c := range m.Compare(w) {
		how := fmt.Sprintf("reaches %s at cost %d %s, now at %d", c.To.Name, c.After, without, c.Before)
		if c.After == 0 {
			how = fmt.Sprintf("does not reach %s %s", c.To.Name, without)
		}
		e := mgmtclient.Entry{ID: c.From.ID, Kind: mgmtclient.EntrySite, Name: c.From.Name, Site: &mgmtclient.SiteEntry{Foreign: c.From.Foreign}}
		if list = append(list, mgmtclient.EntryUse{Entry: e, How: how}); len(list) == maxWays {
			break
		}
	}
	return list, nil
}

// queuesOf are the public queues that go with a machine.
func (r *reader) queuesOf(ctx context.Context, m *directory.Machine) ([]mgmtclient.EntryUse, error) {
	var list []mgmtclient.EntryUse
	for o, err := range r.d.Search(ctx, directory.Query{Kind: directory.KindQueue, Under: m.DN, Order: true, Limit: maxWays}) {
		if err != nil {
			return nil, refused(directory.KindQueue, err)
		}
		e, err := r.entry(ctx, o)
		if err != nil {
			return nil, refused(directory.KindQueue, err)
		}
		list = append(list, mgmtclient.EntryUse{Entry: e, How: "is a public queue on it"})
	}
	return list, nil
}
