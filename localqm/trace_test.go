package localqm_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"posthouse/localqm"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// text is a body in UTF-16.
func text(b []byte) string {
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i])|uint16(b[i+1])<<8)
	}
	return string(utf16.Decode(u))
}

func tracing(queue mq.GUID) func(*mq.Message) {
	return func(m *mq.Message) { m.Trace, m.TraceQueue, m.HopCount = true, queue, 2 }
}

func TestATracedMessageIsReportedToItsSource(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("orders", open(localqm.QueueSpec{}))
		f := newFar(t, q, 0xAB, "10.0.0.1")
		reports := mq.GUID{42}
		m := f.message("orders", "traced", tracing(reports))
		f.send(m)
		out := leaving(t, q, farOrder)
		if len(out) != 1 {
			t.Fatalf("%d reports", len(out))
		}
		r := out[0].Message
		source := strings.ToUpper(f.peer.ID.String())
		label := fmt.Sprintf("%s:%08X:02 received by %s at 12:00:00 PM Sat,Nov 21 26", source[:4], m.ID.Ordinal, source)
		body := fmt.Sprintf("<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>DIRECT=OS:TEST\\private$\\orders</TARGET QUEUE>\r\n", m.ID.Ordinal)
		if r.Class != mq.ClassReport || r.Label != label || text(r.Body) != body || r.Delivery != mq.Express ||
			!r.Destination.Equal(mq.Public(reports)) || r.DestinationMachine != f.peer.ID || r.BodyType != uint32(mq.VTLPWSTR) {
			t.Errorf("label %q, body %q, report %+v", r.Label, text(r.Body), r)
		}
		f.send(f.message("missing", "refused", tracing(reports)))
		if n := len(leaving(t, q, farOrder)); n != 1 {
			t.Errorf("%d reports after a refusal", n)
		}
	})
}

func TestAReportComesToTheQueueItNamesByIdentifier(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("reports", open(localqm.QueueSpec{}))
		q.Create("closed", localqm.QueueSpec{})
		q.Create("orders", open(localqm.QueueSpec{}))
		id := func(name string) mq.GUID {
			i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, name))
			ok(t, err)
			return i.Queue.ID
		}
		f := newFar(t, q, 1, "10.0.0.1")
		report := func(label string, queue mq.GUID, class mq.Class) {
			f.send(f.message("", label, func(m *mq.Message) {
				express(m)
				m.Destination, m.DestinationMachine, m.Class = mq.Public(queue), q.Identity().ID, class
			}))
		}
		report("report", id("reports"), mq.ClassReport)
		report("no report", id("reports"), mq.ClassNormal)
		report("may not", id("closed"), mq.ClassReport)
		report("unknown", mq.GUID{3}, mq.ClassReport)
		labels(t, q, "reports", "report")
		labels(t, q, "closed")

		// What comes from elsewhere may be reported here, too.
		f.send(f.message("orders", "traced", tracing(id("reports"))))
		f.send(f.message("orders", "traced", tracing(id("closed"))))
		if n := len(q.Browsed("reports")); n != 2 {
			t.Errorf("%d reports", n)
		}
		labels(t, q, "closed")
		if out := leaving(t, q, farOrder); out != nil {
			t.Errorf("%d reports leave", len(out))
		}
	})
}

func TestATracedMessageIsReportedWhenItLeaves(t *testing.T) {
	each(t, func(t *testing.T, q *qmtest.QM) {
		q.Create("reports", localqm.QueueSpec{})
		i, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "reports"))
		ok(t, err)
		const name = `DIRECT=OS:far\private$\orders`
		sent := q.Send(name, message("traced", tracing(i.Queue.ID)))
		q.Send(name, message("not traced", nil))
		labels(t, q, "reports")
		parcels, err := q.Outgoings()[0].Take(ctx, localqm.Peer{ID: mq.GUID{5}, Address: "10.0.0.5"}, 10, 1<<20)
		ok(t, err)
		if len(parcels) != 2 {
			t.Fatalf("%d parcels", len(parcels))
		}
		qmtest.Eventually(t, "a report comes", func() bool { return len(q.Browsed("reports")) == 1 })
		r := q.Browsed("reports")[0].Message
		body := fmt.Sprintf("<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>%s</TARGET QUEUE>\r\n"+
			"<NEXT HOP>10.0.0.5</NEXT HOP>\r\n<HOP COUNT>00 </HOP COUNT>\r\n", sent.ID.Ordinal, name)
		if r.Class != mq.ClassReport || text(r.Body) != body {
			t.Errorf("report %+v, body %q", r, text(r.Body))
		}
		q.Outgoings()[0].Delivered(parcels)
	})
}
