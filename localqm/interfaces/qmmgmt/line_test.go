package qmmgmt_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	qmmgmtv1 "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
)

// line reads one property over a connection.
func line(t *testing.T, c qmmgmtv1.QmmgmtClient, o *qmmgmtv1.ManagementObject, id mq.PropID) (string, error) {
	t.Helper()
	out, err := c.ManagementGetInfo(context.Background(), request(o, id))
	if err != nil {
		return "", err
	}
	return show(out.Var[0]), nil
}

func TestAdministratorsManageOverTheLine(t *testing.T) {
	m := interfacestest.Start(t, "TEST")
	names := []string{`TEST\private$\größe`, `TEST\private$\注文𝄞`}
	for _, n := range names {
		m.Create(n, localqm.QueueSpec{})
	}
	m.Send(names[1], qmtest.Message("one"))
	c := interfacestest.Bind(t, m.Dial(interfacestest.Admin), qmmgmtv1.NewQmmgmtClient)
	for o, q := range map[*qmmgmtv1.ManagementObject]struct {
		id   mq.PropID
		want string
	}{
		machine():          {mq.PropMgmtMSMQPrivateQ, "4127 " + names[0] + "," + names[1]},
		queue(t, names[0]): {mq.PropMgmtQueuePathName, "31 " + names[0]},
		queue(t, names[1]): {mq.PropMgmtQueueMessageCount, "19 1"},
	} {
		if got, err := line(t, c, o, q.id); err != nil || got != q.want {
			t.Errorf("%q, %v; not %q", got, err, q.want)
		}
	}
	if _, err := line(t, c, queue(t, `TEST\private$\none`), 7); !errors.Is(err, mq.ErrQueueNotFound) {
		t.Errorf("a queue that is not there: %v", err)
	}
	if _, err := c.ManagementAction(t.Context(), &qmmgmtv1.ManagementActionRequest{ObjectFormat: machine(), Action: "DISCONNECT"}); err != nil || !m.Settings().Offline {
		t.Errorf("DISCONNECT: %v", err)
	}
}

func TestOthersDoNotManageOverTheLine(t *testing.T) {
	m := interfacestest.Start(t, "TEST")
	user := interfacestest.Bind(t, m.Dial(interfacestest.User), qmmgmtv1.NewQmmgmtClient)
	if _, err := line(t, user, machine(), 2); !errors.Is(err, mq.ErrAccessDenied) {
		t.Errorf("who is no administrator: %v", err)
	}
	nobody := interfacestest.Bind(t, m.Dial(""), qmmgmtv1.NewQmmgmtClient)
	if _, err := line(t, nobody, machine(), 2); !errors.Is(err, rpc.FaultAccessDenied) {
		t.Errorf("who has not signed in: %v", err)
	}
}

// More than a fragment has.
func TestALongListComesWhole(t *testing.T) {
	m := interfacestest.Serve(t, "TEST", qmtest.Start(t, qmtest.Memory))
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprintf(`TEST\private$\queue%04d`, i))
		m.Create(want[i], localqm.QueueSpec{})
	}
	c := interfacestest.Bind(t, m.Dial(interfacestest.Admin), qmmgmtv1.NewQmmgmtClient)
	out, err := c.ManagementGetInfo(t.Context(), request(machine(), mq.PropMgmtMSMQPrivateQ))
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(out.Var[0]); !slices.Equal(got, want) {
		t.Errorf("%d queues: %.200v", len(got), got)
	}
}
