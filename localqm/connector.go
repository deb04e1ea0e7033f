package localqm

import (
	"context"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
	"posthouse/localqm/wire"
)

// Connector queues keep what goes to foreign computers, which no queue manager is on,
// until a connector application of this computer takes it there (MS-MQOD 3.9). A
// foreign site has two: one for transactional messages, ;XACTONLY. They begin with the
// first message, or by ServeConnector. For streams of transactional messages they are
// the destination; what is told of arriving and reading is told by the application.

// ServeConnector makes both connector queues for a foreign site, unless they are
// there: this computer has become one of its connector servers.
func (m *QueueManager) ServeConnector(ctx context.Context, site mq.GUID) error {
	const op = "make connector queues"
	m.config.Lock()
	defer m.config.Unlock()
	m.mu.Lock()
	err := m.usable(op)
	var ops []store.Op
	for _, transactional := range []bool{false, true} {
		var q *queue
		if err == nil {
			q, err = m.connectorQueue(op, site, transactional)
		}
		if err == nil && q.fresh {
			ops = append(ops, q.creation()...)
		}
	}
	m.mu.Unlock()
	if err != nil || len(ops) == 0 {
		return err
	}
	return m.commit(ctx, op, ops, nil)
}

// connectorSite is the foreign site whose connector queues take what goes to a queue
// manager here. Called with or without mu.
func (m *QueueManager) connectorSite(machine mq.GUID) (site mq.GUID, ok bool) {
	d := m.directory()
	if d == nil || machine.IsZero() || m.ours(machine) {
		return mq.GUID{}, false
	}
	return d.Connector(machine)
}

// connects reports whether a packet goes to a foreign computer, and the connector
// server is here.
func (m *QueueManager) connects(msg *mq.Message) bool {
	k := msg.Destination.Kind
	if k != mq.KindPrivate && k != mq.KindPublic {
		return false
	}
	_, ok := m.connectorSite(msg.DestinationMachine)
	return ok
}

// connected is the queue that messages to an outgoing queue go into: that one, or a
// connector queue here. Called with mu held.
func (m *QueueManager) connected(q *queue, transactional bool) (*queue, error) {
	if q == nil || q.out == nil {
		return q, nil
	}
	var owner mq.GUID
	switch q.format.Kind {
	case mq.KindPrivate:
		owner = q.format.GUID
	case mq.KindPublic:
		owner = m.ownerOf(q.format)
	}
	site, ok := m.connectorSite(owner)
	if !ok {
		return q, nil
	}
	return m.connectorQueue("send to a foreign computer", site, transactional)
}

// connectorQueue finds or registers a connector queue; it is in the store from the
// first message on. Called with mu held.
func (m *QueueManager) connectorQueue(op string, site mq.GUID, transactional bool) (*queue, error) {
	f := mq.Connector(site, transactional)
	if q := m.queues[key(store.Connector, f.String())]; q != nil && !q.gone {
		return q, nil
	}
	slot, err := m.store.NewSlot()
	if err != nil {
		return nil, mq.Errorf(mq.ErrInsufficientResources, op, "%w", err)
	}
	now := m.clock.Now().Unix()
	q := m.adopt(store.Queue{
		Slot: slot, Kind: store.Connector, Name: f.String(), ID: mq.NewGUID(), Transactional: transactional,
		Privacy: defaultPrivacy, Quota: mq.Never, JournalQuota: mq.Never, Created: now, Modified: now,
		Security: secure.Strict(m.owner).Append(nil),
	})
	q.fresh = true
	m.hub.tell(Event{Kind: QueuesChanged})
	return q, nil
}

// adoptConnector gives a connector queue what it has in memory.
func (m *QueueManager) adoptConnector(q *queue) {
	q.path = q.info.Name
	var err error
	if q.format, err = mq.ParseFormatName(q.info.Name); err != nil {
		m.log.Error("a connector queue has a name that is none", "name", q.info.Name, "error", err)
	}
}

// findConnector finds the connector queue of a name. Called with mu held.
func (m *QueueManager) findConnector(op string, f mq.FormatName) (*queue, error) {
	if q := m.queues[key(store.Connector, f.String())]; q != nil && !q.gone {
		return q, nil
	}
	return nil, m.notFound(op, f.String(), "connector queues are on the connector servers of their site, from the first message on")
}

// reached reports whether a message in a queue has reached its destination: in a
// connector queue it has not.
func (q *queue) reached() bool { return q.info.Kind != store.Connector }

// inUse reports whether a queue has messages, or somebody has it open. Called with mu
// held.
func (m *QueueManager) inUse(q *queue) bool {
	return q.coming > 0 || q.held > 0 || len(q.handles) > 0 || m.store.Count(q.slot).Messages > 0
}

// judgeForeign decides about a packet for a foreign computer of a site that this is a
// connector server of. Who may send there, the application decides.
func (m *QueueManager) judgeForeign(a *arrival) (v verdict, err error) {
	msg := a.msg
	site, _ := m.connectorSite(msg.DestinationMachine)
	switch {
	case msg.HopCount >= maxHops:
		v.refused = mq.ClassNackHopCountExceeded
	case m.late(msg):
		v.refused = mq.ClassNackReachQueueTimeout
	}
	if v.refused != 0 {
		return v, nil
	}
	if v.queue, err = m.connectorQueue(opArrive, site, msg.Transactional); err != nil {
		return v, err
	}
	return m.roomy(a, v)
}

// handOver moves what waits for foreign computers into the connector queues, for those
// that this queue manager has become a connector server of meanwhile.
func (m *QueueManager) handOver() {
	for _, o := range m.Outgoings() {
		m.mu.Lock()
		to, err := m.connected(o.q, false)
		m.mu.Unlock()
		if err == nil && to == o.q {
			continue
		}
		if err == nil {
			err = o.handOver()
		}
		if err != nil && m.ctx.Err() == nil {
			m.log.Error("messages could not be handed over to the connector queue", "queue", o.name, "error", err)
		}
	}
}

// handOver is that of one queue. The stream of transactional messages ends here: what
// was numbered for it becomes a message of this computer, as those that follow are.
func (o *Outgoing) handOver() error {
	o.taking.Lock()
	defer o.taking.Unlock()
	m, q, op := o.m, o.q, "hand over what waits for "+o.name.String()
	for {
		ids, parcels, err := m.pick(m.ctx, op, q, Peer{}, sweepBatch)
		if len(ids) == 0 {
			return err
		}
		rows := make([]*store.Row, len(ids))
		for i, id := range ids {
			if rows[i], err = m.store.Get(m.ctx, q.slot, id, 0); err != nil {
				break
			}
		}
		m.mu.Lock()
		var ops []store.Op
		for i := 0; i < len(rows) && err == nil; i++ {
			l := q.locks[ids[i]]
			if l == nil || l.parcel != parcels[i] {
				continue // its fate came meanwhile
			}
			var to *queue
			if to, err = m.connected(q, wire.Transactional(rows[i].Head)); err == nil {
				l.parcel = nil
				ops = append(ops, m.shift(q, rows[i], to))
			}
		}
		if len(ops) < len(ids) {
			m.putBack(q, parcels, false)
		}
		m.mu.Unlock()
		if len(ops) == 0 {
			return m.storeError(op, err)
		}
		if err := m.commit(m.ctx, op, ops, nil); err != nil {
			return err
		}
	}
}
