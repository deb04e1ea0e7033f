package app

import (
	"context"
	"log/slog"

	"posthouse/directory"
	"posthouse/directory/notice"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/forest"
)

// Directory is the directory that the console of a data folder works with, or as
// somebody else than was chosen. notes hears what a person should know.
func (o folderOpener) Directory(ctx context.Context, folder string, who *person, notes func(string)) (mgmtclient.Directory, error) {
	t := &teller{notes: notes, sender: func(ctx context.Context) (mgmtclient.Node, func(), error) {
		h, err := o.Attach(ctx, folder)
		if err != nil {
			return nil, nil, err
		}
		return h.Node, func() { _ = h.Close() }, nil
	}}
	if who == nil {
		return t.watch(forest.Options{Folder: folder}), nil
	}
	d := t.watch(forest.Options{Keys: &oneKey{}})
	return d, d.Choose(ctx, who.DirectorySignIn, who.password)
}

// teller tells queue managers what was changed in the directory (MS-MQCN 3.3.4.1),
// by the queue manager of this computer.
type teller struct {
	// sender is that queue manager, and how to let it go.
	sender func(context.Context) (mgmtclient.Node, func(), error)
	notes  func(string)
	log    *slog.Logger
}

func (t *teller) watch(o forest.Options) *forest.Forest {
	var f *forest.Forest
	o.Notify = func(ctx context.Context, c forest.Change) {
		if c.Foreign {
			return // nobody is there to be told
		}
		if err := t.tell(ctx, f, c); err != nil {
			if t.log != nil {
				t.log.Warn("the queue manager concerned could not be told of a change in the directory", "machine", c.Machine, "error", err)
			}
			t.notes("the queue manager concerned could not be told and will see it when it reads the directory next: " + reason(err))
		}
	}
	f = forest.New(o)
	return f
}

func (t *teller) tell(ctx context.Context, d mgmtclient.Directory, c forest.Change) error {
	event := notice.MachineChanged
	if c.Kind == directory.KindQueue {
		event = map[forest.What]notice.Event{
			forest.Created: notice.QueueCreated, forest.Changed: notice.QueueChanged, forest.Deleted: notice.QueueDeleted,
		}[c.What]
	} else if c.What != forest.Changed {
		return nil // a queue manager finds out itself that it was registered or forgotten
	}
	body, err := notice.Notice{Event: event, Object: c.ID, Controller: d.Status().Controller}.Body()
	if err != nil {
		return err
	}
	n, done, err := t.sender(ctx)
	if err != nil {
		return mq.Errorf(mq.ErrServiceNotAvailable, "", "no queue manager runs on this computer to do it")
	}
	defer done()
	by, err := can[mgmtclient.Sender](n)
	if err != nil {
		return err
	}
	to := mq.Private(c.Machine, notice.Queue).String()
	// Without the forest, this one does not know where the identifier leads.
	if m, err := n.Machine(ctx); err == nil && (m.Directory == nil || m.Directory.Mode == mgmtclient.ModeWorkgroup) && m.ID != c.Machine {
		e, err := d.Entry(ctx, c.Machine.String())
		if err != nil {
			return err
		}
		to = `DIRECT=OS:` + e.Machine.Computer + `\private$\notify_queue$`
		if e.Machine.DNSName != "" {
			to = `DIRECT=OS:` + e.Machine.DNSName + `\private$\notify_queue$`
		}
	}
	ttrq := uint32(notice.TimeToReachQueue)
	_, err = by.Send(ctx, mgmtclient.SendRequest{Queue: to, Body: body, Express: true, TTRQ: &ttrq})
	return err
}

// oneKey keeps a password for as long as the program runs.
type oneKey struct{ password string }

func (k *oneKey) Get(string) (string, error) { return k.password, nil }

func (k *oneKey) Set(_, password string) error {
	k.password = password
	return nil
}

func (*oneKey) Keeper() (string, bool) { return "The password lasts as long as this command.", false }
