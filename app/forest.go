package app

import (
	"context"
	"log/slog"
	"slices"

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
	if c.Kind == directory.KindMachine && c.What != forest.Changed {
		return nil // a queue manager finds out itself that it was registered or forgotten
	}
	n, done, err := t.sender(ctx)
	if err != nil {
		return mq.Errorf(mq.ErrServiceNotAvailable, "", "no queue manager runs on this computer to do it")
	}
	defer done()
	here, err := n.Machine(ctx)
	if err != nil {
		return err
	}
	member := here.Directory != nil && here.Directory.Mode != mgmtclient.ModeWorkgroup
	told := notice.Notice{Event: notice.MachineChanged, Object: c.ID, Controller: d.Status().Controller}
	switch c.Kind {
	case directory.KindQueue:
		told.Event = map[forest.What]notice.Event{
			forest.Created: notice.QueueCreated, forest.Changed: notice.QueueChanged, forest.Deleted: notice.QueueDeleted,
		}[c.What]
	case directory.KindLink:
		// No event is for links; who hears of its own object looks at the map again, too.
		// This one first: the others may be reached by the link.
		servers := slices.DeleteFunc(slices.Clone(c.Servers), func(id mq.GUID) bool { return id == here.ID })
		if member {
			servers = slices.Insert(servers, 0, here.ID)
		}
		var failed error
		for _, id := range servers {
			told.Object = id
			if err := t.send(ctx, d, n, member, told, id); err != nil {
				failed = err
			}
		}
		return failed
	}
	return t.send(ctx, d, n, member || here.ID == c.Machine, told, c.Machine)
}

// send sends a notice to the queue manager of a machine, by its identifier if the one
// here knows the forest.
func (*teller) send(ctx context.Context, d mgmtclient.Directory, n mgmtclient.Node, known bool, told notice.Notice, machine mq.GUID) error {
	body, err := told.Body()
	if err != nil {
		return err
	}
	by, err := can[mgmtclient.Sender](n)
	if err != nil {
		return err
	}
	to := mq.Private(machine, notice.Queue).String()
	if !known {
		e, err := d.Entry(ctx, machine.String())
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
