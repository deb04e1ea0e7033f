package queues

import (
	"context"
	"slices"
	"strings"

	"posthouse/mgmtclient"
	"posthouse/views/inspector"
	"posthouse/views/kit"
	"posthouse/views/screen"
)

// Part is what is shown of the chosen queue.
type Part string

// The parts.
const (
	InQueue     Part = "messages"
	InJournal   Part = "journal"
	InSubqueues Part = "subqueues"
)

// Presenter decides what the screen shows and carries out its commands.
type Presenter struct {
	List      *List
	Messages  *Messages
	Inspector *inspector.Presenter

	// OnQueues is told after the list, its counts or the chosen queue changed.
	OnQueues func()
	// OnPart is told after another queue or part of it is shown.
	OnPart func()
	// Selected are the ids of the chosen messages.
	Selected func() []kit.RowID

	host   screen.Host
	scope  *screen.Scope
	node   screen.Node
	folder screen.Folder
	queue  string // path name of the chosen queue, "" none
	part   Part
	sub    string           // the subqueue shown
	subs   map[string]int64 // messages in each subqueue of the chosen queue
	asking bool
}

// NewPresenter makes the presenter of a screen.
func NewPresenter(h screen.Host) *Presenter {
	p := &Presenter{
		List: NewList(), Messages: NewMessages(h), Inspector: inspector.NewPresenter(h), host: h, part: InQueue,
		OnQueues: func() {}, OnPart: func() {}, Selected: func() []kit.RowID { return nil },
	}
	p.scope = h.Scope().Sub()
	p.scope.End()
	return p
}

// Enter shows a folder of a node and a queue in it.
func (p *Presenter) Enter(s *screen.Scope, r screen.Route) {
	node, _ := p.host.Node(r.Node)
	folder := r.Folder
	if folder == "" {
		folder = screen.PrivateQueues
		if strings.Contains(lower(r.Queue), `\system$;`) {
			folder = screen.SystemQueues
		} else if screen.IsPublic(r.Queue) {
			folder = screen.PublicQueues
		}
	}
	again := s == p.scope && node.ID == p.node.ID && folder == p.folder
	if s != p.scope {
		p.scope, p.asking = s, false
		p.host.Feed().Watch(s, func(id string) {
			if id == p.node.ID {
				p.node, _ = p.host.Node(id)
				p.update()
			}
		})
	}
	p.node, p.folder = node, folder
	p.Messages.SetNode(node)
	if !again {
		p.queue = ""
		p.Messages.Clear()
		p.Inspector.ShowCount(0)
	}
	p.fill()
	queue, part, sub := split(r.Queue)
	switch {
	case queue != "":
		p.choose(queue, part, sub)
	case p.queue == "" && p.List.Len() > 0:
		first, _ := p.List.Row(0)
		p.choose(first.ID.Text, InQueue, "")
	default:
		p.OnQueues()
		p.OnPart()
	}
}

// NodeChanged takes over the state of the connection to the computer shown.
func (p *Presenter) NodeChanged() {
	n, ok := p.host.Node(p.node.ID)
	if !ok || p.scope.Ended() {
		return
	}
	p.node = n
	p.Messages.SetNode(n)
	p.fill()
	switch {
	case p.queue != "" && p.Messages.Queue() == "" && n.Client != nil:
		p.choose(p.queue, p.part, p.sub)
	case p.queue == "" && p.List.Len() > 0:
		first, _ := p.List.Row(0)
		p.choose(first.ID.Text, InQueue, "")
	default:
		p.OnQueues()
	}
}

// split takes a path name apart into queue, part and subqueue.
func split(path string) (queue string, part Part, sub string) {
	if strings.Contains(lower(path), `\system$;`) {
		return path, InQueue, ""
	}
	name, suffix, ok := strings.Cut(path, ";")
	switch {
	case !ok:
		return name, InQueue, ""
	case equalFold(suffix, "journal"):
		return name, InJournal, ""
	}
	return name, InSubqueues, suffix
}

// fill takes the queues of the folder from the feed.
func (p *Presenter) fill() {
	o := p.host.Feed().Of(p.node.ID)
	all := o.Queues
	switch p.folder {
	case screen.PublicQueues:
		all = o.Public
	case screen.SystemQueues:
		all = o.System
	case screen.OutgoingQueues:
		all = o.Outgoing
	}
	p.List.Set(all, p.host.Now(), func(path string) []float64 { return p.host.Feed().Depth(p.node.ID, path) })
}

// update takes over new counters.
func (p *Presenter) update() {
	had := p.queue != ""
	p.fill()
	q, there := p.Queue()
	if had && !there && p.host.Feed().Of(p.node.ID).Err == nil {
		p.queue = ""
		p.Messages.Clear()
		p.Inspector.ShowCount(0)
		p.OnPart()
	}
	if p.queue == "" && p.List.Len() > 0 {
		first, _ := p.List.Row(0)
		p.choose(first.ID.Text, InQueue, "")
		return
	}
	if there {
		switch p.part {
		case InJournal:
			p.Messages.SetCount(q.JournalMessages)
		case InQueue:
			p.Messages.SetCount(inMain(q))
		case InSubqueues:
			if q.Outgoing != nil {
				p.Messages.SetCount(q.Outgoing.Unread)
			}
		}
		p.askSubqueues(q)
	}
	p.OnQueues()
}

// Node is the computer shown.
func (p *Presenter) Node() screen.Node { return p.node }

// Folder is the folder shown, FolderName its title.
func (p *Presenter) Folder() screen.Folder { return p.folder }

// Stored reports whether the folder has queues that applications read.
func (p *Presenter) Stored() bool {
	return p.folder == screen.PrivateQueues || p.folder == screen.PublicQueues
}

// FolderName is the title of the folder.
func (p *Presenter) FolderName() string {
	switch p.folder {
	case screen.PublicQueues:
		return "Public Queues"
	case screen.SystemQueues:
		return "System Queues"
	case screen.OutgoingQueues:
		return "Outgoing Queues"
	}
	return "Private Queues"
}

// Queue is the chosen queue.
func (p *Presenter) Queue() (mgmtclient.Queue, bool) {
	if p.queue == "" {
		return mgmtclient.Queue{}, false
	}
	return p.List.Queue(p.queue)
}

// Path is the path name of what is shown: a queue, its journal or a subqueue.
func (p *Presenter) Path() string {
	switch {
	case p.queue == "":
		return ""
	case p.part == InJournal:
		return p.queue + ";journal"
	case p.part == InSubqueues && p.sub != "":
		return p.queue + ";" + p.sub
	case p.part == InSubqueues:
		return ""
	}
	return p.queue
}

// Part is the part shown; Subqueue the chosen subqueue.
func (p *Presenter) Part() (Part, string) { return p.part, p.sub }

// Choose shows another queue.
func (p *Presenter) Choose(path string) {
	if equalFold(path, p.queue) {
		return
	}
	p.choose(path, InQueue, "")
}

// SetPart shows another part of the queue; sub is only for subqueues.
func (p *Presenter) SetPart(part Part, sub string) {
	if p.queue != "" {
		p.choose(p.queue, part, sub)
	}
}

func (p *Presenter) choose(path string, part Part, sub string) {
	q, ok := p.List.Queue(path)
	if ok {
		path = q.PathName
	}
	switch {
	case part == InSubqueues && sub == "" && q.Outgoing != nil:
		sub = awaiting
	case part == InSubqueues && sub == "" && len(q.Subqueues) > 0:
		sub = q.Subqueues[0]
	}
	if p.queue == path && p.part == part && p.sub == sub && p.Messages.Queue() != "" {
		p.OnQueues()
		return
	}
	if p.queue != path {
		p.subs = nil
	}
	p.queue, p.part, p.sub = path, part, sub
	p.Inspector.ShowCount(0)
	if p.node.Client != nil && p.Path() != "" {
		p.Messages.Show(p.scope, p.node, p.Path(), p.known(q))
	} else {
		p.Messages.Clear()
	}
	p.askSubqueues(q)
	p.OnQueues()
	p.OnPart()
}

// known is how many messages the part shown holds, as far as is known.
func (p *Presenter) known(q mgmtclient.Queue) int64 {
	switch p.part {
	case InJournal:
		return q.JournalMessages
	case InSubqueues:
		if q.Outgoing != nil {
			return q.Outgoing.Unread
		}
		return p.subs[p.sub]
	}
	return inMain(q)
}

// inMain is how many messages the queue itself holds: an outgoing one has those
// that were delivered and not read in a part of their own.
func inMain(q mgmtclient.Queue) int64 {
	if q.Outgoing != nil {
		return q.Outgoing.Unsent
	}
	return q.Messages
}

// awaiting is that part, as a subqueue is named.
var awaiting = strings.TrimPrefix(mgmtclient.AwaitingSuffix, ";")

// Subqueues are the subqueues of the chosen queue and what they hold.
func (p *Presenter) Subqueues() (names []string, messages map[string]int64) {
	q, _ := p.Queue()
	return q.Subqueues, p.subs
}

// askSubqueues asks how much is in each subqueue of the chosen queue, which a
// list of queues does not tell.
func (p *Presenter) askSubqueues(q mgmtclient.Queue) {
	if len(q.Subqueues) == 0 || p.node.Client == nil || p.asking || p.part != InSubqueues {
		return
	}
	p.asking = true
	client, names := p.node.Client, slices.Clone(q.Subqueues)
	screen.Load(p.scope, func(ctx context.Context) (map[string]int64, error) {
		counts := map[string]int64{}
		for _, s := range names {
			sub, err := client.Queue(ctx, q.PathName+";"+s)
			if err != nil {
				return counts, err
			}
			counts[s] = sub.Messages
		}
		return counts, nil
	}, func(counts map[string]int64, _ error) {
		p.asking = false
		if q.PathName != p.queue {
			return
		}
		p.subs = counts
		if p.part == InSubqueues {
			p.Messages.SetCount(counts[p.sub])
		}
		p.OnQueues()
	})
}

// Current shows a message in the inspector, or how many are selected.
func (p *Presenter) Current(id kit.RowID, selected int) {
	if selected > 1 {
		p.Inspector.ShowCount(selected)
		return
	}
	if m, ok := p.Messages.Message(id); ok {
		p.Inspector.Show(p.scope, p.node, p.Messages.Queue(), m)
		return
	}
	p.Inspector.ShowCount(selected)
}

// Refresh asks for everything anew.
func (p *Presenter) Refresh() {
	p.host.Feed().Refresh(p.node.ID)
	p.Messages.Refresh()
}
