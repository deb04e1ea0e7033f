package member

import (
	"context"
	"slices"
	"sync"
	"testing"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/conn"
	"posthouse/directory/ldap/samba"
	"posthouse/directory/notice"
	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// onController is a queue manager that has joined a forest on a domain controller, as the
// account of its computer.
func onController(t *testing.T, f *samba.Forest, name string) (w *world, n *node, as func(*Options)) {
	t.Helper()
	f.Computer(t, name)
	dial := func(user, password string) func(context.Context) (directory.Directory, error) {
		return func(ctx context.Context) (directory.Directory, error) {
			c, err := conn.Dial(ctx, conn.Options{
				Controllers: []string{"ldaps://" + f.Address}, CA: f.CA,
				SignIn: conn.SignIn{Method: conn.Password, User: user, Password: password},
			})
			if err != nil {
				return nil, err
			}
			return ldap.New(c), nil
		}
	}
	a, err := dial(f.Administrator(), f.Password)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	w = &world{t: t, admin: a}
	n = w.stranger(name)
	as = func(o *Options) { o.Directory = dial(f.User(name+"$"), f.UserPassword) }
	n.join(as)
	n.is(localqm.Integrated)
	return w, n, as
}

// On a domain controller, as the account of the computer; ldapsearch has the second
// opinion.
func TestMemberOfARealForest(t *testing.T) {
	f := samba.Join(t)
	const name = "MEMBER01"
	w, n, as := onController(t, f, name)
	object := "CN=msmq," + f.ComputerDN(name)
	r, ok := f.Read(t, object)
	if !ok || len(r.Values["msmqencryptkey"]) != 1 || len(r.Values["msmqsites"]) != 1 {
		t.Fatalf("ldapsearch has %v", r.Values)
	}
	if r, _ := f.Read(t, f.ComputerDN(name), "mSMQSignCertificates", "mSMQDigests"); len(r.Values["msmqdigests"]) != 1 {
		t.Errorf("the certificate is %v, the notes are %q", r.Values, n.Member.State().Notes)
	}
	if s := n.Member.State(); s.Forest == "" || s.Controller == "" || !slices.Equal(s.Sites, []string{"Aarhus"}) {
		t.Errorf("%+v", s)
	}

	id := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("Orders"), Transactional: ptr(true)})
	queue := "CN=orders," + object
	if r, ok := f.Read(t, queue); !ok || r.Get("mSMQLabelEx") != "Orders" || r.Get("mSMQTransactional") != "TRUE" {
		t.Errorf("ldapsearch has %v", r.Values)
	}
	if _, err := n.SetQueue(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(id)}, localqm.QueueSpec{Label: ptr("Orders 2")}); err != nil {
		t.Fatal(err)
	}
	if r, _ := f.Read(t, queue); r.Get("mSMQLabelEx") != "Orders 2" {
		t.Errorf("ldapsearch has %v", r.Values)
	}

	// An administrator changes it and tells.
	q := read[*directory.Queue](w, directory.ByID(id))
	q.Label, q.Quota = "Orders 3", 55
	w.write(q, directory.AttrLabel, directory.AttrQuota)
	n.hear(notice.QueueChanged, id, n.Member.State().Controller)
	n.followed()
	if n.label(id) != "Orders 3" {
		t.Errorf("it is called %q", n.label(id))
	}
	m := read[*directory.Machine](w, directory.ByID(n.Identity().ID))
	m.Quota = 9000
	w.write(m, directory.AttrQuota)
	n.hear(notice.MachineChanged, m.ID, n.Member.State().Controller)
	n.followed()
	if s := n.Settings(); s.Quota != 9000 {
		t.Errorf("the quota is %d", s.Quota)
	}

	n.again(as)
	n.is(localqm.Integrated)
	if n.Identity().ID != m.ID || n.label(id) != "Orders 3" {
		t.Errorf("after a restart it is %s, the queue %q", n.Identity().ID, n.label(id))
	}
	w.remove(q)
	n.hear(notice.QueueDeleted, id, n.Member.State().Controller)
	n.followed()
	if n.label(id) != "-" {
		t.Error("the queue is still here")
	}
	second := n.public(`.\orders`, localqm.QueueSpec{})
	if err := n.DeleteQueue(t.Context(), qmtest.Owner, mq.QueueName{Format: mq.Public(second)}); err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Read(t, queue); ok {
		t.Error("it is still in the directory")
	}
}

func TestControllerStopsAndStartsUnderLoad(t *testing.T) {
	f := samba.Start(t, false)
	w, n, _ := onController(t, f, "MEMBER02")
	id := n.public(`.\orders`, localqm.QueueSpec{Label: ptr("before")})
	busy, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for i := 0; busy.Err() == nil; i++ {
				_, _ = n.Member.Find(busy, qmtest.Name(t, `.\nothing`))
				_, _ = n.Member.Set(busy, qmtest.Owner, id, localqm.QueueSpec{Journaling: ptr(i%2 == 0)})
				_, _ = n.Member.Next(busy, mq.Private(mq.NewGUID(), 7))
			}
		})
	}
	f.Stop(t)
	n.becomes(localqm.Offline)
	if n.label(id) != "before" {
		t.Errorf("the queue here is %q", n.label(id))
	}
	f.Restart(t)
	qmtest.Eventually(t, "it is back", func() bool {
		n.Clock.Advance(n.Member.timers.Online)
		return n.Member.State().Mode == localqm.Integrated
	})
	stop()
	load.Wait()
	q := read[*directory.Queue](w, directory.ByID(id))
	q.Label = "after"
	w.write(q, directory.AttrLabel)
	if err := n.Member.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.label(id) != "after" {
		t.Errorf("the queue here is %q", n.label(id))
	}
}
