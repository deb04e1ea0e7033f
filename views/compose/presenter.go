package compose

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// askAfter is how long typing must rest before the queue manager is asked.
const askAfter = 300 * time.Millisecond

// batch is how many copies one call sends, and how many a transaction holds.
const batch = 100

// MaxCopies is how often a message can be sent at once.
const MaxCopies = 1_000_000

// copied says what the message was made of.
type copied struct {
	id, queue string
}

// outcome is what became of the last sending.
type outcome struct {
	tone   kit.Tone
	bold   string
	text   string
	id     string
	before string // words before the id
	queue  string // to open, with lookup
	lookup mgmtclient.LookupID
	err    error
}

// Presenter decides what the screen shows.
type Presenter struct {
	// OnChange is told after checks, outcome or state changed; OnDraft after
	// the draft was filled anew.
	OnChange func()
	OnDraft  func()

	host  screen.Host
	scope *screen.Scope
	node  screen.Node
	draft draft

	to, admin answer
	asking    int // the number of the last question
	from      copied
	decided   bool // whether it is transactional is somebody's choice, not the queue's
	loading   bool
	sending   bool
	touched   bool // something was typed since it was filled or sent
	last      outcome
}

// NewPresenter begins an empty message.
func NewPresenter(h screen.Host) *Presenter {
	return &Presenter{OnChange: func() {}, OnDraft: func() {}, host: h, draft: newDraft(h.Preferences())}
}

// Enter begins a message for a route: to its queue, or a copy of its message.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	p.scope = s
	n, ok := p.host.Node(r.Node)
	if ok {
		p.node = n
	}
	switch {
	case r.Lookup != 0:
		p.copy(r)
	case r.Queue != "":
		p.draft.queue = p.sendable(r.Queue)
		p.from = copied{}
		p.last = outcome{}
		p.OnDraft()
		p.ask()
	default:
		p.OnDraft()
		p.ask()
	}
}

// NodeChanged takes over the state of the connection; the draft stays.
func (p *Presenter) NodeChanged() {
	if n, ok := p.host.Node(p.node.ID); ok && p.scope != nil {
		p.node = n
		p.ask()
	}
}

// Leave ends what runs; the draft stays.
func (p *Presenter) Leave() { p.scope, p.loading = nil, false }

// sendable is the queue that messages for a part of it go to.
func (p *Presenter) sendable(path string) string {
	q, err := mq.ParsePathName(path)
	if err != nil || q.System {
		return path
	}
	return q.Parent().String()
}

// copy fills the draft with a message.
func (p *Presenter) copy(r screen.Route) {
	client := p.node.Client
	if client == nil {
		p.fail("The message was not copied.", mq.Errorf(mq.ErrServiceNotAvailable, "read the message", "there is no connection to %s", p.node.Name))
		return
	}
	p.loading = true
	p.OnChange()
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Message, error) {
		return client.Message(ctx, r.Queue, r.Lookup, -1)
	}, func(m mgmtclient.Message, err error) {
		p.loading = false
		if err != nil {
			p.fail("The message was not copied.", err)
			return
		}
		p.draft.fill(&m, p.destination(r.Queue, &m))
		p.decided = true
		p.from = copied{m.ID, r.Queue}
		p.last, p.touched = outcome{}, false
		p.OnDraft()
		p.ask()
	})
}

// destination is where a copy goes: where a dead letter was going, else the
// queue the message is in.
func (p *Presenter) destination(queue string, m *mgmtclient.Message) string {
	if m.ClassCode.IsNack() && m.DestinationQueue != "" {
		return m.DestinationQueue
	}
	q, err := mq.ParsePathName(queue)
	if err == nil && q.System && m.DestinationQueue != "" {
		return m.DestinationQueue
	}
	return p.sendable(queue)
}

func (p *Presenter) fail(bold string, err error) {
	why, fix, _ := screen.Reason(err)
	p.last = outcome{tone: kit.Danger, bold: bold, text: strings.TrimSpace(why + " " + fix), err: err}
	p.OnChange()
}

// Decide makes the message transactional or not, whatever the queue is.
func (p *Presenter) Decide(transactional bool) {
	p.decided = true
	p.Edit(func(d *draft) { d.transactional = transactional })
}

// Edit changes the draft; the queues it names are asked about when typing
// rests.
func (p *Presenter) Edit(change func(d *draft)) {
	before, admin := p.draft.queue, p.draft.admin
	change(&p.draft)
	p.touched = true
	if p.draft.queue != before || p.draft.admin != admin {
		p.later()
	}
	p.OnChange()
}

// later asks once typing rests.
func (p *Presenter) later() {
	p.asking++
	n := p.asking
	if p.scope == nil {
		return
	}
	p.scope.After(askAfter, func() {
		if n == p.asking {
			p.ask()
		}
	})
}

// Written reports whether there is anything that would be lost.
func (p *Presenter) Written() bool {
	d := &p.draft
	return d.label != "" || d.content.text != d.content.originalText || len(d.content.blob) > 0 || len(d.extension) > 0
}

// Dismiss takes the outcome away.
func (p *Presenter) Dismiss() { p.last = outcome{}; p.OnChange() }

// Again asks anew.
func (p *Presenter) Again() {
	p.to, p.admin = answer{}, answer{}
	p.ask()
}

// ask asks about the queues of the draft.
func (p *Presenter) ask() {
	p.asking++
	n := p.asking
	p.OnChange()
	client := p.node.Client
	if client == nil || p.scope == nil {
		return
	}
	question := func(name string, take func(answer)) {
		name = strings.TrimSpace(name)
		if _, err := mq.ParseQueue(name); name == "" || err != nil {
			take(answer{})
			return
		}
		screen.Load(p.scope, func(ctx context.Context) (answer, error) { return ask(ctx, client, name) }, func(a answer, err error) {
			if err != nil || n != p.asking {
				return
			}
			a.at = p.host.Now()
			take(a)
			p.OnChange()
		})
	}
	question(p.draft.queue, func(a answer) {
		p.to = a
		if a.known() && a.err == nil && a.queue.Outgoing == nil && !p.decided && p.draft.transactional != a.queue.Transactional {
			p.draft.transactional = a.queue.Transactional
			p.OnDraft()
		}
	})
	question(p.draft.admin, func(a answer) { p.admin = a })
}

// Checks are the lines of "Before you send".
func (p *Presenter) Checks() []check {
	if p.node.Client == nil {
		text := "There is no connection to it."
		if p.node.Err != nil {
			text, _, _ = screen.Reason(p.node.Err)
		}
		return []check{{mark: markFail, title: p.node.Name + " does not answer", text: text}}
	}
	who := sender{p.node.Name, p.host.Feed().Of(p.node.ID).Machine.Name, p.keeper(), p.node.As, p.node.Local}
	return p.draft.checks(who, p.to, p.admin, p.host.Now())
}

// keeper is the computer whose queue manager sends: this one, also to the queues of
// another.
func (p *Presenter) keeper() string {
	for _, n := range p.host.Nodes() {
		if n.Local && !p.node.Local {
			return n.Name
		}
	}
	return p.node.Name
}

// Opened is the format name the destination is opened by; "" none.
func (p *Presenter) Opened() string {
	q, err := mq.ParseQueue(p.draft.queue)
	if err != nil {
		return ""
	}
	f := q.FormatName()
	if f.Kind == mq.KindDirect && f.Address == "." {
		f.Address = cmp.Or(p.host.Feed().Of(p.node.ID).Machine.Name, p.node.Name)
	}
	return f.String()
}

// Reached says whether the destination was found: true, or not asked, or no.
func (p *Presenter) Reached() (found, asked bool) {
	asked = p.to.known() && p.to.name == strings.TrimSpace(p.draft.queue)
	return asked && p.to.err == nil, asked
}

// CanSend reports whether it can be sent as it stands; why says what is
// missing.
func (p *Presenter) CanSend() (ok bool, why string) {
	f := p.draft.faults()
	switch {
	case p.sending:
		return false, "Sending…"
	case p.loading:
		return false, "Reading the message…"
	case p.node.Client == nil:
		return false, "There is no connection to " + p.node.Name
	case strings.TrimSpace(p.draft.queue) == "":
		return false, "Choose where to send it"
	case f[fieldBody] != "":
		return false, f[fieldBody]
	case len(f) > 0:
		return false, "Mend what is marked in red"
	case p.draft.packetSize() > mq.MaxPacketSize:
		return false, "It is too big: a message takes at most 4 MB"
	case p.draft.content.mode == modeFile && p.draft.content.blob == nil:
		return false, "Choose a file"
	}
	if lacks := p.node.Lacks(mgmtclient.CanSend); lacks != "" {
		return false, lacks
	}
	return true, ""
}

// Send sends the copies in batches, as a job.
func (p *Presenter) Send() {
	if ok, _ := p.CanSend(); !ok {
		return
	}
	send, _ := mgmtclient.Can[mgmtclient.Sender](p.node.Client)
	total := max(1, p.draft.copies)
	first, err := p.draft.request(min(batch, total))
	if err != nil {
		p.fail("It was not sent.", err)
		return
	}
	p.sending, p.last = true, outcome{}
	p.OnChange()
	name := p.shortName()
	var sent int
	var whole, part mgmtclient.SendResult
	title := "Sending to " + name
	if total > 1 {
		title = fmt.Sprintf("Sending %s to %s", screen.Many(int64(total), "message"), name)
	}
	node := p.node.ID
	p.host.Job(screen.Job{
		Icon: "send", Node: node, Title: title, Total: int64(total), Verb: "sent",
		Hint: fmt.Sprintf("Cancel stops after this batch of %d.\nWhat is sent stays sent.", batch),
		Run: func(j *screen.JobRun) error {
			for sent < total {
				if j.Context().Err() != nil {
					return nil
				}
				r := first
				r.Count = min(batch, total-sent)
				var err error
				part, err = send.Send(j.Context(), r)
				if whole.FirstID == "" {
					whole = part
				}
				sent += part.Sent
				j.Add(int64(part.Sent), 0, "")
				if err != nil {
					return err
				}
				whole.LastID, whole.LookupID, whole.Outcome = part.LastID, part.LookupID, part.Outcome
			}
			return nil
		},
		Then: func(pr screen.Progress, err error) {
			p.sending = false
			p.host.Feed().Refresh(node)
			p.sent(name, total, sent, whole, pr.Stopped, err)
		},
	})
}

// shortName is the destination for sentences.
func (p *Presenter) shortName() string {
	if found, _ := p.Reached(); found {
		return screen.QueueName(p.to.queue.PathName)
	}
	return p.draft.queue
}

// sent says what became of it, no better than it is.
func (p *Presenter) sent(name string, total, sent int, r mgmtclient.SendResult, stopped bool, err error) {
	many := screen.Many(int64(sent), "message")
	a := screen.Action{What: fmt.Sprintf("Sent %s to %s", many, name), Tone: kit.Success}
	if total > 1 {
		a.Result = fmt.Sprintf("%s of %s", screen.Count(int64(sent)), screen.Count(int64(total)))
	}
	switch {
	case err != nil && sent == 0:
		a.What, a.Result, a.Tone = "Send to "+name, "Failed", kit.Danger
		p.fail("It was not sent.", err)
	case err != nil:
		a.Tone = kit.Warning
		p.fail(fmt.Sprintf("%s of %s were sent, then it failed.", screen.Count(int64(sent)), screen.Count(int64(total))), err)
	default:
		p.last = p.arrival(name, sent, r)
		if stopped && sent < total {
			a.Tone = kit.Warning
			p.last.tone = kit.Warning
			p.last.bold = fmt.Sprintf("Stopped after %s of %s. ", screen.Count(int64(sent)), screen.Count(int64(total))) + p.last.bold
		}
		if r.Outcome == mgmtclient.OutcomeKept {
			a.Result = strings.TrimSpace("Kept here " + a.Result)
		}
		p.touched = false
	}
	p.host.Done(a)
	p.OnChange()
	p.ask()
}

// arrival words the outcome.
func (p *Presenter) arrival(name string, sent int, r mgmtclient.SendResult) outcome {
	o := outcome{tone: kit.Success, id: r.LastID}
	it, has := "It", "has"
	if sent != 1 {
		o.before = "The last one is "
		it, has = screen.Many(int64(sent), "message"), "have"
	}
	switch r.Outcome {
	case mgmtclient.OutcomeArrived:
		o.bold = fmt.Sprintf("%s arrived in %s.", it, name)
		if found, _ := p.Reached(); found && r.LookupID != 0 {
			o.queue, o.lookup = p.to.queue.PathName, r.LookupID
		}
	case mgmtclient.OutcomeSent:
		o.bold = fmt.Sprintf("%s %s left.", it, has)
		o.text = "The next queue manager has accepted what was sent to " + name + "."
	default:
		o.tone = kit.Info
		o.bold = fmt.Sprintf("%s %s not left yet.", it, has)
		o.text = "Kept safe on " + p.keeper() + " until " + name + " can be reached."
	}
	if sent == 0 {
		o.tone, o.bold = kit.Neutral, "Nothing was sent."
	}
	return o
}

// Load reads a file as body, or as extension; a file too big for a message is
// refused before it is read.
func (p *Presenter) Load(path string, into func(d *draft, b []byte, name string)) {
	if p.scope == nil {
		return
	}
	screen.Load(p.scope, func(context.Context) ([]byte, error) { return readFile(path) }, func(b []byte, err error) {
		if err != nil {
			p.fail("The file was not taken.", err)
			return
		}
		p.Edit(func(d *draft) { into(d, b, fileName(path)) })
		p.OnDraft()
	})
}

func readFile(path string) ([]byte, error) {
	op := "read " + path
	f, err := os.Open(path)
	if err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, op, "%w", err)
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, mq.MaxPacketSize+1))
	if err != nil {
		return nil, mq.Errorf(mq.ErrGeneric, op, "%w", err)
	}
	if len(b) > mq.MaxPacketSize {
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "it is bigger than the 4 MB of a message").WithFix("choose a smaller file")
	}
	return b, nil
}

func fileName(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
