package store_test

import (
	"context"
	"flag"
	"testing"

	"go.uber.org/goleak"

	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
	"posthouse/localqm/store/storetest"
)

func TestMain(m *testing.M) {
	runChild()
	flag.Parse()
	few(map[string]string{"rapid.checks": "30"}, map[string]string{"rapid.checks": "5"})
	goleak.VerifyTestMain(m)
}

// few sets flags that the command line left alone.
func few(long, short map[string]string) {
	set := long
	if testing.Short() {
		set = short
	}
	flag.Visit(func(f *flag.Flag) { delete(set, f.Name) })
	for name, value := range set {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
}

var ctx = context.Background()

// open opens the store of a folder for a test that closes it itself.
func open(t testing.TB, o store.Options) *store.SQLite {
	t.Helper()
	s, err := store.Open(ctx, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

// maker makes SQLite stores with these options.
func maker(o store.Options) storetest.Maker {
	return func(t testing.TB) (store.Store, func() store.Store) {
		o := o
		o.Dir = t.TempDir()
		s := open(t, o)
		return s, func() store.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			s = open(t, o)
			return s
		}
	}
}

func TestSQLite(t *testing.T) { storetest.Run(t, maker(store.Options{})) }

// TestSpilled is the suite with every express message on disk.
func TestSpilled(t *testing.T) { storetest.Run(t, maker(store.Options{ExpressLimit: 1})) }

// TestSQLiteIsLikeTheModel does random steps to both.
func TestSQLiteIsLikeTheModel(t *testing.T) {
	storetest.Compare(t, maker(store.Options{ExpressLimit: 2000}), model)
}

func model(testing.TB) (store.Store, func() store.Store) {
	m := memory.New("TESTER")
	return m, func() store.Store {
		m = m.Reopen()
		return m
	}
}
