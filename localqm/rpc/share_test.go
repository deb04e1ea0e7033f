package rpc

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

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

func TestWhoWaitsForMemoryGetsItInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShares(100)
		var mu sync.Mutex
		var served []string // since they were last looked at
		ask := func(ctx context.Context, name string, who secure.SID, n int64) {
			go func() {
				if _, err := s.await(ctx, who, n); err != nil {
					name = "no " + name
				}
				mu.Lock()
				defer mu.Unlock()
				served = append(served, name)
			}()
			synctest.Wait()
		}
		want := func(names ...string) {
			t.Helper()
			synctest.Wait()
			slices.Sort(served)
			if !slices.Equal(served, names) {
				t.Errorf("served: %q, not %q", served, names)
			}
			served = nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		one, two, three := secure.Everyone, secure.Anonymous, secure.Administrators
		ask(ctx, "all he may have", one, 1000)
		ask(ctx, "his second", one, 30)
		ask(ctx, "his third", one, 10)
		ask(ctx, "another's", two, 40)
		want("all he may have", "another's")
		ask(ctx, "too large beside the others", three, 20)
		ask(ctx, "small", two, 5) // 10 are left, but who has nothing comes first
		want()
		s.give(two, 10)
		want("too large beside the others")
		s.give(two, 10)
		want("small")
		s.give(one, 50)
		want("his second", "his third")
		s.give(one, 40)
		ask(ctx, "the rest of his", two, 15)
		ask(ctx, "too much", two, 45)
		cancel()
		want("no too much", "the rest of his")
		s.give(two, 40)
		s.give(three, 20)
		if s.used != 0 || len(s.of) != 0 || len(s.line) != 0 {
			t.Errorf("%d are left, of %d users; %d wait", s.used, len(s.of), len(s.line))
		}
	})
}
