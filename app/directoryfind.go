package app

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

var entryKinds = []string{"site", "machine", "queue", "list", "alias", "link", "user", "computer", "forest", "server"}

func (p *program) directoryFind() *cobra.Command {
	var (
		q     mgmtclient.DirectoryQuery
		kinds []string
		typed string
		all   bool
	)
	cmd := &cobra.Command{
		Use:   "find [TEXT]",
		Short: "Find objects by name, label or type",
		Long: `Find objects with TEXT anywhere in their name or label; it is text, never a
pattern. Without TEXT everything is listed.`,
		Example: `  posthouse directory find order
  posthouse directory find --kind queue --under HUB-CPH01
  posthouse directory find --type 6f1c2d80-51aa-4b7e-9a60-7c0a2f1e88b4 --json`,
		Args: takes("[TEXT]"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				q.Text = args[0]
			}
			for _, k := range kinds {
				if !slices.Contains(entryKinds, k) {
					return usagef("--kind %s: want one of %s", k, strings.Join(entryKinds, ", "))
				}
				q.Kinds = append(q.Kinds, mgmtclient.EntryKind(k))
			}
			if typed != "" {
				g, err := mq.ParseGUID(typed)
				if err != nil {
					return usagef("--type: %v", err)
				}
				q.Type = &g
			}
			return p.withDirectory(cmd, "search the directory", func(ctx context.Context, d mgmtclient.Directory) error {
				if q.Under != "" && !strings.Contains(q.Under, "=") {
					e, err := entryNamed(ctx, d, q.Under)
					if err != nil {
						return err
					}
					q.Under = e.ID.String()
				}
				return p.printEntries(ctx, d, q, all)
			})
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&kinds, "kind", nil, "only objects of these `KINDS`: "+strings.Join(entryKinds, ", "))
	f.StringVar(&typed, "type", "", "only queues of this service type, a `GUID`")
	f.StringVar(&q.Under, "under", "", "only what belongs to this site or computer, or lies below this distinguished name (`NAME`)")
	f.IntVar(&q.Limit, "limit", 200, "at most `N` objects")
	f.BoolVar(&all, "all", false, "all of them, however many")
	return cmd
}

func (p *program) printEntries(ctx context.Context, d mgmtclient.Directory, q mgmtclient.DirectoryQuery, all bool) error {
	type entry = mgmtclient.Entry
	r := newRows(p,
		column[entry]{title: "NAME", cell: func(e entry) string { return e.Name }},
		column[entry]{title: "TYPE", cell: entryName},
		column[entry]{title: "WHERE", cell: func(e entry) string { return e.Where }},
		column[entry]{title: "LABEL", cell: func(e entry) string { return e.Label }},
		column[entry]{title: "GUID", cell: func(e entry) string { return e.ID.String() }},
	)
	for {
		page, err := d.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := r.add(e); err != nil {
				return err
			}
		}
		if page.Next == "" || !all {
			if err := r.close("nothing was found"); err != nil || page.Next == "" {
				return err
			}
			p.note("there are more; see --all and --limit")
			return nil
		}
		q.After = page.Next
	}
}

func (p *program) directoryShow() *cobra.Command {
	var used bool
	cmd := &cobra.Command{
		Use:   `show GUID|NAME|COMPUTER\QUEUE`,
		Short: "Show an object with all its properties",
		Example: `  posthouse directory show 'HUB-CPH01\orders.confirmed' --used-by
  posthouse directory show 8d1f40c6-2b7e-4e53-9a10-6c5e0b3f77d2 --json`,
		Args: takes(`GUID|NAME|COMPUTER\QUEUE`),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			return p.withDirectory(cmd, "show "+args[0], func(ctx context.Context, d mgmtclient.Directory) error {
				e, err := entryNamed(ctx, d, args[0])
				if err != nil {
					return err
				}
				out := struct {
					mgmtclient.Entry
					UsedBy []mgmtclient.EntryUse `json:"usedBy,omitempty"`
				}{Entry: e}
				if used {
					if out.UsedBy, err = d.UsedBy(ctx, e.ID); err != nil {
						return err
					}
				}
				return p.result(out, func() {
					p.fields(p.entryFields(e))
					for i, u := range out.UsedBy {
						if i == 0 {
							p.printf("\n%s\n", p.bold("Used by"))
						}
						p.printf("  %s  %s\n", clean(u.Entry.Name), clean(u.How))
					}
				})
			})
		}),
	}
	cmd.Flags().BoolVar(&used, "used-by", false, "also what refers to it")
	return cmd
}

func (p *program) entryFields(e mgmtclient.Entry) []field {
	list := []field{{"Name", e.Name}, {"Type", entryName(e)}, {"GUID", e.ID.String()}, {"DN", e.DN}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, field{name, value})
		}
	}
	add("Sent to as", e.FormatName)
	add("Where", e.Where)
	add("Label", e.Label)
	switch {
	case e.Queue != nil:
		add("Transactional", yesNo(e.Queue.Transactional))
		add("Limit", kilobytes(e.Queue.QuotaKB))
		add("Journal", yesNo(e.Queue.Journal))
		add("Journal limit", kilobytes(e.Queue.JournalQuotaKB))
		add("Authenticated", yesNo(e.Queue.Authenticate))
		add("Privacy level", e.Queue.PrivacyLevel)
		add("Base priority", strconv.Itoa(int(e.Queue.BasePriority)))
		if !e.Queue.ServiceType.IsZero() {
			add("Type ID", e.Queue.ServiceType.String())
		}
		add("Multicast address", e.Queue.Multicast)
	case e.Machine != nil:
		add("DNS name", e.Machine.DNSName)
		add("Sites", refNames(e.Machine.Sites))
		add("Routing server", yesNo(e.Machine.Routing))
		add("Out-routing servers", refNames(e.Machine.OutServers))
		add("In-routing servers", refNames(e.Machine.InServers))
		add("Limit", kilobytes(e.Machine.QuotaKB))
		add("Journal limit", kilobytes(e.Machine.JournalQuotaKB))
		add("System", e.Machine.OS)
	case e.List != nil:
		add("Members", refNames(e.List.Members))
	case e.Alias != nil:
		add("Target", e.Alias.Target)
	case e.Link != nil:
		add("Link cost", strconv.FormatUint(uint64(e.Link.Cost), 10))
	case e.User != nil:
		add("Account", e.User.Account)
		add("SID", e.User.SID)
		add("Certificates", strconv.Itoa(e.User.Certificates))
	case e.Forest != nil:
		add("Lifetime", strconv.FormatUint(uint64(e.Forest.LongLived), 10)+" s to reach a queue, unless a message says otherwise")
	}
	add("Created", p.time(e.Created))
	add("Last changed", p.time(e.Modified))
	add("Read from", e.Controller)
	return list
}

func refNames(refs []mgmtclient.EntryRef) string {
	names := make([]string, len(refs))
	for i, r := range refs {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}
