package localqm

import "posthouse/localqm/mq"

// NameOf is the path name of a queue of this machine that a format name means;
// false if it means none.
func (m *QueueManager) NameOf(f mq.FormatName) (string, bool) {
	if f.Kind != mq.KindPrivate || f.GUID != m.self.ID {
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

// LastLookup is the place of the last message that a committed transaction
// sent; 0 if it sent none.
func (t *Transaction) LastLookup() uint64 {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	return t.last
}
