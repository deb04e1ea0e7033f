package fake

import (
	"context"
	"strings"
	"time"

	"posthouse/directory"
	"posthouse/directory/ldap"
	"posthouse/directory/ldap/memory"
	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
)

const (
	sampleDomain     = "nordhavn.example"
	sampleController = "dc01.nordhavn.example"
	sampleServers    = "OU=Servers,DC=nordhavn,DC=example"
)

// sampleIdentifiers are those that the pictures show.
var sampleIdentifiers = map[string]mq.GUID{
	"CN=orders.confirmed,CN=msmq,CN=HUB-CPH01," + sampleServers: parsed("8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2"),
	"CN=msmq,CN=HUB-CPH01," + sampleServers:                     parsed("3a9be7d1-04c8-4f0e-8a57-2e61f90cb3d4"),
}

func parsed(s string) mq.GUID {
	g, err := mq.ParseGUID(s)
	if err != nil {
		panic(err)
	}
	return g
}

// sampleMachines are computer, site, whether it routes, and its public queues with
// their labels.
var sampleMachines = []struct {
	name, site string
	routing    bool
	queues     [][2]string
}{
	{"CPH-ARCHIVE", "Copenhagen", false, [][2]string{{"orders.archive", "Closed, 7 years"}}},
	{"ERP-SQL03", "Copenhagen", false, [][2]string{{"invoices.posted", "Posted invoices"}, {"sap.idoc", "IDocs from partners"}}},
	{"HUB-CPH01", "Copenhagen", true, [][2]string{
		{"bookings", "Bookings of freight"},
		{"customs.status", "Answers of the customs"},
		{"edi.partners", "Partners by EDIFACT"},
		{"freight.rates", "Rates of the day"},
		{"orders.confirmed", "Confirmed, shops"},
		{"orders.returns", "Returned goods"},
		{"price.broadcast", "Price list, to all"},
		{"stock.levels", "Stock of all sites"},
	}},
	{"HUB-AAR02", "Aarhus", true, [][2]string{{"orders.jutland", "Orders, Jutland"}, {"orders.test", ""}}},
	{"LT-ANNA", "Aarhus", false, nil},
	{"WMS-ODN01", "Odense", true, [][2]string{{"wms.in", "Warehouse, Odense"}}},
	{"WMS-OSL04", "Oslo", true, [][2]string{{"orders.norway", "Orders for Norway"}}},
	{"DESK-HIRTSHALS", "Hirtshals", false, [][2]string{{"notices", "Notices to the desk"}}},
	{"DESK-RONNE", "Rønne", false, [][2]string{{"notices", "Notices to the desk"}}},
	{"DESK-SKAGEN", "Skagen", false, [][2]string{{"notices", "Notices to the desk"}}},
	{"EDI-GW01", "DMZ", false, [][2]string{{"edi.orders", "EDIFACT ORDERS, in"}}},
}

var sampleLinks = []struct {
	a, b, description string
	cost              uint32
	gates             []string
}{
	{"Hirtshals", "Aarhus", "", 4, []string{"HUB-AAR02"}},
	{"Skagen", "Aarhus", "", 4, []string{"HUB-AAR02"}},
	{"Aarhus", "Copenhagen", "Trunk AAR-CPH", 2, []string{"HUB-AAR02", "HUB-CPH01"}},
	{"Aarhus", "Odense", "Leased line AAR-ODN", 5, nil},
	{"Odense", "Copenhagen", "", 1, []string{"HUB-CPH01"}},
	{"Rønne", "Copenhagen", "Ferry radio", 6, []string{"HUB-CPH01"}},
	{"Oslo", "Copenhagen", "", 5, []string{"HUB-CPH01"}},
	{"Oslo", "Skagen", "", 8, nil},
	{"DMZ", "Copenhagen", "Firewall", 1, []string{"HUB-CPH01"}},
}

var sampleLists = []struct {
	name, description string
	members           []string // path names
}{
	{"All desks", "Every desk in the harbours", []string{`DESK-HIRTSHALS\notices`, `DESK-RONNE\notices`, `DESK-SKAGEN\notices`}},
	{"Order watchers", "Told of every order", []string{`HUB-CPH01\orders.confirmed`, `HUB-AAR02\orders.jutland`, `WMS-OSL04\orders.norway`, `CPH-ARCHIVE\orders.archive`}},
	{"Price list readers", "Get the price list at night", []string{
		`HUB-CPH01\price.broadcast`, `HUB-CPH01\freight.rates`, `ERP-SQL03\sap.idoc`, `WMS-ODN01\wms.in`,
		`DESK-HIRTSHALS\notices`, `DESK-RONNE\notices`, `DESK-SKAGEN\notices`,
	}},
}

var sampleAliases = [][3]string{
	{"b2b-orders", "Kattegat, by HTTPS", "DIRECT=HTTPS://kattegat.example/msmq/orders"},
	{"orders-main", "For orders.confirmed", "PUBLIC=8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2"},
	{"price-feed", "Prices of the day", `DIRECT=OS:HUB-CPH01\price.broadcast`},
	{"returns-desk", "What comes back", `DIRECT=OS:HUB-CPH01\orders.returns`},
}

// planter makes a forest object by object.
type planter struct {
	d   directory.Directory
	ids map[string]mq.GUID // of sites, machines and path names
}

func (p *planter) plant(parent string, o directory.Object, name string) directory.Object {
	made, err := p.d.Create(context.Background(), parent, o)
	if err != nil {
		panic("fake: " + err.Error())
	}
	p.ids[name] = made.Common().ID
	return made
}

// sampleForest makes it as it was on the day before, by an administrator.
func sampleForest(now func() time.Time) *memory.Directory {
	when := time.Date(2026, time.November, 18, 16, 20, 0, 0, Zone)
	clock := func() time.Time { return when }
	m := memory.New(sampleDomain, memory.Clock(func() time.Time { return clock() }), memory.Identifiers(identifier))
	anna := m.Person("anna")
	ops := m.Administrator()
	if err := ops.Add(context.Background(), sampleServers, []ldap.Attribute{{Name: "objectClass", Values: [][]byte{[]byte("organizationalUnit")}}}); err != nil {
		panic("fake: " + err.Error())
	}
	p := &planter{ldap.New(ops), map[string]mq.GUID{}}
	for _, s := range []string{"Aarhus", "Copenhagen", "DMZ", "Hirtshals", "Odense", "Oslo", "Rønne", "Skagen"} {
		p.plant("", &directory.Site{Head: directory.Head{Name: s}, Foreign: s == "DMZ"}, s)
	}
	for _, s := range sampleMachines {
		foreign := s.site == "DMZ"
		if !foreign {
			p.plant(sampleServers, &directory.Computer{Head: directory.Head{Name: s.name}, Account: s.name + "$", DNSName: strings.ToLower(s.name) + "." + sampleDomain}, s.name)
		}
		made := p.plant(sampleServers, &directory.Machine{
			Computer: s.name, Sites: []mq.GUID{p.ids[s.site]}, Routing: s.routing, Foreign: foreign, Quota: 8 << 20, Journal: mq.Never,
		}, s.name).(*directory.Machine)
		for _, q := range s.queues {
			p.queue(made, q[0], q[1], anna)
		}
	}
	for _, l := range sampleLinks {
		gates := make([]mq.GUID, len(l.gates))
		for i, g := range l.gates {
			gates[i] = p.ids[g]
		}
		p.plant("", &directory.Link{Description: l.description, Cost: l.cost, Site1: p.ids[l.a], Site2: p.ids[l.b], Gates: gates}, l.a+" "+l.b)
	}
	for _, l := range sampleLists {
		members := make([]directory.Member, len(l.members))
		for i, name := range l.members {
			members[i] = directory.Member{ID: p.ids[name]}
		}
		p.plant("", &directory.List{Head: directory.Head{Name: l.name}, Description: l.description, Members: members}, l.name)
	}
	for _, a := range sampleAliases {
		p.plant("", &directory.Alias{Head: directory.Head{Name: a[0]}, Description: a[1], FormatName: a[2]}, a[0])
	}
	clock = now
	return m
}

// queue makes a public queue that its computer owns and anna may read and send to.
func (p *planter) queue(m *directory.Machine, name, label string, anna secure.SID) {
	q := &directory.Queue{Machine: m.ID, Computer: m.Computer, Queue: name, Label: label, Quota: 102_400, JournalQuota: mq.Never, Privacy: 1, Transactional: true}
	owner, err := secure.ParseSID(m.SID)
	if err != nil {
		owner = secure.Administrators // of a foreign computer
	}
	allow := func(who secure.SID, r mq.QueueRight) secure.ACE {
		return secure.ACE{Type: secure.Allow, Mask: uint32(r), SID: who}
	}
	const see = mq.RightGetQueueProperties | mq.RightGetQueuePermissions
	d := secure.Descriptor{Owner: owner, DACL: secure.ACL{
		allow(owner, mq.RightQueueGenericAll), allow(secure.Administrators, mq.RightQueueGenericAll),
		allow(anna, see|mq.RightPeekMessage|mq.RightDeleteMessage|mq.RightWriteMessage), allow(secure.Everyone, see),
	}}
	q.Security = d.Append(nil)
	p.plant("", q, q.Path())
}
