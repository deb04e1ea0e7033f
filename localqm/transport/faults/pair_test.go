package faults

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/wire"
)

// pair is two queue managers, each a process, and the lines that lead to them.
type pair struct {
	t   testing.TB
	rnd *rand.Rand
	// streams: only transactional messages are sent, and nothing is asked for.
	streams bool
	sides   [2]*side
	lines   [2]*proxy.Proxy // line i leads to side i

	mu   sync.Mutex
	trap *trap
}

// side is one of them.
type side struct {
	place
	life    int
	ledgers []string // of its lives since the last account
	point   string   // where its process ends by itself
	cmd     *exec.Cmd
	stderr  bytes.Buffer
	dead    chan struct{} // the process has ended
}

// trap kills a side when a packet of it passes the line.
type trap struct {
	side  int
	match func(proxy.Packet) bool
	after int // passes
}

// newPair makes both, and their queues.
func newPair(t testing.TB, rnd *rand.Rand) *pair {
	t.Helper()
	port, err := loopback.Port()
	ok(t, err)
	p := &pair{t: t, rnd: rnd}
	dir := t.TempDir()
	for i, at := range []place{
		{Name: "NORTH", Peer: "SOUTH", Address: "127.0.0.41", Line: "127.0.0.43", PeerLine: "127.0.0.44"},
		{Name: "SOUTH", Peer: "NORTH", Address: "127.0.0.42", Line: "127.0.0.44", PeerLine: "127.0.0.43"},
	} {
		at.Dir, at.Port = filepath.Join(dir, at.Name), port
		p.sides[i] = &side{place: at}
	}
	for i, s := range p.sides {
		p.lines[i], err = proxy.Listen(proxy.Options{
			Listen: fmt.Sprint(s.Line, ":", port), Target: fmt.Sprint(s.Address, ":", port),
			Source: p.sides[1-i].Line, Seed: rnd.Uint64(),
		})
		ok(t, err)
		t.Cleanup(func() { _ = p.lines[i].Close() })
		n, err := s.start()
		ok(t, err)
		ok(t, n.create())
		ok(t, n.stop())
	}
	t.Cleanup(func() {
		for _, s := range p.sides {
			s.kill(t)
			if text, err := os.ReadFile(s.log()); err == nil && t.Failed() {
				t.Logf("the end of the log of %s:\n%s", s.Name, text[max(0, len(text)-8000):])
			}
		}
	})
	p.weather(proxy.Rule{})
	return p
}

// begin starts a side's process.
func (p *pair) begin(s *side, point string, pass int) {
	p.t.Helper()
	s.life++
	s.point, s.dead = point, make(chan struct{})
	ledger := filepath.Join(filepath.Dir(s.Dir), fmt.Sprintf("%s.%d", s.Name, s.life))
	s.ledgers = append(s.ledgers, ledger)
	s.stderr.Reset()
	s.cmd = life{
		place: s.place, Number: s.life, Ledger: ledger, Seed: p.rnd.Uint64(), Point: point, Pass: pass, Streams: p.streams,
	}.command(p.t)
	s.cmd.Stderr = &s.stderr
	ok(p.t, s.cmd.Start())
	cmd, dead := s.cmd, s.dead
	go func() {
		_ = cmd.Wait() // killed
		close(dead)
	}()
}

// kill ends a side's process, if it has not ended by itself.
func (s *side) kill(t testing.TB) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may be dead
	<-s.dead
	s.cmd = nil
	if s.stderr.Len() > 0 {
		t.Errorf("%s: %s", s.Name, s.stderr.String())
	}
}

// worked reports that the process has begun its work.
func (s *side) worked() bool {
	info, err := os.Stat(s.ledgers[len(s.ledgers)-1])
	return err == nil && info.Size() > 0
}

// until waits for a side to end, at most for d; false if it lives.
func (s *side) until(d time.Duration) bool {
	select {
	case <-s.dead:
		return true
	case <-time.After(d):
		return false
	}
}

// weather sets the rule of both lines.
func (p *pair) weather(r proxy.Rule) {
	for i, l := range p.lines {
		mine, only := r, r.Only
		mine.Only = func(packet proxy.Packet) bool {
			p.pass(i, packet)
			return only == nil || only(packet)
		}
		l.Set(mine)
	}
}

// pass looks whether a packet on the line to side i springs the trap.
func (p *pair) pass(i int, packet proxy.Packet) {
	from := i
	if packet.ToServer {
		from = 1 - i
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.trap; t != nil && t.side == from && t.match(packet) {
		if t.after--; t.after <= 0 {
			p.trap = nil
			_ = p.sides[from].cmd.Process.Kill() // it may be dead
		}
	}
}

func (p *pair) set(t *trap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap = t
}

// down takes both lines away or gives them back.
func (p *pair) down(down bool) {
	for _, l := range p.lines {
		l.Down(down)
	}
}

func (p *pair) cut() {
	for _, l := range p.lines {
		l.Cut()
	}
}

// classOf is the class of a message on the line.
func classOf(p proxy.Packet) mq.Class {
	if p.Type != wire.TypeMessage {
		return 0xFFFF
	}
	m, err := wire.Parse(p.Bytes, mq.GUID{})
	if err != nil {
		return 0xFFFF
	}
	return m.Class
}

func orderAck(p proxy.Packet) bool { return classOf(p) == mq.ClassOrderAck }

// opened limits a rule to packets of open sessions.
func opened(p proxy.Packet) bool {
	return p.Type != wire.TypeEstablish && p.Type != wire.TypeParameters
}
