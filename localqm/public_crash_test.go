package localqm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
)

const (
	crashPublic = "POSTHOUSE_CRASH_PUBLIC" // where a child is to end: a failpoint
	crashWhat   = "POSTHOUSE_CRASH_WHAT"   // what it does: create, set, delete
)

// onDisk is a directory that outlives the process: a file for the queue orders.
type onDisk struct {
	localqm.Directory
	file    string
	self    mq.GUID
	changed atomic.Bool
}

func (d *onDisk) State() localqm.DirectoryState {
	return localqm.DirectoryState{Mode: localqm.Integrated}
}
func (d *onDisk) Owner(mq.FormatName) (mq.GUID, bool) { return d.self, true }

func (d *onDisk) Find(context.Context, mq.QueueName) (p localqm.PublicQueue, err error) {
	raw, err := os.ReadFile(d.file)
	if err != nil {
		return p, mq.Errorf(mq.ErrQueueNotFound, "", "%w", err)
	}
	return p, json.Unmarshal(raw, &p)
}

func (d *onDisk) write(p localqm.PublicQueue) (localqm.PublicQueue, error) {
	p.Spec.Security = nil // it has no form in JSON
	raw, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(d.file, raw, 0o600)
	}
	d.changed.Store(true)
	return p, err
}

func (d *onDisk) Create(_ context.Context, _ localqm.Caller, p localqm.PublicQueue) (localqm.PublicQueue, error) {
	p.ID = mq.NewGUID()
	return d.write(p)
}

func (d *onDisk) Set(ctx context.Context, _ localqm.Caller, _ mq.GUID, s localqm.QueueSpec) (localqm.PublicQueue, error) {
	p, err := d.Find(ctx, mq.QueueName{})
	if err != nil {
		return p, err
	}
	p.Spec.Label = s.Label
	return d.write(p)
}

func (d *onDisk) Delete(context.Context, localqm.Caller, mq.GUID) error {
	d.changed.Store(true)
	return os.Remove(d.file)
}

// openPublic opens the queue manager of a folder and its directory.
func openPublic(dir string) (*localqm.QueueManager, *onDisk, error) {
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(dir, "data"), Name: "CRASH"})
	if err != nil {
		return nil, nil, err
	}
	q, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	if err != nil {
		return nil, nil, err
	}
	d := &onDisk{file: filepath.Join(dir, "orders.json"), self: q.Identity().ID}
	q.Join(d)
	return q, d, nil
}

func changePublic(q *localqm.QueueManager, what string) error {
	name := queueName(`.\orders`)
	var err error
	switch what {
	case "create":
		_, err = q.CreateQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("old")})
	case "set":
		_, err = q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("new")})
	case "delete":
		err = q.DeleteQueue(ctx, qmtest.Owner, name)
	}
	return err
}

// crashPublicChild changes the queue and ends, as if the power had gone, where it is
// told to after the directory has changed.
func crashPublicChild(dir string) error {
	q, d, err := openPublic(dir)
	if err != nil {
		return err
	}
	at := os.Getenv(crashPublic)
	failpoint.Set(func(name string) {
		if name == at && d.changed.Load() {
			os.Exit(0)
		}
	})
	if err := changePublic(q, os.Getenv(crashWhat)); err != nil {
		return err
	}
	<-time.After(time.Minute) // the writer gets there a moment after it has answered
	return fmt.Errorf("it was not stopped at %s", at)
}

// Wherever a process ends between the change of the directory and that of the store,
// reading the directory again makes both agree.
func TestACrashBetweenDirectoryAndStoreIsHealed(t *testing.T) {
	self, err := os.Executable()
	ok(t, err)
	for _, what := range []string{"create", "set", "delete"} {
		for _, at := range []string{failpoint.Commit, failpoint.Committed, failpoint.Done} {
			t.Run(what+" "+at, func(t *testing.T) {
				dir := t.TempDir()
				if what != "create" {
					q, _, err := openPublic(dir)
					ok(t, err)
					ok(t, changePublic(q, "create"))
					ok(t, q.Close())
				}
				cmd := exec.Command(self, "-test.run=^$")
				cmd.Env = append(os.Environ(), crashDir+"="+dir, crashPublic+"="+at, crashWhat+"="+what)
				var out bytes.Buffer
				cmd.Stderr = &out
				if err := cmd.Run(); err != nil {
					t.Fatalf("%v: %s", err, out.String())
				}
				q, d, err := openPublic(dir)
				ok(t, err)
				defer func() { ok(t, q.Close()) }()
				here := q.PublicQueues()
				if committed := at != failpoint.Commit; (len(here) == 1) != (committed != (what == "delete") || what == "set") {
					t.Errorf("after the crash here are %v", here)
				}
				there, err := d.Find(ctx, mq.QueueName{})
				if what == "delete" {
					want(t, err, mq.ErrQueueNotFound)
					for _, id := range here {
						ok(t, q.Forget(ctx, id))
					}
					if len(q.PublicQueues()) != 0 {
						t.Error("it is still here")
					}
					return
				}
				ok(t, err)
				ok(t, q.Follow(ctx, there))
				i, err := q.Queue(ctx, qmtest.Owner, queueName(`.\orders`))
				ok(t, err)
				if i.Queue.ID != there.ID || i.Queue.Label != *there.Spec.Label || i.Queue.Label != map[string]string{"create": "old", "set": "new"}[what] {
					t.Errorf("here %+v, there %q", i.Queue, *there.Spec.Label)
				}
			})
		}
	}
}
