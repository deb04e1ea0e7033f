package rpc

import (
	"errors"
	"net/netip"
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

func TestAUserHasSoManyHandlesInAllHisGroups(t *testing.T) {
	all := NewGroups()
	at := netip.MustParseAddr("192.0.2.1")
	var joined []*association
	for range mostHandles / MaxHandles {
		a, _ := all.join(0, at)
		joined = append(joined, a)
		for range MaxHandles {
			if _, err := a.group(secure.Everyone).Open("queue", nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	a, _ := all.join(0, at)
	if _, err := a.group(secure.Everyone).Open("queue", nil, nil); !errors.Is(err, FaultOutOfMemory) {
		t.Errorf("one too many: %v", err)
	}
	h, err := a.group(secure.Administrators).Open("queue", nil, nil)
	if err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if _, err := a.group(secure.Everyone).Close("queue", h); !errors.Is(err, FaultContextMismatch) {
		t.Errorf("his handle, by another: %v", err)
	}
	all.leave(joined[0])
	if _, err := a.group(secure.Everyone).Open("queue", nil, nil); err != nil {
		t.Errorf("after the end of a group: %v", err)
	}
}

func TestAClientHasAnAddressOrANetworkOfIPv6(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7", "2001:db8::7:1": "2001:db8::"} {
		if got := network(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s counts as %s", in, got)
		}
	}
}
