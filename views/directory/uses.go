package directory

import (
	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// use is a line of Used by.
type use struct {
	icon   string
	name   string
	how    string
	kind   string
	entry  *mgmtclient.Entry // nil: an outgoing queue
	route  screen.Route      // of an outgoing queue
	breaks bool              // refers to the entry in the directory
}

// outgoingTo are the outgoing queues to a public queue, on the computers of the sidebar.
func (p *Presenter) outgoingTo(e *mgmtclient.Entry) []use {
	var list []use
	for _, n := range p.host.Nodes() {
		o := p.host.Feed().Of(n.ID)
		for i := range o.Outgoing {
			q := &o.Outgoing[i]
			f, err := mq.ParseFormatName(q.FormatName)
			if err != nil || f.Kind != mq.KindPublic || f.GUID != e.ID {
				continue
			}
			list = append(list, use{
				icon: "send", name: n.Name, how: p.onTheWay(q), kind: "Outgoing queue",
				route: screen.Route{Screen: screen.Outgoing, Node: n.ID, Queue: screen.OutgoingName(q)},
			})
		}
	}
	return list
}

// onTheWay says what an outgoing queue has for its destination.
func (p *Presenter) onTheWay(q *mgmtclient.Queue) string {
	out := screen.OutgoingOf(q)
	switch {
	case out.Unsent == 1:
		return "1 message on its way to it"
	case out.Unsent > 1:
		return screen.Many(out.Unsent, "message") + " on their way to it"
	}
	for k := len(out.History) - 1; k >= 0; k-- {
		if h := &out.History[k]; !screen.Failed(h) {
			return "idle, last connected " + screen.Moment(h.Time, p.host.Now())
		}
	}
	return "idle"
}
