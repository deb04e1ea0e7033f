package remote

import (
	"context"
	"maps"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Machine describes the queue manager and its totals, as far as it tells them: when it
// was started, its quotas and what it has counted since it does not.
func (n *Node) Machine(ctx context.Context) (m mgmtclient.Machine, err error) {
	err = n.do(ctx, "look at "+n.who(), 0, func(ctx context.Context, s *session) error {
		v, err := s.machineInfo(ctx, mq.PropMgmtMSMQConnected, mq.PropMgmtMSMQBytesInAllQueues, mq.PropMgmtMSMQPrivateQ, mq.PropMgmtMSMQActiveQueues,
			mq.PropMgmtMSMQDSServer)
		if err != nil {
			return err
		}
		m = mgmtclient.Machine{
			ID: s.about.id, Name: s.about.name, Version: s.about.version,
			State: v.text(mq.PropMgmtMSMQConnected), Bytes: v.number(mq.PropMgmtMSMQBytesInAllQueues),
			Directory: &mgmtclient.Membership{Mode: mgmtclient.ModeWorkgroup, Why: "it names no directory server", Sites: []string{}},
		}
		if controller := v.text(mq.PropMgmtMSMQDSServer); controller != "" {
			m.Directory = &mgmtclient.Membership{Mode: mgmtclient.ModeIntegrated, Controller: controller, Sites: []string{}}
		}
		for _, path := range v.texts(mq.PropMgmtMSMQPrivateQ) {
			if p, err := mq.ParsePathName(path); err == nil && !hidden(p) {
				m.Queues++
			}
		}
		return s.total(ctx, &m, v.texts(mq.PropMgmtMSMQActiveQueues))
	})
	return m, err
}

// total adds up the queues that are in use: the others are empty.
func (s *session) total(ctx context.Context, m *mgmtclient.Machine, active []string) error {
	names := make([]mq.FormatName, 0, len(active)+3)
	parts := map[string]*int64{}
	for x, to := range map[mq.Suffix]*int64{mq.SuffixJournal: &m.Journal, mq.SuffixDeadLetter: &m.DeadLetters, mq.SuffixDeadXact: &m.TransactDead} {
		f := mq.DirectOS(s.about.name, mq.SystemPath)
		f.Suffix = x
		names, parts[f.Key()] = append(names, f), to
	}
	for _, text := range active {
		f, err := mq.ParseFormatName(text)
		if err != nil {
			return malformed("%s as the name of a queue", mq.Quote(text))
		}
		if parts[f.Key()] == nil && f.Kind != mq.KindMachine {
			names = append(names, f)
		}
	}
	counts := make([]values, len(names))
	err := parallel(ctx, len(names), func(ctx context.Context, i int) error {
		v, err := s.queueInfo(ctx, names[i], mq.PropMgmtQueueLocation, mq.PropMgmtQueueMessageCount, mq.PropMgmtQueueJournalMessageCount)
		if err == nil && v.text(mq.PropMgmtQueueLocation) == mq.LocationRemote {
			var read values
			read, err = s.queueInfo(ctx, names[i], mq.PropMgmtQueueEODNoReadCount)
			maps.Copy(v, read)
		}
		if answered(err) {
			return nil // not in use any more, or not for us
		}
		counts[i] = v
		return err
	})
	if err != nil {
		return err
	}
	for i, v := range counts {
		here := v.number(mq.PropMgmtQueueMessageCount)
		m.Messages += here + v.number(mq.PropMgmtQueueJournalMessageCount)
		if to := parts[names[i].Key()]; to != nil {
			*to = here
		}
		if v.text(mq.PropMgmtQueueLocation) == mq.LocationRemote {
			m.Outgoing += max(0, here-v.number(mq.PropMgmtQueueEODNoReadCount))
		}
	}
	return nil
}
