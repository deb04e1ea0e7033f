//go:build !windows

package control

import (
	"os"
	"testing"

	"posthouse/mgmtclient"
	"posthouse/mgmtclient/fake"
)

func benchmark(b *testing.B, do func(*Client) error) {
	dir, err := os.MkdirTemp("", "ph")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	n := fake.Sample()
	s, err := Serve(b.Context(), dir, func(Peer) (mgmtclient.Node, error) { return n, nil }, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := Dial(b.Context(), dir, "")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	for b.Loop() {
		if err := do(c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall is the least that a call takes.
func BenchmarkCall(b *testing.B) {
	benchmark(b, func(c *Client) error { _, err := c.ACL(b.Context(), ""); return err })
}

// BenchmarkPage is a page of a grid, of which the fake takes a part.
func BenchmarkPage(b *testing.B) {
	benchmark(b, func(c *Client) error {
		_, err := c.Messages(b.Context(), mgmtclient.TransactionDeadLetter, mgmtclient.Page{})
		return err
	})
}

// BenchmarkLargeBody is a body of nearly 4 MB on its way in.
func BenchmarkLargeBody(b *testing.B) {
	body := make([]byte, 4_000_000)
	b.SetBytes(int64(len(body)))
	benchmark(b, func(c *Client) error {
		_, err := c.Send(b.Context(), mgmtclient.SendRequest{Queue: "price.updates", Express: true, Body: body})
		if err == nil {
			_, err = c.Purge(b.Context(), "price.updates")
		}
		return err
	})
}
