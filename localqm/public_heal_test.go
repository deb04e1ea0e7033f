package localqm_test

import (
	"strings"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/store"
	"posthouse/localqm/store/memory"
)

func TestWhatTheStoreLacksIsTakenOverLater(t *testing.T) {
	for _, again := range []string{"read again", "opened", "created again"} {
		t.Run(again, func(t *testing.T) {
			q := qmtest.Start(t, qmtest.Memory)
			sound(t, q)
			f := qmtest.NewForest()
			member := f.Join(q.QueueManager)
			q.Store.(*memory.Store).Fault(func(*store.Step) error { return store.ErrFull })
			f.Hook(func(what string) error {
				if strings.HasPrefix(what, "delete ") {
					return mq.Errorf(mq.ErrNoDS, "", "it went away just then")
				}
				return nil
			})
			name := qmtest.Name(t, `.\orders`)
			_, err := q.CreateQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{Label: ptr("x")})
			want(t, err, mq.ErrMessageStorageFailed)
			there := only(t, f, "TEST")
			q.Store.(*memory.Store).Fault(nil)
			if len(q.PublicQueues()) != 0 {
				t.Fatal("it is here")
			}
			switch again {
			case "read again":
				ok(t, member.Heal(ctx))
			case "opened":
				q.OpenAs(qmtest.Owner, `.\orders`, localqm.ReceiveAccess)
			case "created again":
				_, err := q.CreateQueue(ctx, qmtest.Owner, name, localqm.QueueSpec{})
				want(t, err, mq.ErrQueueExists)
			}
			if i := look(t, q, `.\orders`); i.Queue.ID != there.ID || i.Queue.Label != "x" {
				t.Errorf("%+v", i.Queue)
			}
		})
	}
}

func TestACreationThatFailsHereIsUndoneThere(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	f := qmtest.NewForest()
	f.Join(q.QueueManager)
	q.Store.(*memory.Store).Fault(func(*store.Step) error { return store.ErrFull })
	_, err := q.CreateQueue(ctx, qmtest.Owner, qmtest.Name(t, `.\orders`), localqm.QueueSpec{})
	want(t, err, mq.ErrMessageStorageFailed)
	if len(f.Queues("TEST")) != 0 {
		t.Error("the directory has it")
	}
	q.Store.(*memory.Store).Fault(nil)
	q.Create(`.\orders`, localqm.QueueSpec{})
}
