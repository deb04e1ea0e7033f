package examples

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/localqm/mq"
	"posthouse/localqm/proxy"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/wire"
	"posthouse/mgmtclient"
)

// asProgram makes this test binary the program itself.
const asProgram = "POSTHOUSE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(app.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// password is that of every account.
const password = "correct horse battery staple" //nolint:gosec // of the tests

// patience is only ever waited out by a test that fails.
const patience = time.Minute

// network is a number of computers, and one line that all their packets take to
// the first of them.
type network struct {
	t    *testing.T
	port string // for messages
	rpc  string // for management
	line *proxy.Proxy
	dir  string

	mu   sync.Mutex
	seen []string // packets on the line, in order
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	var ports [2]string
	for i := range ports {
		port, err := loopback.Port()
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = fmt.Sprint(port)
	}
	// Not t.TempDir: a socket's path has a short limit, and test names are long.
	dir, err := os.MkdirTemp("", "ph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return &network{t: t, port: ports[0], rpc: ports[1], dir: dir}
}

// lineTo puts the line in front of a computer: at address, where others find it.
func (n *network) lineTo(c *computer, address, source string) {
	n.t.Helper()
	watch := func(p proxy.Packet) bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.seen = append(n.seen, packetName(p))
		return false
	}
	line, err := proxy.Listen(proxy.Options{
		Listen: net.JoinHostPort(address, n.port), Target: net.JoinHostPort(c.address, n.port), Source: source,
		Rule: proxy.Rule{Only: watch},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.line = line
	n.t.Cleanup(func() { _ = line.Close() })
}

// packetName is what the text calls a packet.
func packetName(p proxy.Packet) string {
	way := "<- "
	if p.ToServer {
		way = "-> "
	}
	switch p.Type {
	case wire.TypeEstablish:
		return way + "EstablishConnection"
	case wire.TypeParameters:
		return way + "ConnectionParameters"
	case wire.TypeSessionAck:
		return way + "SessionAck"
	}
	b := slices.Clone(p.Bytes)
	if rest, _, ok, err := wire.CutSession(b); ok && err == nil {
		b = rest
	}
	if m, err := wire.Parse(b, mq.GUID{}); err == nil {
		switch _, kind, _ := wire.ParseAck(m); kind {
		case wire.OrderAck:
			return way + "OrderAck"
		case wire.FinalAck:
			return way + "FinalAck"
		}
	}
	return way + "UserMessage"
}

// crossed waits until packets have crossed the line, in this order with others
// between, and forgets those up to the last.
func (n *network) crossed(want ...string) {
	n.t.Helper()
	n.until("the packets "+strings.Join(want, ", ")+" cross the line", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		i := 0
		for at, name := range n.seen {
			if i < len(want) && name == want[i] {
				i++
				if i == len(want) {
					n.seen = n.seen[at+1:]
					return true
				}
			}
		}
		return false
	})
}

// forget forgets what has crossed the line.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = nil
}

// until waits for something to become true.
func (n *network) until(what string, true func() bool) {
	n.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if true() {
			return
		}
		if time.Now().After(end) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.t.Fatalf("waited in vain that %s; on the line were %q", what, n.seen)
		}
	}
}

// computer is a queue manager in a process, and the applications beside it.
type computer struct {
	n       *network
	name    string
	address string
	folder  string
	hosts   string
	node    []string // flags that work on another computer
	secret  string   // POSTHOUSE_PASSWORD of its commands; empty: password

	cmd    *exec.Cmd
	errors *bytes.Buffer
}

// computer makes one with an address; hosts says where it finds others.
func (n *network) computer(name, address, hosts string) *computer {
	return &computer{n: n, name: name, address: address, folder: filepath.Join(n.dir, name), hosts: hosts}
}

func (c *computer) command(args ...string) *exec.Cmd {
	c.n.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		c.n.t.Fatal(err)
	}
	cmd := exec.Command(exe, append(args, "--data", c.folder)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "POSTHOUSE_PASSWORD="+cmp.Or(c.secret, password))
	return cmd
}

// start starts its queue manager and waits until it serves.
func (c *computer) start() {
	c.n.t.Helper()
	args := []string{"serve", "--json", "--name", c.name, "--listen", c.address, "--port", c.n.port, "--ping-port", c.n.port, "--rpc-port", c.n.rpc}
	if c.hosts != "" {
		args = append(args, "--hosts", c.hosts)
	}
	c.cmd, c.errors = c.command(args...), new(bytes.Buffer)
	c.cmd.Stderr = c.errors
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		c.n.t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		c.n.t.Fatal(err)
	}
	c.n.t.Cleanup(c.kill)
	var ready struct{ Ready bool }
	if err := json.NewDecoder(out).Decode(&ready); err != nil || !ready.Ready {
		c.kill()
		c.n.t.Fatalf("%s does not serve: %v, %s", c.name, err, c.errors)
	}
}

// stop ends the queue manager in good order, kill as a power cut does.
func (c *computer) stop() { c.end(syscall.SIGTERM) }
func (c *computer) kill() { c.end(syscall.SIGKILL) }

func (c *computer) end(how os.Signal) {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(how)
	_ = c.cmd.Wait()
	c.cmd = nil
}

// run is a command of an application or of an administrator.
func (c *computer) run(args ...string) ([]byte, error) {
	c.n.t.Helper()
	cmd := c.command(slices.Concat(args, c.node, []string{"--json"})...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(err, errors.New(errs.String()))
	}
	return out.Bytes(), nil
}

func (c *computer) must(args ...string) []byte {
	c.n.t.Helper()
	out, err := c.run(args...)
	if err != nil {
		c.n.t.Fatalf("%s: %s: %v", c.name, strings.Join(args, " "), err)
	}
	return out
}

// on is the same computer, whose commands work on another one, as a user there.
func (c *computer) on(other *computer, user string) *computer {
	away := *c
	away.name += " on " + other.name
	away.node = []string{"--node", net.JoinHostPort(other.address, c.n.rpc), "--user", user}
	return &away
}

// send sends a message in a transaction of its own, recoverable, to be kept as a
// dead letter if it cannot be delivered.
func (c *computer) send(queue, body string, more ...string) {
	c.n.t.Helper()
	c.must(append([]string{"message", "send", queue, "--body", body, "--label", body, "--transactional", "--dead-letter"}, more...)...)
}

// receive takes the next message of a queue, for which it waits.
func (c *computer) receive(queue string) mgmtclient.Message {
	c.n.t.Helper()
	return decoded[mgmtclient.Message](c, c.must("message", "receive", queue, "--timeout", fmt.Sprint(patience.Seconds())))
}

// queue describes a queue.
func (c *computer) queue(name string) mgmtclient.Queue {
	c.n.t.Helper()
	return decoded[mgmtclient.Queue](c, c.must("queue", "show", name))
}

// outgoing describes an outgoing queue; false if there is none any more.
func (c *computer) outgoing(name string) (mgmtclient.Queue, bool) {
	c.n.t.Helper()
	for _, q := range decoded[[]mgmtclient.Queue](c, c.must("outgoing", "list")) {
		if strings.EqualFold(q.FormatName, name) {
			return q, true
		}
	}
	return mgmtclient.Queue{}, false
}

// holds waits until a queue has so many messages.
func (c *computer) holds(queue string, messages int64) {
	c.n.t.Helper()
	c.n.until(fmt.Sprintf("%s on %s has %d messages", queue, c.name, messages), func() bool {
		return c.queue(queue).Messages == messages
	})
}

func decoded[T any](c *computer, out []byte) T {
	c.n.t.Helper()
	var v T
	if err := json.Unmarshal(out, &v); err != nil {
		c.n.t.Fatalf("%s: %v in %s", c.name, err, out)
	}
	return v
}

// step says which part of the text follows.
func (n *network) step(text string) {
	n.t.Helper()
	n.t.Log(text)
}
