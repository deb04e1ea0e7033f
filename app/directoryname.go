package app

import (
	"context"
	"errors"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// namedKinds are the kinds of objects that a name alone stands for. That of a computer
// is its queue manager's.
var namedKinds = []mgmtclient.EntryKind{mgmtclient.EntryMachine, mgmtclient.EntrySite, mgmtclient.EntryList, mgmtclient.EntryAlias}

// entryNamed reads the object of a GUID, distinguished name, COMPUTER\QUEUE, or name
// of one of some kinds (none: namedKinds).
func entryNamed(ctx context.Context, d mgmtclient.Directory, name string, kinds ...mgmtclient.EntryKind) (mgmtclient.Entry, error) {
	if len(kinds) == 0 {
		kinds = namedKinds
	}
	name = strings.TrimSpace(name)
	_, err := mq.ParseGUID(name)
	if err == nil || name == "" || strings.ContainsAny(name, `=\`) {
		return d.Entry(ctx, name)
	}
	q := mgmtclient.DirectoryQuery{Text: name}
	for _, k := range kinds {
		if k != mgmtclient.EntryMachine {
			q.Kinds = append(q.Kinds, k)
			continue
		}
		if e, err := d.Entry(ctx, name); err == nil || !errors.Is(err, mq.ErrMachineNotFound) {
			return e, err
		}
	}
	var found []mgmtclient.Entry
	for more := len(q.Kinds) > 0; more; {
		page, err := d.Find(ctx, q)
		if err != nil {
			return mgmtclient.Entry{}, err
		}
		for _, e := range page.Entries {
			if strings.EqualFold(e.Name, name) {
				found = append(found, e)
			}
		}
		q.After, more = page.Next, page.Next != ""
	}
	switch op := "find " + mq.Quote(name) + " in the directory"; len(found) {
	case 1:
		return d.Entry(ctx, found[0].ID.String())
	case 0:
		words := make([]string, len(kinds))
		for i, k := range kinds {
			words[i] = strings.ToLower(entryName(mgmtclient.Entry{Kind: k}))
		}
		return mgmtclient.Entry{}, mq.Errorf(mq.ErrObjectNotFound, op, "no %s has that name", strings.Join(words, ", ")).
			WithFix(`see "posthouse directory find"`)
	default:
		return mgmtclient.Entry{}, mq.Errorf(mq.ErrInvalidParameter, op, "%d objects have that name", len(found)).
			WithFix(`give the GUID that "posthouse directory find" shows`)
	}
}
