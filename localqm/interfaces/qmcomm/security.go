package qmcomm

import (
	"context"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/secure"
)

// allParts are the flags of SECURITY_INFORMATION (MS-MQMQ 2.2.3).
const allParts = localqm.OwnerPart | localqm.GroupPart | localqm.DACLPart | localqm.SACLPart

func parts(op string, flags uint32) (localqm.SecurityParts, error) {
	p := localqm.SecurityParts(flags)
	if p&^allParts != 0 {
		return 0, invalid(op, "the security information 0x%08X has unknown parts", flags)
	}
	return p, nil
}

// SetObjectSecurityInternal is R_QMSetObjectSecurityInternal (MS-MQMP 3.1.4.6).
func (s *server) SetObjectSecurityInternal(ctx context.Context, r *stub.SetObjectSecurityInternalRequest) (*stub.SetObjectSecurityInternalResponse, error) {
	status, fault := result(s.setSecurity(ctx, r))
	return &stub.SetObjectSecurityInternalResponse{Return: status}, fault
}

func (s *server) setSecurity(ctx context.Context, r *stub.SetObjectSecurityInternalRequest) error {
	const op = "change the permissions of a queue"
	p, err := parts(op, r.SecurityInformation)
	if err != nil {
		return err
	}
	d, err := descriptor(op, r.SecurityDescriptorSize, r.SecurityDescriptor)
	if err != nil {
		return err
	}
	if d == nil {
		return invalid(op, "no permissions came")
	}
	name, err := s.object(ctx, op, r.ObjectFormat)
	if err != nil {
		return err
	}
	return s.m.SetQueueSecurityParts(ctx, peer.Caller(ctx), name, p, *d)
}

// GetObjectSecurityInternal is R_QMGetObjectSecurityInternal (MS-MQMP 3.1.4.7).
func (s *server) GetObjectSecurityInternal(ctx context.Context, r *stub.GetObjectSecurityInternalRequest) (*stub.GetObjectSecurityInternalResponse, error) {
	if r.Length > secure.MaxDescriptor {
		return nil, rpc.FaultBadStub
	}
	d, err := s.security(ctx, r)
	answer := &stub.GetObjectSecurityInternalResponse{Length: r.Length}
	if err == nil {
		raw := d.Append(nil)
		answer.LengthNeeded = uint32(len(raw))
		if answer.LengthNeeded > r.Length {
			answer.Return = code(mq.ErrSecurityDescriptorTooSmall)
			return answer, nil
		}
		answer.SecurityDescriptor = raw
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

func (s *server) security(ctx context.Context, r *stub.GetObjectSecurityInternalRequest) (secure.Descriptor, error) {
	const op = "read the permissions of a queue"
	p, err := parts(op, r.RequestedInformation)
	if err != nil {
		return secure.Descriptor{}, err
	}
	name, err := s.object(ctx, op, r.ObjectFormat)
	if err != nil {
		return secure.Descriptor{}, err
	}
	return s.m.QueueSecurityParts(ctx, peer.Caller(ctx), name, p)
}
