package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"posthouse/localqm/mq"
)

// applicationID marks our files (PRAGMA application_id): "PHST".
const applicationID = 0x50485354

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the steps from an empty file to the current schema; the n-th
// leads to user_version n.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]string, len(names))
	for i, name := range names {
		var n int
		if _, err := fmt.Sscanf(name, "migrations/%04d_", &n); err != nil || n != i+1 {
			return nil, fmt.Errorf("%s is not migration %04d", name, i+1)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps[i] = string(text)
	}
	return steps, nil
}

// migrate brings the schema up to date, each step in a transaction of its own,
// so that a crash leaves the old schema or the new one.
func migrate(ctx context.Context, c *sql.Conn, file string, steps []string) error {
	var version int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(steps) {
		return mq.Errorf(mq.ErrMessageStorageFailed, "open "+file,
			"a newer Posthouse has written it (schema %d; this one knows up to %d)", version, len(steps)).
			WithFix("use the newer Posthouse, or restore a backup from before its first start")
	}
	for ; version < len(steps); version++ {
		q := fmt.Sprintf("BEGIN IMMEDIATE;\n%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT",
			steps[version], applicationID, version+1)
		if _, err := c.ExecContext(ctx, q); err != nil {
			_, _ = c.ExecContext(ctx, "ROLLBACK") // no transaction if BEGIN failed
			return fmt.Errorf("migration %d: %w", version+1, err)
		}
	}
	return nil
}
