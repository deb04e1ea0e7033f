package store_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/localqm/store"
)

func nameOf(body []byte) string {
	name, _, _ := bytes.Cut(body, []byte{'|'})
	return string(name)
}

func senderOf(name string) int {
	first, _, _ := strings.Cut(name, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return -1
	}
	return n
}

// image is what one sender's messages and state should be.
type image struct {
	messages map[string]message
	state    map[string]string
}

type message struct {
	Slot          store.Slot
	Lookup        uint64 // 0: not answered yet
	Express       bool
	Size          int
	Moves, Aborts uint32
}

func newImage() image { return image{map[string]message{}, map[string]string{}} }

func (g image) clone() image { return image{maps.Clone(g.messages), maps.Clone(g.state)} }

func (g image) apply(acts []act) {
	for _, a := range acts {
		m := g.messages[a.Name]
		switch a.Do {
		case "put":
			g.messages[a.Name] = message{Slot: a.Slot, Express: a.Express, Size: a.Size}
		case "remove":
			delete(g.messages, a.Name)
		case "move":
			m.Slot = a.To
			m.Moves++
			g.messages[a.Name] = m
		case "abort":
			m.Aborts++
			g.messages[a.Name] = m
		case "state":
			g.state[a.Name] = a.Value
		}
	}
}

// differs says how the store differs from an image of which the express
// messages are gone; empty if it does not.
func (g image) differs(got image) string {
	left := maps.Clone(got.messages)
	for name, want := range g.messages {
		have, there := left[name]
		delete(left, name)
		if want.Express {
			if there {
				return fmt.Sprintf("express message %s is back", name)
			}
			continue
		}
		if !there {
			return fmt.Sprintf("message %s is lost", name)
		}
		if want.Lookup == 0 {
			have.Lookup = 0
		}
		if have != want {
			return fmt.Sprintf("message %s is %+v, want %+v", name, have, want)
		}
	}
	for name := range left {
		return fmt.Sprintf("message %s is there and should not be", name)
	}
	if !maps.Equal(g.state, got.state) {
		return fmt.Sprintf("state %v, want %v", got.state, g.state)
	}
	return ""
}

// account is what the crash test knows over all rounds.
type account struct {
	images   [workers]image
	pending  [workers]*entry
	ordinals map[uint32]bool
	seqs     map[uint64]bool
	highest  uint64

	acked, indeterminate, happened int
}

// read takes in the ledger of a run. A last line that was cut is one that was
// not written, so nothing was done for it yet.
func (a *account) read(t *testing.T, ledger []byte) {
	t.Helper()
	lines := bufio.NewReader(bytes.NewReader(ledger))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("ledger: %v in %q", err, line)
		}
		if !e.Ack {
			a.pending[e.Sender] = &e
			for _, o := range e.Ordinals {
				if a.ordinals[o] {
					t.Fatalf("message number %d was given twice", o)
				}
				a.ordinals[o] = true
			}
			continue
		}
		did := a.pending[e.Sender]
		a.pending[e.Sender] = nil
		a.acked++
		if e.Err != "" {
			continue
		}
		g := a.images[e.Sender]
		g.apply(did.Acts)
		puts := 0
		for _, p := range did.Acts {
			if p.Do != "put" {
				continue
			}
			m := g.messages[p.Name]
			m.Lookup = e.Lookups[puts]
			g.messages[p.Name] = m
			puts++
			_, seq := store.SplitLookup(m.Lookup)
			if a.seqs[seq] {
				t.Fatalf("sequence number %d was given twice", seq)
			}
			a.seqs[seq] = true
			a.highest = max(a.highest, seq)
		}
	}
}

// verify opens the store after a kill and compares it with the ledger.
func (a *account) verify(t *testing.T, dir string) {
	t.Helper()
	s := open(t, store.Options{Dir: dir})
	defer func() {
		if err := s.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}()
	report, err := s.Check(ctx)
	if err != nil || len(report.Problems) > 0 {
		t.Fatalf("check after the kill: %v, %v", err, report.Problems)
	}
	if s.LastSeq() < a.highest {
		t.Fatalf("last seq %d, but %d was given out", s.LastSeq(), a.highest)
	}
	var got [workers]image
	for n := range got {
		got[n] = newImage()
	}
	queues, err := s.Queues(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		rows, err := s.Range(ctx, store.Range{Slot: q.Slot, Body: -1})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			name := nameOf(r.Body)
			size := 30
			for _, n := range []int{1000, 5000, 40_000} {
				if len(r.Body) >= n {
					size = n
				}
			}
			if string(r.Body) != string(text(name, size)) || string(r.Head) != "head of "+name {
				t.Fatalf("message %s has a wrong packet", name)
			}
			if _, twice := got[senderOf(name)].messages[name]; twice {
				t.Fatalf("message %s is there twice", name)
			}
			if at, err := s.Find(ctx, r.Index); err != nil || at.Lookup != r.Lookup {
				t.Fatalf("message %s is at %v by its identifier, %v", name, at, err)
			}
			got[senderOf(name)].messages[name] = message{
				Slot: q.Slot, Lookup: r.Lookup, Express: r.Express, Size: size, Moves: r.Moves, Aborts: r.Aborts,
			}
		}
	}
	err = s.States(ctx, "crash", func(k, v []byte) error {
		got[senderOf(string(k))].state[string(k)] = string(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range got {
		why := a.images[n].differs(got[n])
		if p := a.pending[n]; p != nil {
			a.indeterminate++
			if why != "" {
				// What was not answered may have happened, but only as a whole.
				whole := a.images[n].clone()
				whole.apply(p.Acts)
				if other := whole.differs(got[n]); other != "" || p.Acts[len(p.Acts)-1].Do == "wrong" {
					t.Fatalf("sender %d: without its last step: %s; with it: %s", n, why, other)
				}
				why = ""
				a.happened++
			}
		}
		if why != "" {
			t.Fatalf("sender %d: %s", n, why)
		}
		a.images[n], a.pending[n] = got[n], nil
	}
}

// crashes is how many kills the test makes: POSTHOUSE_CRASHES, 30 by default.
func crashes(t *testing.T) int {
	if v := os.Getenv("POSTHOUSE_CRASHES"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 5
	}
	return 30
}

// TestCrash kills a process that works on a store, at random moments and at
// the named points of the writer, again and again on the same folder, and
// accounts for every answer: nothing answered is lost, undone or doubled, no
// number is given twice, and what was not answered happened whole or not.
func TestCrash(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("POSTHOUSE_SEED"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("POSTHOUSE_SEED=%d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	a := &account{ordinals: map[uint32]bool{}, seqs: map[uint64]bool{}}
	for n := range a.images {
		a.images[n] = newImage()
	}
	dir := t.TempDir()
	points := []string{"", "commit", "committed", "done", "checkpoint"}
	killed := map[string]int{}
	n := crashes(t)
	for round := range n {
		point := points[round%len(points)]
		if round%25 == 24 {
			dir = t.TempDir() // from the beginning
			for n := range a.images {
				a.images[n] = newImage()
			}
			a.ordinals, a.seqs, a.highest = map[uint32]bool{}, map[uint64]bool{}, 0
		}
		run := args{Dir: dir, Seed: rnd.Uint64(), Point: point, Passes: 1 + rnd.IntN(60)}
		if point == "checkpoint" {
			run.Passes = 1 + rnd.IntN(12)
		}
		cmd := child(t, "work", run)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var ledger bytes.Buffer
		lines := bufio.NewReader(io.TeeReader(out, &ledger))
		for left := 1 + rnd.IntN(1500); ; left-- {
			if _, err := lines.ReadBytes('\n'); err != nil {
				break
			}
			if point == "" && left == 0 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || ledger.Len() == 0 && !wasKilled(err) {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		} else if !wasKilled(err) {
			t.Fatalf("round %d: the child failed: %v", round, err)
		}
		killed[point]++
		a.read(t, ledger.Bytes())
		a.verify(t, dir)
	}
	t.Logf("%d kills (at a random moment %d, before the commit %d, after it %d, after the answers %d, at a checkpoint %d): "+
		"%d steps answered, 0 lost, 0 undone, 0 doubled; of %d unanswered %d had happened, whole",
		n, killed[""], killed["commit"], killed["committed"], killed["done"], killed["checkpoint"],
		a.acked, a.indeterminate, a.happened)
	if a.acked == 0 {
		t.Error("nothing was answered, so nothing was proved")
	}
}
