package fake

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

const orders = 2486

// orderSizes are about the body sizes of the first orders, in bytes.
var orderSizes = []int{2150, 1840, 1850, 0, 2050, 1950, 12900, 1740, 2250, 2150, 1840, 1950, 151500, 1840}

var orderTimes = []string{
	"18 23:57:11", "18 23:58:18", "19 00:02:25", "19 00:03:32", "19 00:04:39", "19 00:05:46", "19 00:06:53",
	"19 00:07:00", "19 00:08:07", "19 00:09:14", "19 00:09:21", "19 00:09:28", "19 00:09:35", "19 00:09:42",
}

// order is message i of orders.in.
func order(i int) mgmtclient.Message {
	k := i % len(orderTimes)
	source := sampleSources[k]
	sent := at(orderTimes[k])
	if i >= len(orderTimes) {
		sent = sent.Add(at("19 00:09:42").Sub(sent)).Add(time.Duration((i-len(orderTimes)+1)*51736/(orders-len(orderTimes))) * time.Second)
	}
	number := fmt.Sprintf("4711-%d", 2093+i)
	ttrq, ttbr := mq.DefaultTimeToReachQueue, uint32(345600)
	size := orderSizes[k]
	if i >= len(orderTimes) && size > 20000 {
		size = 5200
	}
	return mgmtclient.Message{
		ID: sampleID(source, 20931+10*i), Label: "Order " + number, Transactional: true,
		SentTime: sent, ArrivedTime: sent.Add(time.Second), SourceMachine: source,
		SenderSID: "S-1-5-21-1004336348-1177238915-682003330-1122", TTRQ: &ttrq, TTBR: &ttbr, DeadLetter: true,
		DestinationQueue: `DIRECT=OS:HUB-CPH01\private$\orders.in`, ResponseQueue: `DIRECT=OS:HUB-CPH01\private$\orders.replies`,
		Body: orderBody(number, sent.Add(-time.Second), size),
	}
}

// orderBody is an order in XML of about size bytes; 0: with two lines.
func orderBody(number string, placed time.Time, size int) []byte {
	var b bytes.Buffer
	lines := []string{`sku="NH-20418" qty="12" unit="PCS"`, `sku="NH-77120" qty="3" unit="PAL"`}
	for n := 0; len(lines)*45+430 < size; n++ {
		lines = append(lines, fmt.Sprintf(`sku="NH-%d" qty="%d" unit="PCS"`, 20418+n*37%70000, 1+n*7%48))
	}
	fmt.Fprintf(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Order xmlns=\"urn:nordhavn:orders:3\">\n  <OrderId>%s</OrderId>\n", number)
	fmt.Fprintf(&b, "  <Placed>%s</Placed>\n  <Customer no=\"100482\">\n    <Name>Bornholms Isenkram A/S</Name>\n", placed.In(Zone).Format(time.RFC3339))
	fmt.Fprintf(&b, "    <Port>DKRNN</Port>\n  </Customer>\n  <Lines count=\"%d\">\n", len(lines))
	for _, l := range lines {
		fmt.Fprintf(&b, "    <Line %s/>\n", l)
	}
	b.WriteString("  </Lines>\n  <Currency>DKK</Currency>\n  <Total>18240.50</Total>\n</Order>")
	return b.Bytes()
}

func (n *Node) sampleOrders() {
	q := n.queues["orders.in"]
	q.QuotaKB, q.JournalQuotaKB = kb(102_400), kb(51_200)
	n.fill(&q.main, Rows{key: "orders.in", N: orders, Make: sealed(order, true)})
	n.fill(&q.journal, Rows{key: "orders.in;journal", N: 1902, Make: sealed(func(i int) mgmtclient.Message {
		m := order(i)
		m.ID = sampleID(m.SourceMachine, 1900+10*i)
		m.Label = fmt.Sprintf("Order 4711-%d", 190+i)
		m.SentTime = at("18 09:00:10").Add(time.Duration(i) * 28 * time.Second)
		m.ArrivedTime, m.TTBR = m.SentTime.Add(time.Second), nil
		m.Body = orderBody(m.Label[6:], m.SentTime, 1900)
		return m
	}, true)})
	n.fill(&q.sub("retries", true).box, Rows{key: "orders.in;retries", N: 3, Make: sealed(func(i int) mgmtclient.Message {
		m := order(i)
		m.Label, m.ID = fmt.Sprintf("Order 4711-%d", 2061+4*i), sampleID(m.SourceMachine, 20611+40*i)
		moved := at("19 14:18:20").Add(time.Duration(i) * 97 * time.Second)
		m.MoveCount, m.LastMoveTime = 1+i, &moved
		return m
	}, true)})
	n.fill(&q.sub("poison", true).box, Rows{key: "orders.in;poison", N: 2, Make: sealed(func(i int) mgmtclient.Message {
		m := order(i)
		m.Label, m.ID = fmt.Sprintf("Order 4711-%d", 1987+31*i), sampleID(m.SourceMachine, 19871+310*i)
		moved := at("18 17:02:41").Add(time.Duration(i) * 3 * time.Hour)
		m.MoveCount, m.LastMoveTime, m.AbortCount = 3, &moved, 2
		m.Body = bytes.Replace(m.Body, []byte("</Order>"), []byte("</Odrer>"), 1)
		return m
	}, true)})
}

// failedOrder is an error message of NServiceBus.
func failedOrder(i int) mgmtclient.Message {
	m := order(i * 3)
	m.Label = ""
	m.AppSpecific = 1
	m.CorrelationID = m.ID
	m.TTBR = nil
	m.Body = []byte(strings.ReplaceAll(string(orderBody(fmt.Sprintf("4711-%d", 1700+i*11), m.SentTime, 0)), "Order", "PlaceOrder"))
	var x strings.Builder
	x.WriteString(`<?xml version="1.0"?><ArrayOfHeaderInfo>`)
	for _, h := range [][2]string{
		{"NServiceBus.FailedQ", "orders.in@HUB-CPH01"},
		{"NServiceBus.EnclosedMessageTypes", "Nordhavn.Orders.PlaceOrder, Nordhavn.Orders"},
		{"NServiceBus.ContentType", "text/xml"},
		{"NServiceBus.ExceptionInfo.ExceptionType", "System.TimeoutException"},
		{"NServiceBus.ExceptionInfo.Message", "The stock service did not answer within 30 seconds."},
		{"NServiceBus.TimeOfFailure", m.SentTime.Format("2006-01-02 15:04:05:000000 Z")},
	} {
		fmt.Fprintf(&x, "<HeaderInfo><Key>%s</Key><Value>%s</Value></HeaderInfo>", h[0], h[1])
	}
	x.WriteString("</ArrayOfHeaderInfo>\x00\x00")
	m.Extension = []byte(x.String())
	return m
}

// deferredOrder is a message of Rebus.
func deferredOrder(i int) mgmtclient.Message {
	m := order(i * 2)
	m.Label = "Nordhavn.Orders.Remind, Nordhavn.Orders"
	m.Body = fmt.Appendf(nil, `{"$type":"Nordhavn.Orders.Remind, Nordhavn.Orders","Order":"4711-%d","After":"00:15:00"}`, 2044+i)
	m.Extension = fmt.Appendf(nil, `{"rbs2-msg-id":"%s","rbs2-msg-type":"Nordhavn.Orders.Remind, Nordhavn.Orders","rbs2-content-type":"application/json;charset=utf-8","rbs2-source-queue":"orders.in@HUB-CPH01"}`,
		guidOf(m.Label+string(rune('a'+i))))
	return m
}

// invoice is text with a fixed layout, in UTF-16 as VB6 sends it.
func invoice(i int) mgmtclient.Message {
	m := generic("invoices.in", i, 408)
	m.Label = fmt.Sprintf("Invoice 2026-%d", 118400+i)
	m.SourceMachine = "ERP-SQL03"
	m.ID = sampleID("ERP-SQL03", 7100+i)
	m.BodyType = 8
	m.Body = nil
	for _, r := range fmt.Sprintf("INV;2026-%d;100482;Bornholms Isenkram A/S;DKK;%d.50\r\n", 118400+i, 900+i*13) {
		m.Body = append(m.Body, byte(r), 0)
	}
	return m
}

func (n *Node) sampleDeadLetters() {
	moves := []struct {
		label, died string
		body        int
	}{
		{"Move PAL-88090 to C-19", "19 13:08:40", 2200},
		{"Count B-07, cycle 46", "19 13:30:12", 6900},
		{"Move PAL-88096 to C-22", "19 13:31:05", 2200},
		{"Move PAL-88101 to A-01", "19 13:44:51", 2300},
		{"Move PAL-88109 to A-03", "19 13:49:33", 2400},
		{"Move PAL-88117 to B-12", "19 13:55:22", 2200},
		{"Move PAL-88120 to B-14", "19 13:57:16", 2200},
	}
	n.fill(&n.system[mq.SuffixDeadXact], Rows{key: "deadxact", N: 23, Make: func(i int) mgmtclient.Message {
		m := dead(mq.ClassNackBadDestQueue, `WMS-ODN01\private$\stock.moves.v2`, "HUB-CPH01", 7720+4*i)
		if i < 16 {
			m.Label = fmt.Sprintf("Move PAL-%d to %c-%02d", 87996+6*i, 'A'+rune(i%3), 1+i*5%24)
			m.ArrivedTime = at("19 11:40:03").Add(time.Duration(i) * 5 * time.Minute)
		} else {
			m.Label, m.ArrivedTime = moves[i-16].label, at(moves[i-16].died)
			m.ID = sampleID("HUB-CPH01", 7721+4*(i-16))
		}
		m.SentTime = m.ArrivedTime.Add(-2 * time.Second)
		pallet := strings.TrimPrefix(strings.Split(m.Label, " to ")[0], "Move ")
		m.Body = fmt.Appendf(nil, "{\n  \"type\": \"PalletMove\",\n  \"pallet\": %q,\n  \"from\": \"DOCK-3\",\n  \"to\": %q,\n  \"weightKg\": 412.5,\n  \"by\": \"svc-wms\"\n}",
			pallet, m.Label[max(strings.LastIndexByte(m.Label, ' ')+1, 0):])
		m.Transactional, m.FirstInTransaction, m.LastInTransaction = true, true, true
		return m
	}})
	type letter struct {
		class             mq.Class
		label, to, died   string
		after, size, next int
	}
	letters := []letter{
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211604", "sap.idoc.in", "17 22:40:10", 345600, 1200, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211611", "sap.idoc.in", "17 22:41:33", 345600, 1400, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211640", "sap.idoc.in", "17 23:02:58", 345600, 2100, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211702", "sap.idoc.in", "18 02:15:00", 345600, 800, 0},
		{mq.ClassNackNotTransactionalMsg, "Freight order 7704511", "tms.freight", "18 10:05:47", 1, 900, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211744", "sap.idoc.in", "18 11:31:09", 345600, 3300, 0},
		{mq.ClassNackAccessDenied, "Invoice 2026-118701", "invoices.out", "18 16:20:30", 1, 9800, 0},
		{mq.ClassNackAccessDenied, "Invoice 2026-118744", "invoices.out", "18 17:48:02", 1, 10100, 0},
		{mq.ClassNackAccessDenied, "Invoice 2026-118790", "invoices.out", "18 18:22:15", 1, 10900, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211798", "sap.idoc.in", "18 19:44:44", 345600, 96000, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211822", "sap.idoc.in", "18 20:10:19", 345600, 98200, 0},
		{mq.ClassNackAccessDenied, "Invoice 2026-118834", "invoices.out", "19 08:51:26", 1, 11300, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211893", "sap.idoc.in", "19 09:14:20", 345600, 98100, 0},
		{mq.ClassNackReachQueueTimeout, "IDoc 0000000048211907", "sap.idoc.in", "19 09:14:52", 345600, 151000, 0},
	}
	n.fill(&n.system[mq.SuffixDeadLetter], Rows{key: "deadletter", N: len(letters), Priority: mq.DefaultPriority, Make: func(i int) mgmtclient.Message {
		l := letters[i]
		m := dead(l.class, `EDI-GW01\private$\`+l.to, "HUB-CPH01", 9300+i)
		m.Label, m.ArrivedTime, m.Priority = l.label, at(l.died), mq.DefaultPriority
		m.SentTime = m.ArrivedTime.Add(-time.Duration(l.after) * time.Second)
		var b strings.Builder
		for k := 0; b.Len() < l.size; k++ {
			fmt.Fprintf(&b, "E2EDP01%06d %s  000000000000%04d  PCS  DKRNN  DKCPH\r\n", k+1, l.label, k%997)
		}
		m.Body = []byte(b.String())
		return m
	}})
}

// dead is a dead letter without its times.
func dead(class mq.Class, to, source string, number int) mgmtclient.Message {
	ttrq := mq.DefaultTimeToReachQueue
	return mgmtclient.Message{
		ID: sampleID(source, number), ClassCode: class, DeadLetter: true, TTRQ: &ttrq, SourceMachine: source,
		SenderSID: "S-1-5-21-1004336348-1177238915-682003330-1150", DestinationQueue: "DIRECT=OS:" + to,
	}
}
