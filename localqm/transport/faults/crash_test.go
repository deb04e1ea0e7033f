package faults

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// crashes is how many kills the tests make: POSTHOUSE_CRASHES, 15 by default.
func crashes(t testing.TB) int {
	if v := os.Getenv("POSTHOUSE_CRASHES"); v != "" {
		n, err := strconv.Atoi(v)
		ok(t, err)
		return n
	}
	if testing.Short() {
		return 6
	}
	return 15
}

// weather is a line between two kills.
type weather struct {
	rule proxy.Rule
	down bool
}

// Lines as TCP has them: it breaks, waits and is slow, but what comes is whole and
// in order. All promises hold. An acknowledgement of a session may be missing, as
// the next one says the same.
var lines = []weather{
	{},
	{rule: breaking},
	{rule: with(breaking, opened)},
	{rule: proxy.Rule{Drop: 0.5, Only: proxy.Acknowledgements}},
	{rule: proxy.Rule{Rate: 100_000, Delay: 20 * time.Millisecond}},
	{down: true},
}

// Lines that harm packets within a connection. Messages bear no numbers there, so
// a session that misses one acknowledges the wrong ones: only the streams of
// transactional messages promise something.
var badLines = []weather{
	{},
	{rule: harming},
	{rule: with(harming, opened)},
	{rule: proxy.Rule{Drop: 0.05, Only: proxy.Messages}},
	{rule: proxy.Rule{Duplicate: 0.05, Only: proxy.Messages}},
	{rule: proxy.Rule{Reorder: 0.05, Only: proxy.Messages}},
	{rule: proxy.Rule{Drop: 1, Only: orderAck}},
	{down: true},
}

// Each kind of harm is done to a packet in twenty.
var (
	breaking = proxy.Rule{Cut: 0.05, Tear: 0.05, Delay: 4 * time.Millisecond}
	harming  = proxy.Rule{Drop: 0.05, Duplicate: 0.05, Reorder: 0.05, Cut: 0.05, Tear: 0.05, Delay: 4 * time.Millisecond}
)

func with(r proxy.Rule, only func(proxy.Packet) bool) proxy.Rule {
	r.Only = only
	return r
}

// points are where a process ends by itself, or when something of it passes the
// line; empty: at a random moment.
var points = []string{
	"", failpoint.Arrived, failpoint.Commit, failpoint.Committed, failpoint.Done,
	failpoint.Ordered, failpoint.Finished, failpoint.Checkpoint,
	"message on the line", "session acknowledgement on the line", "order acknowledgement on the line",
	"final acknowledgement on the line",
}

// traps are those of points that are on the line.
var traps = map[string]func(proxy.Packet) bool{
	"message on the line":                 func(p proxy.Packet) bool { return classOf(p) == mq.ClassNormal },
	"session acknowledgement on the line": func(p proxy.Packet) bool { return p.Type == wire.TypeSessionAck },
	"order acknowledgement on the line":   orderAck,
	"final acknowledgement on the line":   func(p proxy.Packet) bool { return classOf(p) == mq.ClassAckReceive },
}

// P01, P02, P04, P05, P07, P09 and A06: one of two queue managers is killed, again
// and again, on the same folders, while clients on both sides send, receive and
// write down what they do. From time to time both are killed and started again
// over a good line until nobody waits for anything; then everything is accounted
// for.
func TestCrashesOfTwoQueueManagers(t *testing.T) {
	a := crash(t, crashes(t)*2/3, lines, false)
	if s := a.sums; !t.Failed() && min(s.transactional, s.recoverable, s.express, s.journaled, s.acknowledged) == 0 {
		t.Error("not all was sent, so not all was proved")
	}
}

// P01, P02 and P36: the same, and the line harms packets.
func TestCrashesOverABadLine(t *testing.T) {
	a := crash(t, crashes(t)/3, badLines, true)
	if !t.Failed() && a.sums.transactional == 0 {
		t.Error("nothing was sent, so nothing was proved")
	}
}

func crash(t *testing.T, kills int, weathers []weather, streams bool) *audit {
	t.Helper()
	p := newPair(t, rand.New(rand.NewPCG(seed(t), 1))) //nolint:gosec // repeatable
	p.streams = streams
	a := newAudit(t)
	killed := map[string]int{}
	const each = 10 // kills between two accounts
	for left := kills; left > 0 && !t.Failed(); {
		n := min(each, left)
		p.worked(n, weathers, killed)
		left -= n
		b := p.open()
		if stuck := p.settle(b); stuck != "" {
			a.wrong(&a.sums.stuck, "it does not end: %s", stuck)
		}
		a.compare(b)
	}
	t.Log(list(killed))
	t.Log(a.figures())
	for i, l := range p.lines {
		t.Logf("line %d: %+v", i, l.Stats())
	}
	return a
}

func list(killed map[string]int) string {
	var s []string
	for _, point := range slices.Sorted(maps.Keys(killed)) {
		s = append(s, fmt.Sprintf("%s %d", point, killed[point]))
	}
	return "kills: " + strings.Join(s, ", ")
}

// worked has both sides work, kills n times and leaves them dead.
func (p *pair) worked(n int, weathers []weather, killed map[string]int) {
	p.t.Helper()
	for _, s := range p.sides {
		p.arm(s)
	}
	for range max(1, n-2) { // two are killed in the end
		w := weathers[p.rnd.IntN(len(weathers))]
		p.weather(w.rule)
		p.down(w.down)
		i := p.rnd.IntN(2)
		s := p.sides[i]
		if match := traps[s.point]; match != nil {
			p.set(&trap{side: i, match: match, after: 1 + p.rnd.IntN(10)})
		}
		how := p.wait(s)
		if p.rnd.IntN(4) == 0 {
			p.cut()
		}
		p.set(nil)
		s.kill(p.t)
		killed[how]++
		p.arm(s)
	}
	p.weather(proxy.Rule{})
	p.down(false)
	for _, s := range p.sides {
		qmtest.Eventually(p.t, s.Name+" works", func() bool { return s.worked() || s.until(0) })
	}
	time.Sleep(time.Duration(p.rnd.IntN(300)) * time.Millisecond)
	for _, s := range p.sides {
		s.kill(p.t)
		killed["at any moment"]++
	}
}

// arm starts a side with a point where it ends.
func (p *pair) arm(s *side) {
	p.t.Helper()
	point := points[p.rnd.IntN(len(points))]
	pass := 1 + p.rnd.IntN(30)
	if point == failpoint.Checkpoint || point == failpoint.Ordered {
		pass = 1 + p.rnd.IntN(3)
	}
	p.begin(s, point, pass)
}

// wait waits for the moment to kill a side, and tells what it is.
func (p *pair) wait(s *side) string {
	p.t.Helper()
	if s.point != "" && s.until(1500*time.Millisecond) {
		return s.point
	}
	if p.rnd.IntN(8) > 0 { // else perhaps before it has opened its folder
		for deadline := time.Now().Add(time.Minute); !s.worked() && !s.until(time.Millisecond); {
			if time.Now().After(deadline) {
				p.t.Fatalf("%s never began: %s", s.Name, s.stderr.String())
			}
		}
	}
	if s.until(time.Duration(p.rnd.IntN(500)) * time.Millisecond) {
		return s.point
	}
	return "at any moment"
}
