package localqm

import (
	"posthouse/localqm/mq"
)

// publicElsewhere reports whether a public format name is that of another computer's
// queue, as far as that is known without asking: what is not ours, in a forest.
// Called with mu held.
func (m *QueueManager) publicElsewhere(f mq.FormatName) bool {
	if m.publics[f.GUID] != nil || m.standing().Mode == Workgroup {
		return false
	}
	owner := m.ownerOf(mq.Public(f.GUID))
	return owner.IsZero() || !m.ours(owner)
}

// findPublic finds a public queue of this computer by its identifier. Called with mu
// held.
func (m *QueueManager) findPublic(op string, f mq.FormatName) (*queue, error) {
	if q := m.publics[f.GUID]; q != nil {
		return m.part(op, q, f.Subqueue, f.Suffix)
	}
	if m.standing().Mode == Workgroup {
		return nil, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op,
			"%s is a public queue, and this queue manager works without a directory", f).
			WithFix("name the queue directly: DIRECT=OS:computer\\queue")
	}
	if m.publicElsewhere(f) {
		return nil, m.elsewhere(op, f.String())
	}
	return nil, m.notFound(op, f.String(), "")
}
