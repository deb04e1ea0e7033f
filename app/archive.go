package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/archive"
)

func (p *program) exportCommand() *cobra.Command {
	var (
		o         archive.ExportOptions
		overwrite bool
	)
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write queues and their messages to a file",
		Long: `Write queues and their messages, with every property, to a file of JSON lines;
- is standard output. Without --queue every private queue is written, with its
subqueues. The file appears only when it is complete.`,
		Example: `  posthouse export backup.jsonl
  posthouse export orders.jsonl --queue orders --journals
  posthouse export - --queue '.\system$;deadxact' | gzip > dead.jsonl.gz`,
		Args: takes("FILE"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			op := "export to " + args[0]
			if args[0] != "-" && !overwrite {
				if _, err := os.Lstat(args[0]); err == nil {
					return mq.Errorf(mq.ErrInvalidParameter, op, "the file exists").WithFix("choose another name, or give --overwrite")
				}
			}
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				if _, err := can[mgmtclient.Exporter](n); err != nil && !o.Definitions {
					return err
				}
				o.Now = p.now()
				end := p.progress(&o.Progress, "exported")
				if args[0] == "-" {
					r, err := archive.Export(ctx, n, p.w, o)
					if end(); err == nil {
						err = p.w.Flush()
					}
					if err == nil {
						p.note("exported %s", reportWords(r))
					}
					return err
				}
				var r archive.Report
				err := replaceFile(args[0], func(w io.Writer) (err error) {
					r, err = archive.Export(ctx, n, w, o)
					return err
				})
				if end(); err != nil {
					return err
				}
				p.warn(r)
				return p.result(r, func() { p.printf("exported %s to %s\n", reportWords(r), clean(args[0])) })
			})
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.Queues, "queue", nil, "this `QUEUE` with its subqueues, a journal or a system queue; may be repeated")
	f.BoolVar(&o.Journals, "journals", false, "the journals of the queues too")
	f.BoolVar(&o.Definitions, "definitions", false, "only the queues, no messages")
	f.BoolVar(&overwrite, "overwrite", false, "replace the file if it exists")
	if err := cmd.RegisterFlagCompletionFunc("queue", p.completeQueue); err != nil {
		panic(err) // the flag was just made
	}
	return cmd
}

func (p *program) importCommand() *cobra.Command {
	var (
		o      archive.ImportOptions
		c      consent
		rename []string
	)
	existing := choice{value: "fail", kind: "WAY", words: []string{"fail", "skip", "append", "replace"}}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Read queues and messages back from a file",
		Long: `Read queues and messages back from a file that "export" wrote; - is standard
input. Messages keep their ids, times and properties. A file is checked whole
before anything changes; a pipe line by line as it comes.`,
		Example: `  posthouse import backup.jsonl --dry-run
  posthouse import backup.jsonl --existing skip
  posthouse import orders.jsonl --rename orders=orders-copy`,
		Args: takes("FILE"),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			op := "import " + args[0]
			var err error
			if o.Existing, err = archive.ParseExisting(existing.value); err != nil {
				return err
			}
			if o.Names, err = renames(rename); err != nil {
				return err
			}
			if o.Existing == archive.Replace {
				if err := c.need(p, cmd); err != nil {
					return err
				}
			}
			if args[0] == "-" && o.Existing == archive.Replace && !c.yes && !c.dryRun {
				return usagef("--existing replace from standard input needs --yes: there is nowhere to ask")
			}
			from, err := p.input(args[0])
			if err != nil {
				return explain(op, err)
			}
			defer func() { _ = from.Close() }() // only read
			o.DryRun = c.dryRun
			return p.withNode(cmd, op, func(ctx context.Context, n mgmtclient.Node) error {
				if o.Existing == archive.Replace && !c.yes && !c.dryRun {
					if err := p.askReplace(ctx, n, from, o, c, op); err != nil {
						return err
					}
				}
				end := p.progress(&o.Progress, "imported")
				r, err := archive.Import(ctx, n, from, o)
				end()
				if err != nil && r.Queues == 0 && r.Messages == 0 && len(r.Replaced) == 0 {
					return err
				}
				if err != nil {
					err = before(explain(op, err), r)
				}
				p.warn(r)
				return errors.Join(err, p.result(r, func() {
					if c.dryRun {
						p.printf("would import %s\n", reportWords(r))
					} else if err == nil {
						p.printf("imported %s\n", reportWords(r))
					}
				}))
			})
		}),
	}
	f := cmd.Flags()
	f.Var(&existing, "existing", "queues that exist: fail before anything changes, skip, append to them, or replace them")
	f.StringSliceVar(&rename, "rename", nil, "give a queue of the file another name here, `OLD=NEW`")
	f.BoolVar(&o.Own, "own", false, "created queues get your default permissions instead of those in the file")
	c.flags(cmd)
	return cmd
}

// askReplace says what would be lost before it asks.
func (p *program) askReplace(ctx context.Context, n mgmtclient.Node, from io.ReadSeeker, o archive.ImportOptions, c consent, op string) error {
	o.DryRun = true
	r, err := archive.Import(ctx, n, from, o)
	if err != nil {
		return err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if len(r.Replaced) == 0 {
		return nil
	}
	return c.ask(ctx, p, op, "Replace "+strings.Join(r.Replaced, ", ")+" and delete what is in "+itOrThem(len(r.Replaced))+"?")
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

func renames(list []string) (map[string]string, error) {
	to := map[string]string{}
	for _, r := range list {
		old, name, ok := strings.Cut(r, "=")
		if !ok || old == "" || name == "" {
			return nil, usagef("--rename %s: want OLD=NEW", r)
		}
		to[old] = name
	}
	return to, nil
}

// before adds to an error what an import had done until then.
func before(err error, r archive.Report) error {
	var e *mq.Error
	if !errors.As(err, &e) {
		return err
	}
	with := *e
	if with.Why == "" {
		with.Why = with.Code.Text()
	}
	with.Why += "; before that " + reportWords(r) + " were imported"
	if r.Partial != "" {
		with.Why += ", the last into " + r.Partial
	}
	return &with
}

func reportWords(r archive.Report) string {
	text := many(r.Queues, "queue") + " and " + many(r.Messages, "message")
	if len(r.Skipped) > 0 {
		text += ", left " + many(len(r.Skipped), "queue") + " alone"
	}
	if len(r.Replaced) > 0 {
		text += ", replaced " + many(len(r.Replaced), "queue")
	}
	return text
}

func (p *program) warn(r archive.Report) {
	for _, w := range r.Warnings {
		p.note("warning: %s", w)
	}
}

// progress shows a terminal how far an export or import is; end ends the line.
func (p *program) progress(report *func(archive.Report), verb string) (end func()) {
	if !p.terminal(p.err) {
		return func() {}
	}
	shown := false
	*report = func(r archive.Report) {
		shown = true
		fmt.Fprintf(p.err, "\r%s %s", verb, many(r.Messages, "message"))
	}
	return func() {
		if shown {
			fmt.Fprintln(p.err)
		}
	}
}

// input opens a file or standard input, which a pipe does not let go back.
func (p *program) input(name string) (io.ReadSeekCloser, error) {
	if name == "-" {
		return pipe{p.in}, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "", "%w", err).WithFix("check the name and the rights of the file")
	}
	return f, nil
}

type pipe struct{ io.Reader }

func (pipe) Seek(int64, int) (int64, error) { return 0, errors.ErrUnsupported }
func (pipe) Close() error                   { return nil }

// replaceFile writes a file that is there either whole or not at all.
func replaceFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return mq.Errorf(mq.ErrInvalidParameter, "", "%w", err).WithFix("check the name and the rights of the folder")
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the error that counts is there already
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	for _, step := range []func() error{w.Flush, f.Sync, f.Close, func() error { return os.Rename(f.Name(), name) }} {
		if err := step(); err != nil {
			return mq.Errorf(mq.ErrGeneric, "", "%w", err).WithFix("make room on the disk, or choose another")
		}
	}
	return nil
}
