package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/localqm/proxy"
	"posthouse/localqm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is only ever waited out by a test that fails.
const patience = 20 * time.Second

// ack is a packet that its number tells from others.
func ack(n int) []byte { return wire.AppendSessionAck(nil, wire.Session{Acked: uint16(n)}) }

// numbers reads packets until the connection ends, or want have come.
func numbers(t *testing.T, c net.Conn, want int) (got []int) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	for len(got) < want {
		b := make([]byte, len(ack(0)))
		if _, err := io.ReadFull(c, b); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("only %v came", got)
			}
			return got
		}
		s, err := wire.ParseSessionAck(b)
		if err != nil {
			t.Fatalf("packet %d is %x: %v", len(got)+1, b, err)
		}
		got = append(got, int(s.Acked))
	}
	return got
}

// through opens a connection through a proxy.
func through(t *testing.T, r proxy.Rule) (p *proxy.Proxy, client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p, err = proxy.Listen(proxy.Options{
		Listen: "127.0.0.1:0", Target: ln.Addr().String(), Source: "127.0.0.9", Seed: 1, Rule: r,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if client, err = net.Dial("tcp", p.Address()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return p, client, server
}

func write(t *testing.T, c net.Conn, packets ...[]byte) {
	t.Helper()
	if _, err := c.Write(bytes.Join(packets, nil)); err != nil {
		t.Fatal(err)
	}
}

func TestAGoodLinePassesEverythingBothWays(t *testing.T) {
	_, client, server := through(t, proxy.Rule{})
	if ip := server.RemoteAddr().(*net.TCPAddr).IP.String(); ip != "127.0.0.9" {
		t.Errorf("the queue manager sees %s", ip)
	}
	write(t, client, ack(1), ack(2), ack(3))
	if got := numbers(t, server, 3); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("to the server: %v", got)
	}
	write(t, server, ack(4))
	if got := numbers(t, client, 1); !slices.Equal(got, []int{4}) {
		t.Errorf("to the client: %v", got)
	}
}

func TestABadLine(t *testing.T) {
	only := func(numbers ...int) func(proxy.Packet) bool {
		return func(p proxy.Packet) bool {
			s, err := wire.ParseSessionAck(p.Bytes)
			return err == nil && slices.Contains(numbers, int(s.Acked))
		}
	}
	for name, c := range map[string]struct {
		rule proxy.Rule
		want []int
	}{
		"drops":    {proxy.Rule{Drop: 1, Only: only(2)}, []int{1, 3, 4}},
		"repeats":  {proxy.Rule{Duplicate: 1, Only: only(2)}, []int{1, 2, 2, 3, 4}},
		"reorders": {proxy.Rule{Reorder: 1, Only: only(2)}, []int{1, 3, 2, 4}},
		"delays":   {proxy.Rule{Delay: time.Millisecond}, []int{1, 2, 3, 4}},
		"slows":    {proxy.Rule{Rate: 1 << 20}, []int{1, 2, 3, 4}},
		"cuts":     {proxy.Rule{Cut: 1, Only: only(3)}, []int{1, 2}},
		"tears":    {proxy.Rule{Tear: 1, Only: only(3)}, []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			_, client, server := through(t, c.rule)
			write(t, client, ack(1), ack(2), ack(3), ack(4))
			// A broken line may take with it what was on its way.
			got := numbers(t, server, len(c.want))
			if c.rule.Cut+c.rule.Tear > 0 {
				if len(got) > 2 || !slices.Equal(got, c.want[:len(got)]) {
					t.Errorf("%v came", got)
				}
				if _, err := server.Read(make([]byte, 100)); err == nil {
					_, err = io.Copy(io.Discard, server) // half of a packet
					t.Logf("then %v", err)
				}
				return
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v came, not %v", got, c.want)
			}
		})
	}
}

func TestEqualSeedsHaveEqualFates(t *testing.T) {
	run := func() []int {
		_, client, server := through(t, proxy.Rule{Drop: 0.3, Duplicate: 0.2, Reorder: 0.2})
		var all [][]byte
		for i := range 200 {
			all = append(all, ack(i))
		}
		write(t, client, all...)
		_ = client.(*net.TCPConn).CloseWrite()
		return numbers(t, server, 1000)
	}
	if a, b := run(), run(); !slices.Equal(a, b) || len(a) == 200 {
		t.Errorf("%v\n%v", a, b)
	}
}

func TestALineThatIsDownTakesNobody(t *testing.T) {
	p, client, server := through(t, proxy.Rule{})
	write(t, client, ack(1))
	numbers(t, server, 1) // the line stands
	p.Down(true)
	for _, c := range []net.Conn{client, server} {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("still open: %v", err)
		}
	}
	c, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a new connection stays: %v", err)
	}
	if s := p.Stats(); s.Connections != 2 || s.Cuts == 0 {
		t.Errorf("%+v", s)
	}
}
