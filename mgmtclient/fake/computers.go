package fake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Computers are the other computers of a console, in memory. Hooks make its
// methods wait or fail; their queue argument is the address of the computer.
type Computers struct {
	Hooks

	mu     sync.Mutex
	list   []mgmtclient.Computer
	peers  map[string]*Peer
	kept   map[string]string // passwords, by ID
	number int
	keeper string
	keeps  bool
}

// Peer is what is found at an address. The zero value is an address where
// nothing answers.
type Peer struct {
	// Node is the queue manager; nil: nothing answers.
	Node *Node
	// Password is what a user must have; "": any will do.
	Password string
	// Err, if set, is what Connect answers, and Stops the layer at which a test
	// ends with it.
	Err   error
	Stops mgmtclient.Layer
	// Lacks are the reasons for what the queue manager does not offer.
	Lacks map[mgmtclient.Capability]string
	// Took is how long each layer of a test takes, as it says.
	Took time.Duration
}

// NewComputers makes an empty list whose passwords go to "the keyring of this
// desktop".
func NewComputers() *Computers {
	return &Computers{peers: map[string]*Peer{}, kept: map[string]string{}, keeper: "the keyring of this desktop", keeps: true}
}

// Add puts a computer on the list, with the password that is kept for it, and
// says what is found at its address.
func (c *Computers) Add(x mgmtclient.Computer, password string, p *Peer) mgmtclient.Computer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	x.ID = fmt.Sprintf("c%d", c.number)
	c.list = append(c.list, x)
	c.kept[x.ID] = password
	c.peers[x.Host()] = p
	return x
}

// Found says what is found at an address (HOST[:PORT]).
func (c *Computers) Found(address string, p *Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peers[address] = p
}

// KeepNot says that no password is kept, and why.
func (c *Computers) KeepNot(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keeper, c.keeps = why, false
}

// Kept is the password that is kept for a computer.
func (c *Computers) Kept(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[id]
}

// List is mgmtclient.Computers', in the order of the names.
func (c *Computers) List(ctx context.Context) ([]mgmtclient.Computer, error) {
	if err := c.run(ctx, nil, "List", "read the list of computers", ""); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	list := slices.Clone(c.list)
	slices.SortStableFunc(list, func(a, b mgmtclient.Computer) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return list, nil
}

// Save is mgmtclient.Computers'.
func (c *Computers) Save(ctx context.Context, x mgmtclient.Computer, password *string) (mgmtclient.Computer, error) {
	op := "save the computer " + x.Name
	if err := c.run(ctx, nil, "Save", op, x.Host()); err != nil {
		return x, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.list, func(o mgmtclient.Computer) bool { return o.ID != x.ID && strings.EqualFold(o.Name, x.Name) }) {
		return x, mq.Errorf(mq.ErrInvalidParameter, op, "there is another computer of this name").WithFix("choose another name")
	}
	i := slices.IndexFunc(c.list, func(o mgmtclient.Computer) bool { return o.ID == x.ID })
	switch {
	case x.ID == "":
		c.number++
		x.ID = fmt.Sprintf("c%d", c.number)
		c.list = append(c.list, x)
	case i < 0:
		return x, mq.Errorf(mq.ErrInvalidParameter, op, "it was removed meanwhile").WithFix("add it again")
	default:
		c.list[i] = x
	}
	if password != nil {
		c.kept[x.ID] = *password
	}
	return x, nil
}

// Remove is mgmtclient.Computers'.
func (c *Computers) Remove(ctx context.Context, id string) error {
	if err := c.run(ctx, nil, "Remove", "remove the computer", id); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.DeleteFunc(c.list, func(x mgmtclient.Computer) bool { return x.ID == id })
	delete(c.kept, id)
	return nil
}

// Connect is mgmtclient.Computers'. Each call makes a connection of its own: to
// close it does not end the queue manager.
func (c *Computers) Connect(ctx context.Context, id string) (mgmtclient.Node, error) {
	c.mu.Lock()
	i := slices.IndexFunc(c.list, func(x mgmtclient.Computer) bool { return x.ID == id })
	if i < 0 {
		c.mu.Unlock()
		return nil, mq.Errorf(mq.ErrInvalidParameter, "connect", "the computer was removed meanwhile")
	}
	x, password := c.list[i], c.kept[id]
	c.mu.Unlock()
	if err := c.run(ctx, nil, "Connect", "connect to "+x.Name, x.Host()); err != nil {
		return nil, err
	}
	p := c.peer(x)
	if _, err := p.answer(x, password); err != nil {
		return nil, err
	}
	return &link{Node: p.Node, lacks: p.Lacks, closed: make(chan struct{})}, nil
}

// Test is mgmtclient.Computers'.
func (c *Computers) Test(ctx context.Context, x mgmtclient.Computer, password *string, report func(mgmtclient.Probe)) error {
	if password == nil {
		kept := c.Kept(x.ID)
		password = &kept
	}
	p := c.peer(x)
	stops, failure := p.answer(x, *password)
	for _, l := range mgmtclient.Layers {
		if err := c.run(ctx, nil, "Test", "test the connection to "+x.Name, x.Host()+" "+string(l)); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return mgmtclient.Interrupted(ctx, "test the connection to "+x.Name)
		}
		if l == stops {
			probe := mgmtclient.Probe{Layer: l, Text: failure.Error(), Took: p.Took}
			var e *mq.Error
			if errors.As(failure, &e) {
				probe.Text, probe.Fix = e.Why, e.Fix
			}
			report(probe)
			return failure
		}
		report(mgmtclient.Probe{Layer: l, OK: true, Text: p.found(l, x), Took: p.Took})
	}
	return nil
}

// Keeper is mgmtclient.Computers'.
func (c *Computers) Keeper() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keeper, c.keeps
}

func (c *Computers) peer(x mgmtclient.Computer) *Peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.peers[x.Host()]; p != nil {
		return p
	}
	return &Peer{}
}

// answer is at which layer, and why, one does not get through to a queue
// manager; "" if one does.
func (p *Peer) answer(x mgmtclient.Computer, password string) (mgmtclient.Layer, error) {
	op := "connect to " + x.Host()
	switch {
	case p.Err != nil:
		return cmp.Or(p.Stops, mgmtclient.LayerPort), p.Err
	case p.Node == nil:
		return mgmtclient.LayerPort, mq.Errorf(mq.ErrRemoteMachineNotAvailable, op, "nothing answers at %s", x.Host()).
			WithFix("check the address, and that the computer is on")
	case p.Password != "" && x.SignIn == mgmtclient.SignInPassword && password != p.Password:
		return mgmtclient.LayerSignIn, WrongPassword(x)
	}
	return "", nil
}

// WrongPassword is the answer to a password that is not right.
func WrongPassword(x mgmtclient.Computer) error {
	return mq.Errorf(mq.ErrAccessDenied, "sign in to "+x.Host(), "%s or the password is not right", x.User).
		WithFix("sign in again")
}

// found is what a test says of a layer that was passed.
func (p *Peer) found(l mgmtclient.Layer, x mgmtclient.Computer) string {
	switch l {
	case mgmtclient.LayerName:
		if host, _, err := net.SplitHostPort(x.Host()); err == nil && net.ParseIP(host) != nil || net.ParseIP(x.Host()) != nil {
			return "it is an address already"
		}
		return "192.0.2.40"
	case mgmtclient.LayerPort:
		return "2103 answers"
	case mgmtclient.LayerSignIn:
		switch x.SignIn {
		case mgmtclient.SignInKerberos:
			return "by Kerberos, encrypted"
		case mgmtclient.SignInAnonymous:
			return "not signed in"
		}
		return "as " + x.User + ", encrypted"
	case mgmtclient.LayerManager:
		return p.Node.machine.Name + ", Posthouse " + p.Node.machine.Version
	}
	return "you may manage it"
}

// link is one connection to a node.
type link struct {
	*Node
	lacks  map[mgmtclient.Capability]string
	once   sync.Once
	closed chan struct{}
}

// Offers is for mgmtclient.Can.
func (l *link) Offers(c mgmtclient.Capability) bool {
	_, lacks := l.lacks[c]
	return !lacks && l.Node.Offers(c)
}

// Lacks is mgmtclient.Explainer's.
func (l *link) Lacks(c mgmtclient.Capability) string { return l.lacks[c] }

// Close ends this connection only.
func (l *link) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Windows are the reasons of a queue manager of Windows, which offers less over
// the network than Posthouse does.
func Windows() map[mgmtclient.Capability]string {
	const elsewhere = "A Windows queue manager does not offer it over the network. Use Computer Management on that computer."
	lacks := map[mgmtclient.Capability]string{}
	for _, c := range []mgmtclient.Capability{mgmtclient.CanAdmin, mgmtclient.CanGuard, mgmtclient.CanMachineAdmin} {
		lacks[c] = elsewhere
	}
	lacks[mgmtclient.CanWatch] = "It does not tell of changes by itself: it is asked now and then."
	lacks[mgmtclient.CanSearch] = "It does not search for others. What is in memory can be filtered."
	lacks[mgmtclient.CanExport] = "It does not hand out messages as it keeps them."
	lacks[mgmtclient.CanArchive] = "It does not take messages back as they were."
	return lacks
}

// Without adds reasons to a copy.
func Without(lacks map[mgmtclient.Capability]string, reason string, list ...mgmtclient.Capability) map[mgmtclient.Capability]string {
	lacks = maps.Clone(lacks)
	if lacks == nil {
		lacks = map[mgmtclient.Capability]string{}
	}
	for _, c := range list {
		lacks[c] = reason
	}
	return lacks
}
