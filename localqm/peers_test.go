package localqm_test

import (
	"fmt"
	"slices"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestWhereQueueManagersWereMetOutlivesARestart(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		id := mq.NewGUID()
		for _, a := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.4", "10.0.0.5"} {
			q.Remember(id, a)
		}
		want := []string{"10.0.0.5", "10.0.0.4", "10.0.0.1", "10.0.0.3"} // the last four, once each
		if got := q.Known(id); !slices.Equal(got, want) {
			t.Errorf("known %v, want %v", got, want)
		}
		q.Restart()
		if got := q.Known(id); !slices.Equal(got, want) {
			t.Errorf("after a restart known %v, want %v", got, want)
		}
		if got := q.Known(mq.NewGUID()); len(got) != 0 {
			t.Errorf("known of a stranger: %v", got)
		}
	})
}

func TestMadeUpQueueManagersDoNotFillTheStore(t *testing.T) {
	q := qmtest.Start(t, qmtest.Memory)
	first := mq.NewGUID()
	q.Remember(first, "10.0.0.1")
	q.Clock.Advance(1e9)
	var last mq.GUID
	for i := range 5000 {
		last = mq.NewGUID()
		q.Remember(last, fmt.Sprintf("10.1.%d.%d", i/250, i%250+1))
	}
	if len(q.Known(first)) != 0 || len(q.Known(last)) != 1 {
		t.Errorf("known of the first %v, of the last %v", q.Known(first), q.Known(last))
	}
	q.Restart()
	if len(q.Known(first)) != 0 || len(q.Known(last)) != 1 {
		t.Errorf("after a restart: of the first %v, of the last %v", q.Known(first), q.Known(last))
	}
}
