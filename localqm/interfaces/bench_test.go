package interfaces_test

import (
	"fmt"
	"testing"

	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"
	qmmgmt "github.com/oiweiwei/go-msrpc/msrpc/mqmr/qmmgmt/v1"

	"posthouse/localqm"
	"posthouse/localqm/interfaces"
	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
	"posthouse/localqm/rpc/security"
)

// BenchmarkGetInfo asks a queue for its number of messages, over loopback: client and
// server share the machine.
func BenchmarkGetInfo(b *testing.B) {
	q := interfacestest.Start(b, "HUB", func(o *interfaces.Options) { o.Anonymous = true })
	q.Create(`.\private$\orders`, localqm.QueueSpec{})
	for _, level := range []security.Level{security.None, security.Privacy} {
		for _, outstanding := range []int{1, 16} {
			b.Run(fmt.Sprintf("%v/%d", level, outstanding), func(b *testing.B) {
				o := rpc.DialOptions{Level: level}
				if level != security.None {
					o.Initiator = interfacestest.SignIn(interfacestest.Admin)
				}
				benchmarkGetInfo(b, q, o, outstanding)
			})
		}
	}
}

// benchmarkGetInfo asks with so many calls at a time.
func benchmarkGetInfo(b *testing.B, q *interfacestest.QM, o rpc.DialOptions, outstanding int) {
	b.Helper()
	queue, err := queueformat.Make(qmtest.Name(b, `HUB\private$\orders`).FormatName())
	if err != nil {
		b.Fatal(err)
	}
	c, err := rpc.Dial(ctx, q.At(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(ctx)
	client := interfacestest.Bind(b, c, qmmgmt.NewQmmgmtClient)
	ask := func() error {
		_, err := client.ManagementGetInfo(ctx, &qmmgmt.ManagementGetInfoRequest{
			ObjectFormat: &qmmgmt.ManagementObject{
				Type: qmmgmt.ManagementObjectTypeQueue,
				ManagementObject: &qmmgmt.ManagementObject_ManagementObject{Value: &qmmgmt.ManagementObject_QueueFormat{
					QueueFormat: queue,
				}},
			},
			CreatePartition: 1, Property: []uint32{uint32(mq.PropMgmtQueueMessageCount)},
			Var: []*mqmq.PropertyVariant{{VT: uint16(mq.VTNull)}},
		})
		return err
	}
	if err := ask(); err != nil && (o.Level != security.None || mq.CodeOf(err) != mq.ErrAccessDenied) {
		b.Fatal(err)
	}
	b.ReportAllocs()
	work := make(chan struct{})
	done := make(chan struct{})
	for range outstanding {
		go func() {
			for range work {
				_ = ask()
			}
			done <- struct{}{}
		}()
	}
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	for range outstanding {
		<-done
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
