package routemap

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// site is a site as the map shows it.
type site struct {
	mgmtclient.RouteSite
	machines []machine
	words    string    // below the name: "gate HUB-CPH01", "1 server", "foreign site"
	health   kit.State // of the worst of its queue managers; without icon: none is known
	told     string    // whose health that is, and what it is
	unsent   int64     // messages in outgoing queues of its queue managers that are known
	tone     kit.Tone  // of unsent
}

// machine is a queue manager of a site.
type machine struct {
	mgmtclient.RouteMachine
	node  *screen.Node // the same among the computers of the window; nil: it is not
	state kit.State    // without icon: not known
	out   screen.Departures
}

// kind is what a queue manager is for others, in a word; "" nothing.
func (m *machine) kind() string {
	switch {
	case m.Gate:
		return "gate"
	case m.Foreign:
		return "foreign"
	case m.Routing:
		return "routing"
	}
	return ""
}

// live is what the computers of the window tell of the queue managers of the
// forest.
type live struct {
	host  screen.Host
	nodes []screen.Node
	byID  map[mq.GUID]int
	named map[string]int
	stuck map[string]string // computers that others cannot connect to: who says so
}

func liveOf(h screen.Host) live {
	l := live{host: h, nodes: h.Nodes(), byID: map[mq.GUID]int{}, named: map[string]int{}, stuck: map[string]string{}}
	for i := range l.nodes {
		n := &l.nodes[i]
		o := h.Feed().Of(n.ID)
		if !o.Machine.ID.IsZero() {
			l.byID[o.Machine.ID] = i
		}
		for _, name := range []string{n.Address, n.Name, o.Machine.Name} {
			if name = plain(name); name != "" {
				l.named[name] = i
			}
		}
		for k := range o.Outgoing {
			if q := &o.Outgoing[k]; screen.LineOf(q) == screen.LineStuck {
				if to := plain(screen.DestinationHost(q)); to != "" {
					l.stuck[to] = n.Name
				}
			}
		}
	}
	return l
}

// plain is a computer's name or address as one compares it: without port, in
// small letters.
func plain(name string) string {
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	return strings.ToLower(name)
}

// is reports whether a name is one of a queue manager.
func is(m *mgmtclient.RouteMachine, name string) bool {
	name = plain(name)
	return name != "" && (name == strings.ToLower(m.Name) || name == strings.ToLower(m.DNSName))
}

// of finds a queue manager among the computers of the window.
func (l live) of(m *mgmtclient.RouteMachine) *screen.Node {
	i, ok := l.byID[m.ID]
	for _, name := range []string{m.Name, m.DNSName} {
		if !ok && name != "" {
			i, ok = l.named[plain(name)]
		}
	}
	if !ok {
		return nil
	}
	return &l.nodes[i]
}

// machine tells how a queue manager is.
func (l live) machine(r mgmtclient.RouteMachine) machine {
	m := machine{RouteMachine: r, node: l.of(&r)}
	if m.node != nil {
		o := l.host.Feed().Of(m.node.ID)
		m.state = o.Shown(*m.node)
		m.out = screen.DeparturesOf(o.Outgoing)
	} else if who := cmp.Or(l.stuck[plain(r.Name)], l.stuck[plain(r.DNSName)]); who != "" {
		m.state = kit.OutgoingStuck.With(who + " cannot connect")
	}
	return m
}

// site tells how a site is.
func (l live) site(r mgmtclient.RouteSite) site {
	s := site{RouteSite: r, words: siteWords(&r)}
	for i := range r.Machines {
		m := l.machine(r.Machines[i])
		if m.state.Icon != "" && badness(m.state.Color) > badness(s.health.Color) {
			s.health, s.told = m.state, m.Name+": "+m.state.Word
		}
		s.unsent += m.out.Unsent
		switch {
		case m.out.Alarms > 0:
			s.tone = kit.Danger
		case m.out.Waits > 0 && s.tone != kit.Danger:
			s.tone = kit.Warning
		}
		s.machines = append(s.machines, m)
	}
	slices.SortStableFunc(s.machines, func(a, b machine) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

// badness orders states; nothing known is least.
func badness(c fyne.ThemeColorName) int {
	return 1 + slices.Index([]fyne.ThemeColorName{theme.Success, theme.Neutral, theme.Info, theme.Warning, theme.Danger}, c)
}

// siteWords say what a site has.
func siteWords(s *mgmtclient.RouteSite) string {
	var gates []string
	servers, desks := 0, 0
	for i := range s.Machines {
		switch m := &s.Machines[i]; {
		case m.Gate:
			gates = append(gates, m.Name)
		case m.Routing:
			servers++
		default:
			desks++
		}
	}
	var parts []string
	count := func(n int, noun string) {
		if n > 0 {
			parts = append(parts, screen.Many(int64(n), noun))
		}
	}
	switch {
	case len(gates) == 1:
		return "gate " + gates[0]
	case len(gates) > 1:
		return fmt.Sprintf("%d gates", len(gates))
	case s.Foreign:
		return "foreign site"
	}
	count(servers, "server")
	count(desks, "desk")
	if len(parts) == 0 {
		return "no queue managers"
	}
	return strings.Join(parts, ", ")
}

// tip tells of a site what has no room on the map.
func (s *site) tip() string {
	var words []string
	for i := range s.machines {
		words = append(words, s.machines[i].Name)
		if i == 5 && len(s.machines) > 7 {
			words = append(words, fmt.Sprintf("%d more", len(s.machines)-6))
			break
		}
	}
	t := s.Name
	if len(words) > 0 {
		t += " (" + strings.Join(words, ", ") + ")"
	}
	switch {
	case s.told != "":
		t += ". " + s.told
	case len(words) > 0:
		t += ". None of them is among your computers"
	}
	if s.unsent > 0 {
		t += ". " + screen.Many(s.unsent, "message") + " not sent yet"
	}
	return t
}
