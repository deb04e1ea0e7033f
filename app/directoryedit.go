package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthouse/localqm/mq"
	"posthouse/localqm/secure"
	"posthouse/mgmtclient"
)

// properties are the flags for what directory objects have.
type properties struct {
	queue settings

	sites, in, out []string
	routing        bool
	members        []string
	target         string
	longLived      seconds
}

func (s *properties) flags(f *pflag.FlagSet, kinds ...mgmtclient.EntryKind) {
	for _, k := range kinds {
		switch k {
		case mgmtclient.EntryQueue:
			s.queue.flags(f)
		case mgmtclient.EntryMachine:
			f.StringSliceVar(&s.sites, "site", nil, "sites `NAME,...` that it belongs to")
			f.StringSliceVar(&s.in, "in-server", nil, "routing servers `NAME,...` that whatever is for it passes")
			f.StringSliceVar(&s.out, "out-server", nil, "routing servers `NAME,...` that whatever it sends passes")
			f.BoolVar(&s.routing, "routing", false, "it passes messages of others on")
		case mgmtclient.EntryList:
			f.StringSliceVar(&s.members, "member", nil, `members: COMPUTER\QUEUE, lists and aliases by name or GUID`)
		case mgmtclient.EntryAlias:
			f.StringVar(&s.target, "target", "", "`NAME` of the queue that it stands for: a format name")
		case mgmtclient.EntryForest:
			f.Var(&s.longLived, "lifetime", "how long messages may take to reach a queue, unless they say otherwise")
		}
	}
}

// own are the flags that belong to each kind of object.
var own = map[mgmtclient.EntryKind][]string{
	mgmtclient.EntryQueue: {
		"label", "journal", "quota", "journal-quota", "authenticate", "privacy", "base-priority", "service-type", "multicast", "transactional",
	},
	mgmtclient.EntryMachine: {"label", "site", "in-server", "out-server", "routing", "quota", "journal-quota"},
	mgmtclient.EntryList:    {"label", "member"},
	mgmtclient.EntryAlias:   {"label", "target"},
	mgmtclient.EntryForest:  {"lifetime"},
	mgmtclient.EntrySite:    {"label"},
}

// onto puts what was given into an entry and names the fields.
func (s *properties) onto(ctx context.Context, d mgmtclient.Directory, f *pflag.FlagSet, e *mgmtclient.Entry) (fields []mgmtclient.Field, err error) {
	given := func(flag string, field mgmtclient.Field) bool {
		if f.Lookup(flag) == nil || !f.Changed(flag) {
			return false
		}
		fields = append(fields, field)
		return true
	}
	if given("label", mgmtclient.FieldLabel) {
		e.Label = s.queue.label
	}
	refs := func(to *[]mgmtclient.EntryRef, names []string, kinds ...mgmtclient.EntryKind) {
		*to = nil
		for _, n := range names {
			if n == "" {
				continue // "" alone: none
			}
			m, lookup := entryNamed(ctx, d, n, kinds...)
			if lookup != nil && err == nil {
				err = lookup
			}
			*to = append(*to, mgmtclient.EntryRef{ID: m.ID, Name: m.Name, Kind: m.Kind})
		}
	}
	switch {
	case e.Queue != nil:
		return s.ontoQueue(f, given, e.Queue, &fields)
	case e.Machine != nil:
		if given("site", mgmtclient.FieldSites) {
			refs(&e.Machine.Sites, s.sites, mgmtclient.EntrySite)
		}
		if given("in-server", mgmtclient.FieldInServers) {
			refs(&e.Machine.InServers, s.in, mgmtclient.EntryMachine)
		}
		if given("out-server", mgmtclient.FieldOutServers) {
			refs(&e.Machine.OutServers, s.out, mgmtclient.EntryMachine)
		}
		if given("routing", mgmtclient.FieldRouting) {
			e.Machine.Routing = s.routing
		}
		if given("quota", mgmtclient.FieldQuota) {
			e.Machine.QuotaKB = s.queue.quota.value.KB
		}
		if given("journal-quota", mgmtclient.FieldJournalQuota) {
			e.Machine.JournalQuotaKB = s.queue.journalQuota.value.KB
		}
	case e.List != nil:
		if given("member", mgmtclient.FieldMembers) {
			refs(&e.List.Members, s.members, mgmtclient.EntryList, mgmtclient.EntryAlias)
		}
	case e.Alias != nil:
		if given("target", mgmtclient.FieldTarget) {
			e.Alias.Target = s.target
		}
	case e.Forest != nil:
		if given("lifetime", mgmtclient.FieldLongLived) {
			e.Forest.LongLived = *s.longLived.value
		}
	}
	return fields, err
}

func (s *properties) ontoQueue(
	f *pflag.FlagSet, given func(string, mgmtclient.Field) bool, q *mgmtclient.QueueEntry, fields *[]mgmtclient.Field,
) ([]mgmtclient.Field, error) {
	r, err := s.queue.request(f)
	if err != nil {
		return nil, err
	}
	if given("journal", mgmtclient.FieldJournal) {
		q.Journal = *r.Journal
	}
	if given("quota", mgmtclient.FieldQuota) {
		q.QuotaKB = r.Quota.KB
	}
	if given("journal-quota", mgmtclient.FieldJournalQuota) {
		q.JournalQuotaKB = r.JournalQuota.KB
	}
	if given("authenticate", mgmtclient.FieldAuthenticate) {
		q.Authenticate = *r.Authenticate
	}
	if given("privacy", mgmtclient.FieldPrivacy) {
		q.PrivacyLevel = *r.PrivacyLevel
	}
	if given("base-priority", mgmtclient.FieldBasePriority) {
		q.BasePriority = *r.BasePriority
	}
	if given("service-type", mgmtclient.FieldServiceType) {
		q.ServiceType = *r.ServiceType
	}
	if given("multicast", mgmtclient.FieldMulticast) {
		q.Multicast = *r.Multicast
	}
	if given("transactional", mgmtclient.FieldTransactional) {
		q.Transactional = *r.Transactional
	}
	return *fields, nil
}

func (p *program) directoryCreate() *cobra.Command {
	c := p.group("create", "Create an object",
		p.createEntry(mgmtclient.EntryQueue, `queue COMPUTER\QUEUE`, "Create a public queue on any computer",
			`  posthouse directory create queue 'HUB-CPH01\orders' --transactional --label Orders`),
		p.createEntry(mgmtclient.EntrySite, "site NAME", "Create a site, or a foreign one",
			"  posthouse directory create site Odense\n  posthouse directory create site DMZ --foreign"),
		p.createEntry(mgmtclient.EntryMachine, "computer NAME", "Create a foreign computer, whose queues a connector serves",
			"  posthouse directory create computer MAINFRAME --site DMZ"),
		p.createEntry(mgmtclient.EntryList, "list NAME", "Create a distribution list",
			`  posthouse directory create list 'Order watchers' --member 'HUB-CPH01\orders',audit`),
		p.createEntry(mgmtclient.EntryAlias, "alias NAME", "Create another name for a queue",
			`  posthouse directory create alias orders-main --target 'DIRECT=OS:hub-cph01\private$\orders'`),
	)
	return c
}

func (p *program) createEntry(kind mgmtclient.EntryKind, use, short, example string) *cobra.Command {
	var (
		s             properties
		parent        string
		foreign       bool
		transactional bool
		allowSend     []string
	)
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example,
		Args: takes(strings.Fields(use)[1]),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			s.queue.transactional = transactional
			who, err := senders(allowSend)
			if err != nil {
				return err
			}
			e := mgmtclient.Entry{Kind: kind, Name: args[0], Parent: parent}
			switch kind {
			case mgmtclient.EntryQueue:
				computer, name, ok := strings.Cut(args[0], `\`)
				if !ok || computer == "" || name == "" {
					return usagef(`%s: want COMPUTER\QUEUE`, mq.Quote(args[0]))
				}
				e.Name = name
				e.Queue = &mgmtclient.QueueEntry{PathName: args[0], Machine: mgmtclient.EntryRef{Name: computer}, PrivacyLevel: "optional"}
			case mgmtclient.EntrySite:
				e.Site = &mgmtclient.SiteEntry{Foreign: foreign}
			case mgmtclient.EntryMachine:
				e.Machine = &mgmtclient.MachineEntry{Computer: args[0], Foreign: true}
				if len(s.sites) == 0 {
					return usagef("a foreign computer needs the foreign site that it is in: --site NAME")
				}
			case mgmtclient.EntryList:
				e.List = &mgmtclient.ListEntry{}
			case mgmtclient.EntryAlias:
				e.Alias = &mgmtclient.AliasEntry{}
				if s.target == "" {
					return usagef("an alias needs the queue that it stands for: --target NAME")
				}
			}
			return p.withDirectory(cmd, "create "+args[0], func(ctx context.Context, d mgmtclient.Directory) error {
				if _, err := s.onto(ctx, d, cmd.Flags(), &e); err != nil {
					return err
				}
				made, err := d.Create(ctx, e)
				if err == nil {
					err = letSend(ctx, d, made.ID, who)
				}
				if err != nil {
					return err
				}
				return p.result(made, func() { p.printf("created %s, %s\n", clean(args[0]), made.ID) })
			})
		}),
	}
	f := cmd.Flags()
	s.flags(f, kind)
	switch kind {
	case mgmtclient.EntryQueue:
		f.BoolVar(&transactional, "transactional", false, "take only messages of transactions")
		f.StringSliceVar(&allowSend, "allow-send", nil, "`WHO` else may send to it: anonymous (other computers, unsigned), everyone or a SID")
		return cmd
	case mgmtclient.EntrySite:
		f.BoolVar(&foreign, "foreign", false, "its computers run no MSMQ: a connector passes messages to them")
		return cmd
	case mgmtclient.EntryList, mgmtclient.EntryAlias:
		f.StringVar(&s.queue.label, "label", "", "description `TEXT`")
		f.StringVar(&parent, "in", "", "container `DN` (default: the domain's users)")
	}
	return cmd
}

// letSend lets some more send to a public queue.
func letSend(ctx context.Context, d mgmtclient.Directory, queue mq.GUID, who []secure.SID) error {
	if len(who) == 0 {
		return nil
	}
	now, err := d.Permissions(ctx, queue)
	if err != nil {
		return err
	}
	for _, sid := range who {
		a := mgmtclient.Account{SID: sid.String(), Name: sid.Name()}
		if send := uint32(mq.RightWriteMessage); !now.Allows(a.Key(), send) {
			now.Entries = append(now.Entries, mgmtclient.Permission{Account: a, Rights: send})
		}
	}
	return d.SetPermissions(ctx, queue, now)
}

func (p *program) directorySet() *cobra.Command {
	var s properties
	cmd := &cobra.Command{
		Use:   `set GUID|NAME|COMPUTER\QUEUE`,
		Short: "Change properties of an object",
		Long: `Change properties of an object; what is not named stays. Names given to --site,
--in-server, --out-server and --member replace those that were there; "" means none.
The queue manager concerned is told.`,
		Example: `  posthouse directory set 'HUB-CPH01\orders' --label 'Orders, shops' --quota 204800
  posthouse directory set HUB-AAR02 --routing --site Aarhus`,
		Args: takes(`GUID|NAME|COMPUTER\QUEUE`),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withDirectory(cmd, "change "+args[0], func(ctx context.Context, d mgmtclient.Directory) error {
				e, err := entryNamed(ctx, d, args[0])
				if err != nil {
					return err
				}
				if err := fits(cmd.Flags(), e); err != nil {
					return err
				}
				fields, err := s.onto(ctx, d, cmd.Flags(), &e)
				if err != nil {
					return err
				}
				if len(fields) == 0 {
					return usagef("say what is to change; see \"posthouse directory set --help\"")
				}
				if e, err = d.Set(ctx, e, fields...); err != nil {
					return err
				}
				return p.result(e, func() { p.printf("changed %s of %s\n", fieldNames(fields), clean(e.Name)) })
			})
		}),
	}
	f := cmd.Flags()
	s.flags(f, mgmtclient.EntryQueue, mgmtclient.EntryMachine, mgmtclient.EntryList, mgmtclient.EntryAlias, mgmtclient.EntryForest)
	return cmd
}

// fits refuses flags that an object of that kind does not have.
func fits(f *pflag.FlagSet, e mgmtclient.Entry) (err error) {
	mine := own[e.Kind]
	f.Visit(func(fl *pflag.Flag) {
		for _, flags := range own {
			for _, name := range flags {
				if name == fl.Name && err == nil && !has(mine, name) {
					err = usagef("--%s: %s is a %s, which has none", name, e.Name, strings.ToLower(entryName(e)))
				}
			}
		}
	})
	return err
}

func has(list []string, name string) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}

func fieldNames(fields []mgmtclient.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// deletion is what was, or would be, deleted.
type deletion struct {
	mgmtclient.Entry
	UsedBy []mgmtclient.EntryUse `json:"usedBy"`
	DryRun bool                  `json:"dryRun,omitempty"`
}

func (p *program) directoryDelete() *cobra.Command {
	var (
		c     consent
		whole bool
	)
	cmd := &cobra.Command{
		Use:   `delete GUID|NAME|COMPUTER\QUEUE`,
		Short: "Delete an object, after naming what uses it",
		Args:  takes(`GUID|NAME|COMPUTER\QUEUE`),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := c.need(p, cmd); err != nil {
				return err
			}
			op := "delete " + args[0]
			return p.withDirectory(cmd, op, func(ctx context.Context, d mgmtclient.Directory) error {
				e, err := entryNamed(ctx, d, args[0])
				if err != nil {
					return err
				}
				return p.deleteEntry(ctx, d, op, e, whole, c)
			})
		}),
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&whole, "whole", false, "also what is below it: the queues of a computer")
	return cmd
}

func (p *program) deleteEntry(ctx context.Context, d mgmtclient.Directory, op string, e mgmtclient.Entry, whole bool, c consent) error {
	uses, err := d.UsedBy(ctx, e.ID)
	if err != nil {
		return err
	}
	what := deletion{e, append([]mgmtclient.EntryUse{}, uses...), c.dryRun}
	title := strings.ToLower(entryName(e)) + " " + e.Name
	if len(uses) > 0 && !p.asJSON() {
		p.note("%s used by:", many(len(uses), "object"))
		for _, u := range uses {
			p.note("  %s %s", clean(u.Entry.Name), clean(u.How))
		}
	}
	if c.dryRun {
		return p.result(what, func() { p.printf("would delete the %s\n", clean(title)) })
	}
	if err := c.ask(ctx, p, op, "Delete the "+title+" from the directory?"); err != nil {
		return err
	}
	if err := d.Delete(ctx, e.ID, whole); err != nil {
		return err
	}
	return p.result(what, func() { p.printf("deleted the %s\n", clean(title)) })
}

// costText is a cost, or that there is no way.
func costText(cost uint32) string {
	if cost == 0 {
		return "no way"
	}
	return strconv.FormatUint(uint64(cost), 10)
}
