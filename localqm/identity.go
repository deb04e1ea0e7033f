package localqm

import (
	"context"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// formerKey has the identifiers that the queue manager had before, one after the
// other.
var formerKey = []byte("former identities")

// identity is who the queue manager is, and was.
type identity struct {
	now    store.Identity
	former []mq.GUID
}

// Identity is who this queue manager is.
func (m *QueueManager) Identity() store.Identity { return m.who.Load().now }

// id is the identifier of this queue manager.
func (m *QueueManager) id() mq.GUID { return m.who.Load().now.ID }

// Was reports whether an identifier is, or was before it joined a forest, that of this
// queue manager.
func (m *QueueManager) Was(id mq.GUID) bool { return m.ours(id) }

// ours reports whether an identifier is, or was, that of this queue manager.
func (m *QueueManager) ours(id mq.GUID) bool {
	who := m.who.Load()
	return id == who.now.ID || slices.Contains(who.former, id)
}

func (m *QueueManager) loadIdentity(ctx context.Context) error {
	raw, err := m.store.State(ctx, spaceMachine, formerKey)
	if err != nil {
		return err
	}
	who := &identity{now: m.store.Identity()}
	for b := raw; len(b) >= len(mq.GUID{}); b = b[len(mq.GUID{}):] {
		who.former = append(who.former, mq.GUID(b[:len(mq.GUID{})]))
	}
	m.who.Store(who)
	return nil
}

// Adopt makes id the identifier of this queue manager, as one that joins a forest
// takes that of its machine object. It is remembered that the old one was ours:
// private format names with it still mean queues here. It must come before a Carrier
// is attached, and is refused while messages for other computers or transactions
// carry the old identifier (MQ_ERROR_ILLEGAL_OPERATION).
func (m *QueueManager) Adopt(ctx context.Context, id mq.GUID) error {
	const op = "take the identifier that the directory has for this computer"
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	err := m.mayAdopt(op, id)
	m.mu.Unlock()
	who := m.who.Load()
	if err != nil || id == who.now.ID {
		return err
	}
	next := &identity{now: who.now}
	next.now.ID = id
	var raw []byte
	for _, old := range append(slices.Clip(who.former), who.now.ID) {
		if old != id && !slices.Contains(next.former, old) {
			next.former = append(next.former, old)
			raw = append(raw, old[:]...)
		}
	}
	return m.commit(ctx, op, []store.Op{
		&store.Identify{ID: id}, &store.PutState{Space: spaceMachine, Key: formerKey, Value: raw},
	}, func() {
		m.who.Store(next)
		m.hub.tell(Event{Kind: MachineChanged})
	})
}

// mayAdopt is called with mu held.
func (m *QueueManager) mayAdopt(op string, id mq.GUID) error {
	if err := m.usable(op); err != nil {
		return err
	}
	waiting := int64(0)
	for _, q := range m.queues {
		if q.out != nil {
			waiting += m.store.Count(q.slot).Messages + m.store.Count(q.out.awaiting.slot).Messages + int64(q.coming)
		}
	}
	illegal := func(format string, args ...any) *mq.Error {
		return mq.Errorf(mq.ErrIllegalOperation, op, format, args...)
	}
	switch {
	case id.IsZero():
		return mq.Errorf(mq.ErrInvalidParameter, op, "it is zero")
	case id == m.id():
		return nil
	case m.carrier != nil:
		return illegal("the queue manager is connected to others, who know it by its old one").WithFix("start it again to join")
	case waiting > 0:
		return illegal("%d messages for other computers were sent under the old one and are not wholly delivered", waiting).
			WithFix("let the outgoing queues deliver or purge them, then join: `posthouse outgoing list`")
	case len(m.txns) > 0:
		return illegal("%d transactions were begun under the old one", len(m.txns)).WithFix("end them, then join")
	}
	return nil
}
