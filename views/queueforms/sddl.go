package queueforms

import (
	"slices"
	"strconv"
	"strings"

	"posthouse/localqm/mq"
)

// grant is what one entry of a security descriptor gives or denies whom. The
// queue manager is the judge of a descriptor; this only puts it in words.
type grant struct {
	sid  string // as written: an alias or S-1-...
	deny bool
	mask mq.QueueRight
}

// access is a descriptor in SDDL (MS-DTYP 2.5.1.1) taken apart.
type access struct {
	owner  string
	grants []grant
	open   bool // no list at all: nothing is guarded
	ok     bool // the text could be read
}

// rightWords are the rights that SDDL writes as letters.
var rightWords = map[string]uint32{
	"GA": mq.GenericAll, "GR": mq.GenericRead, "GW": mq.GenericWrite, "GX": mq.GenericExecute,
	"SD": 0x10000, "RC": 0x20000, "WD": 0x40000, "WO": 0x80000,
	"CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
}

// readAccess takes a descriptor apart.
func readAccess(sddl string) access {
	s := strings.TrimSpace(sddl)
	a := access{ok: true, open: true}
	if rest, found := strings.CutPrefix(s, "O:"); found {
		end := len(rest)
		for _, mark := range []string{"G:", "D:", "S:"} {
			if i := strings.Index(rest, mark); i >= 0 {
				end = min(end, i)
			}
		}
		a.owner, s = rest[:end], rest[end:]
	}
	i := strings.Index(s, "D:")
	if i < 0 {
		a.ok = s == "" || strings.HasPrefix(s, "G:") || strings.HasPrefix(s, "S:")
		return a
	}
	a.open = strings.HasPrefix(s[i+2:], "NO_ACCESS_CONTROL")
	list := s[i+2:]
	if j := strings.Index(list, "S:("); j >= 0 {
		list = list[:j]
	}
	for {
		from := strings.IndexByte(list, '(')
		if from < 0 {
			return a
		}
		to := strings.IndexByte(list, ')')
		if to < from {
			a.ok = false
			return a
		}
		g, ok := readGrant(list[from+1 : to])
		if !ok {
			a.ok = false
			return a
		}
		a.grants = append(a.grants, g)
		list = list[to+1:]
	}
}

// readGrant reads type;flags;rights;object;inherited;sid.
func readGrant(s string) (grant, bool) {
	f := strings.Split(s, ";")
	if len(f) != 6 || f[0] != "A" && f[0] != "D" || f[5] == "" {
		return grant{}, false
	}
	g := grant{sid: f[5], deny: f[0] == "D"}
	if v, err := strconv.ParseUint(f[2], 0, 32); err == nil {
		g.mask = mq.QueueRight(mq.QueueMapping.Map(uint32(v)))
		return g, true
	}
	var mask uint32
	for w := f[2]; w != ""; w = w[2:] {
		if len(w) < 2 || rightWords[w[:2]] == 0 {
			return grant{}, false
		}
		mask |= rightWords[w[:2]]
	}
	g.mask = mq.QueueRight(mq.QueueMapping.Map(mask))
	return g, true
}

// accounts are the names of those everybody knows.
var accounts = map[string]string{
	"WD": "Everyone", "S-1-1-0": "Everyone", "AN": "Anonymous, unsigned", "S-1-5-7": "Anonymous, unsigned",
	"AU": "Authenticated users", "S-1-5-11": "Authenticated users", "BA": "Administrators", "S-1-5-32-544": "Administrators",
	"BU": "Users", "S-1-5-32-545": "Users", "SY": "System", "S-1-5-18": "System", "LS": "Local service", "S-1-5-19": "Local service",
	"NS": "Network service", "S-1-5-20": "Network service", "CO": "Creator owner", "S-1-3-0": "Creator owner",
	"OW": "Owner rights", "S-1-3-4": "Owner rights",
}

// account is a SID in words, as far as it can be told here.
func account(sid string) string {
	if name := accounts[sid]; name != "" {
		return name
	}
	if uid, ok := strings.CutPrefix(sid, "S-1-22-1-"); ok {
		return "Unix user " + uid
	}
	if gid, ok := strings.CutPrefix(sid, "S-1-22-2-"); ok {
		return "Unix group " + gid
	}
	return sid
}

// accountIcon is the icon beside it.
func accountIcon(sid string) string {
	switch account(sid) {
	case "Everyone":
		return "globe"
	case "Anonymous, unsigned":
		return "eye-off"
	case "Authenticated users", "Administrators", "Users":
		return "users"
	}
	if strings.HasPrefix(sid, "S-1-22-2-") {
		return "users"
	}
	return "user"
}

// words says what a mask allows, shortly.
func words(mask mq.QueueRight) string {
	if mask&mq.RightQueueGenericAll == mq.RightQueueGenericAll {
		return "Everything"
	}
	var w []string
	for _, r := range []struct {
		bit  mq.QueueRight
		word string
	}{
		{mq.RightWriteMessage, "send"},
		{mq.RightPeekMessage, "look"},
		{mq.RightDeleteMessage, "take"},
		{mq.RightDeleteJournalMessage, "take from journal"},
		{mq.RightSetQueueProperties, "change properties"},
		{mq.RightDeleteQueue, "delete the queue"},
		{mq.RightChangeQueuePermissions, "change permissions"},
		{mq.RightTakeQueueOwnership, "become owner"},
	} {
		if mask&r.bit != 0 {
			w = append(w, r.word)
		}
	}
	switch {
	case len(w) > 0:
		s := strings.Join(w, ", ")
		return strings.ToUpper(s[:1]) + s[1:]
	case mask&(mq.RightGetQueueProperties|mq.RightGetQueuePermissions) != 0:
		return "See properties"
	}
	return "Nothing"
}

// says is the words of an entry.
func (g grant) says() string {
	if g.deny {
		s := words(g.mask)
		return "Not: " + strings.ToLower(s[:1]) + s[1:]
	}
	return words(g.mask)
}

// senders are the accounts that may send.
func (a access) senders() []string {
	if a.open {
		return []string{"Everyone", "Anonymous, unsigned"}
	}
	var list, denied []string
	for _, g := range a.grants {
		name := account(g.sid)
		if g.mask&mq.RightWriteMessage == 0 {
			continue
		}
		if g.deny {
			denied = append(denied, name)
		} else if !slices.Contains(denied, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// anonymous reports whether unsigned messages of other computers get in.
func (a access) anonymous() bool { return slices.Contains(a.senders(), "Anonymous, unsigned") }

// lockedOut are the accounts that could send before and cannot after.
func lockedOut(before, after access) []string {
	now := after.senders()
	return slices.DeleteFunc(before.senders(), func(s string) bool { return slices.Contains(now, s) })
}

// letAnonymousSend adds what an unsigned sender needs: to send, and to see
// properties and permissions before (MS-MQMQ 2.2.24).
func letAnonymousSend(sddl string) string {
	entry := "(A;;0x20024;;;AN)"
	i := strings.Index(sddl, "D:")
	if i < 0 {
		return sddl
	}
	if j := strings.Index(sddl[i:], "S:("); j >= 0 {
		return sddl[:i+j] + entry + sddl[i+j:]
	}
	return sddl + entry
}
