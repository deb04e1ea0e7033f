package fake

import (
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// place is a queue or a part of one: journal, subqueue, system queue.
type place struct {
	q      *queue // nil: a system queue of the machine
	sub    string
	suffix mq.Suffix
	box    *box
}

// find resolves a queue argument to a place that exists.
func (n *Node) find(op, name string) (place, error) {
	parsed, err := mq.ParseQueue(name)
	if err != nil {
		return place{}, err
	}
	return n.locate(op, name, parsed.FormatName(), false)
}

// locate resolves a format name; make adds a subqueue that is not there.
func (n *Node) locate(op, name string, f mq.FormatName, make bool) (place, error) {
	if q := n.queues[f.Key()]; q != nil {
		return place{q: q, box: &q.main}, nil
	}
	if q := n.queues[f.Sub("").Key()]; q != nil && q.out != nil && strings.EqualFold(";"+f.Subqueue, mgmtclient.AwaitingSuffix) {
		return place{q: q, sub: f.Subqueue, box: &q.out.awaiting}, nil
	}
	missing := mq.Errorf(mq.ErrQueueNotFound, op, "%s has no queue %s", n.machine.Name, name).
		WithFix("look at the names with: posthouse queue list")
	switch f.Kind {
	case mq.KindPrivate:
		if f.GUID != n.machine.ID {
			return place{}, n.elsewhere(op, f)
		}
		for _, q := range n.queues {
			if q.out == nil && !q.public() && q.number == f.Number {
				return q.part(missing, f, make)
			}
		}
		return place{}, missing
	case mq.KindMachine:
		if f.GUID != n.machine.ID {
			return place{}, n.elsewhere(op, f)
		}
		return place{suffix: f.Suffix, box: &n.system[f.Suffix]}, nil
	case mq.KindPublic:
		for _, q := range n.queues {
			if q.public() && q.ID == f.GUID {
				return q.part(missing, f, make)
			}
		}
		return place{}, missing
	}
	path, ok := f.PathName()
	if !ok {
		return place{}, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s names no single queue", name)
	}
	if !n.ours(path) {
		return place{}, n.elsewhere(op, f)
	}
	if path.System {
		return place{suffix: path.Suffix, box: &n.system[path.Suffix]}, nil
	}
	q := n.queues[keyOf(path.Queue, path.Private)]
	if q == nil {
		return place{}, missing
	}
	return q.part(missing, f, make)
}

func (q *queue) part(missing error, f mq.FormatName, make bool) (place, error) {
	switch {
	case f.Suffix == mq.SuffixJournal:
		return place{q: q, suffix: f.Suffix, box: &q.journal}, nil
	case f.Subqueue == "":
		return place{q: q, box: &q.main}, nil
	}
	s := q.sub(f.Subqueue, make)
	if s == nil {
		return place{}, missing
	}
	return place{q: q, sub: s.name, box: &s.box}, nil
}

// sub finds a subqueue; make adds it.
func (q *queue) sub(name string, make bool) *subqueue {
	at := len(q.subs)
	for i, s := range q.subs {
		if strings.EqualFold(s.name, name) {
			return s
		}
		if strings.ToLower(s.name) > strings.ToLower(name) {
			at = min(at, i)
		}
	}
	if !make {
		return nil
	}
	s := &subqueue{name: name}
	q.subs = append(q.subs[:at], append([]*subqueue{s}, q.subs[at:]...)...)
	return s
}

func (n *Node) elsewhere(op string, f mq.FormatName) error {
	return mq.Errorf(mq.ErrQueueNotFound, op, "%s is on another computer, and nothing is kept here for it", f).
		WithFix("look at it there, or name a queue of %s", n.machine.Name)
}

// pathOf is the path name of a place.
func (n *Node) pathOf(p place) string {
	if p.q != nil && p.q.out != nil {
		if p.sub != "" {
			return p.q.PathName + mgmtclient.AwaitingSuffix
		}
		return p.q.PathName
	}
	path := mq.PathName{Machine: n.machine.Name, System: true, Suffix: p.suffix}
	if p.q != nil {
		path = mq.PathName{Machine: n.machine.Name, Private: !p.q.public(), Queue: p.q.name, Subqueue: p.sub, Suffix: p.suffix}
	}
	return path.String()
}

// direct is the format name of a place that other computers could use.
func (n *Node) direct(p place) mq.FormatName {
	path, err := mq.ParsePathName(n.pathOf(p))
	if err != nil {
		return mq.FormatName{}
	}
	return path.Direct()
}

// named is the destination of what is sent to a place, as messages show it.
func (n *Node) named(p place) string {
	if p.q != nil && p.q.public() {
		return n.pathOf(p)
	}
	return n.direct(p).String()
}
