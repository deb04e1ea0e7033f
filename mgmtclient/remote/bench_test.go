package remote_test

import (
	"context"
	"fmt"
	"testing"

	"posthouse/localqm/interfaces/interfacestest"
	"posthouse/mgmtclient"
	"posthouse/mgmtclient/local"
	"posthouse/mgmtclient/remote"
)

// measured is a node with a long queue and many queues.
func measured(b *testing.B, queues, messages int) *remote.Node {
	b.Helper()
	q := interfacestest.Start(b, "HUB")
	owner := local.New(q.QueueManager, administrator(b, q), local.About{})
	b.Cleanup(func() { _ = owner.Close() })
	for i := range queues {
		if _, err := owner.CreateQueue(b.Context(), fmt.Sprintf("queue.%04d", i), mgmtclient.QueueSettings{}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := owner.Send(b.Context(), mgmtclient.SendRequest{Queue: "queue.0000", Label: "Order 4711-2096", Body: make([]byte, 1000), Count: messages}); err != nil {
		b.Fatal(err)
	}
	n, err := remote.Dial(b.Context(), options(q, interfacestest.Admin))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Close() })
	return n
}

// The first page of 100 headers is to come within 50 ms.
func BenchmarkFirstPage(b *testing.B) {
	n := measured(b, 1, 20_000)
	for b.Loop() {
		p, err := n.Messages(context.Background(), "queue.0000", mgmtclient.Page{})
		if err != nil || len(p.Messages) != 100 || !p.More {
			b.Fatalf("%d messages, %v", len(p.Messages), err)
		}
	}
}

// The counters of 1,000 queues are to be read within 300 ms.
func BenchmarkRefresh(b *testing.B) {
	n := measured(b, 1000, 1)
	for b.Loop() {
		list, err := n.Queues(context.Background(), mgmtclient.QueueFilter{})
		if err != nil || len(list) != 1000 {
			b.Fatalf("%d queues, %v", len(list), err)
		}
	}
}
