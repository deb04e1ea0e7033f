package app

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/mgmtclient"
)

// patience for the shell: a completion that takes longer is worth nothing.
const completionTime = time.Second

// queueNames completes the first n arguments with the queues of the queue
// manager that runs on the data folder; with none running it knows no names.
func (p *program) queueNames(n int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return p.completeQueue(cmd, args, typed)
	}
}

func (p *program) completeQueue(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return p.complete(cmd, typed, mgmtclient.QueueFilter{Private: true, System: strings.HasPrefix(typed, ".")}, func(path string) string {
		if strings.HasPrefix(typed, ".") {
			return path
		}
		return bareName(path)
	})
}

// outgoingNames completes an outgoing queue.
func (p *program) outgoingNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return p.complete(cmd, typed, mgmtclient.QueueFilter{Outgoing: true}, func(path string) string { return path })
}

func (p *program) complete(cmd *cobra.Command, typed string, filter mgmtclient.QueueFilter, show func(path string) string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	folder, err := p.target()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	h, err := p.open.Attach(ctx, folder)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = h.Close() }() // nothing was changed
	list, err := h.Queues(ctx, filter)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, q := range list {
		name := show(q.PathName)
		if !q.Hidden && len(name) >= len(typed) && strings.EqualFold(name[:len(typed)], typed) {
			names = append(names, cobra.CompletionWithDesc(clean(name), clean(q.Label)))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// bareName is orders for .\private$\orders and for HOST\private$\orders.
func bareName(path string) string {
	const private = `\private$\`
	if i := strings.Index(strings.ToLower(path), private); i >= 0 {
		return path[i+len(private):]
	}
	return path
}
