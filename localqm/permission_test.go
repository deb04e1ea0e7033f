package localqm_test

import (
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
)

// admin belongs to the administrators of the machine and owns nothing.
var admin = localqm.LocalUser(0, []uint32{0}, true, "test")

// strangersQueue lets Stranger create a queue of its own.
func strangersQueue(t *testing.T, q *qmtest.QM, name string) {
	t.Helper()
	d, err := q.MachineSecurity(ctx, qmtest.Owner)
	ok(t, err)
	ok(t, q.SetMachineSecurity(ctx, qmtest.Owner, d.Grant(qmtest.Stranger.Token.User, uint32(mq.RightCreateQueue))))
	_, err = q.CreateQueue(ctx, qmtest.Stranger, qmtest.Name(t, name), localqm.QueueSpec{})
	ok(t, err)
}

func TestOnlyAProvenCallerHasTheRightsOfWhoItSaysItIs(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{AllowSend: []secure.SID{secure.AuthenticatedUsers}})
		name := qmtest.Name(t, "q")
		q.OpenAs(qmtest.Stranger, "q", localqm.SendAccess)
		proven := localqm.Caller{Token: secure.Token{User: qmtest.Stranger.Token.User}, Level: localqm.Verified}
		q.OpenAs(proven, "q", localqm.SendAccess)
		for _, level := range []localqm.Level{localqm.Claimed, localqm.Anonymous} {
			c := qmtest.Owner
			c.Level = level
			for _, a := range []localqm.Access{localqm.SendAccess, localqm.ReceiveAccess} {
				_, err := q.OpenQueue(ctx, c, name, a, localqm.DenyNone)
				want(t, err, mq.ErrAccessDenied)
			}
			_, err := q.Status(ctx, c)
			want(t, err, mq.ErrAccessDenied)
		}
		q.Create("open", localqm.QueueSpec{AllowSend: []secure.SID{secure.Anonymous}})
		q.OpenAs(localqm.Nobody("test"), "open", localqm.SendAccess)
	})
}

func TestAnAdministratorIsNeverLockedOut(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		strangersQueue(t, q, "hers")
		name := qmtest.Name(t, "hers")
		all, err := q.Queues(ctx, admin)
		ok(t, err)
		seen := false
		for _, i := range all {
			seen = seen || strings.HasSuffix(i.Path, `\hers`)
		}
		if !seen {
			t.Fatal("the administrator does not see the queue")
		}
		// What is in it is not the administrator's until it says so openly.
		_, err = q.OpenQueue(ctx, admin, name, localqm.PeekAccess, localqm.DenyNone)
		want(t, err, mq.ErrAccessDenied)
		want(t, q.DeleteQueue(ctx, admin, name), mq.ErrAccessDenied)
		d, err := q.QueueSecurity(ctx, admin, name)
		ok(t, err)
		d.Owner = secure.Administrators
		ok(t, q.SetQueueSecurity(ctx, admin, name, d.Grant(secure.Administrators, uint32(mq.RightQueueGenericAll))))
		q.OpenAs(admin, "hers", localqm.PeekAccess)
		ok(t, q.DeleteQueue(ctx, admin, name))
	})
}

func TestPermissionsThatWouldOpenOrBreakAQueueAreRefused(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		name := qmtest.Name(t, "q")
		before, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		acl := func(n int) (l secure.ACL) {
			for i := range n {
				l = append(l, secure.ACE{Type: secure.Allow, Mask: 1, SID: secure.UnixUser(uint32(i))})
			}
			return l
		}
		for what, d := range map[string]secure.Descriptor{
			"no DACL":           {Owner: before.Owner},
			"an empty SID":      {DACL: secure.ACL{{Type: secure.Allow, Mask: 1}}},
			"a DACL over 64 KB": {DACL: acl(4000)},
		} {
			want(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d), mq.ErrIllegalSecurityDescriptor)
			want(t, q.SetMachineSecurity(ctx, qmtest.Owner, d), mq.ErrIllegalSecurityDescriptor)
			_, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, "new"), localqm.QueueSpec{Security: &d})
			if mq.CodeOf(err) != mq.ErrIllegalSecurityDescriptor {
				t.Errorf("create with %s: %v", what, err)
			}
		}
		after, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		if !after.Equal(before) {
			t.Fatalf("the permissions became %s", after)
		}
		// What is left out stays.
		d := secure.Descriptor{DACL: before.DACL}.Grant(secure.Everyone, uint32(mq.RightPeekMessage))
		ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d))
		q.Restart()
		if after, err = q.QueueSecurity(ctx, qmtest.Owner, name); err != nil || after.Owner != before.Owner {
			t.Fatalf("the owner became %s, %v", after.Owner, err)
		}
		q.OpenAs(qmtest.Stranger, "q", localqm.PeekAccess)
	})
}

func TestAnotherOwnerNeedsTheRightToTakeOwnership(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		strangersQueue(t, q, "hers")
		name := qmtest.Name(t, "hers")
		d, err := q.QueueSecurity(ctx, qmtest.Stranger, name)
		ok(t, err)
		few := secure.Descriptor{Owner: d.Owner, DACL: secure.ACL{{
			Type: secure.Allow, Mask: uint32(mq.RightQueueGenericAll &^ mq.RightTakeQueueOwnership), SID: d.Owner,
		}}}
		ok(t, q.SetQueueSecurity(ctx, qmtest.Stranger, name, few))
		few.Owner = qmtest.Owner.Token.User
		want(t, q.SetQueueSecurity(ctx, qmtest.Stranger, name, few), mq.ErrAccessDenied)
		_, err = q.CreateQueue(ctx, qmtest.Stranger, qmtest.Name(t, "new"), localqm.QueueSpec{Security: &few})
		want(t, err, mq.ErrInvalidOwner)
	})
}

func TestTheMachinesPermissionsNeedTheirOwnRight(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		d, err := q.MachineSecurity(ctx, qmtest.Owner)
		ok(t, err)
		ok(t, q.SetMachineSecurity(ctx, qmtest.Owner,
			d.Grant(qmtest.Stranger.Token.User, uint32(mq.RightSetMachineProperties|mq.RightGetMachineProperties))))
		open := secure.Machine(qmtest.Stranger.Token.User).Append(nil)
		ok(t, q.SetMachine(ctx, qmtest.Stranger, func(s *localqm.Settings) error {
			s.Quota, s.Security = 5000, open
			return nil
		}))
		if _, err = q.MachineSecurity(ctx, qmtest.Stranger); mq.CodeOf(err) != mq.ErrAccessDenied {
			t.Fatalf("the stranger reads the permissions: %v", err)
		}
		want(t, q.SetMachineSecurity(ctx, qmtest.Stranger, d), mq.ErrAccessDenied)
		s, err := q.Status(ctx, qmtest.Stranger)
		ok(t, err)
		if s.Settings.Quota != 5000 || s.Settings.Security != nil {
			t.Fatalf("the settings are %+v", s.Settings)
		}
		_, err = q.Prepared(qmtest.Nobody)
		want(t, err, mq.ErrAccessDenied)
		want(t, q.ResolveTransaction(ctx, qmtest.Nobody, mq.NewGUID(), true), mq.ErrAccessDenied)
	})
}

func TestWhoMayCreateButNotLookIsToldThatItWasCreated(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		d := secure.Descriptor{DACL: secure.ACL{{Type: secure.Allow, Mask: uint32(mq.RightWriteMessage), SID: secure.Everyone}}}
		strangersQueue(t, q, "first")
		i, err := q.CreateQueue(ctx, qmtest.Stranger, qmtest.Name(t, "blind"), localqm.QueueSpec{Security: &d})
		ok(t, err)
		if !strings.HasSuffix(i.Path, `\blind`) {
			t.Fatalf("created %q", i.Path)
		}
	})
}

func TestNobodyWritesThroughAcknowledgementsOrDeadLettersWhereItMayNot(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("private", localqm.QueueSpec{})
		q.Create("open", localqm.QueueSpec{AllowSend: []secure.SID{secure.Everyone}})
		h := q.OpenAs(qmtest.Stranger, "open", localqm.SendAccess)
		_, err := h.Send(ctx, nil, message("x", func(m *mq.Message) {
			m.Acknowledge, m.AdminQueue = mq.AckNegativeReceive, mq.DirectOS(".", `private$\private`)
		}))
		want(t, err, mq.ErrAccessDenied)
		_, err = h.Send(ctx, nil, message("x", func(m *mq.Message) {
			m.DeadLetter, m.DeadLetterQueue = true, mq.DirectOS(".", `private$\private`)
		}))
		want(t, err, mq.ErrAccessDenied)
		labels(t, q, "open")
	})
}

func TestASenderCannotSayWhatOnlyQueueManagersSay(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("signed", localqm.QueueSpec{Authenticate: &yes})
		forge := func(m *mq.Message) {
			m.Authenticated, m.AuthLevel = true, 5
			m.SenderSID = admin.Token.User.Append(nil)
			m.SourceMachine, m.SenderMachine = mq.NewGUID(), mq.NewGUID()
			m.Destination = mq.DirectOS("ELSEWHERE", `private$\bank`)
			m.First, m.Last, m.TransactionID = true, true, mq.ObjectID{Source: mq.NewGUID(), Ordinal: 7}
			m.HopCount = 9
		}
		_, err := q.Open("signed", localqm.SendAccess).Send(ctx, nil, message("x", forge))
		want(t, err, mq.ErrMessageNotAuthenticated)
		_, err = q.Open("q", localqm.SendAccess).Send(ctx, nil, message("x", func(m *mq.Message) { m.Class = mq.ClassAckReceive }))
		want(t, err, mq.ErrMissingConnectorType)
		q.Send("q", message("x", forge))
		m := q.Browsed("q")[0].Message
		if m.Authenticated || m.AuthLevel != 0 || string(m.SenderSID) != string(qmtest.Owner.Token.User.Append(nil)) ||
			m.SourceMachine != q.Identity().ID || m.First || m.Last || !m.TransactionID.IsZero() || m.HopCount != 0 ||
			m.Destination.GUID != q.Identity().ID {
			t.Fatalf("arrived as %+v", m)
		}
	})
}

func TestADeadLetterQueueThatCouldNotKeepTheMessageIsRefused(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("q", localqm.QueueSpec{})
		q.Create("q;sub", localqm.QueueSpec{})
		q.Create("x", trans)
		q.Create("dead", localqm.QueueSpec{})
		for _, c := range []struct {
			name mq.FormatName
			code mq.HResult
		}{
			{mq.DirectOS("FAR", `private$\dead`), mq.ErrIllegalPropertyValue},
			{mq.DirectOS(".", `private$\none`), mq.ErrQueueNotFound},
			{mq.DirectOS(".", `private$\x`), mq.ErrIllegalPropertyValue},
			{qmtest.Name(t, `DIRECT=OS:.\private$\q;sub`).Format, mq.ErrIllegalPropertyValue},
			{mq.DirectOS(".", `private$\order_queue$`), mq.ErrIllegalPropertyValue},
			{mq.DirectOS(".", `private$\dead`), mq.OK},
		} {
			_, err := q.Open("q", localqm.SendAccess).Send(ctx, nil, message("m", func(m *mq.Message) {
				m.DeadLetter, m.DeadLetterQueue = true, c.name
			}))
			if mq.CodeOf(err) != c.code {
				t.Errorf("%s: got %v, want %v", c.name, err, c.code)
			}
		}
		// Deleted later: the system's keeps it.
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, "dead")))
		_, err := q.Purge(ctx, qmtest.Owner, qmtest.Name(t, "q"))
		ok(t, err)
		labels(t, q, deadLetter, "m")
	})
}
