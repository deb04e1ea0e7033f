package member

import (
	"fmt"
	"maps"
	"slices"

	"posthouse/localqm"
)

// maxNotes is how many remarks anybody reads.
const maxNotes = 20

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
	for i, about := range slices.Sorted(maps.Keys(m.notes)) {
		if i == maxNotes {
			s.Notes = append(s.Notes, fmt.Sprintf("and %d notes more: see the log", len(m.notes)-i))
			break
		}
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
