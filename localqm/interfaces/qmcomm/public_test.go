package qmcomm_test

import (
	"strings"
	"testing"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
)

// Example 3 of MS-MQOD: a public queue of one computer is changed by way of the queue
// manager of another, with the rights of who calls.
func TestAPublicQueueIsChangedFromAnotherComputer(t *testing.T) {
	m := start(t)
	f := qmtest.NewForest()
	f.Join(m.qm.QueueManager)
	server := qmtest.StartLive(t, qmtest.On("SERVER"))
	f.Join(server.QueueManager)
	server.Create(`.\orders`, localqm.QueueSpec{Label: new(string)})
	queue := f.Queues("SERVER")[0]
	public := mq.Public(queue.ID).String()
	alice, bob := m.as("alice"), m.as("bob")
	label := func() string {
		i, err := server.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\orders`))
		ok(t, err)
		return i.Queue.Label
	}

	answers(t, "alice administers another computer", alice.set(public, given{mq.PropQLabel, "alice"}), mq.ErrAccessDenied)
	list, err := m.accounts.List()
	ok(t, err)
	for _, a := range list {
		if a.Name == "bob" {
			d, err := server.QueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, `.\orders`))
			ok(t, err)
			ok(t, server.SetQueueSecurity(t.Context(), qmtest.Owner, qmtest.Name(t, `.\orders`),
				d.Grant(a.SID, uint32(mq.RightSetQueueProperties|mq.RightGetQueueProperties))))
		}
	}
	ok(t, bob.set(public, given{mq.PropQLabel, "by bob"}, given{mq.PropQBasePriority, int16(-3)}))
	if got := label(); got != "by bob" {
		t.Errorf("the label there is %q", got)
	}
	v, err := bob.get(public, given{mq.PropQLabel, nil}, given{mq.PropQBasePriority, nil}, given{mq.PropQPathName, nil}, given{mq.PropQInstance, nil})
	ok(t, err)
	if v[0].VarUnion.GetValue() != "by bob" || v[1].VarUnion.GetValue() != int16(-3) || v[2].VarUnion.GetValue() != `SERVER\orders` {
		t.Errorf("bob reads %v %v %v", v[0].VarUnion.GetValue(), v[1].VarUnion.GetValue(), v[2].VarUnion.GetValue())
	}
	answers(t, "bob deletes", bob.delete(public), mq.ErrAccessDenied)
	answers(t, "what cannot change", bob.set(public, given{mq.PropQLabel, strings.Repeat("x", 200)}), mq.ErrIllegalPropertyValue)

	ok(t, alice.create(`SERVER\new`, nil, given{mq.PropQLabel, "new"}, given{mq.PropQBasePriority, int16(9)}))
	i, err := server.Queue(t.Context(), qmtest.Owner, qmtest.Name(t, `.\new`))
	ok(t, err)
	if i.Queue.Label != "new" || i.Queue.BasePriority != 9 {
		t.Errorf("%+v", i.Queue)
	}
	answers(t, "twice", alice.create(`SERVER\NEW`, nil, given{mq.PropQLabel, "new"}), mq.ErrQueueExists)
	answers(t, "another forest", alice.create(`NOWHERE\new`, nil, given{mq.PropQLabel, "new"}), mq.ErrMachineNotFound)
	answers(t, "its maker deletes it", alice.delete(mq.Public(i.Queue.ID).String()), mq.OK)
	answers(t, "it is gone", alice.delete(mq.Public(i.Queue.ID).String()), mq.ErrQueueNotFound)

	f.State(localqm.Offline, "DC1 does not answer")
	answers(t, "without the directory", bob.set(public, given{mq.PropQLabel, "x"}), mq.ErrNoDS)
	_, err = bob.get(public, given{mq.PropQLabel, nil})
	answers(t, "without the directory", err, mq.ErrNoDS)
}

func TestAPublicQueueOfThisComputerIsAnObject(t *testing.T) {
	m := start(t)
	f := qmtest.NewForest()
	f.Join(m.qm.QueueManager)
	far := f.Computer("FAR")
	alice := m.as("alice")
	ok(t, alice.create(`.\orders`, nil, given{mq.PropQPathName, `TEST\orders`}, given{mq.PropQBasePriority, int16(4)}))
	public := mq.Public(f.Queues("TEST")[0].ID)
	for _, name := range []string{public.String(), `DIRECT=OS:TEST\orders`} {
		ok(t, alice.set(name, given{mq.PropQLabel, name}))
		v, err := alice.get(name, given{mq.PropQLabel, nil}, given{mq.PropQBasePriority, nil})
		ok(t, err)
		if v[0].VarUnion.GetValue() != name || v[1].VarUnion.GetValue() != int16(4) || *f.Queues("TEST")[0].Spec.Label != name {
			t.Errorf("%s: %v", name, v[0].VarUnion.GetValue())
		}
	}
	raw := secure.Strict(secure.Administrators).Grant(secure.Everyone, uint32(mq.RightWriteMessage)).Append(nil)
	_, err := alice.one.SetObjectSecurityInternal(t.Context(), &stub.SetObjectSecurityInternalRequest{
		ObjectFormat: object(format(t, public.String())), SecurityInformation: uint32(localqm.DACLPart),
		SecurityDescriptorSize: uint32(len(raw)), SecurityDescriptor: raw,
	})
	ok(t, err)
	if !f.Queues("TEST")[0].Spec.Security.Allow(secure.Token{User: secure.Anonymous, Groups: []secure.SID{secure.Everyone}}, mq.RightWriteMessage) {
		t.Error("the directory has the old permissions")
	}

	there := f.Put("FAR", "orders", localqm.QueueSpec{})
	for path, want := range map[string]mq.FormatName{
		`.\orders`: public, `test\Orders`: public, `FAR\orders`: mq.Public(there.ID),
	} {
		out, err := alice.one.ObjectPathToObjectFormat(t.Context(), &stub.ObjectPathToObjectFormatRequest{PathName: path, ObjectFormat: object(&mqmq.QueueFormat{QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_0{}}})})
		ok(t, err)
		got, err := queueformat.Read(out.ObjectFormat.ObjectFormat.Value.(*stub.ObjectFormat_QueueFormat).QueueFormat)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v; want %s", path, got, err, want)
		}
	}
	_, err = alice.one.ObjectPathToObjectFormat(t.Context(), &stub.ObjectPathToObjectFormatRequest{PathName: `FAR\missing`, ObjectFormat: object(&mqmq.QueueFormat{QueueFormat: &mqmq.QueueFormat_QueueFormat{Value: &mqmq.QueueFormat_0{}}})})
	answers(t, "a queue that nobody has", err, mq.ErrQueueNotFound)

	out, err := alice.one.OpenQueueInternal(t.Context(), &stub.OpenQueueInternalRequest{QueueFormat: format(t, mq.Public(there.ID).String()), DesiredAccess: 1})
	if ok(t, err); out.RemoteQueueName != `FAR\orders` {
		t.Errorf("it is read at %q", out.RemoteQueueName)
	}
	_, err = alice.tryOpen(mq.Private(far, 16).String(), 1, 0)
	answers(t, "a private queue of another computer", err, mq.ErrNoDS)
	ok(t, alice.delete(public.String()))
	if len(f.Queues("TEST")) != 0 || len(m.qm.PublicQueues()) != 0 {
		t.Error("it is still there")
	}
}
