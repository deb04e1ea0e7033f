package transport

import (
	"testing"

	"posthouse/localqm"
	"posthouse/localqm/qmtest"
)

func TestWhatHasAHigherBasePriorityLeavesFirst(t *testing.T) {
	qm := qmtest.Start(t, qmtest.Memory)
	f := qmtest.NewForest()
	f.Join(qm.QueueManager)
	f.Computer("FAR")
	for name, base := range map[string]int16{"low": -1, "one": 3, "two": 3} {
		f.Put("FAR", name, localqm.QueueSpec{BasePriority: &base})
		qm.Send(`FAR\`+name, qmtest.Message(name))
	}
	c := &conn{}
	links := map[int16][]*link{}
	for _, o := range qm.Outgoings() {
		l := &link{queue: o, ready: true}
		links[o.BasePriority()] = append(links[o.BasePriority()], l)
		c.hosts = append(c.hosts, &host{links: []*link{l}})
	}
	first := c.turn()
	for range 3 {
		if l := c.turn(); l == first || l.queue.BasePriority() != 3 {
			t.Errorf("the turn is that of a queue with base priority %d", l.queue.BasePriority())
		} else {
			first = l
		}
	}
	for _, l := range links[3] {
		l.ready = false
	}
	if l := c.turn(); l == nil || l != links[-1][0] {
		t.Errorf("then the turn is that of %v", l)
	}
	links[-1][0].ready = false
	if l := c.turn(); l != nil {
		t.Error("somebody has a turn with nothing to send")
	}
}
