package screen

import (
	"context"
	"sync"
)

// JobRun is a job under way. Its methods may be called from any goroutine.
type JobRun struct {
	ctx  context.Context
	tell func()

	mu sync.Mutex
	p  Progress
}

// NewJobRun is for a Host: tell is called after each change.
func NewJobRun(ctx context.Context, tell func()) *JobRun {
	return &JobRun{ctx: ctx, tell: tell}
}

// Context ends when the job is cancelled or the window closes.
func (j *JobRun) Context() context.Context { return j.ctx }

// Add counts items done well and failed; note says why they failed.
func (j *JobRun) Add(ok, failed int64, note string) {
	j.mu.Lock()
	j.p.OK += ok
	j.p.Failed += failed
	if note != "" {
		j.p.Note = note
	}
	j.mu.Unlock()
	if j.tell != nil {
		j.tell()
	}
}

// Progress is how far it is.
func (j *JobRun) Progress() Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.p
	p.Stopped = j.ctx.Err() != nil
	return p
}
