package member

import (
	"maps"
	"slices"

	"posthouse/localqm"
)

// State is how the queue manager stands to its directory.
func (m *Member) State() localqm.DirectoryState {
	s := localqm.DirectoryState{}
	if d := m.connection(); d != nil {
		st := d.Status()
		s.Forest, s.Controller = st.Forest, st.Controller
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Mode, s.Since, s.Why = m.mode, m.since, m.why
	if s.Forest == "" {
		s.Forest = m.record.Forest
	}
	for _, about := range slices.Sorted(maps.Keys(m.notes)) {
		s.Notes = append(s.Notes, m.notes[about])
	}
	if m.mode == localqm.Workgroup {
		return s
	}
	s.Routing = m.self.Routing
	s.Gate = m.routes.gate
	for _, id := range m.self.Sites {
		if name := m.routes.sites[id]; name != "" {
			s.Sites = append(s.Sites, name)
		} else {
			s.Sites = append(s.Sites, id.String())
		}
	}
	return s
}
