package screentest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Host is a screen.Host for tests. Its clock stands at fake.Now.
type Host struct {
	*Queue

	Opened  []screen.Route
	Dialogs []*kit.Dialog
	Actions []screen.Action // newest first
	Copied  []string
	Failed  []error
	Jobs    []screen.Progress // of jobs that have ended
	// Connected and Disconnected are the computers that were to be.
	Connected, Disconnected []string
	// File is what OpenFile and SaveFile choose; "" nothing.
	File string
	// Exported is what Export wrote: a line of its queue and ids each time.
	Exported []string
	// Forest, if set, is the directory.
	Forest mgmtclient.Directory
	// Canvas, if set, shows dialogs.
	Canvas fyne.Canvas

	nodes    []screen.Node
	feed     *screen.Feed
	scope    *screen.Scope
	prefs    *screen.Preferences
	commands *screen.Commands
	jobs     int
}

// New makes a host on connected nodes, the first of which is this computer;
// it ends with the test.
func New(t testing.TB, nodes ...mgmtclient.Node) *Host {
	t.Helper()
	q := NewQueue()
	h := &Host{
		Queue: q, scope: screen.NewScope(context.Background(), q.Post),
		prefs: screen.NewPreferences(nil), commands: screen.NewCommands(screen.Table...),
	}
	h.feed = screen.NewFeed(h.scope, h.Now, func() time.Duration { return time.Hour })
	for i, n := range nodes {
		m, err := n.Machine(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		h.nodes = append(h.nodes, screen.Node{
			ID: m.Name, Name: m.Name, Local: i == 0, State: screen.Connected, As: `NORDHAVN\anna`,
			Since: m.Started, Client: n,
		})
		h.feed.Follow(m.Name, n)
	}
	t.Cleanup(func() {
		h.scope.End()
		h.scope.Wait()
	})
	h.Ready(t)
	return h
}

// Ready waits until the feed knows all nodes.
func (h *Host) Ready(t testing.TB) {
	t.Helper()
	h.Until(t, "the first answer of every node", func() bool {
		return !slices.ContainsFunc(h.nodes, func(n screen.Node) bool {
			o := h.feed.Of(n.ID)
			return o.At.IsZero() && o.Err == nil
		})
	})
}

// SetNode changes a node, or adds one.
func (h *Host) SetNode(n screen.Node) {
	for i := range h.nodes {
		if h.nodes[i].ID == n.ID {
			h.nodes[i] = n
			return
		}
	}
	h.nodes = append(h.nodes, n)
}

// Idle runs what is posted until no job is under way.
func (h *Host) Idle(t testing.TB) {
	t.Helper()
	h.Until(t, "the end of the jobs", func() bool { return h.jobs == 0 })
}

// Dialog is the dialog opened last.
func (h *Host) Dialog() *kit.Dialog {
	if len(h.Dialogs) == 0 {
		return nil
	}
	return h.Dialogs[len(h.Dialogs)-1]
}

// Nodes and what follows are the methods of screen.Host.

func (h *Host) Nodes() []screen.Node { return slices.Clone(h.nodes) }

func (h *Host) Node(id string) (screen.Node, bool) {
	for _, n := range h.nodes {
		if n.ID == id || id == "" {
			return n, true
		}
	}
	return screen.Node{}, false
}

func (h *Host) Feed() *screen.Feed               { return h.feed }
func (h *Host) Now() time.Time                   { return fake.Now }
func (h *Host) Scope() *screen.Scope             { return h.scope }
func (h *Host) Preferences() *screen.Preferences { return h.prefs }
func (h *Host) Commands() *screen.Commands       { return h.commands }
func (h *Host) Open(r screen.Route)              { h.Opened = append(h.Opened, r) }
func (h *Host) Connect(id string)                { h.Connected = append(h.Connected, id) }
func (h *Host) Disconnect(id string)             { h.Disconnected = append(h.Disconnected, id) }
func (h *Host) Copy(text, _ string)              { h.Copied = append(h.Copied, text) }
func (h *Host) Fail(_ string, err error)         { h.Failed = append(h.Failed, err) }
func (h *Host) Recent() []screen.Action          { return slices.Clone(h.Actions) }

func (h *Host) Directory() mgmtclient.Directory { return h.Forest }

func (h *Host) Here() screen.Route {
	if len(h.Opened) == 0 {
		return screen.Route{Screen: screen.Home}
	}
	return h.Opened[len(h.Opened)-1]
}

func (h *Host) Done(a screen.Action) {
	a.When = h.Now()
	h.Actions = slices.Insert(h.Actions, 0, a)
}

func (h *Host) Show(d *kit.Dialog) {
	h.Dialogs = append(h.Dialogs, d)
	if h.Canvas != nil {
		d.Show(h.Canvas)
	}
}

func (h *Host) OpenFile(_ string, then func(string))    { h.choose(then) }
func (h *Host) SaveFile(_, _ string, then func(string)) { h.choose(then) }

func (h *Host) choose(then func(string)) {
	if h.File != "" {
		then(h.File)
	}
}

func (h *Host) Export() screen.Export {
	return func(_ context.Context, _ mgmtclient.Node, to io.Writer, queue string, ids []mgmtclient.LookupID, told func(int64)) error {
		line := fmt.Sprintf("%s %v", queue, ids)
		h.Post(func() { h.Exported = append(h.Exported, line) })
		told(int64(len(ids)))
		_, err := io.WriteString(to, line)
		return err
	}
}

func (h *Host) Job(j screen.Job) {
	h.jobs++
	run := screen.NewJobRun(h.scope.Context(), nil)
	screen.Load(h.scope, func(context.Context) (struct{}, error) { return struct{}{}, j.Run(run) }, func(_ struct{}, err error) {
		h.jobs--
		h.Jobs = append(h.Jobs, run.Progress())
		if j.Then != nil {
			j.Then(run.Progress(), err)
		}
	})
}
