package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/failpoint"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/route"
	"posthouse/localqm/store"
	"posthouse/localqm/transport"
	"posthouse/localqm/transport/transporttest"
)

// routerEnv tells this test binary, run again, that it is a routing server.
const routerEnv = "POSTHOUSE_FAULTS_ROUTER"

// router is a routing server in a process of its own. It is its own directory: it
// knows where every computer is.
type router struct {
	Dir, Name, Address string
	Port               uint16
	Machines           map[string]string // addresses by identifier
	Point              string            // the failpoint that kills it, on pass Pass; empty: others do
	Pass               int
}

func runRouter() {
	data := os.Getenv(routerEnv)
	if data == "" {
		return
	}
	var r router
	err := json.Unmarshal([]byte(data), &r)
	if err == nil {
		err = r.run()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func (r *router) run() error {
	if r.Point != "" {
		var passes atomic.Int64
		failpoint.Set(func(name string) {
			if name == r.Point && passes.Add(1) == int64(r.Pass) {
				killSelf()
			}
		})
	}
	s, err := store.Open(ctx, store.Options{Dir: r.Dir, Name: r.Name})
	if err != nil {
		return err
	}
	q, err := localqm.Open(ctx, localqm.Options{Store: s, Owner: qmtest.Owner.Token.User.String()})
	if err != nil {
		return err
	}
	q.Join(r)
	t := transport.New(transport.Options{
		Manager: q, Router: r, Port: r.Port, Listen: []netip.Addr{netip.MustParseAddr(r.Address)}, Names: []string{r.Name},
	})
	if err := t.Start(); err != nil {
		return err
	}
	<-q.Done()
	return nil
}

// Next is the destination itself.
func (r *router) Next(_ context.Context, to mq.FormatName) ([]route.Hop, error) {
	at, ok := r.Machines[to.GUID.String()]
	if !ok {
		return nil, fmt.Errorf("nothing is known of %s", to)
	}
	return []route.Hop{{ID: to.GUID, Name: at, Hosts: []string{at}}}, nil
}

// Watch never tells.
func (r *router) Watch(func()) (stop func()) { return func() {} }

// State is that of a routing server.
func (r *router) State() localqm.DirectoryState {
	return localqm.DirectoryState{Mode: localqm.Integrated, Routing: true}
}

// Owner knows private queues.
func (r *router) Owner(f mq.FormatName) (mq.GUID, bool) { return f.GUID, f.Kind == mq.KindPrivate }

// Connector is none.
func (r *router) Connector(mq.GUID) (mq.GUID, bool) { return mq.GUID{}, false }

// Inside knows no sites.
func (r *router) Inside(mq.GUID, uint8) bool { return false }

var errNoDirectory = mq.Errorf(mq.ErrNoDS, "ask the directory", "there is none")

// Find finds nothing.
func (r *router) Find(context.Context, mq.QueueName) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, errNoDirectory
}

// Create changes nothing.
func (r *router) Create(context.Context, localqm.Caller, localqm.PublicQueue) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, errNoDirectory
}

// Set changes nothing.
func (r *router) Set(context.Context, localqm.Caller, mq.GUID, localqm.QueueSpec) (localqm.PublicQueue, error) {
	return localqm.PublicQueue{}, errNoDirectory
}

// Delete changes nothing.
func (r *router) Delete(context.Context, localqm.Caller, mq.GUID) error { return errNoDirectory }

// Expand knows no lists.
func (r *router) Expand(context.Context, mq.GUID) ([]mq.FormatName, error) {
	return nil, errNoDirectory
}

// TestCrashesOfARoutingServerLoseAndDoubleNothing kills a routing server at any moment
// of its work, while messages pass through it.
func TestCrashesOfARoutingServerLoseAndDoubleNothing(t *testing.T) {
	kills := 15
	if testing.Short() {
		kills = 4
	}
	rnd := rand.New(rand.NewPCG(seed(t), 0))
	n := transporttest.New(t)
	f := n.Forest()
	from, to := f.Start("SHOP01", false), f.Start("ORDERS", false)
	r := &router{
		Dir: filepath.Join(t.TempDir(), "HUB"), Name: "HUB", Address: "127.0.2.1", Port: n.Port,
		Machines: map[string]string{from.Identity().ID.String(): from.Address.String(), to.Identity().ID.String(): to.Address.String()},
	}
	s, err := store.Open(ctx, store.Options{Dir: r.Dir, Name: r.Name})
	ok(t, err)
	f.Register(r.Name, s.Identity().ID, netip.MustParseAddr(r.Address))
	ok(t, s.Close())
	f.Way("SHOP01", "ORDERS", []string{"HUB"})
	f.Way("ORDERS", "SHOP01", []string{"HUB"})
	ok(t, from.SetMachine(ctx, qmtest.Owner, func(s *localqm.Settings) error {
		s.Resend = [4]uint32{1, 1, 1, 1}
		return nil
	}))
	to.Create("orders", localqm.QueueSpec{AllowSend: everybody})
	to.Create("booked", localqm.QueueSpec{AllowSend: everybody, Transactional: &yes})

	var booked, plain []string
	stop, sent := make(chan struct{}), make(chan struct{})
	send := func(queue string, in bool, label string) {
		h, err := from.OpenQueue(ctx, qmtest.Owner, name(to.Private(`.\private$\`+queue)), localqm.SendAccess, localqm.DenyNone)
		if err != nil {
			t.Error(err)
			return
		}
		defer h.Close()
		var tx *localqm.Transaction
		if in {
			if tx, err = from.Begin(); err != nil {
				t.Error(err)
				return
			}
		}
		if _, err = h.Send(ctx, tx, qmtest.Message(label)); err == nil && in {
			err = tx.Commit(ctx)
		}
		if err != nil {
			t.Error(err)
		}
	}
	go func() {
		defer close(sent)
		for i := 0; len(booked) < 900; i++ {
			select {
			case <-stop:
				return
			case <-time.After(3 * time.Millisecond):
			}
			if i%3 == 2 {
				plain = append(plain, fmt.Sprint("plain ", i))
				send("orders", false, plain[len(plain)-1])
				continue
			}
			booked = append(booked, fmt.Sprint("booked ", i))
			send("booked", true, booked[len(booked)-1])
		}
	}()
	hurry := func() {
		for _, q := range []*transporttest.QM{from, to} {
			for _, o := range q.Outgoings() {
				if o.Unsent() > 0 && q.Transport.Link(o).State != mq.StateConnected {
					_ = q.Resend(ctx, qmtest.Owner, mq.QueueName{Format: o.Destination()}) // it may be gone
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	points := []string{"", failpoint.Arrived, failpoint.Commit, failpoint.Committed, failpoint.Done}
	begin := func() (*exec.Cmd, *bytes.Buffer) {
		data, err := json.Marshal(r)
		ok(t, err)
		self, err := os.Executable()
		ok(t, err)
		cmd := exec.Command(self, "-test.run=^$")
		cmd.Env = append(os.Environ(), routerEnv+"="+string(data))
		stderr := new(bytes.Buffer)
		cmd.Stderr = stderr
		ok(t, cmd.Start())
		return cmd, stderr
	}
	for range kills {
		r.Point, r.Pass = points[rnd.IntN(len(points))], 1+rnd.IntN(60)
		cmd, stderr := begin()
		dead := make(chan struct{})
		go func() {
			_ = cmd.Wait() // killed
			close(dead)
		}()
		for end := time.Now().Add(time.Duration(100+rnd.IntN(500)) * time.Millisecond); time.Now().Before(end); {
			hurry()
		}
		_ = cmd.Process.Kill() // it may be dead
		<-dead
		if stderr.Len() > 0 {
			t.Fatalf("the routing server: %s", stderr)
		}
	}
	close(stop)
	<-sent
	r.Point = ""
	cmd, stderr := begin()
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if stderr.Len() > 0 {
			t.Errorf("the routing server: %s", stderr)
		}
	}()
	t.Logf("%d transactional messages, %d others", len(booked), len(plain))
	qmtest.Eventually(t, "all arrived", func() bool {
		hurry()
		return len(to.Labels("booked")) >= len(booked) && len(to.Labels("orders")) >= len(plain)
	})
	if got := to.Labels("booked"); !slices.Equal(got, booked) {
		t.Errorf("transactional messages are not there once and in order: %d of %d", len(got), len(booked))
	}
	got := to.Labels("orders")
	slices.Sort(got)
	slices.Sort(plain)
	if !slices.Equal(got, plain) {
		t.Errorf("others are not there once: %d of %d", len(got), len(plain))
	}
}
