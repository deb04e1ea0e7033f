package remote

import (
	"context"

	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/mq"
	"posthouse/localqm/rpc/queueformat"
)

// machine and object name what MS-MQMR is asked about.
func machine() *qmmgmt.ManagementObject {
	return &qmmgmt.ManagementObject{
		Type:             qmmgmt.ManagementObjectTypeMachine,
		ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_Reserved1{}},
	}
}

func object(f mq.FormatName) (*qmmgmt.ManagementObject, error) {
	q, err := queueformat.Make(f)
	if err != nil {
		return nil, err
	}
	return &qmmgmt.ManagementObject{
		Type:             qmmgmt.ManagementObjectTypeQueue,
		ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_QueueFormat{QueueFormat: q}},
	}, nil
}

// machineInfo reads properties of the queue manager (MS-MQMR 3.1.4.1).
func (s *session) machineInfo(ctx context.Context, ids ...mq.PropID) (values, error) {
	return s.info(ctx, machine(), ids)
}

// queueInfo reads properties of a queue.
func (s *session) queueInfo(ctx context.Context, f mq.FormatName, ids ...mq.PropID) (values, error) {
	o, err := object(f)
	if err != nil {
		return nil, err
	}
	return s.info(ctx, o, ids)
}

func (s *session) info(ctx context.Context, o *qmmgmt.ManagementObject, ids []mq.PropID) (values, error) {
	in := &qmmgmt.ManagementGetInfoRequest{ObjectFormat: o, CreatePartition: uint32(len(ids)), Property: make([]uint32, len(ids)), Var: nulls(len(ids))}
	for i, id := range ids {
		in.Property[i] = uint32(id)
	}
	out, err := s.manage.ManagementGetInfo(ctx, in)
	if err != nil {
		return nil, err
	}
	return readValues(ids, out.Var)
}

// act carries out an action (MS-MQMR 3.1.4.2).
func (s *session) act(ctx context.Context, o *qmmgmt.ManagementObject, action string) error {
	_, err := s.manage.ManagementAction(ctx, &qmmgmt.ManagementActionRequest{ObjectFormat: o, Action: action})
	return err
}
