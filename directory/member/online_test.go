package member

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/directory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

// MS-MQOD 2.7.4, MS-MQDMPR 3.1.7.1.25.
func TestLostDirectoryIsWaitedForAndFollowedWhenItIsBack(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	own := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("before")})
	hub := w.server("HUB01", true, "Aarhus")
	known := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "known", Label: "known"})
	create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "unknown"})
	if _, err := n.Member.Find(t.Context(), mq.QueueName{Format: mq.Public(known.ID)}); err != nil {
		t.Fatal(err)
	}

	w.dc.Stop()
	n.Clock.Advance(n.Member.timers.Queues) // what is known is asked again
	q, err := n.Member.Find(t.Context(), mq.QueueName{Format: mq.Public(known.ID)})
	if err != nil || q.Computer != "HUB01" || q.Machine != hub.ID {
		t.Errorf("what was known is %+v, %v", q, err)
	}
	n.is(localqm.Offline)
	since := n.Member.State()
	if !strings.Contains(since.Why, "dc01") {
		t.Errorf("it says %q", since.Why)
	}
	if id, ok := n.Member.Owner(mq.Public(known.ID)); !ok || id != hub.ID {
		t.Errorf("the owner is %s, %t", id, ok)
	}
	if q, err := n.Member.Find(t.Context(), qmtest.Name(t, `hub01.nordhavn.example\KNOWN`)); err != nil || q.ID != known.ID {
		t.Errorf("by its path it is %+v, %v", q, err)
	}
	_, err = n.Member.Find(t.Context(), qmtest.Name(t, `HUB01\unknown`))
	refused(t, err, mq.ErrNoDS)
	_, err = n.Member.Set(t.Context(), qmtest.Owner, own, localqm.QueueSpec{Label: ptr("x")})
	refused(t, err, mq.ErrNoDS)
	refused(t, n.Member.Delete(t.Context(), qmtest.Owner, own), mq.ErrNoDS)
	_, err = n.Member.Create(t.Context(), qmtest.Owner, localqm.PublicQueue{Computer: "HUB01", Queue: "new"})
	refused(t, err, mq.ErrNoDS)
	_, err = n.Member.Expand(t.Context(), mq.NewGUID())
	refused(t, err, mq.ErrNoDS)
	_, err = n.Member.Next(t.Context(), mq.Private(hub.ID, 7)) // it came after the map was read
	refused(t, err, mq.ErrNoDS)

	n.Clock.Advance(n.Member.timers.Online)
	n.settled()
	n.is(localqm.Offline)

	w.dc.Start()
	o := read[*directory.Queue](w, directory.ByID(own))
	o.Label = "after"
	w.write(o, directory.AttrLabel)
	made := create(w, &directory.Queue{Machine: n.Identity().ID, Computer: "SHOP01", Queue: "meanwhile", Label: "made meanwhile"})
	n.is(localqm.Offline)
	n.Clock.Advance(n.Member.timers.Online)
	n.becomes(localqm.Integrated)
	n.settled()
	if a, b := n.label(own), n.label(made.ID); a != "after" || b != "made meanwhile" {
		t.Errorf("the queues here are %q and %q", a, b)
	}
	if s := n.Member.State(); s.Why != "" || !s.Since.After(since.Since) {
		t.Errorf("the state is %+v", s)
	}
}

func TestQueueThatOnlyTheDirectoryLostStaysAndIsNoted(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{})
	w.remove(read[*directory.Queue](w, directory.ByID(id)))
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.label(id) == "-" {
		t.Error("it was deleted, though nobody said so")
	}
	if s := n.Member.State(); !slices.ContainsFunc(s.Notes, func(s string) bool { return strings.Contains(s, "orders") }) {
		t.Errorf("the notes are %q", s.Notes)
	}
}

func TestQueueMadeAnewInTheDirectoryTakesThePlaceOfTheOldOne(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	old := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("old")})
	w.remove(read[*directory.Queue](w, directory.ByID(old)))
	made := create(w, &directory.Queue{Machine: n.Identity().ID, Computer: "SHOP01", Queue: "Orders", Label: "new"})
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b := n.label(old), n.label(made.ID); a != "-" || b != "new" {
		t.Errorf("the old one is %q, the new one %q", a, b)
	}
}

func TestTimersReadTheDirectoryAgain(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	hub := w.server("HUB01", true, "Aarhus")
	w.link("Aarhus", "Odense", 7, hub.ID)
	far := w.server("WMS01", false, "Odense")
	odense := w.server("HUB02", true, "Odense")

	told := make(chan struct{}, 16)
	stop := n.Member.Watch(func() { told <- struct{}{} })
	defer stop()
	n.Clock.Advance(n.Member.timers.Routes)
	n.settled()
	select {
	case <-told:
	default:
		t.Error("nobody was told that the map changed")
	}
	if hops, err := n.Member.Next(t.Context(), mq.Private(far.ID, 7)); err != nil || hops[0].ID != hub.ID || !slices.Equal(hops[0].Hosts, []string{"HUB01.nordhavn.example", "HUB01"}) {
		t.Errorf("the way is %+v, %v", hops, err)
	}
	for len(told) > 0 {
		<-told
	}
	n.Clock.Advance(n.Member.timers.Routes)
	n.settled()
	if len(told) > 0 {
		t.Error("they were told though nothing changed")
	}

	o := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	o.Sites = []mq.GUID{w.sites["Odense"]}
	w.write(o, directory.AttrSites)
	n.Clock.Advance(n.Member.timers.Sites)
	n.settled()
	if s := n.Member.State(); !slices.Equal(s.Sites, []string{"Odense"}) {
		t.Errorf("it is in %q", s.Sites)
	}
	if hops, err := n.Member.Next(t.Context(), mq.Private(far.ID, 7)); err != nil || hops[0].ID != far.ID {
		t.Errorf("the way is %+v, %v", hops, err)
	}
	_ = odense
}

func TestTimersAreSettings(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01", func(o *Options) { o.Timers.Online = 7 * time.Second })
	w.dc.Stop()
	_, err := n.Member.Find(t.Context(), qmtest.Name(t, `HUB01\orders`))
	refused(t, err, mq.ErrNoDS)
	w.dc.Start()
	n.Clock.Advance(6 * time.Second)
	n.settled()
	n.is(localqm.Offline)
	n.Clock.Advance(time.Second)
	n.becomes(localqm.Integrated)
}

func TestQuotasAndPermissionsFollowTheDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	anna := w.dc.Person("anna")
	o := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	guard, err := secure.ParseDescriptor(o.Security)
	if err != nil {
		t.Fatal(err)
	}
	o.Quota, o.Journal, o.Security = 5000, 700, guard.Grant(anna, uint32(mq.RightCreateQueue)).Append(nil)
	w.write(o, directory.AttrQuota, directory.AttrJournalKB, directory.AttrSecurity)
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := n.Settings(); s.Quota != 5000 || s.JournalQuota != 700 {
		t.Errorf("the quotas are %d and %d", s.Quota, s.JournalQuota)
	}
	d, err := n.MachineSecurity(t.Context(), qmtest.Owner)
	if err != nil || !d.AllowMachine(secure.Token{User: anna}, mq.RightCreateQueue) {
		t.Errorf("the permissions are %+v, %v", d, err)
	}
	if !d.AllowMachine(secure.Token{User: secure.UnixUser(77), Groups: []secure.SID{secure.Administrators}}, mq.RightMachineGenericAll) {
		t.Error("the administrators of the computer are locked out")
	}

	// What is changed here goes there.
	if err := n.SetMachine(t.Context(), qmtest.Owner, func(s *localqm.Settings) error { s.Quota = 123; return nil }); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "the quota is in the directory", func() bool {
		return read[*directory.Machine](w, directory.ByID(n.Identity().ID)).Quota == 123
	})
	n.again()
	if s := n.Settings(); s.Quota != 123 {
		t.Errorf("after a restart the quota is %d", s.Quota)
	}
}

func TestClosedMemberLeavesTheQueueManagerAlone(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	n.public(`.\orders`, localqm.QueueSpec{})
	if err := n.Member.Close(); err != nil {
		t.Fatal(err)
	}
	if s := n.DirectoryState(); s.Mode != localqm.Workgroup {
		t.Errorf("%+v", s)
	}
	if err := n.Member.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := n.CreateQueue(context.Background(), qmtest.Owner, qmtest.Name(t, `.\private$\local`), localqm.QueueSpec{}); err != nil {
		t.Error(err)
	}
}

// slow is a directory that does not answer any more once somebody asks for sites, who
// loses patience then.
type slow struct {
	directory.Directory
	lose context.CancelCauseFunc
}

func (s slow) Search(ctx context.Context, q directory.Query) iter.Seq2[directory.Object, error] {
	if q.Kind != directory.KindSite {
		return s.Directory.Search(ctx, q)
	}
	return func(yield func(directory.Object, error) bool) {
		s.lose(errors.New("there is no more patience"))
		<-ctx.Done()
		yield(nil, mq.Errorf(mq.ErrNoDS, "search", "it was given up: %w", context.Cause(ctx)))
	}
}

func TestADirectoryThatGrowsSilentAtTheStartIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	if err := n.Member.Close(); err != nil {
		t.Fatal(err)
	}
	o := n.options()
	dial := o.Directory
	ctx, cancel := context.WithCancelCause(t.Context())
	o.Directory = func(ctx context.Context) (directory.Directory, error) {
		d, err := dial(ctx)
		return slow{d, cancel}, err
	}
	n.Member = New(o)
	t.Cleanup(func() { _ = n.Member.Close() })
	if err := n.Member.Start(ctx); err != nil {
		t.Fatal(err)
	}
	n.is(localqm.Offline)
	if s := n.Member.State(); !strings.Contains(s.Why, "no more patience") {
		t.Errorf("%+v", s)
	}
}
