package qmcomm

import (
	"context"
	"strconv"

	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"

	"posthouse/localqm/mq"
)

// The queries of R_QMQueryQMRegistryInternal (MS-MQMP 3.1.4.23).
const (
	queryServers = iota
	queryTimeToReachQueue
	queryEnterprise
	queryVersion
	queryMachine
)

// version is the MSMQ that clients take this for, as qm2qm says too: nothing that they
// would ask of a later one is missing.
const version = "6.1.6531"

// QueryQMRegistryInternal is R_QMQueryQMRegistryInternal (MS-MQMP 3.1.4.23).
func (s *server) QueryQMRegistryInternal(_ context.Context, r *stub.QueryQMRegistryInternalRequest) (*stub.QueryQMRegistryInternalResponse, error) {
	answer := &stub.QueryQMRegistryInternalResponse{}
	switch r.QueryType {
	case queryServers:
		answer.Return = code(mq.ErrNoDS) // a list has one server at least, and there is none
	case queryTimeToReachQueue:
		answer.MQISServer = strconv.FormatUint(uint64(mq.DefaultTimeToReachQueue), 10)
	case queryEnterprise:
		answer.MQISServer = mq.GUID{}.String() // this queue manager belongs to no forest
	case queryVersion:
		answer.MQISServer = version
	case queryMachine:
		answer.MQISServer = s.m.Identity().ID.String()
	default:
		answer.Return = code(mq.ErrInvalidParameter)
	}
	return answer, nil
}

// The interfaces of R_QMGetRTQMServerPort (MS-MQMP 3.1.4.24). SPX is not served.
const (
	ipHandshake = iota
	ipRead
)

// GetRTQMServerPort is R_QMGetRTQMServerPort (MS-MQMP 3.1.4.24).
func (s *server) GetRTQMServerPort(_ context.Context, r *stub.GetRTQMServerPortRequest) (*stub.GetRTQMServerPortResponse, error) {
	comm, qm2qm := s.ports()
	switch r.IP {
	case ipHandshake:
		return &stub.GetRTQMServerPortResponse{Return: uint32(comm)}, nil
	case ipRead:
		return &stub.GetRTQMServerPortResponse{Return: uint32(qm2qm)}, nil
	}
	return &stub.GetRTQMServerPortResponse{}, nil
}
