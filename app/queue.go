package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) queueCommand() *cobra.Command {
	return p.group("queue", "Create, list, change and delete queues",
		p.queueCreate(), p.queueList(), p.queueShow(), p.queueSet(), p.queueDelete(), p.queuePurge(), p.queueACL())
}

// settings are the flags for the properties of a queue.
type settings struct {
	label         string
	transactional bool
	journal       bool
	authenticate  bool
	quota         quota
	journalQuota  quota
	privacy       choice
	basePriority  int16
	serviceType   string
	multicast     string
	sddl          string
	allowSend     []string
}

func (s *settings) flags(f *pflag.FlagSet) {
	s.privacy = choice{kind: "LEVEL", words: []string{"none", "optional", "body"}}
	f.StringVar(&s.label, "label", "", "label `TEXT` of the queue")
	f.BoolVar(&s.journal, "journal", false, "keep a copy of each received message in the queue's journal")
	f.Var(&s.quota, "quota", "limit of the queue in KB, or unlimited")
	f.Var(&s.journalQuota, "journal-quota", "limit of its journal in KB, or unlimited")
	f.BoolVar(&s.authenticate, "authenticate", false, "take only authenticated messages")
	f.Var(&s.privacy, "privacy", "encryption of bodies: none, optional or body")
	f.Int16Var(&s.basePriority, "base-priority", 0, "base priority `N` of a public queue, -32768 to 32767")
	f.StringVar(&s.serviceType, "service-type", "", "service type of the queue, a `GUID`")
	f.StringVar(&s.multicast, "multicast", "", "multicast address, `ADDRESS:PORT`")
}

func (s *settings) request(f *pflag.FlagSet) (mgmtclient.QueueSettings, error) {
	r := mgmtclient.QueueSettings{Quota: s.quota.value, JournalQuota: s.journalQuota.value, AllowSend: s.allowSend}
	set(f, "label", &r.Label, s.label)
	set(f, "transactional", &r.Transactional, s.transactional)
	set(f, "journal", &r.Journal, s.journal)
	set(f, "authenticate", &r.Authenticate, s.authenticate)
	set(f, "privacy", &r.PrivacyLevel, s.privacy.value)
	set(f, "base-priority", &r.BasePriority, s.basePriority)
	set(f, "multicast", &r.Multicast, s.multicast)
	set(f, "sddl", &r.SDDL, s.sddl)
	if _, err := senders(s.allowSend); err != nil {
		return r, err
	}
	if f.Changed("service-type") {
		g, err := mq.ParseGUID(s.serviceType)
		if err != nil {
			return r, usagef("--service-type: %v", err)
		}
		r.ServiceType = &g
	}
	return r, nil
}

// set fills a setting only if its flag was given.
func set[T any](f *pflag.FlagSet, flag string, to **T, v T) {
	if f.Changed(flag) {
		*to = &v
	}
}

func (p *program) queueCreate() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "create QUEUE",
		Short: "Create a queue",
		Example: `  posthouse queue create orders --transactional --label "Orders" --journal
  posthouse queue create invoices --quota 10240 --allow-send everyone`,
		Args: takes("QUEUE"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			r, err := s.request(cmd.Flags())
			if err != nil {
				return err
			}
			return p.withNode(cmd, "create queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				admin, err := can[mgmtclient.QueueAdmin](n)
				if err != nil {
					return err
				}
				q, err := admin.CreateQueue(ctx, args[0], r)
				if err != nil {
					return err
				}
				for _, w := range q.Warnings {
					p.note("warning: %s: %s", clean(q.PathName), clean(w))
				}
				return p.result(q, func() { p.printf("created %s\n", clean(q.PathName)) })
			})
		}),
	}
	f := cmd.Flags()
	s.flags(f)
	f.BoolVar(&s.transactional, "transactional", false, "take only messages of transactions")
	f.StringSliceVar(&s.allowSend, "allow-send", nil, "`WHO` else may send to it: anonymous, everyone or a SID")
	f.StringVar(&s.sddl, "sddl", "", "security descriptor, in `SDDL`")
	return cmd
}

func (p *program) queueList() *cobra.Command {
	var (
		filter mgmtclient.QueueFilter
		all    bool
	)
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List queues with their counters",
		Example: "  posthouse queue list --with-messages\n  posthouse queue list --system --json",
		Args:    takes(),
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			if all {
				filter.Private, filter.Public, filter.System, filter.Outgoing = true, true, true, true
			}
			return p.withNode(cmd, "list queues", func(ctx context.Context, n mgmtclient.Node) error {
				list, err := n.Queues(ctx, filter)
				if err != nil {
					return err
				}
				return p.queueTable(list, "no queues")
			})
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&filter.System, "system", false, "system queues: journal, dead letters, hidden ones")
	f.BoolVar(&filter.Private, "private", false, "private queues (the default)")
	f.BoolVar(&filter.Public, "public", false, "public queues")
	f.BoolVar(&filter.Outgoing, "outgoing", false, "outgoing queues")
	f.BoolVar(&all, "all", false, "queues of every kind")
	f.BoolVar(&filter.WithMessages, "with-messages", false, "leave out empty queues")
	f.StringVar(&filter.Contains, "contains", "", "only queues with this `TEXT` in name or label")
	return cmd
}

func (p *program) queueTable(list []mgmtclient.Queue, empty string) error {
	r := newRows(
		p,
		column[mgmtclient.Queue]{"NAME", false, func(q mgmtclient.Queue) string { return q.PathName }},
		column[mgmtclient.Queue]{"MESSAGES", true, func(q mgmtclient.Queue) string { return count(q.Messages) }},
		column[mgmtclient.Queue]{"BYTES", true, func(q mgmtclient.Queue) string { return count(q.Bytes) }},
		column[mgmtclient.Queue]{"JOURNAL", true, func(q mgmtclient.Queue) string { return count(q.JournalMessages) }},
		column[mgmtclient.Queue]{"TRANSACTIONAL", false, func(q mgmtclient.Queue) string { return yesNo(q.Transactional) }},
		column[mgmtclient.Queue]{"LABEL", false, func(q mgmtclient.Queue) string { return q.Label }},
	)
	for _, q := range list {
		if err := r.add(wholeQueue(q)); err != nil {
			return err
		}
	}
	return r.close(empty)
}

// wholeQueue makes every list of q one that JSON shows as an array.
func wholeQueue(q mgmtclient.Queue) mgmtclient.Queue {
	for _, list := range []*[]string{&q.NextHops, &q.ConnectionHistory, &q.Subqueues} {
		if *list == nil {
			*list = []string{}
		}
	}
	return q
}

func (p *program) queueShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show QUEUE",
		Short:             "Show a queue with all its properties",
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withNode(cmd, "show queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				q, err := n.Queue(ctx, args[0])
				if err != nil {
					return err
				}
				return p.showQueue(q)
			})
		}),
	}
}

func (p *program) showQueue(q mgmtclient.Queue) error {
	if q.Outgoing != nil {
		return p.showOutgoing(q)
	}
	q = wholeQueue(q)
	return p.result(q, func() {
		list := []field{
			{"Path name", q.PathName},
			{"Format name", q.FormatName},
			{"ID", q.ID.String()},
			{"Label", q.Label},
			{"Type", q.Type + ", " + q.Location + " (" + q.State + ")"},
			{"Transactional", yesNo(q.Transactional)},
			{"Messages", many(q.Messages, "message") + ", " + many(q.Bytes, "byte")},
			{"Quota", kilobytes(q.QuotaKB)},
			{"Journal", yesNo(q.Journal)},
			{"Journal messages", many(q.JournalMessages, "message") + ", " + many(q.JournalBytes, "byte")},
			{"Journal quota", kilobytes(q.JournalQuotaKB)},
			{"Authenticated only", yesNo(q.Authenticate)},
			{"Privacy level", q.PrivacyLevel},
			{"Base priority", fmt.Sprint(q.BasePriority)},
			{"Service type", q.ServiceType.String()},
			{"Created", p.time(q.Created)},
			{"Modified", p.time(q.Modified)},
		}
		if q.MulticastAddress != "" {
			list = append(list, field{"Multicast address", q.MulticastAddress})
		}
		if len(q.Subqueues) > 0 {
			list = append(list, field{"Subqueues", strings.Join(q.Subqueues, ", ")})
		}
		for _, i := range q.Incoming {
			list = append(list, field{"Comes from", fmt.Sprintf("%s to %s: %s, at %s%s",
				i.Source, i.FormatName, position(&i.Last), p.time(i.LastAccess), rejected(i.Rejected))})
		}
		for _, w := range q.Warnings {
			list = append(list, field{"Warning", w})
		}
		p.fields(list)
	})
}

// rejected counts messages that came twice or out of order.
func rejected(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + count(n) + " rejected as out of order or come twice"
}

func (p *program) queueSet() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:               "set QUEUE",
		Short:             "Change properties of a queue",
		Example:           "  posthouse queue set orders --label \"Orders 2026\" --journal=false --quota unlimited",
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if !anyChanged(cmd.LocalNonPersistentFlags()) {
				return usagef("nothing to set: name the properties (see %s --help)", cmd.CommandPath())
			}
			r, err := s.request(cmd.Flags())
			if err != nil {
				return err
			}
			return p.withNode(cmd, "change queue "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				admin, err := can[mgmtclient.QueueAdmin](n)
				if err != nil {
					return err
				}
				q, err := admin.SetQueue(ctx, args[0], r)
				if err != nil {
					return err
				}
				return p.showQueue(q)
			})
		}),
	}
	s.flags(cmd.Flags())
	return cmd
}

func anyChanged(f *pflag.FlagSet) bool {
	changed := false
	f.VisitAll(func(f *pflag.Flag) { changed = changed || f.Changed })
	return changed
}
