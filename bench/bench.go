package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/route"
	"posthouse/localqm/store"
	"posthouse/mgmtclient"
)

// Options say what to measure and how.
type Options struct {
	What     []string      // of Kinds; empty: all
	Dir      string        // where the data folders are made; empty: the system's for temporary files
	Senders  []int         // of send; empty: 1, 8, 64
	Window   int           // messages a sender sends at once; 0: 1
	Size     int           // bytes of a body; 0: 1024
	Delivery string        // recoverable (default), express, transactional
	Rounds   int           // interleaved rounds, of which the median counts; 0: 3
	Length   time.Duration // of each round of send and receive; 0: 2 s
	Depth    int           // messages of browse, open and disk; 0: 100,000
	Progress func(string)
	// Attach connects to the queue manager that runs on a data folder; wire, reconnect
	// and rpc need it.
	Attach func(ctx context.Context, folder string) (Receiver, error)
	// Remote connects to one as a console on another computer does; rpc needs it.
	Remote func(ctx context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error)
	// Map is how long a step takes on the route map of so many sites; nil: this build has
	// no window. directory asks it.
	Map func(sites int) (drag, zoom time.Duration)
}

// Receiver is what is asked of the process that receives.
type Receiver interface {
	mgmtclient.Node
	mgmtclient.QueueAdmin
	mgmtclient.Purger
	mgmtclient.Guard
}

// Kinds are the measurements there are.
var Kinds = []string{"send", "receive", "browse", "open", "disk", "wire", "reconnect", "rpc", "directory"}

// Result is one figure, with what it was measured against.
type Result struct {
	What    string  `json:"what"`
	Case    string  `json:"case"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Against string  `json:"against"`
	Base    float64 `json:"base"`
	Ratio   float64 `json:"ratio"` // Value / Base
	Target  string  `json:"target,omitempty"`
	Met     *bool   `json:"met,omitempty"`
}

// Report is a run.
type Report struct {
	Time    time.Time `json:"time"`
	OS      string    `json:"os"`
	Arch    string    `json:"arch"`
	CPUs    int       `json:"cpus"`
	Go      string    `json:"go"`
	Results []Result  `json:"results"`
}

// Run measures. What it makes it removes again.
func Run(ctx context.Context, o Options) (Report, error) {
	r := &run{Options: o}
	r.defaults()
	dir, err := os.MkdirTemp(o.Dir, "posthouse-bench-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(dir)
	r.dir = dir
	report := Report{Time: time.Now(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	steps := map[string]func(context.Context) error{
		"send": r.send, "receive": r.receive, "browse": r.browse, "open": r.open, "disk": r.disk,
		"wire": r.wire, "reconnect": r.reconnect, "rpc": r.rpc, "directory": r.directory,
	}
	for _, what := range r.What {
		step := steps[what]
		if step == nil {
			return report, fmt.Errorf("there is no measurement %q; there are %v", what, Kinds)
		}
		if err := step(ctx); err != nil {
			return report, fmt.Errorf("bench %s: %w", what, err)
		}
	}
	report.Results = r.results
	return report, nil
}

type run struct {
	Options
	dir     string
	deep    string // folder of the large queue
	packets int64  // bytes of its encoded packets
	results []Result

	port  uint16 // of the queue managers of wire and reconnect
	hosts route.Hosts
}

func (r *run) defaults() {
	if len(r.What) == 0 {
		r.What = Kinds
	}
	if len(r.Senders) == 0 {
		r.Senders = []int{1, 8, 64}
	}
	r.Window = max(r.Window, 1)
	if r.Size == 0 {
		r.Size = 1024
	}
	if r.Rounds == 0 {
		r.Rounds = 3
	}
	if r.Length == 0 {
		r.Length = 2 * time.Second
	}
	if r.Depth == 0 {
		r.Depth = 100_000
	}
	if r.Delivery == "" {
		r.Delivery = "recoverable"
	}
	if r.Progress == nil {
		r.Progress = func(string) {}
	}
}

// add keeps a result; more is better if atLeast, a target is a bound on Ratio.
func (r *run) add(what, name string, value float64, unit, against string, base, target float64, atLeast bool) {
	res := Result{What: what, Case: name, Value: value, Unit: unit, Against: against, Base: base}
	if base != 0 {
		res.Ratio = value / base
	}
	if target != 0 {
		met, sign := res.Ratio <= target, "<="
		if atLeast {
			met, sign = res.Ratio >= target, ">="
		}
		res.Met, res.Target = &met, fmt.Sprintf("%s %.2f", sign, target)
	}
	r.results = append(r.results, res)
	r.Progress(fmt.Sprintf("%-8s %-34s %12.0f %-6s %6.2f x %s", what, name, value, unit, res.Ratio, against))
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// owner is who the queue managers of a run belong to.
var owner = localqm.LocalUser(0, nil, true, "bench")

// start opens a queue manager on a folder with one queue.
func (r *run) start(ctx context.Context, folder string) (*localqm.QueueManager, error) {
	s, err := store.Open(ctx, store.Options{Dir: filepath.Join(r.dir, folder), Name: machine})
	if err != nil {
		return nil, err
	}
	m, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: owner.Token.User.String()})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return m, nil
}

const machine, queue = "BENCH", "bench"

func (r *run) create(ctx context.Context, m *localqm.QueueManager) error {
	xact := r.Delivery == "transactional"
	_, err := m.CreateQueue(ctx, owner, name(), localqm.QueueSpec{Transactional: &xact})
	return err
}

func name() mq.QueueName { return mq.QueueName{Path: mq.PrivatePath(queue)} }

func (r *run) handle(ctx context.Context, m *localqm.QueueManager, a localqm.Access) (*localqm.Handle, error) {
	return m.OpenQueue(ctx, owner, name(), a, localqm.DenyNone)
}

// messages are Window new messages with a shared body.
func (r *run) messages(body []byte) []*mq.Message {
	out := make([]*mq.Message, r.Window)
	for i := range out {
		msg := &mq.Message{Label: "bench", Body: body, Delivery: mq.Recoverable}
		if r.Delivery == "express" {
			msg.Delivery = mq.Express
		}
		msg.Defaults()
		out[i] = msg
	}
	return out
}

// sendOnce sends a window, in one transaction if that is asked.
func (r *run) sendOnce(ctx context.Context, m *localqm.QueueManager, h *localqm.Handle, body []byte) error {
	if r.Delivery != "transactional" {
		_, err := h.Send(ctx, nil, r.messages(body)...)
		return err
	}
	tx, err := m.Begin()
	if err != nil {
		return err
	}
	if _, err := h.Send(ctx, tx, r.messages(body)...); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
