package row

import (
	"errors"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Compose makes the message that a request asks for, without what the queue
// manager gives it when it is sent. A dot in a queue's name becomes the name
// of this machine, since the receiver may be another one.
func Compose(op string, r *mgmtclient.SendRequest, machine string) (*mq.Message, error) {
	m := new(mq.Message)
	m.Defaults()
	m.Label, m.Body, m.BodyType, m.Extension = r.Label, r.Body, r.BodyType, r.Extension
	m.AppSpecific, m.Journal, m.DeadLetter, m.Trace = r.AppSpecific, r.Journal, r.DeadLetter, r.Trace
	m.Delivery = mq.Recoverable
	if r.Express {
		m.Delivery = mq.Express
	}
	if r.TTRQ != nil {
		m.TimeToReachQueue = *r.TTRQ
	}
	if r.TTBR != nil {
		m.TimeToBeReceived = *r.TTBR
	}
	switch {
	case r.Express && r.Transactional:
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "a transactional message is never express").WithFix("choose one of the two")
	case r.Count < 0:
		return nil, mq.Errorf(mq.ErrInvalidParameter, op, "%d messages cannot be sent", r.Count).WithFix("send at least one")
	case r.Priority != nil && (*r.Priority < 0 || *r.Priority > mq.MaxPriority):
		return nil, mq.Errorf(mq.ErrIllegalPropertyValue, op, "there is no priority %d", *r.Priority).WithFix("choose 0 to 7")
	case r.Priority != nil:
		m.Priority = uint8(*r.Priority)
	}
	if r.Transactional {
		m.Priority = 0
	}
	var err error
	if m.Acknowledge, err = AckBits(r.Acknowledge); err == nil {
		m.CorrelationID, err = ParseCorrelation(r.CorrelationID)
	}
	queue := func(to *mq.FormatName, name string) {
		if name == "" || err != nil {
			return
		}
		var q mq.QueueName
		if q, err = mq.ParseQueue(name); err == nil {
			*to = On(q.FormatName(), machine)
		}
	}
	queue(&m.AdminQueue, r.AdminQueue)
	queue(&m.ResponseQueue, r.ResponseQueue)
	queue(&m.DeadLetterQueue, r.DeadLetterQueue)
	if err != nil {
		return nil, Tried(op, err)
	}
	if m.Acknowledge != 0 && m.AdminQueue.IsZero() {
		return nil, mq.Errorf(mq.ErrInsufficientProperties, op, "acknowledgements were asked for, and no administration queue was named to send them to").
			WithFix("name an administration queue")
	}
	return m, nil
}

// On puts the machine's name in place of the dot of a direct format name.
func On(f mq.FormatName, machine string) mq.FormatName {
	if f.Kind == mq.KindDirect && f.Address == "." {
		f.Address = machine
	}
	return f
}

// Tried adds what was tried to an error that does not say it.
func Tried(op string, err error) error {
	var e *mq.Error
	if !errors.As(err, &e) || e.Op == op {
		return err
	}
	c := *e
	if c.Op != "" && c.Why != "" {
		c.Why = c.Op + ": " + c.Why
	}
	c.Op = op
	return &c
}
