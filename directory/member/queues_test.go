package member

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

func TestOwnPublicQueueIsCreatedChangedAndDeletedInTheDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	kind := mq.NewGUID()
	id := n.public(`.\Orders`, localqm.QueueSpec{
		Label: ptr("Orders"), Type: &kind, Transactional: ptr(true), Journaling: ptr(true), Quota: ptr(uint32(100)),
		JournalQuota: ptr(uint32(50)), BasePriority: ptr(int16(-7)), Privacy: ptr(uint8(0)), Authenticate: ptr(true),
	})
	q := read[*directory.Queue](w, directory.ByPath(`SHOP01\orders`))
	if q.ID != id || q.Label != "Orders" || q.Type != kind || !q.Transactional || !q.Journal || q.Quota != 100 || q.JournalQuota != 50 ||
		q.BasePriority != -7 || q.Privacy != 0 || !q.Authenticate || q.Machine != n.Identity().ID {
		t.Errorf("the directory has %+v", q)
	}
	name := mq.QueueName{Format: mq.Public(id)}
	if _, err := n.SetQueue(t.Context(), qmtest.Owner, name, localqm.QueueSpec{Label: ptr("changed"), Journaling: ptr(false)}); err != nil {
		t.Fatal(err)
	}
	if q := read[*directory.Queue](w, directory.ByID(id)); q.Label != "changed" || q.Journal || q.Quota != 100 {
		t.Errorf("the directory has %+v", q)
	}
	if n.label(id) != "changed" {
		t.Errorf("here it is called %q", n.label(id))
	}
	n.again()
	if n.label(id) != "changed" {
		t.Errorf("after a restart it is called %q", n.label(id))
	}
	if err := n.DeleteQueue(t.Context(), qmtest.Owner, name); err != nil {
		t.Fatal(err)
	}
	_, err := n.Member.Find(t.Context(), qmtest.Name(t, `SHOP01\orders`))
	refused(t, err, mq.ErrQueueNotFound)
	if _, err := directory.Get[*directory.Queue](t.Context(), w.admin, directory.ByID(id)); err == nil {
		t.Error("it is still in the directory")
	}
	n.public(`.\Orders`, localqm.QueueSpec{}) // the name is free again
}

func TestPermissionsOfPublicQueuesGoThroughTheDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	anna := w.dc.Person("anna")
	id := n.public(`.\orders`, localqm.QueueSpec{AllowSend: []secure.SID{anna}})
	allowed := func(who secure.SID, right mq.QueueRight) bool {
		t.Helper()
		here, err := n.QueueSecurity(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)})
		if err != nil {
			t.Fatal(err)
		}
		there, err := secure.ParseDescriptor(read[*directory.Queue](w, directory.ByID(id)).Security)
		if err != nil {
			t.Fatal(err)
		}
		token := secure.Token{User: who}
		if a, b := here.Allow(token, right), there.Allow(token, right); a != b {
			t.Errorf("%s may %s: here %t, in the directory %t", who, right, a, b)
		}
		return here.Allow(token, right)
	}
	if !allowed(anna, mq.RightWriteMessage) || allowed(anna, mq.RightReceiveMessage) || !allowed(qmtest.Owner.Token.User, mq.RightQueueGenericAll) {
		t.Error("the permissions at the creation are wrong")
	}
	d, err := n.QueueSecurity(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.SetQueueSecurity(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)}, d.Revoke(anna)); err != nil {
		t.Fatal(err)
	}
	if allowed(anna, mq.RightWriteMessage) {
		t.Error("the right is still there")
	}
	if _, err := n.SetQueue(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)}, localqm.QueueSpec{Label: ptr("after")}); err != nil {
		t.Errorf("the queue manager has lost its own rights: %v", err)
	}

	// Another owner is written, or refused: never left out.
	d.Owner = anna
	err = n.SetQueueSecurity(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)}, d)
	if owner := ownerOf(read[*directory.Queue](w, directory.ByID(id)).Security); (err == nil) != (owner == anna) {
		t.Errorf("%v, and the owner is %s", err, owner)
	}
}

func TestWhatAQueueInheritsDoesNotBecomeItsOwn(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`.\orders`, localqm.QueueSpec{})
	var entries []int
	inherited := 0
	for range 3 {
		now, err := secure.ParseDescriptor(read[*directory.Queue](w, directory.ByID(id)).Security)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, len(now.DACL))
		for i, e := range now.DACL { // as a console has them
			if e.Flags&secure.Inherited != 0 {
				inherited++
			}
			now.DACL[i].Flags = 0
		}
		if err := n.SetQueueSecurity(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)}, now); err != nil {
			t.Fatal(err)
		}
	}
	if inherited == 0 || entries[1] > entries[0] || entries[2] > entries[0] {
		t.Errorf("%d inherited entries, %v entries after each change", inherited, entries)
	}
}

func TestCallersNeedTheirOwnRightsOnQueuesOfOtherComputers(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01", func(o *Options) { o.Directory = admin(w) }) // which may do everything
	hub := w.server("HUB01", true, "Aarhus")
	anna, bert := caller(w.dc, "anna"), caller(w.dc, "bert")
	claimed := anna
	claimed.Level = localqm.Claimed
	guard, err := secure.ParseDescriptor(read[*directory.Machine](w, directory.ByID(hub.ID)).Security)
	if err != nil {
		t.Fatal(err)
	}
	hub.Security = guard.Grant(anna.Token.User, uint32(mq.RightCreateQueue)).Append(nil)
	w.write(hub, directory.AttrSecurity)

	want := localqm.PublicQueue{Computer: "hub01.nordhavn.example", Queue: "orders", Spec: localqm.QueueSpec{Label: ptr("Orders")}}
	for who, c := range map[string]localqm.Caller{"bert": bert, "nobody": localqm.Nobody("test"), "anna, unproven": claimed} {
		if _, err := n.Member.Create(t.Context(), c, want); err == nil {
			t.Errorf("%s creates a queue", who)
		} else {
			refused(t, err, mq.ErrAccessDenied)
		}
	}
	q, err := n.Member.Create(t.Context(), anna, want)
	if err != nil || q.Machine != hub.ID || q.Computer != "HUB01" || *q.Spec.Label != "Orders" {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := n.Member.Set(t.Context(), bert, q.ID, localqm.QueueSpec{Label: ptr("x")}); err == nil {
		t.Error("bert changes it")
	}
	if err := n.Member.Delete(t.Context(), bert, q.ID); err == nil {
		t.Error("bert deletes it")
	}
	if q, err := n.Member.Set(t.Context(), anna, q.ID, localqm.QueueSpec{Label: ptr("changed")}); err != nil || *q.Spec.Label != "changed" {
		t.Errorf("%+v, %v", q, err)
	}
	if _, err := n.Member.Set(t.Context(), anna, q.ID, localqm.QueueSpec{Transactional: ptr(true)}); err == nil {
		t.Error("it became transactional")
	}
	if err := n.Member.Delete(t.Context(), anna, q.ID); err != nil {
		t.Error(err)
	}
}

func caller(dc *memory.Directory, name string) localqm.Caller {
	return localqm.Caller{Token: secure.Token{User: dc.Person(name)}, Level: localqm.Verified, Origin: "test"}
}

// The account of the computer has no rights on what belongs to others.
func TestDirectoryRefusesWhatTheComputerMayNot(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	hub := w.server("HUB01", true, "Aarhus")
	q := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "orders", Label: "Orders"})
	_, err := n.Member.Create(t.Context(), qmtest.Owner, localqm.PublicQueue{Computer: "HUB01", Queue: "mine"})
	refused(t, err, mq.ErrAccessDenied)
	_, err = n.Member.Set(t.Context(), qmtest.Owner, q.ID, localqm.QueueSpec{Label: ptr("mine")})
	refused(t, err, mq.ErrAccessDenied)
	refused(t, n.Member.Delete(t.Context(), qmtest.Owner, q.ID), mq.ErrAccessDenied)
	_, err = n.Member.Create(t.Context(), qmtest.Owner, localqm.PublicQueue{Computer: "GHOST", Queue: "mine"})
	refused(t, err, mq.ErrMachineNotFound)
	if q := read[*directory.Queue](w, directory.ByID(q.ID)); q.Label != "Orders" {
		t.Errorf("%+v", q)
	}
	n.is(localqm.Integrated)
}

func TestAnswersAreRememberedForAWhile(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	hub := w.server("HUB01", true, "Aarhus")
	find := func() (localqm.PublicQueue, error) { return n.Member.Find(t.Context(), qmtest.Name(t, `HUB01\orders`)) }
	_, err := find()
	refused(t, err, mq.ErrQueueNotFound)
	q := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "orders", Label: "one"})
	asked := n.line.asked.Load()
	_, err = find()
	refused(t, err, mq.ErrQueueNotFound)
	if n.line.asked.Load() != asked {
		t.Error("what is missing was asked for again at once")
	}
	n.Clock.Advance(n.Member.timers.Missing)
	if p, err := find(); err != nil || *p.Spec.Label != "one" {
		t.Errorf("%+v, %v", p, err)
	}
	q.Label = "two"
	w.write(q, directory.AttrLabel)
	asked = n.line.asked.Load()
	if p, err := find(); err != nil || *p.Spec.Label != "one" || n.line.asked.Load() != asked {
		t.Errorf("%+v, %v", p, err)
	}
	n.Clock.Advance(n.Member.timers.Queues)
	if p, err := find(); err != nil || *p.Spec.Label != "two" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = n.Member.Find(t.Context(), qmtest.Name(t, `HUB01\private$\orders`))
	refused(t, err, mq.ErrIllegalQueuePathname)
}

func TestMemoryOfOthersIsBounded(t *testing.T) {
	c := newCache[int, int](3)
	for i := range 10 {
		c.put(i, answer[int]{value: i})
	}
	c.put(9, answer[int]{value: 99})
	if a, known, _ := c.get(9, c.answers[9].at, 0, 0); len(c.answers) != 3 || !known || a.value != 99 {
		t.Errorf("%+v", c.answers)
	}
}

func TestACreationByTheDNSNameOfThisComputerIsHere(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.public(`shop01.nordhavn.example\orders`, localqm.QueueSpec{Label: ptr("mine")})
	if l := n.label(id); l != "mine" {
		t.Errorf("here it is %q", l)
	}
}

func TestANamesakeOfAnotherDomainIsNotMeant(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	hub := w.server("HUB01", true, "Aarhus")
	there := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: "orders"})
	for range 2 { // asked, and remembered
		for name, found := range map[string]bool{
			`HUB01\orders`: true, `Hub01.nordhavn.example\orders`: true, `hub01.thief.example\orders`: false, `SHOP01.thief.example\orders`: false,
		} {
			q, err := n.Member.Find(t.Context(), qmtest.Name(t, name))
			if found && (err != nil || q.ID != there.ID) {
				t.Errorf("%s is %+v, %v", name, q, err)
			} else if !found {
				refused(t, err, mq.ErrQueueNotFound)
			}
		}
	}
	_, err := n.Member.Create(t.Context(), qmtest.Owner, localqm.PublicQueue{Computer: "hub01.thief.example", Queue: "new"})
	refused(t, err, mq.ErrQueueNotFound)
}

func TestQueuesThatTheDirectoryNamesBadlyAreNotedAndNotMade(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	good := n.public(`.\good`, localqm.QueueSpec{})
	o := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	before := len(n.PublicQueues())
	bad := []string{"a;journal", `b\c`, "c\nd", "d\x00e", ";deadxact", "private$", `private$\order_queue$`}
	for i := range 30 {
		bad = append(bad, fmt.Sprintf("q%d;journal", i))
	}
	ops := w.dc.Administrator()
	for _, name := range bad {
		if err := ops.Add(t.Context(), ldap.Child(name, o.DN), []ldap.Attribute{
			{Name: "objectClass", Values: [][]byte{[]byte("mSMQQueue")}}, {Name: "mSMQLabelEx", Values: [][]byte{[]byte("x\x1b[31m")}},
		}); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
	}
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.is(localqm.Integrated)
	if all := n.PublicQueues(); len(all) != before || n.label(good) == "-" {
		t.Errorf("%d queues", len(all))
	}
	if s := n.Member.State(); len(s.Notes) != maxNotes+1 || !strings.Contains(s.Notes[maxNotes], "more") {
		t.Errorf("%d notes: %q", len(s.Notes), s.Notes)
	}
}

func TestFollowingQueuesEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	q := create(w, &directory.Queue{Machine: n.Identity().ID, Computer: "SHOP01", Queue: "new"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := len(n.Member.State().Notes)
	refused(t, n.Member.followQueue(ctx, n.line, q, n.Member.own(t.Context())), mq.ErrNoDS)
	if s := n.Member.State(); len(s.Notes) != before {
		t.Errorf("%q", s.Notes)
	}
}
