package interfaces_test

import (
	"errors"
	"fmt"
	"testing"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmcomm2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// The accesses of MS-MQRR 3.1.4.2, 3.1.4.11 and MS-MQMP 3.1.4.17.
const (
	toReceive = 0x01
	toSend    = 0x02
	toMove    = 0x04
	toPeek    = 0x20
	asAdmin   = 0x80
)

// line is a client with every interface on one connection.
type line struct {
	*rpc.Conn
	t       testing.TB
	manage  qmmgmt.QmmgmtClient
	reads   remoteread.RemoteReadClient
	readsQM qm2qm.Qm2qmClient
	client  qmcomm.QmcommClient
	client2 qmcomm2.Qmcomm2Client
}

func on(t testing.TB, c *rpc.Conn) *line {
	t.Helper()
	return &line{
		Conn: c, t: t,
		manage:  interfacestest.Bind(t, c, qmmgmt.NewQmmgmtClient),
		reads:   interfacestest.Bind(t, c, remoteread.NewRemoteReadClient),
		readsQM: interfacestest.Bind(t, c, qm2qm.NewQm2qmClient),
		client:  interfacestest.Bind(t, c, qmcomm.NewQmcommClient),
		client2: interfacestest.Bind(t, c, qmcomm2.NewQmcomm2Client),
	}
}

func format(t testing.TB, name string) *mqmq.QueueFormat {
	t.Helper()
	f, err := mq.ParseFormatName(name)
	if err != nil {
		t.Fatal(err)
	}
	q, err := queueformat.Make(f)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func direct(name string) string { return `DIRECT=OS:TEST\private$\` + name }

func object(t testing.TB, name string) *qmcomm.ObjectFormat {
	t.Helper()
	return &qmcomm.ObjectFormat{ObjectType: 1, ObjectFormat: &qmcomm.ObjectFormat_ObjectFormat{
		Value: &qmcomm.ObjectFormat_QueueFormat{QueueFormat: format(t, name)},
	}}
}

func (l *line) open(name string, access uint32) (*remoteread.QueueSerialize, error) {
	r, err := l.reads.OpenQueue(ctx, &remoteread.OpenQueueRequest{
		QueueFormat: format(l.t, name), Access: access, ClientID: queueformat.FromGUID(mq.GUID{7}),
	})
	if err != nil {
		return nil, err
	}
	return r.Context, nil
}

func noSerialize(h *remoteread.QueueSerialize) *remoteread.QueueNoSerialize {
	return (*remoteread.QueueNoSerialize)(h)
}

// read reads the first message, and gives it back.
func (l *line) read(name string, access uint32) error {
	h, err := l.open(name, access)
	if err != nil {
		return err
	}
	defer func() { _, _ = l.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: h}) }()
	r := &remoteread.StartReceiveRequest{Context: noSerialize(h), RequestID: 1, MaxBodySize: 100}
	if access == toPeek {
		r.Action = 0x80000000
	}
	if _, err = l.reads.StartReceive(ctx, r); err != nil || access == toPeek {
		return err
	}
	_, err = l.reads.EndReceive(ctx, &remoteread.EndReceiveRequest{Context: noSerialize(h), Ack: 1, RequestID: 1})
	return err
}

func (l *line) purge(name string) error {
	h, err := l.open(name, toReceive)
	if err != nil {
		return err
	}
	defer func() { _, _ = l.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: h}) }()
	_, err = l.reads.PurgeQueue(ctx, &remoteread.PurgeQueueRequest{Context: noSerialize(h)})
	return err
}

func (l *line) openToMove(name string) (uint64, error) {
	r, err := l.reads.OpenQueueForMove(ctx, &remoteread.OpenQueueForMoveRequest{
		QueueFormat: format(l.t, name), Access: toMove, ClientID: queueformat.FromGUID(mq.GUID{7}),
	})
	if err != nil {
		return 0, err
	}
	_, err = l.reads.CloseQueue(ctx, &remoteread.CloseQueueRequest{Context: r.Context})
	return r.MoveContext, err
}

// openByNumber is for the older protocols; it is closed at once.
func (l *line) openByNumber(name string, access uint32) error {
	r, err := l.client.OpenQueueInternal(ctx, &qmcomm.OpenQueueInternalRequest{QueueFormat: format(l.t, name), DesiredAccess: access})
	if err == nil {
		_, err = l.client.CloseHandle(ctx, &qmcomm.CloseHandleRequest{Queue: r.Queue})
	}
	return err
}

func (l *line) openForOthers(name string, access uint32) error {
	r, err := l.client.OpenRemoteQueue(ctx, &qmcomm.OpenRemoteQueueRequest{
		QueueFormat: format(l.t, name), DesiredAccess: access, ClientGUID: queueformat.FromGUID(mq.GUID{7}),
	})
	if err == nil {
		_, err = l.client.CloseRemoteQueueContext(ctx, &qmcomm.CloseRemoteQueueContextRequest{Context: r.Context})
	}
	return err
}

func (l *line) setQuota(name string) error {
	v := &mqmq.PropertyVariant{VT: uint16(mq.VTUI4), VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: 7}}}
	_, err := l.client.SetObjectProperties(ctx, &qmcomm.SetObjectPropertiesRequest{
		ObjectFormat: object(l.t, name), CreatePartition: 1, Property: []uint32{uint32(mq.PropQQuota)}, Var: []*mqmq.PropertyVariant{v},
	})
	return err
}

func (l *line) properties(name string) error {
	_, err := l.client.GetObjectProperties(ctx, &qmcomm.GetObjectPropertiesRequest{
		ObjectFormat: object(l.t, name), CreatePartition: 1, Property: []uint32{uint32(mq.PropQLabel)},
		Var: []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}},
	})
	return err
}

func (l *line) security(name string, parts localqm.SecurityParts) error {
	_, err := l.client.GetObjectSecurityInternal(ctx, &qmcomm.GetObjectSecurityInternalRequest{
		ObjectFormat: object(l.t, name), RequestedInformation: uint32(parts), Length: 10_000,
	})
	return err
}

func (l *line) setSecurity(name string, parts localqm.SecurityParts) error {
	raw := secure.Strict(secure.Administrators).Append(nil)
	_, err := l.client.SetObjectSecurityInternal(ctx, &qmcomm.SetObjectSecurityInternalRequest{
		ObjectFormat: object(l.t, name), SecurityInformation: uint32(parts),
		SecurityDescriptorSize: uint32(len(raw)), SecurityDescriptor: raw,
	})
	return err
}

func (l *line) create(name string) error {
	_, err := l.client.CreateObjectInternal(ctx, &qmcomm.CreateObjectInternalRequest{
		ObjectType: 1, PathName: `.\private$\` + name, CreatePartition: 1, Property: []uint32{uint32(mq.PropQLabel)}, Var: text("x"),
	})
	return err
}

func text(s string) []*mqmq.PropertyVariant {
	return []*mqmq.PropertyVariant{{
		VT: uint16(mq.VTLPWSTR), VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UnicodeString{UnicodeString: s}},
	}}
}

// of is what is managed: a queue, or the machine for "".
func of(t testing.TB, name string) *qmmgmt.ManagementObject {
	t.Helper()
	if name == "" {
		return &qmmgmt.ManagementObject{
			Type:             qmmgmt.ManagementObjectTypeMachine,
			ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_Reserved1{}},
		}
	}
	return &qmmgmt.ManagementObject{
		Type:             qmmgmt.ManagementObjectTypeQueue,
		ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_QueueFormat{QueueFormat: format(t, name)}},
	}
}

func (l *line) info(name string, id mq.PropID) error {
	_, err := l.manage.ManagementGetInfo(ctx, &qmmgmt.ManagementGetInfoRequest{
		ObjectFormat: of(l.t, name), CreatePartition: 1, Property: []uint32{uint32(id)}, Var: []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}},
	})
	return err
}

func (l *line) act(name, action string) error {
	_, err := l.manage.ManagementAction(ctx, &qmmgmt.ManagementActionRequest{ObjectFormat: of(l.t, name), Action: action})
	return err
}

// administrators is a right that no descriptor of a queue gives.
const administrators mq.QueueRight = 1 << 31

// implied are the rights that an administrator has on every queue, so that he is never
// locked out of one.
const implied = mq.RightGetQueueProperties | mq.RightGetQueuePermissions | mq.RightChangeQueuePermissions | mq.RightTakeQueueOwnership

// operations are those that read or change something, with the right that each needs.
// away is a queue of another computer.
var operations = []struct {
	what  string
	needs mq.QueueRight
	do    func(l *line, queue string) error
}{
	{"RemoteRead peek", mq.RightPeekMessage, func(l *line, q string) error { return l.read(direct(q), toPeek) }},
	{"RemoteRead receive", mq.RightReceiveMessage, func(l *line, q string) error { return l.read(direct(q), toReceive) }},
	{"RemoteRead peek at the journal", mq.RightPeekMessage, func(l *line, q string) error { return l.read(direct(q)+";JOURNAL", toPeek) }},
	{"RemoteRead receive from the journal", mq.RightReceiveJournalMessage, func(l *line, q string) error { return l.read(direct(q)+";JOURNAL", toReceive) }},
	{"RemoteRead receive from a subqueue", mq.RightReceiveMessage, func(l *line, q string) error { return l.read(direct(q)+";sub", toReceive) }},
	{"RemoteRead purge", mq.RightReceiveMessage, func(l *line, q string) error { return l.purge(direct(q)) }},
	{"RemoteRead open to move", mq.RightReceiveMessage, func(l *line, q string) error { _, err := l.openToMove(direct(q)); return err }},
	{"RemoteRead begin a subqueue", mq.RightReceiveMessage, func(l *line, q string) error { _, err := l.openToMove(direct(q) + ";new"); return err }},
	{"RemoteRead dead letters", administrators, func(l *line, _ string) error {
		if err := l.read(`DIRECT=OS:TEST\SYSTEM$;DEADXACT`, toPeek); !errors.Is(err, mq.ErrIOTimeout) { // it is empty
			return err
		}
		return nil
	}},
	{"qmcomm peek", mq.RightPeekMessage, func(l *line, q string) error { return l.openByNumber(direct(q), toPeek) }},
	{"qmcomm receive", mq.RightReceiveMessage, func(l *line, q string) error { return l.openByNumber(direct(q), toReceive) }},
	{"qmcomm send", mq.RightWriteMessage, func(l *line, q string) error { return l.openByNumber(direct(q), toSend) }},
	{"qmcomm journal", mq.RightReceiveJournalMessage, func(l *line, q string) error { return l.openByNumber(direct(q)+";JOURNAL", toReceive) }},
	{"qmcomm what waits for others", administrators, func(l *line, _ string) error { return l.openByNumber(away, toPeek|asAdmin) }},
	{"qmcomm dead letters", administrators, func(l *line, _ string) error { return l.openByNumber(`DIRECT=OS:TEST\SYSTEM$;DEADLETTER`, toReceive) }},
	{"qmcomm peek for another computer", mq.RightPeekMessage, func(l *line, q string) error { return l.openForOthers(direct(q), toPeek) }},
	{"qmcomm receive for another computer", mq.RightReceiveMessage, func(l *line, q string) error { return l.openForOthers(direct(q), toReceive) }},
	{"qmcomm properties", mq.RightGetQueueProperties, func(l *line, q string) error { return l.properties(direct(q)) }},
	{"qmcomm set properties", mq.RightSetQueueProperties, func(l *line, q string) error { return l.setQuota(direct(q)) }},
	{"qmcomm permissions", mq.RightGetQueuePermissions, func(l *line, q string) error { return l.security(direct(q), localqm.DACLPart|localqm.OwnerPart) }},
	{"qmcomm audited", administrators, func(l *line, q string) error { return l.security(direct(q), localqm.SACLPart) }},
	{"qmcomm set permissions", mq.RightChangeQueuePermissions, func(l *line, q string) error { return l.setSecurity(direct(q), localqm.DACLPart) }},
	{"qmcomm take ownership", mq.RightTakeQueueOwnership, func(l *line, q string) error { return l.setSecurity(direct(q), localqm.OwnerPart) }},
	{"qmcomm set audited", administrators, func(l *line, q string) error { return l.setSecurity(direct(q), localqm.SACLPart) }},
	{"qmcomm delete", mq.RightDeleteQueue, func(l *line, q string) error {
		_, err := l.client.DeleteObject(ctx, &qmcomm.DeleteObjectRequest{ObjectFormat: object(l.t, direct(q))})
		return err
	}},
	{"qmcomm create", administrators, func(l *line, q string) error { return l.create("new-" + q) }},
	{"qmmgmt the machine", administrators, func(l *line, _ string) error { return l.info("", mq.PropMgmtMSMQPrivateQ) }},
	{"qmmgmt a queue", administrators, func(l *line, q string) error { return l.info(direct(q), mq.PropMgmtQueueMessageCount) }},
	{"qmmgmt a queue, all about it", administrators, func(l *line, q string) error { return l.info(direct(q), mq.PropMgmtQueueState) }},
	{"qmmgmt disconnect", administrators, func(l *line, _ string) error { return l.act("", "DISCONNECT") }},
	{"qmmgmt tidy", administrators, func(l *line, _ string) error { return l.act("", "TIDY") }},
	{"qmmgmt pause", administrators, func(l *line, _ string) error { return l.act(away, "PAUSE") }},
	{"qmmgmt resume", administrators, func(l *line, _ string) error { return l.act(away, "RESUME") }},
}

const away = `DIRECT=OS:far\private$\away`

// farm has queues with all that operations are about.
type farm struct {
	*interfacestest.QM
	made int
}

// queue makes a queue on which one account has some rights. The queue is nobody's else.
func (f *farm) queue(t *testing.T, who secure.SID, rights mq.QueueRight) string {
	t.Helper()
	f.made++
	name := fmt.Sprintf("q%d", f.made)
	yes := true
	f.Create(name, localqm.QueueSpec{Journaling: &yes})
	for range 3 {
		f.Send(name, qmtest.Message("m"))
	}
	h := f.Open(name, localqm.ReceiveAccess)
	defer h.Close()
	if _, err := h.Read(ctx, localqm.ReadOptions{}); err != nil { // one for the journal
		t.Fatal(err)
	}
	d, err := f.Browse(ctx, qmtest.Owner, qmtest.Name(t, name), store.Range{})
	if err == nil {
		_, err = f.MoveMessages(ctx, qmtest.Owner, qmtest.Name(t, name), qmtest.Name(t, name+";sub"), []uint64{d[0].Lookup})
	}
	if err == nil {
		err = f.SetQueueSecurity(ctx, qmtest.Owner, qmtest.Name(t, name), secure.Strict(qmtest.Owner.Token.User).Grant(who, uint32(rights)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// refused are the answers of who has not a right.
func refused(err error) bool {
	return errors.Is(err, mq.ErrAccessDenied) || errors.Is(err, mq.ErrPrivilegeNotHeld)
}

// Every operation, by everybody, with and without the right: what is decided is who the
// mechanism says that calls, and no right of the program's own helps.
func TestWhoCallsDecidesWhatIsAllowed(t *testing.T) {
	f := &farm{QM: interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory), func(o *interfaces.Options) { o.Anonymous = true })}
	f.Send(away, qmtest.Message("far"))
	all, err := f.Accounts.List()
	if err != nil {
		t.Fatal(err)
	}
	sids := map[string]secure.SID{"": secure.Anonymous}
	for _, a := range all {
		sids[a.Name] = a.SID
	}
	for _, account := range []string{interfacestest.Admin, interfacestest.User, ""} {
		l := on(t, f.Dial(account))
		for _, o := range operations {
			for what, granted := range map[string]mq.QueueRight{
				"nothing": 0, "what it needs": o.needs &^ administrators, "everything else": mq.RightQueueGenericAll &^ o.needs, "everything": mq.RightQueueGenericAll,
			} {
				allowed := granted&o.needs == o.needs
				if account == interfacestest.Admin {
					allowed = allowed || o.needs == administrators || o.needs&^implied == 0
				}
				err := o.do(l, f.queue(t, sids[account], granted))
				if allowed && err != nil || !allowed && !refused(err) {
					t.Errorf("%s: %q with %s: %v", o.what, account, what, err)
				}
			}
		}
		// Last, since nothing leaves then.
		if err := l.act("", "CONNECT"); (err == nil) != (account == interfacestest.Admin) {
			t.Errorf("connect: %q: %v", account, err)
		}
		if err := l.openByNumber(away, toSend); (err == nil) != (account != "") {
			t.Errorf("send to another computer: %q: %v", account, err)
		}
	}
}

// Without the opt-in, who has not signed in gets no further than the ports.
func TestWhoHasNotSignedInIsLetInOnlyIfItIsSaid(t *testing.T) {
	f := &farm{QM: interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory))}
	l := on(t, f.Dial(""))
	q := f.queue(t, secure.Anonymous, mq.RightQueueGenericAll)
	for _, o := range operations {
		if err := o.do(l, q); !errors.Is(err, rpc.FaultAccessDenied) {
			t.Errorf("%s: %v", o.what, err)
		}
	}
}

// An open queue is no leave to go on.
func TestARightThatIsTakenAwayIsMissedAtOnce(t *testing.T) {
	f := &farm{QM: interfacestest.Serve(t, "TEST", qmtest.StartLive(t, qmtest.Memory))}
	q := f.queue(t, secure.AuthenticatedUsers, mq.RightReceiveMessage)
	l := on(t, f.Dial(interfacestest.User))
	h, err := l.open(direct(q), toReceive)
	if err != nil {
		t.Fatal(err)
	}
	read := func() error {
		_, err := l.reads.StartReceive(ctx, &remoteread.StartReceiveRequest{Context: noSerialize(h), Action: 0x80000000})
		return err
	}
	if err := read(); err != nil {
		t.Error(err)
	}
	if err := f.SetQueueSecurity(ctx, qmtest.Owner, qmtest.Name(t, q), secure.Strict(qmtest.Owner.Token.User)); err != nil {
		t.Fatal(err)
	}
	if err := read(); !refused(err) {
		t.Error(err)
	}
	if _, err := l.reads.PurgeQueue(ctx, &remoteread.PurgeQueueRequest{Context: noSerialize(h)}); !refused(err) {
		t.Error(err)
	}
}
