package deadletters

import (
	"time"

	"posthouse/localqm/mq"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

func duration(seconds uint32) string {
	if seconds == mq.Never {
		return "any time"
	}
	return screen.Duration(time.Duration(seconds) * time.Second)
}

// pairs are the properties in the pane.
func (p *Presenter) pairs(l *letter) []kit.Pair {
	now := p.host.Now()
	died := kit.Pair{Key: "Died", Value: screen.FullTime(l.ArrivedTime, now)}
	if d := l.ArrivedTime.Sub(l.SentTime); d >= time.Second {
		died.Tail = screen.Duration(d) + " later"
	}
	delivery := screen.Title(l.Delivery)
	if l.Transactional {
		delivery += ", transactional"
	}
	from := kit.Pair{Key: "Sender", Value: "Not given"}
	switch {
	case l.SenderSID != "" && l.SourceMachine != "":
		from.Value, from.Copy = l.SourceMachine, l.SenderSID
		from.Tail = l.SenderSID
	case l.SourceMachine != "":
		from.Value = l.SourceMachine
	}
	return []kit.Pair{
		{Key: "Class", Value: l.ClassCode.String(), Mono: true},
		{Key: "Message ID", Value: l.ID, Mono: true},
		{Key: "Was going to", Value: destination(l), Copy: l.DestinationQueue},
		{Key: "Sent", Value: screen.FullTime(l.SentTime, now)},
		died,
		from,
		{Key: "Delivery", Value: delivery},
		{Key: "Held in", Value: p.heldIn(l)},
		{Key: "Kept", Value: "Until someone deletes it"},
	}
}

// heldIn is where a letter lies, in words.
func (p *Presenter) heldIn(l *letter) string {
	for i := range p.queues {
		h := &p.queues[i]
		if h.origin != l.origin {
			continue
		}
		if h.kind == "application" {
			return l.computer + `, ` + screen.QueueName(l.queue)
		}
		return l.computer + " " + h.kind
	}
	return l.computer
}
