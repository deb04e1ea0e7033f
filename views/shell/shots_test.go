package shell_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/shell"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// orders is the queue of the pictures.
const orders = `HUB-CPH01\private$\orders.in`

// messages is the grid of messages of the screen in front.
func (d *desk) messages(t *testing.T) *kit.Grid {
	t.Helper()
	grids := screentest.Find[*kit.Grid](t, d.window.Content())
	return grids[len(grids)-1]
}

// inSight waits until all rows in sight of the messages are in memory.
func (d *desk) inSight(t *testing.T) *kit.Grid {
	t.Helper()
	d.settle(t)
	g := d.messages(t)
	d.Until(t, "the messages in sight", func() bool {
		from, to := g.VisibleRange()
		for i := from; i < to; i++ {
			if _, ok := g.Source().Row(i); !ok {
				return false
			}
		}
		return to > from
	})
	return g
}

// message makes a message of a queue current, with the keyboard in its grid.
func (d *desk) message(t *testing.T, queue, label string) {
	t.Helper()
	d.Open(screen.Route{Screen: screen.Queues, Node: "local", Queue: queue})
	g := d.inSight(t)
	d.bodyShown(t) // of the first message, so that every run does the same
	for i := range g.Source().Len() {
		if row, ok := g.Source().Row(i); ok && row.Cells[1].Text == label {
			g.SetCurrent(i)
			break
		}
	}
	g.Focus()
	d.bodyShown(t)
}

func (d *desk) bodyShown(t *testing.T) {
	t.Helper()
	views := screentest.Find[*kit.BodyView](t, d.window.Content())
	if len(views) == 0 {
		t.Fatal("no body is shown")
	}
	d.Until(t, "the body", func() bool { return len(views[0].Document().Lines) > 0 })
}

// says reports whether a label says something.
func (d *desk) says(t *testing.T, words string) bool {
	t.Helper()
	for _, l := range screentest.Find[*kit.Label](t, d.window.Content()) {
		if strings.Contains(l.Text(), words) {
			return true
		}
	}
	return false
}

// explains reports whether an empty state, or anything painted, says something.
func (d *desk) explains(t *testing.T, words string) bool {
	t.Helper()
	for _, x := range screentest.Find[*canvas.Text](t, d.window.Content()) {
		if strings.Contains(x.Text, words) {
			return true
		}
	}
	return false
}

// variants are the variants to draw: both for pictures that are kept, else one.
func variants() []theme.Choice {
	if os.Getenv(viewtest.EnvShots) == "" {
		return viewtest.Variants[:1]
	}
	return viewtest.Variants
}

func TestShotsOfTheWindow(t *testing.T) {
	for _, v := range variants() {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			p := newPast()
			d := open(t, v, big, local(p))
			d.live(t, p)
			d.Until(t, "what the dead letters died of", func() bool { return d.says(t, "did not exist") })
			d.Done(screen.Action{What: "Checked the store of HUB-CPH01", Result: "No problem", Tone: kit.Success})
			d.Done(screen.Action{What: "Returned 200 messages to invoices.in", Result: "196 of 200", Tone: kit.Warning, Details: func() {}})
			d.Done(screen.Action{What: "Deleted 12 messages from orders.error", Result: "12 of 12", Tone: kit.Success})
			d.shot(t, "01-home", v)
			d.message(t, orders, "Order 4711-2096")
			d.shot(t, "02-queues", v)
			for _, x := range []struct {
				name string
				size fyne.Size
			}{{"16-narrow", narrow}, {"16b-smallest", smallest}} {
				d.window.Resize(x.size)
				d.message(t, orders, "Order 4711-2096")
				d.shot(t, x.name, v)
			}
		})
	}
}

func TestShotsOfEmptyStates(t *testing.T) {
	for _, v := range variants() {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			d := open(t, v, big, local(fake.New(fake.Options{Name: "LT-ANNA", Now: fake.NewClock(fake.Now).Now})))
			d.shot(t, "10-empty-first-start", v)
			d.Open(screen.Route{Screen: screen.Queues, Node: "local"})
			d.shot(t, "10-empty-no-queues", v)
			d.Open(screen.Route{Screen: screen.Outgoing})
			d.shot(t, "10-empty-outgoing", v)

			node := fake.Sample()
			d = open(t, v, big, local(node))
			d.Open(screen.Route{Screen: screen.Queues, Node: "local", Queue: `HUB-CPH01\private$\price.updates`})
			d.Until(t, "the empty queue", func() bool { return d.explains(t, "price.updates is empty") })
			d.shot(t, "10-empty-queue", v)
			d.message(t, orders, "Order 4711-2096")
			find := screentest.Find[*kit.Field](t, d.window.Content())
			find[len(find)-1].SetText("471x")
			find[len(find)-1].OnChanged("471x")
			d.Until(t, "the whole queue filtered", func() bool { return d.says(t, "0 of 2,486 match") })
			d.shot(t, "10-empty-filtered", v)
			node.Fail("Messages", mq.Errorf(mq.ErrAccessDenied, "read", `HUB-CPH01 said no: NORDHAVN\anna lacks Peek Message on invoices.in`))
			d.Open(screen.Route{Screen: screen.Queues, Node: "local", Queue: `HUB-CPH01\private$\invoices.in`})
			d.Until(t, "the refusal", func() bool { return d.explains(t, "You may not read this queue") })
			d.shot(t, "10-empty-denied", v)

			broken := local(nil)
			broken.Connect = func(context.Context) (shell.Link, error) {
				return shell.Link{}, mq.Errorf(mq.ErrServiceNotAvailable, "open", "process 4711 uses the data folder").
					WithFix("end it, or choose another folder with --data")
			}
			d = open(t, v, big, broken)
			d.shot(t, "10-empty-not-running", v)
			d.Open(screen.Route{Screen: screen.Queues, Node: "local"})
			d.shot(t, "10-empty-not-reachable", v)
		})
	}
}

func TestShotsOfAJob(t *testing.T) {
	for _, v := range variants() {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			p := newPast()
			d := open(t, v, big, local(p))
			d.live(t, p)
			d.message(t, orders, "Order 4711-2096")
			d.Job(screen.Job{
				Icon: "return", Title: "Returning messages to invoices.in", Total: 2000, Verb: "returned",
				Hint: "Cancel stops after this batch of 50.\nWhat is done stays done.",
				Run: func(run *screen.JobRun) error {
					run.Add(1236, 4, "already taken by a reader")
					<-run.Context().Done()
					return nil
				},
			})
			d.Until(t, "the card", func() bool { return len(screentest.Find[*kit.JobCard](t, d.window.Content())) == 1 })
			d.shot(t, "12-bulk-job", v)
		})
	}
}

func TestShotsOfAMillionMessages(t *testing.T) {
	for _, v := range variants() {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			node := fake.Sample()
			if err := node.Fill("tariff.rates", fake.Readings(1_000_000)); err != nil {
				t.Fatal(err)
			}
			d := open(t, v, big, local(node))
			d.message(t, `HUB-CPH01\private$\tariff.rates`, "Reading 0000001")
			d.messages(t).ScrollTo(500_000)
			d.inSight(t)
			d.shot(t, "20-million", v)
		})
	}
}
