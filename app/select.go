package app

import (
	"bufio"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// selection is which messages of a queue a verb works on: those named as
// arguments, those named on standard input (-), or all.
type selection struct {
	all   bool
	stdin bool
	names []string
	told  int // senders of all that asked to be told of a receive
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&s.all, "all", false, "every message that is in the queue now")
}

// choose takes the arguments behind the queue.
func (s *selection) choose(cmd *cobra.Command, names []string) error {
	s.names = names
	s.stdin = len(names) == 1 && names[0] == "-"
	if s.all == (len(names) > 0) {
		return usagef("name messages by lookup id (- reads them from standard input), or give --all (usage: %s)", cmd.UseLine())
	}
	return nil
}

// find gives the lookup ids.
func (s *selection) find(ctx context.Context, p *program, n mgmtclient.Node, queue string) ([]mgmtclient.LookupID, error) {
	var ids []mgmtclient.LookupID
	if s.all {
		err := pages(ctx, n, queue, mgmtclient.Page{}, 0, func(list []mgmtclient.Message) error {
			for _, m := range list {
				ids = append(ids, m.LookupID)
				if asksReceived(m) {
					s.told++
				}
			}
			return nil
		})
		return ids, err
	}
	names := s.names
	if s.stdin {
		names = nil
		lines := bufio.NewScanner(p.in)
		for lines.Scan() {
			names = append(names, strings.Fields(lines.Text())...)
		}
		if err := lines.Err(); err != nil {
			return nil, explain("read lookup ids from standard input", err)
		}
	}
	for _, name := range names {
		id, err := findMessage(ctx, n, queue, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// toldReceived counts the messages whose senders asked to be told of a receive.
func (s *selection) toldReceived(ctx context.Context, n mgmtclient.Node, queue string, ids []mgmtclient.LookupID) (int, error) {
	if s.all {
		return s.told, nil
	}
	told := 0
	for _, id := range ids {
		m, err := n.Message(ctx, queue, id, 0)
		if mgmtclient.Code(err) == mq.ErrMessageNotFound {
			continue // the delete answers for it
		}
		if err != nil {
			return 0, err
		}
		if asksReceived(m) {
			told++
		}
	}
	return told, nil
}

func asksReceived(m mgmtclient.Message) bool {
	return m.AdminQueue != "" && slices.Contains(m.Acknowledge, "received")
}
