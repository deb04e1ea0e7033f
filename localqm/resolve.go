package localqm

import (
	"context"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Destination is what a name means now.
type Destination struct {
	Local bool
	// Name is the format name that messages to it carry.
	Name mq.FormatName
}

// Resolve finds what a queue name means: a queue here, which must exist, or one
// of another computer, for which messages wait in an outgoing queue.
func (m *QueueManager) Resolve(ctx context.Context, name mq.QueueName) (Destination, error) {
	if err := ctx.Err(); err != nil {
		return Destination{}, m.storeError("resolve "+name.String(), err)
	}
	name, _, err := m.meant(ctx, "resolve "+name.String(), name)
	if err != nil {
		return Destination{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, outside := m.outside(name); outside {
		return Destination{Name: f}, m.usable("resolve " + name.String())
	}
	q, err := m.find("resolve "+name.String(), name)
	if err != nil {
		return Destination{}, err
	}
	return Destination{Local: true, Name: q.format}, nil
}

// find looks a name up among the queues of this machine. Called with mu held.
// The error tells a queue that is missing here from one of another machine.
func (m *QueueManager) find(op string, name mq.QueueName) (*queue, error) {
	if err := m.usable(op); err != nil {
		return nil, err
	}
	if name.IsZero() {
		return nil, mq.Errorf(mq.ErrIllegalQueuePathname, op, "no queue was named")
	}
	if f := name.Format; !f.IsZero() && f.Kind != mq.KindDirect {
		return m.findFormat(op, f)
	}
	p, ok := name.PathName()
	if !ok {
		return nil, m.elsewhere(op, name.String())
	}
	if !m.names[strings.ToLower(p.Machine)] {
		return nil, m.elsewhere(op, name.String())
	}
	if name.Format.IsHTTP() {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "this queue manager takes no messages over HTTP").
			WithFix(`name the queue by its path: .\private$\%s`, p.Queue)
	}
	return m.findPath(op, p)
}

func (m *QueueManager) findPath(op string, p mq.PathName) (*queue, error) {
	if p.System {
		if q := m.system(p.Suffix); q != nil {
			return q, nil
		}
		return nil, m.notFound(op, p.String(), "")
	}
	kind := store.Public
	if p.Private {
		kind = store.Private
	}
	q := m.queues[key(kind, p.Queue)]
	if q == nil || q.gone {
		fix := ""
		if kind == store.Public && m.queues[key(store.Private, p.Queue)] != nil {
			fix = `there is a private queue of that name: .\private$\` + p.Queue
		}
		return nil, m.notFound(op, p.String(), fix)
	}
	return m.part(op, q, p.Subqueue, p.Suffix)
}

func (m *QueueManager) findFormat(op string, f mq.FormatName) (*queue, error) {
	switch f.Kind {
	case mq.KindPrivate:
		if !m.ours(f.GUID) {
			return nil, m.elsewhere(op, f.String())
		}
		if q := m.numbers[f.Number]; q != nil && !q.gone {
			return m.part(op, q, f.Subqueue, f.Suffix)
		}
		return nil, m.notFound(op, f.String(), "")
	case mq.KindMachine:
		if !m.ours(f.GUID) {
			return nil, m.elsewhere(op, f.String())
		}
		if q := m.system(f.Suffix); q != nil {
			return q, nil
		}
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s names a computer and no queue on it", f).
			WithFix("add ;JOURNAL, ;DEADLETTER or ;DEADXACT")
	case mq.KindPublic:
		return m.findPublic(op, f)
	case mq.KindConnector:
		return m.findConnector(op, f)
	case mq.KindMulti, mq.KindDistribution:
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "a list of names can only be sent to")
	}
	return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s names are not supported by this queue manager", f.Kind)
}

// part picks the journal or a subqueue of q.
func (m *QueueManager) part(op string, q *queue, sub string, suffix mq.Suffix) (*queue, error) {
	switch {
	case suffix == mq.SuffixJournal:
		if q.journal == nil {
			return nil, m.notFound(op, q.path+";journal", "internal queues have no journal")
		}
		return q.journal, nil
	case sub != "":
		if s := q.subs[strings.ToLower(sub)]; s != nil {
			return s, nil
		}
		return nil, m.notFound(op, q.path+";"+sub, "a subqueue begins with the first message moved to it")
	}
	return q, nil
}

func (m *QueueManager) notFound(op, name, fix string) error {
	e := mq.Errorf(mq.ErrQueueNotFound, op, "there is no queue %s on this computer (%s)", name, m.self.Name)
	if fix == "" {
		fix = "see `posthouse queue list`, or create it with `posthouse queue create`"
	}
	e.Fix = fix
	return e
}

func (m *QueueManager) elsewhere(op, name string) error {
	return mq.Errorf(mq.ErrUnsupportedOperation, op, "%s is on another computer, and this needs a queue of this one", name).
		WithFix(`use a queue of this computer (%s): .\private$\name`, m.self.Name)
}
