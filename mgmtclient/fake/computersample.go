package fake

import (
	"fmt"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// SampleLocal is the laptop LT-ANNA beside which the computers of
// SampleComputers are: 38 messages of nobody's.
func SampleLocal() *Node {
	n := small("LT-ANNA", 0, sampleQueue{"test.in", "To try things out", 38, 0, false})
	n.machine.QuotaKB = kb(1 << 20)
	return n
}

// SampleComputers are the other computers of a shipping firm, in every health:
// HUB-CPH01 is Sample; WMS-ODN01 refuses, DESK-HIRTSHALS does not answer, EDI-GW01
// offers little, CRM-ARH02 has another password. What is behind an address can be
// changed with Found.
func SampleComputers() *Computers {
	c := NewComputers()
	add := func(name string, p *Peer) {
		c.Add(mgmtclient.Computer{
			Name: name, Address: name + ".nordhavn.example", SignIn: mgmtclient.SignInPassword, User: `NORDHAVN\anna`,
		}, "north", p)
	}
	add("HUB-CPH01", &Peer{Node: Sample(), Password: "north", Took: 12 * time.Millisecond})
	add("HUB-AAR02", &Peer{Node: small("HUB-AAR02", 12,
		sampleQueue{"orders.in", "Orders, Jutland", 1804, 0, true}, sampleQueue{"price.updates", "Price list, express", 0, 0, false},
		sampleQueue{"stock.moves", "Stock movements", 2314, 0, true}), Lacks: Windows()})
	add("WMS-ODN01", &Peer{Err: mq.Errorf(mq.ErrRemoteMachineNotAvailable, "connect to WMS-ODN01.nordhavn.example",
		"192.0.2.41 answers, but nothing listens on port 2103").WithFix("start the Message Queuing service there")})
	erp := small("ERP-SQL03", 91, sampleQueue{"sap.idoc.out", "IDocs to partners", 53_910, 0, true}, sampleQueue{"invoices.out", "Invoices", 7523, 0, true})
	erp.fill(&erp.system[mq.SuffixDeadLetter], Rows{key: "ERP;deadletter", N: 14, Priority: mq.DefaultPriority, Make: erpDead})
	add("ERP-SQL03", &Peer{Node: erp, Lacks: Windows()})
	add("EDI-GW01", &Peer{Node: small("EDI-GW01", 3, sampleQueue{"edi.out", "EDIFACT", 12, 0, true}), Lacks: Without(Windows(),
		"NORDHAVN\\anna may look, but not manage: the account is no administrator there.",
		mgmtclient.CanOutgoing, mgmtclient.CanPurge, mgmtclient.CanReceive, mgmtclient.CanRemove, mgmtclient.CanMove, mgmtclient.CanMachineAct)})
	add("WMS-OSL04", &Peer{Node: small("WMS-OSL04", 4, sampleQueue{"stock.moves", "Stock movements", 812, 0, true}), Lacks: Windows()})
	add("DESK-RONNE", &Peer{Node: small("DESK-RONNE", 1, sampleQueue{"bookings", "Bookings", 3, 0, true})})
	add("DESK-SKAGEN", &Peer{Node: small("DESK-SKAGEN", 1)})
	add("DESK-HIRTSHALS", &Peer{Err: mq.Errorf(mq.ErrRemoteMachineNotAvailable, "connect to DESK-HIRTSHALS.nordhavn.example",
		"no answer within 5 seconds").WithFix("check that the computer is on and the line to it up"), Stops: mgmtclient.LayerPort})
	add("CRM-ARH02", &Peer{Node: small("CRM-ARH02", 7), Password: "changed"})
	return c
}

// small is a computer with some queues that has used so much of 1 GB, in per
// cent.
func small(name string, used int, queues ...sampleQueue) *Node {
	n := New(Options{Name: name, Now: NewClock(Now).Now})
	n.machine.Started = at("19 08:12:04")
	n.number = lastReserved
	for _, s := range queues {
		n.number++
		q := n.addQueue(s.name, n.number)
		q.Label, q.Transactional = s.label, s.transactional
		q.Created, q.Modified = at("02 09:14:00"), at("16 11:40:27")
		rows := Rows{N: s.messages, Size: 700, Make: sealed(func(i int) mgmtclient.Message { return generic(s.name, i, s.messages) }, s.transactional)}
		if !s.transactional {
			rows.Priority = mq.DefaultPriority
		}
		n.fill(&q.main, rows)
	}
	if used > 0 {
		n.machine.QuotaKB = kb(uint32(n.summary().Bytes * 100 / int64(used) >> 10))
		if n.summary().Bytes == 0 {
			n.machine.QuotaKB = kb(1 << 20)
		}
	}
	n.machine.Received, n.machine.Removed = 48_115, 47_020
	return n
}

// erpDead is a dead letter of ERP-SQL03.
func erpDead(i int) mgmtclient.Message {
	m := dead(mq.ClassNackReachQueueTimeout, `EDI-GW01\private$\sap.idoc.in`, "ERP-SQL03", 9400+i)
	m.Label = fmt.Sprintf("IDoc 00000000482%05d", 11604+37*i)
	if i >= 10 {
		m = dead(mq.ClassNackAccessDenied, `EDI-GW01\private$\invoices.out`, "ERP-SQL03", 9400+i)
		m.Label = fmt.Sprintf("Invoice 2026-%d", 118_690+12*i)
	}
	m.Priority = mq.DefaultPriority
	m.ArrivedTime = at("18 20:10:19").Add(time.Duration(i) * 47 * time.Minute)
	m.SentTime = m.ArrivedTime.Add(-time.Hour)
	m.Body = fmt.Appendf(nil, "E2EDP01%06d  %s\r\n", i+1, m.Label)
	return m
}
