package member

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"posthouse/directory"
	"posthouse/directory/notice"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/qmtest/loopback"
	"posthouse/localqm/route"
	"posthouse/localqm/secure"
	"posthouse/localqm/transport"
)

// network has computers that find each other by their DNS names in the directory.
type network struct {
	t          testing.TB
	port, ping uint16
	at         map[string]netip.Addr
}

func newNetwork(t testing.TB, at map[string]string) *network {
	t.Helper()
	n := &network{t: t, at: map[string]netip.Addr{}}
	for name, address := range at {
		n.at[strings.ToLower(name)+".nordhavn.example"] = netip.MustParseAddr(address)
	}
	for _, p := range []*uint16{&n.port, &n.ping} {
		free, err := loopback.Port()
		if err != nil {
			t.Fatal(err)
		}
		*p = free
	}
	return n
}

// connect lets a queue manager that has joined speak to the others.
func (k *network) connect(n *node) {
	k.t.Helper()
	tr := transport.New(transport.Options{
		Manager: n.QueueManager, Router: n.Member, Port: k.port, PingPort: k.ping,
		Listen: []netip.Addr{k.at[strings.ToLower(n.name)+".nordhavn.example"]},
		Resolver: route.NewResolver(route.Options{Port: k.port, Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			if a, ok := k.at[strings.ToLower(host)]; ok {
				return []netip.Addr{a}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}}),
	})
	if err := tr.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { tr.Close() })
}

// two are the queue manager of an application and that of a public queue, which
// somebody and the application's queue manager may change.
func two(t *testing.T) (w *world, desk, hub *node, anna localqm.Caller, orders mq.GUID) {
	t.Helper()
	w = newWorld(t)
	k := newNetwork(t, map[string]string{"DESK7": "127.0.0.31", "HUB01": "127.0.0.32"})
	hub, desk = w.joined("HUB01"), w.joined("DESK7")
	if err := hub.Member.Refresh(t.Context()); err != nil { // it was there before
		t.Fatal(err)
	}
	k.connect(hub)
	k.connect(desk)
	anna = caller(w.dc, "anna")
	orders = hub.public(`.\orders`, localqm.QueueSpec{Label: ptr("Orders"), AllowSend: []secure.SID{secure.Everyone, secure.Anonymous}})
	q := read[*directory.Queue](w, directory.ByID(orders))
	guard, err := secure.ParseDescriptor(q.Security)
	if err != nil {
		t.Fatal(err)
	}
	account, err := secure.ParseSID(read[*directory.Machine](w, directory.ByName("DESK7")).SID)
	if err != nil {
		t.Fatal(err)
	}
	change := uint32(mq.RightSetQueueProperties | mq.RightDeleteQueue | mq.RightGetQueueProperties | mq.RightGetQueuePermissions)
	q.Security = guard.Grant(anna.Token.User, change).Grant(account, change).Append(nil)
	w.write(q, directory.AttrSecurity)
	return w, desk, hub, anna, orders
}

// MS-MQOD 3.3, Example 3: Modify a Public Queue, over LDAP.
func TestPublicQueueIsModifiedFromAnotherComputer(t *testing.T) {
	w, desk, hub, anna, orders := two(t)
	name := mq.QueueName{Format: mq.Public(orders)}
	info, err := desk.SetQueue(t.Context(), anna, name, localqm.QueueSpec{Label: ptr("Orders 2027"), Quota: ptr(uint32(77))})
	if err != nil || info.Queue.Label != "Orders 2027" {
		t.Fatalf("%+v, %v", info, err)
	}
	if q := read[*directory.Queue](w, directory.ByID(orders)); q.Label != "Orders 2027" || q.Quota != 77 {
		t.Errorf("the directory has %+v", q)
	}
	qmtest.Eventually(t, "HUB01 is told", func() bool { return hub.Member.Counts().Taken == 1 })
	if hub.label(orders) != "Orders" {
		t.Error("the batching delay has not passed")
	}
	hub.followed()
	i, err := hub.Queue(t.Context(), qmtest.Owner, name)
	if err != nil || i.Queue.Label != "Orders 2027" || i.Queue.Quota != 77 {
		t.Errorf("HUB01 has %+v, %v", i.Queue, err)
	}

	// The queue is in a ready state.
	m := qmtest.Message("after")
	h, err := desk.OpenQueue(t.Context(), anna, name, localqm.SendAccess, localqm.DenyNone)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := h.Send(t.Context(), nil, m); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "the message arrives", func() bool {
		return len(hub.Labels("PUBLIC="+orders.String())) == 1
	})
	if c := hub.Member.Counts(); c != (Counts{Taken: 1}) {
		t.Errorf("%+v", c)
	}
}

func TestPublicQueueIsDeletedFromAnotherComputer(t *testing.T) {
	_, desk, hub, anna, orders := two(t)
	if err := desk.DeleteQueue(t.Context(), anna, mq.QueueName{Format: mq.Public(orders)}); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "HUB01 is told", func() bool { return hub.Member.Counts().Taken == 1 })
	if hub.label(orders) != "Orders" {
		t.Error("the batching delay has not passed")
	}
	hub.followed()
	if hub.label(orders) != "-" {
		t.Error("HUB01 still has it")
	}
}

// What strangers send to the notification queue over the network.
func TestNotificationQueueTakesNothingElse(t *testing.T) {
	w, desk, hub, _, orders := two(t)
	send := func(body []byte) {
		t.Helper()
		h, err := desk.OpenQueue(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Private(hub.Identity().ID, notice.Queue)}, localqm.SendAccess, localqm.DenyNone)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		m := qmtest.Message("")
		m.Delivery, m.Body = mq.Express, body
		if _, err := h.Send(t.Context(), nil, m); err != nil {
			t.Fatal(err)
		}
	}
	forged, err := notice.Notice{Event: notice.QueueDeleted, Object: orders, Controller: "evil.example"}.Body()
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		send(forged)
	}
	send([]byte("hello"))
	qmtest.Eventually(t, "all arrived", func() bool { c := hub.Member.Counts(); return c.Taken == 50 && c.Malformed == 1 })
	hub.followed()
	if hub.label(orders) != "Orders" {
		t.Error("a forged notice deleted a queue")
	}
	if err := desk.Member.Tell(t.Context(), notice.Notice{Event: notice.MachineChanged, Object: hub.Identity().ID}, hub.Identity().ID); err != nil {
		t.Fatal(err)
	}
	qmtest.Eventually(t, "the console's notice arrived", func() bool { return hub.Member.Counts().Taken == 51 })
	_ = w
}
