package store

import "posthouse/localqm/failpoint"

// commit makes a group of steps durable and visible, and sets their Err. First
// all at once; if a step is wrong, again with a savepoint for each; on a full
// disk each for itself, so that what frees space goes through.
func (w *writer) commit(steps []*Step) {
	if w.stopped(steps) {
		return
	}
	if !w.room(steps...) {
		w.each(steps)
		return
	}
	b, err := w.attempt(steps)
	switch kind := kindOf(err); {
	case err == nil:
		w.publish(b)
	case kind == full:
		w.pace()
		w.each(steps)
	case kind == damaged || kind == broken:
		_ = w.s.fail(err)
		w.stopped(steps)
	case kind == busy || len(steps) == 1:
		for _, st := range steps {
			st.Err = w.s.stepError(err)
		}
	default:
		w.sift(steps)
	}
}

// stopped ends steps after the disk has failed.
func (w *writer) stopped(steps []*Step) bool {
	err := w.s.failure.Load()
	if err == nil {
		return false
	}
	for _, st := range steps {
		st.Err = *err
	}
	return true
}

// attempt commits all steps or none.
func (w *writer) attempt(steps []*Step) (*batch, error) {
	b := newBatch(w.s.visible.Load())
	err := func() error {
		for _, st := range steps {
			if err := w.step(b, st); err != nil {
				return err
			}
		}
		return w.end(b)
	}()
	if err != nil {
		w.rollback()
	}
	return b, err
}

// sift commits the steps that are right and fails the others.
func (w *writer) sift(steps []*Step) {
	b := newBatch(w.s.visible.Load())
	err := w.begin()
	for _, st := range steps {
		if err != nil {
			break
		}
		before := b.clone()
		if err = w.exec("SAVEPOINT step"); err != nil {
			break
		}
		if wrong := w.step(b, st); wrong != nil {
			if kindOf(wrong) != refused {
				err = wrong
				break
			}
			st.Err = w.s.stepError(wrong) // at once: others may follow it
			b = before
			if err = w.exec("ROLLBACK TO step"); err != nil {
				break
			}
		}
		err = w.exec("RELEASE step")
	}
	if err == nil {
		err = w.end(b)
	}
	switch kind := kindOf(err); {
	case err == nil:
		w.publish(b)
	case kind == damaged || kind == broken:
		w.rollback()
		_ = w.s.fail(err)
		w.stopped(steps)
	default:
		w.rollback()
		for _, st := range steps {
			st.Err = nil
		}
		w.each(steps)
	}
}

// each commits every step for itself while there is no room. What only removes
// gets the room of the reserve, what adds waits until that is back.
func (w *writer) each(steps []*Step) {
	for _, st := range steps {
		if w.stopped([]*Step{st}) {
			continue
		}
		if !w.room(st) {
			if !w.stopped([]*Step{st}) {
				st.Err = w.s.stepError(ErrFull)
			}
			continue
		}
		b, err := w.attempt([]*Step{st})
		if kindOf(err) == full && opsGrowth(st.Ops) == 0 {
			w.reserve.spend()
			w.checkpoint() // then the WAL is overwritten instead of growing
			b, err = w.attempt([]*Step{st})
		}
		switch kind := kindOf(err); {
		case err == nil:
			w.publish(b)
		case kind == damaged || kind == broken:
			st.Err = w.s.fail(err)
		default:
			st.Err = w.s.stepError(err)
		}
	}
}

// end writes the counters and marks that the batch moved and commits.
func (w *writer) end(b *batch) error {
	s := w.s
	var seq uint64
	if len(b.puts) > 0 {
		seq = s.seq.next(b.seq-1, w.open)
	}
	ordinal := s.ordinal.next(s.ordinals.Load(), w.open)
	if seq != 0 || ordinal != 0 {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if !w.open {
		return nil // express messages only
	}
	if seq != 0 {
		if err := w.setMark(s.seq.name, seq); err != nil {
			return err
		}
	}
	if ordinal != 0 {
		if err := w.setMark(s.ordinal.name, ordinal); err != nil {
			return err
		}
	}
	for at, change := range b.counts {
		if change.durable == (Count{}) || s.queue(b, at) == nil {
			continue
		}
		n := s.tally(b, at).durable
		if err := w.exec(setCounter, n.Messages, n.Bytes, sumCounter(at, n), int64(at)); err != nil {
			return err
		}
	}
	if err := w.putStates(b); err != nil {
		return err
	}
	failpoint.Here(failpoint.Commit)
	if err := w.exec("COMMIT"); err != nil {
		return err
	}
	w.open = false
	w.counted()
	s.seq.durable = max(s.seq.durable, seq)
	s.ordinal.durable = max(s.ordinal.durable, ordinal)
	return nil
}

// publish makes a committed batch visible: express messages, counters and
// queues first, then, at once, its messages.
func (w *writer) publish(b *batch) {
	s := w.s
	for _, p := range b.puts {
		p.row.Lookup = p.lookup
	}
	if !b.id.IsZero() {
		who := s.Identity()
		who.ID = b.id
		s.identity.Store(&who)
	}
	s.express.apply(b.express)
	if len(b.express) > 0 {
		s.spill.sweep()
	}
	if len(b.queues) > 0 {
		s.catalogue.mu.Lock()
		for at, q := range b.queues {
			s.catalogue.set(at, q)
		}
		s.catalogue.mu.Unlock()
	}
	s.countsMu.Lock()
	for at, change := range b.counts {
		t := s.counts[at]
		if t == nil {
			t = &tally{}
			s.counts[at] = t
		}
		t.sum(change)
	}
	for at, q := range b.queues {
		if q == nil {
			delete(s.counts, at)
		}
	}
	s.countsMu.Unlock()
	s.visible.Store(b.seq)
}
