package member

import (
	"context"
	"errors"
	"time"

	"posthouse/directory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
)

// job is something that a timer asks for.
type job uint8

// The jobs, in the order in which those that are due at once are done.
const (
	jobOnline  job = iota // Directory Online Timer
	jobSites              // Directory Sites Update Timer
	jobGates              // Directory Site Gates Update Timer
	jobRoutes             // QueueManager Query Timer
	jobNotices            // notices wait
	jobAgain              // objects that were changed at another controller
	jobs       = 6
)

// plan sets a job's timer, unless it runs already.
func (m *Member) plan(j job, after time.Duration) {
	m.mu.Lock()
	if m.due[j].IsZero() {
		m.due[j] = m.clock.Now().Add(after)
	}
	m.mu.Unlock()
	m.wake()
}

// planUsual sets the timers that always run.
func (m *Member) planUsual() {
	m.plan(jobSites, m.timers.Sites)
	m.plan(jobGates, m.timers.Gates)
	m.plan(jobRoutes, m.timers.Routes)
}

// wake makes run look at the timers again.
func (m *Member) wake() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// next is when the first timer is due; zero: none runs.
func (m *Member) next() (first time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, at := range m.due {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// take tells whether a job is due, and ends its timer then.
func (m *Member) take(j job) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.due[j].IsZero() || m.due[j].After(m.clock.Now()) {
		return false
	}
	m.due[j] = time.Time{}
	return true
}

// run does what is due until ctx ends, and looks at what was changed here.
func (m *Member) run(ctx context.Context, events <-chan localqm.Event) {
	changed := true // also while nobody watched
	for ctx.Err() == nil {
		for j := range job(jobs) {
			if m.take(j) {
				m.do(ctx, j)
			}
		}
		if changed {
			m.turn.Lock()
			m.push(ctx)
			m.turn.Unlock()
			changed = false
		}
		var alarm <-chan time.Time
		stop := func() {}
		if at := m.next(); !at.IsZero() {
			alarm, stop = m.clock.Alarm(at)
		}
		select {
		case <-ctx.Done():
		case <-m.kick:
		case <-alarm:
		case e, open := <-events:
			if !open {
				events = nil
			}
			changed = e.Kind == localqm.MachineChanged
		}
		stop()
	}
}

func (m *Member) do(ctx context.Context, j job) {
	m.turn.Lock()
	defer m.turn.Unlock()
	if j == jobOnline {
		m.checkOnline(ctx)
		return
	}
	var err error
	d, away := m.integrated("")
	switch j {
	case jobSites:
		if away == nil {
			if err = m.readSelf(ctx, d); err == nil {
				err = m.readMap(ctx, d)
			}
		}
		m.plan(j, m.timers.Sites)
	case jobGates:
		if away == nil {
			err = m.refreshGates(ctx, d)
		}
		m.plan(j, m.timers.Gates)
	case jobRoutes:
		if away == nil {
			err = m.readMap(ctx, d)
		}
		m.plan(j, m.timers.Routes)
	case jobNotices, jobAgain:
		if away == nil { // else the return of the directory asks for them
			err = m.lookAtPending(ctx, d)
		}
	}
	m.report(err)
}

func (m *Member) report(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		m.log.Warn("what the directory has could not be followed", "error", err)
	}
}

// checkOnline looks whether the directory is back (MS-MQDMPR 3.1.7.1.25).
func (m *Member) checkOnline(ctx context.Context) {
	if err := m.comeBack(ctx); err != nil && ctx.Err() == nil {
		m.away(err)
	}
}

// comeBack reads our machine object and what depends on it.
func (m *Member) comeBack(ctx context.Context) error {
	d := m.connection()
	self := m.manager.Identity().ID
	o, err := directory.Get[*directory.Machine](ctx, d, directory.ByID(self), directory.AttrSecurity)
	if errors.Is(err, mq.ErrMachineNotFound) {
		return m.gone(ctx, d, self)
	}
	if err != nil {
		return err
	}
	if err := m.follow(ctx, o); err != nil {
		return err
	}
	if err := m.readMap(ctx, d); err != nil {
		return err
	}
	if err := m.followQueues(ctx, d); err != nil {
		return err
	}
	m.enter(localqm.Integrated, "")
	m.mu.Lock()
	m.due[jobOnline] = time.Time{}
	waiting := len(m.pending.objects) > 0 || m.pending.all
	m.mu.Unlock()
	m.planUsual()
	if waiting {
		m.plan(jobNotices, 0)
	}
	m.push(ctx)
	return nil
}

// gone tells why our machine object is not found.
func (m *Member) gone(ctx context.Context, d directory.Directory, self mq.GUID) error {
	o, err := directory.Get[*directory.Machine](ctx, d, directory.ByName(m.computer))
	switch {
	case err == nil:
		return mismatch(fixAdopt, "the directory has a queue manager %s with the identifier %s, and this one is %s", m.computer, o.ID, self)
	case errors.Is(err, mq.ErrMachineNotFound):
		return mismatch("`posthouse directory join --adopt` registers it anew", "the queue manager %s is no longer in the directory", m.computer)
	}
	return err
}

// Refresh reads all anew: our machine, our public queues, sites and links.
func (m *Member) Refresh(ctx context.Context) error {
	m.mu.Lock()
	mode, why := m.mode, m.why
	m.mu.Unlock()
	if mode == localqm.Workgroup {
		return mq.Errorf(mq.ErrNoDS, "read the directory anew", "%s", why).WithFix("start the queue manager again")
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	err := m.comeBack(ctx)
	if ctx.Err() == nil && (errors.Is(err, mq.ErrNoDS) || mismatched(err)) {
		m.away(err)
	}
	return err
}
