package accounts

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthouse/localqm/mq"
)

// try signs in and says whether it was looked at, and whether it was right.
func try(t *testing.T, s *Store, name string, from netip.Addr, password string) (looked, right bool) {
	t.Helper()
	_, _, err := s.SignIn(name, from, knows(password))
	if err != nil && !errors.Is(err, mq.ErrAccessDenied) {
		t.Fatal(err)
	}
	return err == nil || !strings.Contains(err.Error(), "too many"), err == nil
}

func TestWrongPasswordsTakeLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, t.TempDir())
		mustAdd(t, s, "alice", "one")
		for range freeGuesses {
			if looked, _ := try(t, s, "alice", desk, "wrong"); !looked {
				t.Fatal("closed too early")
			}
		}
		for wait := firstWait; wait < 8*longestWait; wait *= 2 {
			wait := min(wait, longestWait)
			time.Sleep(wait - time.Nanosecond)
			if looked, right := try(t, s, "alice", desk, "one"); looked || right {
				t.Fatalf("open before %v", wait)
			}
			time.Sleep(time.Nanosecond)
			if looked, _ := try(t, s, "alice", desk, "wrong"); !looked {
				t.Fatalf("still closed after %v", wait)
			}
		}
		time.Sleep(longestWait)
		if _, right := try(t, s, "alice", desk, "one"); !right {
			t.Error("closed for good")
		}
		// The right one makes all forgotten.
		for range freeGuesses - 1 {
			try(t, s, "alice", desk, "wrong")
		}
		if _, right := try(t, s, "alice", desk, "one"); !right {
			t.Error("what was wrong before still counts")
		}
	})
}

func TestNobodyIsLockedOutElsewhere(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustAdd(t, s, "alice", "one")
	mustAdd(t, s, "bob", "two")
	attacker := netip.MustParseAddr("2001:db8:1:2::3")
	for range freeGuesses {
		try(t, s, "alice", attacker, "wrong")
	}
	for _, c := range []struct {
		name, from, password string
		right                bool
	}{
		{"alice", "2001:db8:1:2::3", "one", false},
		{"ALICE@hub", "2001:db8:1:2::3", "one", false},
		{"alice", "2001:db8:1:2:ffff::1", "one", false}, // the same customer
		{"alice", "2001:db8:1:3::3", "one", true},
		{"alice", "10.1.2.3", "one", true},
		{"bob", "2001:db8:1:2::3", "two", true},
	} {
		if _, right := try(t, s, c.name, netip.MustParseAddr(c.from), c.password); right != c.right {
			t.Errorf("%s from %s: %v", c.name, c.from, right)
		}
	}
	for range freeGuesses {
		try(t, s, "bob", netip.MustParseAddr("::ffff:10.1.2.3"), "wrong")
	}
	if _, right := try(t, s, "bob", desk, "two"); right {
		t.Error("one address in its two forms is two")
	}
}

// All names that do not exist are one, and look like any other.
func TestNamesThatDoNotExistAreSlowedDownToo(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	mustAdd(t, s, "alice", "one")
	asked := 0
	for i := range freeGuesses + 1 {
		_, _, err := s.SignIn(fmt.Sprint("user", i), desk, func([16]byte) bool { asked++; return true })
		if err == nil || strings.Contains(err.Error(), "too many") != (i == freeGuesses) {
			t.Errorf("name %d: %v", i, err)
		}
	}
	if asked != freeGuesses+1 {
		t.Errorf("the proof was asked %d times: time tells who exists", asked)
	}
}

func TestWrongPasswordsAreForgottenAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, t.TempDir())
		mustAdd(t, s, "alice", "one")
		for range freeGuesses - 1 {
			try(t, s, "alice", desk, "wrong")
		}
		time.Sleep(calm + time.Nanosecond)
		for range freeGuesses - 1 {
			try(t, s, "alice", desk, "wrong")
		}
		if looked, _ := try(t, s, "alice", desk, "wrong"); !looked {
			t.Error("yesterday still counts")
		}
		for i := range mostGuesses + 100 {
			time.Sleep(time.Nanosecond)
			try(t, s, "alice", netip.AddrFrom4([4]byte{11, 0, byte(i >> 8), byte(i)}), "wrong")
		}
		if n := len(s.guesses.of); n != mostGuesses {
			t.Errorf("%d are remembered", n)
		}
	})
}
