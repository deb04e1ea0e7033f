package home

import (
	"cmp"
	"context"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

const (
	// storageHigh is the part of a quota from which it needs attention.
	storageHigh = 0.85
	// growingShown is how many queues are listed as growing.
	growingShown = 8
	// poisonAborts is how often the first message of a queue must have been put
	// back to be taken for one that holds the queue up.
	poisonAborts = 3
	// probeEvery is the least time between two looks into the queues, of this
	// computer and of others; a look that takes long has a longer rest.
	probeEvery     = 15 * time.Second
	probeElsewhere = time.Minute
	probeRest      = 20 // times what the look took
	// probeQueues is how many queues are looked into.
	probeQueues = 200
	// probeDead is how many dead letters are read to say what they died of.
	probeDead = 200
)

// Presenter decides what the screen shows.
type Presenter struct {
	// OnChange is told after anything changed.
	OnChange func()

	host   screen.Host
	scope  *screen.Scope
	probes map[string]probe // by computer
}

// probe is what a look into the queues of a computer found.
type probe struct {
	at    time.Time
	took  time.Duration
	busy  bool
	dead  int64 // how many dead letters there were
	died  map[string]deaths
	heads []head
}

// deaths is what the messages of a dead-letter queue died of.
type deaths struct {
	reason mq.Class
	most   int // how many died of that
	read   int // of how many that were read
	to     string
	first  time.Time
}

// head is a first message that was put back again and again.
type head struct {
	queue  string
	lookup mgmtclient.LookupID
	label  string
	aborts int
	since  time.Time
}

// NewPresenter makes the presenter.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{host: h, probes: map[string]probe{}, OnChange: func() {}}
	p.scope = h.Scope().Sub()
	p.scope.End()
	return p
}

// Enter begins to show.
func (p *Presenter) Enter(s *screen.Scope) {
	if s != p.scope {
		p.scope = s
		for id, x := range p.probes {
			x.busy = false
			p.probes[id] = x
		}
		p.host.Feed().Watch(s, func(id string) {
			p.probe(id)
			p.OnChange()
		})
	}
	for _, n := range p.host.Nodes() {
		p.probe(n.ID)
	}
	p.OnChange()
}

// Refresh asks all computers anew.
func (p *Presenter) Refresh() {
	clear(p.probes)
	for _, n := range p.host.Nodes() {
		p.host.Feed().Refresh(n.ID)
	}
}

// probe looks into the queues of a computer for what counters do not tell.
func (p *Presenter) probe(id string) {
	n, ok := p.host.Node(id)
	o := p.host.Feed().Of(id)
	last := p.probes[id]
	rest := max(probeEvery, probeRest*last.took)
	if !n.Local {
		rest = max(probeElsewhere, rest)
	}
	if !ok || n.Client == nil || o.At.IsZero() || last.busy ||
		last.dead == o.DeadLetters() && !last.at.IsZero() && time.Since(last.at) < rest {
		return
	}
	last.busy = true
	p.probes[id] = last
	began := time.Now()
	screen.Load(p.scope, func(ctx context.Context) (probe, error) { return look(ctx, n.Client, o) }, func(found probe, err error) {
		if err != nil {
			found = last // the counters tell of the fault
		}
		found.busy, found.at, found.dead, found.took = false, time.Now(), o.DeadLetters(), time.Since(began)
		p.probes[id] = found
		p.OnChange()
	})
}

// look reads dead letters and the first messages of queues.
func look(ctx context.Context, client mgmtclient.Node, o screen.Overview) (probe, error) {
	found := probe{died: map[string]deaths{}}
	for _, q := range o.System {
		if q.Messages == 0 || !isDead(q.PathName) {
			continue
		}
		page, err := client.Messages(ctx, q.PathName, mgmtclient.Page{Limit: probeDead, Last: true})
		if err != nil {
			return found, err
		}
		found.died[q.PathName] = tally(page.Messages)
	}
	asked := 0
	for _, q := range o.Queues {
		if q.Messages == 0 || !q.Transactional {
			continue
		}
		if asked++; asked > probeQueues {
			break
		}
		page, err := client.Messages(ctx, q.PathName, mgmtclient.Page{Limit: 1})
		if err != nil && mq.CodeOf(err) != mq.ErrAccessDenied {
			return found, err
		}
		for _, m := range page.Messages {
			if m.AbortCount >= poisonAborts {
				found.heads = append(found.heads, head{q.PathName, m.LookupID, m.Label, m.AbortCount, m.ArrivedTime})
			}
		}
	}
	return found, nil
}

// tally finds what most of some dead letters died of.
func tally(list []mgmtclient.Message) deaths {
	counts := map[mq.Class]int{}
	to := map[mq.Class]map[string]int{}
	d := deaths{read: len(list)}
	for i := range list {
		m := &list[i]
		c := m.ClassCode
		counts[c]++
		if to[c] == nil {
			to[c] = map[string]int{}
		}
		to[c][m.DestinationQueue]++
		if counts[c] > d.most || counts[c] == d.most && c < d.reason {
			d.reason, d.most = c, counts[c]
		}
		if d.first.IsZero() || m.ArrivedTime.Before(d.first) {
			d.first = m.ArrivedTime
		}
	}
	if len(to[d.reason]) == 1 {
		for queue := range to[d.reason] {
			d.to = queue
		}
	}
	return d
}

// First reports whether there is nothing to show yet: a computer that was
// asked and has no queues. It is where one starts.
func (p *Presenter) First() (screen.Node, bool) {
	nodes := p.host.Nodes()
	if len(nodes) != 1 || nodes[0].Client == nil {
		return screen.Node{}, false
	}
	o := p.host.Feed().Of(nodes[0].ID)
	return nodes[0], !o.At.IsZero() && o.Err == nil && len(o.Queues) == 0 && o.Machine.Messages == 0
}

// Broken reports whether the only computer is not to be had and never was.
func (p *Presenter) Broken() bool {
	nodes := p.host.Nodes()
	return len(nodes) == 1 && nodes[0].Silent() && p.host.Feed().Of(nodes[0].ID).At.IsZero()
}

// Asking reports whether no computer has answered yet.
func (p *Presenter) Asking() bool {
	for _, n := range p.host.Nodes() {
		if o := p.host.Feed().Of(n.ID); n.Silent() || !o.At.IsZero() || o.Err != nil {
			return false
		}
	}
	return true
}

// growth is a queue that grows.
type growth struct {
	node   screen.Node
	queue  string
	to     string // the computer an outgoing queue leads to
	now    int64
	change int64
}

// growing are the queues that grew most, by how much.
func (p *Presenter) growing() []growth {
	var out []growth
	feed := p.host.Feed()
	for _, n := range p.host.Nodes() {
		o := feed.Of(n.ID)
		grown := func(list []mgmtclient.Queue, to func(*mgmtclient.Queue) string) {
			for i := range list {
				if d := feed.Growth(n.ID, list[i].PathName); d > 0 {
					out = append(out, growth{n, list[i].PathName, to(&list[i]), list[i].Messages, d})
				}
			}
		}
		grown(o.Queues, func(*mgmtclient.Queue) string { return "" })
		grown(o.Outgoing, func(q *mgmtclient.Queue) string { return cmp.Or(screen.DestinationHost(q), screen.Destination(q)) })
	}
	slices.SortStableFunc(out, func(a, b growth) int {
		return cmp.Or(cmp.Compare(b.change, a.change), cmp.Compare(a.queue, b.queue))
	})
	return out[:min(len(out), growingShown)]
}

// testQueue is where the message of SendTest goes.
const testQueue = "test"

// SendTest creates a queue and sends a message to it: the shortest way to see
// one.
func (p *Presenter) SendTest(n screen.Node) {
	admin, ok := mgmtclient.Can[mgmtclient.QueueAdmin](n.Client)
	sender, can := mgmtclient.Can[mgmtclient.Sender](n.Client)
	if !ok || !can {
		return
	}
	label := "A queue to try things out"
	now := p.host.Now()
	screen.Load(p.host.Scope(), func(ctx context.Context) (mgmtclient.Queue, error) {
		q, err := admin.CreateQueue(ctx, testQueue, mgmtclient.QueueSettings{Label: &label})
		if mq.CodeOf(err) == mq.ErrQueueExists {
			q, err = n.Client.Queue(ctx, testQueue)
		}
		if err != nil {
			return q, err
		}
		_, err = sender.Send(ctx, mgmtclient.SendRequest{
			Queue: q.PathName, Label: "Hello from Posthouse",
			Body: []byte("{\n  \"text\": \"Hello\",\n  \"sent\": \"" + now.Format(time.RFC3339) + "\"\n}\n"),
		})
		return q, err
	}, func(q mgmtclient.Queue, err error) {
		if err != nil {
			p.host.Fail("The test message was not sent", err)
			return
		}
		p.host.Done(screen.Action{What: "Sent a test message to " + screen.QueueName(q.PathName), Tone: kit.Success})
		p.host.Feed().Refresh(n.ID)
		p.host.Open(screen.Route{Screen: screen.Queues, Node: n.ID, Queue: q.PathName})
	})
}

// open shows a queue that grows.
func (p *Presenter) open(node, queue string) {
	r := screen.Route{Screen: screen.Queues, Node: node, Queue: queue}
	if slices.ContainsFunc(p.host.Feed().Of(node).Outgoing, func(q mgmtclient.Queue) bool { return q.PathName == queue }) {
		r.Screen = screen.Outgoing
	}
	p.host.Open(r)
}
