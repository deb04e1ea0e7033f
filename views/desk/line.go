package desk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// line is what is said of the line, above the list; nothing while all is well.
type line struct {
	shown bool
	tone  kit.Tone
	icon  string
	title string
	text  string
	next  string // "4 s"; "" no try is known of
	// What can be done: try now, work offline, online, connect again.
	try, offline, online, connect bool
}

// stuck lists the outgoing queues that hold entries and have no line.
func (p *Presenter) stuck() []mgmtclient.Queue {
	held := map[string]bool{}
	for i := range p.entries {
		if e := &p.entries[i]; e.place == inOutgoing {
			held[e.queue] = true
		}
	}
	var list []mgmtclient.Queue
	for _, q := range p.host.Feed().Of(p.node.ID).Outgoing {
		switch mq.QueueState(q.State) {
		case mq.StateConnected, mq.StateOnHold, mq.StateLocked, mq.StateLocal:
		default:
			if held[q.PathName] {
				list = append(list, q)
			}
		}
	}
	return list
}

// Offline reports whether somebody chose to work offline.
func (p *Presenter) Offline() bool {
	return p.host.Feed().Of(p.node.ID).Machine.State == "DISCONNECTED"
}

// Line is what is to be said of the line.
func (p *Presenter) Line() line {
	_, steers := p.can()
	switch {
	case p.node.Client == nil && p.node.State == screen.Connecting:
		return line{}
	case p.node.Client == nil:
		return line{
			shown: true, tone: kit.Danger, icon: "x-circle", title: "Nothing can be entered now", connect: true,
			text: "The mail service of this computer is not running. What you saved before is safe. Call support if it stays so.",
		}
	case p.Offline():
		return line{
			shown: true, tone: kit.Neutral, icon: "cloud-slash", title: "Working offline", online: steers,
			text: "Entries are stored safely here and go out when you work online again.",
		}
	}
	list := p.stuck()
	if len(list) == 0 {
		return line{}
	}
	l := line{shown: true, tone: kit.Info, icon: "wifi-slash", title: "No line", text: "Entries are stored safely here and go out by themselves.", offline: steers, try: p.tries()}
	now := p.host.Now()
	var since, next time.Time
	for i := range list {
		o := list[i].Outgoing
		if o == nil {
			continue
		}
		if o.Since != nil && (since.IsZero() || o.Since.Before(since)) {
			since = *o.Since
		}
		if o.NextTry != nil && (next.IsZero() || o.NextTry.Before(next)) {
			next = *o.NextTry
		}
	}
	// With a line to some and none to others, say to whom.
	if to := p.unreached(list); to != "" {
		l.title += " to " + to
	}
	if !since.IsZero() {
		l.title += " since " + screen.Moment(since, now)
	}
	if !next.IsZero() {
		l.next = screen.Duration(max(time.Second, next.Sub(now)))
	}
	return l
}

// unreached names the receivers that some stuck queues lead to, if entries go out
// to others.
func (p *Presenter) unreached(stuck []mgmtclient.Queue) string {
	connected := false
	var names []string
	for i := range p.entries {
		e := &p.entries[i]
		if e.place != inOutgoing {
			continue
		}
		if slices.ContainsFunc(stuck, func(q mgmtclient.Queue) bool { return q.PathName == e.queue }) {
			if !slices.Contains(names, e.To) {
				names = append(names, e.To)
			}
		} else if p.states[e.queue] == mq.StateConnected {
			connected = true
		}
	}
	if !connected && len(p.states) > len(stuck) {
		for _, s := range p.states {
			connected = connected || s == mq.StateConnected
		}
	}
	switch {
	case !connected || len(names) == 0:
		return ""
	case len(names) == 1:
		return names[0]
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// can tells whether the line can be tried and switched from here.
func (p *Presenter) can() (tries, steers bool) {
	if p.node.Client == nil {
		return false, false
	}
	_, tries = mgmtclient.Can[mgmtclient.OutgoingAdmin](p.node.Client)
	_, steers = mgmtclient.Can[mgmtclient.MachineActions](p.node.Client)
	return tries, steers
}

func (p *Presenter) tries() bool { tries, _ := p.can(); return tries }

// TryNow tries every line that is missing.
func (p *Presenter) TryNow() {
	admin, ok := mgmtclient.Can[mgmtclient.OutgoingAdmin](p.node.Client)
	if !ok || p.scope == nil {
		return
	}
	var names []string
	for _, q := range p.stuck() {
		names = append(names, q.PathName)
	}
	p.change("The line could not be tried", func(ctx context.Context) error {
		for _, name := range names {
			if err := admin.Resend(ctx, name); err != nil && mq.CodeOf(err) != mq.ErrQueueNotFound {
				return err
			}
		}
		return nil
	})
}

// WorkOffline stops sending and receiving; WorkOnline begins again.
func (p *Presenter) WorkOffline() { screen.GoOffline(p.host, p.node) }

// WorkOnline is the opposite of WorkOffline.
func (p *Presenter) WorkOnline() { screen.GoOnline(p.host, p.node) }

// change does something to the queue manager, then asks it anew.
func (p *Presenter) change(failed string, do func(ctx context.Context) error) {
	screen.Load(p.scope, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) }, func(_ struct{}, err error) {
		p.host.Feed().Refresh(p.node.ID)
		if err != nil {
			p.host.Fail(failed, err)
		}
	})
}

// Room for entries: how much must be left, of the disk and of what the queue
// manager may store.
const (
	leastDisk  = 100 << 20
	leastQuota = 0.02
	usualSize  = 2 << 10 // of an entry, while none is known
	fewEntries = 1000
)

// room is how many more entries find room; full says that new ones are
// refused, so that what is here stays safe. many below 0: not known.
func (p *Presenter) room() (many int64, full bool) {
	m := p.host.Feed().Of(p.node.ID).Machine
	left := int64(math.MaxInt64)
	if p.free >= 0 {
		left = p.free - leastDisk
	}
	if m.QuotaKB != nil {
		quota := int64(*m.QuotaKB) << 10
		left = min(left, quota-m.Bytes-int64(leastQuota*float64(quota)))
	}
	if left == math.MaxInt64 {
		return -1, false
	}
	size := int64(usualSize)
	if n := len(p.entries); n > 0 {
		var sum int64
		for i := range p.entries {
			sum += p.entries[i].size
		}
		size = max(256, sum/int64(n))
	}
	// A positive copy is kept of each until it is picked up.
	return max(0, left/size), left < size
}

// refusal is why nothing can be saved now; nil: it can.
func (p *Presenter) refusal() error {
	if p.node.Client == nil {
		return mq.Errorf(mq.ErrServiceNotAvailable, "save the entry", "the mail service of this computer is not running").WithFix("keep this open and save it again when it runs; call support if it stays so")
	}
	if _, full := p.room(); full {
		return mq.Errorf(mq.ErrInsufficientResources, "save the entry", "this computer is nearly full").
			WithFix("what you saved before is safe; call support to make room, then save this one")
	}
	return nil
}

// RoomWords say how much room is left, with a colour if it is little.
func (p *Presenter) RoomWords() (text string, tone kit.Tone) {
	many, full := p.room()
	switch {
	case many < 0 || p.node.Client == nil:
		return "", kit.Neutral
	case full:
		return "No room for more: call support", kit.Danger
	case many < fewEntries:
		return fmt.Sprintf("Room for about %s more: tell support", screen.Count(rounded(many))), kit.Warning
	}
	return fmt.Sprintf("Room for about %s more", screen.Count(rounded(many))), kit.Neutral
}

// rounded keeps one digit.
func rounded(n int64) int64 {
	unit := int64(1)
	for n/unit >= 10 {
		unit *= 10
	}
	return n / unit * unit
}

// StoredWords say how many entries are kept here until they are picked up, and
// when the last one was saved.
func (p *Presenter) StoredWords() string {
	if !p.loaded {
		return ""
	}
	n := p.counts[saved] + p.counts[sending] + p.counts[attention]
	noun := "entries"
	if n == 1 {
		noun = "entry"
	}
	s := fmt.Sprintf("%s %s stored on this computer", screen.Count(int64(n)), noun)
	switch {
	case len(p.entries) == 0:
		s = "Nothing is stored on this computer"
	case n == 0:
		s = "Everything has gone out"
	}
	if !p.lastSaved.IsZero() {
		s += ", last saved " + screen.Moment(p.lastSaved, p.host.Now())
	}
	return s
}
