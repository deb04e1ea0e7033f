package remote

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// atOnce is how many calls are under way at a time for one list or one bulk action.
const atOnce = 32

// What lists ask of queues.
var (
	counters = []mq.PropID{
		mq.PropMgmtQueueXact, mq.PropMgmtQueueMessageCount, mq.PropMgmtQueueBytesInQueue,
		mq.PropMgmtQueueJournalMessageCount, mq.PropMgmtQueueBytesInJournal,
	}
	naming = []mq.PropID{
		mq.PropMgmtQueuePathName, mq.PropMgmtQueueFormatName, mq.PropMgmtQueueType, mq.PropMgmtQueueLocation, mq.PropMgmtQueueForeign,
	}
	transfer = []mq.PropID{
		mq.PropMgmtQueueState, mq.PropMgmtQueueNextHops, mq.PropMgmtQueueEODLastAck, mq.PropMgmtQueueEODLastAckTime,
		mq.PropMgmtQueueEODLastAckCount, mq.PropMgmtQueueEODFirstNonAck, mq.PropMgmtQueueEODLastNonAck, mq.PropMgmtQueueEODNextSeq,
		mq.PropMgmtQueueEODNoReadCount, mq.PropMgmtQueueEODNoAckCount, mq.PropMgmtQueueEODResendTime,
		mq.PropMgmtQueueEODResendInterval, mq.PropMgmtQueueEODResendCount, mq.PropMgmtQueueEODSourceInfo,
	}
	// Since Windows Vista (MS-MQMR <9>, <11>).
	subqueues   = []mq.PropID{mq.PropMgmtQueueSubqueueNames}
	connections = []mq.PropID{mq.PropMgmtQueueSubqueueNames, mq.PropMgmtQueueConnectionHistory}
)

// everything is all that every peer tells.
var everything = slices.Concat(naming, counters, transfer)

// internal are private queues that the protocols need: hidden, and in no list
// (MS-MQQB 2.2.4, MS-MQCN).
var internal = []string{"admin_queue$", "notify_queue$", "order_queue$"}

// Queues lists queues.
func (n *Node) Queues(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	list := []mgmtclient.Queue{}
	err := n.do(ctx, "list the queues of "+n.who(), 0, func(ctx context.Context, s *session) (err error) {
		list, err = s.list(ctx, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (s *session) list(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	ask := []mq.PropID{}
	if f.Private || !f.System && !f.Outgoing && !f.Public {
		ask = append(ask, mq.PropMgmtMSMQPrivateQ)
	}
	if f.Outgoing || f.Public || f.System {
		ask = append(ask, mq.PropMgmtMSMQActiveQueues)
	}
	v, err := s.machineInfo(ctx, ask...)
	if err != nil {
		return nil, err
	}
	rows := make([]mgmtclient.Queue, 0, 64)
	var work []func(context.Context) (mgmtclient.Queue, bool, error)
	for _, path := range v.texts(mq.PropMgmtMSMQPrivateQ) {
		p, err := mq.ParsePathName(path)
		if err != nil {
			return nil, malformed("%s as the name of a queue", mq.Quote(path))
		}
		if hidden(p) {
			continue
		}
		work = append(work, func(ctx context.Context) (mgmtclient.Queue, bool, error) { return s.private(ctx, p) })
	}
	seen := map[string]bool{}
	other := func(name mq.FormatName) {
		if seen[name.Key()] {
			return
		}
		seen[name.Key()] = true
		work = append(work, func(ctx context.Context) (mgmtclient.Queue, bool, error) { return s.other(ctx, name, f) })
	}
	if f.System {
		for _, x := range []mq.Suffix{mq.SuffixJournal, mq.SuffixDeadLetter, mq.SuffixDeadXact} {
			name := mq.DirectOS(s.about.name, mq.SystemPath)
			name.Suffix = x
			other(name)
		}
		for _, q := range internal {
			other(mq.DirectOS(s.about.name, mq.PrivatePrefix+q))
		}
	}
	for _, text := range v.texts(mq.PropMgmtMSMQActiveQueues) {
		name, err := mq.ParseFormatName(text)
		if err != nil {
			return nil, malformed("%s as the name of a queue", mq.Quote(text))
		}
		if p, ok := name.PathName(); ok && s.mine(name) && !hidden(p) && (p.System || p.Private && p.Suffix == mq.SuffixNone) {
			continue // asked for by name, if at all
		}
		other(name)
	}
	found, err := each(ctx, work)
	if err != nil {
		return nil, err
	}
	for _, q := range found {
		if fits(q, f) {
			rows = append(rows, q)
		}
	}
	slices.SortFunc(rows, func(a, b mgmtclient.Queue) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.PathName), strings.ToLower(b.PathName)), strings.Compare(a.PathName, b.PathName))
	})
	return slices.CompactFunc(rows, func(a, b mgmtclient.Queue) bool { return strings.EqualFold(a.PathName, b.PathName) }), nil
}

// mine reports a direct name with this computer's own name.
func (s *session) mine(f mq.FormatName) bool {
	return f.Kind == mq.KindDirect && f.Protocol == mq.ProtocolOS && strings.EqualFold(f.Address, s.about.name)
}

func hidden(p mq.PathName) bool { return p.Private && strings.HasSuffix(p.Queue, "$") }

// fits applies a filter to what was found out.
func fits(q mgmtclient.Queue, f mgmtclient.QueueFilter) bool {
	if f.WithMessages && q.Messages == 0 && q.JournalMessages == 0 {
		return false
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(f.Contains)) }
	return f.Contains == "" || has(q.PathName[strings.LastIndexByte(q.PathName, '\\')+1:]) || has(q.Label)
}

// private describes a private queue of a list. One that nothing has used lately has no
// properties on Windows: it is empty.
func (s *session) private(ctx context.Context, p mq.PathName) (mgmtclient.Queue, bool, error) {
	v, err := s.tell(ctx, p.Direct(), counters, subqueues)
	if idle(err) {
		v, err = values{}, nil
	}
	if code(err) == mq.ErrQueueNotFound {
		return mgmtclient.Queue{}, false, nil // deleted meanwhile
	}
	if err != nil {
		return mgmtclient.Queue{}, false, err
	}
	q := s.describe(p.Direct(), v)
	q.PathName, q.Type = p.String(), mq.QueueTypePrivate
	return q, true, s.define(ctx, p.Direct(), &q, false)
}

// other describes a queue of which only the name is known; it tells whether it is of
// the sort that is looked for.
func (s *session) other(ctx context.Context, name mq.FormatName, f mgmtclient.QueueFilter) (mgmtclient.Queue, bool, error) {
	v, err := s.tell(ctx, name, everything, connections)
	switch {
	case idle(err), code(err) == mq.ErrQueueNotFound, code(err) == mq.ErrAccessDenied:
		return mgmtclient.Queue{}, false, nil
	case err != nil:
		return mgmtclient.Queue{}, false, err
	}
	q := s.describe(name, v)
	switch {
	case q.Outgoing != nil:
		return q, f.Outgoing, nil
	case q.Type == mq.QueueTypePublic:
		return q, f.Public, nil
	case q.Type == mq.QueueTypeMachine, q.Hidden:
		return q, f.System, nil
	}
	return q, false, nil // a private one
}

// idle reports the answer for a queue that nothing uses (MS-MQMR 3.1.4.1: MQ_ERROR).
func idle(err error) bool {
	h := code(err)
	return h == mq.ErrGeneric && answered(err) || h == mq.ErrQueueNotActive
}

// tell reads properties of a queue, with those that a peer knows that is not too old.
func (s *session) tell(ctx context.Context, f mq.FormatName, ids, recent []mq.PropID) (values, error) {
	if s.old.Load() {
		return s.queueInfo(ctx, f, ids...)
	}
	v, err := s.queueInfo(ctx, f, slices.Concat(ids, recent)...)
	if code(err) == mq.ErrIllegalPropID {
		s.old.Store(true)
		return s.queueInfo(ctx, f, ids...)
	}
	return v, err
}

// each does all of work, some at a time, and returns what they found, in order. The
// first error ends it.
func each[T any](ctx context.Context, work []func(context.Context) (T, bool, error)) ([]T, error) {
	found := make([]T, len(work))
	keep := make([]bool, len(work))
	err := parallel(ctx, len(work), func(ctx context.Context, i int) (err error) {
		found[i], keep[i], err = work[i](ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	list := found[:0]
	for i := range found {
		if keep[i] {
			list = append(list, found[i])
		}
	}
	return list, nil
}

// Queue describes one queue.
func (n *Node) Queue(ctx context.Context, queue string) (q mgmtclient.Queue, err error) {
	err = n.queue(ctx, "look at "+queue, queue, 0, func(ctx context.Context, s *session, f mq.FormatName) error {
		v, err := s.tell(ctx, f, everything, connections)
		if s.abroad(f, err) {
			known := err
			if q, err = s.published(ctx, f); answered(err) {
				return known
			}
			return err
		}
		if err != nil {
			return err
		}
		q = s.describe(f, v)
		return s.define(ctx, f, &q, true)
	})
	return q, err
}
