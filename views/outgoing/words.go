package outgoing

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// nextTry says when a queue is tried next; soon: at a time, not on a condition.
func nextTry(i *item, now time.Time) (text string, soon bool) {
	switch i.line {
	case screen.LinePaused:
		return "after Resume", false
	case screen.LineLocked:
		return "when unlocked", false
	case screen.LineDirectory:
		return "needs AD", false
	case screen.LineStuck, screen.LineTrying, screen.LineCut:
		if i.away {
			return "when online", false
		}
		if i.out.NextTry == nil {
			if i.line == screen.LineCut {
				return "", false
			}
			return "now", true
		}
		return until(*i.out.NextTry, now), true
	}
	return "", false
}

// until counts down to a time: "in 4 s", "now" once it has come.
func until(t, now time.Time) string {
	d := t.Sub(now)
	if d <= 0 {
		return "now"
	}
	// The last second is still one to wait.
	return "in " + screen.Duration((d + time.Second - 1).Truncate(time.Second))
}

// exactUntil is how long seconds are told.
const exactUntil = 10 * time.Minute

// ago says how long ago a time was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Second:
		return "just now"
	case d >= exactUntil:
		d = d.Truncate(time.Minute)
	}
	return screen.Duration(d) + " ago"
}

// remark is the note at the top of the pane.
type remark struct {
	tone kit.Tone
	icon string // "": the tone's
	bold string
	text string
}

// explain says in plain words how a queue gets on; false: there is nothing to
// say.
func (i *item) explain() (remark, bool) {
	r := remark{text: screen.Sentence(i.out.Why)}
	here, there := i.node.Name, i.host()
	ifSilent := func(s string) {
		if r.text == "" {
			r.text = s
		}
	}
	switch i.line {
	case screen.LineStuck, screen.LineTrying:
		r.tone, r.icon = kit.Danger, ""
		if i.line == screen.LineTrying {
			r.tone, r.icon = kit.Warning, "sync"
		}
		if i.away {
			r.tone, r.icon, r.bold = kit.Neutral, "cloud-slash", here+" works offline"
			break
		}
		r.bold = screen.Obstacle(here, &i.queue)
		ifSilent("It is tried again and again, with a minute between two tries at most.")
	case screen.LineDirectory:
		r.tone, r.icon, r.bold = kit.Warning, "directory", "Needs the directory"
		ifSilent("Where this queue is stands in Active Directory, and no directory answers.")
	case screen.LinePaused:
		r.tone, r.icon, r.bold = kit.Info, "pause-circle-fill", "Paused"
		r.text = "Nothing leaves this queue until somebody resumes it, not even after a restart."
	case screen.LineLocked:
		r.tone, r.icon, r.bold = kit.Danger, "lock", "Locked: "+here+" is hardened"
		ifSilent("Only HTTP may leave a hardened queue manager. New messages are still taken.")
		return r, true
	case screen.LineCut:
		r.tone, r.icon, r.bold = kit.Neutral, "link-break", "No link to "+there
		if i.away {
			r.icon, r.bold, r.text = "cloud-slash", here+" works offline", "Nothing leaves it until it works online again."
		}
	case screen.LineConnected:
		return i.explainConnected()
	default:
		return r, false
	}
	r.text = strings.TrimSpace(r.text + " " + i.kept())
	return r, true
}

// kept says that nothing is lost. Express messages would be, by a stop.
func (i *item) kept() string {
	n := i.out.Unsent
	state := "safe"
	if i.express {
		state = "kept"
	}
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("The message is %s on %s.", state, i.node.Name)
	}
	return fmt.Sprintf("The %s messages are %s on %s.", screen.Count(n), state, i.node.Name)
}

// stalledAfter is how many times messages were sent again before that is
// worth a remark.
const stalledAfter = 2

// explainConnected has something to say only if messages get no further.
func (i *item) explainConnected() (remark, bool) {
	there := i.host()
	if i.out.NoAckCount > 0 && i.out.ResendCount >= stalledAfter {
		return remark{
			tone: kit.Warning, bold: there + " does not acknowledge",
			text: fmt.Sprintf("%s sent and not acknowledged, after %s. Nobody knows whether they arrived; none will be stored twice. If the queue manager there was restored from a backup or cloned, it may reject this stream.",
				wereSent(i.out.NoAckCount), screen.Many(int64(i.out.ResendCount), "resend")),
		}, true
	}
	if i.out.Unread > 0 {
		text := "They arrived and wait for a reader there. A copy of each is kept here until it is read, because its sender asked for that."
		bold := screen.Count(i.out.Unread) + " delivered, not read yet"
		if i.out.Unread == 1 {
			text = "It arrived and waits for a reader there. A copy is kept here until it is read, because its sender asked for that."
		}
		return remark{tone: kit.Neutral, icon: "mail", bold: bold, text: text}, true
	}
	return remark{}, false
}

func wereSent(n int) string {
	if n == 1 {
		return "1 message was"
	}
	return screen.Count(int64(n)) + " messages were"
}

// messagePairs tell what the queue holds.
func (i *item) messagePairs(now time.Time) []kit.Pair {
	unsent := kit.Pair{Key: "Not sent", Value: screen.Count(i.out.Unsent)}
	unread := kit.Pair{Key: "Delivered, not read", Value: screen.Count(i.out.Unread)}
	if i.queue.Bytes > 0 {
		switch {
		case i.out.Unread == 0:
			unsent.Tail = screen.Size(i.queue.Bytes)
		case i.out.Unsent == 0:
			unread.Tail = screen.Size(i.queue.Bytes)
		default:
			unread.Tail = screen.Size(i.queue.Bytes) + " in all"
		}
	}
	pairs := []kit.Pair{unsent, unread}
	if i.out.Unsent == 0 {
		return pairs
	}
	if t := i.out.Oldest; t != nil {
		pairs = append(pairs, kit.Pair{Key: "Oldest", Value: screen.MessageTime(*t, now), Tail: ago(*t, now)})
	}
	expires := kit.Pair{Key: "Oldest expires", Value: "Never"}
	if t := i.out.Expires; t != nil {
		expires.Value, expires.Icon, expires.Ink = screen.Moment(*t, now), "clock-countdown", theme.Neutral
		expires.Tail = until(*t, now)
		switch used := screen.LifeUsed(&i.queue, now); {
		case used >= screen.LifeDanger:
			expires.Ink, expires.Color = theme.Danger, theme.Danger
		case used >= screen.LifeWarning:
			expires.Ink = theme.Warning
		}
	}
	return append(pairs, expires)
}

// connectionPairs tell about the line.
func (i *item) connectionPairs(now time.Time) []kit.Pair {
	pairs := []kit.Pair{{Key: "State", Value: i.line.Shown().Word, Tail: i.queue.State, Code: true}}
	via := kit.Pair{Key: "Next hop", Value: cmp.Or(hop(i), "Not known yet")}
	switch n := len(i.queue.NextHops); {
	case n == 1:
		via.Tail = "direct"
	case n > 1:
		via.Tail = fmt.Sprintf("and %d more", n-1)
		via.Copy = strings.Join(i.queue.NextHops, ", ")
	}
	pairs = append(pairs, via)
	if text, soon := nextTry(i, now); text != "" {
		next := kit.Pair{Key: "Next try", Value: text}
		if soon && i.out.NextTry != nil && i.out.NextTry.After(now) {
			next.Tail = "at " + i.out.NextTry.In(now.Location()).Format("15:04:05")
		}
		pairs = append(pairs, next)
	}
	if n := int64(i.out.Failures); n > 0 && i.line.Waits() {
		tries := kit.Pair{Key: "Failed tries", Value: screen.Count(n)}
		if t := i.triedSince(); !t.IsZero() {
			tries.Key = "Tries since " + screen.Moment(t, now)
		}
		return append(pairs, tries)
	}
	if i.out.Since != nil {
		pairs = append(pairs, kit.Pair{Key: "Since", Value: screen.MessageTime(*i.out.Since, now), Tail: ago(*i.out.Since, now)})
	}
	return pairs
}

// triedSince is when the tries that failed began; zero: the history does not
// reach back to it, and the state has changed meanwhile.
func (i *item) triedSince() time.Time {
	h := i.out.History
	k := len(h)
	for k > 0 && screen.Failed(&h[k-1]) {
		k--
	}
	switch run := h[k:]; {
	case len(run) > 0 && len(run) >= i.out.Failures:
		return run[0].Time
	case i.out.Since != nil && (len(run) == 0 || i.out.Since.Before(run[0].Time)):
		return *i.out.Since
	}
	return time.Time{}
}
