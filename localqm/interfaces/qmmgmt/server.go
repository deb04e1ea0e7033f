package qmmgmt

import (
	"context"
	"strings"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// maxStub is the largest request: 128 properties without values and a long name need
// a tenth of it.
const maxStub = 64 << 10

// Options are what the interface tells of its program.
type Options struct {
	// Version of program and system (PROPID_MGMT_MSMQ_TYPE); empty: not told.
	Version string
}

// New serves MS-MQMR for a queue manager.
func New(m *localqm.QueueManager, o Options) rpc.Interface {
	return rpc.Interface{
		Name: "qmmgmt", Syntax: *qmmgmt.QmmgmtSyntaxV1_0, MaxStub: maxStub,
		Handle: qmmgmt.NewQmmgmtServerHandle(&server{m: m, version: o.Version}),
		Short:  []uint16{0}, // R_QMMgmtGetInfo (MS-MQMR 3.1.4.1)
	}
}

type server struct {
	m       *localqm.QueueManager
	version string
}

// ManagementGetInfo is R_QMMgmtGetInfo (MS-MQMR 3.1.4.1).
func (s *server) ManagementGetInfo(ctx context.Context, r *qmmgmt.ManagementGetInfoRequest) (*qmmgmt.ManagementGetInfoResponse, error) {
	if r.CreatePartition < 1 || r.CreatePartition > mq.MaxProperties ||
		len(r.Property) != int(r.CreatePartition) || len(r.Var) != int(r.CreatePartition) {
		return nil, rpc.FaultBadStub
	}
	answer := &qmmgmt.ManagementGetInfoResponse{Var: r.Var}
	values, err := s.info(ctx, r)
	if err != nil {
		answer.Return = int32(peer.Result(err))
		return answer, nil
	}
	answer.Var = values
	return answer, nil
}

func (s *server) info(ctx context.Context, r *qmmgmt.ManagementGetInfoRequest) ([]*mqmq.PropertyVariant, error) {
	const op = "read management properties"
	c := peer.Caller(ctx)
	if err := s.m.Administers(op, c); err != nil {
		return nil, err
	}
	switch r.ObjectFormat.Type {
	case qmmgmt.ManagementObjectTypeMachine:
		if err := asked(op, r, mq.MgmtMachineProperties); err != nil {
			return nil, err
		}
		return s.machine(ctx, c, r.Property)
	case qmmgmt.ManagementObjectTypeQueue:
		if err := asked(op, r, mq.MgmtQueueProperties); err != nil {
			return nil, err
		}
		name, err := queueOf(r.ObjectFormat)
		if err != nil {
			return nil, err
		}
		return s.queue(ctx, c, name, r.Property)
	}
	return nil, mq.Errorf(mq.ErrInvalidParameter, op, "only the computer and its queues have them")
}

// asked checks that the properties exist, and that no value of another type was
// sent in their places.
func asked(op string, r *qmmgmt.ManagementGetInfoRequest, known mq.Properties) error {
	for i, id := range r.Property {
		p, ok := known.ByID(mq.PropID(id))
		if !ok {
			return mq.Errorf(mq.ErrIllegalPropID, op, "there is no property %d", id)
		}
		switch sent := mq.VarType(r.Var[i].VT); sent {
		case mq.VTNull, mq.VTEmpty, p.Type:
		default:
			return mq.Errorf(mq.ErrIllegalPropertyVT, op, "%s has the type %s, not %s", p.Name, p.Type, sent)
		}
	}
	return nil
}

func queueOf(o *qmmgmt.ManagementObject) (mq.QueueName, error) {
	format, _ := o.ManagementObject.GetValue().(*mqmq.QueueFormat)
	if format == nil {
		return mq.QueueName{}, mq.Errorf(mq.ErrInvalidParameter, "find the queue", "none is named")
	}
	f, err := queueformat.Read(format)
	return mq.QueueName{Format: f}, err
}

// ManagementAction is R_QMMgmtAction (MS-MQMR 3.1.4.2).
func (s *server) ManagementAction(ctx context.Context, r *qmmgmt.ManagementActionRequest) (*qmmgmt.ManagementActionResponse, error) {
	return &qmmgmt.ManagementActionResponse{Return: int32(peer.Result(s.act(ctx, r)))}, nil
}

func (s *server) act(ctx context.Context, r *qmmgmt.ManagementActionRequest) error {
	const op = "carry out a management action"
	c := peer.Caller(ctx)
	if err := s.m.Administers(op, c); err != nil {
		return err
	}
	action := strings.ToUpper(r.Action)
	switch r.ObjectFormat.Type {
	case qmmgmt.ManagementObjectTypeMachine:
		switch action {
		case "CONNECT", "DISCONNECT":
			return s.m.SetMachine(ctx, c, func(o *localqm.Settings) error {
				o.Offline = action == "DISCONNECT"
				return nil
			})
		case "TIDY":
			_, _, err := s.m.Tidy(ctx, c)
			return err
		}
	case qmmgmt.ManagementObjectTypeQueue:
		name, err := queueOf(r.ObjectFormat)
		if err != nil {
			return err
		}
		switch action {
		case "PAUSE":
			return s.m.Pause(ctx, c, name)
		case "RESUME":
			return s.m.Resume(ctx, c, name)
		case "EOD_RESEND":
			return s.m.Resend(ctx, c, name)
		}
	}
	return mq.Errorf(mq.ErrInvalidParameter, op, "%q is no action on it", r.Action).
		WithFix("the computer has CONNECT, DISCONNECT and TIDY, outgoing queues have PAUSE, RESUME and EOD_RESEND")
}
