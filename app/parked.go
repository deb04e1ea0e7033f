package app

import (
	"context"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// parked is the directory of a member of a forest for a command that runs its queue
// manager alone: nobody is asked, and public queues, which the directory would give
// back with nothing in them, are not deleted.
type parked struct{ since time.Time }

var _ localqm.Directory = parked{}

// park keeps the queue manager of a folder a member of its forest, if it is one.
func park(qm *localqm.QueueManager, folder string) error {
	m, err := belongs(folder)
	if m != nil {
		qm.Join(parked{time.Now()})
	}
	return err
}

// State implements localqm.Directory.
func (p parked) State() localqm.DirectoryState {
	return localqm.DirectoryState{Mode: localqm.Offline, Since: p.since, Why: `the queue manager of this folder does not run: "posthouse serve" asks the directory`}
}

func (p parked) refusal(op string) error {
	return mq.Errorf(mq.ErrNoDS, op, "%s", p.State().Why)
}

// Find implements localqm.Directory.
func (p parked) Find(_ context.Context, name mq.QueueName) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, p.refusal("find " + name.String())
}

// Create implements localqm.Directory.
func (p parked) Create(_ context.Context, _ localqm.Caller, q localqm.PublicQueue) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, p.refusal("create queue " + q.Queue)
}

// Set implements localqm.Directory.
func (p parked) Set(_ context.Context, _ localqm.Caller, id mq.GUID, _ localqm.QueueSpec) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, p.refusal("change queue " + id.String())
}

// Delete implements localqm.Directory.
func (p parked) Delete(_ context.Context, _ localqm.Caller, id mq.GUID) error {
	return p.refusal("delete queue " + id.String())
}

// Expand implements localqm.Directory.
func (p parked) Expand(_ context.Context, list mq.GUID) ([]mq.FormatName, error) {
	return nil, p.refusal("expand " + list.String())
}

// Owner implements localqm.Directory.
func (parked) Owner(f mq.FormatName) (mq.GUID, bool) { return f.GUID, f.Kind == mq.KindPrivate }

// Connector implements localqm.Directory.
func (parked) Connector(mq.GUID) (site mq.GUID, ok bool) { return site, false }

// Inside implements localqm.Directory.
func (parked) Inside(mq.GUID, uint8) bool { return false }
