package home

import (
	"context"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

func TestAComputerThatCannotBeReachedNeedsAttentionOnce(t *testing.T) {
	s := newScene(t, fake.Sample())
	a := s.p.Attention()[0]
	if a.Bold != "WMS-ODN01 refuses the connection." || a.Text != "1,204 messages wait on HUB-CPH01; the oldest expires in 3 d 23 h" || a.Tone != kit.Danger {
		t.Errorf("%+v", a)
	}
	if n := strings.Count(s.bold(), "WMS-ODN01 refuses"); n != 1 {
		t.Errorf("told %d times", n)
	}
	a.Run()
	if r := s.Opened[0]; r.Screen != screen.Outgoing || r.Queue != `DIRECT=OS:WMS-ODN01\private$\stock.moves` {
		t.Errorf("opened %v", r)
	}
}

func TestWhatWillSoonConnectIsLeftAloneUntilTimeRunsOut(t *testing.T) {
	clock := fake.NewClock(fake.Now)
	n := fake.New(fake.Options{Name: "HUB", Now: clock.Now})
	if err := n.PutOutgoing(fake.OutgoingQueue{
		To: `DESK\private$\prices`, Unsent: 2, First: fake.Now.Add(-time.Minute),
		Link: fake.Link{State: mq.StateWaiting, Failures: 1},
	}); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, n)
	if got := s.bold(); got != "" {
		t.Errorf("got %s", got)
	}
	if err := n.PutOutgoing(fake.OutgoingQueue{
		To: `DESK\private$\prices`, Unsent: 2, First: fake.Now.Add(-92 * time.Hour),
		Link: fake.Link{State: mq.StateWaiting, Failures: 1},
	}); err != nil {
		t.Fatal(err)
	}
	s.Until(t, "the warning", func() bool { return s.bold() != "" })
	if got := s.bold(); !strings.HasPrefix(got, "Trying to connect to DESK. | 2 messages wait on HUB; the oldest expires in 4 h") || s.p.Attention()[0].Tone != kit.Danger {
		t.Errorf("got %s", got)
	}
}

func TestPausedQueuesAndAHardenedComputerAreTold(t *testing.T) {
	n := fake.New(fake.Options{Name: "HUB"})
	for _, to := range []string{`EDI\private$\out`, `WMS\private$\in`} {
		if err := n.PutOutgoing(fake.OutgoingQueue{To: to, Unsent: 3, First: time.Now(), Link: fake.Link{State: mq.StateWaiting}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Pause(context.Background(), `EDI\private$\out`); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, n)
	if got := s.bold(); !strings.HasPrefix(got, "Messages for EDI are paused. | 3 messages wait on HUB") || strings.Contains(got, "\n") {
		t.Errorf("got %s", got)
	}
	hardened := true
	if _, err := n.SetMachine(context.Background(), mgmtclient.MachineSettings{Hardened: &hardened}); err != nil {
		t.Fatal(err)
	}
	s.p.Refresh()
	s.Until(t, "the lock", func() bool {
		return strings.HasPrefix(s.bold(), "HUB is hardened: only HTTP may leave it. | 6 messages wait on HUB")
	})
}

func TestAComputerThatWorksOfflineIsOneClickFromTheNetwork(t *testing.T) {
	n := fake.Sample()
	if err := n.Disconnect(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, n)
	list := s.p.Attention()
	a := list[len(list)-1]
	if a.Bold != "HUB-CPH01 works offline." || a.Do != "Work online" {
		t.Fatalf("%+v", a)
	}
	if state := s.p.computers()[0].Cells[1].State; state != kit.ComputerCutOff {
		t.Errorf("the computer is %v", state)
	}
	a.Run()
	s.Until(t, "the network", func() bool { return !strings.Contains(s.bold(), "works offline") })
}

func TestTheOutgoingCountIsOfWhatWasNotSent(t *testing.T) {
	s := newScene(t, fake.Sample())
	if c := s.p.computers()[0].Cells[6]; c.Text != "1,236" || c.Color != theme.Danger {
		t.Errorf("got %+v", c)
	}
}

func TestAGrowingOutgoingQueueLeadsToItsScreen(t *testing.T) {
	s := newScene(t, fake.Sample())
	s.p.open("HUB-CPH01", `WMS-ODN01\private$\stock.moves`)
	s.p.open("HUB-CPH01", `HUB-CPH01\private$\stock.moves`)
	if s.Opened[0].Screen != screen.Outgoing || s.Opened[1].Screen != screen.Queues {
		t.Errorf("opened %v", s.Opened)
	}
}
