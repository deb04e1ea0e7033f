package remote

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/epm"
	"posthouse/mgmtclient/row"
)

const (
	mapperPort  = "135"
	rpcPort     = "2103" // MS-MQRR 2.1, MS-MQMP 2.1
	mapperTime  = 5 * time.Second
	connectTime = time.Minute
)

// session is a time of being signed in.
type session struct {
	o      Options
	host   string
	conns  map[string]*rpc.Conn // by address
	manage qmmgmt.QmmgmtClient
	reads  remoteread.RemoteReadClient // nil: not offered
	comm   qmcomm.QmcommClient         // nil: not offered
	about  about
	offers offers

	old      atomic.Bool // older than Windows Vista: it has fewer properties
	requests atomic.Uint32
	queues   pool
	names    cache
	settings cache

	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
	once sync.Once
}

// about is who is there.
type about struct {
	name    string
	id      mq.GUID // zero: not known
	version string
}

// alive reports whether all of its connections are.
func (s *session) alive() bool {
	if s.life.Err() != nil {
		return false
	}
	for _, c := range s.conns {
		select {
		case <-c.Done():
			return false
		default:
		}
	}
	return true
}

// close ends a session with what runs on it.
func (s *session) close() {
	s.once.Do(func() {
		s.end()
		for _, c := range s.conns {
			_ = c.Close(context.Background()) // never fails
		}
	})
	s.work.Wait()
}

// there is a queue's name as the other computer understands it: what is here without
// a computer's name is there.
func (s *session) there(q mq.QueueName) mq.FormatName { return row.On(q.FormatName(), s.about.name) }

// request is the next number of a receive (MS-MQRR 3.1.4.7).
func (s *session) request() uint32 { return s.requests.Add(1) }

// ports finds where interfaces are offered.
type ports struct {
	host  string
	fixed string // one for all; empty: as found
	found map[*dcerpc.SyntaxID]string
}

// address is that of an interface; empty: not offered.
func (p ports) address(syntax *dcerpc.SyntaxID) string {
	port := p.fixed
	if port == "" {
		port = p.found[syntax]
	}
	if port == "" {
		return ""
	}
	return net.JoinHostPort(p.host, port)
}

// interfaces are those that are used, the first of which there must be.
var interfaces = []*dcerpc.SyntaxID{qmmgmt.QmmgmtSyntaxV1_0, remoteread.RemoteReadSyntaxV1_0, qmcomm.QmcommSyntaxV1_0}

// find finds out the ports of a host: as told, or from its endpoint mapper, else the
// usual one.
func find(ctx context.Context, o Options, host, port string) (ports, error) {
	p := ports{host: host, fixed: port, found: map[*dcerpc.SyntaxID]string{}}
	if port != "" {
		return p, nil
	}
	asking, stop := context.WithTimeout(ctx, mapperTime)
	defer stop()
	err := p.ask(asking, o)
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil:
		return p, ctx.Err()
	case errors.As(err, new(*net.DNSError)):
		return p, err
	}
	o.Log.Debug("no endpoint mapper answers", "host", host, "error", err)
	p.fixed = rpcPort
	return p, nil
}

func (p *ports) ask(ctx context.Context, o Options) error {
	c, err := rpc.Dial(ctx, net.JoinHostPort(p.host, mapperPort), rpc.DialOptions{Dial: o.Dial, Log: o.Log})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // never fails
	for _, syntax := range interfaces {
		list, err := epm.Map(ctx, c, *syntax)
		if errors.Is(err, epm.ErrNotRegistered) {
			continue
		}
		if err != nil {
			return err
		}
		p.found[syntax] = strconv.Itoa(int(best(list).Port()))
	}
	if p.found[interfaces[0]] == "" {
		return epm.ErrNotRegistered
	}
	return nil
}

// best is the address to use of those that a mapper knows: the usual port.
func best(list []netip.AddrPort) netip.AddrPort {
	for _, a := range list {
		if strconv.Itoa(int(a.Port())) == rpcPort {
			return a
		}
	}
	return list[0]
}

// line is the connection to an address, made if there is none.
func (s *session) line(ctx context.Context, address string) (*rpc.Conn, error) {
	if c := s.conns[address]; c != nil {
		return c, nil
	}
	c, err := rpc.Dial(ctx, address, rpc.DialOptions{
		Initiator: s.o.Initiator, Level: s.o.Level, Host: s.host, Dial: s.o.Dial, Log: s.o.Log,
	})
	if err == nil {
		s.conns[address] = c
	}
	return c, err
}

// bind makes the client of an interface; nil if it is not offered.
func bind[T any](ctx context.Context, s *session, p ports, syntax *dcerpc.SyntaxID, client func(context.Context, dcerpc.Conn, ...dcerpc.Option) (T, error)) (T, error) {
	var none T
	address := p.address(syntax)
	if address == "" {
		return none, rpc.ErrInterface
	}
	c, err := s.line(ctx, address)
	if err != nil {
		return none, err
	}
	return client(ctx, c)
}

// optional is bind for what a peer need not offer.
func optional[T any](ctx context.Context, s *session, p ports, syntax *dcerpc.SyntaxID, client func(context.Context, dcerpc.Conn, ...dcerpc.Option) (T, error)) (T, error) {
	t, err := bind(ctx, s, p, syntax, client)
	if errors.Is(err, rpc.ErrInterface) {
		err = nil
	}
	return t, err
}
