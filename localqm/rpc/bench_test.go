package rpc_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/ndr"
	"posthouse/localqm/rpc/pdu"
	"posthouse/localqm/rpc/security/ntlm"
)

var noDeadline time.Time

// BenchmarkServer is the server alone: requests that are encoded once, with so many
// outstanding.
func BenchmarkServer(b *testing.B) {
	for _, outstanding := range []int{1, 16} {
		b.Run(fmt.Sprintf("outstanding=%d", outstanding), func(b *testing.B) {
			s := serve(b, rpc.Options{Interfaces: []rpc.Interface{machines()}})
			w := connect(b, s)
			bind := plainBind(pdu.Context{Abstract: pdu.SyntaxOf(qmmgmt.QmmgmtSyntaxV1_0), Transfer: []pdu.Syntax{pdu.NDR}})
			w.send(bind.Append(nil, pdu.TypeBind, pdu.Header{Flags: pdu.SingleFragment | pdu.Multiplex, CallID: 1}, nil))
			w.bound()
			_ = w.nc.SetDeadline(noDeadline)
			nw := ndr.NewWriter(nil, ndr.Requests, nil)
			stub, err := nw.Marshal(context.Background(), ofMachine(4))
			if err != nil {
				b.Fatal(err)
			}
			r := pdu.Request{Stub: stub}
			request := r.Append(nil, pdu.Header{Flags: pdu.SingleFragment, CallID: 2}, nil)
			var buf []byte
			id := uint32(2)
			next := func() {
				id++
				request[12], request[13], request[14], request[15] = byte(id), byte(id>>8), byte(id>>16), byte(id>>24)
				w.send(request)
			}
			b.ReportAllocs()
			for range outstanding {
				next()
			}
			for b.Loop() {
				if _, buf, err = pdu.Read(w.nc, buf, pdu.MaxFragment); err != nil {
					b.Fatal(err)
				}
				next()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// BenchmarkCalls are both sides, through the stubs.
func BenchmarkCalls(b *testing.B) {
	ntlm := rpc.DialOptions{Initiator: ntlm.NewInitiator("anna", "", "Brieftaube7")}
	for _, c := range []struct {
		name        string
		o           rpc.DialOptions
		outstanding int
	}{{"none", rpc.DialOptions{}, 1}, {"none", rpc.DialOptions{}, 16}, {"NTLM privacy", ntlm, 1}, {"NTLM privacy", ntlm, 16}} {
		b.Run(fmt.Sprintf("%s/outstanding=%d", c.name, c.outstanding), func(b *testing.B) {
			s := serve(b, rpc.Options{Interfaces: []rpc.Interface{machines()}, Acceptor: hub(b)})
			ctx := context.Background()
			client, err := qmmgmt.NewQmmgmtClient(ctx, dial(b, s, c.o))
			if err != nil {
				b.Fatal(err)
			}
			var wait sync.WaitGroup
			calls := make(chan struct{})
			for range c.outstanding {
				wait.Go(func() {
					for range calls {
						if _, err := client.ManagementGetInfo(ctx, ofMachine(4)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ReportAllocs()
			for b.Loop() {
				calls <- struct{}{}
			}
			close(calls)
			wait.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// BenchmarkIdle is what 500 clients cost that are signed in and do nothing.
func BenchmarkIdle(b *testing.B) {
	const clients = 500
	for b.Loop() {
		s := serve(b, rpc.Options{Interfaces: []rpc.Interface{machines()}, Anonymous: true, Limits: rpc.Limits{PerAddress: clients}})
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var open []net.Conn
		for range clients {
			w := connect(b, s)
			w.bind(0)
			open = append(open, w.nc)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/clients, "bytes/client")
		for _, nc := range open {
			_ = nc.Close()
		}
		_ = s.Close()
	}
}
