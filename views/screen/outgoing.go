package screen

import (
	"fmt"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// Line is how an outgoing queue gets on, as a person sees it: its state
// (MS-MQMQ 2.3.12.11) and what the tries so far tell beside it.
type Line int

// The lines, the worst first: the order a list begins with.
const (
	LineStuck     Line = iota // tried in vain, again and again
	LineLocked                // only HTTP may leave the computer
	LineTrying                // not connected, tries
	LinePaused                // somebody holds it
	LineDirectory             // its address is in a directory that does not answer
	LineCut                   // no link, and messages that wait for one
	LineConnected
	LineClosing
	LineIdle // nothing to send
	LineNone // no link, nothing to send
	LineLocal
)

// stuckAfter is how many tries in vain are no longer taken for bad luck.
const stuckAfter = 3

// LineOf tells how an outgoing queue gets on.
func LineOf(q *mgmtclient.Queue) Line {
	o := OutgoingOf(q)
	switch mq.QueueState(q.State) {
	case mq.StateConnected:
		return LineConnected
	case mq.StateOnHold:
		return LinePaused
	case mq.StateLocked:
		return LineLocked
	case mq.StateDisconnecting:
		return LineClosing
	case mq.StateLocal:
		return LineLocal
	case mq.StateNeedValidation:
		// No directory knows other names: they are asked for at each try.
		if f, err := mq.ParseFormatName(q.FormatName); err == nil && f.Kind == mq.KindPublic {
			return LineDirectory
		}
	case mq.StateDisconnected:
		if o.Unsent > 0 {
			return LineCut
		}
		return LineNone
	case mq.StateInactive:
		// Between two tries nothing is tried.
		if o.Unsent == 0 || o.NextTry == nil && o.Failures == 0 {
			return LineIdle
		}
	case mq.StateWaiting:
	}
	if o.Failures >= stuckAfter {
		return LineStuck
	}
	return LineTrying
}

var lineStates = [...]kit.State{
	LineStuck: kit.OutgoingStuck, LineLocked: kit.OutgoingLocked, LineTrying: kit.OutgoingWaiting, LinePaused: kit.OutgoingPaused,
	LineDirectory: kit.OutgoingValidating, LineCut: kit.OutgoingNoLink, LineConnected: kit.OutgoingConnected,
	LineClosing: kit.OutgoingNoLink.With("Disconnecting"),
	LineIdle:    kit.OutgoingIdle, LineNone: kit.OutgoingNoLink, LineLocal: kit.OutgoingLocal,
}

// Shown is the line with icon, colour and word.
func (l Line) Shown() kit.State { return lineStates[l] }

// Waits reports whether messages in such a queue do not leave it now.
func (l Line) Waits() bool { return l < LineConnected }

// Alarms reports whether somebody should look after it.
func (l Line) Alarms() bool { return l == LineStuck || l == LineLocked }

// OutgoingOf is what an outgoing queue has beside its properties, never nil.
func OutgoingOf(q *mgmtclient.Queue) *mgmtclient.Outgoing {
	if q.Outgoing == nil {
		return &mgmtclient.Outgoing{Unsent: q.Messages}
	}
	return q.Outgoing
}

// OutgoingName is the name by which an outgoing queue is asked for.
func OutgoingName(q *mgmtclient.Queue) string {
	if q.FormatName != "" {
		return q.FormatName
	}
	return q.PathName
}

// Destination is where an outgoing queue leads, as a person writes it:
// HOST\private$\orders, an address of the web, a multicast group.
func Destination(q *mgmtclient.Queue) string {
	f, err := mq.ParseFormatName(q.FormatName)
	if err != nil {
		return q.PathName
	}
	path, bad := mq.ParsePathName(q.PathName)
	switch {
	case f.Kind == mq.KindPublic && bad == nil:
		return "Public: " + path.String()
	case f.Kind == mq.KindPublic:
		return "Public: " + f.GUID.String()
	case f.Kind == mq.KindMulticast:
		return "multicast " + f.Address
	case f.IsHTTP():
		return strings.ToLower(f.Protocol) + "://" + f.Address + "/msmq/" + strings.ReplaceAll(f.Path, `\`, "/")
	case f.Kind == mq.KindPrivate && bad != nil:
		return privateOf(f)
	}
	if p, ok := f.PathName(); ok {
		return p.String()
	}
	if bad == nil {
		return path.String()
	}
	return q.FormatName
}

// NameOf is what a queue is called: an outgoing one by where it leads.
func NameOf(q *mgmtclient.Queue) string {
	if q.Outgoing != nil {
		return Destination(q)
	}
	return QueueName(q.PathName)
}

// orderQueue is the number of the queue for acknowledgements (MS-MQQB 2.2.4).
const orderQueue = 4

func privateOf(f mq.FormatName) string {
	if f.Number == orderQueue {
		return f.GUID.String() + `\private$\order_queue$`
	}
	return fmt.Sprintf(`%s\private$\%08x`, f.GUID, f.Number)
}

// DestinationHost is the computer an outgoing queue leads to; "" if its name
// does not tell.
func DestinationHost(q *mgmtclient.Queue) string {
	if f, err := mq.ParseFormatName(q.FormatName); err == nil && f.Kind == mq.KindDirect {
		return f.Address
	}
	if p, err := mq.ParsePathName(q.PathName); err == nil {
		return p.Machine
	}
	return ""
}

// Departures sums up the outgoing queues of a computer.
type Departures struct {
	Queues int
	Alarms int   // queues that somebody should look after
	Waits  int   // other queues whose messages do not leave now
	Unsent int64 // messages not delivered yet, in all
}

// DeparturesOf sums up outgoing queues.
func DeparturesOf(list []mgmtclient.Queue) Departures {
	d := Departures{Queues: len(list)}
	for i := range list {
		n := OutgoingOf(&list[i]).Unsent
		d.Unsent += n
		switch l := LineOf(&list[i]); {
		case l.Alarms() && n > 0:
			d.Alarms++
		case l.Waits() && n > 0:
			d.Waits++
		}
	}
	return d
}

// Add adds those of another computer.
func (d *Departures) Add(x Departures) {
	d.Queues += x.Queues
	d.Alarms += x.Alarms
	d.Waits += x.Waits
	d.Unsent += x.Unsent
}

// Offline reports whether a queue manager was taken off the network.
func Offline(m mgmtclient.Machine) bool { return m.State == mq.MachineDisconnected }

// Shown is the state of a computer, by what was heard of it.
func (o Overview) Shown(n Node) kit.State {
	switch {
	case n.Client == nil:
	case o.Err == nil && Offline(o.Machine):
		return kit.ComputerCutOff
	case n.State == Connected && (o.Err != nil || o.Part != nil):
		return kit.ComputerLimited
	}
	return n.Shown()
}
