package directory

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
	"posthouse/views/theme"
)

// privacy are the levels of encryption (MS-MQMQ 2.3.1.12).
var privacy = []kit.Choice{{ID: "none", Text: "None"}, {ID: "optional", Text: "Optional"}, {ID: "body", Text: "Body"}}

func privacyWord(id string) string {
	for _, c := range privacy {
		if strings.EqualFold(c.ID, id) {
			return strings.ToLower(c.Text)
		}
	}
	return id
}

// queue is the form of a public queue.
func (f *form) queue() {
	q := func(e *mgmtclient.Entry) *mgmtclient.QueueEntry { return e.Queue }
	f.label("Label", mq.MaxQueueLabel)
	f.quota(mgmtclient.FieldQuota, "Storage limit", false, func(e *mgmtclient.Entry) **uint32 { return &q(e).QuotaKB })
	f.check(mgmtclient.FieldJournal, "Journal", "Keep what is read", "on", "off", false, func(e *mgmtclient.Entry) *bool { return &q(e).Journal })
	f.privacy()
	f.priority()
	yes := map[bool]string{true: "Yes", false: "No"}[f.d.now.Queue.Transactional]
	f.fold = kit.NewLink("More", f.unfold)
	f.add("Transactional", kit.Fixed(0, 28, kit.Grow(1, kit.NewLabel(yes), kit.NewMuted("fixed when it was made").Cut(kit.End), f.fold)))
	f.quota(mgmtclient.FieldJournalQuota, "Journal limit", true, func(e *mgmtclient.Entry) **uint32 { return &q(e).JournalQuotaKB })
	f.check(mgmtclient.FieldAuthenticate, "Signatures", "Only signed messages", "on", "off", true, func(e *mgmtclient.Entry) *bool { return &q(e).Authenticate })
	f.serviceType()
	f.multicast()
}

func (f *form) privacy() {
	x := mgmtclient.FieldPrivacy
	of := func(e *mgmtclient.Entry) *string { return &e.Queue.PrivacyLevel }
	seg := kit.NewSegmented(privacy, strings.ToLower(*of(&f.d.now)), func(id string) { f.edit(func(e *mgmtclient.Entry) { *of(e) = id }) })
	f.syncs = append(f.syncs, func() {
		seg.SetChosen(strings.ToLower(*of(&f.d.now)))
		seg.SetEnabled(!f.s.saving)
	})
	f.add("Encryption", kit.Row(seg, f.remark(x, "", func() string { return privacyWord(*of(&f.d.was)) }), f.mark(x)))
}

func (f *form) priority() {
	x := mgmtclient.FieldBasePriority
	field := kit.NewField("0").Wide(64)
	field.OnChanged = func(text string) {
		n, err := strconv.ParseInt(strings.TrimSpace(strings.ReplaceAll(text, "−", "-")), 10, 16)
		if err != nil {
			f.d.fault(x, "-32768 to 32767")
			f.edit(func(*mgmtclient.Entry) {})
			return
		}
		f.d.fault(x, "")
		f.edit(func(e *mgmtclient.Entry) { e.Queue.BasePriority = int16(n) })
	}
	f.entered(x, field, func() string { return strconv.Itoa(int(f.d.now.Queue.BasePriority)) })
	f.add("Base priority", kit.Row(kit.Fixed(64, 0, field), f.remark(x, "-32768 to 32767", func() string { return strconv.Itoa(int(f.d.was.Queue.BasePriority)) }), f.mark(x)))
}

func (f *form) serviceType() {
	x := mgmtclient.FieldServiceType
	field := kit.NewField("no type").Mono()
	shown := func(g mq.GUID) string {
		if g.IsZero() {
			return ""
		}
		return g.String()
	}
	field.OnChanged = func(text string) {
		var g mq.GUID
		if strings.TrimSpace(text) != "" {
			may := readGUID(text)
			if len(may) == 0 {
				f.d.fault(x, "A GUID, or nothing")
				f.edit(func(*mgmtclient.Entry) {})
				return
			}
			g = may[0]
		}
		f.d.fault(x, "")
		f.edit(func(e *mgmtclient.Entry) { e.Queue.ServiceType = g })
	}
	f.entered(x, field, func() string { return shown(f.d.now.Queue.ServiceType) })
	f.rare("Type ID", kit.Grow(0, field, f.mark(x)))
}

func (f *form) multicast() {
	x := mgmtclient.FieldMulticast
	field := kit.NewField("none, or 234.1.1.1:8001").Mono()
	field.OnChanged = func(text string) { f.edit(func(e *mgmtclient.Entry) { e.Queue.Multicast = strings.TrimSpace(text) }) }
	f.entered(x, field, func() string { return f.d.now.Queue.Multicast })
	f.rare("Multicast", kit.Grow(0, field, f.mark(x)))
}

// machine is the form of a queue manager, or of a foreign computer.
func (f *form) machine() {
	m := f.d.now.Machine
	if m.DNSName != "" {
		f.fixed("DNS name", m.DNSName, "")
	}
	sites := picking{title: "Sites of " + f.d.now.Name, kinds: []mgmtclient.EntryKind{mgmtclient.EntrySite}, many: true}
	f.refs(mgmtclient.FieldSites, "Sites", sites, "In no site", func(e *mgmtclient.Entry) *[]mgmtclient.EntryRef { return &e.Machine.Sites })
	if m.Foreign {
		f.fixed("Kind", "Foreign computer", "reached through a connector")
		return
	}
	f.check(mgmtclient.FieldRouting, "Routing", "Passes on messages of others", "on", "off", false, func(e *mgmtclient.Entry) *bool { return &e.Machine.Routing })
	servers := picking{kinds: []mgmtclient.EntryKind{mgmtclient.EntryMachine}, many: true, routing: true}
	out, in := servers, servers
	out.title, in.title = "Servers that "+f.d.now.Name+" sends through", "Servers that messages to "+f.d.now.Name+" come through"
	f.refs(mgmtclient.FieldOutServers, "Sends by", out, "Any way", func(e *mgmtclient.Entry) *[]mgmtclient.EntryRef { return &e.Machine.OutServers })
	f.refs(mgmtclient.FieldInServers, "Receives by", in, "Any way", func(e *mgmtclient.Entry) *[]mgmtclient.EntryRef { return &e.Machine.InServers })
	f.quota(mgmtclient.FieldQuota, "Storage limit", false, func(e *mgmtclient.Entry) **uint32 { return &e.Machine.QuotaKB })
	f.quota(mgmtclient.FieldJournalQuota, "Journal limit", false, func(e *mgmtclient.Entry) **uint32 { return &e.Machine.JournalQuotaKB })
	if m.OS != "" {
		f.fixed("System", m.OS, "")
	}
}

// list is the form of a distribution list.
func (f *form) list() {
	f.label("Description", 0)
	members := picking{
		title: "Members of " + f.d.now.Name, many: true,
		kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue, mgmtclient.EntryAlias, mgmtclient.EntryList},
	}
	f.refs(mgmtclient.FieldMembers, "Members", members, "Nobody", func(e *mgmtclient.Entry) *[]mgmtclient.EntryRef { return &e.List.Members })
}

// alias is the form of another name for a queue.
func (f *form) alias() {
	f.label("Description", 0)
	x := mgmtclient.FieldTarget
	field := kit.NewField("DIRECT=HTTP://orders.example/msmq/in").Mono()
	field.OnChanged = func(text string) {
		f.d.fault(x, targetFault(text))
		f.edit(func(e *mgmtclient.Entry) { e.Alias.Target = strings.TrimSpace(text) })
	}
	f.entered(x, field, func() string { return f.d.now.Alias.Target })
	queue := picking{title: "Queue that " + f.d.now.Name + " stands for", kinds: []mgmtclient.EntryKind{mgmtclient.EntryQueue}}
	choose := kit.NewIconButton("search", "Choose a public queue", func() {
		f.v.pick(queue, func(e []mgmtclient.Entry) {
			f.d.fault(x, "")
			f.edit(func(to *mgmtclient.Entry) { to.Alias.Target = e[0].FormatName })
		})
	})
	f.add("Stands for", kit.Grow(0, field, choose, f.mark(x)))
	f.add("", kit.NewParagraph("A format name: PUBLIC=, DIRECT= or PRIVATE=.").Color(theme.Muted).Small())
}

// targetFault says what is wrong with what an alias stands for.
func targetFault(text string) string {
	t := strings.TrimSpace(text)
	if t == "" {
		return "A format name"
	}
	if _, err := mq.ParseFormatName(t); err != nil {
		why, _, _ := screen.Reason(err)
		return strings.TrimSuffix(why, ".")
	}
	return ""
}

// site is the form of a site.
func (f *form) site() {
	s := f.d.now.Site
	f.label("Description", 0)
	f.fixed("Has", screen.Many(int64(s.Machines), "queue manager"), "")
	if s.Foreign {
		f.fixed("Kind", "Foreign site", "of another messaging system; gates hand over")
	}
}

// link is the form of a routing link, which is changed on the map.
func (f *form) link() {
	l := f.d.now.Link
	f.fixed("Between", f.d.now.Name, "")
	f.fixed("Cost", screen.Count(int64(l.Cost)), "less is better")
	gates := screen.Many(int64(len(l.Gates)), "gate")
	if len(l.Gates) == 0 {
		gates = "None"
	}
	f.fixed("Gates", gates, "")
	if l.Description != "" {
		f.fixed("Description", l.Description, "")
	}
	if f.v.host.Commands().Enabled(screen.CmdRouteMap) {
		f.add("", kit.Row(kit.NewButton("Show on the Route map", "routemap", f.v.openShown)))
	}
}

// forest is the form of the settings of the whole forest.
func (f *form) forest() {
	x := mgmtclient.FieldLongLived
	field := kit.NewField("not said").Wide(96)
	field.OnChanged = func(text string) {
		d, ok := readSpan(text)
		if !ok && strings.TrimSpace(text) != "" {
			f.d.fault(x, "Such as 4 d or 12 h")
			f.edit(func(*mgmtclient.Entry) {})
			return
		}
		f.d.fault(x, "")
		f.edit(func(e *mgmtclient.Entry) { e.Forest.LongLived = uint32(d / time.Second) })
	}
	words := func(e *mgmtclient.Entry) string {
		if e.Forest.LongLived == 0 {
			return ""
		}
		return span(time.Duration(e.Forest.LongLived) * time.Second)
	}
	f.entered(x, field, func() string { return words(&f.d.now) })
	f.add("Lifetime", kit.Row(kit.Fixed(96, 0, field), f.remark(x, "to reach a queue", func() string { return cmp.Or(words(&f.d.was), "not said") }), f.mark(x)))
	e := f.d.now.Forest
	flag := func(b *bool, on, off string) string {
		switch {
		case b == nil:
			return "Not said"
		case *b:
			return on
		}
		return off
	}
	f.fixed("Security", flag(e.WeakenedSecurity, "Weakened, for old clients", "Full"), "set when the forest was made")
	f.fixed("Old clients", flag(e.NotifyOld, "Told of changes", "Not told of changes"), "")
}

// user is what is known of somebody with certificates.
func (f *form) user() {
	u := f.d.now.User
	f.fixed("Account", u.Account, "")
	f.fixed("SID", u.SID, "")
	f.fixed("Certificates", screen.Count(int64(u.Certificates)), "signed messages are checked with them")
	for i, d := range u.Digests {
		f.add(map[bool]string{true: "Digests"}[i == 0], kit.Fixed(0, 28, kit.Grow(0, kit.NewLabel(d).Face(kit.Mono).Sized(kit.SizeSmall).Cut(kit.Middle))))
	}
}

// spanUnits are those of a span as people write it.
var spanUnits = []struct {
	name string
	of   time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}

// span writes a time exactly: 4 d, 3 d 12 h.
func span(d time.Duration) string {
	var parts []string
	for _, u := range spanUnits {
		if n := d / u.of; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.of
		}
	}
	if parts == nil {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// readSpan reads what span writes, and a number of seconds.
func readSpan(text string) (time.Duration, bool) {
	t := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), ",", ""))
	var sum time.Duration
	for t != "" {
		digits := strings.TrimLeft(t, "0123456789")
		n, err := strconv.ParseInt(t[:len(t)-len(digits)], 10, 64)
		if err != nil {
			return 0, false
		}
		rest := strings.TrimLeft(digits, " ")
		word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		t = strings.TrimLeft(rest[len(word):], " ")
		unit := time.Duration(0)
		switch word {
		case "d", "day", "days":
			unit = 24 * time.Hour
		case "h", "hour", "hours":
			unit = time.Hour
		case "min", "m", "minute", "minutes":
			unit = time.Minute
		case "s", "", "second", "seconds":
			unit = time.Second
		}
		if unit == 0 || n > int64(mq.Never) {
			return 0, false
		}
		sum += time.Duration(n) * unit
	}
	return sum, text != "" && sum > 0 && sum/time.Second <= time.Duration(mq.Never)
}
