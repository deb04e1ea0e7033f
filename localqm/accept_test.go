package localqm_test

import (
	"errors"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

var errSmall = errors.New("too small")

func tooSmall(localqm.Delivery) error { return errSmall }

func TestAMessageThatItsReaderDoesNotAcceptStaysWhereItIs(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", qmtest.Message("first"))
		q.Send("q", qmtest.Message("second"))
		h := q.Open("q", localqm.ReceiveAccess)
		d, err := h.Read(ctx, localqm.ReadOptions{Accept: tooSmall})
		if !errors.Is(err, errSmall) || d.Message.Label != "first" {
			t.Fatalf("%v, %v", d.Message, err)
		}
		if got := q.Labels("q"); len(got) != 2 || got[0] != "first" {
			t.Fatalf("the queue has %v", got)
		}
		d, err = h.Read(ctx, localqm.ReadOptions{Accept: func(localqm.Delivery) error { return nil }})
		ok(t, err)
		if d.Message.Label != "first" {
			t.Errorf("then it received %q", d.Message.Label)
		}
	})
}

func TestACursorStaysBeforeWhatItsReaderDoesNotAccept(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for _, label := range []string{"a", "b", "c"} {
			q.Send("q", qmtest.Message(label))
		}
		h := q.Open("q", localqm.ReceiveAccess)
		c, err := h.Cursor()
		ok(t, err)
		read := func(want string, o localqm.ReadOptions) {
			t.Helper()
			o.Cursor = c
			refused := o
			refused.Accept = tooSmall
			if _, err := h.Read(ctx, refused); !errors.Is(err, errSmall) {
				t.Fatalf("refused: %v", err)
			}
			d, err := h.Read(ctx, o)
			ok(t, err)
			if d.Message.Label != want {
				t.Errorf("read %q, want %q", d.Message.Label, want)
			}
		}
		read("a", localqm.ReadOptions{Peek: true})
		read("b", localqm.ReadOptions{Peek: true, Next: true})
		read("b", localqm.ReadOptions{})
		read("c", localqm.ReadOptions{})
	})
}

func TestWhatIsNotAcceptedIsNoPartOfTheTransaction(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		yes := true
		q.Create("q", localqm.QueueSpec{Transactional: &yes})
		tx, err := q.Begin()
		ok(t, err)
		_, err = q.Open("q", localqm.SendAccess).Send(ctx, tx, qmtest.Message("m"))
		ok(t, err)
		ok(t, tx.Commit(ctx))
		tx, err = q.Begin()
		ok(t, err)
		h := q.Open("q", localqm.ReceiveAccess)
		if _, err := h.Read(ctx, localqm.ReadOptions{Tx: tx, Accept: tooSmall}); !errors.Is(err, errSmall) {
			t.Fatal(err)
		}
		ok(t, tx.Commit(ctx))
		d, err := h.Read(ctx, localqm.ReadOptions{})
		ok(t, err)
		if d.Row.Aborts != 0 {
			t.Errorf("it counts %d aborts", d.Row.Aborts)
		}
	})
}

func TestAReaderThatPanicsLeavesTheMessage(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", qmtest.Message("m"))
		h := q.Open("q", localqm.ReceiveAccess)
		func() {
			defer func() { _ = recover() }()
			_, _ = h.Read(ctx, localqm.ReadOptions{Accept: func(localqm.Delivery) error { panic("no") }})
		}()
		_, err := h.Read(ctx, localqm.ReadOptions{})
		ok(t, err)
	})
}

func TestAnOpenQueueIsPurgedByWhoMayReceive(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", qmtest.Message("a"))
		q.Send("q", qmtest.Message("b"))
		for _, a := range []localqm.Access{localqm.PeekAccess, localqm.SendAccess} {
			_, err := q.Open("q", a).Purge(ctx)
			want(t, err, mq.ErrAccessDenied)
		}
		h := q.Open("q", localqm.ReceiveAccess)
		n, err := h.Purge(ctx)
		ok(t, err)
		if n != 2 {
			t.Errorf("purged %d", n)
		}
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "q")))
		q.Create("q", localqm.QueueSpec{})
		q.Send("q", qmtest.Message("later"))
		_, err = h.Purge(ctx)
		want(t, err, mq.ErrQueueDeleted)
		if got := q.Labels("q"); len(got) != 1 {
			t.Errorf("the new queue of the name has %v", got)
		}
	})
}

func TestPrivateQueuesHaveAPrivateName(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		for _, name := range []string{"q", "q;journal"} {
			f, err := q.PrivateName(qmtest.Name(t, name))
			ok(t, err)
			path, found := q.NameOf(f)
			if f.Kind != mq.KindPrivate || !found || path != `TEST\private$\`+name {
				t.Errorf("%s is %s, which is %s", name, f, path)
			}
		}
		_, err := q.PrivateName(qmtest.Name(t, `.\system$;deadletter`))
		want(t, err, mq.ErrUnsupportedOperation)
		_, err = q.PrivateName(qmtest.Name(t, "none"))
		want(t, err, mq.ErrQueueNotFound)
		_, err = q.PrivateName(qmtest.Name(t, `other\private$\q`))
		want(t, err, mq.ErrUnsupportedOperation)
	})
}

func TestPartsOfADescriptorChangeAlone(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		strangersQueue(t, q, "hers")
		name := qmtest.Name(t, "hers")
		before, err := q.QueueSecurity(ctx, qmtest.Stranger, name)
		ok(t, err)
		set := func(c localqm.Caller, p localqm.SecurityParts, d secure.Descriptor) error {
			return q.SetQueueSecurityParts(ctx, c, name, p, d)
		}
		d := secure.Descriptor{
			Owner: admin.Token.User, Group: secure.Administrators,
			DACL: before.Grant(secure.Everyone, uint32(mq.RightPeekMessage)).DACL,
			SACL: secure.ACL{{Type: secure.Audit, Flags: 0x40, Mask: 1, SID: secure.Everyone}},
		}
		ok(t, set(qmtest.Stranger, localqm.DACLPart, d))
		ok(t, set(qmtest.Stranger, 0, d))
		want(t, set(qmtest.Stranger, localqm.SACLPart, d), mq.ErrPrivilegeNotHeld)
		got, err := q.QueueSecurity(ctx, qmtest.Stranger, name)
		ok(t, err)
		wanted := before
		wanted.DACL = d.DACL
		if !got.Equal(wanted) {
			t.Errorf("after the DACL alone: %v, want %v", got, wanted)
		}
		want(t, set(qmtest.Stranger, localqm.DACLPart, secure.Descriptor{}), mq.ErrIllegalSecurityDescriptor)
		want(t, set(qmtest.Stranger, localqm.OwnerPart, secure.Descriptor{}), mq.ErrInvalidOwner)
		want(t, set(qmtest.Nobody, localqm.GroupPart, d), mq.ErrAccessDenied)
		ok(t, set(admin, localqm.OwnerPart|localqm.GroupPart|localqm.SACLPart, d))
		got, err = q.QueueSecurityParts(ctx, admin, name, localqm.OwnerPart|localqm.SACLPart)
		ok(t, err)
		if !got.Equal(secure.Descriptor{Owner: d.Owner, SACL: d.SACL}) {
			t.Errorf("owner and SACL: %v", got)
		}
		_, err = q.QueueSecurityParts(ctx, qmtest.Stranger, name, localqm.SACLPart)
		want(t, err, mq.ErrPrivilegeNotHeld)
		dead := qmtest.Name(t, `.\system$;deadletter`)
		want(t, q.SetQueueSecurityParts(ctx, admin, dead, localqm.DACLPart, d), mq.ErrUnsupportedOperation)
	})
}
