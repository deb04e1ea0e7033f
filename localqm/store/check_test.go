package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
	"posthouse/localqm/store/storetest"
)

// TestCheckTells breaks one invariant after the other behind the store's back,
// checksums made good, and wants Check, or Open, to name it.
func TestCheckTells(t *testing.T) {
	exec := func(q string, args ...any) func(*sql.Conn) error {
		return func(c *sql.Conn) error {
			_, err := c.ExecContext(context.Background(), q, args...)
			return err
		}
	}
	queue := func(q store.Queue) func(*sql.Conn) error {
		return exec("UPDATE queue SET parent = ?, role = ?, name = ?, sum = ? WHERE slot = ?",
			int64(q.Parent), int64(q.Role), q.Name, store.SumQueue(&q), int64(q.Slot))
	}
	counter := func(s store.Slot, n store.Count) func(*sql.Conn) error {
		return exec("UPDATE counter SET messages = ?, bytes = ?, sum = ? WHERE slot = ?", n.Messages, n.Bytes, store.SumCounter(s, n), int64(s))
	}
	const head, body = 7, 4
	for name, c := range map[string]struct {
		harm func(*sql.Conn) error
		want string // in what Check, or Open, says
	}{
		"nothing":                  {exec("SELECT 1"), ""},
		"a counter is too high":    {counter(1, store.Count{Messages: 3, Bytes: 3 * (head + body)}), "its counter says"},
		"a counter of bytes":       {counter(1, store.Count{Messages: 2, Bytes: 1}), "its counter says"},
		"a counter without sum":    {exec("UPDATE counter SET messages = 7"), "counter of slot"},
		"a counter is missing":     {exec("DELETE FROM counter WHERE slot = 1"), "has no counter"},
		"a counter of no queue":    {exec("INSERT INTO counter VALUES (9, 0, 0, ?)", store.SumCounter(9, store.Count{})), "no queue"},
		"messages without a queue": {exec("UPDATE message SET key = key + (4 << 45)"), "has no queue"},
		"a message is gone":        {exec("DELETE FROM message WHERE key = (SELECT min(key) FROM message)"), "its counter says"},
		"a message in another place": {
			exec("UPDATE message SET key = key + 1000000 WHERE key = (SELECT max(key) FROM message)"), "does not match its checksum",
		},
		"a head is changed":     {exec("UPDATE message SET head = x'00'"), "does not match its checksum"},
		"a body is changed":     {exec("UPDATE message SET body = x'01020304'"), "does not match its checksum"},
		"a deadline is changed": {exec("UPDATE message SET expires = 5"), "does not match its checksum"},
		"a class is changed":    {exec("UPDATE message SET class = 5"), "does not match its checksum"},
		"a number that was not given out": {
			exec("UPDATE setting SET value = x'31', sum = ? WHERE name = 'seq'", store.SumOf([]byte("seq"), []byte("1"))), "not given out",
		},
		"no identifier": {exec("DELETE FROM setting WHERE name = 'id'"), "identifier"},
		"no mark":       {exec("DELETE FROM setting WHERE name = 'seq'"), "seq"},
		"a parent that is no queue": {
			queue(store.Queue{Slot: 2, Parent: 77, Role: store.Subqueue, Name: "sub"}), "parent 77",
		},
		"a name twice":          {queue(store.Queue{Slot: 3, Name: "ORDERS"}), "are both queue"},
		"a main queue's parent": {queue(store.Queue{Slot: 2, Parent: 1, Role: store.Main, Name: "sub"}), "do not fit"},
		"a queue without sum":   {exec("UPDATE queue SET label = 'x'"), "queue in slot"},
		"state":                 {exec("UPDATE state SET value = x'00'"), "state s/"},
		"a prepared transaction that is nothing": {
			exec("UPDATE prepared SET ops = ?, sum = ?", []byte("[{}]"), store.SumOf(make([]byte, 16), []byte("[{}]"))), "prepared transaction",
		},
		"a prepared transaction without sum": {exec("UPDATE prepared SET ops = x'00'"), "prepared transaction"},
		"an index is gone":                   {exec("DROP INDEX message_expires"), "message_expires"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, store.Options{Dir: dir})
			if err := storetest.Do(s,
				&store.CreateQueue{Queue: store.Queue{Slot: 1, Name: "orders"}},
				&store.CreateQueue{Queue: store.Queue{Slot: 2, Parent: 1, Role: store.Subqueue, Name: "sub"}},
				&store.CreateQueue{Queue: store.Queue{Slot: 3, Name: "other"}},
				&store.Put{Row: storetest.Message(1, "body")},
				&store.Put{Row: func() *store.Row { r := storetest.Message(1, "body"); r.Expires = 99; return r }()},
				&store.PutState{Space: "s", Key: []byte("k"), Value: []byte("v")},
				&store.Prepare{ID: mq.GUID{}},
			); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := withConn(dir, c.harm); err != nil {
				t.Fatal(err)
			}
			said := ""
			s, err := store.Open(ctx, store.Options{Dir: dir})
			if err == nil {
				r, err := s.Check(ctx)
				if err != nil {
					t.Error(err)
				}
				said = strings.Join(r.Problems, "\n")
				s.Close()
			} else {
				said = err.Error()
			}
			if !strings.Contains(said, c.want) || (said == "") != (c.want == "") {
				t.Errorf("%q does not say %q", said, c.want)
			}
		})
	}
}
