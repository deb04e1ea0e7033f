package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// The next hops of the sample.
const (
	hopOdense     = "10.20.4.11:1801"
	hopERP        = "10.20.4.30:1801"
	hopAarhus     = "10.30.1.5:1801"
	hopRonne      = "10.44.2.9:1801"
	hopHirtshals  = "10.44.7.3:1801"
	hopOslo       = "10.60.2.8:1801"
	sampleRefused = "10.20.4.11 answers, but nothing listens on port 1801. The Message Queuing service there is most likely stopped."
)

// connected is the history of a session that was opened.
func connected(t, hop string) []mgmtclient.Connection {
	return []mgmtclient.Connection{
		connection(at(t), mq.ConnEstablishReceived, hop, ""),
		connection(at(t), mq.ConnEstablished, hop, ""),
	}
}

// closed adds the end of a session that the other side closed.
func closed(history []mgmtclient.Connection, t, hop, computer string) []mgmtclient.Connection {
	e := connection(at(t), mq.ConnInProcess, hop, computer+" closed the connection")
	return append(history, e)
}

// failing adds tries that failed, the last at t.
func failing(history []mgmtclient.Connection, t time.Time, every time.Duration, count int, s mq.ConnectionStatus, hop, why string) []mgmtclient.Connection {
	for i := range count {
		c := connection(t.Add(time.Duration(i-count+1)*every), s, hop, why)
		c.Error = socketErrors[c.Why]
		history = append(history, c)
	}
	return history
}

// socketErrors are the codes of Windows Sockets that stand beside a reason, as
// HRESULTs.
var socketErrors = map[string]mq.HResult{
	"Connection refused": 0x8007274D, "No answer in 5 seconds": 0x8007274C, "No such host": 0x80072AF9,
}

func (n *Node) sampleOutgoing() {
	stuck := Link{
		State: mq.StateWaiting, Why: sampleRefused, Since: at("19 13:58:04"), Every: 5 * time.Second, NextTry: at("19 14:32:11"),
		Failures: 408, Hops: []string{hopOdense},
		History: failing(closed(connected("19 08:12:40", hopOdense), "19 13:58:04", hopOdense, "WMS-ODN01"),
			at("19 14:32:06"), 5*time.Second, maxHistory-3, mq.ConnConnectSocketFailure, hopOdense, "Connection refused"),
	}
	trying := Link{
		State: mq.StateWaiting, Why: "10.44.7.3 does not answer: the computer is off, or the line to it is down.",
		Since: at("19 11:06:20"), Every: time.Minute, NextTry: at("19 14:32:45"), Failures: 2, Hops: []string{hopHirtshals},
		History: failing(nil, at("19 14:31:45"), time.Minute, 2, mq.ConnConnectSocketFailure, hopHirtshals, "No answer in 5 seconds"),
	}
	open := func(hop string) Link {
		return Link{
			State: mq.StateConnected, Why: "A session with " + strings.TrimSuffix(hop, ":1801") + " is open.",
			Since: at("19 08:12:40"), Hops: []string{hop}, History: connected("19 08:12:40", hop),
		}
	}
	idle := func(since, hop string) Link {
		return Link{
			State: mq.StateInactive, Why: "There is nothing to send. It connects when the next message comes.", Since: at(since), Hops: []string{hop},
			History: closed(connected("19 08:12:40", hop), since, hop, "This computer"),
		}
	}
	for _, o := range []OutgoingQueue{
		{To: `WMS-ODN01\private$\stock.moves`, Unsent: 1118, Link: stuck},
		{To: `WMS-ODN01\private$\pick.lists`, Unsent: 86, Link: stuck},
		{To: `DESK-HIRTSHALS\private$\price.updates`, Unsent: 29, First: at("19 11:06:20"), Link: trying},
		{To: `HUB-AAR02\private$\orders.out`, Unsent: 3, Sending: 2, Unread: 120, First: at("19 14:26:01"), Link: open(hopAarhus)},
		{To: `ERP-SQL03\private$\invoices.in`, Unread: 18, First: at("19 14:11:30"), Link: open(hopERP)},
		{To: `HUB-AAR02\private$\price.updates`, Link: idle("19 12:02:17", hopAarhus)},
		{To: `WMS-OSL04\private$\stock.moves`, Link: idle("19 14:11:52", hopOslo)},
		{To: `DESK-RONNE\private$\price.updates`, Link: open(hopRonne)},
	} {
		n.sampleOut(o)
	}
	orders := n.queues["orders.in"]
	for i, source := range []string{"WEB-CPH01", "WEB-CPH02", "DESK-RONNE"} {
		orders.Incoming = append(orders.Incoming, mgmtclient.Incoming{
			Source: guidOf("machine " + source), FormatName: `DIRECT=OS:HUB-CPH01\private$\orders.in`,
			Last:       mgmtclient.Sequence{ID: fmt.Sprintf("65a1f0%02x00000001", i), Number: uint32(1180 - 411*i), Previous: uint32(1179 - 411*i)},
			LastAccess: at("19 14:31:40").Add(-time.Duration(i) * 47 * time.Second), Rejected: i % 2,
		})
	}
}

// MoreOutgoing are outgoing queues in the states that Sample has none in:
// paused, without an address, without a link, and a computer that refuses.
func MoreOutgoing() []OutgoingQueue {
	const gateway = "10.90.1.4:1801"
	return []OutgoingQueue{
		{To: `EDI-GW01\private$\edi.out`, Unsent: 12, First: at("19 12:05:10"), Link: Link{
			State: mq.StateOnHold, Why: "The queue was paused here. Resume lets its messages leave.", Since: at("19 12:05:31"), Hops: []string{gateway},
			History: connected("19 08:12:41", gateway),
		}},
		{To: `CPH-ARCHIVE\private$\audit`, Unsent: 6, First: at("19 14:21:02"), Link: Link{
			State: mq.StateNeedValidation, Why: "The name CPH-ARCHIVE was not found: neither the hosts table nor the name servers know it.",
			Since: at("19 14:21:02"), Every: time.Minute, NextTry: at("19 14:33:02"), Failures: 11,
			History: failing(nil, at("19 14:32:02"), time.Minute, 11, mq.ConnDNSFailure, "", "No such host"),
		}},
		{To: `EDI-GW01\private$\edi.acks`, Link: Link{
			State: mq.StateDisconnected, Why: "The line to 10.90.1.4 was cut. It is tried again when there is something to send.", Since: at("19 09:55:48"), Hops: []string{gateway},
			History: closed(connected("19 08:12:41", gateway), "19 09:55:48", gateway, "EDI-GW01"),
		}},
		{To: `LT-MARIE\private$\test.in`, Unsent: 2, First: at("19 14:02:11"), Link: Link{
			State: mq.StateWaiting, Why: "LT-MARIE refuses the connection: it is full, or has too many connections.", Since: at("19 14:02:11"),
			Every: time.Minute, NextTry: at("19 14:32:30"), Failures: 30, Hops: []string{"10.44.9.21:1801"},
			History: failing(nil, at("19 14:31:30"), time.Minute, maxHistory, mq.ConnRefused, "10.44.9.21:1801", ""),
		}},
	}
}

func (n *Node) sampleOut(o OutgoingQueue) {
	name, err := mq.ParseQueue(o.To)
	if err != nil {
		panic(err)
	}
	q := n.addOutgoing(name.FormatName(), o.Link)
	q.Created, q.Modified = at("19 08:12:40"), at("19 08:12:40")
	n.fillOutgoing(q, o)
}

// fillOutgoing puts rows into an outgoing queue.
func (n *Node) fillOutgoing(q *queue, o OutgoingQueue) {
	first := o.First
	if first.IsZero() {
		first = at("19 13:58:04")
	}
	word := q.name[strings.LastIndexByte(q.name, '\\')+1:]
	transactional := !strings.HasSuffix(word, "price.updates")
	priority := mq.DefaultPriority
	if transactional {
		priority = 0
	}
	rows := func(from, count int) Rows {
		return Rows{key: q.name + fmt.Sprintf(" %d+%d", from, count), N: count, Priority: priority, Make: sealed(func(i int) mgmtclient.Message {
			i += from
			m := generic(word, i, o.Unread+o.Unsent)
			m.SourceMachine, m.ID = n.machine.Name, sampleID(n.machine.Name, 61000+i)
			m.DestinationQueue, m.DeadLetter = q.FormatName, transactional
			m.SentTime = first.Add(time.Duration(i) * 1800 * time.Millisecond).Truncate(time.Second)
			m.ArrivedTime = m.SentTime
			if i >= o.Unread {
				m.Expires = reach(&m)
			}
			return m
		}, transactional)}
	}
	if o.Unread > 0 {
		n.fill(&q.out.awaiting, rows(0, o.Unread))
	}
	if o.Unsent > 0 {
		n.fill(&q.main, rows(o.Unread, o.Unsent))
	}
	q.out.sending = min(o.Sending, o.Unsent)
	q.out.delivered, q.out.ackTime = uint32(o.Unread), first
	q.out.link.History = slices.Clip(o.Link.History)
	if o.Link.State == mq.StateOnHold {
		q.out.paused = true
		q.out.link.State, q.out.link.Why = mq.StateConnected, "A session is open."
	}
}
