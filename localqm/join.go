package localqm

import "posthouse/localqm/mq"

// Join makes the queue manager work with a directory from now on; with nil it works
// without one. Public queues of this computer stay when it leaves.
func (m *QueueManager) Join(d Directory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d == nil {
		m.joined.Store(nil)
	} else {
		m.joined.Store(&d)
	}
	if m.carrier != nil {
		m.carrier.Changed(nil)
	}
	m.task(m.handOver)
	m.hub.tell(Event{Kind: MachineChanged})
}

// DirectoryChanged is told by the directory when its State has changed.
func (m *QueueManager) DirectoryChanged() {
	m.mu.Lock()
	m.task(m.handOver)
	for _, q := range m.slots {
		if m.unbarAll(q) { // it may know more of their sources now
			m.offer(q)
		}
	}
	m.mu.Unlock()
	m.hub.tell(Event{Kind: MachineChanged})
}

// directory is the one that was joined; nil: none.
func (m *QueueManager) directory() Directory {
	if d := m.joined.Load(); d != nil {
		return *d
	}
	return nil
}

// standing is how the queue manager stands to its directory. It may be called with
// or without mu, as ownerOf may.
func (m *QueueManager) standing() DirectoryState {
	if d := m.directory(); d != nil {
		return d.State()
	}
	return DirectoryState{Mode: Workgroup, Since: m.started, Why: "no directory was joined"}
}

// DirectoryState is how the queue manager stands to its directory.
func (m *QueueManager) DirectoryState() DirectoryState { return m.standing() }

// ownerOf is the queue manager whose a queue is; zero if that is not known without
// asking.
func (m *QueueManager) ownerOf(f mq.FormatName) mq.GUID {
	if d := m.directory(); d != nil && m.standing().Mode != Workgroup {
		if id, ok := d.Owner(f); ok {
			return id
		}
	}
	return mq.GUID{}
}

// asking is the directory if it can be asked now; op must not be tried without it
// (MS-MQOD 2.7.4).
func (m *QueueManager) asking(op string) (Directory, error) {
	d := m.directory()
	if d == nil {
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "public queues live in a directory, and this queue manager works without one").
			WithFix("use private queues, or join a directory")
	}
	switch s := d.State(); s.Mode {
	case Integrated:
		return d, nil
	case Offline:
		return nil, mq.Errorf(mq.ErrNoDS, op, "the directory cannot be asked now: %s", s.Why).
			WithFix("try again when it answers: what is known of other computers goes on working meanwhile")
	default:
		return nil, mq.Errorf(mq.ErrUnsupportedOperation, op, "this queue manager has worked without its directory since its start: %s", s.Why).
			WithFix("when the directory answers, start the queue manager again")
	}
}

// hidePublic makes a public queue unfindable by its identifier. Called with mu held.
func (m *QueueManager) hidePublic(q *queue) {
	if m.publics[q.info.ID] == q {
		delete(m.publics, q.info.ID)
	}
}
