package outgoing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// repeatsShown is how many entries that say the same are listed before the
// rest of them is only counted.
const repeatsShown = 3

// event is a line of the history in the pane: an entry, or how many more said
// the same.
type event struct {
	icon  string
	tone  kit.Tone
	at    string
	what  string
	whole string // what, in full
	code  string
	more  string // not "": only this
}

// shortStatus are the entries that have no reason beside them.
var shortStatus = map[mq.ConnectionStatus]string{
	mq.ConnInProcess: "Connecting", mq.ConnEstablishReceived: "Connection established", mq.ConnEstablished: "Session ready",
	mq.ConnConnectSocketFailure: "Could not connect", mq.ConnSendFailure: "Broke while sending", mq.ConnNotReady: "Session not ready",
	mq.ConnLowMemory: "Out of memory", mq.ConnTCPNotEnabled: "TCP is switched off",
}

// shortWhy is how long a reason may be to stand in a line of the history.
const shortWhy = 36

// what is an entry in a few words.
func what(c *mgmtclient.Connection) string {
	if s := screen.TroubleOf(c).Short(); s != "" {
		return s
	}
	said := strings.TrimSuffix(c.Why, ".")
	if who, ok := strings.CutSuffix(said, " closed the connection"); ok {
		return who + " closed it"
	}
	plain := said == "" || said == c.Status.String()
	if !plain && len(said) <= shortWhy {
		return screen.Title(said)
	}
	if s, ok := shortStatus[c.Status]; ok {
		return s
	}
	return c.Status.String()
}

// same reports whether two entries tell the same failure.
func same(a, b *mgmtclient.Connection) bool {
	return screen.Failed(a) && a.Status == b.Status && a.Error == b.Error && a.Address == b.Address && a.Why == b.Why
}

// events are the lines of the history, the newest first, with repeats counted.
func (i *item) events(now time.Time) []event {
	var list []event
	h := i.settled()
	for k := len(h) - 1; k >= 0; {
		run := 1
		for k-run >= 0 && same(&h[k], &h[k-run]) {
			run++
		}
		for n := range min(run, repeatsShown) {
			list = append(list, entry(&h[k-n], now))
		}
		rest := int64(run - repeatsShown)
		// The tries of now have gone on for longer than the history reaches.
		if k == len(h)-1 && i.line.Waits() {
			rest = max(rest, int64(i.out.Failures-repeatsShown))
		}
		if rest > 0 && run >= repeatsShown {
			list = append(list, event{more: screen.Count(rest) + " more, all the same"})
		}
		k -= run
	}
	return list
}

// settled is the history without the beginnings of tries that have ended: their
// ends say it.
func (i *item) settled() []mgmtclient.Connection {
	last := len(i.out.History) - 1
	var out []mgmtclient.Connection
	for k, c := range i.out.History {
		if k == last || !asked(&c) {
			out = append(out, c)
		}
	}
	return out
}

// asked reports the beginning of a try.
func asked(c *mgmtclient.Connection) bool {
	return c.Status == mq.ConnInProcess && !strings.Contains(c.Why, "closed")
}

func entry(c *mgmtclient.Connection, now time.Time) event {
	e := event{at: stamp(c.Time, now), what: what(c), whole: c.Why}
	state := kit.OutgoingConnected
	e.tone = kit.Success
	switch {
	case screen.Failed(c):
		state, e.tone = kit.OutgoingStuck, kit.Danger
		e.code = fmt.Sprintf("0x%08X", uint32(c.Status))
	case c.Status == mq.ConnInProcess && strings.Contains(c.Why, "closed"):
		state, e.tone = kit.OutgoingNoLink, kit.Neutral
	case c.Status == mq.ConnInProcess:
		state, e.tone = kit.OutgoingWaiting, kit.Warning
	}
	e.icon = state.Icon
	return e
}

// stamp is the time of an entry: 14:32:02 today, 18 Nov before.
func stamp(t, now time.Time) string {
	at := t.In(now.Location())
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04:05")
	}
	return at.Format("2 Jan 15:04")
}

// historyText is the whole history for the clipboard, the newest first.
func (i *item) historyText(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s\n", i.to, i.node.Name)
	for _, c := range slices.Backward(i.out.History) {
		fmt.Fprintf(&b, "%s\t0x%08X\t0x%08X\t%s\t%s\n", c.Time.In(now.Location()).Format(time.RFC3339), uint32(c.Status), uint32(c.Error), c.Address, c.Why)
	}
	return b.String()
}

// streamPairs are the counters of exactly-once delivery (MS-MQMQ 2.3.12.13 to
// 23); nil: nothing transactional was sent.
func (i *item) streamPairs(now time.Time) []kit.Pair {
	o := i.out
	if o.LastAck == nil && o.FirstNonAck == nil && o.NextSequence == nil {
		return nil
	}
	place := func(key string, s *mgmtclient.Sequence) kit.Pair {
		if s == nil {
			return kit.Pair{Key: key, Value: "None", Color: theme.Muted}
		}
		return kit.Pair{
			Key: key, Value: screen.Count(int64(s.Number)), Tail: fmt.Sprintf("after %s", screen.Count(int64(s.Previous))),
			Copy: fmt.Sprintf("%s %d %d", s.ID, s.Number, s.Previous),
		}
	}
	pairs := []kit.Pair{}
	if o.NextSequence != nil {
		pairs = append(pairs, kit.Pair{Key: "Stream", Value: o.NextSequence.ID, Mono: true})
	}
	last := place("Last acknowledged", o.LastAck)
	if o.LastAck != nil && o.LastAckTime != nil {
		last.Tail = "at " + screen.MessageTime(*o.LastAckTime, now)
	}
	pairs = append(pairs, last,
		kit.Pair{Key: "Not acknowledged", Value: screen.Count(int64(o.NoAckCount))})
	if o.NoAckCount > 0 {
		pairs = append(pairs, place("First of them", o.FirstNonAck), place("Last of them", o.LastNonAck))
	}
	pairs = append(pairs, place("Next to be sent", o.NextSequence))
	resends := kit.Pair{Key: "Sent again", Value: screen.Many(int64(o.ResendCount), "time")}
	if o.ResendCount == 0 {
		resends.Value = "Never"
	}
	if o.NoAckCount > 0 && o.ResendCount > 0 && o.ResendInterval > 0 {
		resends.Tail = "every " + screen.Duration(time.Duration(o.ResendInterval)*time.Second)
	}
	pairs = append(pairs, resends)
	if o.NoAckCount > 0 && o.ResendTime != nil {
		pairs = append(pairs, kit.Pair{Key: "Next resend", Value: until(*o.ResendTime, now), Tail: "at " + o.ResendTime.In(now.Location()).Format("15:04:05")})
	}
	return pairs
}
