package ldap_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/access"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

// spoilt is a directory in which some operations fail.
type spoilt struct {
	ldap.Operations
	add, remove, modify func(dn string) bool
}

var errSpoilt = ldap.Refuse("", &directory.Refusal{Code: ldap.CodeBusy, Controller: "dc01"})

func (s spoilt) Add(ctx context.Context, dn string, a []ldap.Attribute) error {
	if s.add != nil && s.add(dn) {
		return errSpoilt
	}
	return s.Operations.Add(ctx, dn, a)
}

func (s spoilt) Delete(ctx context.Context, dn string, tree bool) error {
	if s.remove != nil && s.remove(dn) {
		return errSpoilt
	}
	return s.Operations.Delete(ctx, dn, tree)
}

func (s spoilt) Modify(ctx context.Context, dn string, c []ldap.Change) error {
	if s.modify != nil && s.modify(dn) {
		return errSpoilt
	}
	return s.Operations.Modify(ctx, dn, c)
}

func begins(prefix string) func(string) bool {
	return func(dn string) bool { return strings.HasPrefix(dn, prefix) }
}

func TestWhatIsHalfMadeIsRemoved(t *testing.T) {
	d := memory.New("nordhavn.example")
	whole := ldap.New(d.Administrator())
	o, err := whole.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: "Hub"}})
	if err != nil {
		t.Fatal(err)
	}
	sites := []mq.GUID{o.Common().ID}
	left := func() int {
		t.Helper()
		n := 0
		for _, k := range []directory.Kind{directory.KindComputer, directory.KindMachine, directory.KindServer} {
			list, err := directory.All[directory.Object](t.Context(), whole, directory.Query{Kind: k})
			if err != nil {
				t.Fatal(err)
			}
			n += len(list)
		}
		return n
	}
	foreign := &directory.Machine{Computer: "MVS", Foreign: true, Sites: sites, Routing: true, Principals: []string{"MSMQ/mvs"}}
	for _, s := range []spoilt{
		{add: begins("CN=msmq,")},
		{add: begins("CN=MSMQ Settings,")},
		{add: begins("CN=Servers,")},
		{modify: begins("CN=MVS,")},
	} {
		s.Operations = d.Administrator()
		if _, err := ldap.New(s).Create(t.Context(), "", foreign); !errors.Is(err, mq.ErrNoDS) || !strings.Contains(err.Error(), "create the queue manager MVS") {
			t.Errorf("the error is %v", err)
		}
		if n := left(); n != 0 {
			t.Errorf("%d objects are left", n)
		}
	}
	// What cannot be removed either is told.
	s := spoilt{Operations: d.Administrator(), add: begins("CN=msmq,"), remove: begins("CN=MVS,")}
	if _, err := ldap.New(s).Create(t.Context(), "", foreign); err == nil || !strings.Contains(err.Error(), "remove CN=MVS,CN=Computers") {
		t.Errorf("the error is %v", err)
	}
	if n := left(); n != 1 {
		t.Errorf("%d objects, want the computer", n)
	}
	if _, err := whole.Create(t.Context(), "", foreign); err != nil {
		t.Error(err)
	}
}

func TestRolesThatTheirSitesDoNotTakeAreTakenBack(t *testing.T) {
	d := memory.New("nordhavn.example")
	whole := ldap.New(d.Administrator())
	site, err := whole.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: "Hub"}})
	if err != nil {
		t.Fatal(err)
	}
	o, err := whole.Create(t.Context(), "", &directory.Machine{Computer: "MVS", Foreign: true, Sites: []mq.GUID{site.Common().ID}, Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	m := o.(*directory.Machine)
	m.Routing = true
	times := 0
	for _, s := range []spoilt{
		{Operations: d.Administrator(), add: begins("CN=MSMQ Settings,")},
		{Operations: d.Administrator(), add: begins("CN=MSMQ Settings,"), modify: func(string) bool { times++; return times > 1 }},
	} {
		err := ldap.New(s).Write(t.Context(), m, directory.AttrRouting)
		if !errors.Is(err, mq.ErrNoDS) || !strings.Contains(err.Error(), "in its sites") {
			t.Errorf("the error is %v", err)
		}
		now, err2 := directory.Get[*directory.Machine](t.Context(), whole, directory.ByID(m.ID))
		if err2 != nil || now.Routing != (s.modify != nil) {
			t.Errorf("%+v, %v", now, err2)
		}
		if s.modify != nil && !strings.Contains(err.Error(), "write the roles and sites again") {
			t.Errorf("that it is half done is not told: %v", err)
		}
	}
}

func TestNobodyWaits(t *testing.T) {
	dir := ldap.New(memory.New("nordhavn.example").Administrator())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dir.Create(ctx, "", &directory.Site{Head: directory.Head{Name: "Hub"}}); !errors.Is(err, context.Canceled) || !errors.Is(err, mq.ErrNoDS) {
		t.Error(err)
	}
	for _, err := range dir.Search(ctx, directory.Query{Kind: directory.KindSite}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestTimesAreTheDirectorys(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	dir := ldap.New(memory.New("nordhavn.example", memory.Clock(func() time.Time { return now })).Administrator())
	begin := now
	o, err := dir.Create(t.Context(), "", &directory.Site{Head: directory.Head{Name: "Hub"}})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(90 * time.Minute)
	if err := dir.Write(t.Context(), o, directory.AttrForeignSite); err != nil {
		t.Fatal(err)
	}
	got, err := dir.Read(t.Context(), directory.KindSite, directory.ByName("hub"))
	if err != nil || !got.Common().Created.Equal(begin) || !got.Common().Modified.Equal(now) {
		t.Errorf("%+v, %v", got, err)
	}
	for want, term := range map[int]directory.Term{
		1: {Attribute: directory.AttrModified, Op: directory.Equals, Value: now},
		0: {Attribute: directory.AttrCreated, Op: directory.Equals, Value: now},
	} {
		list, err := directory.All[*directory.Site](t.Context(), dir, directory.Query{Kind: directory.KindSite, Where: []directory.Term{term}})
		if err != nil || len(list) != want {
			t.Errorf("%v finds %d, %v", term, len(list), err)
		}
	}
}

func TestARefusalHasTwoReaders(t *testing.T) {
	for code, want := range map[uint16]mq.HResult{
		ldap.CodeAccess: mq.ErrAccessDenied, ldap.CodeCredentials: mq.ErrAccessDenied, ldap.CodeNoObject: mq.ErrObjectNotFound,
		ldap.CodeBusy: mq.ErrNoDS, ldap.CodeUnavailable: mq.ErrNoDS, ldap.CodeConstraint: mq.ErrIllegalPropertyValue, 123: mq.ErrDS,
	} {
		r := &directory.Refusal{Code: code, Controller: "dc01", Message: "00002098: SecErr\x00"}
		e := ldap.Refuse("change it", r)
		if e.Code != want || e.Why == "" || e.Fix == "" || r.Name != ldap.ResultName(code) || !strings.Contains(e.Why, "dc01") || strings.Contains(e.Why, "\x00") {
			t.Errorf("%d: %v", code, e)
		}
		var got *directory.Refusal
		if !errors.As(e, &got) || got != r {
			t.Errorf("%d: the answer is lost", code)
		}
	}
}

func TestOnlyThePartsOfADescriptorThatItHasAreWritten(t *testing.T) {
	change := func(name string, b []byte) []ldap.Change {
		return []ldap.Change{{Op: ldap.Replace, Attribute: ldap.Attribute{Name: name, Values: [][]byte{b}}}}
	}
	for _, c := range []struct {
		d    access.Descriptor
		want uint32
	}{
		{access.Descriptor{Owner: secure.Everyone}, 1},
		{access.Descriptor{Group: secure.Everyone, DACL: []access.ACE{}}, 6},
		{access.Machine(secure.Users, secure.Users, false), 4},
	} {
		if got := ldap.SDFlags(change("ntsecuritydescriptor", c.d.Append(nil))); got != c.want {
			t.Errorf("flags of %+v are %d, want %d", c.d, got, c.want)
		}
	}
	if ldap.SDFlags(change("description", []byte("x"))) != 0 || ldap.SDFlags(change("nTSecurityDescriptor", []byte("x"))) != 0 {
		t.Error("flags without a descriptor")
	}
}
