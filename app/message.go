package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

func (p *program) messageCommand() *cobra.Command {
	return p.group("message", "Send, browse, receive and repair messages",
		p.messageSend(), p.messageList(), p.messageShow(), p.messageReceive(), p.messageMove(), p.messageCopy(),
		p.messageDelete(), p.messageSearch(), p.messageReturn())
}

// messageRows lists messages.
func (p *program) messageRows() *rows[mgmtclient.Message] {
	type m = mgmtclient.Message
	return newRows(
		p,
		column[m]{"LOOKUP ID", true, func(m m) string { return m.LookupID.String() }},
		column[m]{"PRI", true, func(m m) string { return strconv.Itoa(m.Priority) }},
		column[m]{"CLASS", false, func(m m) string { return m.Class }},
		column[m]{"SENT", false, func(m m) string { return p.time(m.SentTime) }},
		column[m]{"SIZE", true, func(m m) string { return count(m.BodySize) }},
		column[m]{"ID", false, func(m m) string { return m.ID }},
		column[m]{"LABEL", false, func(m m) string { return p.short(m.Label, 60) }},
	)
}

// short cuts text for a terminal, where a long line is no table any more.
func (p *program) short(s string, limit int) string {
	if r := []rune(s); len(r) > limit && p.terminal(p.out) {
		return string(r[:limit-1]) + "…"
	}
	return s
}

// whole makes every list of m one that JSON shows as an array.
func whole(m mgmtclient.Message) mgmtclient.Message {
	if m.Acknowledge == nil {
		m.Acknowledge = []string{}
	}
	return m
}

func (p *program) messageList() *cobra.Command {
	var (
		after, before lookup
		last, follow  bool
		limit, bodies int
	)
	cmd := &cobra.Command{
		Use:   "list QUEUE",
		Short: "List the messages of a queue; removes nothing",
		Long: `List the messages of a queue in queue order: priority, then arrival. Nothing is
removed. The next page begins --after the last lookup id of this one.`,
		Example: `  posthouse message list orders --limit 20
  posthouse message list '.\system$;deadxact' --limit 0 --jsonl
  posthouse message list orders --follow`,
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			switch {
			case limit < 0:
				return usagef("--limit %d: want a number of messages, or 0 for all", limit)
			case follow && p.json:
				return usagef("--follow has no end, so it is no one JSON document: use --jsonl")
			case follow && before != 0:
				return usagef("--follow shows what comes, so it cannot end --before a message")
			}
			page := mgmtclient.Page{
				After: mgmtclient.LookupID(after), Before: mgmtclient.LookupID(before), Last: last, BodyLimit: bodies,
			}
			return p.withNode(cmd, "list messages of "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				r := p.messageRows()
				if follow {
					return p.follow(ctx, n, args[0], page, limit, r)
				}
				err := pages(ctx, n, args[0], page, limit, func(list []mgmtclient.Message) error {
					return addAll(r, list)
				})
				none := "no messages in " + args[0]
				if err != nil {
					none = "" // nobody knows
				}
				return errors.Join(err, r.close(none))
			})
		}),
	}
	f := cmd.Flags()
	f.Var(&after, "after", "begin behind this message")
	f.Var(&before, "before", "end in front of this message")
	f.BoolVar(&last, "last", false, "the last ones instead of the first")
	f.IntVar(&limit, "limit", 100, "at most `N`; 0 for all")
	f.IntVar(&bodies, "body-limit", 0, "show up to `N` bytes of each body (JSON only)")
	f.BoolVarP(&follow, "follow", "f", false, "go on and show messages as they come, until Ctrl+C")
	return cmd
}

func addAll(r *rows[mgmtclient.Message], list []mgmtclient.Message) error {
	for _, m := range list {
		if err := r.add(whole(m)); err != nil {
			return err
		}
	}
	return r.flush()
}

// pages gives a range of a queue page by page, at most limit messages (0: all).
func pages(ctx context.Context, n mgmtclient.Node, queue string, p mgmtclient.Page, limit int,
	give func([]mgmtclient.Message) error,
) error {
	if p.Last && (limit == 0 || limit > mgmtclient.MaxPage) {
		first, err := lastFrom(ctx, n, queue, p, limit)
		if err != nil {
			return err
		}
		p.After, p.Last = first, false
	}
	for left := limit; limit == 0 || left > 0; {
		p.Limit = mgmtclient.MaxPage
		if limit > 0 {
			p.Limit = min(left, mgmtclient.MaxPage)
		}
		page, err := n.Messages(ctx, queue, p)
		if err != nil {
			return err
		}
		if len(page.Messages) > 0 {
			if err := give(page.Messages); err != nil {
				return err
			}
			p.After = page.Messages[len(page.Messages)-1].LookupID
			left -= len(page.Messages)
		}
		if !page.More || len(page.Messages) == 0 || p.Last {
			return nil
		}
	}
	return nil
}

// lastFrom finds the message behind which the last limit ones of a range
// stand, going backwards a page at a time.
func lastFrom(ctx context.Context, n mgmtclient.Node, queue string, p mgmtclient.Page, limit int) (mgmtclient.LookupID, error) {
	if limit == 0 {
		return p.After, nil
	}
	p.BodyLimit = 0
	for left := limit; ; {
		p.Limit = min(left+1, mgmtclient.MaxPage)
		page, err := n.Messages(ctx, queue, p)
		if err != nil || len(page.Messages) == 0 {
			return p.After, err
		}
		if left < len(page.Messages) {
			return page.Messages[len(page.Messages)-1-left].LookupID, nil
		}
		if !page.More {
			return p.After, nil
		}
		left -= len(page.Messages)
		p.Before = page.Messages[0].LookupID
	}
}

func (p *program) messageShow() *cobra.Command {
	var raw bool
	bodies := -1
	cmd := &cobra.Command{
		Use:   "show QUEUE MESSAGE",
		Short: "Show a message with all its properties and its body",
		Long: `Show a message with all its properties and its body; it stays in the queue.
MESSAGE is a lookup id as "message list" shows it, or a message id {guid}\number.`,
		Example: `  posthouse message show orders 288230376151711745
  posthouse message show orders 288230376151711745 --raw > body.bin`,
		Args:              takes("QUEUE", "MESSAGE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if raw && p.asJSON() {
				return usagef("--raw prints the body alone; leave out --json")
			}
			return p.withNode(cmd, "show message "+args[1]+" of "+args[0], func(ctx context.Context, n mgmtclient.Node) error {
				id, err := findMessage(ctx, n, args[0], args[1])
				if err != nil {
					return err
				}
				m, err := n.Message(ctx, args[0], id, bodies)
				if err != nil {
					return err
				}
				return p.showMessage(m, raw)
			})
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&raw, "raw", false, "print only the body, byte for byte")
	f.IntVar(&bodies, "body-limit", -1, "at most `N` bytes of the body (-1: all)")
	return cmd
}

// findMessage gives the lookup id for what a person named a message by.
func findMessage(ctx context.Context, n mgmtclient.Node, queue, name string) (mgmtclient.LookupID, error) {
	if v, err := strconv.ParseUint(name, 0, 64); err == nil && v > 0 {
		return mgmtclient.LookupID(v), nil
	}
	id, err := mq.ParseObjectID(name)
	if err != nil {
		return 0, usagef(`%q is neither a lookup id (a number, see message list) nor a message id ({guid}\number)`, name)
	}
	searcher, err := can[mgmtclient.Searcher](n)
	if err != nil {
		return 0, err
	}
	var found mgmtclient.LookupID
	err = searcher.Search(ctx, queue, mgmtclient.Search{Text: id.String()}, func(m mgmtclient.Message) bool {
		if strings.EqualFold(m.ID, id.String()) {
			found = m.LookupID
		}
		return found == 0
	})
	if err == nil && found == 0 {
		err = mq.Errorf(mq.ErrMessageNotFound, "", "no message with this id is in %s", queue)
	}
	return found, err
}

func (p *program) showMessage(m mgmtclient.Message, raw bool) error {
	if raw {
		_, err := p.w.Write(m.Body)
		return errors.Join(err, p.w.Flush())
	}
	err := p.result(whole(m), func() {
		p.fields(p.messageFields(m))
		p.printf("\n%s", bodyText(m))
	})
	return errors.Join(err, p.w.Flush())
}

func (p *program) messageFields(m mgmtclient.Message) []field {
	delivery := m.Delivery
	if m.Transactional {
		delivery += ", transactional"
	}
	list := []field{
		{"Label", m.Label},
		{"ID", m.ID},
		{"Lookup ID", m.LookupID.String()},
		{"Class", fmt.Sprintf("%s (0x%04X)", m.Class, uint16(m.ClassCode))},
		{"Priority", strconv.Itoa(m.Priority)},
		{"Delivery", delivery},
		{"Sent", p.time(m.SentTime)},
		{"Arrived", p.time(m.ArrivedTime)},
		{"Expires", p.timeOrNever(m.Expires)},
		{"Destination", m.DestinationQueue},
		{"Source machine", m.SourceMachine},
		{"Body", many(m.BodySize, "byte") + ", type " + bodyTypeName(m.BodyType)},
	}
	optional := func(name, value string) {
		if value != "" {
			list = append(list, field{name, value})
		}
	}
	number := func(name string, n int) {
		if n != 0 {
			list = append(list, field{name, count(n)})
		}
	}
	optional("On its way", transferWords[m.Transfer])
	optional("Format", m.Format)
	optional("Response queue", m.ResponseQueue)
	optional("Administration queue", m.AdminQueue)
	optional("Acknowledge", strings.Join(m.Acknowledge, ", "))
	optional("Correlation ID", m.CorrelationID)
	number("Application specific", int(m.AppSpecific))
	optional("Dead-letter queue", m.DeadLetterQueue)
	list = append(list, field{"Journal, dead letter", yesNo(m.Journal) + ", " + yesNo(m.DeadLetter)})
	optional("Transaction", m.TransactionID)
	optional("Sender", m.SenderSID)
	optional("Time to reach queue", secondsText(m.TTRQ))
	optional("Time to be received", secondsText(m.TTBR))
	number("Aborted receives", m.AbortCount)
	number("Moves", m.MoveCount)
	if len(m.Extension) > 0 {
		list = append(list, field{"Extension", many(len(m.Extension), "byte")})
	}
	if m.Locked {
		list = append(list, field{"Locked", "yes, by a transaction or a pending receive"})
	}
	return list
}

// transferWords tell how far a message of an outgoing queue has come.
var transferWords = map[mgmtclient.Transfer]string{
	mgmtclient.TransferWaiting:   "waiting, not sent",
	mgmtclient.TransferSending:   "sent, not acknowledged",
	mgmtclient.TransferDelivered: "delivered, not read",
}

func secondsText(s *uint32) string {
	if s == nil {
		return ""
	}
	return (time.Duration(*s) * time.Second).String()
}
