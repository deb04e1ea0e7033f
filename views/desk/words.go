package desk

import (
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// many writes a number of entries.
func many(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return screen.Count(int64(n)) + " entries"
}

// Heading is what the list shows, and how much of it.
func (p *Presenter) Heading() (title, text string) {
	title = "Everything"
	if p.list != everything {
		title = p.list.shown().Word
	}
	if !p.loaded || len(p.entries) == 0 {
		return title, ""
	}
	if p.filter != "" {
		return title, fmt.Sprintf("%s found", many(len(p.rows)))
	}
	if p.list == everything || p.list == attention || p.counts[attention] == 0 {
		text = many(len(p.rows))
		if (p.list == pickedUp || p.list == everything) && p.older {
			text = "the newest " + text
		}
		if p.list == attention && p.counts[attention] > 0 {
			text = ""
		}
		return title, text
	}
	need := screen.Count(int64(p.counts[attention])) + " that need you"
	if p.counts[attention] == 1 {
		need = "1 that needs you"
	}
	if p.list != saved {
		return title, many(p.counts[p.list])
	}
	return title, fmt.Sprintf("%s and %s", many(p.counts[p.list]), need)
}

// Count is the number behind a word; "" while it is not known.
func (p *Presenter) Count(w word) string {
	if !p.loaded {
		return ""
	}
	n, more := 0, p.cut
	if w == everything {
		n, more = len(p.entries), p.cut || p.older
	} else {
		n = p.counts[w]
		more = more || p.older && (w == pickedUp || w == delivered && n > 0)
	}
	s := screen.Count(int64(n))
	if more {
		s += "+"
	}
	return s
}

// within is what the list says of the time an entry has: words, the part of
// the meter (below 0: none) and its colour.
func (p *Presenter) within(e *entry) (text string, part float64, tone kit.Tone) {
	w, why := p.state(e)
	rest, part := e.left(p.host.Now())
	switch {
	case why == cameBack && e.class == mq.ClassNackReachQueueTimeout:
		return "Too late", 0, kit.Danger
	case why == cameBack && e.class.Arrived():
		return "Not picked up", 0, kit.Danger
	case why == cameBack:
		return "Refused", 0, kit.Danger
	case part < 0:
		return "", -1, kit.Neutral
	case rest == 0:
		return "Time is up", 0, kit.Danger
	case part < lateFrom:
		return screen.Duration(rest), part, kit.Danger
	case part <= 0.5 && w != delivered:
		return screen.Duration(rest), part, kit.Warning
	}
	return screen.Duration(rest), part, kit.Neutral
}

// mark is how a step of an entry stands.
type mark int

const (
	ahead mark = iota
	under      // under way
	done
	failed
)

// step is a line of the way of an entry.
type step struct {
	mark mark
	text string
	when string
}

// steps are the way of an entry.
func (p *Presenter) steps(e *entry) []step {
	now := p.host.Now()
	w, why := p.state(e)
	list := []step{
		{done, "Saved on this computer", screen.Moment(e.Entered, now)},
		{ahead, "Sent", ""},
		{ahead, "Delivered to " + e.To, ""},
		{ahead, "Picked up", ""},
	}
	switch {
	case w == pickedUp:
		list[1].mark, list[2].mark = done, done
		list[3] = step{done, "Picked up", screen.Moment(e.arrived, now)}
	case w == delivered:
		list[1].mark, list[2].mark = done, done
		list[3].when = "when somebody opens it"
		if e.place == inJournal {
			list[2].when, list[3].when = screen.Moment(e.arrived, now), "not told by this receiver"
		}
	case w == sending:
		list[1] = step{under, "Being sent", ""}
	case why == cameBack && e.class.Arrived():
		list[1].mark, list[2].mark = done, done
		list[3] = step{failed, "Not picked up", screen.Moment(e.arrived, now)}
	case why == cameBack && e.class == mq.ClassNackReachQueueTimeout:
		list[1] = step{failed, "Not sent in time", screen.Moment(e.arrived, now)}
	case why == cameBack:
		list[1].mark = done
		list[2] = step{failed, "Refused by " + e.To, screen.Moment(e.arrived, now)}
	case why == held, why == locked:
		list[1] = step{failed, "Sending was stopped", ""}
	default:
		list[1].when = "when there is a line"
		if p.Offline() {
			list[1].when = "when you work online"
		}
	}
	return list
}

// say is what the pane says of an entry.
type say struct {
	tone kit.Tone
	icon string
	bold string
	text string
}

// remark says what will become of an entry, or what is the matter and what to
// do.
func (p *Presenter) remark(e *entry) say {
	now := p.host.Now()
	w, why := p.state(e)
	switch {
	case w == pickedUp:
		return say{kit.Success, "checks", e.To + " has it.", "Nothing is left to do."}
	case w == delivered && e.place == inJournal:
		return say{kit.Success, "check", "It is at " + e.To + ".", "This receiver does not tell when it is picked up."}
	case w == delivered:
		return say{kit.Success, "check", "It is at " + e.To + ".", "It waits there to be picked up."}
	case why == cameBack:
		return p.returned(e)
	case why == held:
		return say{kit.Danger, "pause-circle-fill", "Somebody stopped sending to " + e.To + ".", "The entry is safe here. Call support to let it go out again."}
	case why == locked:
		return say{kit.Danger, "lock", "Nothing may leave this computer now.", "The entry is safe here. Call support to let it go out again."}
	case why == late:
		rest, _ := e.left(now)
		s := say{kit.Danger, "warning-fill", "Only " + screen.Duration(rest) + " left.", "If there is no line by " + p.by(e) + ", it comes back to you. Try now, or take another way."}
		if rest == 0 {
			s.bold, s.text = "Its time is up.", "It comes back to you in a moment."
		}
		return s
	case e.expires.IsZero():
		return say{kit.Neutral, "clock-countdown", "It goes out as soon as there is a line.", "It is never lost."}
	}
	return say{kit.Neutral, "clock-countdown", p.by(e), "at the latest: then it comes back to you as Needs attention. It is never lost."}
}

// by is the moment until which an entry must have gone out: "26 Nov, 11:15".
func (p *Presenter) by(e *entry) string {
	return e.expires.In(p.host.Now().Location()).Format("2 Jan, 15:04")
}

// returned says why an entry came back.
func (p *Presenter) returned(e *entry) say {
	s := say{tone: kit.Danger, icon: "warning-fill"}
	switch e.class {
	case mq.ClassNackReachQueueTimeout:
		s.bold, s.text = "There was no line in time.", "Try again: it gets "+p.patience(e)+" more."
	case mq.ClassNackQueueExceedQuota:
		s.bold, s.text = e.To+" has no room for more.", "Try again later."
	case mq.ClassNackAccessDenied, mq.ClassNackBadSignature:
		s.bold, s.text = e.To+" takes nothing from this desk.", "Call support, then try again."
	case mq.ClassNackBadDestQueue:
		s.bold, s.text = e.To+" does not take such entries any more.", "Call support, then try again."
	case mq.ClassNackReceiveTimeout:
		s.bold, s.text = "Nobody at "+e.To+" picked it up in time.", "Ask there whether it is still wanted, then try again."
	case mq.ClassNackReceiveRejected:
		s.bold, s.text = e.To+" could not make use of it.", "Look at what was entered: take it back and change it."
	case mq.ClassNackQueuePurged, mq.ClassNackQueueDeleted:
		s.bold, s.text = "It was thrown away at "+e.To+".", "Ask there whether it is still wanted, then try again."
	default:
		s.bold, s.text = e.To+" cannot take it.", "Call support and name what stands below."
	}
	return s
}

// patience is how long an entry may take.
func (p *Presenter) patience(e *entry) string {
	if d := e.expires.Sub(e.sent); !e.expires.IsZero() && d > 0 {
		return inWords(d)
	}
	return "time"
}

// inWords writes a length of time out: 7 days, 12 hours.
func inWords(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		noun string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= u.of && d%u.of == 0 {
			return screen.Many(int64(d/u.of), u.noun)
		}
	}
	return screen.Duration(d)
}

// lines are the fields of the entry in the pane; none while they are read, or
// if they cannot be: unread says so.
func (p *Presenter) lines(e *entry) (list []kit.Pair, unread bool) {
	f, ok := p.forms.Find(e.Form)
	if !ok {
		return nil, true
	}
	if p.body != e.id || !p.known {
		return nil, p.body == e.id
	}
	var pairs []kit.Pair
	for _, l := range f.Lines(p.values, p.host.Now().Location()) {
		pair := kit.Pair{Key: l.Label, Value: strings.ReplaceAll(l.Value, "\n", " "), Copy: l.Value, Wrap: true}
		if l.Value == "" {
			pair.Value = "–"
			pair.Wrap = false
		}
		pairs = append(pairs, pair)
	}
	return pairs, false
}

// support is what somebody who helps wants to know.
func (p *Presenter) support(e *entry) []kit.Pair {
	kept := "No"
	if e.copied {
		kept = "Yes, until picked up"
	}
	if e.place == inJournal {
		kept = "Yes"
	}
	pairs := []kit.Pair{
		{Key: "Reference", Value: e.Reference},
		{Key: "Queue", Value: queueName(e.to), Copy: e.to},
		{Key: "Copy kept", Value: kept},
		{Key: "Message", Value: e.id, Mono: true},
	}
	if old := p.before[e.id]; old != "" {
		pairs = append(pairs, kit.Pair{Key: "Before that", Value: old, Mono: true})
	}
	if e.place == inDead {
		pairs = append(pairs, kit.Pair{Key: "Reason", Value: e.class.String(), Mono: true})
	}
	if e.User != "" {
		pairs = append(pairs, kit.Pair{Key: "Entered by", Value: e.User})
	}
	return pairs
}

// queueName is a queue as people write it: HUB-CPH01\private$\landings.
func queueName(name string) string {
	q, err := mq.ParseQueue(name)
	if err != nil {
		return name
	}
	if path, ok := q.PathName(); ok {
		return path.String()
	}
	return name
}
