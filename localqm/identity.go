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
