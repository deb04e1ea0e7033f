package member

import (
	"slices"

	"posthouse/directory/topology"
	"posthouse/localqm/mq"
)

// Foreign reports a computer that no queue manager is on: its connector server speaks
// for it.
func (m *Member) Foreign(machine mq.GUID) bool {
	q, ok := m.mapped(machine)
	return ok && q.Foreign
}

// Known reports a computer of the forest, as far as the map has them.
func (m *Member) Known(machine mq.GUID) bool {
	_, ok := m.mapped(machine)
	return ok
}

// mapped finds a computer on the map.
func (m *Member) mapped(machine mq.GUID) (q topology.Machine, ok bool) {
	m.mu.Lock()
	machines := m.routes.drawn.machines
	m.mu.Unlock()
	i, ok := slices.BinarySearchFunc(machines, machine, func(q topology.Machine, id mq.GUID) int {
		return slices.Compare(q.ID[:], id[:])
	})
	if ok {
		q = machines[i]
	}
	return q, ok
}
