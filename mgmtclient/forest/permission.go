package forest

import (
	"context"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// account is the name of a SID; empty if nobody has it.
type account struct{ name string }

// Accounts of one descriptor.
type accounts []mgmtclient.Account

func (a accounts) List() []mgmtclient.Account { return a }

// guarded reads a queue or machine with its descriptor.
func (r *reader) guarded(ctx context.Context, op string, id mq.GUID) (directory.Object, secure.Descriptor, mq.GenericMapping, error) {
	o, err := r.d.Read(ctx, 0, directory.ByID(id), directory.AttrSecurity)
	if err != nil {
		return nil, secure.Descriptor{}, mq.GenericMapping{}, refused(0, err)
	}
	mapping := mq.QueueMapping
	switch o.(type) {
	case *directory.Queue:
	case *directory.Machine:
		mapping = mq.MachineMapping
	default:
		return nil, secure.Descriptor{}, mapping, mq.Errorf(mq.ErrUnsupportedOperation, op, "only those of queues and queue managers are shown here").
			WithFix("use Active Directory's own tools for the others")
	}
	raw := o.Common().Security
	if raw == nil {
		return nil, secure.Descriptor{}, mapping, mq.Errorf(mq.ErrAccessDenied, op, "this account may not see them").
			WithFix("sign in with another account")
	}
	d, err := secure.ParseDescriptor(raw)
	return o, d, mapping, err
}

// Permissions is mgmtclient.Directory's: of queues with an mq.QueueRight, of queue
// managers with an mq.MachineRight.
func (f *Forest) Permissions(ctx context.Context, id mq.GUID) (mgmtclient.Permissions, error) {
	r, err := f.reader(ctx)
	if err != nil {
		return mgmtclient.Permissions{}, err
	}
	defer f.looked()
	_, d, mapping, err := r.guarded(ctx, "show the permissions", id)
	if err != nil {
		return mgmtclient.Permissions{}, err
	}
	d.DACL = telling(d.DACL)
	return row.Permissions(d, mapping, r.accounts(ctx, d)), nil
}

// SetPermissions is mgmtclient.Directory's.
func (f *Forest) SetPermissions(ctx context.Context, id mq.GUID, p mgmtclient.Permissions) error {
	const op = "change the permissions"
	r, err := f.reader(ctx)
	if err != nil {
		return err
	}
	defer f.looked()
	o, d, mapping, err := r.guarded(ctx, op, id)
	if err != nil {
		return err
	}
	known := r.accounts(ctx, d)
	for _, e := range append(p.Entries, mgmtclient.Permission{Account: p.Owner}) {
		if e.SID == "" && e.Name != "" {
			if a, ok := r.principal(ctx, e.Name); ok {
				known = append(known, a)
			}
		}
	}
	shown := telling(d.DACL)
	if d, err = row.Descriptor(d, p, known); err != nil {
		return err
	}
	for _, e := range shown {
		if e.Flags&secure.Inherited == 0 {
			continue
		}
		mask := mapping.Map(e.Mask)
		i := slices.IndexFunc(d.DACL, func(n secure.ACE) bool {
			return n.SID == e.SID && n.Type == e.Type && n.Mask == mask && n.Flags&secure.Inherited == 0
		})
		switch {
		case i >= 0:
			d.DACL[i].Flags |= secure.Inherited // the directory adds it itself
		case !slices.ContainsFunc(d.DACL, func(n secure.ACE) bool { return n.SID == e.SID && n.Type == e.Type && n.Mask&mask == mask }):
			return mq.Errorf(mq.ErrInvalidParameter, op, "what %s has is inherited from the container of the object", r.shortName(ctx, e.SID)).
				WithFix("change it there with Active Directory's own tools, or deny it here")
		}
	}
	o.Common().Security = d.Append(nil)
	if err := r.d.Write(ctx, o, directory.AttrSecurity); err != nil {
		return refused(o.Kind(), err)
	}
	_, err = r.done(ctx, Changed, o)
	return err
}

// telling leaves out the inherited entries that give an account no more than it has.
func telling(l secure.ACL) secure.ACL {
	if l == nil {
		return nil
	}
	out := secure.ACL{}
	for _, e := range l {
		if e.Flags&secure.InheritOnly != 0 {
			continue // it is for what is made below
		}
		if e.Flags&secure.Inherited == 0 || !slices.ContainsFunc(l, func(o secure.ACE) bool {
			return o.Flags&(secure.Inherited|secure.InheritOnly) == 0 && o.SID == e.SID && o.Type == e.Type && o.Mask&e.Mask == e.Mask
		}) {
			out = append(out, e)
		}
	}
	return out
}

func (r *reader) shortName(ctx context.Context, s secure.SID) string {
	if name := r.account(ctx, s.String()); name != "" {
		return name
	}
	return s.Name()
}

// accounts finds the names of the SIDs of a descriptor that are not the same everywhere.
func (r *reader) accounts(ctx context.Context, d secure.Descriptor) accounts {
	var list accounts
	add := func(s secure.SID) {
		text := s.String()
		if s.IsZero() || s.Name() != text {
			return
		}
		if name := r.account(ctx, text); name != "" {
			list = append(list, mgmtclient.Account{SID: text, Name: name})
		}
	}
	add(d.Owner)
	for _, e := range d.DACL {
		add(e.SID)
	}
	return list
}

// account is the name that a SID of the domain has: that of a person with the domain,
// as people sign in, that of a computer without more.
func (r *reader) account(ctx context.Context, sid string) string {
	r.f.mu.Lock()
	a, ok := r.f.accounts[sid]
	r.f.mu.Unlock()
	if ok {
		return a.name
	}
	for _, k := range []directory.Kind{directory.KindUser, directory.KindComputer} {
		for o, err := range r.d.Search(ctx, directory.Query{Kind: k, Where: []directory.Term{directory.Is(directory.AttrSID, sid)}, Limit: 1}) {
			if err != nil {
				return ""
			}
			switch o := o.(type) {
			case *directory.User:
				a.name = r.domain() + o.Account
			case *directory.Computer:
				a.name = strings.TrimSuffix(o.Account, "$")
			}
		}
		if a.name != "" {
			break
		}
	}
	r.f.mu.Lock()
	r.f.accounts[sid] = a
	r.f.mu.Unlock()
	return a.name
}

// principal finds the account that a person names.
func (r *reader) principal(ctx context.Context, name string) (mgmtclient.Account, bool) {
	short := name[strings.LastIndexByte(name, '\\')+1:]
	for k, account := range map[directory.Kind]string{directory.KindUser: short, directory.KindComputer: strings.TrimSuffix(short, "$") + "$"} {
		for o, err := range r.d.Search(ctx, directory.Query{Kind: k, Where: []directory.Term{directory.Is(directory.AttrAccount, account)}, Limit: 1}) {
			if err != nil {
				break
			}
			switch o := o.(type) {
			case *directory.User:
				return mgmtclient.Account{SID: o.SID, Name: name}, true
			case *directory.Computer:
				return mgmtclient.Account{SID: o.SID, Name: name}, true
			}
		}
	}
	return mgmtclient.Account{}, false
}

// domain is that of who is signed in, with a backslash: NORDHAVN\.
func (r *reader) domain() string {
	as := r.d.Status().As
	return as[:strings.LastIndexByte(as, '\\')+1]
}
