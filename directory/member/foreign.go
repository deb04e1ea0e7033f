package member

import (
	"slices"

	"posthouse/directory/topology"
	"posthouse/localqm/mq"
)

// Foreign reports a computer that no queue manager is on: its connector server speaks
// for it.
func (m *Member) Foreign(machine mq.GUID) bool {
	m.mu.Lock()
	machines := m.routes.drawn.machines
	m.mu.Unlock()
	i, ok := slices.BinarySearchFunc(machines, machine, func(q topology.Machine, id mq.GUID) int {
		return slices.Compare(q.ID[:], id[:])
	})
	return ok && machines[i].Foreign
}
