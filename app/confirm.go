package app

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
)

// consent are the flags of a destructive verb.
type consent struct{ yes, dryRun bool }

func (c *consent) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.yes, "yes", false, "do not ask")
	c.dryRunFlag(cmd)
}

func (c *consent) dryRunFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "only say what would happen")
}

// can reports whether there is a way to get consent.
func (c *consent) can(p *program) bool {
	return c.yes || c.dryRun || p.terminal(p.in) && p.terminal(p.err)
}

// need refuses early what could never be agreed to.
func (c *consent) need(p *program, cmd *cobra.Command) error {
	if !c.can(p) {
		return usagef("%s asks on a terminal; elsewhere give --yes (or --dry-run to see what would happen)", cmd.CommandPath())
	}
	return nil
}

// ask puts the question on the terminal; anything but yes is a no.
func (c *consent) ask(ctx context.Context, p *program, op, question string) error {
	if c.yes {
		return nil
	}
	fmt.Fprintf(p.err, "%s [y/N] ", clean(question))
	line := make(chan string, 1)
	go func() { // ends with the process at the latest: a read of a terminal cannot be taken back
		s, _ := bufio.NewReader(p.in).ReadString('\n')
		line <- s
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.err)
		return explain(op, ctx.Err())
	case s := <-line:
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "y", "yes":
			return nil
		}
		return mq.Errorf(mq.ErrOperationCancelled, op, "nothing was done: the answer was no")
	}
}
