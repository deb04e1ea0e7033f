package memory

import (
	"fmt"
	"math/rand/v2"

	"posthouse/directory/ldap"
)

// Spec is a forest to be made at once. Every site has a routing server, every link
// has those of its two sites as gates; sites are joined in a tree first, by chance then.
type Spec struct {
	Name                           string // DNS name; empty: big.example
	Sites, Links, Machines, Queues int
	Seed                           uint64
}

// Forest makes a big directory without the checks of its operations. Sites are
// Site0000 and so on, machines QM00000, queues queue00000 with the label "Queue 0".
func Forest(spec Spec, options ...Option) *Directory {
	if spec.Name == "" {
		spec.Name = "big.example"
	}
	d := New(spec.Name, options...)
	d.mu.Lock()
	defer d.mu.Unlock()
	at := func(dn string) *node { return d.byKey[ldap.Key(dn)] }
	sitesNode := at("CN=Sites," + d.root.Configuration)
	settings := at("CN=MsmqServices,CN=Services," + d.root.Configuration)
	computers := at("CN=Computers," + d.root.Default)
	sites := make([]*node, spec.Sites)
	for i := range sites {
		sites[i] = d.put(sitesNode, fmt.Sprintf("Site%04d", i), "site", nil)
		d.put(sites[i], "Servers", "serversContainer", nil)
	}
	machines := make([]*node, spec.Machines)
	for i := range machines {
		machines[i] = d.putMachine(computers, fmt.Sprintf("QM%05d", i), i < len(sites), sites, i)
	}
	for i, m := range machines[min(len(sites), len(machines)):] {
		if s := i % max(len(sites), 1); s < len(machines) {
			m.refs["msmqinroutingservers"] = []*node{machines[s]}
		}
	}
	r := rand.New(rand.NewPCG(spec.Seed, 1)) //nolint:gosec // a forest by chance, the same each time
	d.putLinks(settings, sites, machines, spec.Links, r)
	for i := range spec.Queues {
		if len(machines) == 0 {
			break
		}
		d.put(machines[i%len(machines)], fmt.Sprintf("queue%05d", i), "mSMQQueue", map[string][]string{
			"mSMQLabelEx": {fmt.Sprintf("Queue %d", i)}, "mSMQPrivacyLevel": {"1"}, "mSMQTransactional": {"TRUE"},
			"mSMQJournal": {"FALSE"}, "mSMQAuthenticate": {"FALSE"}, "mSMQBasePriority": {"0"},
		})
	}
	return d
}

// putMachine makes a computer with its queue manager.
func (d *Directory) putMachine(computers *node, name string, routing bool, sites []*node, i int) *node {
	c := d.put(computers, name, "computer", map[string][]string{
		"sAMAccountName": {name + "$"}, "dNSHostName": {ldap.Fold(name) + "." + d.root.Forest},
	})
	values := map[string][]string{"mSMQRoutingServices": {"FALSE"}, "mSMQServiceType": {"0"}, "mSMQForeign": {"FALSE"}}
	if routing {
		values["mSMQRoutingServices"], values["mSMQServiceType"] = []string{"TRUE"}, []string{"1"}
	}
	m := d.put(c, "msmq", "mSMQConfiguration", values)
	if len(sites) > 0 {
		site := sites[i%len(sites)]
		m.values["msmqsites"] = [][]byte{site.id[:]}
	}
	return m
}

// putLinks joins the sites.
func (d *Directory) putLinks(parent *node, sites, machines []*node, links int, r *rand.Rand) {
	joined := map[[2]int]bool{}
	for n := 0; n < links && len(sites) > 1; {
		a, b := n+1, 0
		if a < len(sites) {
			b = r.IntN(a)
		} else {
			a, b = r.IntN(len(sites)), r.IntN(len(sites))
		}
		a, b = min(a, b), max(a, b)
		if a == b || joined[[2]int{a, b}] {
			if len(joined) == len(sites)*(len(sites)-1)/2 {
				return
			}
			continue
		}
		joined[[2]int{a, b}] = true
		n++
		l := d.put(parent, ldap.LinkName(sites[a].id, sites[b].id), "mSMQSiteLink", map[string][]string{"mSMQCost": {fmt.Sprint(1 + r.IntN(100))}})
		l.refs["msmqsite1"], l.refs["msmqsite2"] = []*node{sites[a]}, []*node{sites[b]}
		if b < len(machines) {
			l.refs["msmqsitegates"] = []*node{machines[a], machines[b]}
		}
	}
}
