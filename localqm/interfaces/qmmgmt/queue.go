package qmmgmt

import (
	"context"
	"strings"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// queue reads properties of a queue (MS-MQMR 2.2.3.2, 3.1.4.1; MS-MQMQ 2.3.12).
func (s *server) queue(ctx context.Context, c localqm.Caller, name mq.QueueName, ids []uint32) ([]*mqmq.PropertyVariant, error) {
	info, err := s.look(ctx, c, name, ids)
	if err != nil {
		return nil, err
	}
	out := make([]*mqmq.PropertyVariant, len(ids))
	for i, id := range ids {
		out[i] = queueProperty(info, mq.PropID(id))
	}
	return out, nil
}

// look finds out about a queue what the properties need, and no more.
func (s *server) look(ctx context.Context, c localqm.Caller, name mq.QueueName, ids []uint32) (localqm.QueueInfo, error) {
	for _, id := range ids {
		if p := mq.PropID(id); p >= mq.PropMgmtQueueState && p < mq.PropMgmtQueueSubqueueCount {
			i, err := s.m.Queue(ctx, c, name)
			if err == nil && i.Elsewhere { // the directory's, and nothing waits here for it
				err = mq.Errorf(mq.ErrQueueNotFound, "look at "+name.String(), "it is a queue of another computer")
			}
			return i, err
		}
	}
	return s.m.Glance(c, name)
}

func queueProperty(i localqm.QueueInfo, id mq.PropID) *mqmq.PropertyVariant {
	switch id {
	case mq.PropMgmtQueuePathName:
		return peer.Text(path(i))
	case mq.PropMgmtQueueFormatName:
		return peer.Text(i.Format.String() + part(i))
	case mq.PropMgmtQueueType:
		return peer.Text(kind(i))
	case mq.PropMgmtQueueLocation:
		if outgoing(i) {
			return peer.Text(mq.LocationRemote)
		}
		return peer.Text(mq.LocationLocal)
	case mq.PropMgmtQueueXact:
		return peer.Text(transactional(i))
	case mq.PropMgmtQueueForeign:
		if kind(i) == mq.QueueTypePrivate || i.Queue.Kind == store.Public {
			return peer.Text(mq.AnswerNo)
		}
		return peer.Text(mq.AnswerUnknown) // only the directory could tell
	case mq.PropMgmtQueueMessageCount:
		return number(i.Count.Messages)
	case mq.PropMgmtQueueBytesInQueue:
		return number(i.Count.Bytes)
	case mq.PropMgmtQueueJournalMessageCount:
		return number(i.Journal.Messages)
	case mq.PropMgmtQueueBytesInJournal:
		return number(i.Journal.Bytes)
	case mq.PropMgmtQueueSubqueueCount:
		return number(len(i.Subs))
	case mq.PropMgmtQueueSubqueueNames:
		return texts(i.Subs)
	case mq.PropMgmtQueueState:
		return peer.Text(string(state(i)))
	case mq.PropMgmtQueueEODSourceInfo:
		return sources(i.Incoming)
	}
	if i.Outgoing == nil {
		return peer.Null() // the rest is of outgoing queues
	}
	return transferProperty(i.Outgoing, id)
}

func outgoing(i localqm.QueueInfo) bool { return i.Queue.Kind == store.Outgoing }

// path is the path name; of names of other computers only those by computer name
// stand for one.
func path(i localqm.QueueInfo) string {
	if !outgoing(i) {
		return i.Path
	}
	if p, ok := i.Format.PathName(); ok && p.Direct().Equal(i.Format) {
		return p.String() + part(i)
	}
	if i.To != "" {
		return i.To + part(i)
	}
	return ""
}

// part tells the part of an outgoing queue that was delivered and not read yet from
// the other.
func part(i localqm.QueueInfo) string {
	if i.Queue.Role == store.Awaiting {
		return strings.TrimPrefix(i.Path, i.Format.String())
	}
	return ""
}

// kind is the queue's type; that of an outgoing queue is its destination's.
func kind(i localqm.QueueInfo) string {
	switch i.Queue.Kind {
	case store.System:
		return mq.QueueTypeMachine
	case store.Public:
		return mq.QueueTypePublic
	case store.Connector:
		return mq.QueueTypeConnector
	case store.Multicast:
		return mq.QueueTypeMulticast
	case store.Private:
		return mq.QueueTypePrivate
	}
	switch f := i.Format; f.Kind {
	case mq.KindMachine:
		return mq.QueueTypeMachine
	case mq.KindPublic:
		return mq.QueueTypePublic
	case mq.KindConnector:
		return mq.QueueTypeConnector
	case mq.KindMulticast:
		return mq.QueueTypeMulticast
	case mq.KindDirect:
		if !strings.HasPrefix(strings.ToLower(f.Path), mq.PrivatePrefix) {
			return mq.QueueTypePublic
		}
	}
	return mq.QueueTypePrivate
}

func transactional(i localqm.QueueInfo) string {
	switch {
	case outgoing(i):
		return mq.AnswerUnknown // its computer knows
	case i.Queue.Transactional:
		return mq.AnswerYes
	}
	return mq.AnswerNo
}

func state(i localqm.QueueInfo) mq.QueueState {
	switch {
	case i.Outgoing != nil:
		return i.Outgoing.Link.State
	case outgoing(i):
		return mq.StateInactive
	}
	return mq.StateLocal
}
