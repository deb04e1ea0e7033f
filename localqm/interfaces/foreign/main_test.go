package foreign_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/accounts"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/krb5/kdctest"
	"posthouse/localqm/rpc/security/offer"
	"posthouse/localqm/secure"
)

// The user who signs in, and the queue manager as the domain has it.
const (
	user     = "alice"
	password = "Sesam open up"
	host     = "hub.example.com"
	orders   = `.\private$\orders`
)

// hub is a queue manager with a mapper. alice is an administrator there, with a password
// and with tickets, and may do everything with the queue orders.
type hub struct {
	*interfacestest.QM
	realm   *kdctest.Realm
	tickets string
	*watch
}

func start(t *testing.T, realm kdctest.Options, change ...func(*interfaces.Options)) *hub {
	t.Helper()
	h := &hub{realm: kdctest.Start(t, realm)}
	h.realm.Principal(user, password)
	keytab := h.realm.Keytab("host/" + host)
	h.tickets = h.realm.Tickets(user, password)
	h.realm.Run("", "kvno", "-c", h.tickets, "host/"+host) // impacket looks for KDCs at port 88
	known, err := accounts.Open(t.TempDir())
	if err == nil {
		_, err = known.Add(user, password, true)
	}
	if err == nil {
		_, err = known.AddPrincipal(user+"@"+h.realm.Name, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	kerberos, err := krb5.NewAcceptor(keytab, known, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.watch = &watch{of: offer.New(offer.Options{Name: "HUB", Accounts: known, Kerberos: kerberos})}
	change = append([]func(*interfaces.Options){interfacestest.Mapper, func(o *interfaces.Options) { o.Acceptor = h.watch }}, change...)
	h.QM = interfacestest.Start(t, "HUB", change...)

	d := secure.Strict(secure.UnixUser(1000)) // who owns what qmtest makes
	list, err := known.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		d = d.Grant(a.SID, uint32(mq.RightQueueGenericAll))
	}
	h.Create(orders, localqm.QueueSpec{Security: &d})
	return h
}

// send puts the one message into the queue that it is to have.
func (h *hub) send(t *testing.T) {
	t.Helper()
	if len(h.Labels(orders)) == 0 {
		h.Send(orders, &mq.Message{Body: []byte("a message for impacket"), TimeToReachQueue: mq.Never, TimeToBeReceived: mq.Never})
	}
}

// run runs a program as alice's, and returns what it prints.
func (h *hub) run(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = slices.Concat(h.realm.Env(h.tickets), env)
	out, err := c.CombinedOutput()
	return string(out), err
}

// need is where a program is. Where there is none the test is skipped, but not in CI.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name)
	}
	return path
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed (scripts/setup test does that)", what)
}

// watch is an acceptor that remembers how clients sign in, and what they protect.
type watch struct {
	of security.Acceptor

	mu   sync.Mutex
	seen map[string]bool
}

func (w *watch) Accept(m security.Mechanism, from netip.Addr) (security.Context, error) {
	c, err := w.of.Accept(m, from)
	if err != nil {
		return nil, err
	}
	return &watched{Context: c, watch: w, offered: m}, nil
}

func (w *watch) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[fmt.Sprintf(format, args...)] = true
}

// take returns what was seen since the last time, sorted.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for s := range w.seen {
		out = append(out, s)
	}
	w.seen = nil
	slices.Sort(out)
	return out
}

type watched struct {
	security.Context
	watch   *watch
	offered security.Mechanism
}

func (c *watched) Step(token []byte) ([]byte, bool, error) {
	out, done, err := c.Context.Step(token)
	if err != nil {
		c.watch.note("refused: %v", err)
	}
	if done && err == nil {
		id := c.Identity()
		c.watch.note("%s by %v/%v", id.Account, c.offered, id.Mechanism)
	}
	return out, done, err
}

func (c *watched) Open(l security.Level, f security.Fragment, signature []byte) error {
	err := c.Context.Open(l, f, signature)
	switch {
	case err != nil:
		c.watch.note("%v: %v", l, err)
	case f.SignHeader:
		c.watch.note("%v with headers", l)
	default:
		c.watch.note("%v", l)
	}
	return err
}
