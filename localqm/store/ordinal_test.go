package store_test

import (
	"testing"
	"time"

	"posthouse/localqm/store"
)

// What a folder gave out after its backup was made is not given again once that
// is restored.
func TestMessageNumbersGrowWithTheTime(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	o := store.Options{Dir: dir, Now: func() time.Time { return now }}
	first := func() uint32 {
		s := open(t, o)
		n := s.NextOrdinal()
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		return n
	}
	before := first()
	if n := first(); n != before+1 {
		t.Errorf("the number after %d is %d", before, n)
	}
	now = now.Add(time.Hour) // as long as others worked with the folder that is lost
	after := first()
	if after < before+3600*60 {
		t.Errorf("an hour after %d the number is %d", before, after)
	}
	now = now.Add(-2 * time.Hour)
	if n := first(); n != after+1 {
		t.Errorf("the clock goes back: after %d the number is %d", after, n)
	}
}
