package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/wire"
)

// P08: a data folder that is restored from a backup continues no stream, and what
// is in it comes once.
func TestARestoredFolderContinuesNoStream(t *testing.T) {
	w := newTwo(t)
	w.hurried()
	var mu sync.Mutex
	streams := map[uint64]map[string]bool{} // labels by stream, as they pass the line
	w.weather(proxy.Rule{Only: func(p proxy.Packet) bool {
		if p.Type == wire.TypeMessage {
			if m, err := wire.Parse(p.Bytes, mq.GUID{}); err == nil && m.Transactional {
				mu.Lock()
				defer mu.Unlock()
				if streams[m.Sequence] == nil {
					streams[m.Sequence] = map[string]bool{}
				}
				streams[m.Sequence][m.Label] = true
			}
		}
		return false
	}})
	var want []string
	queues := []string{queueBooked, queueOrders}
	send := func(what string) {
		for i := range 10 {
			label := fmt.Sprint(what, " ", i)
			for _, q := range queues {
				w.nodes[0].send(t, q, label, nil)
			}
			want = append(want, label)
		}
	}
	sent := func() {
		t.Helper()
		for _, q := range queues {
			qmtest.Eventually(t, fmt.Sprintf("%s has %d messages", q, len(want)), func() bool {
				return w.nodes[0].unsent(q) == 0 && len(w.nodes[1].labels(t, q)) >= len(want)
			})
		}
	}
	send("before")
	sent()
	w.stop(0)
	folder, backup := w.sides[0].Dir, w.sides[0].Dir+".backup"
	copyFolder(t, backup, folder)
	w.start(0)
	send("after")
	sent()
	w.stop(0)
	ok(t, os.RemoveAll(folder))
	ok(t, os.Rename(backup, folder))
	mu.Lock()
	before := streams
	streams = map[uint64]map[string]bool{}
	mu.Unlock()
	for begin := time.Now(); time.Since(begin) < 2*time.Second; { // no backup is restored sooner
		time.Sleep(10 * time.Millisecond)
	}
	n := w.start(0)
	send("restored")
	for end := time.Now().Add(20 * time.Second); n.unsent(queueBooked)+n.unsent(queueOrders) > 0 && time.Now().Before(end); {
		ok(t, hurryOnce(n))
		time.Sleep(50 * time.Millisecond)
	}
	sent()
	for _, q := range queues {
		if got := w.nodes[1].labels(t, q); !slices.Equal(got, want) {
			t.Errorf("%s has %d messages, want %d: %v", q, len(got), len(want), got)
		}
	}
	again := 0
	for id, labels := range streams {
		for label := range labels {
			if before[id] != nil && !before[id][label] {
				again++
				t.Errorf("%s continues stream %X of before", label, id)
			}
		}
	}
	t.Logf("streams continued %d/%d", again, len(streams))
}

// copyFolder copies a data folder, which nobody else may open.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	ok(t, os.CopyFS(to, os.DirFS(from)))
	ok(t, filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	}))
}

// hurryOnce has everything sent at once.
func hurryOnce(n *node) error {
	for _, o := range n.Outgoings() {
		if o.Unsent() == 0 {
			continue
		}
		if err := n.Resend(ctx, qmtest.Owner, mq.QueueName{Format: o.Destination()}); err != nil {
			return err
		}
	}
	return nil
}
