package queueforms

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// board lays dialogs out like the pictures of the design.
type board struct{ objs []fyne.CanvasObject }

func (b *board) put(x, y, w float32, caption string, o fyne.CanvasObject) {
	l := kit.NewMuted(caption)
	l.Move(fyne.NewPos(x, y))
	l.Resize(fyne.NewSize(w, 20))
	// Twice: what wraps knows its height once it has its width.
	for range 3 {
		o.Resize(fyne.NewSize(w, o.MinSize().Height))
	}
	o.Move(fyne.NewPos(x, y+20))
	b.objs = append(b.objs, l, o)
}

func (b *board) view() fyne.CanvasObject {
	return kit.NewPanel(theme.Background, container.NewWithoutLayout(b.objs...))
}

func shoot(t *testing.T, name string, make func(h *screentest.Host) *board) {
	t.Helper()
	shootWide(t, name, 1440, make)
}

func shootWide(t *testing.T, name string, width float32, make func(h *screentest.Host) *board) {
	t.Helper()
	for _, v := range viewtest.Variants {
		t.Run(viewtest.Name(v), func(t *testing.T) {
			viewtest.NewApp(t, v)
			h := screentest.New(t, fake.Sample())
			viewtest.Shot(t, name, make(h).view(), fyne.NewSize(width, 900), v)
		})
	}
}

func node(t testing.TB, h *screentest.Host) screen.Node {
	t.Helper()
	n, err := client(h, "")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func known(t testing.TB, n screen.Node, queue string) facts {
	t.Helper()
	f, err := askFacts(context.Background(), n.Client, queue)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestShotsQueueProperties(t *testing.T) {
	shoot(t, "17-queue-properties", func(h *screentest.Host) *board {
		n := node(t, h)
		guard, _ := mgmtclient.Can[mgmtclient.Guard](n.Client)
		if err := guard.SetACL(context.Background(), "orders.in", "O:S-1-22-1-1000D:(A;;0xf003f;;;S-1-22-1-1000)(A;;0x27;;;S-1-22-1-998)(A;;0x20020;;;WD)(A;;0x20024;;;AN)"); err != nil {
			t.Fatal(err)
		}
		f := known(t, n, "orders.in")
		b := &board{}
		general := newProperties(h, n, f)
		general.label.SetText("Orders, web and desks")
		b.put(24, 20, 488, "Properties, General", general.dialog.Frame())
		journal := newProperties(h, n, f)
		journal.tabs.SetChosen(tabJournal)
		journal.turn()
		b.put(24, 524, 488, "Properties, Journal", journal.dialog.Frame())
		guarded := newProperties(h, n, f)
		guarded.tabs.SetChosen(tabSecurity)
		guarded.turn()
		guarded.secure.list.FocusGained()
		guarded.secure.list.choose(3)
		guarded.secure.share.OnChanged(shareNone)
		b.put(520, 20, 488, "Properties, Security: a change that would lock senders out", guarded.dialog.Frame())
		fresh := newQueueForm(h, n, "customs.replies")
		fresh.label = "Answers from customs"
		fresh.labels.SetText(fresh.label)
		fresh.update(true)
		b.put(1016, 20, 412, "New queue: the strict default, said out loud", fresh.dialog.Frame())
		limits := newProperties(h, n, f)
		limits.tabs.SetChosen(tabLimits)
		limits.turn()
		b.put(1016, 512, 412, "Properties, Limits", limits.dialog.Frame())
		return b
	})
}

func TestShotsDialogs(t *testing.T) {
	shoot(t, "09-dialogs", func(h *screentest.Host) *board {
		n := node(t, h)
		d, err := inspect(context.Background(), n.Client, "orders.in")
		if err != nil {
			t.Fatal(err)
		}
		b := &board{}
		b.put(24, 20, 512, "Destructive, large: names what and how many; Enter cancels until the name matches", purgeQuestion(h, d, n.Name, func() {}).Frame())
		b.put(24, 440, 512, "Destructive, a queue with all it holds", deleteQueueQuestion(h, d, n.Name, func() {}).Frame())
		page, err := n.Client.Messages(context.Background(), "orders.in", mgmtclient.Page{Limit: 12})
		if err != nil {
			t.Fatal(err)
		}
		chosen := Messages{Node: n.ID, Queue: d.queue.PathName, Rows: page.Messages}
		for i, m := range page.Messages {
			chosen.Items = append(chosen.Items, screen.Item{ID: m.LookupID, Label: m.Label})
			if i%4 == 0 {
				chosen.Rows[i].Acknowledge, chosen.Rows[i].AdminQueue = []string{"received"}, `DIRECT=OS:WEB-CPH01\private$\acks`
			}
		}
		b.put(560, 20, 512, "Destructive, small: Cancel has the focus, senders are counted", deleteQuestion(chosen, n.Name, func() {}).Frame())
		yes := true
		choose := newChooseForm(h, Choice{
			Title: "Move 12 messages", Icon: "move", Do: "Move", Node: n.ID, From: d.queue.PathName, Transactional: &yes, Typed: true,
			Hint: func(to string) string { return MoveHint(d.queue.PathName, to) },
		})
		choose.find("orders")
		choose.field.SetText("orders")
		choose.chosen = choose.shown[1].path
		choose.grid.Refresh()
		choose.mark()
		choose.update()
		b.put(560, 300, 512, "Where to: subqueues keep IDs, other kinds of queue are marked", choose.dialog.Frame())
		b.put(1096, 20, 320, "Wait over 200 ms, with cancel", kit.WaitBar("Asking HUB-AAR02, 3 s", func() {}))
		b.put(1096, 120, 320, "An answer that was no", ErrorNote("The queue was not created.",
			mq.Errorf(mq.ErrAccessDenied, "create queue", "your account may not create queues here").WithFix("ask the owner of HUB-CPH01 for Create Queue")))
		return b
	})
}
