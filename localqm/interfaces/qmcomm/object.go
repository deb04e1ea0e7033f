package qmcomm

import (
	"context"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/secure"
)

// objectQueue is the one type of object (MS-MQMP 2.2.3.5, 3.1.4.5).
const objectQueue = 1

// CreateObjectInternal is R_QMCreateObjectInternal (MS-MQMP 3.1.4.5).
func (s *server) CreateObjectInternal(ctx context.Context, r *stub.CreateObjectInternalRequest) (*stub.CreateObjectInternalResponse, error) {
	status, fault := result(s.create(ctx, r))
	return &stub.CreateObjectInternalResponse{Return: status}, fault
}

func (s *server) create(ctx context.Context, r *stub.CreateObjectInternalRequest) error {
	const op = "create a queue"
	if err := counted(r.CreatePartition, r.Property, r.Var); err != nil {
		return err
	}
	if r.ObjectType != objectQueue {
		return invalid(op, "an object of type %d is not a queue", r.ObjectType)
	}
	path, err := mq.ParsePathName(r.PathName)
	if err != nil {
		return err
	}
	if path.System || path.Suffix != mq.SuffixNone || path.Subqueue != "" || !path.Private && s.m.DirectoryState().Mode == localqm.Workgroup {
		return mq.Errorf(mq.ErrIllegalQueuePathname, op, "%s is no private queue", path).
			WithFix(`name it computer\private$\queue`)
	}
	spec, err := createSpec(path, r.Property, r.Var)
	if err != nil {
		return err
	}
	if path.Private {
		spec.BasePriority = nil // it has no effect on private queues (MS-MQMQ 2.3.1.6)
	}
	d, err := descriptor(op, r.SecurityDescriptorSize, r.SecurityDescriptor)
	if err != nil {
		return err
	}
	spec.Security = d
	name := mq.QueueName{Path: path}
	if !path.Private {
		_, err = s.m.CreateQueue(ctx, peer.Caller(ctx), name, spec)
		return err
	}
	switch to, err := s.m.Resolve(ctx, name); {
	case err == nil && to.Local:
		return mq.Errorf(mq.ErrQueueExists, op, "there is a queue %s", path)
	case err == nil:
		return mq.Errorf(mq.ErrIllegalQueuePathname, op, "%s would be a queue of another computer", path)
	}
	_, err = s.m.CreateQueue(ctx, peer.Caller(ctx), name, spec)
	return err
}

// descriptor reads a security descriptor of a method; nil for none.
func descriptor(op string, size uint32, raw []byte) (*secure.Descriptor, error) {
	switch {
	case size > secure.MaxDescriptor:
		return nil, mq.Errorf(mq.ErrIllegalSecurityDescriptor, op, "the permissions have %d bytes, at most %d are allowed", size, secure.MaxDescriptor)
	case raw == nil && size != 0:
		return nil, invalid(op, "the permissions have %d bytes, and none came", size)
	case raw == nil:
		return nil, nil
	case len(raw) != int(size):
		return nil, rpc.FaultBadStub
	}
	d, err := secure.ParseDescriptor(raw)
	return &d, err
}

// DeleteObject is R_QMDeleteObject (MS-MQMP 3.1.4.8).
func (s *server) DeleteObject(ctx context.Context, r *stub.DeleteObjectRequest) (*stub.DeleteObjectResponse, error) {
	name, err := s.object(ctx, "delete a queue", r.ObjectFormat)
	if err == nil {
		err = s.m.DeleteQueue(ctx, peer.Caller(ctx), name)
	}
	status, fault := result(err)
	return &stub.DeleteObjectResponse{Return: status}, fault
}

// ObjectPathToObjectFormat is R_QMObjectPathToObjectFormat (MS-MQMP 3.1.4.11).
func (s *server) ObjectPathToObjectFormat(ctx context.Context, r *stub.ObjectPathToObjectFormatRequest) (*stub.ObjectPathToObjectFormatResponse, error) {
	f, err := s.formatOf(ctx, r)
	status, fault := result(err)
	answer := &stub.ObjectPathToObjectFormatResponse{ObjectFormat: r.ObjectFormat, Return: status}
	if err == nil {
		answer.ObjectFormat = f
	}
	return answer, fault
}

func (s *server) formatOf(ctx context.Context, r *stub.ObjectPathToObjectFormatRequest) (*stub.ObjectFormat, error) {
	const op = "find the format name of a queue"
	empty, err := formatIn(op, r.ObjectFormat)
	switch {
	case err != nil:
		return nil, err
	case empty.QueueFormatType != queueformat.Unknown:
		return nil, invalid(op, "the place for it holds another format name")
	}
	path, err := mq.ParsePathName(r.PathName)
	if err != nil {
		return nil, err
	}
	name, err := s.nameOf(ctx, path)
	if err != nil {
		return nil, err
	}
	q, err := queueformat.Make(name)
	if err != nil {
		return nil, err
	}
	return &stub.ObjectFormat{
		ObjectType:   objectQueue,
		ObjectFormat: &stub.ObjectFormat_ObjectFormat{Value: &stub.ObjectFormat_QueueFormat{QueueFormat: q}},
	}, nil
}

// nameOf is the private format name of a path, or the public one that the directory
// has for it.
func (s *server) nameOf(ctx context.Context, path mq.PathName) (mq.FormatName, error) {
	if path.Private || path.System || s.m.DirectoryState().Mode == localqm.Workgroup {
		return s.m.PrivateName(mq.QueueName{Path: path})
	}
	to, err := s.m.Resolve(ctx, mq.QueueName{Path: path})
	return to.Name, err
}

// formatIn is the QUEUE_FORMAT in an OBJECT_FORMAT (MS-MQMP 2.2.3.5).
func formatIn(op string, o *stub.ObjectFormat) (*mqmq.QueueFormat, error) {
	if o == nil || o.ObjectType != objectQueue || o.ObjectFormat == nil {
		return nil, invalid(op, "no queue is named")
	}
	v, _ := o.ObjectFormat.Value.(*stub.ObjectFormat_QueueFormat)
	if v == nil || v.QueueFormat == nil {
		return nil, invalid(op, "no queue is named")
	}
	return v.QueueFormat, nil
}

// object is the queue that an OBJECT_FORMAT names by a private, a public or a direct
// format name: one of this machine, or a public one of any (MS-MQMP 3.2.4.2; MS-MQOD
// 3.3).
func (s *server) object(ctx context.Context, op string, o *stub.ObjectFormat) (mq.QueueName, error) {
	q, err := formatIn(op, o)
	if err != nil {
		return mq.QueueName{}, err
	}
	f, err := queueformat.Read(q)
	if err != nil {
		return mq.QueueName{}, err
	}
	name := mq.QueueName{Format: f}
	path, direct := f.PathName()
	switch {
	case f.Suffix != mq.SuffixNone || f.Subqueue != "" || f.IsHTTP():
	case f.Kind == mq.KindPublic:
		return name, nil // the queue manager knows, or its directory
	case f.Kind == mq.KindPrivate, direct && (path.Private || !path.System && s.m.DirectoryState().Mode != localqm.Workgroup):
		to, err := s.m.Resolve(ctx, name)
		if err == nil && !to.Local {
			err = mq.Errorf(mq.ErrQueueNotFound, op, "%s is a queue of another computer", f).
				WithFix("ask the queue manager of that computer")
		}
		return name, err
	}
	return mq.QueueName{}, mq.Errorf(mq.ErrUnsupportedFormatNameOperation, op, "%s names no private queue", f).
		WithFix("use its private or direct format name")
}
