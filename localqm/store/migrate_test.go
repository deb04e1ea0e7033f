package store_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/store"
)

// slowStep is a made-up migration that changes every row, so that there is
// time to be killed in it.
const slowStep = `
ALTER TABLE state ADD COLUMN extra INTEGER NOT NULL DEFAULT 0;
UPDATE state SET extra = length(value) + 1;
CREATE INDEX state_extra ON state (extra);
`

const migratedRows = 20_000

func withConn(dir string, fn func(*sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "posthouse.db")))
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return fn(c)
}

// childMigrate makes the first migrations and rows, or, later, the slow one.
func childMigrate(a args) error {
	steps, err := store.Migrations()
	if err != nil {
		return err
	}
	return withConn(a.Dir, func(c *sql.Conn) error {
		if _, err := c.ExecContext(ctx, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		fmt.Println("migrating")
		return store.Migrate(ctx, c, "test", append(steps, slowStep))
	})
}

func TestMigrationsCountFromOne(t *testing.T) {
	steps, err := store.Migrations()
	if err != nil || len(steps) == 0 {
		t.Fatal(len(steps), err)
	}
	for i, s := range steps {
		if strings.Contains(s, "COMMIT") || strings.Contains(s, "PRAGMA") {
			t.Errorf("migration %d leaves its transaction", i+1)
		}
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	dir := t.TempDir()
	open(t, store.Options{Dir: dir}).Close()
	steps, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	err = withConn(dir, func(c *sql.Conn) error {
		err := store.Migrate(ctx, c, "test", append(steps, slowStep+"SELECT nothing FROM nowhere;"))
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migration %d", len(steps)+1)) {
			t.Errorf("a wrong migration ended with %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Options{Dir: dir})
	defer s.Close()
	if r, err := s.Check(ctx); err != nil || len(r.Problems) > 0 {
		t.Error(r, err)
	}
}

// TestCrashInAMigration kills processes in a migration: what they leave is the
// old schema or the new one, with every row.
func TestCrashInAMigration(t *testing.T) {
	steps, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	rounds := max(crashes(t)/5, 3)
	old := 0
	for range rounds {
		dir := t.TempDir()
		open(t, store.Options{Dir: dir}).Close()
		err := withConn(dir, func(c *sql.Conn) error {
			_, err := c.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?)
				INSERT INTO state (space, key, value, sum) SELECT 'm', CAST(i AS BLOB), CAST(i AS BLOB), 0 FROM n`, migratedRows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		cmd := child(t, "migrate", args{Dir: dir})
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(line, err)
		}
		time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond) // the moment of the kill is the random part
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		err = withConn(dir, func(c *sql.Conn) error {
			var version, rows, extra int
			if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
				return err
			}
			if err := c.QueryRowContext(ctx, "SELECT count(*) FROM state WHERE space = 'm'").Scan(&rows); err != nil {
				return err
			}
			if rows != migratedRows {
				t.Errorf("%d rows are left", rows)
			}
			err := c.QueryRowContext(ctx, "SELECT count(*) FROM state WHERE extra > 1").Scan(&extra)
			switch {
			case version == len(steps) && err != nil:
				old++ // the column is not there
			case version == len(steps)+1 && err == nil && extra == migratedRows:
			default:
				t.Errorf("schema %d with %d rows changed, %v", version, extra, err)
			}
			return store.Migrate(ctx, c, "test", append(steps, slowStep))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills in a migration: %d left the old schema, %d the new one, 0 a mixture", rounds, old, rounds-old)
}
