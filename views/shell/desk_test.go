package shell_test

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/compose"
	"posthouse/views/deadletters"
	"posthouse/views/home"
	"posthouse/views/kit"
	"posthouse/views/outgoing"
	"posthouse/views/preferences"
	"posthouse/views/queueforms"
	"posthouse/views/queues"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// desk is a shell in a window without a display, on computers in memory.
type desk struct {
	*screentest.Queue
	*shell.Shell
	window fyne.Window
	clock  *fake.Clock
	copied string
	quit   bool
}

// closed makes a desk that has not asked anybody yet.
func closed(t *testing.T, v theme.Choice, size fyne.Size, nodes ...shell.Node) *desk {
	t.Helper()
	return beside(t, v, size, nil, nodes...)
}

// beside is closed with other computers.
func beside(t *testing.T, v theme.Choice, size fyne.Size, others mgmtclient.Computers, nodes ...shell.Node) *desk {
	t.Helper()
	viewtest.NewApp(t, v)
	d := &desk{Queue: screentest.NewQueue(), window: test.NewTempWindow(t, nil), clock: fake.NewClock(morning)}
	form := func(screen.Host, screen.Route) {}
	d.Shell = shell.New(context.Background(), shell.Options{
		Window: d.window, Post: d.Post, Now: d.clock.Now, Nodes: nodes, Computers: others,
		Retry: func(int) time.Duration { return 40 * time.Millisecond },
		Screens: map[screen.Name]screen.Factory{
			screen.Home: home.New, screen.Queues: queues.New, screen.DeadLetters: deadletters.New,
			screen.Outgoing: outgoing.New, screen.Compose: compose.New, screen.Settings: preferences.New(nil),
		},
		Forms: map[screen.Name]screen.Form{
			screen.NewQueue: form, screen.Properties: queueforms.Properties, screen.PurgeQueue: form, screen.DeleteQueue: form,
			screen.About: form,
		},
		Export: func(context.Context, mgmtclient.Node, io.Writer, string, []mgmtclient.LookupID, func(int64)) error {
			return nil
		},
		Copy: func(s string) { d.copied = s },
		Quit: func() { d.quit = true },
	})
	d.Fill()
	d.window.SetContent(screen.Column(1, menuBar(), d.Content()))
	d.window.Resize(size)
	t.Cleanup(func() {
		d.Close()
		d.Wait()
	})
	return d
}

// open makes a desk and waits until all computers have answered.
func open(t *testing.T, v theme.Choice, size fyne.Size, nodes ...shell.Node) *desk {
	t.Helper()
	d := closed(t, v, size, nodes...)
	d.Start()
	d.answered(t)
	return d
}

func (d *desk) answered(t *testing.T) {
	t.Helper()
	d.Until(t, "the first answer of every computer", func() bool {
		return !slices.ContainsFunc(d.Nodes(), func(n screen.Node) bool {
			o := d.Feed().Of(n.ID)
			return !n.Silent() && o.At.IsZero() && o.Err == nil
		})
	})
	d.settle(t)
}

// settle lays the window out as it would be painted.
func (d *desk) settle(t *testing.T) {
	t.Helper()
	screentest.Settle(t, d.window.Content())
}

// shot draws the window.
func (d *desk) shot(t *testing.T, name string, v theme.Choice) {
	t.Helper()
	d.settle(t)
	d.settle(t)
	viewtest.ShotOf(t, name, d.window.Canvas(), v)
}

// menuBar stands for Fyne's, which the test driver does not draw.
func menuBar() fyne.CanvasObject {
	var words []fyne.CanvasObject
	for _, m := range screen.Menus {
		words = append(words, kit.NewLabel(m).Color(theme.Text2))
	}
	return kit.NewPanel(theme.Background, screen.Column(0, kit.Fixed(0, 27, kit.Padded(0, 16, 0, 16, kit.GapRow(20, words...))), kit.NewRule()))
}

// The computer of the pictures was started in the morning.
var morning = time.Date(2026, time.November, 19, 8, 12, 4, 0, fake.Zone)

// past is the sample computer with a past: its counters walk to what they are.
type past struct {
	*fake.Node
	left atomic.Int64 // steps until now
}

const (
	pastSteps = kit.SparkPoints - 1
	pastStep  = 150 * time.Second
)

func newPast() *past {
	p := &past{Node: fake.Sample()}
	p.left.Store(pastSteps)
	return p
}

// ago is what a counter was so many steps ago.
func ago(name string, now, left int64) int64 {
	r := rand.New(rand.NewPCG(uint64(len(name)), uint64(name[len(name)/2])))
	v := float64(now)
	trend := (r.Float64() - 0.7) * 0.03 * v
	for range left {
		v += trend + (r.Float64()-0.5)*0.12*float64(now)
	}
	return max(0, int64(v))
}

func (p *past) Queues(ctx context.Context, f mgmtclient.QueueFilter) ([]mgmtclient.Queue, error) {
	list, err := p.Node.Queues(ctx, f)
	for i := range list {
		list[i].Messages = ago(list[i].PathName, list[i].Messages, p.left.Load())
	}
	return list, err
}

func (p *past) Machine(ctx context.Context) (mgmtclient.Machine, error) {
	m, err := p.Node.Machine(ctx)
	left := p.left.Load()
	m.Messages = ago("machine", m.Messages, left)
	m.Received -= int64(float64(left) * pastStep.Seconds() * 42.6)
	m.Removed -= int64(float64(left) * pastStep.Seconds() * 40.9)
	return m, err
}

// live walks through the past of a computer to now.
func (d *desk) live(t *testing.T, p *past) {
	t.Helper()
	d.clock.Advance(fake.Now.Sub(d.clock.Now()) - pastSteps*pastStep)
	for left := int64(pastSteps - 1); left >= 0; left-- {
		d.clock.Advance(pastStep)
		p.left.Store(left)
		at := d.clock.Now()
		d.Feed().Refresh("local")
		d.Until(t, "the next answer", func() bool { return d.Feed().Of("local").At.Equal(at) })
	}
}

// local makes a computer the queue manager of the window.
func local(node mgmtclient.Node) shell.Node {
	return shell.Node{ID: "local", Name: "HUB-CPH01", Local: true, Connect: func(context.Context) (shell.Link, error) {
		return shell.Link{Client: node, As: `NORDHAVN\anna`, Own: true}, nil
	}}
}

var (
	big      = fyne.NewSize(1440, 900)
	narrow   = fyne.NewSize(1024, 700)
	smallest = fyne.NewSize(960, 600)
)
