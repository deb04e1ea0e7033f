package localqm

import (
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// What may wait to answer packets from other machines, whose senders nobody knows:
// strangers must neither fill the disk nor use up what applications need.
const (
	answerQueues = mostOutgoing / 2    // outgoing queues; beyond, answers begin none
	answerPeer   = 100                 // of them begun for packets from one computer
	answerRouter = answerQueues / 2    // or from one that brings what many send
	answerBytes  = 4 << 20             // in one queue, to those who may not send here
	answerTime   = 60 * 24 * time.Hour // then nobody waits for it

	strangersDead = 64 << 20 // bytes of dead letters, beyond which strangers get none
)

// answers are the keys of outgoing queues that were begun to answer packets, by
// the computer that these came from. Guarded by QueueManager.mu.
type answers map[string]map[string]bool

// mayAnswer reports whether something may go to a queue because a packet came.
// trusted tells that its sender may send here. Called with mu held.
func (m *QueueManager) mayAnswer(a *arrival, to mq.FormatName, trusted bool) bool {
	name, outside := m.outside(mq.QueueName{Format: to})
	if !outside {
		return true
	}
	k := key(store.Outgoing, name.String())
	if q := m.queues[k]; q != nil {
		return trusted || q.bytes < answerBytes
	}
	by, most := origins(a.from.Address), answerPeer
	if a.from.ID != a.msg.SourceMachine && m.directory() != nil {
		most = answerRouter
	}
	mine := m.answers[by]
	m.answers.prune(by, m.queues)
	if m.outgoings >= answerQueues || len(mine) >= most {
		m.log.Warn("an answer was dropped: too many outgoing queues", "to", name, "from", a.from.Address)
		return false
	}
	if len(m.answers) >= answerQueues {
		for by := range m.answers {
			m.answers.prune(by, m.queues)
		}
	}
	if m.answers[by] == nil {
		m.answers[by] = map[string]bool{}
	}
	m.answers[by][k] = true
	return true
}

// prune forgets queues that are gone.
func (a answers) prune(by string, queues map[string]*queue) {
	mine := a[by]
	for k := range mine {
		if queues[k] == nil {
			delete(mine, k)
		}
	}
	if len(mine) == 0 {
		delete(a, by)
	}
}
