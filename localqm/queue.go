package localqm

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// queue is one list of messages: a queue, its journal, a subqueue or a system
// queue. Guarded by QueueManager.mu but for what never changes.
type queue struct {
	slot   store.Slot    // never changes
	path   string        // the path name administrators see; never changes
	format mq.FormatName // the direct one; never changes
	final  bool          // messages end their way here; never changes
	parent *queue        // of a journal or subqueue; never changes

	info    store.Queue
	guard   secure.Descriptor // info.Security
	journal *queue
	subs    map[string]*queue // by lower-case name

	head    head
	locks   map[uint64]*lock // positions that are not available, by lookup
	waiters []*waiter
	handles map[*Handle]struct{}
	bytes   int64         // of what is here and what is on its way here: quotas compare it
	out     *outgoing     // of an outgoing queue
	others  int           // locks that no carrier holds
	coming  int           // puts and moves that the store has not answered
	held    int           // operations of transactions that name it
	gone    bool          // deleted
	fresh   bool          // a connector queue that the store lacks: every step that puts something here brings it along
	stir    chan struct{} // of a deleted queue: something drain waits for has changed
}

// head is the available front of a queue: every available lookup that is not
// above the last of ids, or all of them if complete.
type head struct {
	ids      []uint64
	complete bool
}

const (
	headRefill = 256  // lookups read at once
	headMost   = 4096 // kept; more are read again when their turn comes
)

// lock is a position taken by a transaction or a pending read
// (MessagePosition.State Locked, and PurgePending).
type lock struct {
	tx     *Transaction // nil also while a read is on its way into one
	parcel *Parcel      // a carrier has it
	sent   bool         // in an outgoing queue: it left at least once, and ends as what became of it there
	purge  bool         // a purge met it: removed instead of given back
	size   int64        // of the packet, once its removal or move is under way
}

// unlock forgets a lock. Called with mu held.
func (q *queue) unlock(lookup uint64) {
	if l := q.locks[lookup]; l != nil {
		if !l.sent {
			q.others--
		}
		delete(q.locks, lookup)
	}
}

// locked reports whether a transaction holds a position.
func (q *queue) locked(lookup uint64, t *Transaction) bool {
	l := q.locks[lookup]
	return l != nil && l.tx == t
}

// root is the queue that a journal or subqueue belongs to, or q itself.
func (q *queue) root() *queue {
	if q.parent != nil {
		return q.parent
	}
	return q
}

// key is the name that finds a root queue: lower case, as in a path name.
func key(kind store.QueueKind, name string) string {
	switch kind {
	case store.Private:
		return `private$\` + strings.ToLower(name)
	case store.System:
		return `system$;` + strings.ToLower(name)
	case store.Outgoing:
		return "out:" + strings.ToLower(name)
	case store.Connector:
		return "connector:" + strings.ToLower(name)
	}
	return strings.ToLower(name)
}

// adopt puts a row of the catalogue into memory. Parents come before children.
func (m *QueueManager) adopt(info store.Queue) *queue {
	q := &queue{
		slot: info.Slot, parent: m.slots[info.Parent], info: info, guard: m.guarded(info.Security), gone: info.Draining,
		subs: map[string]*queue{}, locks: map[uint64]*lock{}, handles: map[*Handle]struct{}{},
	}
	m.slots[info.Slot] = q
	switch info.Kind {
	case store.Outgoing:
		m.adoptOutgoing(q)
	case store.Connector:
		m.adoptConnector(q)
	default:
		name := m.pathName(q)
		q.path, q.format = name.String(), name.Direct()
		if root := q.root(); root.info.Kind == store.Public && info.Role != store.Subqueue {
			q.format = mq.Public(root.info.ID)
			if info.Role == store.Journal {
				q.format = q.format.Journal()
			}
		}
	}
	// Acknowledgements and dead letters follow a removal here, and not from
	// journals, system queues and what was delivered.
	q.final = info.Role != store.Journal && info.Role != store.Awaiting && q.root().info.Kind != store.System
	q.bytes = m.store.Count(info.Slot).Bytes
	m.bytes += q.bytes
	switch {
	case q.parent == nil:
		if !q.gone {
			m.queues[key(info.Kind, info.Name)] = q
		}
		if info.Kind == store.Private {
			m.numbers[info.Number] = q
		}
		if info.Kind == store.Public && !q.gone {
			m.publics[info.ID] = q
		}
	case info.Role == store.Journal:
		q.parent.journal = q
	case info.Role == store.Subqueue && !q.gone:
		q.parent.subs[strings.ToLower(info.Name)] = q
	}
	return q
}

// forget takes a queue and its parts out of memory.
func (m *QueueManager) forget(q *queue) {
	q.gone = true
	m.bytes -= q.bytes
	delete(m.slots, q.slot)
	if q.out != nil {
		m.outgoings--
		delete(m.sequences.of, q.out.stream.current)
		q.out.gone.Store(true)
		if m.carrier != nil {
			m.carrier.Changed(q.out.Outgoing)
		}
	}
	if q.parent != nil {
		q.parent.stirred()
		if q.parent.subs[strings.ToLower(q.info.Name)] == q {
			delete(q.parent.subs, strings.ToLower(q.info.Name))
		}
		return
	}
	if k := key(q.info.Kind, q.info.Name); m.queues[k] == q {
		delete(m.queues, k)
	}
	if m.numbers[q.info.Number] == q {
		delete(m.numbers, q.info.Number)
	}
	m.hidePublic(q)
}

// parts are the queue, its subqueues and its journal.
func (q *queue) parts() []*queue {
	all := []*queue{q}
	for _, s := range q.subs {
		all = append(all, s)
	}
	if q.journal != nil {
		all = append(all, q.journal)
	}
	if q.out != nil {
		all = append(all, q.out.awaiting)
	}
	return all
}

// stirred tells the one who empties a deleted queue to look again.
func (q *queue) stirred() {
	if q.stir != nil {
		select {
		case q.stir <- struct{}{}:
		default:
		}
	}
}

// pathName is the name administrators see.
func (m *QueueManager) pathName(q *queue) mq.PathName {
	p := mq.PathName{Machine: m.self.Name}
	r := q.root()
	switch r.info.Kind {
	case store.Private:
		p.Private, p.Queue = true, r.info.Name
	case store.System:
		p.System, p.Suffix = true, systemSuffix(r.info.Name)
	default:
		p.Queue = r.info.Name
	}
	switch q.info.Role {
	case store.Journal:
		p.Suffix = mq.SuffixJournal
	case store.Subqueue:
		p.Subqueue = q.info.Name
	}
	return p
}

// put makes a lookup available at its place in the order.
func (h *head) put(lookup uint64) {
	if !h.complete && (len(h.ids) == 0 || lookup > h.ids[len(h.ids)-1]) {
		return // it will be read in its turn
	}
	at, found := slices.BinarySearch(h.ids, lookup)
	if found {
		return
	}
	h.ids = slices.Insert(h.ids, at, lookup)
	if len(h.ids) > headMost {
		h.ids, h.complete = h.ids[:headMost/2], false
	}
}

// drop takes a lookup out if it is there.
func (h *head) drop(lookup uint64) {
	if len(h.ids) > 0 && h.ids[0] == lookup {
		h.ids = h.ids[1:]
		return
	}
	if at, found := slices.BinarySearch(h.ids, lookup); found {
		h.ids = slices.Delete(h.ids, at, at+1)
	}
}
