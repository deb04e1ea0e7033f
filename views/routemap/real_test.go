package routemap

import (
	"context"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/screen/screentest"
)

// real shows the forest of the pictures, as a directory has it.
func real(t *testing.T, as string) (named, *screentest.Host, *Presenter) {
	t.Helper()
	dir := pictures(t, as)
	h, p := enter(t, dir, fake.Sample())
	settled(t, h, p)
	p.SetEnds(dir.sites["Hirtshals"], dir.sites["Odense"])
	settled(t, h, p)
	return dir, h, p
}

func TestTheForestOfThePicturesIsShownAsTheyShowIt(t *testing.T) {
	dir, h, p := real(t, "Administrator")
	if p.Headline() != "8 sites, 9 routing links, from nordhavn.example" {
		t.Errorf("got %q", p.Headline())
	}
	var names []string
	for i := range p.way.path.Hops {
		names = append(names, p.way.path.Hops[i].Name)
	}
	if got := strings.Join(names, " "); got != "Hirtshals Aarhus Copenhagen Odense" || p.way.path.Cost != 7 {
		t.Errorf("got %s, %d", got, p.way.path.Cost)
	}
	if got := p.NextBest(); got != "Next best: 9, by Aarhus – Odense" {
		t.Errorf("got %q", got)
	}
	if got := p.way.remark.text; got != "The last hop fails: HUB-CPH01 cannot connect to WMS-ODN01." {
		t.Errorf("got %q", got)
	}
	p.Choose(item{kindLink, dir.links["Aarhus – Odense"]})
	p.SetCost("2")
	settled(t, h, p)
	var lines []string
	for _, c := range p.Draft().changes {
		lines = append(lines, c.From.Name+" to "+c.To.Name)
	}
	if got := strings.Join(lines, ", "); len(lines) != 3 {
		t.Errorf("got %s", got)
	}
}

func TestALinkGoesItsWholeWayInTheDirectory(t *testing.T) {
	dir, h, p := real(t, "Administrator")
	p.NewLink(dir.sites["Hirtshals"], dir.sites["Skagen"])
	p.SetCost("3")
	p.SetDescription("Coast")
	settled(t, h, p)
	p.Save()
	h.Until(t, "the making", func() bool { return len(h.Actions)+len(h.Failed) == 1 || p.Draft().refusal != nil })
	settled(t, h, p)
	made := p.link(p.chosen.id)
	if made == nil || made.Cost != 3 || made.Description != "Coast" || len(p.routes.Links) != 10 {
		t.Fatalf("got %+v, chosen %+v, refused %v", made, p.chosen, p.drafts[mq.GUID{}])
	}
	p.SetCost("9")
	p.Save()
	h.Until(t, "the change", func() bool { return len(h.Actions) == 2 })
	settled(t, h, p)
	e, err := dir.Entry(t.Context(), made.ID.String())
	if err != nil || e.Link.Cost != 9 || e.Link.Description != "Coast" {
		t.Errorf("%+v, %v", e.Link, err)
	}
	p.AskDelete(made.ID)
	h.Until(t, "the question", func() bool { return len(h.Dialogs) == 1 })
	p.remove(made.ID, "Hirtshals – Skagen", p.link(made.ID))
	h.Until(t, "the deletion", func() bool { return len(h.Actions) == 3 })
	settled(t, h, p)
	if len(p.routes.Links) != 9 || h.Actions[0].Tone != kit.Success {
		t.Errorf("%d links", len(p.routes.Links))
	}
	h.Actions[0].Undo()
	h.Until(t, "the undo", func() bool { return len(h.Actions) == 4 })
	settled(t, h, p)
	if len(p.routes.Links) != 10 {
		t.Errorf("%d links", len(p.routes.Links))
	}
}

func TestWhoMayNotChangeALinkIsToldSo(t *testing.T) {
	dir, h, p := real(t, "anna")
	p.Choose(item{kindLink, dir.links["Aarhus – Odense"]})
	p.SetCost("2")
	p.Save()
	h.Until(t, "the refusal", func() bool { return p.Draft().refusal != nil })
	bold, text, code, _ := refused(p.Draft().refusal)
	if !strings.Contains(bold, "refused: you may not change routing links") || !strings.Contains(text+code, "insufficientAccessRights (50)") || !strings.HasSuffix(code, "0xC00E0025") {
		t.Errorf("%q\n%q\n%q", bold, text, code)
	}
	m, err := dir.Routes(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range m.Links {
		if l.ID == dir.links["Aarhus – Odense"] && l.Cost != 5 || p.Draft().cost != "2" {
			t.Errorf("got %+v", l)
		}
	}
}

func TestASilentDirectoryIsToldAndComesBack(t *testing.T) {
	dir := pictures(t, "Administrator")
	dir.Stop()
	h, p := enter(t, dir, fake.Sample())
	settled(t, h, p)
	p.Refresh()
	h.Until(t, "the error", func() bool { return len(h.Failed) == 1 && !p.loading })
	if got := p.Headline(); !strings.HasSuffix(got, ", as it was at 14:32") || len(p.sites) != 8 {
		t.Errorf("got %q", got)
	}
	dir.Start()
	p.Refresh()
	h.Until(t, "the map", func() bool { return !p.loading && p.Headline() == "8 sites, 9 routing links, from nordhavn.example" })
	if len(h.Failed) != 1 {
		t.Errorf("failed %v", h.Failed)
	}
}

// watched tells when somebody begins to watch.
type watched struct {
	*fake.Directory
	begun chan struct{}
}

func (w watched) Watch(ctx context.Context) <-chan struct{} {
	defer close(w.begun)
	return w.Directory.Watch(ctx)
}

func TestADirectoryChosenLaterIsShown(t *testing.T) {
	dir := watched{fake.NewDirectory(fake.DirectoryOptions{Unchosen: true}), make(chan struct{})}
	t.Cleanup(func() { _ = dir.Close() })
	h, p := enter(t, dir, fake.Sample())
	<-dir.begun
	h.Run()
	if p.Configured() {
		t.Fatal("nothing was chosen")
	}
	password := fake.Password
	screen.Load(h.Scope(), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, dir.Choose(ctx, mgmtclient.DirectorySignIn{Domain: "nordhavn.example", SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\anna`}, &password)
	}, func(_ struct{}, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	h.Until(t, "the map", func() bool { return p.known && len(p.sites) == 8 })
}
