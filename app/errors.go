package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthouse/localqm/mq"
)

// The exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitNothing = 3
)

// outcome is the error of a command that was used rightly; any other error is
// about the usage.
type outcome struct{ error }

func (o outcome) Unwrap() error { return o.error }

// usage is wrong usage that only the command itself can find.
type usage struct{ text string }

func (u usage) Error() string { return u.text }

func usagef(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

// nothing ends a wait in which nothing came.
type nothing struct{ error }

func (n nothing) Unwrap() error { return n.error }

// output is standard output; its errors are told from those of a connection to
// a queue manager.
type output struct{ w io.Writer }

func (o output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil {
		err = outputError{err}
	}
	return n, err
}

type outputError struct{ error }

func (o outputError) Unwrap() error { return o.error }

// stoppedAt adds to an error how far it came before.
func stoppedAt(err error, verb string, done, total int) error {
	var e *mq.Error
	if !errors.As(err, &e) {
		return err
	}
	with := *e
	if with.Why == "" {
		with.Why = with.Code.Text()
	}
	with.Why += fmt.Sprintf("; before that %s of %s were %s", count(done), many(total, "message"), verb)
	return &with
}

// readerGone reports whether err only says that the reader of the output had
// enough, as in "message list | head".
func readerGone(err error) bool {
	var o outputError
	return errors.As(err, &o) && (closedPipe(o.error) || errors.Is(o.error, io.ErrClosedPipe))
}

// report prints err on one line and returns the exit status.
func (p *program) report(err error) int {
	if err == nil || readerGone(err) {
		return exitDone
	}
	var (
		u usage
		n nothing
		o outcome
	)
	switch {
	case errors.As(err, &u):
		p.complain(u.text)
		return exitUsage
	case errors.As(err, &n):
		p.complain(n.Error())
		return exitNothing
	case errors.As(err, &o):
		p.complain(p.words(o.error))
		return exitFailed
	}
	p.complain(err.Error())
	return exitUsage
}

// words is the line for an error, with its cause if more was asked for.
func (p *program) words(err error) string {
	line := explain("", err).Error()
	var e *mq.Error
	if p.verbose && errors.As(err, &e) && e.Err != nil && !strings.Contains(line, e.Err.Error()) {
		line += " [" + e.Err.Error() + "]"
	}
	return line
}

func (p *program) complain(text string) { fmt.Fprintln(p.err, "posthouse: "+oneLine(text)) }

func (p *program) note(format string, args ...any) {
	fmt.Fprintln(p.err, "posthouse: "+oneLine(fmt.Sprintf(format, args...)))
}

// detail is for -v.
func (p *program) detail(format string, args ...any) {
	if p.verbose {
		p.note(format, args...)
	}
}

// opLength is as much of what was tried as fits on a line with the reason.
const opLength = 120

// explain gives err a code and says what was tried, where it does not already.
func explain(op string, err error) error {
	if r := []rune(op); len(r) > opLength {
		op = string(r[:opLength-1]) + "…"
	}
	var (
		e *mq.Error
		u usage
		n nothing
		h mq.HResult
	)
	switch {
	case err == nil || errors.As(err, &u) || errors.As(err, &n) || readerGone(err):
		return err
	case errors.As(err, &e):
		if e.Op == "" && op != "" {
			with := *e
			with.Op = op
			return &with
		}
		return err
	case errors.As(err, &h):
		return &mq.Error{Code: h, Op: op, Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return mq.Errorf(mq.ErrIOTimeout, op, "it was not finished in the time that --timeout allows: %w", err).
			WithFix("allow more time")
	case errors.Is(err, context.Canceled):
		return mq.Errorf(mq.ErrOperationCancelled, op, "it was interrupted: %w", err)
	}
	return mq.Errorf(mq.ErrGeneric, op, "%w", err)
}

func oneLine(s string) string {
	return clean(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; "))
}

// noVerb refuses arguments where a verb was expected.
func (p *program) noVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", s[0])
	}
	return usagef("%q is no verb of %q%s (see %s --help)", args[0], cmd.CommandPath(), hint, cmd.CommandPath())
}

func (p *program) verbMissing(cmd *cobra.Command, _ []string) error {
	var verbs []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	return usagef("%q needs a verb: %s (see %s --help)", cmd.CommandPath(), strings.Join(verbs, ", "), cmd.CommandPath())
}

// takes checks the number of arguments against their names in the usage line;
// a last name that ends in ... may repeat.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		most, least := len(names), len(names)
		for _, n := range names {
			if strings.Contains(n, "...") {
				most = -1
			}
			if strings.HasPrefix(n, "[") {
				least--
			}
		}
		for i, a := range args {
			if i < len(names) && a == "" && names[i] != "[TEXT]" {
				return usagef("%s is empty (usage: %s)", names[i], cmd.UseLine())
			}
		}
		if len(args) < least {
			return usagef("%s is missing (usage: %s)", names[len(args)], cmd.UseLine())
		}
		if most >= 0 && len(args) > most {
			return usagef("%q is one argument too many (usage: %s)", args[most], cmd.UseLine())
		}
		return nil
	}
}

// flagError names the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	if n := new(strconv.NumError); errors.As(err, &n) {
		want := "want a number"
		if errors.Is(n, strconv.ErrRange) {
			want = "that is too much or too little"
		}
		text = strings.Replace(text, n.Error(), want, 1)
	}
	var missing *pflag.NotExistError
	if errors.As(err, &missing) && len(missing.GetSpecifiedName()) > 1 {
		if near := nearestFlag(cmd, missing.GetSpecifiedName()); near != "" {
			text += "; did you mean --" + near + "?"
		}
	}
	return usagef("%s (see %s --help)", text, cmd.CommandPath())
}

func nearestFlag(cmd *cobra.Command, name string) string {
	// cobra's own search over names of commands, lent to names of flags.
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	if s := names.SuggestionsFor(name); len(s) > 0 {
		return s[0]
	}
	return ""
}
