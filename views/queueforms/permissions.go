package queueforms

import (
	"slices"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// The accounts that every queue manager knows (MS-DTYP 2.4.2.4).
const (
	everyone  = "S-1-1-0"
	anonymous = "S-1-5-7"
)

// wellKnown are offered where a queue manager names none.
var wellKnown = []mgmtclient.Account{
	{SID: everyone, Name: "Everyone"},
	{SID: anonymous, Name: "Anonymous"},
	{SID: "S-1-5-11", Name: "Authenticated users"},
	{SID: "S-1-5-32-544", Name: "Administrators"},
	{SID: "S-1-5-32-545", Name: "Users"},
}

// right is one of the ten that an entry consists of.
type right struct {
	text  string
	bit   mq.QueueRight
	needs mq.QueueRight // what is of no use without it (MS-MQMQ 2.2.24)
}

// rights are those of an entry, as the form shows them.
var rights = []right{
	{text: "Send messages", bit: mq.RightWriteMessage},
	{text: "Look without taking", bit: mq.RightPeekMessage},
	{text: "Take messages", bit: mq.RightDeleteMessage, needs: mq.RightPeekMessage},
	{text: "Take from the journal", bit: mq.RightDeleteJournalMessage, needs: mq.RightPeekMessage},
	{text: "See properties", bit: mq.RightGetQueueProperties},
	{text: "Change properties", bit: mq.RightSetQueueProperties},
	{text: "See permissions", bit: mq.RightGetQueuePermissions},
	{text: "Change permissions", bit: mq.RightChangeQueuePermissions},
	{text: "Become the owner", bit: mq.RightTakeQueueOwnership},
	{text: "Delete the queue", bit: mq.RightDeleteQueue},
}

// in reports whether a set has the right: whole, or without what it needs.
func (r right) in(set mq.QueueRight, deny bool) (on, whole bool) {
	return set&r.bit != 0, set&r.bit != 0 && (deny || set&r.needs == r.needs)
}

// turn gives the set with the right on or off. What is allowed takes along what it
// needs and leaves behind what needs it; a denial stands for itself.
func (r right) turn(set mq.QueueRight, on, deny bool) mq.QueueRight {
	switch {
	case on && deny:
		return set | r.bit
	case on:
		return set | r.bit | r.needs
	case deny:
		return set &^ r.bit
	}
	set &^= r.bit
	for _, other := range rights {
		if other.needs&r.bit != 0 {
			set &^= other.bit
		}
	}
	return set
}

// The shares of the rights that have a name.
const (
	shareAll  = "all"
	shareSend = "send"
	shareNone = "none"
	shareSome = "some"
)

// share says which of them a set is.
func share(set mq.QueueRight) string {
	switch set & mq.RightQueueGenericAll {
	case mq.RightQueueGenericAll:
		return shareAll
	case mq.RightWriteMessage:
		return shareSend
	case 0:
		return shareNone
	}
	return shareSome
}

// shareRights is the set that a share stands for.
func shareRights(id string) mq.QueueRight {
	switch id {
	case shareAll:
		return mq.RightQueueGenericAll
	case shareSend:
		return mq.RightWriteMessage
	}
	return 0
}

// called is an account in words.
func called(a mgmtclient.Account) string {
	switch {
	case a.SID == anonymous:
		return "Anonymous, unsigned"
	case a.Name != "":
		return a.Name
	case a.SID != "":
		return a.SID
	}
	return "nobody"
}

// accountIcon is the icon beside it.
func accountIcon(a mgmtclient.Account) string {
	switch {
	case a.SID == everyone:
		return "globe"
	case a.SID == anonymous:
		return "eye-off"
	case a.SID == "S-1-5-11", strings.HasPrefix(a.SID, "S-1-5-32-"), strings.HasPrefix(a.SID, "S-1-22-2-"):
		return "users"
	}
	return "user"
}

// says is an entry in words. A denial is told right by right: one that keeps from
// looking is more than one that keeps from taking.
func says(p mgmtclient.Permission) string {
	set := mq.QueueRight(p.Rights)
	if !p.Deny || share(set) == shareNone {
		return screen.Title(set.Words())
	}
	if share(set) == shareAll {
		return "May do nothing"
	}
	var words []string
	for _, r := range rights {
		if set&r.bit != 0 {
			words = append(words, (r.bit | r.needs).Words())
		}
	}
	return "May not " + strings.Join(words, ", ")
}

// merged are entries with one for each account and side.
func merged(list []mgmtclient.Permission) []mgmtclient.Permission {
	var out []mgmtclient.Permission
	for _, p := range list {
		if i := indexOf(out, p); i >= 0 {
			out[i].Rights |= p.Rights
		} else {
			out = append(out, p)
		}
	}
	return out
}

// indexOf is where the entry of the same account and side stands, or -1.
func indexOf(list []mgmtclient.Permission, p mgmtclient.Permission) int {
	return slices.IndexFunc(list, func(x mgmtclient.Permission) bool { return x.Deny == p.Deny && x.Account.Key() == p.Account.Key() })
}

// given are the entries that say anything.
func given(list []mgmtclient.Permission) []mgmtclient.Permission {
	return slices.DeleteFunc(slices.Clone(list), func(p mgmtclient.Permission) bool { return p.Rights == 0 })
}

// guarding is who may do what, as far as it is filled in.
type guarding struct {
	was mgmtclient.Permissions // as read, merged
	now mgmtclient.Permissions
}

func newGuarding(p mgmtclient.Permissions) guarding {
	p.Entries = merged(p.Entries)
	g := guarding{was: p}
	g.revert()
	return g
}

func (g *guarding) revert() {
	g.now = g.was
	g.now.Entries = slices.Clone(g.was.Entries)
}

// before are the rights an entry had; false if there was none.
func (g *guarding) before(p mgmtclient.Permission) (mq.QueueRight, bool) {
	if i := indexOf(g.was.Entries, p); i >= 0 {
		return mq.QueueRight(g.was.Entries[i].Rights), true
	}
	return 0, false
}

// differs reports whether an entry is not as it was read.
func (g *guarding) differs(p mgmtclient.Permission) bool {
	set, _ := g.before(p)
	return uint32(set) != p.Rights
}

func (g *guarding) owned() bool { return g.now.Owner.Key() != g.was.Owner.Key() }

func (g *guarding) changed() bool {
	if g.owned() || g.now.Open != g.was.Open {
		return true
	}
	now := given(g.now.Entries)
	return len(now) != len(given(g.was.Entries)) || slices.ContainsFunc(now, g.differs)
}

// wanted is what to set; an owner that stays is left out, for not everybody who
// may change permissions may name one.
func (g *guarding) wanted() mgmtclient.Permissions {
	p := mgmtclient.Permissions{Open: g.now.Open, Entries: given(g.now.Entries)}
	if g.owned() {
		p.Owner = g.now.Owner
	}
	return p
}

// add adds an entry, or finds the one there is, and says where it stands.
func (g *guarding) add(p mgmtclient.Permission) int {
	g.now.Open = false
	if i := indexOf(g.now.Entries, p); i >= 0 {
		return i
	}
	g.now.Entries = append(g.now.Entries, p)
	return len(g.now.Entries) - 1
}

func (g *guarding) remove(i int) {
	if i >= 0 && i < len(g.now.Entries) {
		g.now.Entries = slices.Delete(g.now.Entries, i, i+1)
	}
}

func (g *guarding) set(i int, r mq.QueueRight) {
	if i >= 0 && i < len(g.now.Entries) {
		g.now.Entries[i].Rights = uint32(r)
	}
}

// letAnonymousSend undoes what keeps unsigned senders out, and says where their
// entry stands.
func (g *guarding) letAnonymousSend() int {
	p := mgmtclient.Permission{Account: mgmtclient.Account{SID: anonymous, Name: "Anonymous"}}
	deny := p
	deny.Deny = true
	if i := indexOf(g.now.Entries, deny); i >= 0 {
		g.set(i, mq.QueueRight(g.now.Entries[i].Rights)&^mq.RightWriteMessage)
	}
	i := g.add(p)
	set, _ := g.before(p)
	g.set(i, mq.QueueRight(g.now.Entries[i].Rights)|set|mq.RightWriteMessage)
	return i
}

// anonymousOut reports whether unsigned senders could send and no longer can.
func (g *guarding) anonymousOut() bool {
	return g.was.Allows(anonymous, uint32(mq.RightWriteMessage)) && !g.now.Allows(anonymous, uint32(mq.RightWriteMessage))
}

// lockedOut are the others that could send before and cannot now.
func (g *guarding) lockedOut() []string {
	if g.was.Open && !g.now.Open && !g.now.Allows(everyone, uint32(mq.RightWriteMessage)) {
		return []string{"Everyone"}
	}
	var out []string
	for _, p := range g.was.Entries {
		if k := p.Account.Key(); g.was.Allows(k, uint32(mq.RightWriteMessage)) && !g.now.Allows(k, uint32(mq.RightWriteMessage)) && !p.Deny {
			out = append(out, called(p.Account))
		}
	}
	return out
}

// offered are accounts to choose from: those that the queue manager knows, those
// everybody knows, and those that have an entry.
func (g *guarding) offered() []mgmtclient.Account {
	var list []mgmtclient.Account
	seen := map[string]bool{}
	take := func(a mgmtclient.Account) {
		if k := a.Key(); k != "" && !seen[k] {
			seen[k] = true
			list = append(list, a)
		}
	}
	for _, a := range wellKnown {
		take(a)
	}
	for _, a := range g.was.Names {
		take(a)
	}
	for _, e := range g.was.Entries {
		take(e.Account)
	}
	take(g.was.Owner)
	return list
}

// find reads an account as typed: a name, known or not, or a SID.
func (g *guarding) find(text string) (mgmtclient.Account, bool) {
	t := strings.TrimSpace(text)
	for _, a := range g.offered() {
		if strings.EqualFold(a.Name, t) || strings.EqualFold(a.SID, t) || strings.EqualFold(called(a), t) {
			return a, true
		}
	}
	if sidLike(t) {
		return mgmtclient.Account{SID: strings.ToUpper(t), Name: strings.ToUpper(t)}, true
	}
	return mgmtclient.Account{Name: t}, false
}

// sidLike reports whether text is written as a SID is: S-1-5-21-... (MS-DTYP 2.4.2.1).
func sidLike(text string) bool {
	parts := strings.Split(strings.ToUpper(text), "-")
	if len(parts) < 4 || parts[0] != "S" || parts[1] != "1" {
		return false
	}
	return !slices.ContainsFunc(parts[2:], func(n string) bool { return n == "" || strings.Trim(n, "0123456789") != "" })
}
