package home

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// barrier is what several outgoing queues of a computer wait for together: the
// computer they lead to, in the same state.
type barrier struct {
	line    screen.Line
	host    string
	first   *mgmtclient.Queue // that holds most
	unsent  int64
	since   time.Time
	expires *time.Time
	life    float64 // how much of it is gone
}

// barriers are what the outgoing queues of a computer with messages wait for,
// the most messages first.
func barriers(list []mgmtclient.Queue, now time.Time) []barrier {
	var out []barrier
	for i := range list {
		q := &list[i]
		o, line := screen.OutgoingOf(q), screen.LineOf(q)
		if !line.Waits() || o.Unsent == 0 {
			continue
		}
		host := cmp.Or(screen.DestinationHost(q), screen.Destination(q))
		if line == screen.LineLocked {
			host = "" // its own computer locks them all
		}
		k := slices.IndexFunc(out, func(b barrier) bool { return b.line == line && b.host == host })
		if k < 0 {
			k = len(out)
			out = append(out, barrier{line: line, host: host, first: q})
		}
		b := &out[k]
		b.unsent += o.Unsent
		if o.Unsent > screen.OutgoingOf(b.first).Unsent {
			b.first = q
		}
		if o.Since != nil && (b.since.IsZero() || o.Since.Before(b.since)) {
			b.since = *o.Since
		}
		if o.Expires != nil && (b.expires == nil || o.Expires.Before(*b.expires)) {
			b.expires, b.life = o.Expires, screen.LifeUsed(q, now)
		}
	}
	slices.SortStableFunc(out, func(a, b barrier) int { return cmp.Compare(b.unsent, a.unsent) })
	return out
}

// outgoing tells of messages that do not leave a computer.
func (p *Presenter) outgoing(n screen.Node, o screen.Overview) (bad, warn, note []Attention) {
	now := p.host.Now()
	if screen.Offline(o.Machine) {
		text := "It was taken off the network; messages for other computers are kept"
		if d := screen.DeparturesOf(o.Outgoing); d.Unsent > 0 {
			text = "It was taken off the network; " + screen.Many(d.Unsent, "message") + " for other computers wait"
			if d.Unsent == 1 {
				text += "s"
			}
		}
		note = append(note, Attention{
			Icon: "cloud-slash", Tone: kit.Neutral, Bold: n.Name + " works offline.", Text: text,
			Do: "Work online", Run: func() { screen.GoOnline(p.host, n) },
		})
	}
	for _, b := range barriers(o.Outgoing, now) {
		a := Attention{
			Bold: screen.Obstacle(n.Name, b.first) + ".", Text: b.waiting(n.Name, now), Since: b.since, Do: "See why",
			Run: func() {
				p.host.Open(screen.Route{Screen: screen.Outgoing, Node: n.ID, Queue: screen.OutgoingName(b.first)})
			},
		}
		switch b.line {
		case screen.LineStuck:
			a.Icon, a.Tone = "x-circle-fill", kit.Danger
		case screen.LineLocked:
			a.Icon, a.Tone, a.Bold = "lock", kit.Danger, n.Name+" is hardened: only HTTP may leave it."
		case screen.LinePaused:
			a.Icon, a.Tone, a.Bold, a.Do = "pause-circle-fill", kit.Neutral, "Messages for "+b.host+" are paused.", "Open"
		case screen.LineDirectory:
			a.Icon, a.Tone, a.Bold = "directory", kit.Warning, b.host+" needs the directory."
		default:
			// It may be over in a moment, unless time is running out.
			if b.life < screen.LifeWarning {
				continue
			}
			a.Icon, a.Tone = "clock-countdown", kit.Warning
		}
		if b.life >= screen.LifeDanger {
			a.Tone = kit.Danger
		}
		switch a.Tone {
		case kit.Danger:
			bad = append(bad, a)
		case kit.Warning:
			warn = append(warn, a)
		default:
			note = append(note, a)
		}
	}
	return bad, warn, note
}

// waiting says how many messages wait and when the first of them expires.
func (b *barrier) waiting(node string, now time.Time) string {
	wait, first := "wait", "the oldest expires"
	if b.unsent == 1 {
		wait, first = "waits", "it expires"
	}
	s := fmt.Sprintf("%s %s on %s", screen.Many(b.unsent, "message"), wait, node)
	if b.expires != nil && b.expires.After(now) {
		s += fmt.Sprintf("; %s in %s", first, screen.Duration(b.expires.Sub(now)))
	}
	return s
}
