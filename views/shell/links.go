package shell

import (
	"context"
	"slices"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
	"posthouse/views/screen"
)

const (
	// retryFirst is the first wait before a computer is tried again.
	retryFirst = 5 * time.Second
	// connectWithin is how long a try may take.
	connectWithin = time.Minute
)

// link is a computer and the state of the connection to it.
type link struct {
	Node
	shown screen.Node
	book  *mgmtclient.Computer // nil: of Options.Nodes
	own   bool
	lost  mgmtclient.Node // does not answer any more
	scope *screen.Scope   // of the connection, and of what is done over it
	tries int             // in vain
}

// Start connects to the computers, each at its own pace.
func (s *Shell) Start() {
	for _, l := range s.links {
		s.connect(l)
	}
	s.list()
}

// connect asks for a connection in place of an older one, and shows that it does.
func (s *Shell) connect(l *link) {
	l.tries = 0
	l.shown.State, l.shown.Since, l.shown.Err = screen.Connecting, s.Now(), nil
	s.try(l)
	s.nodeChanged(l)
}

// try makes a connection; what is shown changes with its outcome.
func (s *Shell) try(l *link) {
	s.unlink(l)
	scope, node, saved := s.scope.Sub(), l.Node, l.book != nil
	l.scope = scope
	scope.Go(func(ctx context.Context) {
		link, m, err := dial(ctx, node, saved)
		scope.Post(func() { s.tried(l, link, m, err) })
		if !saved || link.Client == nil {
			return
		}
		if err == nil {
			<-ctx.Done()
		}
		_ = link.Client.Close() // nobody needs it any more, whatever it says
	}, nil)
}

// dial connects and asks who is there.
func dial(ctx context.Context, node Node, saved bool) (Link, mgmtclient.Machine, error) {
	if saved {
		c, cancel := context.WithTimeout(ctx, connectWithin)
		defer cancel()
		ctx = c
	}
	link, err := node.Connect(ctx)
	if err != nil {
		return link, mgmtclient.Machine{}, err
	}
	m, err := link.Client.Machine(ctx)
	return link, m, err
}

// tried shows the outcome of a try.
func (s *Shell) tried(l *link, link Link, m mgmtclient.Machine, err error) {
	if err != nil {
		s.failed(l, err)
		return
	}
	l.own, l.tries = link.Own, 0
	l.shown.Client, l.shown.As = link.Client, link.As
	s.reached(l, link.Client)
	if l.book == nil {
		l.shown.Name = m.Name
	}
	s.feed.Follow(l.ID, link.Client)
	s.nodeChanged(l)
}

// reached shows that a computer answers.
func (s *Shell) reached(l *link, client mgmtclient.Node) {
	l.shown.State, l.shown.Since, l.shown.Err, l.shown.Next, l.shown.Client = screen.Connected, s.Now(), nil, time.Time{}, client
	if l.book != nil {
		l.shown.State = screen.Health(client)
	}
}

// failed shows that a computer does not answer, and tries again by and by: but not
// with an account it does not let in, which could lock the account out, nor when what
// fails is here.
func (s *Shell) failed(l *link, err error) {
	state := screen.NoAnswer
	if l.book != nil && refused(err) {
		state = screen.Refused
	}
	if l.shown.State != state {
		l.shown.State, l.shown.Since = state, s.Now()
	}
	l.shown.Err, l.shown.Client = err, nil
	if l.book != nil && (lost(err) || broken(err)) {
		l.tries++
		wait := s.o.Retry(l.tries)
		l.shown.Next = s.Now().Add(wait)
		l.scope.After(wait, func() { s.try(l) })
	}
	s.nodeChanged(l)
}

// unlink ends a connection and what was done over it; what was heard stays.
func (s *Shell) unlink(l *link) {
	if l.scope != nil {
		l.scope.End()
	}
	s.feed.Pause(l.ID)
	l.lost, l.shown.Client, l.shown.Next = nil, nil, time.Time{}
}

// Connect is screen.Host's.
func (s *Shell) Connect(id string) {
	if l := s.find(id); l != nil {
		s.keepDown(l.ID, false)
		s.connect(l)
	}
}

// Disconnect is screen.Host's.
func (s *Shell) Disconnect(id string) {
	l := s.find(id)
	if l == nil || l.book == nil {
		return
	}
	s.keepDown(l.ID, true)
	s.unlink(l)
	l.shown.State, l.shown.Since, l.shown.Err = screen.LetGo, s.Now(), nil
	s.nodeChanged(l)
}

// down are the computers that were disconnected, also after a restart.
var down = screen.Setting[[]string]{Key: "disconnected"}

func (s *Shell) keepDown(id string, on bool) {
	list := slices.DeleteFunc(down.Get(s.prefs), func(x string) bool { return x == id })
	if on {
		list = append(list, id)
	}
	down.Set(s.prefs, list)
}

// nodeChanged shows the new state of a connection.
func (s *Shell) nodeChanged(l *link) {
	s.side.update()
	s.bar.update()
	if s.here.Node == l.ID || s.here.Node == "" {
		s.follow()
	}
	s.commands.Changed()
}

// follow has the screen in front take over what became of the computers.
func (s *Shell) follow() {
	if f, ok := s.front.(screen.Follower); ok {
		f.NodeChanged()
		return
	}
	s.front.Enter(s.within, s.here)
}

// fed shows new counters, and that a queue manager has ended or is back.
func (s *Shell) fed(id string) {
	if l := s.find(id); l != nil && id != "" {
		err := s.feed.Of(id).Err
		switch {
		case l.shown.Client != nil && l.book != nil && refused(err):
			s.unlink(l)
			s.failed(l, err)
			return
		case l.shown.Client != nil && (lost(err) || l.book != nil && broken(err)):
			l.lost = l.shown.Client
			l.shown.State, l.shown.Since, l.shown.Err, l.shown.Client = screen.NoAnswer, s.Now(), err, nil
			l.shown.Next = s.Now() // the feed goes on asking
			s.nodeChanged(l)
			return
		case l.lost != nil && err == nil:
			s.reached(l, l.lost)
			l.lost = nil
			s.nodeChanged(l)
			return
		}
	}
	s.side.update()
	s.bar.update()
}

// lost reports whether an error means that the connection is of no use any
// more: to end it for a lesser reason would lose express messages.
func lost(err error) bool {
	code := mq.CodeOf(err)
	return code == mq.ErrServiceNotAvailable || code == mq.ErrInvalidHandle
}

// broken reports whether an error means that a computer elsewhere does not answer.
// Its connection is made anew by itself.
func broken(err error) bool {
	code := mq.CodeOf(err)
	return code == mq.ErrRemoteMachineNotAvailable || code == mq.ErrResolveAddress || code == mq.ErrOperationCancelled || code == mq.ErrIOTimeout
}

// refused reports whether a computer does not let an account in.
func refused(err error) bool {
	code := mq.CodeOf(err)
	return code == mq.ErrAccessDenied || code == mq.ErrPrivilegeNotHeld
}

// find finds a computer; "" is the first one.
func (s *Shell) find(id string) *link {
	i := slices.IndexFunc(s.links, func(l *link) bool { return l.ID == id || id == "" })
	if i < 0 {
		return nil
	}
	return s.links[i]
}
