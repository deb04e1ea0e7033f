package localqm

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// Administers checks that a caller may manage the queue manager, as Windows asks of
// everyone who uses MS-MQMR.
func (m *QueueManager) Administers(op string, c Caller) error { return m.administrate(op, c) }

// Glance describes a queue as Queues does, without what has to be looked up: of an
// outgoing queue neither its link nor its first messages.
func (m *QueueManager) Glance(c Caller, name mq.QueueName) (QueueInfo, error) {
	return m.described("look at "+name.String(), c, name, m.info)
}

// Listed is a queue in a list of names.
type Listed struct {
	Path   string
	Format mq.FormatName
	Kind   store.QueueKind
	Hidden bool
	// Active: it or a part of it is open or has messages, or it is an outgoing queue.
	Active bool
}

// List names the root queues and system queues that a caller may see, by path name.
func (m *QueueManager) List(c Caller) ([]Listed, error) {
	const op = "list queues"
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(op); err != nil {
		return nil, err
	}
	all := make([]Listed, 0, len(m.queues))
	for _, q := range m.queues {
		if q.gone || m.allow(op, c, q, mq.RightGetQueueProperties) != nil {
			continue
		}
		all = append(all, Listed{
			Path: q.path, Format: q.format, Kind: q.info.Kind, Hidden: hidden(q.info),
			Active: q.out != nil || slices.ContainsFunc(q.parts(), m.active),
		})
	}
	slices.SortFunc(all, func(a, b Listed) int { return strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)) })
	return all, nil
}

// active is called with mu held.
func (m *QueueManager) active(q *queue) bool {
	return len(q.handles) > 0 || m.store.Count(q.slot).Messages > 0
}
