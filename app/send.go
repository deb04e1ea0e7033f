package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// letter are the flags of message send.
type letter struct {
	request       mgmtclient.SendRequest
	body          string
	bodyFile      string
	extensionFile string
	priority      int
	bodyType      bodyType
	ttrq, ttbr    seconds
	acks          acks
	wait          wait
}

func (l *letter) flags(f *pflag.FlagSet) {
	r := &l.request
	f.StringVar(&l.body, "body", "", "the body, as `TEXT`")
	f.StringVar(&l.bodyFile, "body-file", "", "the body from a `FILE`; - is standard input")
	f.Var(&l.bodyType, "body-type", "body type: a VT number, or empty, string (UTF-16), ascii, lpwstr, bytes")
	f.StringVar(&r.Label, "label", "", "label `TEXT`, up to 249 characters")
	f.IntVar(&l.priority, "priority", mq.DefaultPriority, "priority `N`, 0 to 7, higher first")
	f.BoolVar(&r.Express, "express", false, "keep it in memory only: faster, and lost when the queue manager stops")
	f.BoolVar(&r.Transactional, "transactional", false, "send in a transaction: all of this call or nothing")
	f.Var(&l.ttrq, "ttrq", "time to reach the queue: seconds, 4h or never (default 4 days)")
	f.Var(&l.ttbr, "ttbr", "time to be received: seconds, 4h or never (default never)")
	f.BoolVar(&r.Journal, "journal", false, "keep a copy in the machine journal of the sender")
	f.BoolVar(&r.DeadLetter, "dead-letter", false, "keep it in a dead-letter queue if it cannot be delivered")
	f.StringVar(&r.DeadLetterQueue, "dead-letter-queue", "", "keep it in this `QUEUE` instead of the system's")
	f.Var(&l.acks, "ack", "acknowledgements to ask for, with commas: "+ackWords()+" or all")
	f.StringVar(&r.AdminQueue, "admin-queue", "", "the `QUEUE` that acknowledgements go to")
	f.StringVar(&r.ResponseQueue, "response-queue", "", "the `QUEUE` that answers go to")
	f.StringVar(&r.CorrelationID, "correlation", "", "correlation `ID`: {guid}\\number, or 40 hexadecimal digits")
	f.Uint32Var(&r.AppSpecific, "app-specific", 0, "a number `N` for the application")
	f.StringVar(&l.extensionFile, "extension-file", "", "extension bytes from a `FILE`")
	f.BoolVar(&r.Trace, "trace", false, "ask for reports of its way; they go to --report-queue")
	f.StringVar(&r.ReportQueue, "report-queue", "", "the `QUEUE` that reports go to: one of this machine, or PUBLIC=guid; implies --trace")
	f.IntVar(&r.Count, "count", 1, "send `N` messages alike")
	f.Var(&l.wait, "wait", "let it leave, and wait until the other machine has accepted it: seconds, or 1m30s")
}

func (p *program) messageSend() *cobra.Command {
	var l letter
	cmd := &cobra.Command{
		Use:   "send QUEUE",
		Short: "Send a message",
		Long: `Send a message. The body is --body, --body-file or standard input. Without
--express the message is recoverable: it survives a restart. With --transactional
all messages of the call are one transaction. Text for the body types string and
lpwstr is sent as UTF-16LE, as COM and .NET read it.

A message for another machine is kept here until a queue manager runs ("posthouse
serve", or the window) and that machine accepts it. The answer says how far it has
come: kept, sent or arrived; with --wait it is waited for, and a queue manager
runs meanwhile if none does.`,
		Example: `  posthouse message send orders --body '<order id="1"/>' --label "Order 1"
  posthouse message send orders --body-file order.xml --transactional
  posthouse message send orders --body ping --count 10000
  posthouse message send orders --body x --ttbr 60 --dead-letter --ack all --admin-queue replies
  posthouse message send 'HUB\private$\orders' --body-file order.xml --transactional --dead-letter --wait 10`,
		Args:              takes("QUEUE"),
		ValidArgsFunction: p.queueNames(1),
		RunE: p.do(func(cmd *cobra.Command, args []string) error {
			if err := l.complete(p, cmd); err != nil {
				return err
			}
			l.request.Queue = args[0]
			var net *network // nothing is let out in a moment that ends at once
			if l.wait > 0 {
				net = sending()
			}
			ctx, cancel := p.deadline(cmd.Context())
			defer cancel()
			return explain("send to "+args[0], p.useNode(ctx, net, func(h handle) error {
				sender, err := can[mgmtclient.Sender](h.Node)
				if err != nil {
					return err
				}
				return p.send(ctx, h, sender, l)
			}))
		}),
	}
	l.flags(cmd.Flags())
	cmd.MarkFlagsMutuallyExclusive("body", "body-file")
	for _, f := range []string{"admin-queue", "response-queue", "dead-letter-queue", "report-queue"} {
		// The names are those of flags just made.
		if err := cmd.RegisterFlagCompletionFunc(f, p.completeQueue); err != nil {
			panic(err)
		}
	}
	return cmd
}

// complete checks the flags and reads what they name.
func (l *letter) complete(p *program, cmd *cobra.Command) (err error) {
	r, f := &l.request, cmd.Flags()
	switch {
	case r.Express && r.Transactional:
		return usagef("--express --transactional: a transaction's messages are always recoverable; leave one out")
	case r.Count < 1:
		return usagef("--count %d: want at least 1", r.Count)
	case l.priority < 0 || l.priority > mq.MaxPriority:
		return usagef("--priority %d: want 0 to %d", l.priority, mq.MaxPriority)
	}
	if f.Changed("priority") {
		r.Priority = &l.priority
	}
	r.BodyType, r.TTRQ, r.TTBR, r.Acknowledge = uint32(l.bodyType), l.ttrq.value, l.ttbr.value, l.acks.names
	if r.Body, err = l.readBody(p, f); err != nil {
		return explain("read the body", err)
	}
	if l.extensionFile != "" {
		if r.Extension, err = readFile(l.extensionFile); err != nil {
			return explain("read the extension", err)
		}
	}
	return nil
}

func (l *letter) readBody(p *program, f *pflag.FlagSet) ([]byte, error) {
	switch {
	case f.Changed("body"):
		return encodeText(uint32(l.bodyType), l.body), nil
	case l.bodyFile != "" && l.bodyFile != "-":
		return readFile(l.bodyFile)
	case l.bodyFile == "" && p.terminal(p.in):
		return nil, usagef("no body: give --body TEXT (--body \"\" for none), --body-file F, or a file on standard input")
	}
	return readPacket(p.in)
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "", "%w", err).WithFix("check the name and the rights of the file")
	}
	defer func() { _ = f.Close() }() // only read
	return readPacket(f)
}

// readPacket reads at most a byte more than a packet can hold: the queue
// manager then says that it is too much.
func readPacket(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(r, mq.MaxPacketSize+1)); err != nil {
		return nil, mq.Errorf(mq.ErrInvalidParameter, "", "%w", err)
	}
	return b.Bytes(), nil
}

// chunk is how many messages one request carries: enough to be fast, few
// enough to show progress and to be interrupted.
func chunk(r mgmtclient.SendRequest) int {
	if r.Transactional {
		return r.Count
	}
	const bytesAtOnce = 4 << 20
	return max(1, min(mgmtclient.MaxPage, bytesAtOnce/(len(r.Body)+len(r.Extension)+512)))
}

// send sends in chunks and tells what was accepted, also after an error.
func (p *program) send(ctx context.Context, h handle, sender mgmtclient.Sender, l letter) error {
	var (
		total = l.request.Count
		all   mgmtclient.SendResult
		err   error
		show  = total > chunk(l.request) && p.terminal(p.err)
	)
	for r := l.request; all.Sent < total && err == nil; {
		r.Count = min(chunk(l.request), total-all.Sent)
		var part mgmtclient.SendResult
		part, err = sender.Send(ctx, r)
		if part.Sent > 0 {
			first := all.FirstID
			if first == "" {
				first = part.FirstID
			}
			part.Sent += all.Sent
			all, all.FirstID = part, first
		}
		if err == nil && part.Sent == 0 {
			err = mq.Errorf(mq.ErrGeneric, "", "the queue manager took no message and gave no reason")
		}
		if show {
			fmt.Fprintf(p.err, "\rsent %s of %s", count(all.Sent), count(total))
		}
	}
	if show {
		fmt.Fprintln(p.err)
	}
	j := newJourney(h, all, l.request)
	if err == nil && all.Outcome == mgmtclient.OutcomeKept {
		if l.wait > 0 {
			all.Outcome, err = j.wait(ctx, time.Duration(l.wait))
		} else {
			all.Outcome, err = p.look(ctx, j)
		}
	}
	if err != nil && all.Sent == 0 {
		return err
	}
	if err != nil && all.Sent < total {
		err = stoppedAt(explain("send to "+l.request.Queue, err), "accepted and stored", all.Sent, total)
	}
	return errors.Join(err, p.result(all, func() { p.printf("%s\n", clean(j.words(ctx, all, l.request.Queue))) }))
}
