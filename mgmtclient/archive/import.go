package archive

import (
	"context"
	"errors"
	"io"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Existing says what to do with a queue that is there already.
type Existing int

// The ways with a queue that is there already.
const (
	Fail    Existing = iota // change nothing at all
	Skip                    // leave it and what it holds as it is
	Append                  // keep its properties, put the messages behind what it holds
	Replace                 // delete it with what it holds, then create it anew
)

// ImportOptions choose how a file is read back.
type ImportOptions struct {
	Existing Existing
	DryRun   bool              // check everything, change nothing, report what would be done
	Names    map[string]string // queues of the file that get another name here
	// Own gives created queues the default permissions of who imports instead
	// of those in the file, whose accounts another machine does not have.
	Own      bool
	Progress func(done Report) // called now and then from the same goroutine; may be nil
}

// Import reads a file into a queue manager. If r is an io.Seeker the file is
// checked whole, and every queue for being there already, before anything
// changes. Else each line is checked as it comes, and what was done before an
// error is in the Report.
//
// A queue that is created gets the permissions of the file; what cannot be
// taken back (messages of a queue of which a part was restored) is named in
// Report.Partial.
func Import(ctx context.Context, n mgmtclient.Node, r io.Reader, o ImportOptions) (Report, error) {
	const op = "import"
	im := importer{ctx: ctx, n: n, o: o, names: map[string]mq.PathName{}}
	var ok bool
	if im.admin, ok = mgmtclient.Can[mgmtclient.QueueAdmin](n); !ok {
		return im.done, lacks(op, "create queues")
	}
	if im.restore, ok = mgmtclient.Can[mgmtclient.Archiver](n); !ok {
		return im.done, lacks(op, "take stored messages")
	}
	if err := im.rename(); err != nil {
		return im.done, err
	}
	if seeker, ok := r.(io.Seeker); ok {
		start, err := seeker.Seek(0, io.SeekCurrent)
		if err == nil { // a pipe has the method and refuses it
			s, err := Verify(ctx, r)
			if err != nil {
				return im.done, err
			}
			if err := im.plan(s); err != nil {
				return im.done, err
			}
			if _, err := seeker.Seek(start, io.SeekStart); err != nil {
				return im.done, mq.Errorf(mq.ErrGeneric, opRead, "%w", err)
			}
		}
	}
	return im.run(r)
}

type importer struct {
	ctx     context.Context
	n       mgmtclient.Node
	admin   mgmtclient.QueueAdmin
	restore mgmtclient.Archiver
	o       ImportOptions
	names   map[string]mq.PathName // by the key of the name in the file
	done    Report

	target  string // of the section being read; empty: leave it out
	skipped string // key of the queue that is left out, with its parts
	batch   []mgmtclient.Record
	bytes   int
	some    bool // messages of this section were restored
}

func (im *importer) rename() error {
	for from, to := range im.o.Names {
		var p [2]mq.PathName
		for i, s := range []string{from, to} {
			q, err := mq.ParseQueue(s)
			if err != nil {
				return err
			}
			path, ok := q.PathName()
			if !ok || !path.Private || path != path.Parent() {
				return mq.Errorf(mq.ErrInvalidParameter, "rename "+from+" to "+to, "%s is no private queue", s).
					WithFix("name private queues of this computer")
			}
			p[i] = path.On(".")
		}
		im.names[p[0].Key()] = p[1]
	}
	return nil
}

// here is the name that a section of the file gets on this machine.
func (im *importer) here(name string) (mq.PathName, error) {
	p, err := mq.ParsePathName(name)
	if err != nil {
		return p, err
	}
	if to, ok := im.names[p.Parent().Key()]; ok {
		p.Queue = to.Queue
	}
	return p, nil
}

// plan looks for what would stop the import half-way.
func (im *importer) plan(s Summary) error {
	seen := map[string]bool{}
	for _, section := range s.Sections {
		p, err := im.here(section.Name)
		if err != nil {
			return err
		}
		if seen[p.Key()] {
			return mq.Errorf(mq.ErrInvalidParameter, "import "+section.Name, "two queues of the file would get the name %s", p).
				WithFix("choose other names")
		}
		seen[p.Key()] = true
		if section.Definition {
			if _, err := im.exists(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// exists reports whether the queue is there, with an error if that may not be.
func (im *importer) exists(p mq.PathName) (bool, error) {
	_, err := im.n.Queue(im.ctx, p.String())
	switch {
	case mgmtclient.Code(err) == mq.ErrQueueNotFound:
		return false, nil
	case err != nil:
		return false, err
	case im.o.Existing == Fail:
		return true, mq.Errorf(mq.ErrQueueExists, "import "+p.String(), "a queue of that name exists").
			WithFix("choose what to do with it: skip, append or replace; or give it another name")
	}
	return true, nil
}

func (im *importer) run(from io.Reader) (Report, error) {
	r := newReader(from)
	for {
		if im.ctx.Err() != nil {
			return im.failed(mgmtclient.Interrupted(im.ctx, "import"))
		}
		l, err := r.next()
		if errors.Is(err, io.EOF) {
			return im.done, nil
		}
		if err != nil {
			return im.failed(err)
		}
		if l.Message != nil {
			err = im.message(l.Message)
		} else {
			err = im.section(&l)
		}
		if err != nil {
			return im.failed(err)
		}
	}
}

func (im *importer) failed(err error) (Report, error) {
	if im.some {
		im.done.Partial = im.target
	}
	return im.done, err
}

// section ends the one before and begins the next.
func (im *importer) section(l *line) error {
	if err := im.flush(); err != nil {
		return err
	}
	im.target, im.some = "", false
	switch {
	case l.Queue != nil:
		return im.queue(l.Queue)
	case l.Part != nil:
		return im.part(l.Part)
	}
	return nil
}

func (im *importer) queue(d *Definition) error {
	p, err := im.here(d.Name)
	if err != nil {
		return err
	}
	there, err := im.exists(p)
	if err != nil {
		return err
	}
	im.skipped = ""
	switch {
	case there && im.o.Existing == Skip:
		im.skipped = p.Key()
		im.done.Skipped = append(im.done.Skipped, p.String())
		return nil
	case there && im.o.Existing == Append:
		im.target = p.String()
		return nil
	case there:
		if !im.o.DryRun {
			if err := im.admin.DeleteQueue(im.ctx, p.String()); err != nil {
				return err
			}
		}
		im.done.Replaced = append(im.done.Replaced, p.String())
	}
	if !im.o.DryRun {
		if _, err := im.admin.CreateQueue(im.ctx, p.String(), settings(d, im.o.Own)); err != nil {
			return err
		}
	}
	im.done.Queues++
	im.target = p.String()
	return nil
}

func settings(d *Definition, own bool) mgmtclient.QueueSettings {
	s := mgmtclient.QueueSettings{
		Label: &d.Label, Transactional: &d.Transactional, Authenticate: &d.Authenticate, PrivacyLevel: &d.PrivacyLevel,
		Journal: &d.Journal, Quota: &mgmtclient.Quota{KB: d.QuotaKB}, JournalQuota: &mgmtclient.Quota{KB: d.JournalQuotaKB},
		ServiceType: d.ServiceType,
	}
	if d.BasePriority != 0 {
		s.BasePriority = &d.BasePriority
	}
	if d.Multicast != "" {
		s.Multicast = &d.Multicast
	}
	if d.SDDL != "" && !own {
		s.SDDL = &d.SDDL
	}
	return s
}

// part begins a subqueue, journal or system queue, which needs its queue.
func (im *importer) part(part *Part) error {
	p, err := im.here(part.Name)
	if err != nil {
		return err
	}
	if im.skipped != "" && p.Parent().Key() == im.skipped {
		return nil
	}
	im.target = p.String()
	im.done.Parts++
	if im.o.DryRun || p.Subqueue == "" {
		return nil
	}
	_, err = im.n.Queue(im.ctx, im.target)
	if mgmtclient.Code(err) == mq.ErrQueueNotFound {
		_, err = im.admin.CreateQueue(im.ctx, im.target, mgmtclient.QueueSettings{})
	}
	return err
}

func (im *importer) message(m *Message) error {
	if im.target == "" {
		return nil
	}
	size := mgmtclient.RowBytes + len(m.Packet)
	if len(im.batch) == page || len(im.batch) > 0 && im.bytes+size > mgmtclient.PageBytes {
		if err := im.flush(); err != nil {
			return err
		}
	}
	im.batch = append(im.batch, mgmtclient.Record{
		ID: m.ID, Label: m.Label, Packet: m.Packet, Arrived: m.Arrived, AbortCount: m.Aborts, MoveCount: m.Moves,
		LastMove: m.LastMove, Class: m.Class,
	})
	im.bytes += size
	return nil
}

// flush restores the messages read so far, all or none of them.
func (im *importer) flush() error {
	if len(im.batch) == 0 {
		return nil
	}
	if !im.o.DryRun {
		if err := im.restore.Restore(im.ctx, im.target, im.batch); err != nil {
			return err
		}
		im.some = true
	}
	im.done.Messages += int64(len(im.batch))
	for _, r := range im.batch {
		im.done.Bytes += int64(len(r.Packet))
	}
	im.batch, im.bytes = im.batch[:0], 0
	if im.o.Progress != nil {
		im.o.Progress(im.done)
	}
	return nil
}

// ParseExisting reads fail, skip, append or replace.
func ParseExisting(s string) (Existing, error) {
	for i, word := range []string{"fail", "skip", "append", "replace"} {
		if strings.EqualFold(s, word) {
			return Existing(i), nil
		}
	}
	return Fail, mq.Errorf(mq.ErrInvalidParameter, "choose what to do with queues that exist", "there is no way called %q", s).
		WithFix("choose fail, skip, append or replace")
}
