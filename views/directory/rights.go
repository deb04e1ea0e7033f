package directory

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
)

// The accounts that are the same everywhere (MS-DTYP 2.4.2.4).
const (
	everyone  = "S-1-1-0"
	anonymous = "S-1-5-7"
	creator   = "S-1-3-0"
	self      = "S-1-5-10"
)

// holder is an account and what it may do, in words.
type holder struct {
	icon   string
	name   string
	badges []badge
	may    string
}

type badge struct {
	word string
	tone kit.Tone
}

// holders are those who may do something with an entry, as the inspector lists them.
func holders(e *mgmtclient.Entry, p mgmtclient.Permissions, as string) []holder {
	var list []holder
	seen := false
	row := func(a mgmtclient.Account, may string) {
		h := holder{icon: accountIcon(a, e), name: shortAccount(a, e, as), may: may}
		if a.Key() == p.Owner.Key() && a.Key() != "" {
			h.badges, seen = append(h.badges, badge{"Owner", kit.Neutral}), true
		}
		if as != "" && strings.EqualFold(a.Name, as) {
			h.badges = append(h.badges, badge{"You", kit.Info})
		}
		list = append(list, h)
	}
	for _, x := range merged(p.Entries) {
		if x.Rights != 0 {
			row(x.Account, may(e, x))
		}
	}
	if p.Open {
		row(mgmtclient.Account{SID: everyone, Name: "Everyone"}, "everything: nothing is guarded")
	}
	if !seen && p.Owner.Key() != "" {
		// Who owns an entry may change its permissions, whatever they are.
		row(p.Owner, "permissions")
	}
	return list
}

// merged are entries with one for each account and side: what is inherited and what is
// not is the same to those who may.
func merged(list []mgmtclient.Permission) []mgmtclient.Permission {
	var out []mgmtclient.Permission
	for _, x := range list {
		i := slices.IndexFunc(out, func(y mgmtclient.Permission) bool { return y.Deny == x.Deny && y.Key() == x.Key() })
		if i >= 0 {
			out[i].Rights |= x.Rights
		} else {
			out = append(out, x)
		}
	}
	return out
}

func accountName(a mgmtclient.Account) string {
	switch {
	case a.SID == anonymous:
		return "Anonymous, unsigned"
	case a.Name != "":
		// A group of a domain that has no name here: Domain admins of S-1-5-21-...
		name, _, _ := strings.Cut(a.Name, " of S-1-5-21-")
		return name
	case a.SID != "":
		return a.SID
	}
	return "nobody"
}

// shortAccount is an account in the words of the person signed in: computers and groups
// of the own domain without its name.
func shortAccount(a mgmtclient.Account, e *mgmtclient.Entry, as string) string {
	name := accountName(a)
	domain, rest, ok := strings.Cut(name, `\`)
	own, _, _ := strings.Cut(as, `\`)
	if icon := accountIcon(a, e); ok && strings.EqualFold(domain, own) && (icon == "server" || icon == "users") {
		name = rest
	}
	return strings.TrimSuffix(name, "$")
}

// machineOf is the computer that an entry is, or is on; "" none.
func machineOf(e *mgmtclient.Entry) string {
	switch {
	case e.Machine != nil:
		return e.Machine.Computer
	case e.Queue != nil:
		return e.Queue.Machine.Name
	}
	return ""
}

func accountIcon(a mgmtclient.Account, e *mgmtclient.Entry) string {
	last := a.SID[strings.LastIndexByte(a.SID, '-')+1:]
	lower := strings.ToLower(a.Name)
	switch {
	case a.SID == everyone:
		return "globe"
	case a.SID == anonymous:
		return "eye-off"
	case strings.HasSuffix(a.Name, "$"), a.SID == self, a.Name != "" && strings.EqualFold(a.Name, machineOf(e)):
		return "server"
	case a.SID == creator:
		return "user"
	case a.SID == "S-1-5-11", strings.HasPrefix(a.SID, "S-1-5-32-"), last == "512", last == "513", last == "515", last == "519",
		strings.HasSuffix(lower, "admins"), strings.HasSuffix(lower, "users"), strings.HasSuffix(lower, "computers"):
		return "users"
	}
	return "user"
}

// rightsAll are all rights on an entry: those of queues, or of queue managers.
func rightsAll(e *mgmtclient.Entry) uint32 {
	if e.Queue != nil {
		return uint32(mq.RightQueueGenericAll)
	}
	return uint32(mq.RightMachineGenericAll)
}

// rightsSee are those that let somebody see an entry.
func rightsSee(e *mgmtclient.Entry) uint32 {
	if e.Queue != nil {
		return uint32(mq.RightGetQueueProperties | mq.RightGetQueuePermissions)
	}
	return uint32(mq.RightMachineWorld)
}

// rightsChange are those that a change of properties needs.
func rightsChange(e *mgmtclient.Entry) uint32 {
	if e.Queue != nil {
		return uint32(mq.RightSetQueueProperties)
	}
	return uint32(mq.RightSetMachineProperties)
}

// may is what a permission allows, in as few words as will do.
func may(e *mgmtclient.Entry, p mgmtclient.Permission) string {
	set := p.Rights & rightsAll(e)
	words := ""
	see := rightsSee(e)
	rest := set &^ see
	switch {
	case p.Deny && set == rightsAll(e):
		return "nothing at all"
	case p.Deny && e.Queue != nil:
		return "not " + mq.QueueRight(set).Words()
	case p.Deny:
		return "not " + mq.MachineRight(set).Words()
	case set == rightsAll(e):
		words = "everything"
	case rest == 0 && set != 0:
		words = "see it"
	case e.Queue == nil:
		words = mq.MachineRight(set).Words()
		if rest != 0 {
			words = mq.MachineRight(rest).Words()
		}
	default:
		words = queueWords(mq.QueueRight(rest))
	}
	return words
}

func queueWords(rest mq.QueueRight) string {
	const takes = mq.RightReceiveMessage | mq.RightReceiveJournalMessage
	reads := rest&takes == takes || rest&takes == mq.RightReceiveMessage
	sends := rest&mq.RightWriteMessage != 0
	switch {
	case rest&^takes&^mq.RightWriteMessage != 0:
	case reads && sends:
		return "read and send only"
	case reads:
		return "read only"
	case rest == mq.RightWriteMessage:
		return "send only"
	case rest == mq.RightPeekMessage:
		return "look only"
	}
	return rest.Words()
}

// changers names those who may change an entry: "HUB-CPH01 and MSMQ Admins".
func changers(e *mgmtclient.Entry, p mgmtclient.Permissions, as string) string {
	var list []string
	for _, x := range merged(p.Entries) {
		if !x.Deny && x.Rights&rightsChange(e) != 0 {
			list = append(list, shortAccount(x.Account, e, as))
		}
	}
	return enumerate(list, 3)
}

// enumerate writes names as a sentence does: a, b and c; most of them.
func enumerate(list []string, most int) string {
	switch {
	case len(list) == 0:
		return ""
	case len(list) == 1:
		return list[0]
	case len(list) > most:
		return strings.Join(list[:most], ", ") + " and others"
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
