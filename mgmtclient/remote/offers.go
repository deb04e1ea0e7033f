package remote

import "posthouse/mgmtclient"

// offers are what a peer was found to offer.
type offers struct {
	reads bool // MS-MQRR
	comm  bool // MS-MQMP, for others than its own applications
	sends bool // there is a queue manager here
}

// sentence tells the person what can be done there.
func (o offers) sentence() string {
	switch {
	case o.reads && o.comm:
		return "It can be managed in full, and its queues be read."
	case o.reads:
		return "It can be managed and its queues be read; queues cannot be made, changed or deleted from here, as with all computers that run Windows."
	case o.comm:
		return "It can be managed; its queues cannot be read from here."
	}
	return "It can be looked at; its queues cannot be read from here, or made or changed."
}

// Offers is for mgmtclient.Can.
func (n *Node) Offers(c mgmtclient.Capability) bool { return n.Lacks(c) == "" }

// Lacks is why the other computer does not offer something; empty if it does.
func (n *Node) Lacks(c mgmtclient.Capability) string {
	n.mu.Lock()
	o, who := n.offers, n.name
	n.mu.Unlock()
	switch c {
	case mgmtclient.CanAdmin:
		if !o.comm {
			return who + " lets no other computer create, change or delete its queues: Windows keeps that for its own tools (by MC-MQAC), and for the directory with public queues."
		}
	case mgmtclient.CanGuard:
		if !o.comm {
			return who + " shows its permissions to no other computer: Windows keeps that for its own tools, and for the directory with public queues."
		}
	case mgmtclient.CanPurge, mgmtclient.CanReceive, mgmtclient.CanRemove, mgmtclient.CanMove, mgmtclient.CanSearch, mgmtclient.CanExport:
		if !o.reads {
			return who + " does not let other computers read its queues (it has no MS-MQRR)."
		}
	case mgmtclient.CanSend:
		if !o.sends {
			return "There is no queue manager on this computer that could send to " + who + "."
		}
	case mgmtclient.CanMachineAdmin:
		return "The settings of " + who + " can be changed, and its storage checked, on that computer only: no protocol of Message Queuing does it."
	case mgmtclient.CanWatch:
		return who + " cannot tell by itself what changes: no protocol of Message Queuing does it."
	case mgmtclient.CanArchive:
		return "Stored messages can be put back on " + who + " itself only: no protocol of Message Queuing does it."
	}
	return ""
}
