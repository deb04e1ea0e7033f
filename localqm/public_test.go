package localqm_test

import (
	"errors"
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/secure"
	"posthouse/localqm/store"
)

// joined runs a behaviour on queue managers that are members of a forest.
func joined(t *testing.T, fn func(t *testing.T, q *qmtest.QM, f *qmtest.Forest)) {
	t.Helper()
	each(t, func(t *testing.T, q *qmtest.QM) {
		f := qmtest.NewForest()
		f.Join(q.QueueManager)
		fn(t, q, f)
	})
}

// neighbour is another member of the forest.
func neighbour(t *testing.T, f *qmtest.Forest) *qmtest.QM {
	t.Helper()
	other := qmtest.Start(t, qmtest.On("OTHER"))
	sound(t, other)
	f.Join(other.QueueManager)
	return other
}

func look(t *testing.T, q *qmtest.QM, name string) localqm.QueueInfo {
	t.Helper()
	i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
	ok(t, err)
	return i
}

// only is the one public queue that the directory has of a computer.
func only(t *testing.T, f *qmtest.Forest, computer string) localqm.PublicQueue {
	t.Helper()
	list := f.Queues(computer)
	if len(list) != 1 {
		t.Fatalf("the directory has %d queues of %s", len(list), computer)
	}
	return list[0]
}

func TestAPublicQueueIsInTheDirectoryAndHere(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		q.Create(`.\orders`, localqm.QueueSpec{Label: ptr("Orders"), BasePriority: ptr(int16(-7)), Journaling: &yes})
		there := only(t, f, "TEST")
		if there.Machine != q.Identity().ID || *there.Spec.Label != "Orders" || *there.Spec.BasePriority != -7 || there.Spec.Security == nil {
			t.Errorf("the directory has %+v", there)
		}
		public := mq.Public(there.ID).String()
		check := func() {
			t.Helper()
			for _, name := range []string{`.\orders`, `test\ORDERS`, public} {
				i := look(t, q, name)
				if i.Path != `TEST\orders` || i.Format.String() != public || i.Queue.Kind != store.Public || i.Queue.ID != there.ID ||
					i.Queue.Label != "Orders" || i.Queue.BasePriority != -7 {
					t.Errorf("%s: %+v", name, i)
				}
			}
		}
		check()
		q.Send(`.\orders`, qmtest.Message("by path"))
		q.Send(public, qmtest.Message("by identifier"))
		q.Send(`DIRECT=OS:TEST\orders`, qmtest.Message("directly"))
		for _, want := range []string{public, public, `DIRECT=OS:TEST\orders`} {
			d := receive(t, q.Open(public, localqm.ReceiveAccess))
			if d.Message.Destination.String() != want || want == public && d.Message.DestinationMachine != q.Identity().ID {
				t.Errorf("%s says it is for %s on %s", d.Message.Label, d.Message.Destination, d.Message.DestinationMachine)
			}
		}
		labels(t, q, `.\orders;journal`, "by path", "by identifier", "directly")
		labels(t, q, public+";JOURNAL", "by path", "by identifier", "directly")
		if name, known := q.NameOf(mq.Public(there.ID)); !known || name != `TEST\orders` {
			t.Errorf("the name of %s is %q", public, name)
		}

		q.Restart() // without its directory
		check()
		labels(t, q, `.\orders;journal`, "by path", "by identifier", "directly")
		q.Send(public, qmtest.Message("in a workgroup"))
	})
}

func TestAPrivateQueueMayHaveTheNameOfAPublicOne(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, _ *qmtest.Forest) {
		q.Create(`.\orders`, trans)
		q.Create("orders", localqm.QueueSpec{})
		q.Create(`.\orders;late`, localqm.QueueSpec{})
		q.Send("orders", qmtest.Message("private"))
		labels(t, q, "orders", "private")
		labels(t, q, `.\orders`)
		if i := look(t, q, `.\orders;late`); i.Queue.Kind != store.Public || !i.Queue.Transactional || !strings.HasPrefix(i.Format.String(), "DIRECT=OS:") {
			t.Errorf("%+v", i)
		}
		_, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\ORDERS`), localqm.QueueSpec{})
		want(t, err, mq.ErrQueueExists)
	})
}

func TestChangesGoThroughTheDirectory(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		q.Create(`.\orders`, localqm.QueueSpec{})
		name := qmtest.Name(t, `.\orders`)
		i, err := q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("New"), Quota: ptr(uint32(7)), BasePriority: ptr(int16(5))})
		ok(t, err)
		there := only(t, f, "TEST")
		if i.Queue.Label != "New" || i.Queue.Quota != 7 || i.Queue.BasePriority != 5 || *there.Spec.Label != "New" {
			t.Errorf("here %+v, there %q", i.Queue, *there.Spec.Label)
		}
		d, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d.Grant(qmtest.Everyone, uint32(mq.RightWriteMessage))))
		there = only(t, f, "TEST")
		if !there.Spec.Security.Allow(qmtest.Stranger.Token, mq.RightWriteMessage) {
			t.Error("the directory has the old permissions")
		}
		q.OpenAs(qmtest.Stranger, `.\orders`, localqm.SendAccess)
		ok(t, q.SetQueueSecurityParts(ctx, qmtest.Owner, name, localqm.DACLPart, d))
		_, err = q.OpenQueue(ctx, qmtest.Stranger, name, localqm.SendAccess, localqm.DenyNone)
		want(t, err, mq.ErrAccessDenied)

		for _, s := range []struct {
			spec localqm.QueueSpec
			code mq.HResult
		}{
			{trans, mq.ErrProperty},
			{localqm.QueueSpec{Security: &d}, mq.ErrProperty},
			{localqm.QueueSpec{Label: ptr(strings.Repeat("x", 125))}, mq.ErrLabelTooLong},
			{localqm.QueueSpec{Privacy: ptr(uint8(3))}, mq.ErrIllegalPropertyValue},
			{localqm.QueueSpec{Multicast: ptr("234.1.1.1:8001")}, mq.ErrUnsupportedOperation},
		} {
			asked := f.Asked()
			_, err := q.SetQueue(ctx, qmtest.Owner, name, s.spec)
			want(t, err, s.code)
			if f.Asked() != asked {
				t.Errorf("the directory was asked for %+v", s.spec)
			}
		}
	})
}

func TestADeletedPublicQueueIsGoneFromBoth(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		q.Create("acks", localqm.QueueSpec{})
		q.Create(`.\orders`, localqm.QueueSpec{})
		q.Send(`.\orders`, message("m", func(m *mq.Message) {
			m.AdminQueue, m.Acknowledge = mq.DirectOS("TEST", `private$\acks`), mq.AckNegativeReceive
		}))
		h := q.Open(`.\orders`, localqm.ReceiveAccess)
		public := mq.Public(only(t, f, "TEST").ID)
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, mq.QueueName{Format: public}))
		if len(f.Queues("TEST")) != 0 {
			t.Error("the directory still has it")
		}
		classes(t, q, "acks", mq.ClassNackQueueDeleted)
		_, err := h.Read(ctx, localqm.ReadOptions{})
		want(t, err, mq.ErrQueueDeleted)
		for _, name := range []string{`.\orders`, public.String()} {
			_, err := q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, name), localqm.SendAccess, localqm.DenyNone)
			want(t, err, mq.ErrQueueNotFound)
			want(t, q.DeleteQueue(ctx, qmtest.Owner, qmtest.Name(t, name)), mq.ErrQueueNotFound)
		}
		q.Create(`.\orders`, trans)
		if look(t, q, `.\orders`).Queue.ID == public.GUID {
			t.Error("it came back")
		}
	})
}

func TestWhatTheDirectoryRefusesDoesNotHappen(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		q.Create(`.\orders`, localqm.QueueSpec{Label: ptr("old")})
		q.Send(`.\orders`, qmtest.Message("m"))
		name := qmtest.Name(t, `.\orders`)
		f.Hook(func(string) error { return mq.Errorf(mq.ErrAccessDenied, "", "insufficientAccessRights") })
		_, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\more`), localqm.QueueSpec{})
		want(t, err, mq.ErrAccessDenied)
		if e := (*mq.Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(e.Op, "create queue") || e.Why != "insufficientAccessRights" {
			t.Errorf("it says %v", err)
		}
		_, err = q.SetQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("new")})
		want(t, err, mq.ErrAccessDenied)
		want(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, secure.Strict(qmtest.Owner.Token.User)), mq.ErrAccessDenied)
		want(t, q.DeleteQueue(ctx, qmtest.Owner, name), mq.ErrAccessDenied)
		f.Hook(nil)
		if i := look(t, q, `.\orders`); i.Queue.Label != "old" || i.Count.Messages != 1 {
			t.Errorf("%+v", i)
		}
		_, err = q.OpenQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\more`), localqm.SendAccess, localqm.DenyNone)
		want(t, err, mq.ErrQueueNotFound)
	})
}

func TestWithoutTheRightTheDirectoryIsNotAskedToChange(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		neighbour(t, f)
		closed := secure.Strict(qmtest.Owner.Token.User)
		q.Create(`.\orders`, localqm.QueueSpec{Security: &closed})
		q.Create(`OTHER\orders`, localqm.QueueSpec{Security: &closed})
		f.Hook(func(what string) error {
			if !strings.HasPrefix(what, "find ") {
				t.Errorf("asked to %s", what)
			}
			return nil
		})
		for _, who := range []localqm.Caller{qmtest.Stranger, qmtest.Nobody, {Token: qmtest.Owner.Token, Level: localqm.Claimed}} {
			for _, computer := range []string{`.\`, `OTHER\`} {
				name := qmtest.Name(t, computer+"orders")
				_, err := q.CreateQueue(ctx, who, qmtest.Name(t, computer+"more"), localqm.QueueSpec{})
				want(t, err, mq.ErrAccessDenied)
				_, err = q.SetQueue(ctx, who, name, localqm.QueueSpec{Label: ptr("x")})
				want(t, err, mq.ErrAccessDenied)
				want(t, q.DeleteQueue(ctx, who, name), mq.ErrAccessDenied)
				want(t, q.SetQueueSecurity(ctx, who, name, secure.Strict(who.Token.User)), mq.ErrAccessDenied)
				want(t, q.SetQueueSecurityParts(ctx, who, name, localqm.OwnerPart, secure.Strict(who.Token.User)), mq.ErrAccessDenied)
				_, err = q.QueueSecurity(ctx, who, name)
				want(t, err, mq.ErrAccessDenied)
				_, err = q.Properties(ctx, who, name)
				want(t, err, mq.ErrAccessDenied)
			}
		}
	})
}

func TestWhoIsKnownMayLookAtPublicQueuesUnlessTheyWereClosed(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, _ *qmtest.Forest) {
		q.Create(`.\orders`, localqm.QueueSpec{})
		name := qmtest.Name(t, `.\orders`)
		if _, err := q.Properties(ctx, qmtest.Stranger, name); err != nil {
			t.Error(err)
		}
		_, err := q.OpenQueue(ctx, qmtest.Stranger, name, localqm.ReceiveAccess, localqm.DenyNone)
		want(t, err, mq.ErrAccessDenied)
		_, err = q.Properties(ctx, qmtest.Nobody, name)
		want(t, err, mq.ErrAccessDenied)
	})
}

// Example 3 of MS-MQOD: a public queue is changed from another machine.
func TestAQueueOfAnotherComputerIsChangedThroughTheDirectory(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		other := neighbour(t, f)
		i, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, `OTHER\orders`), localqm.QueueSpec{Label: ptr("old")})
		ok(t, err)
		if !i.Elsewhere || i.Path != `OTHER\orders` || i.Format.Kind != mq.KindPublic || i.Queue.Label != "old" {
			t.Errorf("%+v", i)
		}
		if here := look(t, other, `.\orders`); here.Queue.ID != i.Queue.ID || here.Queue.Label != "old" {
			t.Errorf("there it is %+v", here)
		}
		for _, name := range []string{`OTHER\orders`, i.Format.String()} {
			_, err = q.SetQueue(ctx, qmtest.Owner, qmtest.Name(t, name), localqm.QueueSpec{Label: ptr(name)})
			ok(t, err)
			if got := look(t, other, `.\orders`).Queue.Label; got != name {
				t.Errorf("the label there is %q", got)
			}
			got, err := q.Properties(ctx, qmtest.Owner, qmtest.Name(t, name))
			ok(t, err)
			if got.Queue.Label != name {
				t.Errorf("the label in the directory is %q", got.Queue.Label)
			}
		}
		name := qmtest.Name(t, `OTHER\orders`)
		d, err := q.QueueSecurity(ctx, qmtest.Owner, name)
		ok(t, err)
		ok(t, q.SetQueueSecurity(ctx, qmtest.Owner, name, d.Grant(qmtest.Everyone, uint32(mq.RightSetQueueProperties))))
		_, err = q.SetQueue(ctx, qmtest.Stranger, name, localqm.QueueSpec{Label: ptr("allowed now")})
		ok(t, err)
		want(t, q.DeleteQueue(ctx, qmtest.Stranger, name), mq.ErrAccessDenied)
		ok(t, q.DeleteQueue(ctx, qmtest.Owner, name))
		_, err = other.Queue(ctx, qmtest.Owner, qmtest.Name(t, `.\orders`))
		want(t, err, mq.ErrQueueNotFound)
		want(t, q.DeleteQueue(ctx, qmtest.Owner, name), mq.ErrQueueNotFound)
	})
}

func TestWithoutADirectoryPublicQueuesAreRefusedInPlainWords(t *testing.T) {
	const far = `PUBLIC=6f9619ff-8b86-d011-b42d-00c04fc964ff`
	do := func(q *qmtest.QM, what, name string) error {
		n, err := mq.ParseQueue(name)
		if err != nil {
			return err
		}
		switch what {
		case "create":
			_, err = q.CreateQueue(ctx, qmtest.Owner, n, localqm.QueueSpec{})
		case "set":
			_, err = q.SetQueue(ctx, qmtest.Owner, n, localqm.QueueSpec{Label: new(string)})
		case "delete":
			err = q.DeleteQueue(ctx, qmtest.Owner, n)
		case "send":
			var h *localqm.Handle
			if h, err = q.OpenQueue(ctx, qmtest.Owner, n, localqm.SendAccess, localqm.DenyNone); err == nil {
				h.Close()
			}
		}
		return err
	}
	never, gone, workgroup, offline := 0, 1, 2, 3
	for _, r := range []struct {
		what, name string
		codes      [4]mq.HResult // none was joined; left again; not there at the start; went away
	}{
		{"create", `.\new`, [4]mq.HResult{mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, mq.ErrNoDS}},
		{"create", `OTHER\new`, [4]mq.HResult{mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, mq.ErrNoDS}},
		{"set", `.\orders`, [4]mq.HResult{mq.ErrQueueNotFound, mq.ErrUnsupportedOperation, mq.ErrUnsupportedOperation, mq.ErrNoDS}},
		{"set", far, [4]mq.HResult{mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrNoDS}},
		{"delete", far, [4]mq.HResult{mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrNoDS}},
		{"send", far, [4]mq.HResult{mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.OK}},
		{"send", `OTHER\orders`, [4]mq.HResult{mq.OK, mq.OK, mq.OK, mq.ErrNoDS}},
		{"send", `DIRECT=OS:OTHER\orders`, [4]mq.HResult{}},
		{"send", `.\orders`, [4]mq.HResult{mq.ErrQueueNotFound, mq.OK, mq.OK, mq.OK}},
		{"send", `.\missing`, [4]mq.HResult{mq.ErrQueueNotFound, mq.ErrQueueNotFound, mq.ErrQueueNotFound, mq.ErrQueueNotFound}},
		{"send", `DL=6f9619ff-8b86-d011-b42d-00c04fc964ff`, [4]mq.HResult{mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrUnsupportedFormatNameOperation, mq.ErrNoDS}},
		{"delete", `.\orders`, [4]mq.HResult{mq.ErrQueueNotFound, mq.OK, mq.ErrUnsupportedOperation, mq.ErrNoDS}},
	} {
		for state, code := range r.codes {
			q := qmtest.Start(t, qmtest.Memory)
			if state != never {
				f := qmtest.NewForest()
				f.Join(q.QueueManager)
				q.Create(`.\orders`, localqm.QueueSpec{})
				switch state {
				case gone:
					q.Join(nil)
				case workgroup:
					f.State(localqm.Workgroup, "DC1 did not answer")
				case offline:
					f.State(localqm.Offline, "DC1 does not answer")
				}
			}
			err := do(q, r.what, r.name)
			got := mq.OK
			var e *mq.Error
			if err != nil {
				got = mq.CodeOf(err)
				if !errors.As(err, &e) || e.Fix == "" || state == offline && got == mq.ErrNoDS && r.what != "send" && !strings.Contains(e.Why, "DC1") {
					t.Errorf("%s %s in state %d is not explained: %v", r.what, r.name, state, err)
				}
			}
			if got != code {
				t.Errorf("%s %s in state %d: %v, want %v", r.what, r.name, state, err, code)
			}
		}
	}
}

func TestFollowingTheDirectory(t *testing.T) {
	joined(t, func(t *testing.T, q *qmtest.QM, f *qmtest.Forest) {
		p := f.Put("TEST", "orders", localqm.QueueSpec{Label: ptr("one"), Transactional: &yes, Multicast: ptr("234.1.1.1:8001")})
		ok(t, q.Follow(ctx, p))
		i := look(t, q, `.\orders`)
		if i.Queue.ID != p.ID || i.Queue.Label != "one" || !i.Queue.Transactional || i.Queue.Multicast != "234.1.1.1:8001" || i.Queue.Created != p.Created.Unix() {
			t.Errorf("%+v", i.Queue)
		}
		if _, err := q.OpenQueue(ctx, qmtest.Stranger, qmtest.Name(t, `.\orders`), localqm.ReceiveAccess, localqm.DenyNone); mq.CodeOf(err) != mq.ErrAccessDenied {
			t.Errorf("without permissions it is open to strangers: %v", err)
		}
		tx := begin(t, q)
		_, err := q.Open(`.\orders`, localqm.SendAccess).Send(ctx, tx, qmtest.Message("m"))
		ok(t, err)
		ok(t, tx.Commit(ctx))
		d := secure.Strict(qmtest.Owner.Token.User).Grant(qmtest.Everyone, uint32(mq.RightPeekMessage))
		p = f.Put("TEST", "orders", localqm.QueueSpec{Label: ptr("two"), Security: &d})
		ok(t, q.Follow(ctx, p))
		ok(t, q.Follow(ctx, p))
		q.OpenAs(qmtest.Stranger, `.\orders`, localqm.PeekAccess)
		if i := look(t, q, `.\orders`); i.Queue.Label != "two" || i.Count.Messages != 1 {
			t.Errorf("%+v", i)
		}

		wrong := p
		wrong.Spec.Transactional = new(bool)
		want(t, q.Follow(ctx, wrong), mq.ErrProperty)
		wrong = p
		wrong.Queue = "renamed"
		want(t, q.Follow(ctx, wrong), mq.ErrIllegalQueuePathname)
		wrong = p
		wrong.ID = mq.NewGUID()
		want(t, q.Follow(ctx, wrong), mq.ErrQueueExists)
		wrong.Machine = mq.NewGUID()
		want(t, q.Follow(ctx, wrong), mq.ErrUnsupportedOperation)
		for _, name := range []string{"", `private$\x`, `a\b`, "a;b", "a;journal", strings.Repeat("x", 200)} {
			wrong = p
			wrong.ID, wrong.Queue = mq.NewGUID(), name
			want(t, q.Follow(ctx, wrong), mq.ErrIllegalQueuePathname)
		}

		ok(t, q.Forget(ctx, mq.NewGUID()))
		ok(t, q.Forget(ctx, p.ID))
		if len(q.PublicQueues()) != 0 {
			t.Error("it is still here")
		}
		look(t, q, `.\orders`) // the directory still has it, so that looking brings it back
		if got := q.PublicQueues(); len(got) != 1 || got[0] != p.ID {
			t.Errorf("here are %v", got)
		}
	})
}

func TestTheDirectoryIsAskedWithoutLocks(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	f := qmtest.NewForest()
	f.Join(q.QueueManager)
	f.Computer("OTHER")
	f.Hook(func(what string) error {
		qmtest.Eventually(t, "no lock is held to "+what, q.Unlocked)
		return nil
	})
	asked := func(what string, times int, err error) {
		t.Helper()
		ok(t, err)
		if n := f.Asked(); n != times {
			t.Errorf("%s: asked %d times, not %d", what, n, times)
		}
	}
	for _, name := range []string{`.\orders`, `OTHER\orders`} {
		before := f.Asked()
		n := qmtest.Name(t, name)
		far := strings.Count(name, "OTHER")
		_, err := q.CreateQueue(ctx, qmtest.Owner, n, localqm.QueueSpec{})
		asked("create", before+1, err)
		_, err = q.SetQueue(ctx, qmtest.Owner, n, localqm.QueueSpec{Label: ptr("x")})
		asked("set", before+2+2*far, err)
		d, err := q.QueueSecurity(ctx, qmtest.Owner, n)
		asked("permissions", before+2+4*far, err)
		asked("set permissions", before+3+6*far, q.SetQueueSecurity(ctx, qmtest.Owner, n, d))
		h, err := q.OpenQueue(ctx, qmtest.Owner, n, localqm.SendAccess, localqm.DenyNone)
		asked("open", before+3+7*far, err)
		_, err = h.Send(ctx, nil, qmtest.Message("m"))
		asked("send", before+3+7*far, err)
		h.Close()
		_, err = q.Resolve(ctx, n)
		asked("resolve", before+3+8*far, err)
		asked("delete", before+4+10*far, q.DeleteQueue(ctx, qmtest.Owner, n))
	}
	before := f.Asked()
	list := f.List(mq.DirectOS("A", `private$\b`))
	h, err := q.OpenQueue(ctx, qmtest.Owner, mq.QueueName{Format: mq.DistributionList(list, "")}, localqm.SendAccess, localqm.DenyNone)
	asked("list", before+1, err)
	h.Close()
}
