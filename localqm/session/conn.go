package session

import (
	"errors"
	"io"
	"net"
	"time"

	"posthouse/localqm/wire"
)

const (
	// batchBytes is what is written at once, unless a single packet is larger.
	batchBytes = 256 << 10
	// A peer that does not keep to its window waits while so much of it is in hand.
	maxHeld = 16 << 20
	minHand = 128
	// quiet for so long, a session that the peer closes was idle: routing servers
	// wait two minutes (MS-MQQB note <44>).
	quiet = time.Minute
)

// read takes packets until the connection ends.
func (s *Session) read(r *reader) {
	r.opened()
	for {
		p, err := r.packet(true)
		if errors.Is(err, io.EOF) {
			s.leave(s.parted())
			s.half()
			return
		}
		if err == nil {
			err = s.packet(p)
		}
		if err != nil {
			s.end(s.explain(err))
			return
		}
		if !s.calm() {
			return
		}
	}
}

// parted is why the peer closed the connection: its timer for idle sessions may be
// the first.
func (s *Session) parted() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.m.sent.waiting() && time.Since(s.m.used) >= quiet {
		return ErrIdle
	}
	return ErrPeerClosed
}

// packet takes a packet and tells the handler what follows.
func (s *Session) packet(p []byte) error {
	s.mu.Lock()
	ev, err := s.m.packet(p, time.Now())
	message := ev.message != nil && !s.leaving
	if message {
		s.hand++
		s.held += len(p)
	}
	rearm := s.rearmed()
	s.mu.Unlock()
	if rearm {
		signal(s.rearm)
	}
	if len(ev.acked) > 0 {
		s.handler.Acked(s, ev.acked)
	}
	if ev.room {
		s.handler.Room(s)
	}
	if message {
		a, size := ev.arrival, len(p)
		err := s.handler.Arrived(s, ev.message, func(err error) { s.settle(a, size, err) })
		if err != nil {
			err = s.explain(breach("%w", err))
			s.settle(a, size, err)
			return err
		}
	} else if base, e := wire.ParseBase(p); e == nil && !base.Internal() {
		s.cfg.Memory.release(len(p)) // nobody takes it
	}
	return err
}

// calm waits while too much of the peer is in hand; false if the session ended.
func (s *Session) calm() bool {
	for {
		s.mu.Lock()
		s.paused = s.crowded()
		paused := s.paused
		s.mu.Unlock()
		if !paused {
			return true
		}
		select {
		case <-s.resume:
		case <-s.quit:
			return false
		}
	}
}

// crowded is to be called with mu held.
func (s *Session) crowded() bool {
	return s.hand >= max(minHand, 2*s.m.agreed) || s.held >= maxHeld
}

// write writes what there is until the session ends.
func (s *Session) write() {
	var (
		batch [][]byte
		acks  []byte
		left  net.Buffers
	)
	for {
		s.mu.Lock()
		batch, acks = s.batch(batch[:0], acks[:0])
		flushed := len(batch) == 0 && s.leaving && s.hand == 0
		rearm := s.rearmed()
		s.mu.Unlock()
		if rearm {
			signal(s.rearm)
		}
		switch {
		case flushed:
			if !s.closeWrite() {
				s.end(nil)
			}
			s.half()
			return
		case len(batch) == 0:
			select {
			case <-s.wake:
				continue
			case <-s.quit:
				return
			}
		}
		err := s.conn.SetWriteDeadline(time.Now().Add(s.cfg.Packet))
		if err == nil {
			left = batch
			_, err = left.WriteTo(s.conn)
		}
		clear(batch)
		if err != nil {
			s.end(s.explain(err))
			return
		}
	}
}

// batch takes what is to be written next: acknowledgements, then messages. acks is
// memory for the former. It is to be called with mu held.
func (s *Session) batch(batch [][]byte, acks []byte) ([][]byte, []byte) {
	if acks = s.m.appendAcks(acks, time.Now()); len(acks) > 0 {
		batch = append(batch, acks)
	}
	for n := 0; n < batchBytes && s.out.len() > 0; {
		o := s.out.pop()
		s.m.sent.wrote(o.recoverable)
		batch = append(batch, o.packet)
		n += len(o.packet)
	}
	return batch, acks
}

// watch is the session's timers.
func (s *Session) watch() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		s.mu.Lock()
		now := time.Now()
		// What came of a packet that is not complete, or waits to be read, counts.
		s.m.heard = s.progress.Swap(false) || s.m.heard || s.paused
		var ev event
		var err error
		if s.leaving {
			s.rearmAt = s.leaveBy
		} else {
			ev, err = s.m.tick(now)
			s.rearmAt = s.m.next()
		}
		late := s.leaving && expired(s.leaveBy, now)
		wait, wake := s.rearmAt.Sub(now), s.m.ackNow
		s.mu.Unlock()
		switch {
		case late:
			s.end(nil)
		case errors.Is(err, ErrIdle):
			s.leave(ErrIdle)
		case err != nil:
			s.end(s.explain(err))
		}
		if wake {
			signal(s.wake)
		}
		if ev.room {
			s.handler.Room(s)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.rearm:
		case <-s.quit:
			return
		}
	}
}

// rearmed reports that a timer is due before they are looked at. It is to be called
// with mu held.
func (s *Session) rearmed() bool {
	next := s.m.next()
	if s.leaving || !next.Before(s.rearmAt) {
		return false
	}
	s.rearmAt = next
	return true
}

// half notes that one end of the connection is closed; with the other one the
// session ends.
func (s *Session) half() {
	s.mu.Lock()
	s.halves++
	both := s.halves == 2
	s.mu.Unlock()
	if both {
		s.end(nil)
	}
}
