package remoteread_test

import (
	"testing"

	remote "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// bridge is a directory in which a foreign computer is reached from here.
type bridge struct {
	localqm.Directory
	machine, site mq.GUID
}

func (b bridge) State() localqm.DirectoryState {
	return localqm.DirectoryState{Mode: localqm.Integrated, Routing: true}
}

func (b bridge) Owner(f mq.FormatName) (mq.GUID, bool)     { return f.GUID, f.Kind == mq.KindPrivate }
func (b bridge) Connector(machine mq.GUID) (mq.GUID, bool) { return b.site, machine == b.machine }

func TestConnectorQueuesAreReadFromAfar(t *testing.T) {
	p := start(t)
	b := bridge{machine: mq.NewGUID(), site: mq.NewGUID()}
	p.Join(b)
	to := mq.Private(b.machine, 7).String()
	p.Send(to, qmtest.Message("plain"))
	tx, err := p.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(to, localqm.SendAccess).Send(ctx, tx, qmtest.Message("booked")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		name mq.FormatName
		want string
	}{{mq.Connector(b.site, false), "plain"}, {mq.Connector(b.site, true), "booked"}} {
		c := p.owner()
		h := c.open(q.name.String(), receiveAccess)
		if m := c.message(h, remote.StartReceiveRequest{Action: peek}); m.Label != q.want {
			t.Errorf("%s has %s, want %s", q.name, m.Label, q.want)
		}
		m := c.message(h, remote.StartReceiveRequest{Action: receive, RequestID: 1})
		if m.Label != q.want || m.Destination.String() != to {
			t.Errorf("%s has %s for %s", q.name, m.Label, m.Destination)
		}
		if err := c.end(h, 1, 2); err != nil {
			t.Fatal(err)
		}
		if left := p.Labels(q.name.String()); len(left) > 0 {
			t.Errorf("%s still has %v", q.name, left)
		}
		_, err := p.connect(qmtest.Stranger).OpenQueue(ctx, request(t, q.name.String(), receiveAccess))
		want(t, "a stranger opens it", err, mq.ErrAccessDenied)
	}
}
