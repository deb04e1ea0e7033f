package interfaces_test

import (
	"fmt"
	"testing"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

// publicOperations are those on public queues, by their format names. The same rights
// are asked for whether the queue is on this computer or, in the directory, on another.
var publicOperations = []struct {
	what  string
	here  bool // only of this computer
	needs mq.QueueRight
	do    func(l *line, queue string) error
}{
	{"RemoteRead peek", true, mq.RightPeekMessage, func(l *line, q string) error { return l.read(q, toPeek) }},
	{"RemoteRead receive", true, mq.RightReceiveMessage, func(l *line, q string) error { return l.read(q, toReceive) }},
	{"RemoteRead peek at the journal", true, mq.RightPeekMessage, func(l *line, q string) error { return l.read(q+";JOURNAL", toPeek) }},
	{"RemoteRead purge", true, mq.RightReceiveMessage, func(l *line, q string) error { return l.purge(q) }},
	{"qmcomm send", true, mq.RightWriteMessage, func(l *line, q string) error { return l.openByNumber(q, toSend) }},
	{"qmcomm receive", true, mq.RightReceiveMessage, func(l *line, q string) error { return l.openByNumber(q, toReceive) }},
	{"qmcomm receive for another computer", true, mq.RightReceiveMessage, func(l *line, q string) error { return l.openForOthers(q, toReceive) }},
	{"qmcomm properties", false, mq.RightGetQueueProperties, func(l *line, q string) error { return l.properties(q) }},
	{"qmcomm set properties", false, mq.RightSetQueueProperties, func(l *line, q string) error { return l.setQuota(q) }},
	{"qmcomm permissions", false, mq.RightGetQueuePermissions, func(l *line, q string) error { return l.security(q, localqm.DACLPart) }},
	{"qmcomm audited", false, administrators, func(l *line, q string) error { return l.security(q, localqm.SACLPart) }},
	{"qmcomm set permissions", false, mq.RightChangeQueuePermissions, func(l *line, q string) error { return l.setSecurity(q, localqm.DACLPart) }},
	{"qmcomm take ownership", false, mq.RightTakeQueueOwnership, func(l *line, q string) error { return l.setSecurity(q, localqm.OwnerPart) }},
	{"qmcomm delete", false, mq.RightDeleteQueue, func(l *line, q string) error {
		_, err := l.client.DeleteObject(ctx, &qmcomm.DeleteObjectRequest{ObjectFormat: object(l.t, q)})
		return err
	}},
	{"qmmgmt a queue", true, administrators, func(l *line, q string) error { return l.info(q, mq.PropMgmtQueueMessageCount) }},
}

// The same for public queues, of which those of other computers are in the directory
// alone: who administers this computer has no right there that he was not given.
func TestWhoCallsDecidesWhatIsAllowedWithPublicQueues(t *testing.T) {
	qm := interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory), func(o *interfaces.Options) { o.Anonymous = true })
	forest := qmtest.NewForest()
	forest.Join(qm.QueueManager)
	forest.Computer("FAR")
	all, err := qm.Accounts.List()
	if err != nil {
		t.Fatal(err)
	}
	sids := map[string]secure.SID{"": secure.Anonymous}
	for _, a := range all {
		sids[a.Name] = a.SID
	}
	made := 0
	queue := func(here bool, who secure.SID, rights mq.QueueRight) string {
		made++
		yes, guard := true, secure.Strict(qmtest.Owner.Token.User).Grant(who, uint32(rights))
		computer := "FAR"
		if here {
			computer = "TEST"
		}
		p := forest.Put(computer, fmt.Sprintf("q%d", made), localqm.QueueSpec{Journaling: &yes, Security: &guard})
		public := mq.Public(p.ID)
		if !here {
			return public.String()
		}
		if err := qm.Follow(ctx, p); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			qm.Send(public.String(), qmtest.Message("m"))
		}
		h := qm.Open(public.String(), localqm.ReceiveAccess)
		defer h.Close()
		if _, err := h.Read(ctx, localqm.ReadOptions{}); err != nil { // one for the journal
			t.Fatal(err)
		}
		return public.String()
	}
	for _, account := range []string{interfacestest.Admin, interfacestest.User, ""} {
		l := on(t, qm.Dial(account))
		for _, o := range publicOperations {
			for what, granted := range map[string]mq.QueueRight{
				"nothing": 0, "what it needs": o.needs &^ administrators, "everything else": mq.RightQueueGenericAll &^ o.needs, "everything": mq.RightQueueGenericAll,
			} {
				for _, here := range []bool{true, false} {
					if o.here && !here {
						continue
					}
					allowed := granted&o.needs == o.needs
					if account == interfacestest.Admin {
						allowed = allowed || here && o.needs&^implied == 0 ||
							o.needs == administrators && (here || granted&mq.RightGetQueuePermissions != 0)
					}
					if err := o.do(l, queue(here, sids[account], granted)); allowed && err != nil || !allowed && !refused(err) {
						t.Errorf("%s: %q with %s, here: %v: %v", o.what, account, what, here, err)
					}
				}
			}
		}
		for _, path := range []string{`.\new`, `FAR\new`} {
			_, err := l.client.CreateObjectInternal(ctx, &qmcomm.CreateObjectInternalRequest{
				ObjectType: 1, PathName: path + account, CreatePartition: 1, Property: []uint32{uint32(mq.PropQPathName)}, Var: text(path + account),
			})
			if (err == nil) != (account == interfacestest.Admin) || err != nil && !refused(err) {
				t.Errorf("create %s: %q: %v", path, account, err)
			}
		}
	}
}
