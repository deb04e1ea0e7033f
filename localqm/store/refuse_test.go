package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

func TestAStoreIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folder's access list is what counts there")
	}
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s := open(t, store.Options{Dir: dir, ExpressLimit: 1})
	defer s.Close()
	at, _ := s.NewSlot()
	if err := storetest.Do(s, &store.CreateQueue{Queue: store.Queue{Slot: at, Name: "q"}},
		&store.Put{Row: &store.Row{Slot: at, Express: true, Body: []byte("spilled")}}); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		name := d.Name()
		if strings.HasPrefix(name, "express-") {
			name = "express"
		}
		names[name] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"posthouse.db", "posthouse.db-wal", "posthouse.db-shm", "lock", "express"} {
		if !names[name] {
			t.Errorf("no file %s", name)
		}
	}
}

func TestAnyFolderNameWorks(t *testing.T) {
	for _, name := range []string{"with space", "a?b=c&mode=memory", "100%41", "#frag;x", "Größe 日本", `quote'"`, "file:x"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, `?"<>|*:`) {
			continue // not a name there
		}
		dir := filepath.Join(t.TempDir(), name)
		s := open(t, store.Options{Dir: dir, Name: "N"})
		id := s.Identity()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "posthouse.db")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s = open(t, store.Options{Dir: dir, Name: "another"})
		if s.Identity() != id || id.Name != "N" || id.ID.IsZero() || id.Created == 0 {
			t.Errorf("identity %v, then %v", id, s.Identity())
		}
		s.Close()
	}
}

// refused opens a folder and wants an error with a cause and a fix.
func refused(t *testing.T, dir string, words ...string) {
	t.Helper()
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err == nil {
		s.Close()
		t.Fatalf("%s was opened", dir)
	}
	var e *mq.Error
	if !errors.As(err, &e) || e.Fix == "" || e.Op == "" {
		t.Errorf("refused without advice: %#v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func TestBadFoldersAreRefused(t *testing.T) {
	db := func(dir string) string { return filepath.Join(dir, "posthouse.db") }
	write := func(t *testing.T, name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made := func(t *testing.T) string {
		t.Helper()
		dir := t.TempDir()
		s := open(t, store.Options{Dir: dir})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	run := func(t *testing.T, file, q string) {
		t.Helper()
		c, err := sql.Open("sqlite", file)
		if err == nil {
			_, err = c.Exec(q)
		}
		if err == nil {
			err = c.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("AFileForAFolder", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "file")
		write(t, name, "x")
		refused(t, name, "not a folder", "--data")
		refused(t, filepath.Join(name, "below"), "--data")
	})
	t.Run("NotADatabase", func(t *testing.T) {
		dir := t.TempDir()
		write(t, db(dir), strings.Repeat("no database ", 1000))
		refused(t, dir, "not a Posthouse database")
		if data, _ := os.ReadFile(db(dir)); len(data) != 12000 {
			t.Error("the file was changed")
		}
	})
	t.Run("AnotherProgramsDatabase", func(t *testing.T) {
		dir := t.TempDir()
		run(t, db(dir), "CREATE TABLE theirs (x); PRAGMA application_id = 77; PRAGMA user_version = 3")
		if err := os.Chmod(db(dir), 0o600); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(db(dir))
		refused(t, dir, "another program", "0x0000004D")
		if after, _ := os.ReadFile(db(dir)); string(after) != string(before) {
			t.Error("the file was changed")
		}
	})
	t.Run("NewerSchema", func(t *testing.T) {
		dir := made(t)
		run(t, db(dir), "PRAGMA user_version = 99")
		refused(t, dir, "newer Posthouse", "schema 99")
	})
	t.Run("AFolderWhereTheDatabaseShouldBe", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(db(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "not a regular file")
	})
	if runtime.GOOS == "windows" {
		return // what follows is about modes, owners and links
	}
	t.Run("ExposedDatabase", func(t *testing.T) {
		dir := made(t)
		for _, mode := range []os.FileMode{0o644, 0o660, 0o604} {
			if err := os.Chmod(db(dir), mode); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, "other users", "chmod 600")
		}
	})
	t.Run("ExposedFolder", func(t *testing.T) {
		dir := made(t)
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "other users", "chmod 700")
	})
	t.Run("LinkedFiles", func(t *testing.T) {
		for _, name := range []string{"posthouse.db", "posthouse.db-wal", "posthouse.db-shm"} {
			dir, elsewhere := made(t), made(t)
			link := filepath.Join(dir, name)
			os.Remove(link)
			if err := os.Symlink(db(elsewhere), link); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, "symbolic link", name)
		}
	})
	t.Run("LinkedLock", func(t *testing.T) {
		dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "precious")
		write(t, elsewhere, "precious")
		if err := os.Symlink(elsewhere, filepath.Join(dir, "lock")); err != nil {
			t.Fatal(err)
		}
		if s, err := store.Open(ctx, store.Options{Dir: dir}); err == nil {
			s.Close()
			t.Error("opened with a link for a lock")
		}
		if data, _ := os.ReadFile(elsewhere); string(data) != "precious" {
			t.Error("the lock was written through a link")
		}
	})
	t.Run("AnotherUsersFiles", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can give files away")
		}
		dir := made(t)
		if err := os.Chown(db(dir), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "uid 12345", "posthouse.db")
		if err := os.Chown(dir, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "uid 12345", "data folder")
	})
	t.Run("ReadOnlyFolder", func(t *testing.T) {
		dir := readOnlyFolder(t)
		refused(t, dir, "read-only", "--data")
	})
}

// A folder in use is refused to a second process, with the first one's id, and
// to this one.
func TestALockedFolderSaysWhoHasIt(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "lock", args{Dir: dir})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "open\n" {
		t.Fatal(line, err)
	}
	_, err = store.Open(ctx, store.Options{Dir: dir})
	var locked *store.LockedError
	if !errors.As(err, &locked) || locked.Dir != dir || locked.PID != cmd.Process.Pid {
		t.Fatalf("open beside process %d: %v", cmd.Process.Pid, err)
	}
	if !strings.Contains(err.Error(), "--data") {
		t.Errorf("%q gives no advice", err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Options{Dir: dir})
	defer s.Close()
	if _, err := store.Open(ctx, store.Options{Dir: dir}); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("second open in one process: %v", err)
	}
}

func TestAStoppedCreationIsTakenUp(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "posthouse.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "express-123.tmp"), []byte("left behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Options{Dir: dir})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "express-123.tmp")); err == nil {
		t.Error("a spill file of a killed run is still there")
	}
	for _, name := range []string{"posthouse.db-wal", "posthouse.db-shm"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is left after a clean close", name)
		}
	}
}

func TestACancelledOpenLeavesTheFolderFree(t *testing.T) {
	dir := t.TempDir()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if s, err := store.Open(gone, store.Options{Dir: dir}); err == nil {
		s.Close()
	}
	open(t, store.Options{Dir: dir}).Close()
}
