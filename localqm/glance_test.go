package localqm_test

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func listed(t *testing.T, q *qmtest.QM, c localqm.Caller) map[string]localqm.Listed {
	t.Helper()
	all, err := q.List(c)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]localqm.Listed{}
	for _, l := range all {
		out[l.Path] = l
	}
	return out
}

func TestAListTellsWhichQueuesAreActive(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	for _, name := range []string{"idle", "full", "open", "journaled", "divided"} {
		q.Create(`.\private$\`+name, localqm.QueueSpec{Journaling: new(bool)})
	}
	q.Send(`.\private$\full`, qmtest.Message("one"))
	q.Send(`.\private$\divided`, qmtest.Message("two"))
	moved, err := q.MoveMessages(t.Context(), qmtest.Owner, qmtest.Name(t, `.\private$\divided`), qmtest.Name(t, `.\private$\divided;later`),
		[]uint64{q.Browsed(`.\private$\divided`)[0].Lookup})
	if err != nil || moved[0].Err != nil {
		t.Fatal(moved, err)
	}
	h := q.Open(`.\private$\open`, localqm.PeekAccess)
	far := q.Open(`DIRECT=OS:far\private$\orders`, localqm.SendAccess)
	all := listed(t, q, qmtest.Owner)
	for name, active := range map[string]bool{
		`TEST\private$\idle`: false, `TEST\private$\full`: true, `TEST\private$\open`: true, `TEST\private$\divided`: true,
		`DIRECT=OS:far\private$\orders`: true, `TEST\system$;deadletter`: false, `TEST\private$\order_queue$`: false,
	} {
		l, ok := all[name]
		if !ok || l.Active != active {
			t.Errorf("%s: listed %t, active %t", name, ok, l.Active)
		}
	}
	if !all[`TEST\private$\order_queue$`].Hidden || all[`TEST\private$\idle`].Hidden {
		t.Error("internal queues are hidden, others are not")
	}
	h.Close()
	far.Close()
	if listed(t, q, qmtest.Owner)[`TEST\private$\open`].Active {
		t.Error("a queue that was closed is active")
	}
}

func TestAListHasWhatItsReaderMaySee(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create(`.\private$\orders`, localqm.QueueSpec{})
	if all := listed(t, q, qmtest.Stranger); len(all) != 0 {
		t.Errorf("a stranger sees %v", all)
	}
	if err := q.Administers("try", qmtest.Stranger); mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Errorf("a stranger administers: %v", err)
	}
	if err := q.Administers("try", qmtest.Owner); err != nil {
		t.Error(err)
	}
}

func TestAGlanceTellsWhatListsTell(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	q.Create(`.\private$\orders`, localqm.QueueSpec{})
	q.Send(`.\private$\orders`, qmtest.Message("one"))
	i, err := q.Glance(qmtest.Owner, qmtest.Name(t, `.\private$\orders`))
	if err != nil || i.Count.Messages != 1 || i.Path != `TEST\private$\orders` {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := q.Glance(qmtest.Stranger, qmtest.Name(t, `.\private$\orders`)); mq.CodeOf(err) != mq.ErrAccessDenied {
		t.Errorf("a stranger: %v", err)
	}
	if _, err := q.Glance(qmtest.Owner, qmtest.Name(t, `DIRECT=OS:far\private$\orders`)); mq.CodeOf(err) != mq.ErrQueueNotFound {
		t.Errorf("what nothing is kept for: %v", err)
	}
	if len(q.Outgoings()) != 0 {
		t.Error("a look has made an outgoing queue")
	}
}
