package deadletters

import (
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
	"posthouse/views/theme"
	"posthouse/views/viewtest"
)

func TestASlowComputerHidesNoLettersOfTheOthers(t *testing.T) {
	fast, slow := fake.Sample(), crowded(t, 3)
	h := screentest.New(t, fast, slow)
	release := slow.Hold("Queues")
	p := NewPresenter(h)
	p.Enter(h.Scope().Sub())
	h.Until(t, "the letters of one", func() bool { return p.Total() == 37 })
	h.Until(t, "that the other is waited for", func() bool { return len(p.Asking()) == 1 })
	if p.Asking()[0].Name != "LAPTOP" {
		t.Errorf("waits for %v", p.Asking()[0].Name)
	}
	release()
	h.Until(t, "the letters of both", func() bool { return p.Total() == 40 && len(p.Asking()) == 0 })
}

func TestActionsGoToTheComputerThatHoldsTheLetterAndAnswerOneByOne(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	one, two := fake.Sample(), crowded(t, 3)
	h, p := inboxOf(t, one, two)
	two.Fail("Delete", mq.Errorf(mq.ErrAccessDenied, "delete", "the account may not"))
	var list []letter
	for _, l := range p.letters {
		if l.computer == "LAPTOP" || len(list) < 2 {
			list = append(list, l)
		}
	}
	p.Delete(list)
	h.Idle(t)
	h.Until(t, "the reading", func() bool { return p.Total() == 38 && !p.loading() })
	if a := h.Actions[0]; a.Result != "2 of 5" || a.Details == nil {
		t.Errorf("%+v", a)
	}
	if len(h.Failed) != 0 {
		t.Errorf("%v", h.Failed)
	}
}

func TestLettersOfAComputerThatWasCutOffStayAndCannotBeActedOn(t *testing.T) {
	viewtest.NewApp(t, theme.Light)
	one, two := fake.Sample(), crowded(t, 3)
	h, p := inboxOf(t, one, two)
	n := h.Nodes()[1]
	n.State, n.Client, n.Err = screen.NoAnswer, nil, mq.Errorf(mq.ErrRemoteMachineNotAvailable, "ask", "the line is cut")
	h.SetNode(n)
	p.Enter(p.scope)
	if p.Total() != 40 || len(p.NotAsked()) != 1 {
		t.Fatalf("%d letters, %v", p.Total(), p.NotAsked())
	}
	k := slices.IndexFunc(p.letters, func(l letter) bool { return l.computer == "LAPTOP" })
	p.Return(p.letters[k : k+1])
	h.Idle(t)
	if a := h.Actions[0]; a.Result != "0 of 1" {
		t.Errorf("%+v", a)
	}
	n.State = screen.LetGo
	h.SetNode(n)
	p.Enter(p.scope)
	if p.Total() != 37 {
		t.Errorf("%d letters", p.Total())
	}
}

func TestAComputerThatTellsNothingIsReadAgainOnlyIfItsCountersChanged(t *testing.T) {
	n := crowded(t, 3)
	n.Lack(mgmtclient.CanWatch)
	h, p := inboxOf(t, n)
	before := n.Calls("Messages")
	for range 3 {
		at := h.Feed().Of("LAPTOP").At
		asked := n.Calls("Machine")
		h.Feed().Refresh("LAPTOP")
		h.Until(t, "an answer", func() bool { return n.Calls("Machine") > asked && !h.Feed().Of("LAPTOP").At.Before(at) })
	}
	h.Run()
	if p.loading() || n.Calls("Messages") != before {
		t.Errorf("%d questions", n.Calls("Messages")-before)
	}
}
