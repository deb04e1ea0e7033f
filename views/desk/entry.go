package desk

import (
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/desk/form"
	"posthouse/views/kit"
)

// word is what an operator is told of an entry.
type word int

// The five words, in the order of the list at the left.
const (
	saved word = iota
	sending
	delivered
	pickedUp
	attention
	words // how many there are
)

// shown is a word with icon and colour.
func (w word) shown() kit.State {
	return [words]kit.State{kit.DeskSaved, kit.DeskSending, kit.DeskDelivered, kit.DeskPickedUp, kit.DeskAttention}[w]
}

// place is where the message of an entry lies, in the direction in which it
// moves.
type place int

const (
	inOutgoing place = iota
	inAwaiting       // delivered, not read
	inJournal        // read, or with a queue that cannot tell: delivered
	inLocal          // in a queue of this computer
	inDead           // came back
)

// trouble is why an entry needs attention.
type trouble int

const (
	fine     trouble = iota
	cameBack         // entry.class says why
	late             // less than a tenth of its time is left
	held             // somebody paused its queue
	locked           // nothing may leave this computer
)

// entry is an entry where it lies.
type entry struct {
	form.Marker
	mark     string // the whole marker: the entry through all its messages
	id       string // of the message
	queue    string // that the message lies in
	lookup   mgmtclient.LookupID
	place    place
	to       string // name of the destination queue
	sent     time.Time
	expires  time.Time // zero: never
	arrived  time.Time // where it lies now
	class    mq.Class
	transfer mgmtclient.Transfer
	exactly  bool // transactional
	copied   bool // a copy is kept until it is picked up
	locked   bool // being taken by somebody
	size     int64
}

// entryOf knows an entry by its marker.
func entryOf(m *mgmtclient.Message, queue string, at place) (entry, bool) {
	mark, ok := form.ReadMarker(m.Extension)
	if !ok {
		return entry{}, false
	}
	e := entry{
		Marker: mark, mark: string(m.Extension), id: m.ID, queue: queue, lookup: m.LookupID, place: at, to: m.DestinationQueue,
		sent: m.SentTime, arrived: m.ArrivedTime, class: m.ClassCode, transfer: m.Transfer, exactly: m.Transactional,
		copied: m.Journal, locked: m.Locked, size: m.Size,
	}
	if m.TTRQ != nil && *m.TTRQ != mq.Never {
		e.expires = m.SentTime.Add(time.Duration(*m.TTRQ) * time.Second)
	}
	return e, true
}

// left is how much of its time an entry that has not gone out has: the rest,
// and the part of the whole; part below 0: it has no limit, or needs none.
func (e *entry) left(now time.Time) (rest time.Duration, part float64) {
	whole := e.expires.Sub(e.sent)
	if e.place != inOutgoing || e.expires.IsZero() || whole <= 0 {
		return 0, -1
	}
	rest = max(0, e.expires.Sub(now))
	return rest, min(1, float64(rest)/float64(whole))
}

// lateFrom is the part of its time from which on an entry needs attention.
const lateFrom = 0.1

// state tells the word of an entry, given the state of the outgoing queue that
// it lies in.
func (e *entry) state(queue mq.QueueState, now time.Time) (word, trouble) {
	switch e.place {
	case inDead:
		return attention, cameBack
	case inAwaiting, inLocal:
		return delivered, fine
	case inJournal:
		// Only what is sent exactly once is told of that it was read.
		if e.exactly {
			return pickedUp, fine
		}
		return delivered, fine
	}
	if _, part := e.left(now); part >= 0 && part < lateFrom {
		return attention, late
	}
	switch {
	case queue == mq.StateOnHold:
		return attention, held
	case queue == mq.StateLocked:
		return attention, locked
	case e.transfer == mgmtclient.TransferDelivered:
		return delivered, fine
	case queue == mq.StateConnected:
		return sending, fine
	}
	return saved, fine
}

// changeable reports whether an entry can be taken back: it has not left.
func (e *entry) changeable() bool {
	return e.place == inDead || e.place == inOutgoing && e.transfer != mgmtclient.TransferSending && !e.locked
}

// matches reports whether a text occurs in what is known of an entry.
func (e *entry) matches(text string) bool {
	for _, s := range []string{e.Name, e.Title, e.To, e.Reference, e.User} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	for _, s := range e.Values {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// settle leaves of several messages of an entry the one that tells how far it
// is: the same message read twice counts where it is further, and a copy in
// the journal says nothing once the entry was sent anew or lies here.
func settle(list []entry) []entry {
	further := map[string]int{} // by message
	var out []entry
	for _, e := range list {
		if i, twice := further[e.id]; twice {
			if e.place > out[i].place {
				out[i] = e
			}
			continue
		}
		further[e.id] = len(out)
		out = append(out, e)
	}
	live := map[string]bool{}
	for i := range out {
		if out[i].place != inJournal {
			live[out[i].mark] = true
		}
	}
	kept := out[:0]
	for _, e := range out {
		if e.place == inJournal && live[e.mark] {
			continue
		}
		if e.place == inJournal {
			live[e.mark] = true // and of two copies the first
		}
		kept = append(kept, e)
	}
	return kept
}
