package screen_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
)

func TestNothingComesBackToAScreenThatWasLeft(t *testing.T) {
	q := screentest.NewQueue()
	s := screen.NewScope(context.Background(), q.Post)
	left := s.Sub()
	came := false
	began := make(chan struct{})
	screen.Load(left, func(ctx context.Context) (int, error) {
		close(began)
		<-ctx.Done()
		return 1, ctx.Err()
	}, func(int, error) { came = true })
	<-began
	left.End()
	s.Wait()
	q.Run()
	if came {
		t.Error("the answer came after the scope had ended")
	}
	stayed := false
	screen.Load(s, func(context.Context) (int, error) { return 7, nil }, func(v int, _ error) { stayed = v == 7 })
	q.Until(t, "the answer", func() bool { return stayed })
	s.End()
	if sub := s.Sub(); !sub.Ended() {
		t.Error("a part of an ended scope goes on")
	}
}

func TestAnAnswerPostedBeforeTheEndIsDropped(t *testing.T) {
	q := screentest.NewQueue()
	s := screen.NewScope(context.Background(), q.Post)
	came := false
	s.Go(func(context.Context) {}, func() { came = true })
	s.Wait()
	s.End()
	q.Run()
	if came {
		t.Error("the answer came after the scope had ended")
	}
}

func TestEveryCommandHasItsIconAndAKeyOfItsOwn(t *testing.T) {
	keys := map[screen.Shortcut]screen.ID{}
	ids := map[screen.ID]bool{}
	for _, c := range screen.Table {
		if c.Title == "" || !slices.Contains(screen.Menus, c.Menu) {
			t.Errorf("%s: title %q, menu %q", c.ID, c.Title, c.Menu)
		}
		if c.Icon != "" && !theme.HasIcon(c.Icon) {
			t.Errorf("%s: no icon %q", c.ID, c.Icon)
		}
		if ids[c.ID] {
			t.Errorf("%s: twice", c.ID)
		}
		ids[c.ID] = true
		if other, taken := keys[c.Keys]; taken && c.Keys != "" {
			t.Errorf("%s and %s share %s", c.ID, other, c.Keys)
		}
		keys[c.Keys] = c.ID
	}
}

func TestTheScreenInFrontCarriesOutFirst(t *testing.T) {
	c := screen.NewCommands(screen.Table...)
	var got string
	may := false
	c.Base(screen.Actions{screen.CmdRefresh: {Run: func() { got = "window" }}})
	c.Front(screen.Actions{screen.CmdRefresh: {Run: func() { got = "screen" }, Enabled: func() bool { return may }}})
	if c.Run(screen.CmdRefresh) || got != "" {
		t.Errorf("a disabled command ran: %q", got)
	}
	may = true
	if !c.Run(screen.CmdRefresh) || got != "screen" {
		t.Errorf("got %q", got)
	}
	c.Front(nil)
	if !c.Run(screen.CmdRefresh) || got != "window" {
		t.Errorf("got %q", got)
	}
	if c.Run(screen.CmdPurge) {
		t.Error("nobody purges here")
	}
}

func TestPreferencesKeepWhatIsAllowed(t *testing.T) {
	kept := map[string]string{"rowHeight": "99", "pageSize": "{"}
	p := screen.NewPreferences(keeper(kept))
	if screen.RowHeight.Get(p) != 28 || screen.PageSize.Get(p) != 200 {
		t.Error("a value that is not allowed counts as none")
	}
	told := 0
	q := screentest.NewQueue()
	s := screen.NewScope(context.Background(), q.Post)
	screen.Theme.Watch(p, s, func() { told++ })
	screen.Theme.Set(p, "dark")
	screen.Theme.Set(p, "dark")
	screen.Theme.Set(p, "pink")
	if told != 1 || screen.Theme.Get(p) != "dark" || kept["theme"] != `"dark"` {
		t.Errorf("told %d times, kept %v", told, kept)
	}
	s.End()
	screen.Theme.Set(p, "light")
	if told != 1 {
		t.Error("told after the end")
	}
}

type keeper map[string]string

func (k keeper) String(key string) string    { return k[key] }
func (k keeper) SetString(key, value string) { k[key] = value }

func TestTheFeedFollowsSignals(t *testing.T) {
	node := fake.Sample()
	h := screentest.New(t, node)
	const id = "HUB-CPH01"
	before := h.Feed().Of(id)
	if len(before.Queues) != 41 || len(before.System) != 3 || before.DeadLetters() != 37 {
		t.Fatalf("%d queues, %d system queues, %d dead letters", len(before.Queues), len(before.System), before.DeadLetters())
	}
	touched := map[string]bool{}
	s := h.Scope().Sub()
	h.Feed().WatchMessages(s, func(_, queue string) { touched[queue] = true })
	if _, err := node.Send(context.Background(), mgmtclient.SendRequest{Queue: "tariff.rates", Label: "x", Express: true}); err != nil {
		t.Fatal(err)
	}
	h.Until(t, "the message sent", func() bool {
		q, ok := h.Feed().Queue(id, `HUB-CPH01\private$\tariff.rates`)
		return ok && q.Messages == 1
	})
	if !touched[`HUB-CPH01\private$\tariff.rates`] {
		t.Errorf("touched: %v", touched)
	}
	if h.Feed().Depth(id, "") == nil {
		t.Error("no history of the machine")
	}
}

func TestTheFeedKeepsWhatItKnewThroughAnError(t *testing.T) {
	node := fake.Sample()
	h := screentest.New(t, node)
	node.Fail("Machine", mq.Errorf(mq.ErrServiceNotAvailable, "ask", "it stopped"))
	h.Feed().Refresh("HUB-CPH01")
	h.Until(t, "the error", func() bool { return h.Feed().Of("HUB-CPH01").Err != nil })
	o := h.Feed().Of("HUB-CPH01")
	if !errors.Is(o.Err, mq.ErrServiceNotAvailable) || len(o.Queues) != 41 {
		t.Errorf("%v, %d queues", o.Err, len(o.Queues))
	}
	node.Fail("Machine", nil)
	h.Feed().Refresh("HUB-CPH01")
	h.Until(t, "the next answer", func() bool { return h.Feed().Of("HUB-CPH01").Err == nil })
	h.Feed().Drop("HUB-CPH01")
	if o := h.Feed().Of("HUB-CPH01"); !o.At.IsZero() || o.In >= 0 {
		t.Errorf("a dropped node is still known: %v", o)
	}
}

func TestAJobCountsItsItems(t *testing.T) {
	told := 0
	j := screen.NewJobRun(context.Background(), func() { told++ })
	j.Add(50, 0, "")
	j.Add(48, 2, "taken")
	if p := j.Progress(); told != 2 || p != (screen.Progress{OK: 98, Failed: 2, Note: "taken"}) {
		t.Errorf("told %d: %+v", told, p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if p := screen.NewJobRun(ctx, nil).Progress(); !p.Stopped {
		t.Error("a cancelled job is stopped")
	}
}

func TestNodesAreShownByTheirState(t *testing.T) {
	for _, c := range []struct {
		n    screen.Node
		want string
	}{
		{screen.Node{Local: true, State: screen.Connected}, "This computer"},
		{screen.Node{State: screen.Connected}, "Connected"},
		{screen.Node{Local: true}, "Opening"},
		{screen.Node{Local: true, State: screen.NoAnswer}, "Not running"},
		{screen.Node{State: screen.NoAnswer}, "Not reachable"},
		{screen.Node{State: screen.Limited, Since: time.Now()}, "Limited"},
	} {
		if got := c.n.Shown().Word; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestPublicQueuesAreToldByTheirNames(t *testing.T) {
	for path, want := range map[string]bool{
		`HUB\orders`: true, `HUB\private$\orders`: false, `HUB\PRIVATE$\orders`: false, `HUB\system$;journal`: false, "orders": false, `HUB\orders;journal`: true,
	} {
		if got := screen.IsPublic(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestNamesAtTheBeginningOfASentenceStayAsTheyAre(t *testing.T) {
	for words, want := range map[string]string{
		"dc01.nordhavn.example does not answer": "dc01.nordhavn.example does not answer.", "it is full": "It is full.", "why?": "Why?", "stopped.": "Stopped.",
	} {
		if got := screen.Sentence(words); got != want {
			t.Errorf("%q", got)
		}
	}
}
