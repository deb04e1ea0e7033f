package shell

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// sayFor is how long a word of what was done stands in the status bar.
const sayFor = 10 * time.Second

// statusBar always tells the truth: connected or not, since when, what runs.
type statusBar struct {
	s       *Shell
	bar     fyne.CanvasObject
	state   *kit.StatusCell
	meter   *kit.Meter
	part    *kit.Label
	express *kit.StatusCell
	fresh   *kit.Label
	runs    *kit.StatusCell
	line    *kit.Rule
	said    kit.State
	saying  *screen.Scope
}

func newStatusBar(s *Shell) *statusBar {
	b := &statusBar{s: s}
	b.state = kit.NewStatusCell(kit.State{}).Plain()
	b.meter = kit.NewMeter(120)
	b.part = kit.NewMuted("")
	b.express = kit.NewStatusCell(kit.State{}).Plain()
	b.fresh = kit.NewMuted("").Color(theme.Text2)
	b.runs = kit.NewStatusCell(kit.State{}).Plain()
	b.line = kit.NewDivider()
	b.bar = kit.StatusBar(b.state, b.meter, b.part, kit.Spacer(), b.express, b.fresh, b.line, b.runs)
	return b
}

func (b *statusBar) content() fyne.CanvasObject { return b.bar }

// say shows for a moment what was done.
func (b *statusBar) say(icon string, tone kit.Tone, words string) {
	if b.saying != nil {
		b.saying.End()
	}
	b.said = kit.State{Icon: icon, Color: tone.Ink(), Word: words}
	b.saying = b.s.scope.Sub()
	b.saying.After(sayFor, func() {
		b.said = kit.State{}
		b.update()
	})
	b.update()
}

// update writes the bar anew.
func (b *statusBar) update() {
	s := b.s
	w := words{s: s}
	state, part, under := w.left(b.said)
	b.state.Set(state)
	visible(b.meter, under)
	visible(b.part, under)
	if under {
		b.meter.Set(part, theme.Accent)
		b.part.SetText(screen.Percent(part))
	}
	express, any := w.express()
	b.express.Set(express)
	visible(b.express, any)
	b.fresh.SetText(w.refreshed())
	runs, any := w.running()
	b.runs.Set(runs)
	visible(b.runs, any)
	visible(b.line, any)
	b.bar.Refresh()
}

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// words decides what the status bar says.
type words struct{ s *Shell }

// left is the state of what is shown, what was just done, or the job under
// way with how much of it is done.
func (w words) left(said kit.State) (st kit.State, part float64, under bool) {
	s := w.s
	for i := len(s.jobs) - 1; i >= 0; i-- {
		if j := s.jobs[i]; j.card != nil {
			return kit.State{Icon: "sync", Color: theme.Info, Word: j.Title}, j.part(), true
		}
	}
	if said.Word != "" {
		return said, 0, false
	}
	if s.here.Screen == screen.Directory || s.here.Screen == screen.RouteMap {
		return w.directory(), 0, false
	}
	if s.here.Node == "" && len(s.links) > 1 {
		return w.all(), 0, false
	}
	l := s.find(s.here.Node)
	if l == nil {
		return kit.State{Icon: "minus-circle", Color: theme.Neutral, Word: "No computers"}, 0, false
	}
	return w.one(l), 0, false
}

// all tells how many computers are connected.
func (w words) all() kit.State {
	n := 0
	for _, l := range w.s.links {
		if l.shown.Client != nil && w.s.feed.Of(l.ID).Err == nil {
			n++
		}
	}
	st := kit.State{Icon: "check-circle", Color: theme.Success, Word: fmt.Sprintf("%d of %d computers connected", n, len(w.s.links))}
	if n == 0 {
		st.Icon, st.Color = "x-circle", theme.Danger
	}
	return st
}

// one tells how a computer is.
func (w words) one(l *link) kit.State {
	shown := l.shown.Shown()
	n := l.shown
	o := w.s.feed.Of(l.ID)
	switch {
	case n.State == screen.Connecting && n.Local:
		return shown.With("Opening the queue manager of this computer…")
	case n.State == screen.Connecting:
		return shown.With("Signing in to " + n.Name + "…")
	case n.State == screen.LetGo:
		return shown.With(n.Name + ": disconnected here since " + screen.Moment(n.Since, w.s.Now()))
	case n.Silent():
		why, _, _ := screen.Reason(n.Err)
		word := n.Name + ", since " + screen.Moment(n.Since, w.s.Now()) + ": " + why
		if n.Local {
			word = n.Name + ": " + why
		}
		return kit.State{Icon: shown.Icon, Color: theme.Danger, Word: kit.Shorten(word)}
	case o.Err != nil:
		why, _, _ := screen.Reason(o.Err)
		return kit.State{Icon: "x-circle", Color: theme.Danger, Word: kit.Shorten(n.Name + ": " + why)}
	}
	if screen.Offline(o.Machine) {
		return o.Shown(n).With(n.Name + ": working offline, messages for other computers are kept")
	}
	word := n.Name + ": connected since " + screen.Moment(n.Since, w.s.Now())
	if n.As != "" {
		word += " as " + n.As
	}
	return shown.With(word)
}

// express tells of messages that the end of this window would lose.
func (w words) express() (kit.State, bool) {
	var n int64
	for _, l := range w.s.links {
		if l.own {
			n += w.s.feed.Of(l.ID).Machine.ExpressCount
		}
	}
	return kit.State{Icon: "lightning", Color: theme.Warning, Word: screen.Many(n, "express message") + " in memory"}, n > 0
}

// refreshed tells when the counters were heard last.
func (w words) refreshed() string {
	var at time.Time
	for _, l := range w.s.links {
		if heard := w.s.feed.Of(l.ID).At; (w.s.here.Node == "" || w.s.here.Node == l.ID) && heard.After(at) {
			at = heard
		}
	}
	if !at.IsZero() {
		return "Refreshed " + at.In(w.s.Now().Location()).Format("15:04:05")
	}
	return ""
}

// running tells what runs on this computer, and who can reach it.
func (w words) running() (kit.State, bool) {
	for _, l := range w.s.links {
		if !l.Local {
			continue
		}
		st := kit.State{Icon: "laptop", Color: theme.Muted}
		switch {
		case l.shown.State == screen.Connecting:
			return st, false
		case l.shown.Silent(), w.s.feed.Of(l.ID).Err != nil:
			return kit.State{Icon: "laptop", Color: theme.Danger, Word: l.shown.Name + ": queue manager not running"}, true
		case l.own:
			st.Word = l.shown.Name + ": queue manager running, " + reach(w.s.feed.Of(l.ID).Machine)
		default:
			st.Word = l.shown.Name + ": queue manager running outside this window, " + reach(w.s.feed.Of(l.ID).Machine)
		}
		return st, true
	}
	return kit.State{}, false
}
