package queueforms

import (
	"context"
	"fmt"
	"strings"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// Who may send to a new queue.
const (
	sendOwner    = "owner"
	sendEveryone = "everyone"
	sendAnyone   = "anyone"
)

// creation is a new queue as far as it is filled in.
type creation struct {
	node  screen.Node
	taken map[string]bool // names of queues there, lower case

	name, label   string
	transactional bool
	send          string
	limit         bool
	limitKB       int64
	journal       bool
	journalLimit  bool
	journalKB     int64
}

func newCreation(h screen.Host, n screen.Node, name string) *creation {
	c := &creation{node: n, taken: map[string]bool{}, name: name, send: sendOwner, limitKB: 102_400, journalKB: 51_200}
	for _, q := range h.Feed().Of(n.ID).Queues {
		if p, err := mq.ParsePathName(q.PathName); err == nil {
			c.taken[strings.ToLower(p.Queue)] = true
		}
	}
	return c
}

// fault says why the name will not do; "" if it will.
func (c *creation) fault() string {
	if strings.ContainsAny(c.name, ";") {
		return "A semicolon begins a subqueue: leave it out"
	}
	p, err := mq.ParsePathName(`.\private$\` + c.name)
	switch {
	case c.name == "":
		return "Give the queue a name"
	case err != nil:
		why, _, _ := screen.Reason(err)
		return strings.TrimSuffix(why, ".")
	case p.Queue != c.name:
		return "A name has no path in it"
	case strings.HasSuffix(c.name, "$"):
		return "Names that end in $ belong to the queue manager"
	case c.taken[strings.ToLower(c.name)]:
		return "There is a queue of this name already"
	}
	return ""
}

// labelFault says why the label will not do.
func labelFault(label string) string {
	if n := mq.LabelLength(label); n > mq.MaxQueueLabel {
		return fmt.Sprintf("%d characters too many", n-mq.MaxQueueLabel)
	}
	return ""
}

// ready reports whether the queue could be created.
func (c *creation) ready() bool { return c.fault() == "" && labelFault(c.label) == "" }

// warning is what follows from who may send: bold words and the rest.
func (c *creation) warning() (bold, text string) {
	switch c.send {
	case sendOwner:
		return "No other computer can send to it.", "What they send comes unsigned and would be refused. Fine for a queue used only on " + c.node.Name + "."
	case sendEveryone:
		return "No other computer can send to it.", "Every account on " + c.node.Name + " can; what other computers send comes unsigned and would be refused."
	}
	return "", ""
}

// settings is what is asked of the queue manager.
func (c *creation) settings() mgmtclient.QueueSettings {
	s := mgmtclient.QueueSettings{Transactional: &c.transactional, Journal: &c.journal}
	if c.label != "" {
		s.Label = &c.label
	}
	if c.limit {
		s.Quota = quota(c.limitKB)
	}
	if c.journal && c.journalLimit {
		s.JournalQuota = quota(c.journalKB)
	}
	switch c.send {
	case sendEveryone:
		s.AllowSend = []string{"everyone"}
	case sendAnyone:
		s.AllowSend = []string{"everyone", "anonymous"}
	}
	return s
}

func quota(kb int64) *mgmtclient.Quota {
	v := uint32(kb)
	return &mgmtclient.Quota{KB: &v}
}

// create asks the queue manager for the queue.
func (c *creation) create(ctx context.Context) (mgmtclient.Queue, error) {
	admin, ok := mgmtclient.Can[mgmtclient.QueueAdmin](c.node.Client)
	if !ok {
		return mgmtclient.Queue{}, c.node.Refuse("create queue "+c.name, mgmtclient.CanAdmin)
	}
	return admin.CreateQueue(ctx, `.\private$\`+c.name, c.settings())
}
