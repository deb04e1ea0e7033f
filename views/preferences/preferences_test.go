package preferences

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

// chooser is a presenter that knows the sample queue manager.
func chooser(t testing.TB, a *Archive) (*screentest.Host, *fake.Node, *Presenter) {
	t.Helper()
	n := fake.Sample()
	h := screentest.New(t, n)
	p := NewPresenter(h, a)
	p.Enter(h.Scope().Sub())
	h.Until(t, "the queue manager's answer", func() bool { return p.known })
	return h, n, p
}

func TestChangesWaitUntilTheyAreSaved(t *testing.T) {
	h, n, p := chooser(t, nil)
	p.Edit(func(c *choices) {
		c.theme, c.page, c.express, c.typeFrom = "dark", 500, true, 1
		c.limitKB, c.journalLimited, c.profile = 2048, false, "compat"
	})
	if got := strings.Join(p.changes(), ", "); got != "Theme, Page size, Delivery, Deleting, Storage limit, Journal limit, Security profile" {
		t.Errorf("got %s", got)
	}
	if got := p.Words(); got != "7 changes. The security profile holds for queues made from then on." {
		t.Errorf("got %q", got)
	}
	prefs := h.Preferences()
	if screen.Theme.Get(prefs) != "system" || n.Calls("SetMachine") != 0 {
		t.Error("a change holds before it was saved")
	}
	p.Save()
	h.Until(t, "the saving", func() bool { return len(p.changes()) == 0 })
	m, err := n.Machine(context.Background())
	if err != nil || *m.QuotaKB != 2048 || m.JournalQuotaKB != nil || m.Profile != "compat" {
		t.Errorf("got %+v, %v", m, err)
	}
	if screen.Theme.Get(prefs) != "dark" || screen.PageSize.Get(prefs) != 500 || screen.SendRecoverable.Get(prefs) || screen.TypeFrom.Get(prefs) != 1 {
		t.Error("the window's choices were not kept")
	}
	if h.Actions[0].What != "Changed 7 preferences" {
		t.Errorf("got %+v", h.Actions)
	}
}

func TestHowMessagesTravelIsSaved(t *testing.T) {
	h, n, p := chooser(t, nil)
	for i := range netSwitches {
		on := !p.now.network[i]
		p.Edit(func(c *choices) { c.network[i] = on })
		if !p.Changed(netSwitches[i].name) {
			t.Errorf("%s does not wait to be saved", netSwitches[i].name)
		}
		p.Save()
		h.Until(t, "the saving", func() bool { return len(p.changes()) == 0 })
		m, err := n.Machine(context.Background())
		if err != nil || netSwitches[i].now(m.Network) != on {
			t.Errorf("%s: got %+v, %v", netSwitches[i].name, m.Network, err)
		}
	}
}

func TestDiscardingForgets(t *testing.T) {
	_, n, p := chooser(t, nil)
	p.Edit(func(c *choices) { c.theme = "light"; c.limited = false })
	p.Discard()
	if len(p.changes()) != 0 || p.now.theme != "system" || !p.now.limited {
		t.Errorf("got %+v", p.now)
	}
	p.Save()
	if n.Calls("SetMachine") != 0 {
		t.Error("nothing was saved to the queue manager")
	}
}

func TestARefusalKeepsWhatWaits(t *testing.T) {
	h, n, p := chooser(t, nil)
	n.Fail("SetMachine", mq.Errorf(mq.ErrAccessDenied, "change the machine", "only its owner may"))
	p.Edit(func(c *choices) { c.profile, c.theme = "compat", "dark" })
	p.Save()
	h.Until(t, "the answer", func() bool { return p.failed != nil })
	if len(p.changes()) != 2 || screen.Theme.Get(h.Preferences()) != "system" {
		t.Errorf("got %v", p.changes())
	}
	n.Fail("SetMachine", nil)
	p.Save()
	h.Until(t, "the saving", func() bool { return len(p.changes()) == 0 })
}

func TestWhatWaitsSurvivesLeavingAndNews(t *testing.T) {
	h, n, p := chooser(t, nil)
	p.Edit(func(c *choices) { c.limitKB = 4096 })
	p.Leave()
	kb := uint32(512)
	if _, err := n.SetMachine(context.Background(), mgmtclient.MachineSettings{JournalQuota: &mgmtclient.Quota{KB: &kb}}); err != nil {
		t.Fatal(err)
	}
	p.Enter(h.Scope().Sub())
	h.Until(t, "the news", func() bool { return p.now.journalKB == 512 })
	if got := strings.Join(p.changes(), ", "); got != "Storage limit" || p.now.limitKB != 4096 {
		t.Errorf("got %s, %d", got, p.now.limitKB)
	}
}

func TestAQueueManagerThatDoesNotAnswerLeavesTheRest(t *testing.T) {
	n := fake.Sample()
	h := screentest.New(t, n)
	n.Fail("Machine", mq.Errorf(mq.ErrServiceNotAvailable, "read the machine", "it was stopped"))
	p := NewPresenter(h, nil)
	p.Enter(h.Scope().Sub())
	h.Until(t, "the answer", func() bool { return p.err != nil })
	p.Edit(func(c *choices) { c.times = "utc" })
	p.Save()
	if screen.Times.Get(h.Preferences()) != "utc" || p.CanAdmin() {
		t.Errorf("got %q", screen.Times.Get(h.Preferences()))
	}
}

func TestTheScreenKeepsItsStructure(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	h := screentest.New(t, fake.Sample())
	v := open(t, h)
	w := viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	v.p.Edit(func(c *choices) { c.limitKB = 2 << 20 })
	test.AssertRendersToMarkup(t, "preferences.xml", w.Canvas())
}

func TestSettingsAreFound(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	v := open(t, screentest.New(t, fake.Sample()))
	viewtest.Window(t, v.Content(), fyne.NewSize(1176, 844))
	for text, want := range map[string]string{
		"dark": "Appearance: Theme", "quota": "This computer’s queue manager: Storage limit, Journal limit",
		"Ctrl Shift": "Keyboard: , ", "nothing like it": "",
	} {
		v.find.SetText(text)
		v.filter(text)
		var got []string
		for _, s := range v.sections {
			var rows []string
			for _, r := range s.rows {
				if s.box.Visible() && r.box.Visible() {
					rows = append(rows, r.label)
				}
			}
			if len(rows) > 0 {
				got = append(got, s.title+": "+strings.Join(rows, ", "))
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q finds %q", text, got)
		}
		if v.none.Visible() != (want == "") {
			t.Errorf("%q: the words that nothing matches show: %v", text, v.none.Visible())
		}
	}
}

func TestTheStoreIsCheckedAndTheResultStays(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	n := fake.Sample()
	h := screentest.New(t, n)
	v := open(t, h)
	v.check()
	h.Idle(t)
	if !v.result.Visible() || h.Actions[0].Result != "Sound" {
		t.Errorf("got %+v", h.Actions)
	}
	n.Fail("Check", mq.Errorf(mq.ErrGeneric, "check the store", "the disk does not answer"))
	v.check()
	h.Idle(t)
	if h.Actions[0].Tone != kit.Danger {
		t.Errorf("got %+v", h.Actions[0])
	}
	v.tidy()
	h.Idle(t)
	if h.Actions[0].Result != "0 bytes given back" {
		t.Errorf("got %+v", h.Actions[0])
	}
}

func TestImportShowsWhatIsInTheFileFirst(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	var got []string
	a := &Archive{
		Inspect: func(_ context.Context, path string) (Contents, error) {
			got = append(got, "inspect "+path)
			return Contents{Machine: "HUB", Queues: 2, Messages: 30, Bytes: 4096}, nil
		},
		Import: func(_ context.Context, _ mgmtclient.Node, path string, add bool, told func(int64)) (Imported, error) {
			got = append(got, "import "+path)
			told(10)
			told(30)
			return Imported{Queues: 1, Messages: 30, Skipped: []string{`HUB\private$\orders`}}, nil
		},
		Export: func(_ context.Context, _ mgmtclient.Node, path string, told func(int64)) error {
			got = append(got, "export "+path)
			told(7)
			return errors.New("the disk is full")
		},
	}
	h, _, p := chooser(t, a)
	w := viewtest.Window(t, container.NewWithoutLayout(), fyne.NewSize(800, 600))
	h.Canvas, h.File = w.Canvas(), "backup.jsonl"
	p.Import()
	h.Until(t, "the question", func() bool { return h.Dialog() != nil })
	if len(got) != 1 {
		t.Fatalf("got %v", got)
	}
	w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	h.Idle(t)
	if strings.Join(got, "; ") != "inspect backup.jsonl; import backup.jsonl" || h.Jobs[0].OK != 30 || len(h.Dialogs) != 2 {
		t.Errorf("got %v, %+v, %d dialogs", got, h.Jobs, len(h.Dialogs))
	}
	p.ExportAll()
	h.Idle(t)
	if len(h.Failed) != 1 || h.Actions[0].Result != "Failed" {
		t.Errorf("got %v, %+v", h.Failed, h.Actions[0])
	}
}
