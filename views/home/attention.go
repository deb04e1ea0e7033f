package home

import (
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Attention is something the user should know of.
type Attention struct {
	Icon  string
	Tone  kit.Tone
	Bold  string    // what is the matter
	Text  string    // what it means
	Since time.Time // zero: not known
	Do    string    // the button; "" none
	Run   func()
}

func isDead(path string) bool {
	name := strings.ToLower(path)
	return strings.HasSuffix(name, ";deadletter") || strings.HasSuffix(name, ";deadxact")
}

// Attention lists what needs attention, the worst first.
func (p *Presenter) Attention() []Attention {
	var bad, warn, note []Attention
	for _, n := range p.host.Nodes() {
		o := p.host.Feed().Of(n.ID)
		if a, ok := p.unreachable(n, o); ok {
			bad = append(bad, a)
			continue
		}
		if o.At.IsZero() {
			continue
		}
		if n.Client == nil {
			continue // what it told last is old
		}
		warn = append(warn, p.limited(n, o)...)
		b, w, k := p.outgoing(n, o)
		bad, warn, note = append(bad, b...), append(warn, w...), append(note, k...)
		b, w = p.deadLetters(n, o)
		bad, warn = append(bad, b...), append(warn, w...)
		warn = append(warn, p.storage(n, o)...)
		warn = append(warn, p.heads(n)...)
		note = append(note, p.express(n, o)...)
	}
	for _, a := range p.twins() {
		if a.Tone == kit.Warning {
			warn = append(warn, a)
		} else {
			note = append(note, a)
		}
	}
	return append(append(bad, warn...), note...)
}

// unreachable tells of a computer that does not answer, or lets nobody in.
func (p *Presenter) unreachable(n screen.Node, o screen.Overview) (Attention, bool) {
	err := n.Err
	since := n.Since
	switch n.State {
	case screen.LetGo, screen.Connecting:
		return Attention{}, false
	case screen.Refused:
		why, fix, _ := screen.Reason(err)
		a := Attention{
			Icon: "lock", Tone: kit.Danger, Bold: n.Name + " does not let this account in.", Text: strings.TrimSpace(why + " " + fix), Since: since,
			Do: "Sign in", Run: func() { p.host.Open(screen.Route{Screen: screen.SignIn, Node: n.ID}) },
		}
		if n.Locked() {
			a.Tone, a.Bold = kit.Warning, n.Name+" needs a password."
		}
		return a, true
	case screen.NoAnswer:
	case screen.Connected, screen.Limited:
		if err = o.Err; err == nil {
			return Attention{}, false
		}
		since = o.At
	}
	why, fix, _ := screen.Reason(err)
	bold := n.Name + " does not answer."
	if n.Local {
		bold = "The queue manager of this computer is not running."
	}
	return Attention{
		Icon: "x-circle-fill", Tone: kit.Danger, Bold: bold, Text: strings.TrimSpace(why + " " + fix), Since: since,
		Do: "Try again", Run: func() {
			if n.Silent() {
				p.host.Connect(n.ID)
			} else {
				p.host.Feed().Refresh(n.ID)
			}
		},
	}, true
}

// limited tells of a computer that can be looked at and not managed.
func (p *Presenter) limited(n screen.Node, o screen.Overview) []Attention {
	a := Attention{
		Icon: "warning", Tone: kit.Warning, Since: n.Since, Do: "See what",
		Run: func() { p.host.Open(screen.Route{Screen: screen.Offers, Node: n.ID}) },
	}
	switch {
	case o.Part != nil:
		why, fix, _ := screen.Reason(o.Part)
		a.Bold, a.Text = "Not all queues of "+n.Name+" can be seen.", strings.TrimSpace(why+" "+fix)
	case n.State == screen.Limited:
		a.Bold = n.Name + " can be looked at, but not managed."
		for _, offer := range n.Offers() {
			if offer.Why != "" {
				a.Text = offer.Why
				break
			}
		}
	default:
		return nil
	}
	return []Attention{a}
}

// twins tells of queue managers that have the same identity, as after a machine
// was copied: their messages and acknowledgements get lost.
func (p *Presenter) twins() []Attention {
	var out []Attention
	first := map[mq.GUID]screen.Node{}
	for _, n := range p.host.Nodes() {
		o := p.host.Feed().Of(n.ID)
		id := o.Machine.ID
		if o.At.IsZero() || id.IsZero() {
			continue
		}
		other, twice := first[id]
		if !twice {
			first[id] = n
			continue
		}
		a := Attention{Icon: "warning", Tone: kit.Neutral, Bold: other.Name + " and " + n.Name + " are the same queue manager.", Text: "It is on the list twice"}
		if was := p.host.Feed().Of(other.ID).Machine.Name; !strings.EqualFold(was, o.Machine.Name) {
			a.Tone, a.Bold = kit.Warning, other.Name+" and "+n.Name+" have the same queue manager identifier."
			a.Text = "One is a copy of the other; what they send to third computers is mixed up"
		}
		out = append(out, a)
	}
	return out
}

// deadLetters tells how many messages died, and of what.
func (p *Presenter) deadLetters(n screen.Node, o screen.Overview) (bad, warn []Attention) {
	for _, q := range o.System {
		if q.Messages == 0 || !isDead(q.PathName) {
			continue
		}
		transactional := strings.HasSuffix(strings.ToLower(q.PathName), ";deadxact")
		kind, a := "message", Attention{Icon: "dead-letter", Tone: kit.Warning}
		if transactional {
			kind, a.Tone = "transactional message", kit.Danger
		}
		a.Bold = fmt.Sprintf("%s died on %s.", screen.Many(q.Messages, kind), n.Name)
		if d, ok := p.probes[n.ID].died[q.PathName]; ok && d.read > 0 {
			a.Bold, a.Text, a.Since = diedOf(d, q.Messages, kind, n.Name), d.words(q.Messages), d.first
		}
		a.Do = "Review " + screen.Count(q.Messages)
		a.Run = func() { p.host.Open(screen.Route{Screen: screen.DeadLetters, Node: n.ID}) }
		if transactional {
			bad = append(bad, a)
		} else {
			warn = append(warn, a)
		}
	}
	return bad, warn
}

// shortReasons say in the middle of a line why messages died.
var shortReasons = map[mq.Class]string{
	mq.ClassNackBadDestQueue:        "the queue did not exist",
	mq.ClassNackReachQueueTimeout:   "they were not delivered in time",
	mq.ClassNackQueueExceedQuota:    "the queue was full",
	mq.ClassNackAccessDenied:        "the sender was not allowed to send",
	mq.ClassNackDeleted:             "an administrator deleted them on the way",
	mq.ClassNackQueueDeleted:        "the queue was deleted",
	mq.ClassNackQueuePurged:         "the queue was purged",
	mq.ClassNackReceiveTimeout:      "nobody read them in time",
	mq.ClassNackNotTransactionalQ:   "the queue is not transactional",
	mq.ClassNackNotTransactionalMsg: "the queue is transactional, they were not",
	mq.ClassNackTimeoutAtSender:     "they expired before they left",
	mq.ClassNackHopCountExceeded:    "they were passed on too many times",
}

func reason(c mq.Class) string {
	if s, ok := shortReasons[c]; ok {
		return s
	}
	t := c.Text()
	return strings.ToLower(t[:1]) + t[1:]
}

func diedOf(d deaths, n int64, kind, node string) string {
	s := fmt.Sprintf("%s died on %s", screen.Many(n, kind), node)
	switch {
	case int64(d.read) < n:
		return s + ", lately because " + reason(d.reason) + "."
	case d.most == d.read:
		return s + ": " + reason(d.reason) + "."
	}
	return s + ", most because " + reason(d.reason) + "."
}

// words tell of the newest of n where they were going.
func (d deaths) words(n int64) string {
	if d.to == "" {
		return ""
	}
	to := strings.TrimPrefix(d.to, "DIRECT=OS:")
	switch {
	case int64(d.read) < n:
		return fmt.Sprintf("%s of the newest %s were going to %s", screen.Count(int64(d.most)), screen.Count(int64(d.read)), to)
	case d.read == 1:
		return "It was going to " + to
	case d.most == d.read:
		return "All were going to " + to
	}
	return fmt.Sprintf("%s of them were going to %s", screen.Count(int64(d.most)), to)
}

// storage tells of a machine or a queue that is nearly full.
func (p *Presenter) storage(n screen.Node, o screen.Overview) []Attention {
	var out []Attention
	if part, ok := used(o.Machine.Bytes, o.Machine.QuotaKB); ok && part >= storageHigh {
		a := Attention{
			Icon: "warning", Tone: kit.Warning, Bold: fmt.Sprintf("%s has used %s of its message storage.", n.Name, screen.Percent(part)),
			Text: fmt.Sprintf("%s of %s", screen.Size(o.Machine.Bytes), screen.Size(int64(*o.Machine.QuotaKB)<<10)),
		}
		if big, share := biggest(o); share > 0 {
			a.Text += fmt.Sprintf("; %s holds %s of it", screen.QueueName(big.PathName), screen.Percent(share))
			a.Do = "Open"
			a.Run = func() { p.host.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Queue: big.PathName}) }
		}
		if part >= 1 {
			a.Tone = kit.Danger
		}
		out = append(out, a)
	}
	for _, q := range o.Queues {
		part, ok := used(q.Bytes, q.QuotaKB)
		if !ok || part < storageHigh {
			continue
		}
		text := "When it is full, new messages are refused"
		tone := kit.Warning
		if part >= 1 {
			text, tone = "New messages are refused", kit.Danger
		}
		out = append(out, Attention{
			Icon: "warning", Tone: tone, Bold: fmt.Sprintf("%s has used %s of its quota.", screen.QueueName(q.PathName), screen.Percent(part)),
			Text: text + ": " + screen.Size(q.Bytes) + " of " + screen.Size(int64(*q.QuotaKB)<<10) + " on " + n.Name,
			Do:   "Open", Run: func() { p.host.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Queue: q.PathName}) },
		})
	}
	return out
}

// used is the part of a quota that is taken.
func used(bytes int64, kb *uint32) (float64, bool) {
	if kb == nil || *kb == 0 {
		return 0, false
	}
	return float64(bytes) / (float64(*kb) * 1024), true
}

// biggest is the queue that holds the most bytes, and what part of all.
func biggest(o screen.Overview) (mgmtclient.Queue, float64) {
	var big mgmtclient.Queue
	for _, q := range o.Queues {
		if q.Bytes > big.Bytes {
			big = q
		}
	}
	if o.Machine.Bytes == 0 {
		return big, 0
	}
	return big, float64(big.Bytes) / float64(o.Machine.Bytes)
}

// heads tells of first messages that are put back again and again.
func (p *Presenter) heads(n screen.Node) []Attention {
	var out []Attention
	for _, h := range p.probes[n.ID].heads {
		out = append(out, Attention{
			Icon: "skull", Tone: kit.Warning,
			Bold: fmt.Sprintf("The first message of %s was put back %s.", screen.QueueName(h.queue), screen.Many(int64(h.aborts), "time")),
			Text: screen.Label(h.label) + " on " + n.Name + "; the messages behind it may be waiting for it", Since: h.since,
			Do: "Open", Run: func() {
				p.host.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Queue: h.queue, Lookup: h.lookup})
			},
		})
	}
	return out
}

// express tells of messages that a stop would lose.
func (p *Presenter) express(n screen.Node, o screen.Overview) []Attention {
	if o.Machine.ExpressCount == 0 {
		return nil
	}
	return []Attention{{
		Icon: "lightning", Tone: kit.Neutral,
		Bold: fmt.Sprintf("%s on %s in memory only.", isAre(o.Machine.ExpressCount), n.Name),
		Text: screen.Size(o.Machine.ExpressBytes) + ", lost when its queue manager stops; senders chose speed over safety",
	}}
}

func isAre(n int64) string {
	if n == 1 {
		return "1 express message is"
	}
	return screen.Count(n) + " express messages are"
}
