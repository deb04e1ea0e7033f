package bench

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/spnego"
	"posthouse/mgmtclient"
)

// What management by other computers must reach.
const (
	privacyGoal     = 6000  // small calls a second, NTLM
	kerberosGoal    = 3000  // small calls a second
	outstandingGoal = 15000 // small calls a second without security, so many at once:
	outstanding     = 16
	pageGoal        = 50 * time.Millisecond // the first page of a queue of
	pageDepth       = 1_000_000             // messages
	refreshQueues   = 1000
	refreshGoal     = 300 * time.Millisecond
	clients         = 500
	clientsMemory   = 200 << 20 // bytes of the server that has them
	clientsCPU      = 0.02      // of a core while they do nothing
	clientsLook     = 3         // times Length, which they are looked at
)

// The account that the measurements sign in with.
const rpcUser, rpcPassword = "bench", "only for this run" //nolint:gosec // nobody else reaches it

// rpc measures management by other computers, of a queue manager in a process of its
// own: small calls beside an echo of the same bytes, a page of the large queue and a
// refresh of many queues beside the same over the local connection, and what clients
// that do nothing cost.
func (r *run) rpc(ctx context.Context) error {
	to, err := r.managed(ctx, "rpc")
	if err != nil {
		return err
	}
	if _, err = to.node.CreateQueue(ctx, queue, mgmtclient.QueueSettings{}); err == nil {
		err = to.permit(ctx)
	}
	if err == nil {
		err = r.clients(ctx, to)
	}
	if err == nil {
		err = r.calls(ctx, to)
	}
	if err == nil {
		err = r.refresh(ctx, to)
	}
	to.stop()
	if err != nil {
		return err
	}
	return r.firstPage(ctx)
}

// managed starts a queue manager on a folder that is managed over RPC, by rpcUser and
// by nobody.
func (r *run) managed(ctx context.Context, folder string) (*child, error) {
	c := &child{name: machine, folder: filepath.Join(r.dir, folder)}
	for _, p := range []*uint16{&c.port, &c.rpcPort} {
		var err error
		if *p, err = loopback.Port(); err != nil {
			return nil, err
		}
	}
	var err error
	if c.realm, err = newRealm(r.dir); err != nil {
		return nil, err
	}
	c.arguments = []string{"--rpc-anonymous", "--rpc-port", strconv.Itoa(int(c.rpcPort)), "--keytab", c.realm.keys}
	if err := c.start(ctx, r); err != nil {
		return nil, err
	}
	if err := c.admit(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// admit gives the account a password and a principal, which are two accounts.
func (c *child) admit() error {
	who, err := accounts.Open(c.folder)
	if err != nil {
		return err
	}
	if _, err := who.Add(rpcUser, rpcPassword, true); err != nil {
		return err
	}
	_, err = who.AddPrincipal(rpcUser+"@"+kerberosRealm, true)
	return err
}

// permit lets the account look into the queue, and those who do not sign in manage:
// what is measured is an answer, and not a refusal.
func (c *child) permit(ctx context.Context) error {
	if err := c.allow(ctx, queue, rpcUser, uint32(mq.RightQueueGenericRead)); err != nil {
		return err
	}
	return c.allow(ctx, "", "anonymous", uint32(mq.RightMachineGenericAll))
}

// allow lets somebody use a queue, or "", the queue manager.
func (c *child) allow(ctx context.Context, queue, who string, rights uint32) error {
	p, err := c.node.Permissions(ctx, queue)
	if err != nil {
		return err
	}
	p.Entries = append(p.Entries, mgmtclient.Permission{Account: mgmtclient.Account{Name: who}, Rights: rights})
	return c.node.SetPermissions(ctx, queue, p)
}

// remote is a node as a console elsewhere has it.
func (r *run) remote(ctx context.Context, to *child) (mgmtclient.Node, error) {
	return r.Remote(ctx, mgmtclient.Computer{
		Name: to.managedAt(), SignIn: mgmtclient.SignInPassword, User: rpcUser,
	}, rpcPassword)
}

func (c *child) managedAt() string {
	return net.JoinHostPort(receiverAddress, strconv.Itoa(int(c.rpcPort)))
}

// signIn is how clients say who they are.
func signIn() security.Initiator {
	return spnego.NewInitiator(ntlm.NewInitiator(rpcUser, "", rpcPassword))
}

// calls measures small calls on one connection, in interleaved rounds.
func (r *run) calls(ctx context.Context, to *child) error {
	plain, err := newAsker(ctx, to.managedAt(), rpc.DialOptions{Level: security.None})
	if err != nil {
		return err
	}
	defer plain.close()
	ntlm, err := newAsker(ctx, to.managedAt(), rpc.DialOptions{Initiator: signIn()})
	if err != nil {
		return err
	}
	defer ntlm.close()
	tickets, err := to.realm.signIn()
	if err != nil {
		return err
	}
	kerberos, err := newAsker(ctx, to.managedAt(), rpc.DialOptions{Initiator: tickets, Host: kerberosHost})
	if err != nil {
		return err
	}
	defer kerberos.close()
	echo, err := newEcho(ctx, plain)
	if err != nil {
		return err
	}
	defer echo.close()

	const name = "GetInfo calls"
	var echoes, bare, private, ticketed, parallel []float64
	for range r.Rounds {
		for _, x := range []struct {
			rates *[]float64
			do    func(context.Context) error
			many  int
		}{{&echoes, echo.ask, 1}, {&bare, plain.ask, 1}, {&private, ntlm.ask, 1}, {&ticketed, kerberos.ask, 1}, {&parallel, plain.ask, outstanding}} {
			rate, err := r.callRate(ctx, x.many, x.do)
			if err != nil {
				return err
			}
			*x.rates = append(*x.rates, rate)
		}
	}
	base := median(echoes)
	against := fmt.Sprintf("TCP echo, %d and %d B", echo.request, echo.response)
	r.add("rpc", name+", no security", median(bare), "call/s", against, base, 0, true)
	r.add("rpc", name+", NTLM privacy", median(private), "call/s", against, base, 0, true)
	r.add("rpc", name+", NTLM privacy", median(private), "call/s", "the goal", privacyGoal, 1, true)
	r.add("rpc", name+", Kerberos privacy", median(ticketed), "call/s", against, base, 0, true)
	r.add("rpc", name+", Kerberos privacy", median(ticketed), "call/s", "the goal", kerberosGoal, 1, true)
	r.add("rpc", fmt.Sprintf("%s, no security, %d at once", name, outstanding), median(parallel), "call/s", "one at a time", median(bare), 0, true)
	r.add("rpc", fmt.Sprintf("%s, no security, %d at once", name, outstanding), median(parallel), "call/s", "the goal", outstandingGoal, 1, true)
	return nil
}

// callRate is calls a second, so many at once, for Length.
func (r *run) callRate(ctx context.Context, many int, do func(context.Context) error) (float64, error) {
	return r.rate(ctx, many, func(ctx context.Context) (func() (int, error), error) {
		return func() (int, error) { return 1, do(context.WithoutCancel(ctx)) }, nil
	})
}
