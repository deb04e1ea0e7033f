package strict

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
)

// Report messages (MS-MQQB 3.1.5.8.9, 3.1.7.1.7).

// report checks what reports about m have in common and returns the body.
func report(t *testing.T, r, m *message, trace guid) string {
	t.Helper()
	const section = "MS-MQQB 3.1.5.8.9"
	source := strings.ToUpper(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x",
		le.Uint32(m.source[:]), le.Uint16(m.source[4:]), le.Uint16(m.source[6:]), m.source[8:10], m.source[10:]))
	label := fmt.Sprintf("^%s:%08X:%02X received by %s at (.*)$", source[:4], m.id, m.hops, source)
	found := regexp.MustCompile(label).FindStringSubmatch(r.label)
	if found == nil {
		t.Fatalf("%s: label %q does not match %q", section, r.label, label)
	}
	if _, err := time.Parse("03:04:05 PM Mon,Jan 02 06", found[1]); err != nil {
		t.Errorf("%s: %v", section, err)
	}
	if r.class != classReport || r.recoverable || r.to != (queue{kind: public, guid: trace}) || r.debug {
		t.Errorf("%s: report %+v", section, r)
	}
	units := make([]uint16, len(r.body)/2)
	for i := range units {
		units[i] = le.Uint16(r.body[2*i:])
	}
	return string(utf16.Decode(units))
}

func TestTracedMessagesReportThatTheyArrive(t *testing.T) {
	q, p := table(t)
	p.dial(q, guid{})
	trace := guidOf("0E9E1B6C-66F4-4E4B-9E9F-0A5F0C3B2D11")
	m := p.plain(orders, "traced")
	m.base.trace, m.trace = true, &trace
	p.send(m)
	r := p.ofClass(classReport)
	body := report(t, r, m, trace)
	if want := fmt.Sprintf("<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>DIRECT=OS:HUB\\private$\\orders</TARGET QUEUE>\r\n", m.id); body != want {
		t.Errorf("MS-MQQB 3.1.5.8.9: body %q, want %q", body, want)
	}
	if r.manager != p.id { // there is no directory that tells where the queue is
		t.Errorf("the report goes to %s", r.manager)
	}
	p.ack()
	holds(t, q, "orders", "traced")
}

func TestTracedMessagesReportThatTheyLeave(t *testing.T) {
	q, p := table(t)
	p.listen()
	info, err := q.Queue(ctx, qmtest.Owner, qmtest.Name(t, "orders"))
	ok(t, err)
	m := qmtest.Message("traced")
	m.Trace, m.TraceQueue = true, info.Queue.ID
	q.Send(reports, m)
	p.accept(q, guid{}, false)
	got := p.message()
	if !got.base.trace || got.trace == nil || *got.trace != guid(info.Queue.ID) {
		t.Errorf("MS-MQMQ 2.2.20.8: it left with DebugHeader %v", got.trace)
	}
	p.ack()
	qmtest.Eventually(t, "the report", func() bool { return len(q.Labels("orders")) == 1 })
	d := q.Browsed("orders")[0].Message
	r := &message{
		class: uint16(d.Class), label: d.Label, body: d.Body, recoverable: d.Delivery == mq.Recoverable,
		to: queue{kind: public, guid: guid(d.Destination.GUID)},
	}
	want := fmt.Sprintf("<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>%s</TARGET QUEUE>\r\n"+
		"<NEXT HOP>%s</NEXT HOP>\r\n<HOP COUNT>00 </HOP COUNT>\r\n", got.id, reports, p.at)
	if body := report(t, r, got, guid(info.Queue.ID)); body != want {
		t.Errorf("MS-MQQB 3.1.7.1.7: body %q, want %q", body, want)
	}
}
