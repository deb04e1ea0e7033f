package archive

import (
	"context"
	"io"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// ExportOptions choose what is written.
type ExportOptions struct {
	// Queues to write, each with its subqueues; journals, subqueues and system
	// queues may be named too. None: every private queue.
	Queues      []string
	Journals    bool              // the journals of the queues too
	Definitions bool              // no messages
	Now         time.Time         // for the header; zero: the time now
	Progress    func(done Report) // called now and then from the same goroutine; may be nil
}

// Report is what an export or import did, also when it ended with an error.
type Report struct {
	Queues   int      `json:"queues"` // written; created by an import
	Parts    int      `json:"parts"`  // subqueues, journals and system queues
	Messages int64    `json:"messages"`
	Bytes    int64    `json:"bytes"`              // of the packets
	Skipped  []string `json:"skipped,omitempty"`  // queues an import left alone
	Replaced []string `json:"replaced,omitempty"` // queues an import deleted first
	Partial  string   `json:"partial,omitempty"`  // queue in which an error came after some of its messages
	Warnings []string `json:"warnings,omitempty"`
}

// page is how many records are asked for at once.
const page = 500

// Export writes queues to w. Messages that come or go meanwhile are in the file
// or not; stop the applications for an exact picture.
func Export(ctx context.Context, n mgmtclient.Node, w io.Writer, o ExportOptions) (Report, error) {
	const op = "export"
	records, ok := mgmtclient.Can[mgmtclient.Exporter](n)
	if !ok && !o.Definitions {
		return Report{}, lacks(op, "give out stored messages")
	}
	m, err := n.Machine(ctx)
	if err != nil {
		return Report{}, err
	}
	x := exporter{ctx: ctx, n: n, records: records, w: newWriter(w), o: o, written: map[string]bool{}}
	targets, err := x.targets()
	if err != nil {
		return Report{}, err
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	h := Header{Kind: kind, Version: Version, Program: m.Version, Machine: m.Name, MachineID: m.ID, Time: o.Now.UTC().Truncate(time.Second)}
	if err := x.w.line(line{Header: &h}); err != nil {
		return x.done, err
	}
	for _, q := range targets {
		if err := x.queue(q); err != nil {
			return x.done, err
		}
	}
	return x.done, x.w.close()
}

func lacks(op, what string) error {
	return mq.Errorf(mq.ErrUnsupportedOperation, op, "this queue manager cannot %s", what).
		WithFix("do it on the machine itself")
}

type exporter struct {
	ctx     context.Context
	n       mgmtclient.Node
	records mgmtclient.Exporter
	w       *writer
	o       ExportOptions
	done    Report
	written map[string]bool
}

// targets finds every queue before a byte is written.
func (x *exporter) targets() ([]mgmtclient.Queue, error) {
	if len(x.o.Queues) == 0 {
		return x.n.Queues(x.ctx, mgmtclient.QueueFilter{Private: true})
	}
	var list []mgmtclient.Queue
	for _, name := range x.o.Queues {
		q, err := x.n.Queue(x.ctx, name)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return list, nil
}

// queue writes a queue and its parts, or a part that was named.
func (x *exporter) queue(q mgmtclient.Queue) error {
	path, err := mq.ParsePathName(q.PathName)
	if err != nil {
		return err
	}
	if q.Location == "REMOTE" {
		return mq.Errorf(mq.ErrUnsupportedOperation, "export "+q.PathName, "it is an outgoing queue, whose messages belong to another computer").
			WithFix("name queues of this computer")
	}
	path = path.On(".")
	if path.System || path.Subqueue != "" || path.Suffix != mq.SuffixNone {
		return x.part(path)
	}
	if x.written[path.Key()] {
		return nil
	}
	x.written[path.Key()] = true
	d := Definition{
		Name: path.String(), Label: q.Label, Transactional: q.Transactional, Authenticate: q.Authenticate,
		PrivacyLevel: q.PrivacyLevel, QuotaKB: q.QuotaKB, Journal: q.Journal, JournalQuotaKB: q.JournalQuotaKB,
		BasePriority: q.BasePriority, Multicast: q.MulticastAddress,
	}
	if !q.ServiceType.IsZero() {
		d.ServiceType = &q.ServiceType
	}
	if err := x.permissions(q.PathName, &d); err != nil {
		return err
	}
	if err := x.w.line(line{Queue: &d}); err != nil {
		return err
	}
	x.done.Queues++
	if err := x.messages(path); err != nil {
		return err
	}
	for _, s := range q.Subqueues {
		sub := path
		sub.Subqueue = s
		if err := x.part(sub); err != nil {
			return err
		}
	}
	if !x.o.Journals {
		return nil
	}
	path.Suffix = mq.SuffixJournal
	return x.part(path)
}

// permissions reads the descriptor; who may not read it exports without.
func (x *exporter) permissions(queue string, d *Definition) error {
	guard, ok := mgmtclient.Can[mgmtclient.Guard](x.n)
	if !ok {
		return nil
	}
	var err error
	d.SDDL, err = guard.ACL(x.ctx, queue)
	if mgmtclient.Code(err) == mq.ErrAccessDenied {
		x.done.Warnings = append(x.done.Warnings, "the permissions of "+queue+" may not be read and are not in the export")
		return nil
	}
	return err
}

func (x *exporter) part(path mq.PathName) error {
	if x.o.Definitions || x.written[path.Key()] {
		return nil
	}
	x.written[path.Key()] = true
	if err := x.w.line(line{Part: &Part{Name: path.String()}}); err != nil {
		return err
	}
	x.done.Parts++
	return x.messages(path)
}

func (x *exporter) messages(path mq.PathName) error {
	if x.o.Definitions {
		return nil
	}
	for after := mgmtclient.LookupID(0); ; {
		list, err := x.records.Records(x.ctx, path.String(), after, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, r := range list {
			m := Message{
				ID: r.ID, Label: r.Label, Class: r.Class, Arrived: r.Arrived.UTC(), Aborts: r.AbortCount, Moves: r.MoveCount,
				LastMove: r.LastMove, Packet: r.Packet,
			}
			if r.Class != mq.ClassNormal {
				m.Reason = strings.TrimPrefix(r.Class.Name(), "NACK_")
			}
			if err := x.w.line(line{Message: &m}); err != nil {
				return err
			}
			x.done.Messages++
			x.done.Bytes += int64(len(r.Packet))
			after = r.LookupID
		}
		if x.o.Progress != nil {
			x.o.Progress(x.done)
		}
	}
}
