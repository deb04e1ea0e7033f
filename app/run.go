package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"posthouse/directory/member"
	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/store"
	"posthouse/localqm/transport"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/control"
	"posthouse/mgmtclient/local"
)

// running is a queue manager that this process runs, and lets others attach to.
type running struct {
	folder string
	qm     *localqm.QueueManager
	in     *member.Member         // of a forest; nil: a workgroup
	line   *transport.Transport   // to other queue managers; nil: none
	rpc    *interfaces.Interfaces // for other computers' consoles; nil: none
	who    *accounts.Store
	listen []netip.Addr
	server *control.Server
	own    *local.Node // this process's own

	mu       sync.Mutex
	ending   bool
	attached sync.WaitGroup // other processes
}

// start opens the queue manager of a folder, connects it with others if net is
// set, and serves it to other processes.
func start(ctx context.Context, folder, name string, net *network, log *slog.Logger) (_ *running, err error) {
	s, err := store.Open(ctx, store.Options{Dir: folder, Name: name})
	if err != nil {
		return nil, err
	}
	me := account("this process")
	r := &running{folder: folder}
	if r.who, err = accounts.Open(folder); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r.qm, err = localqm.Open(ctx, localqm.Options{
		Store: s, Log: log, Owner: me.Token.User.String(), Names: addresses(s.Identity().Name),
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if net == nil {
		if err = park(r.qm, folder); err != nil {
			return nil, errors.Join(err, r.qm.Close())
		}
	} else {
		if r.in, err = enlisted(ctx, r.qm, folder, me, log); err != nil {
			return nil, errors.Join(err, r.qm.Close())
		}
		if r.line, err = net.connect(r.qm, r.in, aliases(s.Identity().Name), log); err != nil {
			return nil, errors.Join(err, r.leave(), r.qm.Close())
		}
		r.listen = net.listen
		if r.rpc, err = net.manage(r.qm, folder, r.who, log); err != nil {
			r.line.Close()
			return nil, errors.Join(err, r.leave(), r.qm.Close())
		}
	}
	r.own = r.node(me)
	// Its own context: an interrupted command still answers those attached.
	r.server, err = control.Serve(context.WithoutCancel(ctx), folder, r.admit, control.Options{Program: Version, Log: log})
	if err != nil {
		return nil, errors.Join(err, r.end())
	}
	return r, nil
}

func (r *running) node(c localqm.Caller) *local.Node {
	about := local.About{Version: Version, DataFolder: r.folder, Accounts: accountNames{r.who}, RPC: managed(r.rpc, r.listen)}
	if r.line != nil {
		about.Line = r.line
	}
	return local.New(r.qm, c, about)
}

// admit makes the node of another process.
func (r *running) admit(p control.Peer) (mgmtclient.Node, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending {
		return nil, mq.Errorf(mq.ErrServiceNotAvailable, "attach to the queue manager of "+r.folder, "it is stopping")
	}
	c, err := peerAccount(p)
	if err != nil {
		return nil, err
	}
	r.attached.Add(1)
	return &guest{r.node(c), sync.OnceFunc(r.attached.Done)}, nil
}

// guest is the node of another process.
type guest struct {
	*local.Node
	left func()
}

func (g *guest) Close() error {
	defer g.left()
	return g.Node.Close()
}

// stop ends the queue manager. It first lets those attached finish, for at most
// patience: they may be in the middle of a short command.
func (r *running) stop(patience time.Duration) error {
	r.mu.Lock()
	r.ending = true
	r.mu.Unlock()
	alone := make(chan struct{})
	go func() { // ends with the last guest, at the latest when the server closes
		r.attached.Wait()
		close(alone)
	}()
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-alone:
	case <-t.C:
	}
	err := r.server.Close()
	<-alone
	return errors.Join(err, r.end())
}

// end ends what start began, but the server.
func (r *running) end() error {
	err := r.own.Close()
	if r.rpc != nil {
		err = errors.Join(err, r.rpc.Close())
	}
	if r.line != nil {
		r.line.Close()
	}
	return errors.Join(err, r.leave(), r.qm.Close())
}

// leave ends the membership.
func (r *running) leave() error {
	if r.in == nil {
		return nil
	}
	return r.in.Close()
}

// aliases are the further names of this computer, without addresses. A queue
// manager that was given another name than the computer's has none: those may
// be of another one.
func aliases(name string) []string {
	host, err := os.Hostname()
	if err != nil {
		return nil
	}
	short, _, _ := strings.Cut(host, ".")
	if !strings.EqualFold(short, name) && !strings.EqualFold(host, name) {
		return nil
	}
	return []string{host, short}
}

// addresses are the aliases and addresses of this computer.
func addresses(name string) []string {
	names := aliases(name)
	if names == nil {
		return nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return names // the names alone, then
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			names = append(names, n.IP.String())
		}
	}
	return names
}

// folderOpener is the opener of the program itself.
type folderOpener struct {
	log *slog.Logger // of a queue manager that serves
}

// The times that processes on one folder leave each other.
const (
	turnTime  = 10 * time.Second // for the folder to become free
	serveTime = 2 * time.Second  // the same, for a second serve
	turnEvery = 20 * time.Millisecond
	guestTime = 5 * time.Second // for those attached to a command's own queue manager
)

// Attach attaches to the running queue manager.
func (folderOpener) Attach(ctx context.Context, folder string) (handle, error) {
	c, err := control.Dial(ctx, folder, Version)
	if err != nil {
		return handle{}, err
	}
	return handle{Node: c, pid: c.Info().PID}, nil
}

// Open attaches, or else opens. Between the two another command may hold the
// folder for a moment, or a server start or stop.
func (o folderOpener) Open(ctx context.Context, folder string, net *network) (handle, error) {
	var h handle
	err := takeTurns(ctx, turnTime, func() error {
		var err error
		h, err = o.Attach(ctx, folder)
		if mgmtclient.Code(err) != mq.ErrServiceNotAvailable {
			return err
		}
		r, err := start(ctx, folder, "", net, nil)
		if err != nil {
			return err
		}
		h = handle{Node: &private{r.own, r}, own: true, pid: os.Getpid()}
		return nil
	})
	return h, err
}

// private is the node of a command that runs its own queue manager.
type private struct {
	*local.Node
	r *running
}

func (p *private) Close() error { return p.r.stop(guestTime) }

// Serve runs the queue manager until ctx ends or its disk fails.
func (o folderOpener) Serve(ctx context.Context, folder string, so serveOptions, s service) error {
	var r *running
	err := takeTurns(ctx, serveTime, func() (err error) {
		if h, err := o.Attach(ctx, folder); err == nil && h.Close() == nil {
			return &store.LockedError{Dir: folder, PID: h.pid}
		}
		r, err = start(ctx, folder, so.name, so.network, o.log)
		return err
	})
	if err != nil {
		return err
	}
	h := handle{Node: r.own, own: true, pid: os.Getpid()}
	if err = s.ready(h); err == nil {
		select {
		case <-ctx.Done():
		case <-r.qm.Done():
			_, err = h.Machine(context.WithoutCancel(ctx)) // says why it stopped
		}
		s.stopping(h)
	}
	return errors.Join(err, r.stop(0))
}

// takeTurns calls try until the folder is free, for a while.
func takeTurns(ctx context.Context, limit time.Duration, try func() error) error {
	end := time.Now().Add(limit)
	for {
		err := try()
		var locked *store.LockedError
		if !errors.As(err, &locked) {
			return err
		}
		if time.Now().After(end) {
			return inUse(locked)
		}
		select {
		case <-ctx.Done():
			return inUse(locked)
		case <-time.After(turnEvery):
		}
	}
}

func inUse(locked *store.LockedError) error {
	who := "another process"
	if locked.PID != 0 {
		who = fmt.Sprintf("process %d", locked.PID)
	}
	return &mq.Error{
		Code: mq.ErrServiceNotAvailable, Op: "open the queue manager of " + locked.Dir, Err: locked,
		Why: who + " runs it already", Fix: "use that one, end it, or choose another folder with --data",
	}
}
