package forest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"posthouse/directory/ldap/samba"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/forest"
)

// join is a console's forest at a real controller.
func join(t *testing.T, f *samba.Forest, user, password string) *forest.Forest {
	t.Helper()
	keyring.MockInit()
	d := forest.New(forest.Options{Folder: t.TempDir()})
	t.Cleanup(func() { _ = d.Close() })
	s := mgmtclient.DirectorySignIn{Controller: f.Address, CA: f.CA, SignIn: mgmtclient.SignInPassword, User: user}
	if err := d.Choose(t.Context(), s, &password); err != nil {
		t.Fatal(err)
	}
	return d
}

func create(t *testing.T, d mgmtclient.Directory, e mgmtclient.Entry) mgmtclient.Entry {
	t.Helper()
	e, err := d.Create(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A console at Samba: all it makes and changes is seen by OpenLDAP's tools.
func TestAConsoleAtARealController(t *testing.T) {
	f := samba.Join(t)
	d := join(t, f, f.Administrator(), f.Password)
	const mark = "ConsoleTest"
	var made []mgmtclient.Entry
	t.Cleanup(func() {
		for i := len(made) - 1; i >= 0; i-- {
			f.Remove(t, made[i].DN)
		}
		f.Remove(t, f.ComputerDN("CONSOLEMAIN"))
	})
	keep := func(e mgmtclient.Entry) mgmtclient.Entry {
		e = create(t, d, e)
		made = append(made, e)
		return e
	}
	near := keep(mgmtclient.Entry{Kind: mgmtclient.EntrySite, Name: mark + "-Near"})
	far := keep(mgmtclient.Entry{Kind: mgmtclient.EntrySite, Name: mark + "-Far", Site: &mgmtclient.SiteEntry{Foreign: true}})
	link := keep(mgmtclient.Entry{Kind: mgmtclient.EntryLink, Link: &mgmtclient.RouteLink{Site1: near.ID, Site2: far.ID, Cost: 7, Description: mark}})
	main := keep(mgmtclient.Entry{Kind: mgmtclient.EntryMachine, Name: "CONSOLEMAIN", Machine: &mgmtclient.MachineEntry{Foreign: true, Sites: []mgmtclient.EntryRef{{ID: far.ID}}}})
	queue := keep(mgmtclient.Entry{Kind: mgmtclient.EntryQueue, Name: "console.in", Label: mark + " (in) *", Queue: &mgmtclient.QueueEntry{Machine: mgmtclient.EntryRef{ID: main.ID}, Transactional: true}})
	list := keep(mgmtclient.Entry{Kind: mgmtclient.EntryList, Name: mark + " list", Label: "For a test", List: &mgmtclient.ListEntry{Members: []mgmtclient.EntryRef{{ID: queue.ID}}}})
	keep(mgmtclient.Entry{Kind: mgmtclient.EntryAlias, Name: mark + " alias", Alias: &mgmtclient.AliasEntry{Target: queue.FormatName}})

	if r, ok := f.Read(t, link.DN, "mSMQCost", "description"); !ok || r.Get("mSMQCost") != "7" || r.Get("description") != mark {
		t.Errorf("the link is %+v", r)
	}
	if r, ok := f.Read(t, queue.DN, "mSMQTransactional", "mSMQLabelEx"); !ok || r.Get("mSMQTransactional") != "TRUE" || r.Get("mSMQLabelEx") != mark+" (in) *" {
		t.Errorf("the queue is %+v", r)
	}

	page, err := d.Find(t.Context(), mgmtclient.DirectoryQuery{Text: strings.ToLower(mark) + " (IN) *"})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].ID != queue.ID || !page.Entries[0].Queue.Foreign || page.Entries[0].Where != "CONSOLEMAIN" {
		t.Errorf("%v, %v", names(page.Entries), err)
	}
	if d := cmp.Diff([]string{mark + " list has it as its only member", mark + " alias is another name for it"}, uses(t, d, queue)); d != "" {
		t.Error(d)
	}
	p, err := d.Path(t.Context(), mgmtclient.PathQuery{From: near.ID, To: main.ID})
	if err != nil || len(p.Hops) != 0 || !strings.Contains(p.Why, "no routing server hands messages over") {
		t.Errorf("%+v, %v", p, err)
	}
	dear := with(link, func(l *mgmtclient.RouteLink) { l.Cost = 999_999 })
	if e, err := d.Set(t.Context(), dear, mgmtclient.FieldCost); err != nil || e.Link.Cost != 999_999 {
		t.Errorf("%+v, %v", e.Link, err)
	}
	if r, _ := f.Read(t, link.DN, "mSMQCost"); r.Get("mSMQCost") != "999999" {
		t.Errorf("the link costs %s", r.Get("mSMQCost"))
	}
	list.List = &mgmtclient.ListEntry{}
	list.Label = "For nobody"
	if e, err := d.Set(t.Context(), list, mgmtclient.FieldMembers, mgmtclient.FieldLabel); err != nil || len(e.List.Members) != 0 || e.Label != "For nobody" {
		t.Errorf("%+v, %v", e, err)
	}
	if r := refusal(t, d.Delete(t.Context(), main.ID, false)); r.Code != 66 {
		t.Errorf("%+v", r)
	}
	perms, err := d.Permissions(t.Context(), queue.ID)
	if err != nil {
		t.Fatal(err)
	}
	perms.Entries = append(perms.Entries, mgmtclient.Permission{Account: mgmtclient.Account{Name: "anna"}, Rights: uint32(mq.RightWriteMessage)})
	if err := d.SetPermissions(t.Context(), queue.ID, perms); err != nil {
		t.Fatal(err)
	}
	again, err := d.Permissions(t.Context(), queue.ID)
	if err != nil || len(again.Entries) != len(perms.Entries) {
		t.Errorf("%+v, after %+v, %v", again.Entries, perms.Entries, err)
	}

	anna := join(t, f, f.User("anna"), f.UserPassword)
	queue.Label = "mine"
	_, err = anna.Set(t.Context(), queue, mgmtclient.FieldLabel)
	if r := refusal(t, err); r.Code != 50 || mgmtclient.Code(err) != mq.ErrAccessDenied {
		t.Errorf("%+v, %v", r, err)
	}
	for _, e := range []mgmtclient.Entry{queue, list, link} {
		if err := d.Delete(t.Context(), e.ID, false); err != nil {
			t.Errorf("delete %s: %v", e.Name, err)
		}
		if _, there := f.Read(t, e.DN); there {
			t.Errorf("%s is still there", e.DN)
		}
	}
}

func TestTheLayersOfATestAtARealController(t *testing.T) {
	f := samba.Join(t)
	d := forest.New(forest.Options{})
	s := mgmtclient.DirectorySignIn{Controller: f.Address, CA: f.CA, SignIn: mgmtclient.SignInPassword, User: f.User("anna")}
	for password, want := range map[string]string{f.UserPassword: "name, port, signIn, manager, rights", "wrong": "name, port, signIn fails"} {
		if got, err := probes(t, d, s, &password); got != want {
			t.Errorf("%s, %v", got, err)
		}
	}
	s.CA = ""
	s.Controller = fmt.Sprintf("ldaps://%s", f.Address)
	if got, err := probes(t, d, s, &f.UserPassword); got != "name, port, signIn fails" {
		t.Errorf("a certificate of nobody known: %s, %v", got, err)
	}
}
