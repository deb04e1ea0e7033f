package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/mgmtclient"
)

// Probe tries to reach a queue manager and reports layer by layer, up to the first
// that fails; its error is returned.
func Probe(ctx context.Context, o Options, report func(mgmtclient.Probe)) error {
	n, err := newNode(o)
	if err != nil {
		return err
	}
	defer func() { _ = n.Close() }() // never fails
	s, err := n.connect(ctx, report)
	if err == nil {
		s.close()
	}
	return n.explain(ctx, "connect to "+o.Address, err)
}

// steps goes through the layers.
type steps struct {
	n      *Node
	ctx    context.Context
	report func(mgmtclient.Probe)
}

// step does what a layer needs and reports it.
func (p steps) step(l mgmtclient.Layer, do func() (found string, err error)) error {
	began := time.Now()
	found, err := do()
	answer := mgmtclient.Probe{Layer: l, OK: err == nil, Text: found, Took: time.Since(began)}
	if err != nil {
		var e *mq.Error
		if !errors.As(p.n.explain(p.ctx, "", err), &e) {
			e = &mq.Error{Why: err.Error()}
		}
		answer.Text, answer.Fix = e.Why, e.Fix
	}
	p.report(answer)
	return err
}

// connect makes a session. Without the right to manage there is one, too: to read a
// queue other rights are asked for.
func (n *Node) connect(ctx context.Context, report func(mgmtclient.Probe)) (_ *session, err error) {
	s := &session{o: n.o, host: n.host, conns: map[string]*rpc.Conn{}}
	s.life, s.end = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	var where ports
	var denied error
	p := steps{n, ctx, report}
	for _, layer := range []struct {
		name mgmtclient.Layer
		do   func() (string, error)
	}{
		{mgmtclient.LayerName, func() (string, error) { return n.resolve(ctx) }},
		{mgmtclient.LayerPort, func() (found string, err error) { where, found, err = s.reach(ctx, n.port); return found, err }},
		{mgmtclient.LayerSignIn, func() (string, error) { denied, err = s.signIn(ctx, where); return s.signedIn(), err }},
		{mgmtclient.LayerManager, func() (string, error) { return s.meet(ctx, where, denied == nil) }},
	} {
		if err := p.step(layer.name, layer.do); err != nil {
			return nil, err
		}
	}
	_ = p.step(mgmtclient.LayerRights, func() (string, error) { return "You may manage it.", denied })
	s.queues.init(s)
	return s, nil
}

func (n *Node) resolve(ctx context.Context) (string, error) {
	if _, err := netip.ParseAddr(n.host); err == nil {
		return n.host + " is an address.", nil
	}
	if n.o.Dial != nil {
		return n.host + " is looked up on the way.", nil
	}
	list, err := net.DefaultResolver.LookupHost(ctx, n.host)
	if err != nil {
		return "", err
	}
	return n.host + " is " + strings.Join(list, ", ") + ".", nil
}

// reach finds the ports and connects to the first.
func (s *session) reach(ctx context.Context, port string) (ports, string, error) {
	where, err := find(ctx, s.o, s.host, port)
	if err != nil {
		return where, "", err
	}
	address := where.address(interfaces[0])
	if _, err := s.line(ctx, address); err != nil {
		return where, "", err
	}
	how := "the endpoint mapper named it"
	switch {
	case port != "":
		how = "as you said"
	case where.fixed != "":
		how = "the usual one, since no endpoint mapper answers"
	}
	return where, fmt.Sprintf("%s answers (%s).", address, how), nil
}

// signIn makes the first call, which tells whether we are let in. Of who is let in
// and may not manage, denied says so.
func (s *session) signIn(ctx context.Context, where ports) (denied, err error) {
	if s.manage, err = optional(ctx, s, where, interfaces[0], qmmgmt.NewQmmgmtClient); err != nil || s.manage == nil {
		return nil, err // without it there is no manager, which is the next layer
	}
	_, err = s.machineInfo(ctx, mq.PropMgmtMSMQConnected)
	var fault *rpc.Remote
	switch {
	case s.o.Initiator == nil && errors.As(err, &fault) && fault.Fault == rpc.FaultAccessDenied:
		return nil, fmt.Errorf("%w: %w", rpc.ErrSignIn, err) // nobody is let in without a name
	case answered(err):
		return err, nil
	}
	return nil, err
}

func (s *session) signedIn() string {
	if s.manage == nil {
		return "It did not ask who you are."
	}
	if s.o.Initiator == nil {
		return "You are let in without a name; nothing is protected on the way."
	}
	for _, c := range s.conns {
		return fmt.Sprintf("You are signed in (%s, protection: %s).", s.o.Initiator.Mechanism(), c.Level())
	}
	return ""
}

// meet finds out who is there and what it offers.
func (s *session) meet(ctx context.Context, where ports, manages bool) (_ string, err error) {
	if s.manage == nil {
		return "", rpc.ErrInterface
	}
	if s.reads, err = optional(ctx, s, where, interfaces[1], remoteread.NewRemoteReadClient); err != nil {
		return "", err
	}
	if s.comm, err = optional(ctx, s, where, interfaces[2], qmcomm.NewQmcommClient); err != nil {
		return "", err
	}
	s.about = about{name: strings.ToUpper(s.host)}
	if s.comm != nil {
		// Windows answers this interface to its own applications only.
		if err := s.registry(ctx); answered(err) {
			s.comm = nil
		} else if err != nil {
			return "", err
		}
	}
	if manages {
		if err := s.introduce(ctx); err != nil && !answered(err) {
			return "", err
		}
	}
	s.offers = offers{reads: s.reads != nil, comm: s.comm != nil, sends: s.o.Sender != nil}
	text := "Queue manager " + s.about.name
	if s.about.version != "" {
		text += ", " + s.about.version
	}
	return text + ". " + s.offers.sentence(), nil
}

// What R_QMQueryQMRegistryInternal is asked for (MS-MQMP 3.1.4.23).
const (
	registryVersion = 3
	registryID      = 4
)

func (s *session) registry(ctx context.Context) error {
	for _, what := range []uint32{registryID, registryVersion} {
		r, err := s.comm.QueryQMRegistryInternal(ctx, &qmcomm.QueryQMRegistryInternalRequest{QueryType: what})
		if err != nil {
			return err
		}
		switch what {
		case registryVersion:
			s.about.version = r.MQISServer
		case registryID:
			if s.about.id, err = mq.ParseGUID(r.MQISServer); err != nil {
				return malformed("%s as the identifier of a queue manager", mq.Quote(r.MQISServer))
			}
		}
	}
	return nil
}

// introduce finds the computer's name, in the path names of its queues: that of a
// system queue, which all have, else that of a private one.
func (s *session) introduce(ctx context.Context) error {
	v, err := s.machineInfo(ctx, mq.PropMgmtMSMQType, mq.PropMgmtMSMQPrivateQ)
	if err != nil {
		return err
	}
	if text := v.text(mq.PropMgmtMSMQType); text != "" {
		s.about.version = text
	}
	paths := v.texts(mq.PropMgmtMSMQPrivateQ)
	f := mq.DirectOS(".", mq.SystemPath)
	f.Suffix = mq.SuffixDeadLetter
	v, err = s.queueInfo(ctx, f, mq.PropMgmtQueuePathName, mq.PropMgmtQueueFormatName)
	switch {
	case err == nil:
		paths = append([]string{v.text(mq.PropMgmtQueuePathName)}, paths...)
		if f, err := mq.ParseFormatName(v.text(mq.PropMgmtQueueFormatName)); err == nil && f.Kind == mq.KindMachine {
			s.about.id = f.GUID
		}
	case !answered(err):
		return err
	}
	for _, path := range paths {
		if p, err := mq.ParsePathName(path); err == nil && !p.Local() {
			s.about.name = p.Machine
			return nil
		}
	}
	return nil
}
