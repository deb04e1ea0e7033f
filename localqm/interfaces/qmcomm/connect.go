package qmcomm

import (
	"context"
	"math"
	"net"
	"strconv"

	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/epm"
)

// Where qm2qm is to be found (MS-MQQP 2.1), and who knows if it is not there.
const (
	qm2qmPort  = 2105
	mapperPort = 135
)

// Connector leads to queue managers as Options.Connect does: to their usual port, or
// to the one that their endpoint mapper tells.
func Connector(o rpc.DialOptions) func(ctx context.Context, computer string, port uint16) (*rpc.Conn, error) {
	dial := func(ctx context.Context, o rpc.DialOptions, computer string, port uint16) (*rpc.Conn, error) {
		return rpc.Dial(ctx, net.JoinHostPort(computer, strconv.Itoa(int(port))), o)
	}
	return func(ctx context.Context, computer string, port uint16) (*rpc.Conn, error) {
		if port != 0 {
			return dial(ctx, o, computer, port)
		}
		c, err := dial(ctx, o, computer, qm2qmPort)
		if err == nil || ctx.Err() != nil {
			return c, err
		}
		plain := o
		plain.Initiator = nil
		mapper, bad := dial(ctx, plain, computer, mapperPort)
		if bad != nil {
			return nil, err
		}
		defer func() { _ = mapper.Close(ctx) }() // it has answered, or it has not
		found, bad := epm.Map(ctx, mapper, *qm2qm.Qm2qmSyntaxV1_0)
		if bad != nil {
			return nil, err
		}
		return dial(ctx, o, computer, found[0].Port())
	}
}

// reach connects to qm2qm of a computer: first wherever it is, then on the port that
// it tells (MS-MQQP 3.2.4.1).
func (s *server) reach(ctx context.Context, op, computer string) (*rpc.Conn, qm2qm.Qm2qmClient, error) {
	conn, c, err := s.bind(ctx, computer, 0)
	if err != nil {
		return nil, nil, unavailable(op, computer, err)
	}
	answer, err := c.GetQMQMServerPort(ctx, &qm2qm.GetQMQMServerPortRequest{PortType: ipRead})
	_ = conn.Close(ctx)
	switch {
	case answer == nil: // go-msrpc takes a port for an error, and returns it beside
		return nil, nil, unavailable(op, computer, err)
	case answer.Return == 0 || answer.Return > math.MaxUint16:
		return nil, nil, mq.Errorf(mq.ErrRemoteMachineNotAvailable, op, "the queue manager of %s does not tell where it reads for others", computer)
	}
	if conn, c, err = s.bind(ctx, computer, uint16(answer.Return)); err != nil {
		return nil, nil, unavailable(op, computer, err)
	}
	return conn, c, nil
}

func (s *server) bind(ctx context.Context, computer string, port uint16) (*rpc.Conn, qm2qm.Qm2qmClient, error) {
	conn, err := s.connect(ctx, computer, port)
	if err != nil {
		return nil, nil, err
	}
	c, err := qm2qm.NewQm2qmClient(ctx, conn)
	if err != nil {
		_ = conn.Close(ctx)
		return nil, nil, err
	}
	return conn, c, nil
}

// unavailable is another queue manager that cannot be asked.
func unavailable(op, computer string, err error) error {
	return mq.Errorf(mq.ErrRemoteMachineNotAvailable, op, "the queue manager of %s cannot be asked: %w", computer, err)
}
