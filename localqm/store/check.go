package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
)

// mostProblems is where Check stops listing.
const mostProblems = 1000

// inspection is one run of Check over a snapshot.
type inspection struct {
	tx      *sql.Tx
	ctx     context.Context
	report  Report
	queues  map[Slot]Queue
	counts  map[Slot]Count // kept in memory, durable part
	lastSeq uint64         // no message may have a higher one

	expires, indexed int64 // messages that have to be in the indexes
}

func (i *inspection) problem(what string, args ...any) {
	if len(i.report.Problems) < mostProblems {
		i.report.Problems = append(i.report.Problems, fmt.Sprintf(what, args...))
	}
}

// Check verifies every invariant over a snapshot; others read and write
// meanwhile.
func (s *SQLite) Check(ctx context.Context) (Report, error) {
	ctx, done, err := s.long(ctx)
	if err != nil {
		return Report{}, err
	}
	defer done()
	s.snapshots.Add(1)
	defer s.snapshots.Add(-1)
	i := &inspection{ctx: ctx, counts: map[Slot]Count{}}
	conn, err := s.ro.Conn(ctx)
	if err != nil {
		return Report{}, s.readError(err)
	}
	defer conn.Close()
	// Between two batches the snapshot and the memory agree.
	var express map[Slot]Count
	var queues []Queue
	if late := s.w.call(func() {
		if i.tx, err = conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
			return
		}
		var n int
		if err = i.tx.QueryRowContext(ctx, "SELECT count(*) FROM setting").Scan(&n); err != nil {
			return // the first read takes the snapshot
		}
		for at, t := range s.counts {
			i.counts[at] = t.durable
		}
		express = s.countExpress(i)
		queues = s.catalogue.list()
		i.lastSeq = s.LastSeq()
	}); late != nil {
		return Report{}, late
	}
	if i.tx != nil {
		defer i.tx.Rollback()
	}
	if err != nil {
		return Report{}, s.readError(err)
	}
	for at, n := range express {
		i.report.Messages += n.Messages
		if !slices.ContainsFunc(queues, func(q Queue) bool { return q.Slot == at }) {
			i.problem("%d express messages are in slot %d, which has no queue", n.Messages, at)
		}
	}
	for _, look := range []func() error{
		i.pages, i.settings, func() error { return i.catalogue(queues) }, i.messages, i.indexes, i.state, i.prepared,
	} {
		if err := look(); err != nil {
			if ctx.Err() != nil {
				return i.report, ctx.Err()
			}
			i.problem("%v", err)
		}
	}
	return i.report, nil
}

// countExpress counts what the express trees hold and compares it with the
// counters. It runs in the writer.
func (s *SQLite) countExpress(i *inspection) map[Slot]Count {
	counts := map[Slot]Count{}
	var total Count
	for at, t := range s.express.slots {
		t.Scan(func(_ uint64, h *held) bool {
			n := counts[at]
			n.Messages++
			n.Bytes += h.size()
			counts[at] = n
			if _, seq := SplitLookup(h.row.Lookup); seq > s.LastSeq() || h.row.Slot != at {
				i.problem("express message %d in slot %d is out of place", h.row.Lookup, at)
			}
			return true
		})
		total.Messages += counts[at].Messages
		total.Bytes += counts[at].Bytes
	}
	for at, t := range s.counts {
		if t.express != counts[at] {
			i.problem("slot %d has %v express messages and counts %v", at, counts[at], t.express)
		}
	}
	if total != s.express.total {
		i.problem("there are %v express messages, counted are %v", total, s.express.total)
	}
	return counts
}

// pages is SQLite's own check: structure, indexes, types, free pages.
func (i *inspection) pages() error {
	return each(i.ctx, i.tx, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		if err == nil && line != "ok" {
			i.problem("%s", line)
		}
		return err
	}, "PRAGMA integrity_check")
}

func (i *inspection) settings() error {
	settings, err := loadSettings(i.ctx, i.tx)
	if err != nil {
		return err
	}
	for _, name := range []string{"seq", "ordinal", "created"} {
		if _, err := number(settings[name]); err != nil {
			i.problem("setting %s: %v", name, err)
		}
	}
	if seq, _ := number(settings["seq"]); i.lastSeq > uint64(seq) {
		i.problem("sequence number %d is out, but only %d are reserved", i.lastSeq, seq)
	}
	if len(settings["id"]) != 16 {
		i.problem("the queue manager's identifier has %d bytes instead of 16", len(settings["id"]))
	}
	return nil
}

// catalogue checks the queues and their counters against each other and
// against what is kept in memory.
func (i *inspection) catalogue(memory []Queue) error {
	list, err := loadQueues(i.ctx, i.tx)
	if err != nil {
		return err
	}
	i.report.Queues = len(list)
	i.queues = map[Slot]Queue{}
	names := map[string]Slot{}
	for _, q := range list {
		i.queues[q.Slot] = q
		if err := checkQueue(&q); err != nil {
			i.problem("%v", err)
		}
		k := nameKey(&q)
		if other, twice := names[k]; twice && k != "" {
			i.problem("slots %d and %d are both queue %q", other, q.Slot, q.Name)
		}
		names[k] = q.Slot
	}
	for _, q := range list {
		if _, ok := i.queues[q.Parent]; q.Parent != 0 && !ok {
			i.problem("slot %d (%s) has parent %d, which is no queue", q.Slot, q.Name, q.Parent)
		}
	}
	if !slices.EqualFunc(list, memory, func(a, b Queue) bool { return sumQueue(&a) == sumQueue(&b) }) {
		i.problem("the catalogue in memory differs from the one stored")
	}
	stored, err := loadCounters(i.ctx, i.tx)
	if err != nil {
		return err
	}
	for at := range i.queues {
		if _, ok := stored[at]; !ok {
			i.problem("slot %d has no counter", at)
		}
	}
	for at, n := range stored {
		if _, ok := i.queues[at]; !ok {
			i.problem("slot %d has a counter, but no queue", at)
		}
		if i.counts[at] != n {
			i.problem("slot %d: counter in memory %v, stored %v", at, i.counts[at], n)
		}
	}
	return nil
}

// messages reads every one.
func (i *inspection) messages() error {
	found := map[Slot]Count{}
	err := each(i.ctx, i.tx, func(rows *sql.Rows) error {
		r, err := scanRow(rows, -1)
		if err != nil {
			i.problem("%v", err)
			return nil
		}
		n := found[r.Slot]
		n.Messages++
		n.Bytes += r.Size()
		found[r.Slot] = n
		if _, seq := SplitLookup(r.Lookup); seq > i.lastSeq {
			i.problem("message %d in slot %d: its sequence number is not given out yet", r.Lookup, r.Slot)
		}
		if r.Expires != 0 {
			i.expires++
		}
		if !r.Index.IsZero() {
			i.indexed++
		}
		return nil
	}, "SELECT "+rowColumns+", body FROM message NOT INDEXED ORDER BY key")
	if err != nil {
		return err
	}
	for at, n := range found {
		i.report.Messages += n.Messages
		if _, ok := i.queues[at]; !ok && i.queues != nil {
			i.problem("%d messages are in slot %d, which has no queue", n.Messages, at)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(i.queues)) {
		if found[at] != i.counts[at] {
			i.problem("slot %d (%s) holds %v, its counter says %v", at, i.queues[at].Name, found[at], i.counts[at])
		}
	}
	return nil
}

// indexes compares the partial indexes with the table.
func (i *inspection) indexes() error {
	for column, table := range map[string]int64{"expires": i.expires, "id": i.indexed} {
		var index int64
		err := i.tx.QueryRowContext(i.ctx, "SELECT count(*) FROM message INDEXED BY message_"+column+
			" WHERE "+column+" IS NOT NULL").Scan(&index)
		if err != nil {
			return err
		}
		if table != index {
			i.problem("%d messages have %s, %d are in its index", table, column, index)
		}
	}
	return nil
}

func (i *inspection) state() error {
	return each(i.ctx, i.tx, func(rows *sql.Rows) error {
		var space string
		var key, value []byte
		var sum int64
		if err := rows.Scan(&space, &key, &value, &sum); err != nil {
			return err
		}
		if sum != sumOf([]byte(space), key, value) {
			i.problem("%v", damage("state %s/%x", space, key))
		}
		return nil
	}, "SELECT space, key, value, sum FROM state")
}

func (i *inspection) prepared() error {
	return each(i.ctx, i.tx, func(rows *sql.Rows) error {
		if _, err := scanPrepared(rows); err != nil {
			i.problem("%v", err)
		}
		return nil
	}, "SELECT id, ops, sum FROM prepared")
}
