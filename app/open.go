package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
)

// opener finds or makes the queue manager of a data folder.
type opener interface {
	// Open attaches to the queue manager that runs on folder, or else opens it in
	// this process, under the folder's lock, until the node is closed.
	// What it opens reaches other machines if net is set.
	Open(ctx context.Context, folder string, net *network) (handle, error)
	// Attach attaches to the queue manager that runs on folder and never opens one.
	Attach(ctx context.Context, folder string) (handle, error)
	// Serve opens the queue manager of folder and lets others attach to it until
	// ctx ends; then it stops it.
	Serve(ctx context.Context, folder string, o serveOptions, s service) error
	// Line reaches other computers; what is sent there leaves from folder, with net
	// as in Open.
	Line(folder string, net *network) computers.Line
	// Directory is the directory that the console of folder works with, or as somebody
	// else than was chosen; notes hears what a person should know.
	Directory(ctx context.Context, folder string, who *person, notes func(string)) (mgmtclient.Directory, error)
	// Join makes the queue manager of folder, new ones with a name, a member of a
	// forest; Leave ends that.
	Join(ctx context.Context, folder, name string, m membership, adopt bool) (localqm.DirectoryState, error)
	Leave(folder string) error
}

// handle is a node and where it comes from.
type handle struct {
	mgmtclient.Node
	own bool // opened by this process, and ends with it
	pid int  // of the process whose queue manager it is
}

// withNode runs f on the queue manager of this command line; op says what is
// tried, for errors that do not.
func (p *program) withNode(cmd *cobra.Command, op string, f func(context.Context, mgmtclient.Node) error) error {
	ctx, cancel := p.deadline(cmd.Context())
	defer cancel()
	return explain(op, p.useNode(ctx, nil, func(h handle) error { return f(ctx, h.Node) }))
}

func (p *program) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(p.timeout))
}

func (p *program) useNode(ctx context.Context, net *network, f func(handle) error) (err error) {
	if p.node != "" {
		return p.useAway(ctx, net, f)
	}
	folder, err := p.dataFolder()
	if err != nil {
		return err
	}
	h, err := p.open.Open(ctx, folder, net)
	if err != nil {
		return err
	}
	if h.own {
		p.detail("opened the queue manager of %s for this command", folder)
	} else {
		p.detail("attached to the queue manager of %s, process %d", folder, h.pid)
	}
	defer func() {
		if h.own {
			p.warnExpress(h)
		}
		err = errors.Join(err, h.Close())
	}()
	return f(h)
}

// warnExpress says what the end of this command's own queue manager loses.
func (p *program) warnExpress(h handle) {
	// Its own time: the command's may be used up.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	m, err := h.Machine(ctx)
	if err == nil && m.ExpressCount > 0 {
		p.note("warning: %s lost, since express messages live only as long as their queue manager, which ends now",
			many(m.ExpressCount, "express message"))
	}
}

// useAway is useNode on another computer.
func (p *program) useAway(ctx context.Context, net *network, f func(handle) error) (err error) {
	folder, err := p.dataFolder()
	if err != nil {
		return err
	}
	c, password, err := p.computer(ctx, p.node)
	if err != nil {
		return err
	}
	n, err := p.open.Line(folder, net).Dial(ctx, c, password)
	if err != nil {
		return err
	}
	p.detail("connected to %s", c.Host())
	defer func() {
		if a, ok := n.(away); ok {
			if here, _, _ := a.sent(); here.own {
				p.warnExpress(here)
			}
		}
		err = errors.Join(err, n.Close())
	}()
	return f(handle{Node: n})
}

// target is the data folder of a verb that works on nothing else.
func (p *program) target() (string, error) {
	if p.node != "" {
		return "", usagef("--node is for verbs that work on another computer; this one is about the queue manager of --data")
	}
	return p.dataFolder()
}

// dataFolder is --data, or the user's own, as an absolute path.
func (p *program) dataFolder() (string, error) {
	folder := p.folder
	if folder == "" {
		var err error
		if folder, err = defaultFolder(p.getenv); err != nil {
			return "", mq.Errorf(mq.ErrInvalidParameter, "find the data folder", "%w", err).WithFix("name it with --data")
		}
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return "", mq.Errorf(mq.ErrInvalidParameter, "find the data folder", "%w", err).WithFix("name it with --data")
	}
	return abs, nil
}

// can asserts a capability, with words for a node that lacks it.
func can[T any](n mgmtclient.Node) (T, error) {
	c, ok := mgmtclient.Can[T](n)
	if !ok {
		why := "this queue manager does not offer it"
		if words := mgmtclient.Lacks(n, mgmtclient.CapabilityOf[T]()); words != "" {
			why = words
		}
		return c, mq.Errorf(mq.ErrUnsupportedOperation, "", "%s", why)
	}
	return c, nil
}

func homeFolder(getenv func(string) string, variable string, below ...string) (string, error) {
	home := getenv(variable)
	if home == "" {
		return "", errors.New("the environment variable " + variable + " is not set")
	}
	return filepath.Join(append([]string{home}, below...)...), nil
}
