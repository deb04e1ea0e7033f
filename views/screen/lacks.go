package screen

import (
	"cmp"
	"slices"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Lacks is why something cannot be done on a computer, as a sentence; "" if all
// that it needs is there.
func (n Node) Lacks(needs ...mgmtclient.Capability) string {
	if n.Client == nil {
		return "There is no connection to " + n.Name + "."
	}
	has := mgmtclient.Capabilities(n.Client)
	for _, c := range needs {
		if !slices.Contains(has, c) {
			return cmp.Or(Sentence(mgmtclient.Lacks(n.Client, c)), n.Name+" does not offer it from here.")
		}
	}
	return ""
}

// Refusal is the error of trying what a connection lacks.
func Refusal(client mgmtclient.Node, op string, c mgmtclient.Capability) error {
	return Node{Name: "this computer", Client: client}.Refuse(op, c)
}

// Refuse is the error of trying what a computer lacks.
func (n Node) Refuse(op string, c mgmtclient.Capability) error {
	code := mq.ErrUnsupportedOperation
	if n.Client == nil {
		code = mq.ErrServiceNotAvailable
	}
	return mq.Errorf(code, op, "%s", n.Lacks(c))
}

// Needs is the Lacks of an Act: what the computer of a screen lacks for it. A
// computer without a connection lacks nothing that would have to be explained.
func Needs(node func() Node, needs ...mgmtclient.Capability) func() string {
	return func() string {
		if n := node(); n.Client != nil {
			return n.Lacks(needs...)
		}
		return ""
	}
}

// Offer is one of the things that can be done with a computer, in words.
type Offer struct {
	What string
	Why  string // it cannot be done; "" it can
}

var offers = []struct {
	need mgmtclient.Capability
	what string
}{
	{mgmtclient.CanSend, "Send messages to its queues"},
	{mgmtclient.CanReceive, "Receive messages"},
	{mgmtclient.CanRemove, "Delete single messages"},
	{mgmtclient.CanMove, "Move, copy and return messages"},
	{mgmtclient.CanSearch, "Search in bodies"},
	{mgmtclient.CanExport, "Export messages"},
	{mgmtclient.CanArchive, "Import messages"},
	{mgmtclient.CanPurge, "Purge queues"},
	{mgmtclient.CanAdmin, "Create, change and delete queues"},
	{mgmtclient.CanGuard, "Show and change permissions"},
	{mgmtclient.CanOutgoing, "Pause, resume and resend outgoing queues"},
	{mgmtclient.CanMachineAct, "Work offline, give back disk space"},
	{mgmtclient.CanMachineAdmin, "Change its settings, check its store"},
	{mgmtclient.CanWatch, "Show changes at once"},
}

// Offers are the things that can be done with a connected computer, and those
// that cannot, with the reason.
func (n Node) Offers() []Offer {
	var list []Offer
	for _, o := range offers {
		list = append(list, Offer{o.what, n.Lacks(o.need)})
	}
	return list
}

// basics are what one manages a queue manager with. What else may be missing is
// usual for one of another make, and no reason to worry about its health.
var basics = []mgmtclient.Capability{mgmtclient.CanReceive, mgmtclient.CanRemove, mgmtclient.CanPurge, mgmtclient.CanOutgoing}

// Health is the state of a connection to a queue manager elsewhere.
func Health(client mgmtclient.Node) NodeState {
	has := mgmtclient.Capabilities(client)
	for _, c := range basics {
		if !slices.Contains(has, c) {
			return Limited
		}
	}
	return Connected
}
