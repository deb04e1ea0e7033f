package localqm

import (
	"net/netip"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// maxHops is the largest UserHeader.Flags.RC (MS-MQMQ 2.2.19.2).
const maxHops = 0x1D

// orderQueueNumber is the private queue that acknowledgements of transactional
// messages go to (MS-MQQB 2.2.4).
const orderQueueNumber = 4

// verdict is what is to happen with a packet.
type verdict struct {
	queue   *queue
	refused mq.Class // why not; 0: it goes into queue
	allowed bool     // its sender may send here
	dead    bool     // it was for an application of this machine: worth a dead letter
}

// judge decides about a packet that is no duplicate, in the order of MS-MQQB
// 3.1.5.8, but that the right to send is checked for every message: nothing
// proves who sent it, so it is that of Anonymous. Called with mu held.
func (m *QueueManager) judge(a *arrival) (v verdict, err error) {
	msg := a.msg
	if m.connects(msg) {
		return m.judgeForeign(a)
	}
	v.queue, v.dead, v.refused = m.addressee(msg)
	v.dead = v.dead && !msg.Encrypted
	if v.refused != 0 {
		return v, nil
	}
	info := &v.queue.info
	v.allowed = m.hears(v.queue, msg) || m.allow(opArrive, Nobody(a.from.Address), v.queue, mq.RightWriteMessage) == nil
	switch {
	case msg.Transactional && !info.Transactional:
		v.refused = mq.ClassNackNotTransactionalQ
	case !msg.Transactional && info.Transactional:
		v.refused = mq.ClassNackNotTransactionalMsg
	case info.Authenticate && !msg.Authenticated:
		v.refused = mq.ClassNackBadSignature
	case msg.Encrypted || info.Privacy == privacyBody:
		v.refused = mq.ClassNackBadEncryption
	case !v.allowed:
		v.refused = mq.ClassNackAccessDenied
	case m.late(msg):
		v.refused = mq.ClassNackReachQueueTimeout
	}
	if v.refused != 0 {
		return v, nil
	}
	return m.roomy(a, v)
}

// roomy refuses what its queue has no room for; if the machine has none, it is not
// taken and its sender keeps it. Called with mu held.
func (m *QueueManager) roomy(a *arrival, v verdict) (verdict, error) {
	size := a.row.Size()
	if quota := m.settings.Quota; quota != mq.Never && m.bytes+size > int64(quota)*1024 {
		return v, m.fits(opArrive, v.queue, size)
	}
	if m.fits(opArrive, v.queue, size) != nil {
		v.refused = mq.ClassNackQueueExceedQuota
	}
	return v, nil
}

// addressee is the queue that a packet is for, or why it cannot go there; dead
// tells that it was for an application here. Called with mu held.
func (m *QueueManager) addressee(msg *mq.Message) (q *queue, dead bool, refused mq.Class) {
	there := msg.DestinationMachine
	foreign := !there.IsZero() && !m.ours(there)
	hops := int(msg.HopCount)
	if foreign {
		hops++ // we would pass it on
	}
	switch {
	case hops > maxHops:
		return nil, false, mq.ClassNackHopCountExceeded
	case foreign: // no routing server
		return nil, false, mq.ClassNackBadDestQueue
	case m.ours(msg.SourceMachine) && !m.settings.Alias: // only by another name of ours it could come back
		return nil, false, mq.ClassNackBadDestQueue
	}
	q, ours := m.named(msg)
	switch {
	case q == nil:
		return nil, ours, mq.ClassNackBadDestQueue
	case m.hears(q, msg):
		return q, false, 0
	case !q.sendable():
		return nil, false, mq.ClassNackAccessDenied
	}
	return q, true, 0
}

// named finds the queue here that a packet names as its destination; nil if there
// is none, although the name may be ours. Called with mu held.
func (m *QueueManager) named(msg *mq.Message) (q *queue, ours bool) {
	f := msg.Destination
	switch f.Kind {
	case mq.KindPrivate:
		if f.GUID.IsZero() {
			f.GUID = m.id() // QueueManagerAddress may be zero (MS-MQQB 3.1.5.8.5)
		}
		q, _ = m.findFormat(opArrive, f)
		return q, m.ours(f.GUID)
	case mq.KindPublic:
		if msg.Class == mq.ClassReport { // by its identifier alone, since there need not be a directory
			return m.byID(f.GUID), false
		}
		q, _ = m.findFormat(opArrive, f)
		return q, false
	case mq.KindDirect:
		p, ok := f.PathName()
		if ok && (f.Protocol == mq.ProtocolTCP || f.Protocol == mq.ProtocolOS) && (m.settings.Alias || m.isUs(p.Machine)) {
			q, _ = m.findPath(opArrive, p)
			return q, p.Private && p.Suffix == mq.SuffixNone
		}
	}
	return nil, false
}

// isUs reports a name or an address of this computer, however it is written.
func (m *QueueManager) isUs(machine string) bool {
	if m.names[strings.ToLower(machine)] {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(machine, "[]"))
	return err == nil && (m.names[a.String()] || m.names[a.Unmap().WithZone("").String()])
}

// toOrderQueue reports that a packet goes to our order queue. A direct name need
// not be one of ours: it is the address under which the other side knows us.
func (m *QueueManager) toOrderQueue(msg *mq.Message) bool {
	f := msg.Destination
	switch f.Kind {
	case mq.KindPrivate:
		return f.Number == orderQueueNumber && (m.ours(f.GUID) || f.GUID.IsZero())
	case mq.KindDirect:
		return strings.EqualFold(f.Path, orderQueuePath) && f.Subqueue == "" && f.Suffix == mq.SuffixNone
	}
	return false
}

const orderQueuePath = mq.PrivatePrefix + "order_queue$"

// byID finds a queue that applications may send to by its identifier. Called
// with mu held.
func (m *QueueManager) byID(id mq.GUID) *queue {
	if q := m.publics[id]; q != nil {
		return q
	}
	for _, q := range m.queues {
		if q.info.ID == id && q.info.Kind == store.Private && q.sendable() && !q.gone {
			return q
		}
	}
	return nil
}

// warnings tells why messages from other machines will not get into a queue.
// Called with mu held.
func (m *QueueManager) warnings(q *queue) (list []string) {
	if !q.sendable() {
		return nil
	}
	if q.info.Authenticate {
		list = append(list, "it takes only signed messages, and signatures are not verified yet: "+
			"whatever comes from other computers is refused (8006)")
	}
	if q.info.Privacy == privacyBody {
		list = append(list, "it takes only encrypted messages, and they cannot be decrypted yet: "+
			"whatever comes from other computers is refused (8007)")
	}
	if m.allow("", Nobody(""), q, mq.RightWriteMessage) != nil {
		list = append(list, "messages from other computers come unsigned and are refused (8004) until Anonymous may send: "+
			"`posthouse queue acl "+q.path+" --allow-send anonymous`")
	}
	return list
}
