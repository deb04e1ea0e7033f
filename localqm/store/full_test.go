package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// stuff puts messages until the disk is full; they are all there and the one
// that failed is not.
func stuff(t *testing.T, s store.Store, at store.Slot, size int) (puts int) {
	t.Helper()
	for {
		before := s.Count(at)
		r := packet(at, size)
		err := storetest.Do(s, &store.Put{Row: r}, &store.PutState{Space: "s", Key: []byte("k"), Value: []byte{byte(puts)}})
		if err != nil {
			var e *mq.Error
			if !errors.Is(err, store.ErrFull) || !errors.As(err, &e) || e.Fix == "" || e.Code != mq.ErrMessageStorageFailed {
				t.Fatalf("put %d on a full disk: %v", puts, err)
			}
			if s.Count(at) != before || r.Lookup != 0 {
				t.Fatalf("a put that failed left %v of %v", s.Count(at), before)
			}
			return puts
		}
		if puts++; puts > 1_000_000 {
			t.Fatal("the disk does not get full")
		}
	}
}

func drain(t *testing.T, s store.Store, at store.Slot, keep int) {
	t.Helper()
	lookups, err := s.Lookups(ctx, at, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(lookups[:max(0, len(lookups)-keep)], 3) {
		var ops []store.Op
		for _, l := range some {
			ops = append(ops, &store.Remove{Place: store.Place{Slot: at, Lookup: l}})
		}
		if err := storetest.Do(s, ops...); err != nil {
			t.Fatalf("remove on a full disk: %v", err)
		}
	}
}

// fullDisk fills the store in dir again and again: what was answered is there,
// removals go through, and there is no restart in between.
func fullDisk(t *testing.T, dir string, limit func(*store.SQLite) error) {
	s := open(t, store.Options{Dir: dir})
	defer func() { s.Close() }()
	at := benchQueue2(t, s)
	if err := limit(s); err != nil {
		t.Fatal(err)
	}
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	total := 0
	for round := range rounds {
		size := []int{2000, 700, 50_000, 1_000_000}[round%4]
		total += stuff(t, s, at, size)
		if err := storetest.Do(s, &store.Put{Row: &store.Row{Slot: at, Express: true, Body: []byte("quick")}}); err != nil {
			t.Fatalf("an express message on a full disk: %v", err)
		}
		if rows, err := s.Range(ctx, store.Range{Slot: at, Limit: 10, Body: -1}); err != nil || len(rows) == 0 {
			t.Fatalf("reading on a full disk: %d rows, %v", len(rows), err)
		}
		quick := store.Place{Slot: at, Lookup: store.LookupID(0, s.LastSeq())}
		if err := storetest.Do(s, &store.Remove{Place: quick, Express: true}); err != nil {
			t.Fatal(err)
		}
		drain(t, s, at, round%3*5)
		if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
			t.Fatalf("check: %v, %v", r.Problems, err)
		}
	}
	want := s.Count(at)
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	s = open(t, store.Options{Dir: dir})
	if s.Count(at) != want {
		t.Fatalf("%v after the restart, %v before", s.Count(at), want)
	}
	if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
		t.Fatalf("check: %v, %v", r.Problems, err)
	}
	t.Logf("full %d times after %d messages in all, emptied and sound each time", rounds, total)
}

func benchQueue2(t *testing.T, s store.Store) store.Slot {
	t.Helper()
	at, err := s.NewSlot()
	if err == nil {
		err = storetest.Do(s, &store.CreateQueue{Queue: store.Queue{Slot: at, Name: "q"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestAFullDatabase lets SQLite say that there is no room.
func TestAFullDatabase(t *testing.T) {
	fullDisk(t, t.TempDir(), func(s *store.SQLite) error { return s.LimitPages(200) })
}

// TestAFullDisk is on a file system of 8 MB; where mounting is not allowed,
// TestAFullDatabase has to do.
func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if !mountSmall(t, dir, "8m") {
		t.Skip("mounting a small file system is not allowed here")
	}
	fullDisk(t, filepath.Join(dir, "data"), func(*store.SQLite) error { return nil })
}

// TestADiskFilledByOthers: the queue manager can still hand out its messages,
// and takes new ones as soon as there is room.
func TestADiskFilledByOthers(t *testing.T) {
	dir := t.TempDir()
	if !mountSmall(t, dir, "8m") {
		t.Skip("mounting a small file system is not allowed here")
	}
	s := open(t, store.Options{Dir: filepath.Join(dir, "data")})
	defer func() { s.Close() }()
	at := benchQueue2(t, s)
	fill(t, s, at, 1500, 1000)
	other := filepath.Join(dir, "other")
	f, err := os.Create(other)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	f.Close()
	stuff(t, s, at, 1000)
	n := s.Count(at).Messages
	drain(t, s, at, 10)
	if got := s.Count(at).Messages; got != 10 {
		t.Fatalf("%d of %d messages left", got, n)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := storetest.Do(s, &store.Put{Row: packet(at, 1000)}); err != nil {
		t.Fatalf("a put after there is room again: %v", err)
	}
	if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
		t.Fatalf("check: %v, %v", r.Problems, err)
	}
	// A full disk at the start refuses nobody either.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Options{Dir: filepath.Join(dir, "data")})
	if got := s.Count(at).Messages; got != 11 {
		t.Errorf("%d messages after the restart", got)
	}
}
