package qmtest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// Forest is a directory in memory, for the queue managers that join it. It refuses what
// a real one refuses of public queues: names and identifiers that are there or are not.
type Forest struct {
	mu      sync.Mutex
	members map[string]*Member // by lower-case computer
	queues  map[mq.GUID]localqm.PublicQueue
	lists   map[mq.GUID][]mq.FormatName
	state   localqm.DirectoryState
	asked   int
	hook    func(what string) error
}

// NewForest makes an empty one that answers.
func NewForest() *Forest {
	return &Forest{
		members: map[string]*Member{}, queues: map[mq.GUID]localqm.PublicQueue{}, lists: map[mq.GUID][]mq.FormatName{},
		state: localqm.DirectoryState{
			Mode: localqm.Integrated, Forest: "example.test", Controller: "dc.example.test", Sites: []string{"Here"},
			Since: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
		},
	}
}

// Computer adds one that is none of the test's queue managers.
func (f *Forest) Computer(name string) mq.GUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &Member{f: f, name: name, id: mq.NewGUID()}
	f.members[strings.ToLower(name)] = m
	return m.id
}

// Join makes a queue manager a member.
func (f *Forest) Join(m *localqm.QueueManager) *Member {
	who := m.Identity()
	f.mu.Lock()
	one := &Member{f: f, name: who.Name, id: who.ID, manager: m, known: map[mq.GUID]mq.GUID{}}
	f.members[strings.ToLower(who.Name)] = one
	f.mu.Unlock()
	m.Join(one)
	return one
}

// State is how all members stand to it from now on.
func (f *Forest) State(mode localqm.DirectoryMode, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Mode, f.state.Why = mode, why
}

// Hook is called before everything that is asked; an error is the answer.
func (f *Forest) Hook(fn func(what string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = fn
}

// Asked is how often it was asked.
func (f *Forest) Asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// List makes a distribution list.
func (f *Forest) List(names ...mq.FormatName) mq.GUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := mq.NewGUID()
	f.lists[id] = names
	return id
}

// Put makes, or changes, a public queue as another tool does: nobody is told.
func (f *Forest) Put(computer, queue string, s localqm.QueueSpec) localqm.PublicQueue {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.find(computer, queue)
	if q.ID.IsZero() {
		q = f.made(localqm.PublicQueue{Computer: computer, Queue: queue})
	}
	merge(&q.Spec, s)
	f.queues[q.ID] = q
	return q
}

// Remove deletes a public queue as another tool does.
func (f *Forest) Remove(id mq.GUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.queues, id)
}

// Queues are the public queues of a computer.
func (f *Forest) Queues(computer string) (list []localqm.PublicQueue) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, q := range f.queues {
		if strings.EqualFold(q.Computer, computer) {
			list = append(list, q)
		}
	}
	return list
}

func (f *Forest) find(computer, queue string) localqm.PublicQueue {
	for _, q := range f.queues {
		if strings.EqualFold(q.Computer, computer) && strings.EqualFold(q.Queue, queue) {
			return q
		}
	}
	return localqm.PublicQueue{}
}

func (f *Forest) made(q localqm.PublicQueue) localqm.PublicQueue {
	if m := f.members[strings.ToLower(q.Computer)]; m != nil {
		q.Machine, q.Computer = m.id, m.name
	}
	q.ID, q.Created, q.Modified = mq.NewGUID(), f.state.Since, f.state.Since
	return q
}

func merge(to *localqm.QueueSpec, s localqm.QueueSpec) {
	put(&to.Label, s.Label)
	put(&to.Type, s.Type)
	put(&to.Transactional, s.Transactional)
	put(&to.Authenticate, s.Authenticate)
	put(&to.Privacy, s.Privacy)
	put(&to.Journaling, s.Journaling)
	put(&to.Quota, s.Quota)
	put(&to.JournalQuota, s.JournalQuota)
	put(&to.BasePriority, s.BasePriority)
	put(&to.Multicast, s.Multicast)
	put(&to.Security, s.Security)
}

func put[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// Member is the forest as one queue manager has it: it knows whose the queues are that
// it was told about. It is a localqm.Directory.
type Member struct {
	f       *Forest
	name    string
	id      mq.GUID
	manager *localqm.QueueManager // nil: of another
	known   map[mq.GUID]mq.GUID   // owners of queues
}

var _ localqm.Directory = (*Member)(nil)

// State implements localqm.Directory.
func (m *Member) State() localqm.DirectoryState {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	return m.f.state
}

// ask begins a request; end must follow if there is no error.
func (m *Member) ask(ctx context.Context, what string) (end func(), err error) {
	f := m.f
	f.mu.Lock()
	f.asked++
	hook := f.hook
	f.mu.Unlock()
	if hook != nil {
		if err := hook(what); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, &mq.Error{Code: mq.ErrOperationCancelled, Op: what, Why: "cancelled", Err: err}
	}
	f.mu.Lock()
	if f.state.Mode != localqm.Integrated {
		f.mu.Unlock()
		return nil, mq.Errorf(mq.ErrNoDS, what, "the directory does not answer")
	}
	return f.mu.Unlock, nil
}

// Find implements localqm.Directory.
func (m *Member) Find(ctx context.Context, name mq.QueueName) (localqm.PublicQueue, error) {
	end, err := m.ask(ctx, "find "+name.String())
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	defer end()
	q := m.f.queues[name.Format.GUID]
	if name.Format.IsZero() {
		q = m.f.find(name.Path.Machine, name.Path.Queue)
	}
	if q.ID.IsZero() {
		return q, mq.Errorf(mq.ErrQueueNotFound, "", "the directory has no public queue %s", name)
	}
	m.known[q.ID] = q.Machine
	return q, nil
}

// Create implements localqm.Directory.
func (m *Member) Create(ctx context.Context, _ localqm.Caller, q localqm.PublicQueue) (localqm.PublicQueue, error) {
	end, err := m.ask(ctx, "create "+q.Queue)
	if err != nil {
		return q, err
	}
	defer end()
	switch {
	case m.f.members[strings.ToLower(q.Computer)] == nil:
		return q, mq.Errorf(mq.ErrMachineNotFound, "", "there is no computer %s", q.Computer)
	case !m.f.find(q.Computer, q.Queue).ID.IsZero():
		return q, mq.Errorf(mq.ErrQueueExists, "", `the directory has a queue %s\%s`, q.Computer, q.Queue)
	}
	q = m.f.made(q)
	m.f.queues[q.ID], m.known[q.ID] = q, q.Machine
	return q, m.tell(q.Machine, func(other *localqm.QueueManager) error { return other.Follow(ctx, q) })
}

// Set implements localqm.Directory.
func (m *Member) Set(ctx context.Context, _ localqm.Caller, id mq.GUID, s localqm.QueueSpec) (localqm.PublicQueue, error) {
	end, err := m.ask(ctx, "change "+id.String())
	if err != nil {
		return localqm.PublicQueue{}, err
	}
	defer end()
	q := m.f.queues[id]
	if q.ID.IsZero() {
		return q, mq.Errorf(mq.ErrQueueNotFound, "", "the directory has no public queue %s", id)
	}
	merge(&q.Spec, s)
	q.Modified = q.Modified.Add(time.Second)
	m.f.queues[id] = q
	return q, m.tell(q.Machine, func(other *localqm.QueueManager) error { return other.Follow(ctx, q) })
}

// Delete implements localqm.Directory.
func (m *Member) Delete(ctx context.Context, _ localqm.Caller, id mq.GUID) error {
	end, err := m.ask(ctx, "delete "+id.String())
	if err != nil {
		return err
	}
	defer end()
	q := m.f.queues[id]
	if q.ID.IsZero() {
		return mq.Errorf(mq.ErrQueueNotFound, "", "the directory has no public queue %s", id)
	}
	delete(m.f.queues, id)
	return m.tell(q.Machine, func(other *localqm.QueueManager) error { return other.Forget(ctx, id) })
}

// tell makes another member of the test follow. Called with the forest's lock held.
func (m *Member) tell(machine mq.GUID, change func(*localqm.QueueManager) error) error {
	for _, other := range m.f.members {
		if other.id == machine && other != m && other.manager != nil {
			m.f.mu.Unlock()
			defer m.f.mu.Lock()
			return change(other.manager)
		}
	}
	return nil
}

// Expand implements localqm.Directory.
func (m *Member) Expand(ctx context.Context, list mq.GUID) ([]mq.FormatName, error) {
	end, err := m.ask(ctx, "expand "+list.String())
	if err != nil {
		return nil, err
	}
	defer end()
	names, there := m.f.lists[list]
	if !there {
		return nil, mq.Errorf(mq.ErrObjectNotFound, "", "the directory has no list %s", list)
	}
	return names, nil
}

// Owner implements localqm.Directory.
func (m *Member) Owner(f mq.FormatName) (mq.GUID, bool) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if f.Kind == mq.KindPrivate {
		return f.GUID, true
	}
	id, known := m.known[f.GUID]
	return id, known
}

// Connector implements localqm.Directory.
func (m *Member) Connector(mq.GUID) (mq.GUID, bool) { return mq.GUID{}, false }

// Inside implements localqm.Directory: nothing is said of sites.
func (m *Member) Inside(mq.GUID, uint8) bool { return false }

// Heal makes a member's queues what the directory has, as a queue manager does that
// reads it.
func (m *Member) Heal(ctx context.Context) error {
	var all error
	here := map[mq.GUID]bool{}
	for _, q := range m.f.Queues(m.name) {
		here[q.ID] = true
	}
	for _, id := range m.manager.PublicQueues() {
		if !here[id] {
			all = errors.Join(all, m.manager.Forget(ctx, id))
		}
	}
	for _, q := range m.f.Queues(m.name) {
		all = errors.Join(all, m.manager.Follow(ctx, q))
	}
	return all
}
