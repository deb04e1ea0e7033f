package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/security"
)

// machine is a tiny MS-MQMR.
type machine struct {
	qmmgmt.UnimplementedQmmgmtServer
}

func (machine) ManagementGetInfo(_ context.Context, r *qmmgmt.ManagementGetInfoRequest) (*qmmgmt.ManagementGetInfoResponse, error) {
	if int(r.CreatePartition) != len(r.Property) || len(r.Var) != len(r.Property) {
		return nil, rpc.FaultBadStub
	}
	out := &qmmgmt.ManagementGetInfoResponse{CreatePartition: r.CreatePartition}
	for _, p := range r.Property {
		out.Var = append(out.Var, &mqmq.PropertyVariant{VT: 19, VarUnion: &mqmq.PropertyVariant_VarUnion{
			Value: &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: p + 1},
		}})
	}
	return out, nil
}

func (machine) ManagementAction(_ context.Context, r *qmmgmt.ManagementActionRequest) (*qmmgmt.ManagementActionResponse, error) {
	if r.Action != "größe" {
		return &qmmgmt.ManagementActionResponse{Return: 1}, nil
	}
	return &qmmgmt.ManagementActionResponse{}, nil
}

func machines() rpc.Interface {
	return rpc.Interface{
		Name: "qmmgmt", Syntax: *qmmgmt.QmmgmtSyntaxV1_0, Handle: qmmgmt.NewQmmgmtServerHandle(machine{}), Level: security.None,
	}
}

func ofMachine(properties ...uint32) *qmmgmt.ManagementGetInfoRequest {
	r := &qmmgmt.ManagementGetInfoRequest{
		ObjectFormat: &qmmgmt.ManagementObject{
			Type:             qmmgmt.ManagementObjectTypeMachine,
			ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_Reserved1{}},
		},
		CreatePartition: uint32(len(properties)), Property: properties,
	}
	for range properties {
		r.Var = append(r.Var, &mqmq.PropertyVariant{VT: 1, VarUnion: &mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_0{}}})
	}
	return r
}

func askMachine(t *testing.T, cc dcerpc.Conn, o ...dcerpc.Option) {
	t.Helper()
	ctx := context.Background()
	c, err := qmmgmt.NewQmmgmtClient(ctx, cc, o...)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		got, err := c.ManagementGetInfo(ctx, ofMachine(4, 5, 6))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got.Var {
			if v.VarUnion.GetValue() != uint32(5+i) {
				t.Error(i, v.VarUnion.GetValue())
			}
		}
		if len(got.Var) != 3 {
			t.Error(len(got.Var))
		}
	}
}

// lines is a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
