package localqm

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"posthouse/localqm/mq"
	"posthouse/localqm/store"
)

// appendReport adds the report that a traced message arrived (MS-MQQB
// 3.1.5.8.9).
func (m *QueueManager) appendReport(ops []store.Op, msg *mq.Message, to Peer) []store.Op {
	return m.appendTrace(ops, msg, to, fmt.Sprintf("<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>%s</TARGET QUEUE>\r\n",
		msg.ID.Ordinal, msg.Destination))
}

// departs reports that a traced message leaves for the address of its next hop
// (MS-MQQB 3.1.7.1.7). Called with mu held.
func (m *QueueManager) departs(msg *mq.Message, address string) {
	ops := m.appendTrace(nil, msg, Peer{ID: msg.SourceMachine}, fmt.Sprintf(
		"<MESSAGE ID>%08X</MESSAGE ID>\r\n<TARGET QUEUE>%s</TARGET QUEUE>\r\n<NEXT HOP>%s</NEXT HOP>\r\n<HOP COUNT>%02X </HOP COUNT>\r\n",
		msg.ID.Ordinal, msg.Destination, address, msg.HopCount))
	if len(ops) == 0 {
		return
	}
	m.store.Submit(&store.Step{Ops: m.outward(ops), Done: func(s *store.Step) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.apply(s) // a report that is lost with its step is lost
	}})
}

// appendTrace adds a report message. Without a directory nobody knows where a
// queue is that is named by its identifier: it is one of ours, or with the queue
// manager that asked for the report.
func (m *QueueManager) appendTrace(ops []store.Op, msg *mq.Message, source Peer, body string) []store.Op {
	if msg.TraceQueue.IsZero() || msg.Class == mq.ClassReport {
		return ops
	}
	report := &mq.Message{
		Class: mq.ClassReport, Label: traceLabel(msg, m.clock.Now()), Delivery: mq.Express,
		Destination: mq.Public(msg.TraceQueue), BodyType: uint32(mq.VTLPWSTR), Body: utf16Bytes(body),
	}
	to := m.byID(msg.TraceQueue)
	switch {
	case to != nil && to.info.Transactional:
		return ops
	case to != nil && !m.ours(msg.SourceMachine) && m.allow("trace", Nobody(""), to, mq.RightWriteMessage) != nil:
		return ops // its sender could not have written there
	case to != nil:
		return m.appendOwn(ops, to, report)
	case !m.ownerOf(report.Destination).IsZero():
		return m.appendElsewhere(ops, report.Destination, report)
	case m.ours(msg.SourceMachine):
		return ops
	}
	report.DestinationMachine = msg.SourceMachine
	return m.appendElsewhere(ops, source.orderQueue(), report)
}

// traceLabel is the label of a report as MS-MQQB 3.1.5.8.9 spells it:
//
//	1A2B:0000002A:00 received by 6F9619FF-8B86-D011-B42D-00C04FC964FF at 02:05:07 PM Sat,Nov 21 26
func traceLabel(msg *mq.Message, now time.Time) string {
	source := strings.ToUpper(msg.SourceMachine.String())
	return fmt.Sprintf("%s:%08X:%02X received by %s at %s", source[:4], msg.ID.Ordinal, msg.HopCount, source,
		now.Format("03:04:05 PM Mon,Jan 02 06"))
}

// utf16Bytes is a text as bodies carry it.
func utf16Bytes(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}
