package desk

import (
	"context"
	"errors"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/desk/form"
	"posthouse/views/screen"
)

// takeBack removes an entry that has not left and opens it to be changed. The
// draft is on the disk before the entry is removed, and says so until it is:
// whatever happens between, one of the two is there and counts.
func (f *Fill) takeBack(e entry, x *form.Form, values map[string]string) {
	remover, ok := mgmtclient.Can[mgmtclient.Remover](f.p.node.Client)
	if !ok {
		f.p.host.Fail("The entry was not taken back", mq.Errorf(mq.ErrUnsupportedOperation, "take the entry back", "this computer does not offer it from here").WithFix("call support"))
		return
	}
	zone := f.env().Now.Location()
	d := draft{Typed: map[string]string{}, At: f.env().Now, Reference: e.Reference, TakenBack: e.id}
	for i := range x.Fields {
		field := &x.Fields[i]
		v := values[field.Name]
		d.Typed[field.Name] = v
		if field.Kind != form.Check && field.Kind != form.OneOf {
			d.Typed[field.Name] = field.Typed(v, zone)
		}
	}
	f.taking = e.id
	store, turn, client := f.p.kept, f.p.kept.turn(), f.p.node.Client
	screen.Load(f.p.host.Scope(), func(ctx context.Context) (whole bool, err error) {
		if err := store.put(x.ID, d, turn); err != nil {
			return false, err
		}
		if err := deleteOne(ctx, remover, e.queue, e.lookup); err != nil {
			if code := mq.CodeOf(err); code == mq.ErrServiceNotAvailable || code == mq.ErrOperationCancelled {
				return false, err // not known: what the queues say decides
			}
			return false, errors.Join(err, store.put(x.ID, draft{}, turn))
		}
		return unbury(ctx, client, remover, e.id) == nil, nil
	}, func(whole bool, err error) {
		f.taking = ""
		if whole {
			d.TakenBack = ""
			f.put(x.ID, d)
		}
		f.p.host.Feed().Refresh(f.p.node.ID)
		f.p.Refresh()
		if err != nil {
			f.p.host.Fail("The entry was not taken back", err)
			return
		}
		f.form = nil
		f.Start(x.ID)
		f.note = "You took this entry back. It is not sent until you save it again."
		f.OnState()
	})
}

// deleteOne removes a message.
func deleteOne(ctx context.Context, r mgmtclient.Remover, queue string, id mgmtclient.LookupID) error {
	results, err := r.Delete(ctx, queue, []mgmtclient.LookupID{id})
	if err == nil && len(results) == 1 && results[0].Error != "" {
		err = mq.Errorf(results[0].Code, "take the entry back", "it has just left, or is being sent")
	}
	return err
}

// newest is how many of the newest dead letters are looked through for one that
// has just come.
const newest = 500

// unbury removes the dead letter that a message leaves behind when it is
// deleted on its way (NACK_DELETED): what was taken back did not fail.
func unbury(ctx context.Context, n mgmtclient.Node, r mgmtclient.Remover, id string) error {
	for _, queue := range []string{mgmtclient.TransactionDeadLetter, mgmtclient.DeadLetterQueue} {
		list, _, err := readQueue(ctx, n, origin{queue, inDead, newest})
		if err != nil {
			return err
		}
		for i := range list {
			if e := &list[i]; e.id == id && e.class == mq.ClassNackDeleted {
				return deleteOne(ctx, r, queue, e.lookup)
			}
		}
	}
	return nil
}

// leftBehind reports whether an entry is only what taking it back left behind.
func (f *Fill) leftBehind(e *entry, drafts map[string]draft) bool {
	if e.place != inDead || e.class != mq.ClassNackDeleted {
		return false
	}
	if e.id == f.taking {
		return true
	}
	for _, d := range drafts {
		if d.TakenBack == e.id {
			return true
		}
	}
	return false
}

// sift leaves out what taking entries back left behind, and ends what a crash
// interrupted.
func (f *Fill) sift(list []entry) []entry {
	drafts := f.p.kept.drafts()
	return slices.DeleteFunc(list, func(e entry) bool {
		if !f.leftBehind(&e, drafts) {
			return false
		}
		remover, ok := mgmtclient.Can[mgmtclient.Remover](f.p.node.Client)
		if f.taking == "" && ok {
			f.p.host.Scope().Go(func(ctx context.Context) { _ = deleteOne(ctx, remover, e.queue, e.lookup) }, nil) // else with the next reading
		}
		return true
	})
}

// reconcile forgets drafts of what turned out to be in the queues: entries
// that were saved without an answer, or not taken back after all.
func (f *Fill) reconcile(entries []entry) {
	if f.saving || f.taking != "" {
		return
	}
	for id, d := range f.p.kept.drafts() {
		if d.Attempt == "" && d.TakenBack == "" {
			continue
		}
		for i := range entries {
			e := &entries[i]
			found := d.Attempt != "" && e.mark == d.Attempt
			if !found && (d.TakenBack == "" || e.id != d.TakenBack) {
				continue
			}
			f.put(id, draft{})
			if f.form != nil && f.form.ID == id {
				if found {
					f.done = &saidSaved{e.Name, e.Reference, e.sent, true}
				}
				f.fault = nil
				f.begin(draft{Typed: f.fresh(nil)})
				f.OnForm()
				f.OnState()
			}
		}
	}
}
