package deadletters

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

// restBetween is the least time between two readings of a computer that nobody
// asked for, restBetweenOthers if only queues changed that held no dead letters
// before.
const (
	restBetween       = time.Second
	restBetweenOthers = 5 * time.Second
)

// slowAfter is how long a wait goes unseen.
const slowAfter = 200 * time.Millisecond

// trustFor is how long unchanged counters are taken for unchanged queues, where
// nobody tells of changes.
const trustFor = time.Minute

// box is the dead letters of one computer, read at its own pace: one that is slow
// or does not answer holds no other up.
type box struct {
	reading
	client mgmtclient.Node
	known  bool // read at least once, or tried to
	err    error

	busy    bool
	slow    bool
	again   bool // something changed while reading
	resting bool
	at      time.Time // of the last reading
	mark    uint64    // what the counters said then
}

// loaded reports whether a computer has answered, or all are known not to.
func (p *Presenter) loaded() bool {
	for _, x := range p.boxes {
		if x.known {
			return true
		}
	}
	return len(p.boxes) == 0 && p.scope != nil && !slices.ContainsFunc(p.host.Nodes(), func(n screen.Node) bool { return n.State == screen.Connecting })
}

// loading reports whether a computer is being asked.
func (p *Presenter) loading() bool {
	for _, x := range p.boxes {
		if x.busy {
			return true
		}
	}
	return false
}

// Asking are the computers that let one wait for their first answer.
func (p *Presenter) Asking() []screen.Node {
	return slices.DeleteFunc(p.host.Nodes(), func(n screen.Node) bool {
		x := p.boxes[n.ID]
		return x == nil || !x.slow || x.known
	})
}

// Asked is how many computers have answered.
func (p *Presenter) Asked() int {
	k := 0
	for _, x := range p.boxes {
		if x.known && x.err == nil {
			k++
		}
	}
	return k
}

// follow forgets computers that went, or that somebody here let go, and lists those
// that can be asked. What one told that does not answer now stays.
func (p *Presenter) follow() []screen.Node {
	var list []screen.Node
	keep := map[string]bool{}
	for _, n := range p.host.Nodes() {
		if n.Client != nil {
			list = append(list, n)
		}
		keep[n.ID] = n.Client != nil || n.State == screen.NoAnswer || n.State == screen.Connecting
	}
	for id := range p.boxes {
		if !keep[id] {
			delete(p.boxes, id)
		}
	}
	return list
}

// Refresh reads everything again.
func (p *Presenter) Refresh() {
	if p.scope == nil {
		return
	}
	for _, n := range p.follow() {
		p.read(n, true)
	}
	p.gather()
}

// touched reads a computer again if messages of a queue of dead letters came or
// went; a queue not known as such may have become one.
func (p *Presenter) touched(node, queue string) {
	x := p.boxes[node]
	n, ok := p.host.Node(node)
	if x == nil || !ok || n.Client == nil {
		return
	}
	if _, tells := mgmtclient.Can[mgmtclient.Watcher](n.Client); !tells && queue == "" && x.err == nil && x.mark == p.mark(node) && time.Since(x.at) < trustFor {
		return
	}
	x.again = true
	rest := restBetweenOthers
	if queue == "" || slices.ContainsFunc(x.queues, func(h held) bool { return h.queue == queue }) {
		rest = restBetween
	}
	p.soon(x, node, rest)
}

// mark is what the counters of a computer say.
func (p *Presenter) mark(node string) uint64 {
	o := p.host.Feed().Of(node)
	sum := fnv.New64a()
	for _, list := range [][]mgmtclient.Queue{o.System, o.Queues} {
		for i := range list {
			_, _ = sum.Write([]byte(list[i].PathName + "|" + strconv.FormatInt(list[i].Messages, 10) + "|" + strconv.FormatInt(list[i].Bytes, 10) + "|")) // never fails
		}
	}
	return sum.Sum64()
}

// soon reads a computer again after a rest.
func (p *Presenter) soon(x *box, node string, rest time.Duration) {
	if x.resting || x.busy {
		return
	}
	x.resting = true
	p.scope.After(rest, func() {
		x.resting = false
		if n, ok := p.host.Node(node); ok && x.again && n.Client != nil && p.boxes[node] == x {
			p.read(n, false)
		}
	})
}

// read reads a computer; whole: also what seems not to have changed.
func (p *Presenter) read(n screen.Node, whole bool) {
	x := p.boxes[n.ID]
	if x == nil {
		x = &box{}
		p.boxes[n.ID] = x
	}
	if x.busy {
		x.again = true
		return
	}
	_, tells := mgmtclient.Can[mgmtclient.Watcher](n.Client)
	last := x.reading
	if whole || tells || time.Since(x.at) >= trustFor || x.client != n.Client {
		last = reading{}
	}
	x.client, x.again, x.busy, x.slow = n.Client, false, true, false
	p.scope.After(slowAfter, func() {
		if x.busy {
			x.slow = true
			p.OnRows()
		}
	})
	reach := map[origin]int{}
	for o, n := range p.reach {
		reach[o] = n
	}
	page, mark := screen.PageSize.Get(p.host.Preferences()), p.mark(n.ID)
	from := computer{n, p.host.Feed().Of(n.ID).Machine.Name}
	screen.Load(p.scope, func(ctx context.Context) (reading, error) { return read(ctx, from, last, reach, page) }, func(r reading, err error) {
		if p.boxes[n.ID] != x {
			return
		}
		x.busy, x.slow, x.known, x.err, x.at, x.mark = false, false, true, err, time.Now(), mark
		if err == nil {
			x.reading = r
		}
		p.gather()
		if x.again {
			p.soon(x, n.ID, restBetween)
		}
	})
}

// gather shows what was read; what is selected stays so if it is still there.
func (p *Presenter) gather() {
	p.queues, p.letters = nil, nil
	here := map[key]bool{}
	for _, n := range p.host.Nodes() {
		x := p.boxes[n.ID]
		if x == nil {
			continue
		}
		for i := range x.queues {
			p.queues = append(p.queues, x.queues[i])
			for _, l := range x.queues[i].letters {
				l.computer = n.Name
				here[l.key()] = true
				p.letters = append(p.letters, l)
			}
		}
	}
	for k := range p.selected {
		if !here[k] {
			delete(p.selected, k)
		}
	}
	p.arrange()
	if !here[p.current] || !p.chosen {
		p.current, p.chosen = key{}, false
	}
	// The grid may make current what is now in the place of a letter that went.
	p.OnRows()
	if p.current == (key{}) {
		for _, r := range p.rows {
			if r.kind == rowLetter {
				p.current = p.letters[r.letter].key()
				p.OnRows()
				break
			}
		}
	}
	p.showLetter()
}
