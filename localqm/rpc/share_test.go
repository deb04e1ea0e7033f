package rpc

import (
	"testing"

	"posthouse/localqm/secure"
)

func TestAUserHasHalfOfTheMemory(t *testing.T) {
	s := newShares(100)
	take := func(who secure.SID, n int64, want bool) {
		t.Helper()
		if s.take(who, n) != want {
			t.Errorf("%s takes %d: %v", who, n, !want)
		}
	}
	take(secure.Anonymous, 30, true)
	take(secure.Anonymous, 21, false)
	take(secure.Anonymous, 20, true)
	take(secure.Administrators, 30, true)
	take(secure.Everyone, 30, false)
	take(secure.Everyone, 20, true)
	s.give(secure.Anonymous, 50)
	take(secure.Everyone, 31, false)
	take(secure.Everyone, 30, true)
	s.give(secure.Everyone, 50)
	s.give(secure.Administrators, 30)
	if s.used != 0 || len(s.of) != 0 {
		t.Errorf("%d are left, of %d users", s.used, len(s.of))
	}
}
