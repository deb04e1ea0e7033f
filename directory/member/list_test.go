package member

import (
	"testing"

	"posthouse/directory"
	"posthouse/localqm/mq"
)

func TestListStandsForItsQueuesEachOnce(t *testing.T) {
	w := newWorld(t)
	n := w.joined("SHOP01")
	hub := w.server("HUB01", true, "Aarhus")
	queue := func(name string) directory.Member {
		q := create(w, &directory.Queue{Machine: hub.ID, Computer: "HUB01", Queue: name})
		return directory.Member{ID: q.ID, DN: q.DN}
	}
	a, b, c := queue("a"), queue("b"), queue("c")
	alias := func(name, to string) directory.Member {
		o := create(w, &directory.Alias{Head: directory.Head{Name: name}, FormatName: to})
		return directory.Member{ID: o.ID, DN: o.DN}
	}
	list := func(name string, of ...directory.Member) *directory.List {
		return create(w, &directory.List{Head: directory.Head{Name: name}, Members: of})
	}
	as := func(l *directory.List) directory.Member { return directory.Member{ID: l.ID, DN: l.DN} }
	direct := alias("printer", `DIRECT=OS:PRINTER\private$\jobs`)
	inner := list("inner", b, direct, a)
	outer := list("outer", a, as(inner), c, alias("again", "PUBLIC="+b.ID.String()))
	inner.Members = append(inner.Members, as(outer), as(inner)) // round and round
	w.write(inner, directory.AttrMembers)

	got, err := n.Member.Expand(t.Context(), outer.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{
		mq.Public(a.ID).Key(): true, mq.Public(b.ID).Key(): true, mq.Public(c.ID).Key(): true,
		mq.DirectOS("PRINTER", `private$\jobs`).Key(): true,
	}
	if len(got) != len(want) {
		t.Errorf("%d names: %v", len(got), got)
	}
	for _, f := range got {
		if !want[f.Key()] {
			t.Errorf("%s is not in it", f)
		}
	}

	if got, err := n.Member.Expand(t.Context(), list("empty").ID); err != nil || len(got) != 0 {
		t.Errorf("an empty list is %v, %v", got, err)
	}
	nobody := list("with a computer", directory.Member{DN: "CN=HUB01,CN=Computers,DC=nordhavn,DC=example"})
	if got, err := n.Member.Expand(t.Context(), nobody.ID); err == nil {
		t.Errorf("a list with a computer is %v", got)
	}
	_, err = n.Member.Expand(t.Context(), mq.NewGUID())
	refused(t, err, mq.ErrObjectNotFound)
	_, err = n.Member.Expand(t.Context(), a.ID)
	if err == nil {
		t.Error("a queue is a list")
	}
}
