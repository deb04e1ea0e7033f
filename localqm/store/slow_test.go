package store_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// TestASlowDiskDelaysOnlyItsWriters: while a commit hangs, every read answers,
// and shows nothing of it.
func TestASlowDiskDelaysOnlyItsWriters(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	defer s.Close()
	at := benchQueue2(t, s)
	fill(t, s, at, 10, 1000)
	hung, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	store.SetFailpoint(func(point string) {
		if point == "commit" {
			once.Do(func() { close(hung); <-release })
		}
	})
	defer store.SetFailpoint(nil)
	end := make(chan error, 1)
	r := packet(at, 1000)
	s.Submit(&store.Step{
		Ops:  []store.Op{&store.Put{Row: r}, &store.Put{Row: &store.Row{Slot: at, Express: true}}},
		Done: func(st *store.Step) { end <- st.Err },
	})
	<-hung
	before := look(s)
	if len(before.errs) > 0 || len(before.rows) != 10 || before.counts[at].Messages != 10 || s.Express().Messages != 0 {
		t.Errorf("%d rows, counts %v, errors %v during a slow commit", len(before.rows), before.counts, before.errs)
	}
	if s.LastSeq() != 10 {
		t.Errorf("last seq %d during a slow commit", s.LastSeq())
	}
	select {
	case err := <-end:
		t.Errorf("answered (%v) before the commit", err)
	default:
	}
	close(release)
	if err := <-end; err != nil {
		t.Fatal(err)
	}
	if n := s.Count(at).Messages; n != 12 || r.Lookup == 0 {
		t.Errorf("%d messages after the commit", n)
	}
}

// TestReadersDoNotLetTheLogGrow: reads go on all the time, and the WAL is still
// used again from its beginning.
func TestReadersDoNotLetTheLogGrow(t *testing.T) {
	store.SetCheckpointPages(50)
	defer store.SetCheckpointPages(4000)
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	defer s.Close()
	at := benchQueue2(t, s)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Range(ctx, store.Range{Slot: at, Limit: 10}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 400 {
		if err := storetest.Do(s, &store.Put{Row: packet(at, 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	info, err := os.Stat(filepath.Join(dir, "posthouse.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if pages := info.Size() / 4096; pages > 400 { // some 1,200 were written
		t.Errorf("the WAL has grown to %d pages", pages)
	}
}

// TestSpilledFilesGo: express messages that do not fit into memory are on disk,
// and their files go when they do.
func TestSpilledFilesGo(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir, ExpressLimit: 100_000})
	defer s.Close()
	s.SetSegmentSize(200_000)
	at := benchQueue2(t, s)
	files := func() (n int) {
		list, err := filepath.Glob(filepath.Join(dir, "express-*.tmp"))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for range 1000 {
		r := packet(at, 1000)
		r.Express = true
		if err := storetest.Do(s, &store.Put{Row: r}); err != nil {
			t.Fatal(err)
		}
	}
	if n := files(); n < 5 {
		t.Errorf("%d spill files for a megabyte", n)
	}
	rows, err := s.Range(ctx, store.Range{Slot: at, Body: -1})
	if err != nil || len(rows) != 1000 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if string(r.Body) != string(packet(at, 1000).Body) {
			t.Fatalf("row %d has another body", i)
		}
		if err := storetest.Do(s, &store.Remove{Place: store.Place{Slot: at, Lookup: r.Lookup}, Express: true}); err != nil {
			t.Fatal(err)
		}
	}
	if n := files(); n > 1 {
		t.Errorf("%d spill files for nothing", n)
	}
	if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
		t.Error(r, err)
	}
}

// TestTidyGivesSpaceBack: and removes no message.
func TestTidyGivesSpaceBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	defer s.Close()
	at := benchQueue2(t, s)
	fill(t, s, at, 2000, 2000)
	drain(t, s, at, 100)
	before, after, err := s.Tidy(ctx)
	if err != nil || after > before/4 {
		t.Errorf("%d bytes before, %d after, %v", before, after, err)
	}
	if n := s.Count(at).Messages; n != 100 {
		t.Errorf("%d messages left", n)
	}
	if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 || r.Messages != 100 {
		t.Error(r, err)
	}
}

// TestALongCheckEndsAtClose: Close does not wait for it to come to its end.
func TestALongCheckEndsAtClose(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	at := benchQueue2(t, s)
	fill(t, s, at, 10_000, 1000)
	end := make(chan error, 1)
	go func() {
		_, err := s.Check(ctx)
		end <- err
	}()
	time.Sleep(time.Millisecond) // in it, or not yet: both must do
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	<-end
}
