package deadletters

import (
	"context"
	"fmt"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// tone is how bad a reason is.
type tone int

const (
	toneWarning tone = iota
	toneDanger
)

// look is the icon of a reason and how bad it is.
type look struct {
	icon string
	tone tone
}

// looks are the icons of reasons.
var looks = map[mq.Class]look{
	mq.ClassNackBadDestQueue:        {"prohibit", toneDanger},
	mq.ClassNackDeleted:             {"delete", toneWarning},
	mq.ClassNackReachQueueTimeout:   {"clock-countdown", toneWarning},
	mq.ClassNackQueueExceedQuota:    {"disk", toneDanger},
	mq.ClassNackAccessDenied:        {"lock", toneWarning},
	mq.ClassNackHopCountExceeded:    {"routemap", toneWarning},
	mq.ClassNackBadSignature:        {"certificate", toneDanger},
	mq.ClassNackBadEncryption:       {"key", toneDanger},
	mq.ClassNackCouldNotEncrypt:     {"key", toneDanger},
	mq.ClassNackUnsupportedCrypto:   {"key", toneDanger},
	mq.ClassNackNotTransactionalQ:   {"swap", toneWarning},
	mq.ClassNackNotTransactionalMsg: {"swap", toneWarning},
	mq.ClassNackQueueDeleted:        {"delete", toneDanger},
	mq.ClassNackQueuePurged:         {"purge", toneWarning},
	mq.ClassNackReceiveTimeout:      {"hourglass", toneWarning},
	mq.ClassNackTimeoutAtSender:     {"clock-countdown", toneWarning},
	mq.ClassNackReceiveRejected:     {"hand", toneWarning},
}

func lookOf(c mq.Class) look {
	if l, ok := looks[c]; ok {
		return l
	}
	return look{"dead-letter", toneWarning}
}

// target is what is known of the queue the shown letter was going to.
type target struct {
	of     key
	known  bool // the computer was asked
	queue  mgmtclient.Queue
	exists bool
	here   bool // on the computer that holds the letter
}

// look asks the computer that holds the letter about its destination.
func (p *Presenter) look(n screen.Node, l letter) {
	if p.aim.of == l.key() {
		return
	}
	p.aim = target{of: l.key()}
	if path, ok := pathOf(l.DestinationQueue); ok {
		p.aim.here = path.Local() || l.of(path.Machine)
	} else if f, err := mq.ParseFormatName(l.DestinationQueue); err == nil {
		p.aim.here = f.Kind == mq.KindPrivate
	}
	if !p.aim.here || n.Client == nil {
		return
	}
	k := l.key()
	screen.Load(p.scope, func(ctx context.Context) (mgmtclient.Queue, error) { return n.Client.Queue(ctx, l.DestinationQueue) }, func(q mgmtclient.Queue, err error) {
		if p.aim.of != k {
			return
		}
		switch {
		case err == nil:
			p.aim.known, p.aim.exists, p.aim.queue = true, true, q
		case mq.CodeOf(err) == mq.ErrQueueNotFound:
			p.aim.known = true
		}
		p.OnLetter()
	})
}

// happened says what became of a letter, in a sentence.
func (p *Presenter) happened(l *letter) string {
	to, at := destination(l), screen.MessageTime(l.ArrivedTime, p.host.Now())
	host, name, found := strings.Cut(to, `\`)
	if !found {
		host, name = "The destination", to
	}
	limit := func(seconds *uint32) string {
		if seconds == nil {
			return "in time"
		}
		return "within " + duration(*seconds)
	}
	switch l.ClassCode {
	case mq.ClassNackBadDestQueue:
		return fmt.Sprintf("%s answered at %s: it has no queue named %s.", host, at, name)
	case mq.ClassNackReachQueueTimeout, mq.ClassNackTimeoutAtSender:
		return fmt.Sprintf("It did not reach %s %s of being sent.", to, limit(l.TTRQ))
	case mq.ClassNackQueueExceedQuota:
		return fmt.Sprintf("%s was full at %s: its storage limit was reached.", to, at)
	case mq.ClassNackAccessDenied:
		return fmt.Sprintf("%s does not let %s send to %s.", host, sender(l), name)
	case mq.ClassNackNotTransactionalQ:
		return fmt.Sprintf("It was sent in a transaction, and %s is not transactional.", to)
	case mq.ClassNackNotTransactionalMsg:
		return fmt.Sprintf("It was sent without a transaction, and %s takes only transactional messages.", to)
	case mq.ClassNackDeleted:
		return fmt.Sprintf("Somebody deleted it from the outgoing queue to %s at %s.", to, at)
	case mq.ClassNackQueueDeleted:
		return fmt.Sprintf("It had arrived in %s when the queue was deleted at %s.", to, at)
	case mq.ClassNackQueuePurged:
		return fmt.Sprintf("It had arrived in %s when the queue was purged at %s.", to, at)
	case mq.ClassNackReceiveTimeout:
		return fmt.Sprintf("It had arrived in %s and nobody read it %s of being sent.", to, limit(l.TTBR))
	case mq.ClassNackReceiveRejected:
		return fmt.Sprintf("The application that read it from %s rejected it.", to)
	case mq.ClassNackHopCountExceeded:
		return "It passed more routing servers than a message may: the routes go in a circle."
	}
	return fmt.Sprintf("It was going to %s and died at %s.", to, at)
}

func sender(l *letter) string {
	if l.SourceMachine != "" {
		return l.SourceMachine
	}
	return "this sender"
}

// step is what a button of the pane does.
type step int

const (
	stepReturn step = iota
	stepElsewhere
	stepCreate
	stepProperties
	stepResend
	stepOpen
)

// advice is a way out: a button and a remark beside it.
type advice struct {
	step   step
	icon   string
	text   string
	remark string
}

var (
	adviseReturn    = advice{stepReturn, "return", "Return to source", ""}
	adviseElsewhere = advice{stepElsewhere, "send", "Send elsewhere", "to a queue you choose"}
	adviseResend    = advice{stepResend, "edit", "Edit and send again", ""}
)

func (a advice) because(remark string) advice { a.remark = remark; return a }

// WhatToDo are the ways out of the letter in the pane, the best first.
func (p *Presenter) whatToDo(l *letter) []advice {
	aim := p.aim
	if aim.of != l.key() {
		aim = target{}
	}
	name := screen.QueueName(aim.queue.PathName)
	show := advice{stepOpen, "open", "Open the queue", name}
	switch l.ClassCode {
	case mq.ClassNackBadDestQueue, mq.ClassNackQueueDeleted:
		switch {
		case aim.exists:
			return []advice{adviseReturn.because("the queue exists now"), adviseElsewhere}
		case aim.known:
			return []advice{{stepCreate, "plus", "Create the queue", "it is missing on this computer"}, adviseReturn.because("after creating it"), adviseElsewhere}
		}
		return []advice{adviseElsewhere, adviseReturn.because("after creating the missing queue")}
	case mq.ClassNackReachQueueTimeout, mq.ClassNackTimeoutAtSender:
		return []advice{adviseReturn.because("with the time it had"), adviseResend.because("to give it more time")}
	case mq.ClassNackQueueExceedQuota:
		if aim.exists {
			return []advice{{stepProperties, "settings", "Raise the limit", "of " + name}, adviseReturn.because("when there is room")}
		}
		return []advice{adviseReturn.because("when there is room again"), adviseElsewhere}
	case mq.ClassNackAccessDenied:
		if aim.exists {
			return []advice{{stepProperties, "key", "Show permissions", "of " + name}, adviseReturn.because("after granting Send Message")}
		}
		return []advice{adviseReturn.because("after the owner granted Send Message"), adviseElsewhere}
	case mq.ClassNackNotTransactionalQ:
		return []advice{adviseResend.because("without a transaction"), adviseElsewhere.because("to a transactional queue")}
	case mq.ClassNackNotTransactionalMsg:
		return []advice{adviseResend.because("in a transaction"), adviseElsewhere.because("to a plain queue")}
	case mq.ClassNackReceiveTimeout:
		if aim.exists {
			return []advice{adviseReturn.because("with the time it had"), adviseResend.because("to give it more time"), show}
		}
	case mq.ClassNackQueuePurged, mq.ClassNackDeleted:
		return []advice{adviseReturn.because("if that was a mistake"), adviseElsewhere}
	case mq.ClassNackBadSignature, mq.ClassNackBadEncryption, mq.ClassNackCouldNotEncrypt, mq.ClassNackUnsupportedCrypto:
		return []advice{adviseResend.because("unsigned, in the clear"), adviseElsewhere}
	}
	return []advice{adviseReturn, adviseElsewhere}
}
