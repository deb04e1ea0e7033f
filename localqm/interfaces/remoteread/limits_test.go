package remoteread

import (
	"testing"

	"posthouse/localqm/rpc"
	"posthouse/localqm/secure"
)

func TestCursorsAreCountedOverAllClientsOfAUser(t *testing.T) {
	s := &server{clients: map[*rpc.Group]*client{}, cursors: map[secure.SID]int{}}
	var of []*queue
	for range mostCursors / MostCursors {
		q := &queue{group: rpc.NewGroup(), user: secure.Everyone}
		if !s.spend(q, 0, MostCursors) || s.spend(q, 0, 1) {
			t.Error("a client has not what it may have")
		}
		of = append(of, q)
	}
	one := &queue{group: rpc.NewGroup(), user: secure.Everyone}
	if s.spend(one, 0, 1) {
		t.Error("a user has more")
	}
	if other := (&queue{group: rpc.NewGroup(), user: secure.Administrators}); !s.spend(other, 1, 1) {
		t.Error("somebody else has none")
	} else {
		s.refund(other, 1, 1)
	}
	s.refund(of[0], 0, MostCursors)
	if !s.spend(one, 0, 1) {
		t.Error("what is closed counts on")
	}
	s.refund(one, 0, 1)
	for _, q := range of[1:] {
		s.refund(q, 0, MostCursors)
	}
	if len(s.clients) != 0 || len(s.cursors) != 0 {
		t.Errorf("%d clients and %d users are left", len(s.clients), len(s.cursors))
	}
}
