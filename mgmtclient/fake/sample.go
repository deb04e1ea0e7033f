package fake

import (
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Sample is the machine HUB-CPH01 of a shipping firm at Now: 41 private
// queues, orders.in with 2,486 orders, a journal and two subqueues, 37 dead
// letters of four kinds, eight outgoing queues. Its clock stands still.
func Sample() *Node { return SampleAt(NewClock(Now)) }

// SampleAt is Sample with a clock to move.
func SampleAt(clock *Clock) *Node {
	id, err := mq.ParseGUID("3a9be7d1-04c8-4f0e-8a57-2e61f90cb3d4")
	if err != nil {
		panic(err)
	}
	n := New(Options{Name: "HUB-CPH01", ID: id, Now: clock.Now})
	n.ordinal = 100000
	n.seq = 983040
	n.machine.Started = at("19 08:12:04")
	n.machine.DataFolder = "/home/anna/.local/share/posthouse"
	n.machine.QuotaKB = kb(1 << 20)
	n.machine.JournalQuotaKB = kb(1 << 20)
	for _, q := range sampleQueues {
		n.sampleQueue(q)
	}
	n.sampleOrders()
	n.sampleDeadLetters()
	n.sampleOutgoing()
	n.fill(&n.system[mq.SuffixJournal], Rows{key: "journal", N: 2310, Make: func(i int) mgmtclient.Message {
		m := generic("price.updates", i, 2310)
		m.Label = fmt.Sprintf("Sent: price list %05d", 4400+i)
		return m
	}})
	n.machine.Received, n.machine.Removed = 968_412, 951_230
	return n
}

func kb(v uint32) *uint32 { return &v }

// at reads a local time in November 2026: "19 14:32:07".
func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-"+s, Zone)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

type sampleQueue struct {
	name, label       string
	messages, journal int
	transactional     bool
}

var sampleQueues = []sampleQueue{
	{"customs.declarations", "Customs export", 112, 0, true},
	{"edi.acks", "EDIFACT CONTRL", 0, 0, true},
	{"invoices.in", "Invoices from ERP", 408, 408, true},
	{"orders.error", "Failed after 5 attempts", 17, 0, true},
	{"orders.in", "Orders, web and desks", 0, 0, true},
	{"orders.in.retries", "Rebus deferred", 6, 0, true},
	{"price.updates", "Price list, express", 0, 0, false},
	{"stock.moves", "Stock movements", 933, 0, true},
	{"stock.moves.error", "Failed stock movements", 0, 0, true},
	{"stock.reserve", "Reservations", 41, 0, true},
	{"tariff.rates", "Freight tariffs", 0, 0, false},
	{"terminal.gates", "Gate passages", 1240, 0, false},
	{"tms.bookings", "Transport bookings", 318, 0, true},
	{"tms.bookings.error", "Failed bookings", 2, 0, true},
	{"tms.freight", "Freight orders", 77, 0, true},
	{"tms.replies", "Carrier replies", 0, 0, true},
	{"track.events", "Track and trace", 4102, 0, false},
	{"track.replies", "Track and trace replies", 0, 0, false},
	{"trucks.positions", "Positions, express", 860, 0, false},
	{"vat.reports", "VAT reports", 1, 0, true},
	{"vendor.catalogue", "Vendor catalogue", 0, 0, true},
	{"vendor.sync", "Vendor master data", 12, 0, true},
	{"voyages.arrivals", "Ship arrivals", 3, 0, true},
	{"voyages.in", "Voyage plans", 9, 0, true},
	{"voyages.out", "Voyage plans to ports", 0, 0, true},
	{"warehouse.counts", "Stock counts", 64, 0, true},
	{"warehouse.doors", "Door events", 510, 0, false},
	{"warehouse.labels", "Labels to print", 26, 0, false},
	{"warehouse.pallets", "Pallets moved", 188, 0, true},
	{"warehouse.picks", "Pick lists", 95, 0, true},
	{"warehouse.picks.done", "Picks done", 0, 0, true},
	{"warehouse.scales", "Weighbridge", 7, 0, false},
	{"web.baskets", "Abandoned baskets", 264, 0, false},
	{"web.customers", "Customer changes", 19, 0, true},
	{"web.mail", "Mail to send", 33, 0, true},
	{"web.mail.error", "Mail not sent", 4, 0, true},
	{"web.returns", "Returns", 14, 0, true},
	{"web.reviews", "Reviews", 0, 0, false},
	{"work.nightly", "Nightly jobs", 5, 0, true},
	{"work.reports", "Reports", 311, 0, true},
	{"yard.trailers", "Trailers in the yard", 1, 0, true},
}

func (n *Node) sampleQueue(s sampleQueue) {
	n.number++
	q := n.addQueue(s.name, n.number)
	q.Label, q.Transactional = s.label, s.transactional
	q.Created, q.Modified = at("02 09:14:00"), at("16 11:40:27")
	q.Journal = s.journal > 0 || s.name == "orders.in"
	make := func(i int) mgmtclient.Message { return generic(s.name, i, s.messages) }
	switch s.name {
	case "orders.error":
		make = failedOrder
	case "orders.in.retries":
		make = deferredOrder
	case "invoices.in":
		make = invoice
	}
	priority := mq.DefaultPriority
	if s.transactional {
		priority = 0
	}
	if s.messages > 0 {
		n.fill(&q.main, Rows{key: s.name, N: s.messages, Priority: priority, Make: sealed(make, s.transactional)})
	}
	if s.journal > 0 {
		n.fill(&q.journal, Rows{key: s.name + ";journal", N: s.journal, Priority: priority, Make: sealed(make, s.transactional)})
	}
}

// sealed adds what follows from being transactional.
func sealed(make func(int) mgmtclient.Message, transactional bool) func(int) mgmtclient.Message {
	return func(i int) mgmtclient.Message {
		m := make(i)
		m.Transactional = transactional
		m.Priority = mq.DefaultPriority
		if transactional {
			m.Priority, m.FirstInTransaction, m.LastInTransaction = 0, true, true
			if o, err := mq.ParseObjectID(m.ID); err == nil {
				m.TransactionID = mq.ObjectID{Source: o.Source, Ordinal: o.Ordinal + 500_000}.String()
			}
		}
		return m
	}
}

// sampleID is the message identifier number n of a computer.
func sampleID(computer string, n int) string {
	id := guidOf("machine " + computer)
	if computer == "WEB-CPH01" {
		if g, err := mq.ParseGUID("6f1c2d80-51aa-4c3e-9d12-7c0a2f1e88b4"); err == nil {
			id = g
		}
	}
	return mq.ObjectID{Source: id, Ordinal: uint32(n)}.String()
}

var sampleSources = []string{
	"DESK-RONNE", "WEB-CPH02", "WEB-CPH02", "WEB-CPH01", "DESK-SKAGEN", "WEB-CPH02", "WEB-CPH01",
	"WEB-CPH01", "WEB-CPH02", "DESK-RONNE", "WEB-CPH02", "WEB-CPH01", "WEB-CPH02", "WEB-CPH01",
}

// generic is a small JSON message.
func generic(queue string, i, count int) mgmtclient.Message {
	source := sampleSources[(i*5+len(queue))%len(sampleSources)]
	sent := at("19 14:31:40").Add(-time.Duration(count-1-i) * 47 * time.Second)
	word := queue[strings.LastIndexByte(queue, '.')+1:]
	ttrq := mq.DefaultTimeToReachQueue
	return mgmtclient.Message{
		ID: sampleID(source, 30000+i), Label: fmt.Sprintf("%s%s %06d", strings.ToUpper(word[:1]), word[1:], 118200+i),
		SentTime: sent, ArrivedTime: sent.Add(time.Second), SourceMachine: source, SenderSID: "S-1-5-21-1004336348-1177238915-682003330-1141",
		TTRQ: &ttrq, DestinationQueue: `DIRECT=OS:HUB-CPH01\private$\` + queue,
		Body: fmt.Appendf(nil, "{\n  \"type\": %q,\n  \"number\": %d,\n  \"source\": %q,\n  \"at\": %q\n}\n",
			word, 118200+i, source, sent.Format(time.RFC3339)),
	}
}

// Readings are a million rows of 1 KB and less, for the biggest queue one can
// think of: n.Fill(queue, fake.Readings(1_000_000)).
func Readings(count int) Rows {
	return Rows{N: count, Priority: mq.DefaultPriority, Size: 1024, Make: func(i int) mgmtclient.Message {
		m := generic("meter.readings", i, count)
		m.Label = fmt.Sprintf("Reading %07d", i+1)
		m.Priority = mq.DefaultPriority
		m.SentTime = at("19 14:31:40").Add(-time.Duration(count-1-i) * 200 * time.Millisecond).Truncate(time.Second)
		m.ArrivedTime = m.SentTime
		return m
	}}
}
