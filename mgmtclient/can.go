package mgmtclient

// Capability names one of the small interfaces beside Node.
type Capability string

// The capabilities, one for each interface of capability.go.
const (
	CanAdmin        Capability = "queueAdmin"
	CanPurge        Capability = "purger"
	CanSend         Capability = "sender"
	CanReceive      Capability = "receiver"
	CanRemove       Capability = "remover"
	CanMove         Capability = "mover"
	CanSearch       Capability = "searcher"
	CanGuard        Capability = "guard"
	CanMachineAdmin Capability = "machineAdmin"
	CanMachineAct   Capability = "machineActions"
	CanWatch        Capability = "watcher"
	CanExport       Capability = "exporter"
	CanArchive      Capability = "archiver"
	CanOutgoing     Capability = "outgoingAdmin"
)

// Limited is a Node whose type has methods that the queue manager behind it
// may not offer: the client end of a connection. Can asks it.
type Limited interface {
	Offers(c Capability) bool
}

// Explainer is a Node that can say why it does not offer something.
type Explainer interface {
	Lacks(c Capability) string
}

// Lacks is why a node cannot do something, as a sentence for the person; empty if it
// can, or nothing more is known than that it cannot.
func Lacks(n Node, c Capability) string {
	if e, ok := n.(Explainer); ok {
		return e.Lacks(c)
	}
	return ""
}

// Can finds a capability of a node: purge, ok := mgmtclient.Can[mgmtclient.Purger](n).
// It must be used in place of a type assertion, which a connection to another
// process would answer with yes for everything.
func Can[T any](n Node) (T, bool) {
	t, ok := n.(T)
	if ok && offers[T](n) {
		return t, true
	}
	var none T
	return none, false
}

func offers[T any](n Node) bool {
	l, ok := n.(Limited)
	c := CapabilityOf[T]()
	return !ok || c == "" || l.Offers(c)
}

// CapabilityOf names one of the interfaces of capability.go; empty for any other type.
func CapabilityOf[T any]() Capability {
	switch any((*T)(nil)).(type) {
	case *QueueAdmin:
		return CanAdmin
	case *Purger:
		return CanPurge
	case *Sender:
		return CanSend
	case *Receiver:
		return CanReceive
	case *Remover:
		return CanRemove
	case *Mover:
		return CanMove
	case *Searcher:
		return CanSearch
	case *Guard:
		return CanGuard
	case *MachineAdmin:
		return CanMachineAdmin
	case *MachineActions:
		return CanMachineAct
	case *Watcher:
		return CanWatch
	case *Exporter:
		return CanExport
	case *Archiver:
		return CanArchive
	case *OutgoingAdmin:
		return CanOutgoing
	}
	return ""
}

// Capabilities lists what a node can do, in the order of the constants.
func Capabilities(n Node) []Capability {
	var list []Capability
	for _, c := range []struct {
		name Capability
		can  bool
	}{
		{CanAdmin, has[QueueAdmin](n)},
		{CanPurge, has[Purger](n)},
		{CanSend, has[Sender](n)},
		{CanReceive, has[Receiver](n)},
		{CanRemove, has[Remover](n)},
		{CanMove, has[Mover](n)},
		{CanSearch, has[Searcher](n)},
		{CanGuard, has[Guard](n)},
		{CanMachineAdmin, has[MachineAdmin](n)},
		{CanMachineAct, has[MachineActions](n)},
		{CanWatch, has[Watcher](n)},
		{CanExport, has[Exporter](n)},
		{CanArchive, has[Archiver](n)},
		{CanOutgoing, has[OutgoingAdmin](n)},
	} {
		if c.can {
			list = append(list, c.name)
		}
	}
	return list
}

func has[T any](n Node) bool {
	_, ok := Can[T](n)
	return ok
}
