package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"posthouse/localqm/rpc/security"
	"posthouse/localqm/rpc/security/krb5"
	"posthouse/localqm/rpc/security/ntlm"
	"posthouse/localqm/rpc/security/spnego"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/computers"
	"posthouse/mgmtclient/remote"
)

// line reaches other computers over MS-RPC. What is sent to their queues leaves
// from the queue manager of this one, by MS-MQQB.
type line struct {
	sender func(context.Context) (mgmtclient.Sender, error)
	log    *slog.Logger
}

func (l line) dial(ctx context.Context, c mgmtclient.Computer, password string) (*remote.Node, error) {
	o, err := l.options(c, password)
	if err != nil {
		return nil, err
	}
	return remote.Dial(ctx, o)
}

func (l line) Dial(ctx context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error) {
	n, err := l.dial(ctx, c, password)
	if err != nil {
		return nil, err // not a nil *remote.Node in an interface
	}
	return n, nil
}

func (l line) Probe(ctx context.Context, c mgmtclient.Computer, password string, report func(mgmtclient.Probe)) error {
	o, err := l.options(c, password)
	if err != nil {
		return err
	}
	return remote.Probe(ctx, o, report)
}

func (l line) options(c mgmtclient.Computer, password string) (remote.Options, error) {
	who, err := initiator(c, password)
	return remote.Options{Address: c.Host(), Initiator: who, Sender: l.sender, CancelAfter: c.CancelAfter, Log: l.log}, err
}

// initiator signs in as a computer's entry says; nil: not at all.
func initiator(c mgmtclient.Computer, password string) (security.Initiator, error) {
	switch c.SignIn {
	case mgmtclient.SignInPassword:
		domain, user, ok := strings.Cut(c.User, `\`)
		if !ok {
			domain, user = "", c.User
		}
		return spnego.NewInitiator(ntlm.NewInitiator(user, domain, password)), nil
	case mgmtclient.SignInKerberos:
		tickets, err := krb5.NewInitiator(krb5.InitiatorOptions{})
		if err != nil {
			return nil, err
		}
		return spnego.NewInitiator(tickets), nil
	}
	return nil, nil
}

// away is a node on another computer, with the queue manager here that sends for it.
type away struct {
	*remote.Node
	*sender
}

func (a away) Close() error { return errors.Join(a.Node.Close(), a.close()) }

// Line reaches other computers; a queue manager of this folder is opened for the
// first message, with net as in Open.
func (o folderOpener) Line(folder string, net *network) computers.Line {
	return folderLine{o, folder, net}
}

type folderLine struct {
	o      folderOpener
	folder string
	net    *network
}

func (l folderLine) Dial(ctx context.Context, c mgmtclient.Computer, password string) (mgmtclient.Node, error) {
	here := &sender{}
	n, err := line{sender: here.of(l), log: l.o.log}.dial(ctx, c, password)
	if err != nil {
		return nil, err
	}
	return away{n, here}, nil
}

func (l folderLine) Probe(ctx context.Context, c mgmtclient.Computer, password string, report func(mgmtclient.Probe)) error {
	return line{log: l.o.log}.Probe(ctx, c, password, report)
}

// sender is the queue manager of a folder, opened when something is sent, and what
// was sent last.
type sender struct {
	mu    sync.Mutex
	h     handle
	queue string // as it is named here
	last  mgmtclient.LookupID
}

func (s *sender) of(l folderLine) func(context.Context) (mgmtclient.Sender, error) {
	return func(ctx context.Context) (mgmtclient.Sender, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.h.Node == nil {
			h, err := l.o.Open(ctx, l.folder, l.net)
			if err != nil {
				return nil, err
			}
			s.h = h
		}
		by, err := can[mgmtclient.Sender](s.h.Node)
		return noting{by, s}, err
	}
}

// noting remembers what is sent.
type noting struct {
	by mgmtclient.Sender
	s  *sender
}

func (n noting) Send(ctx context.Context, r mgmtclient.SendRequest) (mgmtclient.SendResult, error) {
	result, err := n.by.Send(ctx, r)
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	n.s.queue, n.s.last = r.Queue, result.LookupID
	return result, err
}

// sent is where what was sent last can be followed: the queue manager here, the name
// of the queue for it, and the last message in its outgoing queue; no node before
// anything was sent.
func (s *sender) sent() (h handle, queue string, last mgmtclient.LookupID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.h, s.queue, s.last
}

func (s *sender) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.h.Node == nil {
		return nil
	}
	return s.h.Close()
}
