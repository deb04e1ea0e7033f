package rpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/oiweiwei/go-msrpc/dcerpc"
	qmcomm "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	qmcomm2 "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm2/v1"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"
	qm2qm "github.com/oiweiwei/go-msrpc/msrpc/mqqp/qm2qm/v1"
	remoteread "github.com/oiweiwei/go-msrpc/msrpc/mqrr/remoteread/v1"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security"
)

// stubs are the interfaces of MSMQ, with nothing behind them.
func stubs() []rpc.Interface {
	handles := []struct {
		syntax *dcerpc.SyntaxID
		handle dcerpc.ServerHandle
	}{
		{qmmgmt.QmmgmtSyntaxV1_0, qmmgmt.NewQmmgmtServerHandle(&qmmgmt.UnimplementedQmmgmtServer{})},
		{qmcomm.QmcommSyntaxV1_0, qmcomm.NewQmcommServerHandle(&qmcomm.UnimplementedQmcommServer{})},
		{qmcomm2.Qmcomm2SyntaxV1_0, qmcomm2.NewQmcomm2ServerHandle(&qmcomm2.UnimplementedQmcomm2Server{})},
		{remoteread.RemoteReadSyntaxV1_0, remoteread.NewRemoteReadServerHandle(&remoteread.UnimplementedRemoteReadServer{})},
		{qm2qm.Qm2qmSyntaxV1_0, qm2qm.NewQm2qmServerHandle(&qm2qm.UnimplementedQm2qmServer{})},
	}
	var out []rpc.Interface
	for _, h := range handles {
		out = append(out, rpc.Interface{Name: "stub", Syntax: *h.syntax, Handle: h.handle, Level: security.None})
	}
	return out
}

// FuzzStub gives stub data to every operation of the five interfaces, and has what was
// read written again. Panics of the library are contained by the server; here they
// tell of stub data that reaches them.
func FuzzStub(f *testing.F) {
	interfaces := stubs()
	w := ndr.NewWriter(nil, ndr.Requests, nil)
	good, err := w.Marshal(context.Background(), ofMachine(1, 2, 3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(0), uint8(0), good)
	for i := range interfaces {
		for opnum := range uint8(24) {
			f.Add(uint8(i), opnum, make([]byte, 200))
			f.Add(uint8(i), opnum, []byte("\x01\x00\x00\x00\x01\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00a\x00b\x00c\x00\x00\x00"))
		}
	}
	f.Fuzz(func(t *testing.T, which, opnum uint8, b []byte) {
		var nulls ndr.Nulls
		r := ndr.NewReader(b, false, ndr.Requests, &nulls)
		op, err := interfaces[int(which)%len(interfaces)].Handle(context.Background(), int(opnum), r)
		if op == nil || err == nil {
			return
		}
		limits := ndr.Requests
		limits.Size = 1 << 20
		_ = op.MarshalNDRResponse(context.Background(), ndr.NewWriter(nil, limits, &nulls))
	})
}

// FuzzConversation gives a server what a client might say after a bind.
func FuzzConversation(f *testing.F) {
	one := pdu.Header{Flags: pdu.SingleFragment, CallID: 2}
	r := pdu.Request{Opnum: opRepeat, Stub: stub([]byte("hi"))}
	b := plainBind()
	a := &pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 1, Token: []byte("hello")}
	f.Add(r.Append(nil, one, nil))
	f.Add(r.Append(r.Append(nil, pdu.Header{Flags: pdu.FirstFragment, CallID: 2}, nil), pdu.Header{Flags: pdu.LastFragment, CallID: 2}, nil))
	f.Add(pdu.AppendAuth3(b.Append(nil, pdu.TypeAlterContext, one, a), one, &pdu.Auth{Mechanism: security.NTLM, Level: security.Privacy, ContextID: 1, Token: []byte("last")}))
	f.Add(pdu.AppendEmpty(r.Append(nil, one, nil), pdu.TypeCancel, one))
	m := newServant()
	close(m.release)
	done := make(chan struct{})
	defer close(done)
	go func() { // what waits need not wait for the test
		for {
			select {
			case <-m.began:
			case <-done:
				return
			}
		}
	}()
	s := serve(f, rpc.Options{Interfaces: append(stubs(), m.offer()), Acceptor: alice, Limits: rpc.Limits{PDU: time.Second}})
	bound := b.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment | pdu.Multiplex, CallID: 1}, nil)
	f.Fuzz(func(t *testing.T, said []byte) {
		nc, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := nc.Write(append(bound[:len(bound):len(bound)], said...)); err != nil {
			return
		}
		_ = nc.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, nc); err != nil {
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				t.Fatal("the server keeps a connection that has ended")
			}
		}
	})
}
