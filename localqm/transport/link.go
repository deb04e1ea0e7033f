package transport

import (
	"slices"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// link is the connection of an outgoing queue (MS-MQDMPR 3.1.1.3). It is guarded
// by Transport.mu.
type link struct {
	queue   *localqm.Outgoing
	host    *host
	way     *way  // host is its next hop, or was until nothing is under way there; nil: host never changes
	mode    *mode // of the machine
	paused  bool
	ready   bool      // it may have messages to take
	sent    []*parcel // taken and not acknowledged, from the first one; no transactional ones
	flying  int       // taken, of any kind, and not acknowledged by the session
	trouble error     // its messages could not be read
	again   time.Time // when that is tried again
	resend  schedule
	// confirmed is when the last order acknowledgement came that resend knows of.
	confirmed time.Time

	state mq.QueueState
	since time.Time
}

// mode is what the machine as a whole allows.
type mode struct {
	offline  bool
	hardened bool
}

// sends reports whether messages are to leave: a session is needed.
func (l *link) sends() bool {
	return !l.paused && (l.ready || len(l.sent) > 0)
}

// waits reports whether there are messages, if only for a better way than the detour
// that is used.
func (l *link) waits() bool { return l.sends() || !l.paused && l.queue.Barred() }

// refresh notices that nothing is left to send: messages expire and are purged.
func (l *link) refresh() {
	if l.ready && l.queue.Unsent() == 0 {
		l.ready = false
	}
}

// settle forgets what was acknowledged at the front of sent.
func (l *link) settle() {
	for len(l.sent) > 0 && l.sent[0].acked {
		l.sent[0] = nil
		l.sent = l.sent[1:]
	}
}

// unacked are the parcels of a session that has ended.
func (l *link) unacked() (parcels []*localqm.Parcel) {
	for _, p := range l.sent {
		if !p.acked {
			parcels = append(parcels, p.Parcel)
		}
	}
	return parcels
}

// note keeps when the state changed. Each try is WAITING until it ends, so that
// NEED VALIDATION between tries goes on with it.
func (l *link) note(now time.Time) {
	state, _ := l.now()
	if state != l.state && !(reaching(state) && reaching(l.state)) {
		l.since = now
	}
	l.state = state
}

func reaching(s mq.QueueState) bool { return s == mq.StateWaiting || s == mq.StateNeedValidation }

// now is the state and why it is so.
func (l *link) now() (mq.QueueState, string) {
	h := l.host
	why := h.why
	if l.way != nil && len(l.way.hops) > 0 {
		why = l.way.words()
	}
	barred := l.queue.Barred()
	if barred {
		why += " Messages that came from other sites wait for a better way."
	}
	switch {
	case l.mode.hardened:
		return mq.StateLocked, "Hardened mode lets only HTTP leave this computer. The messages stay here until it is cancelled and the queue manager has been started again."
	case l.paused:
		return mq.StateOnHold, "Paused. The messages stay here until the queue is resumed."
	case barred && !l.sends() && !l.mode.offline:
		return mq.StateWaiting, why
	case h.phase == open && l.trouble != nil:
		return mq.StateConnected, "Its messages could not be read: " + l.trouble.Error()
	case h.phase == open:
		return mq.StateConnected, why
	case h.phase == closing:
		return mq.StateDisconnecting, why
	case l.mode.offline:
		return mq.StateDisconnected, "This computer works offline. The messages stay here until it goes online."
	case !l.waits():
		return mq.StateInactive, "Nothing to send."
	case h.phase == unresolved:
		return mq.StateNeedValidation, why
	case h.phase == lost:
		return mq.StateDisconnected, why
	}
	return mq.StateWaiting, why
}

// snapshot is what the engine shows.
func (l *link) snapshot() localqm.Link {
	h := l.host
	state, why := l.now()
	s := localqm.Link{
		State: state, Why: why, Since: l.since, Failures: h.failures,
		NextHops: slices.Clone(h.hops), History: slices.Clone(h.history),
		ResendCount: l.resend.step, ResendInterval: l.resend.wait(), ResendAt: l.resend.at,
	}
	nextTry := h.nextTry
	if w := l.way; w != nil {
		s.NextHops, s.History, nextTry = w.addresses(), w.history(), w.nextTry()
	}
	switch state {
	case mq.StateWaiting, mq.StateNeedValidation, mq.StateDisconnected:
		if !l.mode.offline {
			s.NextTry = nextTry
		}
	}
	return s
}
