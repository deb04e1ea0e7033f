package local_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/local"
)

// carrier carries nothing away and says of every queue that its link is so.
type carrier struct{ link localqm.Link }

func (carrier) Available(*localqm.Outgoing)           {}
func (carrier) Changed(*localqm.Outgoing)             {}
func (carrier) OrderAck(localqm.OrderAck)             {}
func (c carrier) Link(*localqm.Outgoing) localqm.Link { return c.link }

func (carrier) Listening() []netip.AddrPort {
	return []netip.AddrPort{netip.MustParseAddrPort("[fe80::7]:1801")}
}
func (carrier) Names() []string { return []string{"fe80::7"} }
func (carrier) Sessions() int   { return 2 }

const far = `FARAWAY\private$\orders`

func TestAnOutgoingQueueShowsItsLink(t *testing.T) {
	m, _ := start(t)
	now := time.Date(2026, time.November, 21, 15, 0, 0, 0, time.FixedZone("CET", 3600))
	c := carrier{localqm.Link{
		State: mq.StateWaiting, Why: "Nothing listens there.", Since: now, NextTry: now.Add(5 * time.Second), Failures: 3,
		NextHops: []string{"IP=10.0.0.7"}, ResendCount: 2, ResendInterval: 5 * time.Minute, ResendAt: now.Add(time.Minute),
		History: []localqm.Connection{
			{At: now, Status: mq.ConnEstablished, Address: "10.0.0.7", Why: "Connected."},
			{At: now.Add(time.Second), Status: mq.ConnConnectSocketFailure, Error: mq.ErrGeneric, Address: "10.0.0.7", Why: "Refused."},
		},
	}}
	m.Attach(c)
	t.Cleanup(func() { m.Attach(nil) })
	n := local.New(m, qmtest.Owner, local.About{Line: c})
	defer n.Close()
	if _, err := n.Send(t.Context(), mgmtclient.SendRequest{Queue: far, Transactional: true}); err != nil {
		t.Fatal(err)
	}
	q, err := n.Queue(t.Context(), far)
	if err != nil {
		t.Fatal(err)
	}
	o := q.Outgoing
	if q.State != "WAITING" || o.Why != "Nothing listens there." || !o.Since.Equal(now) || !o.NextTry.Equal(now.Add(5*time.Second)) ||
		o.Failures != 3 || o.ResendCount != 2 || o.ResendInterval != 300 || !o.ResendTime.Equal(now.Add(time.Minute)) ||
		o.NextSequence == nil || o.NextSequence.Number != 1 || len(o.NextSequence.ID) != 16 || o.LastAck != nil {
		t.Errorf("queue %+v, %+v", q, o)
	}
	if !reflect.DeepEqual(q.NextHops, []string{"IP=10.0.0.7"}) || !reflect.DeepEqual(q.ConnectionHistory, []string{
		"2026-11-21T14:00:01Z 0x80000004 Refused.", "2026-11-21T14:00:00Z 0x00000002 Connected.",
	}) {
		t.Errorf("next hops %q, history %q", q.NextHops, q.ConnectionHistory)
	}
	if len(o.History) != 2 || o.History[0].Failed || !o.History[1].Failed || o.History[1].Error != mq.ErrGeneric || o.History[1].Address != "10.0.0.7" {
		t.Errorf("history %+v", o.History)
	}
	machine, err := n.Machine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := machine.Network
	if !reflect.DeepEqual(w.Listening, []string{"[fe80::7]:1801"}) || !reflect.DeepEqual(w.Addresses, []string{"LAPTOP", "fe80::7"}) || w.Sessions != 2 {
		t.Errorf("network %+v", w)
	}
}

func TestReportsGoToAQueueThatCanBeNamed(t *testing.T) {
	m, _ := start(t)
	n := local.New(m, qmtest.Owner, local.About{})
	defer n.Close()
	q, err := n.CreateQueue(t.Context(), "reports", mgmtclient.QueueSettings{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reports", q.FormatName, "PUBLIC=" + q.ID.String()} {
		if _, err := n.Send(t.Context(), mgmtclient.SendRequest{Queue: far, ReportQueue: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, err := n.Messages(t.Context(), far, mgmtclient.Page{})
	if err != nil || len(page.Messages) != 3 || !page.Messages[0].Trace {
		t.Errorf("messages %+v, %v", page.Messages, err)
	}
	for name, code := range map[string]mq.HResult{
		"nothere": mq.ErrQueueNotFound, mgmtclient.DeadLetterQueue: mq.ErrIllegalPropertyValue, far: mq.ErrIllegalPropertyValue, "reports;journal": mq.ErrIllegalPropertyValue,
	} {
		if _, err := n.Send(t.Context(), mgmtclient.SendRequest{Queue: far, ReportQueue: name}); mgmtclient.Code(err) != code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
