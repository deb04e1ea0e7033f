package shell

import (
	"context"
	"fmt"
	"slices"
	"time"

	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// A job shows its card after cardAfter, and progress five times a second.
const (
	cardAfter = 500 * time.Millisecond
	cardEvery = 200 * time.Millisecond
)

// job is something long under way.
type job struct {
	screen.Job
	run    *screen.JobRun
	cancel context.CancelFunc
	card   *kit.JobCard
	began  time.Time
	hidden bool
}

// Job is screen.Host's.
func (s *Shell) Job(j screen.Job) {
	ctx, cancel := context.WithCancel(s.scope.Context())
	b := &job{Job: j, cancel: cancel, run: screen.NewJobRun(ctx, nil), began: time.Now()}
	s.jobs = append(s.jobs, b)
	if l := s.find(j.Node); l != nil && j.Node != "" && l.scope != nil {
		l.scope.OnEnd(cancel)
	}
	ticks := s.scope.Sub()
	ticks.After(cardAfter, func() {
		b.card = kit.NewJobCard()
		b.card.OnCancel = cancel
		b.card.OnMinimise = func() {
			b.hidden = true
			s.showCards()
		}
		b.show()
		s.showCards()
		s.bar.update()
		ticks.Every(cardEvery, func() {
			b.show()
			s.bar.update()
		})
	})
	screen.Load(s.scope, func(context.Context) (struct{}, error) {
		return struct{}{}, j.Run(b.run)
	}, func(_ struct{}, err error) {
		done := b.run.Progress()
		cancel()
		ticks.End()
		s.jobs = slices.DeleteFunc(s.jobs, func(x *job) bool { return x == b })
		s.showCards()
		s.bar.update()
		if j.Then != nil {
			j.Then(done, err)
		}
	})
}

// showCards shows the cards of the jobs under way, the newest lowest.
func (s *Shell) showCards() {
	s.cards.Objects = nil
	for _, b := range slices.Backward(s.jobs) {
		if b.card != nil && !b.hidden {
			s.cards.Objects = append(s.cards.Objects, b.card)
		}
	}
	s.cards.Refresh()
}

// part is how much of a job is done, 0 to 1.
func (b *job) part() float64 {
	p := b.run.Progress()
	if b.Total <= 0 {
		return 0
	}
	return min(1, float64(p.OK+p.Failed)/float64(b.Total))
}

func (b *job) show() { b.card.Set(b.state(time.Since(b.began))) }

// state is what the card says after so much time.
func (b *job) state(spent time.Duration) kit.JobState {
	p := b.run.Progress()
	n := p.OK + p.Failed
	st := kit.JobState{Icon: b.Icon, Title: b.Title, Part: b.part(), Hint: b.Hint, Done: screen.Count(n)}
	if b.Total > 0 {
		st.Done += " of " + screen.Count(b.Total)
	}
	if rate := float64(n) / spent.Seconds(); rate >= 1 {
		st.Rate = fmt.Sprintf("%s per second", screen.Count(int64(rate)))
		if left := float64(b.Total-n) / rate; b.Total > n {
			st.Rate += ", about " + screen.Duration(max(time.Second, time.Duration(left*float64(time.Second)))) + " left"
		}
	}
	if p.OK > 0 && b.Verb != "" {
		st.Counts = append(st.Counts, kit.State{Icon: "check", Color: theme.Success, Word: screen.Count(p.OK) + " " + b.Verb})
	}
	if p.Failed > 0 {
		word := screen.Count(p.Failed) + " skipped"
		if p.Note != "" {
			word += ", " + p.Note
		}
		st.Counts = append(st.Counts, kit.State{Icon: "warning", Color: theme.Warning, Word: word})
	}
	if p.Stopped {
		st.Hint = "Stopping…"
	}
	return st
}
