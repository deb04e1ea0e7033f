package local

import (
	"context"
	"slices"
	"strings"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/row"
)

// CreateQueue makes a private queue or a subqueue.
func (n *Node) CreateQueue(ctx context.Context, queue string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	return n.settle(ctx, "create queue "+queue, queue, s, n.m.CreateQueue)
}

// SetQueue changes properties.
func (n *Node) SetQueue(ctx context.Context, queue string, s mgmtclient.QueueSettings) (mgmtclient.Queue, error) {
	return n.settle(ctx, "change queue "+queue, queue, s, n.m.SetQueue)
}

func (n *Node) settle(ctx context.Context, op, queue string, s mgmtclient.QueueSettings,
	do func(context.Context, localqm.Caller, mq.QueueName, localqm.QueueSpec) (localqm.QueueInfo, error),
) (mgmtclient.Queue, error) {
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	spec, err := specOf(s)
	if err != nil {
		return mgmtclient.Queue{}, row.Tried(op, err)
	}
	i, err := do(ctx, n.caller, name, spec)
	if err != nil {
		return mgmtclient.Queue{}, err
	}
	return describe(i), nil
}

func specOf(s mgmtclient.QueueSettings) (localqm.QueueSpec, error) {
	spec := localqm.QueueSpec{
		Label: s.Label, Type: s.ServiceType, Transactional: s.Transactional, Authenticate: s.Authenticate,
		Journaling: s.Journal, Quota: quota(s.Quota), JournalQuota: quota(s.JournalQuota),
		BasePriority: s.BasePriority, Multicast: s.Multicast,
	}
	if s.PrivacyLevel != nil {
		level, err := privacy(*s.PrivacyLevel)
		if err != nil {
			return spec, err
		}
		spec.Privacy = &level
	}
	for _, who := range s.AllowSend {
		sid, err := secure.ParsePrincipal(who)
		if err != nil {
			return spec, err
		}
		spec.AllowSend = append(spec.AllowSend, sid)
	}
	if s.SDDL != nil {
		d, err := secure.ParseSDDL(*s.SDDL)
		if err != nil {
			return spec, err
		}
		spec.Security = &d
	}
	return spec, nil
}

func privacy(word string) (uint8, error) {
	for p := mq.QueuePrivacy(0); p <= 2; p++ {
		if strings.EqualFold(p.String(), word) {
			return uint8(p), nil
		}
	}
	return 0, mq.Errorf(mq.ErrIllegalPropertyValue, "", "there is no privacy level %q", word).
		WithFix("choose none, optional or body")
}

func quota(q *mgmtclient.Quota) *uint32 {
	if q == nil {
		return nil
	}
	if q.KB == nil {
		v := mq.Never
		return &v
	}
	return q.KB
}

// DeleteQueue deletes a queue.
func (n *Node) DeleteQueue(ctx context.Context, queue string) error {
	name, err := n.name(ctx, "delete queue "+queue, queue)
	if err != nil {
		return err
	}
	return n.m.DeleteQueue(ctx, n.caller, name)
}

// Purge empties a queue.
func (n *Node) Purge(ctx context.Context, queue string) (int64, error) {
	name, err := n.name(ctx, "purge "+queue, queue)
	if err != nil {
		return 0, err
	}
	return n.m.Purge(ctx, n.caller, name)
}

// sendBatch is how many messages of one request are encoded at a time.
const sendBatch = 500

// Send sends messages.
func (n *Node) Send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	op := "send to " + r.Queue
	result := mgmtclient.SendResult{Outcome: mgmtclient.OutcomeArrived}
	name, err := n.name(ctx, op, r.Queue)
	if err != nil {
		return result, err
	}
	one, err := row.Compose(op, &r, n.m.Identity().Name)
	if err != nil {
		return result, err
	}
	if r.ReportQueue != "" {
		one.Trace = true
		if one.TraceQueue, err = n.reportQueue(ctx, op, r.ReportQueue); err != nil {
			return result, row.Tried(op, err)
		}
	}
	h, err := n.m.OpenQueue(ctx, n.caller, name, localqm.SendAccess, localqm.DenyNone)
	if err != nil {
		return result, row.Tried(op, err)
	}
	defer h.Close()
	if h.Leaves() {
		result.Outcome = mgmtclient.OutcomeKept
	}
	count := max(r.Count, 1)
	if r.Transactional {
		return n.sendTransaction(ctx, h, one, count, result)
	}
	for result.Sent < count {
		batch := copies(one, min(sendBatch, count-result.Sent))
		receipts, err := h.Send(ctx, nil, batch...)
		for _, rc := range receipts {
			note(&result, rc.ID)
			result.LookupID = mgmtclient.LookupID(rc.Lookup)
		}
		if err != nil {
			return result, err
		}
	}
	return result, nil
}

func (n *Node) sendTransaction(ctx context.Context, h *localqm.Handle, one *mq.Message, count int, result mgmtclient.SendResult) (mgmtclient.SendResult, error) {
	tx, err := n.m.Begin()
	if err != nil {
		return result, err
	}
	var sent []*mq.Message
	for len(sent) < count && err == nil {
		batch := copies(one, min(sendBatch, count-len(sent)))
		_, err = h.Send(ctx, tx, batch...)
		sent = append(sent, batch...)
	}
	if err != nil {
		// The transaction's end must not depend on ctx, which may be the reason.
		_ = tx.Abort(context.WithoutCancel(ctx))
		return result, err
	}
	if err := tx.Commit(ctx); err != nil {
		return result, err
	}
	for _, m := range sent {
		note(&result, m.ID)
	}
	result.LookupID = mgmtclient.LookupID(tx.LastLookup())
	return result, nil
}

func copies(one *mq.Message, count int) []*mq.Message {
	list := make([]*mq.Message, count)
	for i := range list {
		m := *one
		list[i] = &m
	}
	return list
}

func note(r *mgmtclient.SendResult, id mq.ObjectID) {
	r.Sent++
	r.LastID = id.String()
	if r.FirstID == "" {
		r.FirstID = r.LastID
	}
}

// Receive takes a message out.
func (n *Node) Receive(ctx context.Context, queue string, o mgmtclient.ReceiveOptions) (mgmtclient.Message, error) {
	op := "receive from " + queue
	name, err := n.name(ctx, op, queue)
	if err != nil {
		return mgmtclient.Message{}, err
	}
	access := localqm.ReceiveAccess
	if o.Peek {
		access = localqm.PeekAccess
	}
	h, err := n.m.OpenQueue(ctx, n.caller, name, access, localqm.DenyNone)
	if err != nil {
		return mgmtclient.Message{}, row.Tried(op, err)
	}
	defer h.Close()
	read := localqm.ReadOptions{Peek: o.Peek, Timeout: o.Timeout, Body: -1}
	if o.LookupID != 0 {
		read.Seek, read.Lookup = localqm.SeekCurrent, uint64(o.LookupID)
	}
	waiting, stop := n.alive(ctx)
	defer stop()
	d, err := h.Read(waiting, read)
	switch {
	case err == nil:
		return n.message(d), nil
	case waiting.Err() == nil:
		return mgmtclient.Message{}, err
	case ctx.Err() != nil:
		return mgmtclient.Message{}, mgmtclient.Interrupted(ctx, op)
	}
	return mgmtclient.Message{}, mgmtclient.Closed(op)
}

// Delete removes chosen messages.
func (n *Node) Delete(ctx context.Context, queue string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	name, err := n.name(ctx, "delete messages of "+queue, queue)
	if err != nil {
		return nil, err
	}
	errs, err := n.m.RemoveMessages(ctx, n.caller, name, lookups(ids))
	if err != nil {
		return nil, err
	}
	out := make([]mgmtclient.ItemResult, len(ids))
	for i, id := range ids {
		out[i] = item(id, mq.ObjectID{}, errs[i])
	}
	return out, nil
}

// Move moves chosen messages.
func (n *Node) Move(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	return n.transfer(ctx, "move messages from "+from+" to "+to, from, ids, to, n.m.MoveMessages)
}

// Copy copies chosen messages.
func (n *Node) Copy(ctx context.Context, from string, ids []mgmtclient.LookupID, to string) ([]mgmtclient.ItemResult, error) {
	return n.transfer(ctx, "copy messages from "+from+" to "+to, from, ids, to, n.m.CopyMessages)
}

func (n *Node) transfer(ctx context.Context, op, from string, ids []mgmtclient.LookupID, to string,
	do func(context.Context, localqm.Caller, mq.QueueName, mq.QueueName, []uint64) ([]localqm.Moved, error),
) ([]mgmtclient.ItemResult, error) {
	source, err := n.name(ctx, op, from)
	if err != nil {
		return nil, err
	}
	target, err := n.name(ctx, op, to)
	if err != nil {
		return nil, err
	}
	moved, err := do(ctx, n.caller, source, target, lookups(ids))
	return items(ids, moved), err
}

// Return sends dead letters anew.
func (n *Node) Return(ctx context.Context, from string, ids []mgmtclient.LookupID) ([]mgmtclient.ItemResult, error) {
	name, err := n.name(ctx, "return messages of "+from, from)
	if err != nil {
		return nil, err
	}
	moved, err := n.m.ReturnMessages(ctx, n.caller, name, lookups(ids))
	return items(ids, moved), err
}

func lookups(ids []mgmtclient.LookupID) []uint64 {
	out := make([]uint64, len(ids))
	for i, id := range ids {
		out[i] = uint64(id)
	}
	return out
}

func items(ids []mgmtclient.LookupID, moved []localqm.Moved) []mgmtclient.ItemResult {
	if moved == nil {
		return nil
	}
	out := make([]mgmtclient.ItemResult, len(ids))
	for i, id := range ids {
		out[i] = item(id, moved[i].NewID, moved[i].Err)
	}
	return out
}

func item(id mgmtclient.LookupID, fresh mq.ObjectID, err error) mgmtclient.ItemResult {
	r := mgmtclient.ItemResult{LookupID: id}
	switch {
	case err != nil:
		r.Error, r.Code = err.Error(), mq.CodeOf(err)
	case !fresh.IsZero():
		r.NewID = fresh.String()
	}
	return r
}

// SetMachine changes settings of the machine.
func (n *Node) SetMachine(ctx context.Context, s mgmtclient.MachineSettings) (mgmtclient.Machine, error) {
	if s.Resend != nil && slices.Contains(s.Resend[:], 0) {
		return mgmtclient.Machine{}, mq.Errorf(mq.ErrIllegalPropertyValue, "change the computer", "sending again after 0 seconds would never rest").
			WithFix("give four times of 1 second and more")
	}
	if err := n.change(ctx, func(o *localqm.Settings) {
		if q := quota(s.Quota); q != nil {
			o.Quota = *q
		}
		if q := quota(s.JournalQuota); q != nil {
			o.JournalQuota = *q
		}
		if s.Profile != nil {
			o.Profile = localqm.Profile(*s.Profile)
		}
		assign(&o.Hardened, s.Hardened)
		assign(&o.Alias, s.Alias)
		assign(&o.InsecureNack, s.InsecureNack)
		assign(&o.Ping, s.Ping)
		assign(&o.PingAnswer, s.PingAnswer)
		assign(&o.Resend, s.Resend)
	}); err != nil {
		return mgmtclient.Machine{}, err
	}
	return n.Machine(ctx)
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Connect puts the machine online.
func (n *Node) Connect(ctx context.Context) error {
	return n.change(ctx, func(o *localqm.Settings) { o.Offline = false })
}

// Disconnect puts it offline.
func (n *Node) Disconnect(ctx context.Context) error {
	return n.change(ctx, func(o *localqm.Settings) { o.Offline = true })
}

func (n *Node) change(ctx context.Context, set func(*localqm.Settings)) error {
	if err := n.enter(ctx, "change the computer"); err != nil {
		return err
	}
	return n.m.SetMachine(ctx, n.caller, func(o *localqm.Settings) error {
		set(o)
		return nil
	})
}

// Tidy gives space back.
func (n *Node) Tidy(ctx context.Context) (mgmtclient.TidyResult, error) {
	if err := n.enter(ctx, "tidy the store"); err != nil {
		return mgmtclient.TidyResult{}, err
	}
	before, after, err := n.m.Tidy(ctx, n.caller)
	return mgmtclient.TidyResult{BytesBefore: before, BytesAfter: after}, err
}

// Check verifies the store.
func (n *Node) Check(ctx context.Context) (mgmtclient.CheckResult, error) {
	if err := n.enter(ctx, "check the store"); err != nil {
		return mgmtclient.CheckResult{}, err
	}
	r, err := n.m.Check(ctx, n.caller)
	problems := r.Problems
	if problems == nil {
		problems = []string{}
	}
	return mgmtclient.CheckResult{Queues: r.Queues, Messages: r.Messages, Problems: problems}, err
}
