package localqm

import (
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// NameOf is the path name of a queue of this machine that a format name means;
// false if it means none.
func (m *QueueManager) NameOf(f mq.FormatName) (string, bool) {
	if f.Kind != mq.KindPublic && (f.Kind != mq.KindPrivate || !m.ours(f.GUID)) {
		return "", false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.find("", mq.QueueName{Format: f})
	if err != nil {
		return "", false
	}
	return q.path, true
}

// PrivateName is the private format name of a queue of this machine, or of its
// journal; subqueues, system queues and public ones have none
// (MQ_ERROR_UNSUPPORTED_OPERATION).
func (m *QueueManager) PrivateName(name mq.QueueName) (mq.FormatName, error) {
	op := "name " + name.String()
	m.mu.Lock()
	defer m.mu.Unlock()
	q, err := m.find(op, name)
	if err != nil {
		return mq.FormatName{}, err
	}
	root := q.root()
	if root.info.Kind != store.Private || q.info.Role == store.Subqueue {
		return mq.FormatName{}, mq.Errorf(mq.ErrUnsupportedOperation, op, "%s has no private format name", q.path).
			WithFix("use a direct one")
	}
	f := mq.Private(m.id(), root.info.Number)
	if q.info.Role == store.Journal {
		f = f.Journal()
	}
	return f, nil
}

// LastLookup is the place of the last message that a committed transaction
// sent; 0 if it sent none.
func (t *Transaction) LastLookup() uint64 {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	return t.last
}
