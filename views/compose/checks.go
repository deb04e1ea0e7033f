package compose

import (
	"context"
	"fmt"
	"strings"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// mark is the outcome of a check.
type mark int

const (
	markPass mark = iota
	markWarn
	markFail
	markNone // not asked, or not for here
	markWait
)

// fix is what a button of a check does.
type fix int

const (
	fixNone fix = iota
	fixCreate
	fixTransaction
	fixPlain
	fixPermissions
	fixLimit
	fixAdmin
)

// check is a line of "Before you send".
type check struct {
	mark  mark
	title string
	text  string
	fix   fix
	label string // of the button
}

// answer is what the queue manager said about a queue.
type answer struct {
	name  string // as asked
	at    time.Time
	queue mgmtclient.Queue
	err   error
	perms *mgmtclient.Permissions // of the queue; nil: not known
	owner string                  // SID that owns the queue manager; "" not known
}

func (a answer) known() bool { return a.name != "" }

// elsewhere reports whether the queue is one of another computer: messages for
// it are kept in an outgoing queue.
func (a answer) elsewhere(who sender) bool {
	if a.err == nil {
		return a.queue.Outgoing != nil
	}
	q, err := mq.ParseQueue(a.name)
	if err != nil || mq.CodeOf(a.err) != mq.ErrQueueNotFound {
		return false
	}
	f := q.FormatName()
	p, direct := f.PathName()
	if !direct {
		return f.Kind == mq.KindPrivate
	}
	return !p.Local() && !who.is(p.Machine) && !p.System && p.Subqueue == "" && p.Suffix == mq.SuffixNone
}

// ask asks a queue manager about a queue.
func ask(ctx context.Context, n mgmtclient.Node, name string) (answer, error) {
	a := answer{name: name}
	if a.queue, a.err = n.Queue(ctx, name); a.err != nil {
		return a, ctx.Err()
	}
	if guard, ok := mgmtclient.Can[mgmtclient.Guard](n); ok {
		if p, err := guard.Permissions(ctx, a.queue.PathName); err == nil {
			a.perms = &p
		}
		if p, err := guard.Permissions(ctx, ""); err == nil {
			a.owner = p.Owner.SID
		}
	}
	return a, ctx.Err()
}

// The SIDs of those who are everywhere (MS-DTYP 2.4.2.4).
const (
	everyone  = "S-1-1-0"
	anonymous = "S-1-5-7"
)

// sender is who sends, for the check of rights.
type sender struct {
	node    string // where the queue is asked about
	machine string // what that one calls itself
	keeper  string // where the message leaves from
	as      string
	local   bool
}

// is reports whether a name is that of the computer asked.
func (s sender) is(machine string) bool {
	return strings.EqualFold(machine, s.node) || strings.EqualFold(machine, s.machine)
}

// checks are the lines, from the answers there are.
func (d *draft) checks(who sender, to, admin answer, now time.Time) []check {
	if strings.TrimSpace(d.queue) == "" {
		return []check{{mark: markNone, title: "Where to?", text: "Choose a queue, and it is asked whether the message would arrive."}}
	}
	if why := d.faults()[fieldQueue]; why != "" {
		return []check{{mark: markFail, title: "The name cannot be read", text: why}}
	}
	if !to.known() || to.name != strings.TrimSpace(d.queue) {
		return []check{{mark: markWait, title: "Asking " + who.node, text: "Does the queue exist, and may you send?"}}
	}
	list := []check{exists(who, to, now)}
	if to.elsewhere(who) {
		list = append(list, check{
			mark: markNone, title: "Will it be taken?", text: "Only its own computer knows. Ask for a dead letter, and you see a refusal.",
		}, d.sizeOnly())
	} else if to.err == nil {
		list = append(list, d.agrees(to), maySend(who, to), d.fits(to))
		if to.queue.Authenticate {
			list = append(list, check{mark: markFail, title: "It takes only signed messages", text: "This version does not sign. Take the rule off the queue, or use another.", fix: fixPermissions, label: "Show permissions"})
		}
	} else {
		list = append(list, d.sizeOnly())
	}
	if d.ack != "none" || d.admin != "" {
		list = append(list, d.told(admin))
	}
	if d.express && !d.transactional {
		list = append(list, check{mark: markWarn, title: "It does not survive a restart", text: "Express messages wait in memory only."})
	}
	if b, err := d.content.bytes(); err == nil && len(b) == 0 && d.content.mode != modeFile {
		list = append(list, check{mark: markWarn, title: "There is no body", text: "Some receivers pass over empty messages, WCF among them."})
	}
	return list
}

func exists(who sender, to answer, now time.Time) check {
	at := to.at.In(now.Location()).Format("15:04:05")
	switch code := mq.CodeOf(to.err); {
	case to.elsewhere(who):
		return check{mark: markPass, title: "It goes to another computer", text: "It is kept on " + who.keeper + " until that one takes it."}
	case to.err == nil:
		on := who.node
		if machine, _, _ := strings.Cut(to.queue.PathName, `\`); screen.IsPublic(to.queue.PathName) && !who.is(machine) {
			on = machine // found in the directory
		}
		return check{mark: markPass, title: "The queue exists", text: fmt.Sprintf("%s on %s, asked %s", screen.QueueName(to.queue.PathName), on, at)}
	case code == mq.ErrQueueNotFound:
		c := check{mark: markFail, title: "There is no such queue", text: fmt.Sprintf("%s answered at %s.", who.node, at)}
		if creatable(to.name) {
			c.fix, c.label = fixCreate, "Create it"
		}
		return c
	case code == mq.ErrAccessDenied:
		return check{mark: markNone, title: "The queue cannot be looked at", text: "You may not see its properties; sending may still be allowed."}
	}
	why, fix, _ := screen.Reason(to.err)
	return check{mark: markFail, title: "It cannot be asked", text: strings.TrimSpace(why + " " + fix)}
}

// creatable reports whether a name is that of a private queue of this computer.
func creatable(name string) bool {
	q, err := mq.ParseQueue(name)
	if err != nil {
		return false
	}
	p, ok := q.PathName()
	return ok && p.Private && p.Subqueue == "" && p.Suffix == mq.SuffixNone
}

func (d *draft) agrees(to answer) check {
	switch {
	case to.queue.Transactional && d.transactional:
		return check{mark: markPass, title: "Transactions agree", text: "The queue is transactional, so is this message"}
	case to.queue.Transactional:
		return check{mark: markFail, title: "It takes only transactional messages", text: "This one would be refused.", fix: fixTransaction, label: "Send in a transaction"}
	case d.transactional:
		return check{mark: markFail, title: "The queue is not transactional", text: "A transactional message would be refused.", fix: fixPlain, label: "Send without one"}
	}
	return check{mark: markPass, title: "Transactions agree", text: "Neither the queue nor this message is transactional"}
}

func maySend(who sender, to answer) check {
	c := check{mark: markPass, title: "You may send"}
	switch {
	case to.perms == nil:
		return check{mark: markNone, title: "May you send?", text: "The permissions are not shown to you; the answer comes when you send."}
	case to.perms.Open:
		c.text = "The queue is open to everybody"
	case to.perms.Allows(anonymous, uint32(mq.RightWriteMessage)):
		c.text = "Anybody may, unsigned too"
	case !who.local:
		return check{
			mark: markWarn, title: "It may be refused", fix: fixPermissions, label: "Show permissions",
			text: "It goes there unsigned, from " + who.keeper + ", and only accounts may send. Let anonymous send, or ask for a dead letter.",
		}
	case to.perms.Allows(everyone, uint32(mq.RightWriteMessage)):
		c.text = "Everyone has Send Message"
	case who.local && to.owner != "" && to.perms.Allows(to.owner, uint32(mq.RightWriteMessage)):
		c.text = "The owner of " + who.node + " has Send Message"
		if who.as != "" {
			c.text = who.as + " has Send Message"
		}
	default:
		return check{mark: markNone, title: "May you send?", text: "Only some accounts may; the answer comes when you send.", fix: fixPermissions, label: "Show permissions"}
	}
	return c
}

// fits compares the message with what a packet and the queue hold.
func (d *draft) fits(to answer) check {
	c := d.sizeOnly()
	kb := to.queue.QuotaKB
	if c.mark != markPass || kb == nil {
		if c.mark == markPass && !to.queue.Created.IsZero() {
			c.text += "; the queue has no limit"
		}
		return c
	}
	quota := int64(*kb) * 1024
	after := to.queue.Bytes + int64(max(1, d.copies))*d.packetSize()
	if after > quota {
		return check{
			mark: markFail, title: "The queue has no room for it", fix: fixLimit, label: "Raise the limit",
			text: fmt.Sprintf("It holds %s of %s, and this takes %s.", screen.Size(to.queue.Bytes), screen.Size(quota), screen.Size(after-to.queue.Bytes)),
		}
	}
	c.text += fmt.Sprintf("; queue at %s of its limit", screen.Percent(float64(to.queue.Bytes)/float64(max(1, quota))))
	return c
}

// sizeOnly compares it with what a packet holds.
func (d *draft) sizeOnly() check {
	size := d.packetSize()
	if size > mq.MaxPacketSize {
		return check{mark: markFail, title: "It is too big", text: fmt.Sprintf("With its headers it takes %s, and a message at most 4 MB.", screen.Size(size))}
	}
	b, err := d.content.bytes()
	if err != nil {
		return check{mark: markFail, title: "The body cannot be sent as it is", text: screen.Sentence(err.Error())}
	}
	return check{mark: markPass, title: "It fits", text: screen.Size(int64(len(b))) + " of 4 MB"}
}

// told checks the queue that acknowledgements go to.
func (d *draft) told(admin answer) check {
	name := strings.TrimSpace(d.admin)
	switch {
	case name == "":
		return check{mark: markFail, title: "Nobody would be told", text: "Choose an administration queue, or ask to be told nothing.", fix: fixAdmin, label: "Choose one"}
	case d.ack == "none":
		return check{mark: markWarn, title: "Nothing is asked for", text: "An administration queue is set, but no acknowledgement."}
	case !admin.known() || admin.name != name:
		return check{mark: markWait, title: "Asking about the admin queue", text: name}
	case admin.err != nil:
		why, _, _ := screen.Reason(admin.err)
		return check{mark: markWarn, title: "The admin queue cannot be asked", text: why}
	case admin.queue.Transactional:
		return check{mark: markFail, title: "The admin queue is transactional", text: "Acknowledgements are not, so none would arrive there.", fix: fixAdmin, label: "Choose another"}
	}
	return check{mark: markPass, title: "You will be told", text: "in " + screen.QueueName(admin.queue.PathName)}
}
