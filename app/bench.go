package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posthouse/bench"
	"posthouse/localqm/mq"
	"posthouse/mgmtclient/control"
)

func (p *program) benchCommand() *cobra.Command {
	var (
		o      bench.Options
		length wait
	)
	delivery := choice{value: "recoverable", kind: "KIND", words: []string{"recoverable", "express", "transactional"}}
	cmd := &cobra.Command{
		Use:   "bench [" + strings.Join(bench.Kinds, "|") + "...]",
		Short: "Measure the queue manager against the machine it runs on",
		Long: `Measure the queue manager, in a folder of its own that is removed again, against
the machine it runs on: durable sends beside a plain file with a group commit, deep
pages beside shallow ones, opening a large data folder beside a small one, messages
between processes, management by other computers beside an echo over TCP, routes
of a large forest beside the plainest search. Trust the ratios of one run, not the
numbers of two.`,
		Example: `  posthouse bench send --senders 1,8,64 --size 1024
  posthouse bench browse open rpc --messages 1000000 --json`,
		DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			for _, a := range args {
				if !slices.Contains(bench.Kinds, a) {
					return usagef("%q is no measurement; there are %s (see %s --help)", a, strings.Join(bench.Kinds, ", "), cmd.CommandPath())
				}
			}
			return nil
		},
		ValidArgs: bench.Kinds,
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if _, err := p.target(); err != nil {
				return err
			}
			if slices.ContainsFunc(o.Senders, func(n int) bool { return n < 1 || n > 10_000 }) {
				return usagef("--senders: want numbers from 1 to 10000, with commas between")
			}
			if o.Window < 1 || o.Window > 10_000 || o.Rounds < 1 || o.Rounds > 1000 || o.Depth < 1000 {
				return usagef("--window wants 1 to 10000, --rounds 1 to 1000, --messages at least 1000")
			}
			if o.Size < 0 || o.Size > mq.MaxPacketSize-4096 {
				return usagef("--size %d: want 0 to %d bytes", o.Size, mq.MaxPacketSize-4096)
			}
			o.What, o.Delivery = args, delivery.value
			o.Length = time.Duration(length)
			o.Attach = func(ctx context.Context, folder string) (bench.Receiver, error) {
				return control.Dial(ctx, folder, Version)
			}
			o.Remote, o.Map = line{}.Dial, mapStep
			if p.asJSON() {
				o.Progress = func(line string) { p.detail("%s", line) }
			} else {
				o.Progress = func(line string) {
					p.printf("%s\n", clean(line))
					_ = p.w.Flush() // an error stays in the buffer and is found at the end
				}
			}
			ctx, cancel := p.deadline(cmd.Context())
			defer cancel()
			r, err := bench.Run(ctx, o)
			if err != nil {
				return explain("measure", err)
			}
			return p.result(r, func() { p.printf("%s\n", verdict(r)) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "dir", "", "make the data folders in `DIR` (default: the system's for temporary files)")
	f.IntSliceVar(&o.Senders, "senders", []int{1, 8, 64}, "so many senders at once, `N,...`")
	f.IntVar(&o.Window, "window", 1, "each sends `N` messages at once")
	f.IntVar(&o.Size, "size", 1024, "`BYTES` of a body")
	f.Var(&delivery, "delivery", "recoverable, express or transactional")
	f.IntVar(&o.Rounds, "rounds", 3, "`N` rounds, of which the median counts")
	f.Var(&length, "length", "length of each round of send and receive: seconds, or 1m30s (default 2)")
	f.IntVar(&o.Depth, "messages", 100_000, "`N` messages for browse, open, disk and rpc")
	return cmd
}

// verdict says how many targets were met.
func verdict(r bench.Report) string {
	met, all := 0, 0
	var missed []string
	for _, x := range r.Results {
		if x.Met == nil {
			continue
		}
		all++
		if *x.Met {
			met++
		} else {
			missed = append(missed, fmt.Sprintf("%s %s %.2f, wanted %s", x.What, x.Case, x.Ratio, x.Target))
		}
	}
	text := fmt.Sprintf("%d of %d targets met", met, all)
	if len(missed) > 0 {
		text += ": " + strings.Join(missed, "; ")
	}
	return text
}
