package app

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"posthouse/localqm/rpc/security/krb5/kdctest"
	"posthouse/mgmtclient"
)

// post is a computer with a queue manager that others manage.
type post struct {
	*served
	name, address string
	rpc           string // its port
}

// newPosts starts computers that exchange messages and manage each other. Each has the
// accounts admin and clerk, who is no administrator.
func newPosts(t *testing.T, names ...string) []*post {
	t.Helper()
	return newPostsWith(t, func(*post) []string { return nil }, names...)
}

// newPostsWith starts each with more flags.
func newPostsWith(t *testing.T, flags func(*post) []string, names ...string) []*post {
	t.Helper()
	t.Setenv(passwordVariable, "a good password")
	port, rpc := fmt.Sprint(freePort(t)), fmt.Sprint(freePort(t))
	list := make([]*post, len(names))
	for i, name := range names {
		p := &post{name: name, address: fmt.Sprintf("127.0.0.%d", 61+i), rpc: rpc}
		p.served = newSite(t).serve(append([]string{
			"--name", name, "--listen", p.address, "--port", port, "--ping-port", port, "--rpc-port", rpc,
		}, flags(p)...)...)
		p.must("account", "add", "admin", "--administrator")
		p.must("account", "add", "clerk")
		list[i] = p
	}
	return list
}

func (p *post) at() string { return net.JoinHostPort(p.address, p.rpc) }

// on runs a command on another computer; the password is everybody's.
func (p *post) on(address, user string, args ...string) answer {
	p.t.Helper()
	return p.run(append(args, "--node", address, "--user", user)...)
}

func TestTwoComputersManageEachOther(t *testing.T) {
	posts := newPosts(t, "HUB", "DEPOT")
	for i, here := range posts {
		there := posts[1-i]
		on := func(args ...string) answer {
			t.Helper()
			return here.on(there.at(), "admin", args...).exits(exitDone)
		}
		here.must("computer", "test", there.at(), "--user", "admin").says("Sign-in", "Rights")
		on("machine", "show").says(there.name)
		on("queue", "create", "orders", "--label", "Orders of "+there.name, "--allow-send", "anonymous")
		there.must("queue", "show", "orders").says("Orders of " + there.name)
		on("queue", "list").says("orders")

		on("message", "send", "orders", "--body", "one", "--label", "first", "--count", "3")
		here.until("the messages are at "+there.name, func() bool { return there.count("orders") == 3 })
		on("message", "list", "orders").says("first")
		if m := document[mgmtclient.Message](on("message", "receive", "orders", "--json")); string(m.Body) != "one" {
			t.Errorf("received %+v", m)
		}
		if q := document[mgmtclient.Queue](on("queue", "show", "orders", "--json")); q.Messages != 2 {
			t.Errorf("%s says that %d messages are there", there.name, q.Messages)
		}
		on("queue", "set", "orders", "--label", "Less")
		on("queue", "purge", "orders", "--yes")
		here.on(there.at(), "admin", "message", "receive", "orders", "--timeout", "0.1").exits(exitNothing)
		waiting := here.command("message", "receive", "orders", "--timeout", "forever", "--node", there.at(), "--user", "admin")
		if err := waiting.Start(); err != nil {
			t.Fatal(err)
		}
		on("message", "send", "orders", "--body", "at last")
		if err := waiting.Wait(); err != nil {
			t.Errorf("who waits for ever ended with %v", err)
		}
		on("queue", "delete", "orders", "--yes")
		there.run("queue", "show", "orders").exits(exitFailed)
	}
}

func TestTwoComputersManageEachOtherWithKerberos(t *testing.T) {
	realm := kdctest.Start(t, kdctest.Options{})
	realm.Principal("alice", "alice's password")
	realm.Principal("bob", "bob's password")
	t.Setenv("KRB5_CONFIG", realm.Config)
	posts := newPostsWith(t, func(p *post) []string {
		return []string{"--keytab", realm.Keytab("host/" + p.address)}
	}, "HUB", "DEPOT")
	alice, bob := realm.Tickets("alice", "alice's password"), realm.Tickets("bob", "bob's password")
	for i, here := range posts {
		there := posts[1-i]
		on := func(tickets string, args ...string) answer {
			t.Helper()
			t.Setenv("KRB5CCNAME", tickets)
			return here.run(append(args, "--node", there.at(), "--kerberos")...)
		}
		there.must("account", "add", "alice@"+realm.Name, "--administrator")
		on(alice, "queue", "create", "orders").exits(exitDone)
		on(alice, "queue", "list").exits(exitDone).says("orders")
		on(alice, "queue", "show", "orders").exits(exitDone).says("0")
		on(alice, "queue", "delete", "orders", "--yes").exits(exitDone)
		on(bob, "queue", "list").exits(exitFailed).complains("0xC00E0025", "Kerberos ticket", "no account there")
		there.must("account", "add", "bob@"+realm.Name)
		on(bob, "queue", "create", "orders").exits(exitFailed).complains("0xC00E0025", "lacks the right")
		on(filepath.Join(t.TempDir(), "none"), "queue", "list").exits(exitFailed).complains("there are no Kerberos tickets", "kinit")
	}
}

// until waits for something to become true.
func (s site) until(what string, true func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("waited in vain that " + what)
		}
	}
}

func TestWhoMayNotManageAnotherComputerIsToldSo(t *testing.T) {
	posts := newPosts(t, "HUB", "DEPOT")
	hub, depot := posts[0], posts[1]
	hub.must("queue", "create", "orders")

	// Wrong passwords last, since they are slowed down.
	for _, args := range [][]string{
		{"queue", "create", "more"},
		{"machine", "show"},
		{"queue", "show", "orders"},
		{"queue", "delete", "orders", "--yes"},
		{"message", "receive", "orders"},
		{"machine", "disconnect"},
	} {
		depot.on(hub.at(), "clerk", args...).exits(exitFailed).complains("0xC00E0025", hub.address, "lacks the right", "an administrator's")
	}
	depot.run("computer", "test", hub.at(), "--user", "clerk").exits(exitDone).says("FAILED", "Rights", "administrator")
	depot.run("queue", "list", "--node", hub.at(), "--anonymous").exits(exitFailed).complains("lets nobody in without a name")
	hub.must("queue", "show", "orders") // it is there

	t.Setenv(passwordVariable, "a bad password")
	for _, user := range []string{"admin", "clerk", "nobody"} {
		depot.on(hub.at(), user, "queue", "list").exits(exitFailed).
			complains("0xC00E0025", "does not accept who you say you are", "password is wrong")
	}
	depot.run("computer", "test", hub.at(), "--user", "admin").exits(exitFailed).says("FAILED", "Sign-in").complains("password is wrong")
}

func TestAComputerThatCannotBeReachedIsSaidToBeSo(t *testing.T) {
	depot := newPosts(t, "DEPOT")[0]
	closed := fmt.Sprintf("127.0.0.61:%d", freePort(t))
	depot.on(closed, "admin", "queue", "list").exits(exitFailed).complains("0xC00E0069", "nothing listens at the port")
	depot.on("no-such-computer.invalid", "admin", "queue", "list").exits(exitFailed).complains("no address is known for the name")

	deaf, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	depot.on(deaf.Addr().String(), "admin", "queue", "list", "--timeout", "1").exits(exitFailed).complains("the time allowed for it was over")
	babble := babbler(t, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
	depot.on(babble, "admin", "queue", "list").exits(exitFailed).complains("does not speak as a queue manager does")
}

// babbler is something else that listens: it answers whatever it is told with the same.
func babbler(t *testing.T, answer string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1))
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		wait.Wait()
	})
	return ln.Addr().String()
}

// cable leads to a computer until it is pulled: what is sent then is lost, and neither
// side is told.
type cable struct {
	ln     net.Listener
	to     string
	pulled chan struct{}
	mu     sync.Mutex
	conns  []net.Conn
	wait   sync.WaitGroup
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{ln: ln, to: to, pulled: make(chan struct{})}
	c.wait.Go(c.accept)
	t.Cleanup(func() {
		_ = ln.Close()
		c.mu.Lock()
		for _, n := range c.conns {
			_ = n.Close()
		}
		c.mu.Unlock()
		c.wait.Wait()
	})
	return c
}

func (c *cable) at() string { return c.ln.Addr().String() }

func (c *cable) pull() { close(c.pulled) }

func (c *cable) accept() {
	for {
		near, err := c.ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		c.mu.Lock()
		c.conns = append(c.conns, near, far)
		c.mu.Unlock()
		c.wait.Go(func() { c.carry(far, near) })
		c.wait.Go(func() { c.carry(near, far) })
	}
}

func (c *cable) carry(to, from net.Conn) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		select {
		case <-c.pulled:
		default:
			if _, werr := to.Write(b[:n]); err != nil || werr != nil {
				_ = to.Close()
			}
		}
		if err != nil {
			return
		}
	}
}

func TestAWaitingReceiveEndsWithTheLine(t *testing.T) {
	posts := newPosts(t, "HUB", "DEPOT")
	hub, depot := posts[0], posts[1]
	hub.must("queue", "create", "orders")
	hub.must("queue", "acl", "orders", "--allow", "admin=look,take")
	for _, c := range []struct {
		name string
		ends func(*cable)
		says []string
	}{
		{"the cable is pulled", (*cable).pull, []string{"0xC00E0069", "did not answer in time", "may have been done"}},
		{"the computer crashes", func(*cable) { hub.kill() }, []string{"0xC00E0069"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hub.must("message", "send", "orders", "--body", "the first comes")
			line := newCable(t, hub.at())
			// The second message is waited for.
			cmd := depot.command("message", "receive", "orders", "--count", "2", "--jsonl", "--timeout", "1", "--cancel-after", "1",
				"--node", line.at(), "--user", "admin")
			var errs bytes.Buffer
			cmd.Stderr = &errs
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			text, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("it said %q, %v, %s", text, err, &errs)
			}
			c.ends(line)
			hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
			defer hung.Stop()
			_ = cmd.Wait() // the exit status says it
			answer{t: t, code: cmd.ProcessState.ExitCode(), err: errs.String()}.exits(exitFailed).complains(c.says...)
		})
	}
}
