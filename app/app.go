// Package app puts the program together: command line, queue manager and window.
package app

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"posthouse/mgmtclient"
)

// Version is set by the linker (see Makefile).
var Version = "dev"

// Run runs the command line args and returns the exit status: 0 done, 1
// failed, 2 wrong usage, 3 a wait that ended with nothing there.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ignoreBrokenPipe()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl+C ends the process at once
	return run(ctx, args, env{
		in: stdin, out: stdout, err: stderr,
		terminal: isTerminal, getenv: os.Getenv, now: time.Now, zone: time.Local,
		open: folderOpener{log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}, window: openWindow,
	})
}

// env is what a command line runs in; tests replace its parts.
type env struct {
	in       io.Reader
	out      io.Writer
	err      io.Writer
	terminal func(stream any) bool
	getenv   func(string) string
	now      func() time.Time
	zone     *time.Location
	open     opener
	window   func(ctx context.Context, o windowOptions) error
}

// windowOptions are what a window is opened for.
type windowOptions struct {
	desk   bool // an operator's: the Desk and nothing else
	folder string
	open   openNode // its own queue manager
}

// openNode opens the node that a window begins with.
type openNode func(context.Context) (mgmtclient.Node, error)

// program is one run of the command line.
type program struct {
	env
	w       *bufio.Writer // standard output; flushed where someone waits for it
	folder  string
	node    string
	signIn  signIn
	forest  directoryFlags
	json    bool
	jsonl   bool
	verbose bool
	timeout wait
}

func run(ctx context.Context, args []string, e env) int {
	p := &program{env: e, w: bufio.NewWriter(output{e.out})}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(e.in)
	root.SetOut(p.w)
	root.SetErr(e.err)
	err := root.ExecuteContext(ctx)
	if flushed := p.w.Flush(); err == nil {
		err = flushed
	}
	return p.report(err)
}

func (p *program) root() *cobra.Command {
	var (
		desk bool
		net  networkFlags
	)
	root := &cobra.Command{
		Use:   "posthouse",
		Short: "Message Queuing (MSMQ) for every desk: console and queue manager",
		Long: `Posthouse is a console and a queue manager for Microsoft Message Queuing (MSMQ).

Without a verb it opens the window, whose queue manager exchanges messages with
others as --listen, --port and --hosts say. "posthouse serve" runs the queue
manager alone; the window and every other verb talk to the one that runs on the
data folder, or open it for their time.

A queue is any path name or format name; a bare "orders" means .\private$\orders.

Exit status: 0 done, 1 failed, 2 wrong usage, 3 a wait that ended with nothing there.`,
		Args:              p.noVerb,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		Version:           Version,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("data") && p.folder == "" {
				return usagef("--data is empty: name a folder, or leave it out")
			}
			return nil
		},
		RunE: p.do(func(cmd *cobra.Command, _ []string) error {
			folder, err := p.target()
			if err != nil {
				return err
			}
			n, err := net.network()
			if err != nil {
				return err
			}
			n.modest = !cmd.Flags().Changed("listen") && !cmd.Flags().Changed("port")
			return p.window(cmd.Context(), windowOptions{desk: desk, folder: folder, open: func(ctx context.Context) (mgmtclient.Node, error) {
				h, err := p.open.Open(ctx, folder, n)
				return h.Node, err
			}})
		}),
	}
	root.Flags().BoolVar(&desk, "desk", false, "open the window of an operator: the Desk and nothing else")
	net.flags(root.Flags())
	root.SetVersionTemplate("posthouse {{.Version}}\n")
	f := root.PersistentFlags()
	f.StringVar(&p.folder, "data", "", "data folder `DIR` of the queue manager (default: the user's)")
	f.StringVar(&p.node, "node", "", "work on another computer: `HOST[:PORT]`, or the name of a remembered one")
	p.signIn.flags(f)
	f.BoolVar(&p.json, "json", false, "print one JSON document")
	f.BoolVar(&p.jsonl, "jsonl", false, "print JSON lines, each as soon as it is known")
	f.Var(&p.timeout, "timeout", "give up after this time: seconds, or 1m30s (default: never)")
	f.BoolVarP(&p.verbose, "verbose", "v", false, "say more on standard error")
	root.MarkFlagsMutuallyExclusive("json", "jsonl")
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usageTemplate)
	root.AddCommand(
		p.serveCommand(), p.queueCommand(), p.messageCommand(), p.outgoingCommand(), p.machineCommand(), p.accountCommand(), p.computerCommand(), p.directoryCommand(), p.routeCommand(),
		p.checkCommand(), p.exportCommand(), p.importCommand(), p.benchCommand(),
		p.versionCommand(),
	)
	root.SetHelpCommand(p.helpCommand(root))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = p.noVerb, p.verbMissing
		}
	}
	return root
}

// group is a noun: it does nothing without a verb.
func (p *program) group(noun, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: noun, Short: short, Args: p.noVerb, RunE: p.verbMissing}
	c.AddCommand(verbs...)
	return c
}

// do marks what f returns as the outcome of a command that was used rightly.
func (p *program) do(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return outcome{err}
		}
		return nil
	}
}

func (p *program) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB...]",
		Short: "Help about any verb",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || c == nil {
				c, rest = root, args
			}
			if len(rest) > 0 && c.HasSubCommands() {
				return p.noVerb(c, rest)
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
