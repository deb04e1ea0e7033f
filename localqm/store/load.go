package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// querier is a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
}

// each runs fn for every row of a query.
func each(ctx context.Context, c querier, fn func(*sql.Rows) error, q string, args ...any) error {
	rows, err := c.QueryContext(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func damage(what string, args ...any) error {
	return fmt.Errorf("%w: %s does not match its checksum", ErrDamaged, fmt.Sprintf(what, args...))
}

func number(b []byte) (int64, error) {
	return strconv.ParseInt(string(b), 10, 64)
}

func loadSettings(ctx context.Context, c querier) (map[string][]byte, error) {
	settings := map[string][]byte{}
	err := each(ctx, c, func(rows *sql.Rows) error {
		var name string
		var value []byte
		var sum int64
		if err := rows.Scan(&name, &value, &sum); err != nil {
			return err
		}
		if sum != sumOf([]byte(name), value) {
			return damage("setting %q", name)
		}
		settings[name] = value
		return nil
	}, "SELECT name, value, sum FROM setting")
	return settings, err
}

const queueColumns = "slot, parent, role, kind, name, id, number, label, type, transactional, authenticate, " +
	"privacy, journaling, quota, journal_quota, base_priority, multicast, security, created, modified, draining, sum"

// queueValues are the values of queueColumns.
func queueValues(q *Queue) []any {
	return []any{
		int64(q.Slot), int64(q.Parent), int64(q.Role), int64(q.Kind), q.Name, q.ID[:], int64(q.Number), q.Label,
		q.Type[:], q.Transactional, q.Authenticate, int64(q.Privacy), q.Journaling, int64(q.Quota),
		int64(q.JournalQuota), int64(q.BasePriority), q.Multicast, q.Security, q.Created, q.Modified, q.Draining,
		sumQueue(q),
	}
}

func loadQueues(ctx context.Context, c querier) ([]Queue, error) {
	var queues []Queue
	err := each(ctx, c, func(rows *sql.Rows) error {
		var q Queue
		var id, typ []byte
		var sum int64
		err := rows.Scan(&q.Slot, &q.Parent, &q.Role, &q.Kind, &q.Name, &id, &q.Number, &q.Label, &typ,
			&q.Transactional, &q.Authenticate, &q.Privacy, &q.Journaling, &q.Quota, &q.JournalQuota,
			&q.BasePriority, &q.Multicast, &q.Security, &q.Created, &q.Modified, &q.Draining, &sum)
		if err != nil {
			return fmt.Errorf("%w: catalogue: %w", ErrDamaged, err)
		}
		if len(id) != len(q.ID) || len(typ) != len(q.Type) {
			return damage("queue in slot %d", q.Slot)
		}
		copy(q.ID[:], id)
		copy(q.Type[:], typ)
		if sum != sumQueue(&q) {
			return damage("queue in slot %d", q.Slot)
		}
		queues = append(queues, q)
		return nil
	}, "SELECT "+queueColumns+" FROM queue ORDER BY slot")
	return queues, err
}

func loadCounters(ctx context.Context, c querier) (map[Slot]Count, error) {
	counts := map[Slot]Count{}
	err := each(ctx, c, func(rows *sql.Rows) error {
		var at Slot
		var n Count
		var sum int64
		if err := rows.Scan(&at, &n.Messages, &n.Bytes, &sum); err != nil {
			return fmt.Errorf("%w: counters: %w", ErrDamaged, err)
		}
		if sum != sumCounter(at, n) {
			return damage("counter of slot %d", at)
		}
		counts[at] = n
		return nil
	}, "SELECT slot, messages, bytes, sum FROM counter")
	return counts, err
}
