package member

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strings"

	"posthouse/directory"
	"posthouse/directory/notice"
	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// Limits of what notices, which anybody can send, may cost.
const (
	maxPending  = 256 // objects that wait to be looked at; more: all our queues are read
	maxOneByOne = 16  // objects that are read each by itself
	maxSenders  = 64  // whose notices of version 1 were logged
)

// notifyQueue is where notices arrive (MS-MQCN 3.2.1.2.1).
const notifyQueue = `.\private$\notify_queue$`

// pending are the objects that notices named. Guarded by Member.mu.
type pending struct {
	objects map[mq.GUID]pendingObject
	all     bool // there were more
	count   Counts
	senders map[mq.GUID]bool // of version 1
}

type pendingObject struct {
	deleted bool // somebody said so
	machine bool
	again   bool // it was changed at another controller, that ours may not have heard yet
}

// Counts tell what came to the notification queue since the start.
type Counts struct {
	Taken     uint64 // notices whose objects were or will be looked at
	Malformed uint64
	Version1  uint64 // ignored: nobody has verified their signatures
	Overflow  uint64 // for objects that were not remembered, as there were too many
}

// Counts tells what came to the notification queue.
func (m *Member) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pending.count
}

// listen receives notices until ctx ends (MS-MQCN 3.2.3).
func (m *Member) listen(ctx context.Context) {
	name, err := mq.ParseQueue(notifyQueue)
	if err != nil {
		panic(err) // a constant
	}
	h, err := m.manager.OpenQueue(ctx, m.o.As, name, localqm.ReceiveAccess, localqm.DenyNone)
	if err != nil {
		m.note("notices", "changes made elsewhere are not heard of: "+plain(err))
		return
	}
	defer h.Close()
	for {
		d, err := h.Read(ctx, localqm.ReadOptions{Timeout: -1, Body: -1})
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, mq.ErrServiceNotAvailable) {
				m.note("notices", "changes made elsewhere are no longer heard of: "+plain(err))
			}
			return
		}
		m.heard(d.Message)
	}
}

// heard remembers what a message to the notification queue names. Nothing is done
// before the directory was asked.
func (m *Member) heard(msg *mq.Message) {
	n, err := notice.Parse(msg.Body)
	switch {
	case err != nil:
		m.mu.Lock()
		m.pending.count.Malformed++
		m.mu.Unlock()
		m.log.Debug("a change notification was malformed", "from", msg.SourceMachine, "error", err)
		return
	case n.Version == notice.Version1:
		m.ignored(msg.SourceMachine)
		return
	}
	again := m.elsewhere(n.Notice.Controller)
	m.mu.Lock()
	m.pending.add(n.Notice, again)
	m.mu.Unlock()
	m.plan(jobNotices, m.timers.Notices)
}

// elsewhere reports that a change was made at another controller than the one that is
// asked.
func (m *Member) elsewhere(controller string) bool {
	d := m.connection()
	return d == nil || !strings.EqualFold(controller, controllerName(d.Status()))
}

// ignored counts a notice of version 1, and tells once of each sender.
func (m *Member) ignored(from mq.GUID) {
	m.mu.Lock()
	p := &m.pending
	p.count.Version1++
	first := !p.senders[from] && len(p.senders) < maxSenders
	if first {
		if p.senders == nil {
			p.senders = map[mq.GUID]bool{}
		}
		p.senders[from] = true
	}
	m.mu.Unlock()
	if first {
		m.log.Warn("notifications of a directory service of MSMQ 1.0 are ignored: its signatures cannot be verified yet", "from", from)
	}
}

func (p *pending) add(n notice.Notice, again bool) {
	o, known := p.objects[n.Object]
	if !known && len(p.objects) >= maxPending {
		p.all = true
		p.count.Overflow++
		return
	}
	p.count.Taken++
	o.deleted = o.deleted || n.Event == notice.QueueDeleted
	o.machine = o.machine || n.Event == notice.MachineChanged
	o.again = o.again || again
	p.keep(n.Object, o)
}

// keep remembers an object, if there is room.
func (p *pending) keep(id mq.GUID, o pendingObject) {
	if p.objects == nil {
		p.objects = map[mq.GUID]pendingObject{}
	}
	if _, known := p.objects[id]; known || len(p.objects) < maxPending {
		p.objects[id] = o
	}
}

// lookAtPending asks the directory about what notices named, and follows it (MS-MQCN
// 3.2.5.2). If it does not answer they wait for its return.
func (m *Member) lookAtPending(ctx context.Context, d directory.Directory) error {
	m.mu.Lock()
	p := m.pending.objects
	all := m.pending.all || len(p) > maxOneByOne
	m.pending.objects, m.pending.all = nil, false
	for id := range p {
		m.queues.age(id.String())
	}
	m.mu.Unlock()
	err := m.followPending(ctx, d, p, all)
	again := map[mq.GUID]pendingObject{}
	for id, o := range p {
		if o.again || err != nil {
			o.again = o.again && err != nil
			again[id] = o
		}
	}
	if err == nil && len(again) == 0 {
		return nil
	}
	m.mu.Lock()
	for id, o := range again {
		m.pending.keep(id, o)
	}
	m.pending.all = m.pending.all || all && err != nil
	m.mu.Unlock()
	m.plan(jobAgain, m.timers.Again)
	return err
}

func (m *Member) followPending(ctx context.Context, d directory.Directory, p map[mq.GUID]pendingObject, all bool) error {
	self := m.manager.Identity().ID
	if p[self].machine {
		if err := m.lookAtSelf(ctx, d); err != nil {
			return err
		}
	}
	if all {
		if err := m.followQueues(ctx, d); err != nil {
			return err
		}
	}
	own := m.own(ctx)
	ids := slices.SortedFunc(maps.Keys(p), func(a, b mq.GUID) int { return cmp.Compare(a.String(), b.String()) })
	for _, id := range ids {
		_, ours := own.names[id]
		if p[id].machine || all && !ours {
			continue
		}
		q, err := directory.Get[*directory.Queue](ctx, d, directory.ByID(id), directory.AttrSecurity)
		switch {
		case err == nil && q.Machine == self:
			err = m.followQueue(ctx, d, q, own)
		case err == nil: // another computer's: nothing to do here
		case errors.Is(err, mq.ErrQueueNotFound):
			err = nil
			if ours && p[id].deleted {
				err = m.forgetGone(ctx, d, id)
			}
		default:
			err = m.asked(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lookAtSelf reads our machine object and the map, of which our part may have changed.
// Anybody can send notices: while they change nothing the map is read ever more seldom.
func (m *Member) lookAtSelf(ctx context.Context, d directory.Directory) error {
	if err := m.readSelf(ctx, d); err != nil {
		return err
	}
	m.mu.Lock()
	before, wait := m.routes.table, m.routes.read.Add(m.idle).Sub(m.clock.Now())
	if wait > 0 {
		m.pending.keep(m.self.ID, pendingObject{machine: true})
	}
	m.mu.Unlock()
	if wait > 0 {
		m.plan(jobAgain, wait)
		return nil
	}
	if err := m.readMap(ctx, d); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = min(max(2*m.idle, m.timers.Demand), m.timers.Again)
	if m.routes.table != before {
		m.idle = 0
	}
	return nil
}

// Tell sends a notice to a queue manager whose queue or machine object was changed
// (MS-MQCN 3.3.4.1). One to ourselves is looked at like others. controller is where it
// was changed; empty: where this queue manager is connected.
func (m *Member) Tell(ctx context.Context, n notice.Notice, machine mq.GUID) error {
	if n.Controller == "" {
		n.Controller = "localhost"
		if d := m.connection(); d != nil {
			n.Controller = controllerName(d.Status())
		}
	}
	body, err := n.Body()
	if err != nil || machine.IsZero() {
		return err
	}
	if machine == m.manager.Identity().ID {
		m.heard(&mq.Message{Body: body, SourceMachine: machine})
		return nil
	}
	to := mq.QueueName{Format: mq.Private(machine, notice.Queue)}
	h, err := m.manager.OpenQueue(ctx, m.o.As, to, localqm.SendAccess, localqm.DenyNone)
	if err != nil {
		return err
	}
	defer h.Close()
	msg := &mq.Message{Label: "", Delivery: mq.Express, Body: body}
	msg.Defaults()
	msg.TimeToReachQueue = notice.TimeToReachQueue
	_, err = h.Send(ctx, nil, msg)
	return err
}

// tell tells the queue manager of a queue that was changed here, unless it is this one
// or none. That it cannot be told is no reason to fail: the directory has the change.
func (m *Member) tell(ctx context.Context, e notice.Event, queue, machine mq.GUID) {
	if machine == m.manager.Identity().ID {
		return
	}
	if o, err := m.machine(ctx, machine); err == nil && o.Foreign {
		return
	}
	if err := m.Tell(ctx, notice.Notice{Event: e, Object: queue}, machine); err != nil {
		m.log.Warn("a queue manager could not be told that its queue was changed", "machine", machine, "queue", queue, "error", err)
	}
}

// controllerName is the directory server that notices name.
func controllerName(s directory.Status) string {
	name := s.Controller
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	return cmp.Or(name, s.Forest, "localhost")
}
