package qmmgmt_test

import (
	"slices"
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

func TestPublicQueuesAndTheDirectoryAreTold(t *testing.T) {
	m, c := start(t)
	if got, _ := c.ask(machine(), mq.PropMgmtMSMQDSServer); !slices.Equal(got, []string{"1"}) {
		t.Errorf("without a directory its server is %q", got)
	}
	f := qmtest.NewForest()
	f.Join(m.QueueManager)
	f.Computer("OTHER")
	m.Create(`.\public`, localqm.QueueSpec{})
	own := mq.Public(f.Queues("TEST")[0].ID).String()
	far := mq.Public(f.Put("OTHER", "orders", localqm.QueueSpec{}).ID).String()
	m.Send(`OTHER\orders`, qmtest.Message("m"))
	if got, _ := c.ask(machine(), mq.PropMgmtMSMQDSServer); !slices.Equal(got, []string{"31 dc.example.test"}) {
		t.Errorf("the directory server is %q", got)
	}
	for name, want := range map[string][]string{
		own: {`TEST\public`, own, mq.QueueTypePublic, mq.LocationLocal, mq.AnswerNo},
		far: {`OTHER\orders`, far, mq.QueueTypePublic, mq.LocationRemote, mq.AnswerUnknown},
	} {
		got, code := c.ask(queue(t, name), mq.PropMgmtQueuePathName, mq.PropMgmtQueueFormatName, mq.PropMgmtQueueType,
			mq.PropMgmtQueueLocation, mq.PropMgmtQueueForeign)
		for i := range want {
			want[i] = "31 " + want[i] // VT_LPWSTR
		}
		if code != mq.OK || !slices.Equal(got, want) {
			t.Errorf("%s is %q, %v", name, got, code)
		}
	}
}
