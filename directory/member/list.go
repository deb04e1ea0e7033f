package member

import (
	"context"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

// Limits of a distribution list with all that is in it.
const (
	maxLists   = 1_000
	maxTargets = 10_000
)

// Expand lists the queues that a distribution list stands for, each once (Resolve
// Distribution List, MS-MQDSSM 3.1.6.9). A list that is in itself, by others too,
// counts once.
func (m *Member) Expand(ctx context.Context, list mq.GUID) ([]mq.FormatName, error) {
	op := "expand " + mq.DistributionList(list, "").String()
	d, err := m.integrated(op)
	if err != nil {
		return nil, err
	}
	e := expansion{op: op, lists: map[mq.GUID]bool{list: true}, names: map[string]bool{}}
	for lists := []mq.GUID{list}; len(lists) > 0; lists = lists[1:] {
		l, err := directory.Get[*directory.List](ctx, d, directory.ByID(lists[0]))
		if err != nil {
			return nil, m.asked(err)
		}
		nested, err := e.add(ctx, d, l)
		if err != nil {
			return nil, m.asked(err)
		}
		lists = append(lists, nested...)
	}
	return e.all, nil
}

// expansion is what was found of a list.
type expansion struct {
	op    string
	lists map[mq.GUID]bool
	names map[string]bool
	all   []mq.FormatName
}

// add takes the members of a list and returns the lists among them that are new.
func (e *expansion) add(ctx context.Context, d directory.Directory, l *directory.List) (nested []mq.GUID, err error) {
	for _, who := range l.Members {
		switch who.Kind {
		case directory.KindQueue:
			err = e.name(mq.Public(who.ID))
		case directory.KindAlias:
			var a *directory.Alias
			if a, err = directory.Get[*directory.Alias](ctx, d, directory.ByID(who.ID)); err != nil {
				break
			}
			var f mq.FormatName
			if f, err = mq.ParseFormatName(a.FormatName); err == nil && f.Kind == mq.KindDistribution {
				err = mq.Errorf(mq.ErrUnsupportedFormatNameOperation, e.op, "the alias %s is of a list", a.Name)
			}
			if err == nil {
				err = e.name(f)
			}
		case directory.KindList:
			if !e.lists[who.ID] {
				if len(e.lists) >= maxLists {
					return nil, mq.Errorf(mq.ErrInsufficientResources, e.op, "more than %d lists are in it", maxLists)
				}
				e.lists[who.ID] = true
				nested = append(nested, who.ID)
			}
		default:
			err = mq.Errorf(mq.ErrUnsupportedFormatNameOperation, e.op, "the list %s has a member that messages cannot go to: %s", l.Name, who.DN).
				WithFix("remove it from the list")
		}
		if err != nil {
			return nil, err
		}
	}
	return nested, nil
}

func (e *expansion) name(f mq.FormatName) error {
	if e.names[f.Key()] {
		return nil
	}
	if len(e.all) >= maxTargets {
		return mq.Errorf(mq.ErrInsufficientResources, e.op, "it stands for more than %d queues", maxTargets)
	}
	e.names[f.Key()] = true
	e.all = append(e.all, f)
	return nil
}
