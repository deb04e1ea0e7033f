package member

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestNewQueueManagerRegistersItself(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01", func(o *Options) { o.Version = "Posthouse 1.0" })

	o := read[*directory.Machine](w, directory.ByName("SHOP01"))
	if o.ID != n.Identity().ID {
		t.Errorf("the queue manager is %s, its object %s", n.Identity().ID, o.ID)
	}
	if !slices.Equal(o.Sites, []mq.GUID{w.sites["Aarhus"]}) || o.Routing || o.Foreign || o.Quota != mq.Never || o.Version != "Posthouse 1.0" {
		t.Errorf("the object is %+v", o)
	}
	r := kept(t, n.dir)
	if !bytes.Equal(o.EncryptKeys, r.encryptKeys()) || r.Machine != o.ID || r.Forest != "nordhavn.example" {
		t.Errorf("kept is %s in %s, the key published: %t", r.Machine, r.Forest, bytes.Equal(o.EncryptKeys, r.encryptKeys()))
	}
	s := n.Member.State()
	if s.Forest != "nordhavn.example" || s.Controller != "dc01.nordhavn.example" || !slices.Equal(s.Sites, []string{"Aarhus"}) || s.Routing || s.Gate || s.Why != "" {
		t.Errorf("the state is %+v", s)
	}

	// The account of the computer manages it, another one does not.
	for account, may := range map[string]bool{"SHOP01$": true, "SHOP02$": false} {
		if account == "SHOP02$" {
			w.account("SHOP02")
		}
		ops, err := w.dc.SignIn(account)
		if err != nil {
			t.Fatal(err)
		}
		o.Quota = 1000
		if err := ldap.New(ops).Write(t.Context(), o, directory.AttrQuota); (err == nil) != may {
			t.Errorf("%s changes it: %v", account, err)
		}
	}
}

func TestRegisteredQueueManagerStartsAgain(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id, key := n.Identity().ID, kept(t, n.dir).EncryptKey
	n.again()
	n.is(localqm.Integrated)
	if n.Identity().ID != id || !bytes.Equal(kept(t, n.dir).EncryptKey, key) {
		t.Errorf("it was %s and is %s", id, n.Identity().ID)
	}
}

func TestRoutingRoleAndSiteAreSettings(t *testing.T) {
	w := newWorld(t)
	n := w.joined("HUB01", func(o *Options) { o.Site, o.Routing = w.sites["Odense"].String(), ptr(false) })
	if o := read[*directory.Machine](w, directory.ByID(n.Identity().ID)); o.Routing || !slices.Equal(o.Sites, []mq.GUID{w.sites["Odense"]}) {
		t.Fatalf("registered as %+v", o)
	}
	o := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	o.Routing = true
	w.write(o, directory.AttrRouting) // an administrator made it one
	n.again(func(o *Options) { o.Site = "" })
	if s := n.Member.State(); !s.Routing || !slices.Equal(s.Sites, []string{"Odense"}) {
		t.Errorf("without settings it is %+v", s)
	}
	n.again(func(o *Options) { o.Directory, o.Site, o.Routing = admin(w), "Copenhagen", ptr(false) })
	if s := n.Member.State(); s.Routing || !slices.Equal(s.Sites, []string{"Copenhagen"}) {
		t.Errorf("with settings it is %+v", s)
	}
}

func TestWhatTheDirectoryDoesNotTakeIsNoted(t *testing.T) {
	w := newWorld(t)
	n := w.joined("HUB01")
	n.again(func(o *Options) {
		dial := o.Directory
		o.Directory = func(ctx context.Context) (directory.Directory, error) {
			d, err := dial(ctx)
			n.line.refuse = directory.AttrRouting
			return d, err
		}
		o.Routing = ptr(true)
	})
	n.is(localqm.Integrated)
	if s := n.Member.State(); s.Routing || !slices.ContainsFunc(s.Notes, func(s string) bool {
		return strings.Contains(s, "routing server") && strings.Contains(s, "no right to that")
	}) {
		t.Errorf("%+v", s)
	}
}

func TestWithoutASiteTheDefaultOneIsTakenAndSaid(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01", func(o *Options) { o.Site = "" })
	s := n.Member.State()
	if !slices.Equal(s.Sites, []string{"Aarhus"}) || !slices.ContainsFunc(s.Notes, func(s string) bool { return strings.Contains(s, "Aarhus") }) {
		t.Errorf("the first by name is %+v", s)
	}
	create(w, &directory.Site{Head: directory.Head{Name: "Default-First-Site-Name"}})
	m := w.joined("SHOP02", func(o *Options) { o.Site = "" })
	if s := m.Member.State(); !slices.Equal(s.Sites, []string{"Default-First-Site-Name"}) {
		t.Errorf("the default is %+v", s)
	}
}

func TestWhatCannotBeRegisteredWorksInAWorkgroupAndSaysWhy(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		node *node
		do   func(*Options)
		says []string
	}{
		"no account":   {w.stranger("GHOST"), func(o *Options) { o.Directory = admin(w) }, []string{"GHOST", "account"}},
		"no such site": {w.node("SHOP05"), func(o *Options) { o.Site = "Esbjerg" }, []string{"Esbjerg"}},
		"no directory": {w.node("SHOP06"), func(o *Options) {
			o.Directory = func(context.Context) (directory.Directory, error) {
				return nil, mq.Errorf(mq.ErrNoDS, "find a controller", "no controller answers").WithFix("check the network")
			}
		}, []string{"no controller answers", "check the network"}},
		"no right": {w.node("SHOP07"), func(o *Options) {
			o.Directory = func(context.Context) (directory.Directory, error) {
				return ldap.New(w.dc.As(w.dc.Person("anna"))), nil
			}
		}, []string{"right"}},
	} {
		before := c.node.Identity().ID
		c.node.join(c.do)
		s := c.node.Member.State()
		if s.Mode != localqm.Workgroup {
			t.Errorf("%s: %+v", name, s)
		}
		for _, word := range c.says {
			if !strings.Contains(s.Why, word) {
				t.Errorf("%s: %q says nothing of %q", name, s.Why, word)
			}
		}
		if c.node.Identity().ID != before {
			t.Errorf("%s: the identity changed", name)
		}
		_, err := c.node.Member.Find(t.Context(), qmtest.Name(t, `OTHER\orders`))
		refused(t, err, mq.ErrNoDS)
		_, err = c.node.Member.Next(t.Context(), mq.Private(mq.NewGUID(), 5))
		refused(t, err, mq.ErrNoDS)
	}
}

// admin signs in as the administrator of the domain.
func admin(w *world) func(context.Context) (directory.Directory, error) {
	return func(context.Context) (directory.Directory, error) { return w.admin, nil }
}

// MS-MQOD 2.7.4: a directory that was away at the start is not asked again.
func TestDirectoryThatWasAwayAtTheStartIsNotUsedUntilARestart(t *testing.T) {
	w := newWorld(t)
	n := w.node("SHOP01")
	w.dc.Stop()
	n.join()
	n.is(localqm.Workgroup)
	w.dc.Start()
	n.Clock.Advance(n.Member.timers.Sites)
	n.is(localqm.Workgroup)
	refused(t, n.Member.Refresh(t.Context()), mq.ErrNoDS)
	n.again()
	n.is(localqm.Integrated)
}

// MS-MQOD 2.7.6.
func TestObjectOfAnotherQueueManagerIsAMismatch(t *testing.T) {
	w := newWorld(t)
	other := w.server("SHOP01", false, "Odense")
	n := w.stranger("SHOP01")
	before := n.Identity().ID
	n.join()
	n.is(localqm.Offline)
	if s := n.Member.State(); !strings.Contains(s.Why, other.ID.String()) || !strings.Contains(s.Why, "--adopt") {
		t.Errorf("%q", s.Why)
	}
	if n.Identity().ID != before || len(read[*directory.Machine](w, directory.ByID(other.ID)).EncryptKeys) > 0 {
		t.Error("something was changed")
	}
	asked := n.line.asked.Load()
	n.Clock.Advance(n.Member.timers.Online)
	qmtest.Eventually(t, "the directory is asked again", func() bool { return n.line.asked.Load() > asked })
	n.settled()
	n.is(localqm.Offline)

	n.again(func(o *Options) { o.Adopt, o.Site = true, "" })
	n.is(localqm.Integrated)
	if s := n.Member.State(); n.Identity().ID != other.ID || !slices.Equal(s.Sites, []string{"Odense"}) {
		t.Errorf("it adopted %s: %+v", n.Identity().ID, s)
	}
	if o := read[*directory.Machine](w, directory.ByID(other.ID)); !bytes.Equal(o.EncryptKeys, kept(t, n.dir).encryptKeys()) {
		t.Error("its key was not published")
	}
	n.again()
	n.is(localqm.Integrated)
}

func TestRegistrationThatWasCutOffIsTakenUp(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	id := n.Identity().ID
	_ = n.Member.Close()

	again := w.stranger("SHOP01") // the store of before it adopted the identifier
	r := kept(t, n.dir)
	r.Machine = mq.GUID{}
	keep(t, again.dir, r)
	again.join()
	again.is(localqm.Integrated)
	if again.Identity().ID != id {
		t.Errorf("it is %s, its object %s", again.Identity().ID, id)
	}
}

func TestDeletedObjectIsNotMadeAgainUnasked(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	old := n.Identity().ID
	w.remove(read[*directory.Machine](w, directory.ByID(old)))
	n.Clock.Advance(n.Member.timers.Sites)
	n.becomes(localqm.Offline)
	if s := n.Member.State(); !strings.Contains(s.Why, "no longer in the directory") {
		t.Errorf("%q", s.Why)
	}
	n.again()
	n.is(localqm.Offline)
	if _, err := directory.Get[*directory.Machine](t.Context(), w.admin, directory.ByName("SHOP01")); !errors.Is(err, mq.ErrMachineNotFound) {
		t.Errorf("it was made again: %v", err)
	}
	n.again(func(o *Options) { o.Adopt = true })
	n.is(localqm.Integrated)
	if n.Identity().ID == old || read[*directory.Machine](w, directory.ByName("SHOP01")).ID != n.Identity().ID {
		t.Error("it was not registered anew")
	}
}

func TestComputerWithoutADNSNameIsNoted(t *testing.T) {
	w := newWorld(t)
	create(w, &directory.Computer{Head: directory.Head{Name: "SHOP01"}})
	n := w.stranger("SHOP01")
	n.join()
	n.is(localqm.Integrated)
	if s := n.Member.State(); !slices.ContainsFunc(s.Notes, func(s string) bool { return strings.Contains(s, "dNSHostName") }) {
		t.Errorf("%q", s.Notes)
	}
}

func TestLongComputerNameIsCutAsItsAccountIs(t *testing.T) {
	w := newWorld(t)
	w.account("WAREHOUSE-ODENS")
	n := w.stranger("warehouse-odense-01")
	n.name = "WAREHOUSE-ODENS"
	n.join()
	n.is(localqm.Integrated)
	id := n.public(`.\orders`, localqm.QueueSpec{})
	if q := read[*directory.Queue](w, directory.ByPath(`WAREHOUSE-ODENS\orders`)); q.ID != id {
		t.Errorf("%+v", q)
	}
}

func TestWhoLeftOneForestJoinsAnother(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	other := &world{t: t, dc: memory.New("fjord.example"), sites: map[string]mq.GUID{}}
	other.admin = ldap.New(other.dc.Administrator())
	create(other, &directory.Site{Head: directory.Head{Name: "Bergen"}})
	other.account("SHOP01")
	n.w = other
	n.again(func(o *Options) { o.Site = "Bergen" })
	n.is(localqm.Integrated)
	if o := read[*directory.Machine](other, directory.ByName("SHOP01")); o.ID != n.Identity().ID || kept(t, n.dir).Forest != "fjord.example" {
		t.Errorf("it is %s, its object there %s", n.Identity().ID, o.ID)
	}
}

func TestASiteThatWasRenamedIsNoReasonToBeWithoutTheDirectory(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	n.again(func(o *Options) { o.Site = "Ribe" })
	n.is(localqm.Integrated)
	if s := n.Member.State(); !slices.Equal(s.Sites, []string{"Aarhus"}) || !slices.ContainsFunc(s.Notes, func(s string) bool { return strings.Contains(s, "Ribe") }) {
		t.Errorf("%+v", s)
	}
}
