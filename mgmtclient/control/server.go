package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"posthouse/localqm/mq"
	"posthouse/mgmtclient"
)

// Options are what a server may be told; the zero value is good.
type Options struct {
	Program string       // version of this program, for the other end
	Log     *slog.Logger // nil: nothing is logged
}

// Server answers the processes that attach to a queue manager.
type Server struct {
	listener net.Listener
	cleanup  func()
	provide  func(Peer) (mgmtclient.Node, error)
	program  string
	log      *slog.Logger
	peer     func(net.Conn) (Peer, error) // the system's; a test's
	limits   limits
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup
	once     sync.Once
	cut      *time.Timer // set by shut

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Serve offers a queue manager to other processes of this account until ctx
// ends or Close is called. The caller holds the exclusive lock on dir: what an
// earlier server left there is removed. provide makes the Node of a process
// that attached; it is closed when the process is gone.
func Serve(ctx context.Context, dir string, provide func(Peer) (mgmtclient.Node, error), o Options) (*Server, error) {
	l, cleanup, err := listen(dir)
	if err != nil {
		return nil, mq.Errorf(mq.ErrServiceNotAvailable, "let other programs attach to the queue manager of "+dir, "%w", err).
			WithFix("check that the folder can be written to")
	}
	s := &Server{
		listener: l, cleanup: cleanup, provide: provide, program: o.Program, log: o.Log, peer: peerOf, limits: defaults,
		conns: map[net.Conn]struct{}{},
	}
	s.start(ctx)
	return s, nil
}

func (s *Server) start(ctx context.Context) {
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.work.Go(s.accept)
	context.AfterFunc(s.ctx, s.shut)
}

// shut ends the listener and lets every connection answer what runs on it; who
// does not take the answer is cut off. Their goroutines follow.
func (s *Server) shut() {
	s.once.Do(func() {
		s.listener.Close()
		if s.cleanup != nil {
			s.cleanup()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for c := range s.conns {
			c.SetReadDeadline(time.Unix(1, 0))
		}
		s.cut = time.AfterFunc(answerTime, s.cutAll)
	})
}

func (s *Server) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// Close stops serving: running calls are cancelled, answered and waited for.
func (s *Server) Close() error {
	s.cancel()
	s.shut()
	s.work.Wait()
	s.cut.Stop()
	return nil
}

func (s *Server) accept() {
	pause := time.Millisecond
	for {
		conn, err := s.listener.Accept()
		if err == nil {
			pause = time.Millisecond
			s.work.Go(func() { s.serve(conn) })
			continue
		}
		if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of file descriptors, perhaps: others may end meanwhile.
		s.log.Warn("accept a local connection", "error", err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		case <-s.ctx.Done():
			return
		}
	}
}

// join counts a connection in, unless there are too many or the end has come.
func (s *Server) join(c net.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return unavailable("attach to the queue manager", "it is stopping")
	case len(s.conns) >= s.limits.conns:
		return mq.Errorf(mq.ErrInsufficientResources, "attach to the queue manager", "%d programs are attached already", len(s.conns)).
			WithFix("close some of them")
	}
	s.conns[c] = struct{}{}
	return nil
}

func (s *Server) leave(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close()
}

// serve is one connection from its first byte to its last.
func (s *Server) serve(c net.Conn) {
	defer s.leave(c)
	x := &session{server: s, conn: c, calls: map[uint32]*running{}}
	c.SetDeadline(time.Now().Add(s.limits.hello))
	peer, err := s.admit(c)
	if err != nil {
		s.log.Warn("refused a local connection", "pid", peer.PID, "uid", peer.UID, "error", err)
		x.refuse(err)
		return
	}
	f, err := readFrame(c, maxHello, func() {})
	if err != nil || f.kind != kindHello || f.body.Hello == nil {
		s.log.Warn("a local connection that speaks something else", "pid", peer.PID, "error", err)
		return
	}
	if h := f.body.Hello; h.Protocol != protocol {
		x.refuse(mq.Errorf(mq.ErrUnsupportedOperation, "attach to the queue manager",
			"the running queue manager is version %s (protocol %d), and this program is version %s (protocol %d)", s.program, protocol, h.Program, h.Protocol).
			WithFix("use the same version for both: stop the queue manager and start it again with this one"))
		return
	}
	node, err := s.provide(peer)
	if err != nil {
		x.refuse(err)
		return
	}
	defer func() { _ = node.Close() }() // its calls were answered
	welcome := hello{Protocol: protocol, Program: s.program, PID: os.Getpid(), Can: mgmtclient.Capabilities(node)}
	if x.write(frame{kind: kindWelcome, body: body{Hello: &welcome}}) != nil {
		return
	}
	c.SetDeadline(time.Time{})
	s.log.Debug("a program attached", "pid", peer.PID, "version", f.body.Hello.Program)
	if err := x.run(s.ctx, node); err != nil && !errors.Is(err, io.EOF) && s.ctx.Err() == nil {
		s.log.Warn("a local connection ended", "pid", peer.PID, "error", err)
	}
}

// admit lets in the account the queue manager runs for, and the administrator
// of the machine.
func (s *Server) admit(c net.Conn) (Peer, error) {
	peer, err := s.peer(c)
	if err != nil {
		return peer, mq.Errorf(mq.ErrAccessDenied, "attach to the queue manager", "the system does not say whose process asks: %w", err)
	}
	if !peer.allowed() {
		return peer, mq.Errorf(mq.ErrAccessDenied, "attach to the queue manager", "it runs for another account, and only that one and the administrator may attach").
			WithFix("run this as the account that owns the data folder")
	}
	return peer, s.join(c)
}
