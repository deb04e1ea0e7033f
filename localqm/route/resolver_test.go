package route

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"posthouse/localqm/mq"
)

func ports(s ...string) (to []netip.AddrPort) {
	for _, a := range s {
		to = append(to, netip.MustParseAddrPort(a))
	}
	return to
}

func addrs(s ...string) (to []netip.Addr) {
	for _, a := range s {
		to = append(to, netip.MustParseAddr(a))
	}
	return to
}

func TestHostsTableAndAddressesNeedNoLookup(t *testing.T) {
	hosts := Hosts{}
	for _, entry := range []string{
		"Desk7=10.0.0.7", "desk7.=10.0.0.8:2801", " hq.example.com = [fe80::7]:99 ", "hq2=fe80::8", "hq3=[fe80::9]",
		"mapped=::ffff:10.0.0.9", "10.9.9.9=127.0.0.12:1999",
	} {
		if err := hosts.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	r := NewResolver(Options{Hosts: hosts, Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("%s was looked up", host)
		return nil, errors.New("no")
	}})
	for host, want := range map[string][]netip.AddrPort{
		"DESK7":            ports("10.0.0.7:1801", "10.0.0.8:2801"),
		"desk7.":           ports("10.0.0.7:1801", "10.0.0.8:2801"),
		"HQ.Example.COM":   ports("[fe80::7]:99"),
		"hq2":              ports("[fe80::8]:1801"),
		"hq3":              ports("[fe80::9]:1801"),
		"mapped":           ports("10.0.0.9:1801"),
		"10.9.9.9":         ports("127.0.0.12:1999"),
		"10.0.0.1":         ports("10.0.0.1:1801"),
		"::1":              ports("[::1]:1801"),
		"[2001:db8::1]":    ports("[2001:db8::1]:1801"),
		"::ffff:192.0.2.1": ports("192.0.2.1:1801"),
		"fe80::1%eth0":     ports("[fe80::1%eth0]:1801"),
	} {
		if got, err := r.Resolve(t.Context(), host); err != nil || !slices.Equal(got, want) {
			t.Errorf("Resolve(%s) = %v, %v; want %v", host, got, err, want)
		}
	}
	if got, err := NewResolver(Options{Port: 2801}).Resolve(t.Context(), "10.0.0.1"); err != nil || got[0].Port() != 2801 {
		t.Errorf("with another port: %v, %v", got, err)
	}
}

func TestHostsEntriesAreRefusedInWords(t *testing.T) {
	for entry, says := range map[string]string{
		"desk7":          "has no =",
		"=10.0.0.7":      "no name",
		"desk7=":         "no IP address",
		"desk7=hq":       "no IP address",
		"a b=10.0.0.7":   "no computer name",
		`a\b=10.0.0.7`:   "no computer name",
		"desk7=10.0.0":   "no IP address",
		"d=10.0.0.7:99x": "no IP address",
		"d=0.0.0.0":      "nobody can be reached",
		"d=224.0.0.9":    "nobody can be reached",
	} {
		h := Hosts{}
		err := h.Add(entry)
		var told *mq.Error
		if !errors.As(err, &told) || !strings.Contains(told.Why, says) || told.Fix == "" || len(h) > 0 {
			t.Errorf("Add(%q) = %v; want %q, advice, and nothing added", entry, err, says)
		}
	}
}

func TestUnresolvableNamesAreToldInWords(t *testing.T) {
	notFound := &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}
	timeout := &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}
	for _, tt := range []struct {
		name, host string
		found      []netip.Addr
		err        error
		says       string
	}{
		{"no such name", "hq.example.com", nil, notFound, "no computer of that name is known: lookup x: no such host; check the name, or"},
		{"no such computer", "desk7", nil, notFound, "give it in full as in DNS"},
		{"no name server", "desk7", nil, timeout, "did not answer"},
		{"this computer by 0.0.0.0", "blocked", addrs("0.0.0.0", "::"), nil, "nobody can be reached"},
		{"multicast", "many", addrs("224.0.0.1", "ff02::1", "255.255.255.255"), nil, "nobody can be reached"},
		{"nothing", "empty", nil, nil, "nobody can be reached"},
	} {
		r := NewResolver(Options{Lookup: func(context.Context, string) ([]netip.Addr, error) { return tt.found, tt.err }})
		to, err := r.Resolve(t.Context(), tt.host)
		if to != nil || !errors.Is(err, mq.ErrResolveAddress) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, %v; want %q", tt.name, to, err, tt.says)
		}
		if tt.err != nil && !errors.Is(err, tt.err) {
			t.Errorf("%s: the cause is not kept", tt.name)
		}
	}
}

func TestAddressesAreGivenOnceInTheirOrder(t *testing.T) {
	r := NewResolver(Options{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return addrs("10.0.0.8", "::ffff:10.0.0.7", "0.0.0.0", "10.0.0.8", "10.0.0.7", "::1"), nil
	}})
	want := ports("10.0.0.8:1801", "10.0.0.7:1801", "[::1]:1801")
	if got, err := r.Resolve(t.Context(), "hq"); err != nil || !slices.Equal(got, want) {
		t.Errorf("Resolve = %v, %v; want %v", got, err, want)
	}
}

// nameServer is a DNS server that knows one address for every name.
type nameServer struct {
	conn net.PacketConn
	mu   sync.Mutex
	says netip.Addr
}

func (s *nameServer) move(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = netip.MustParseAddr(to)
}

func (s *nameServer) serve() {
	b := make([]byte, 512)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		q := 12 // the question follows the header (RFC 1035 4.1)
		for q < n && b[q] != 0 {
			q += 1 + int(b[q])
		}
		kind := b[q+2]
		answer := append([]byte{b[0], b[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, b[12:q+5]...)
		if kind == 1 { // A, to live for an hour
			s.mu.Lock()
			ip := s.says.As4()
			s.mu.Unlock()
			answer[7] = 1
			answer = append(answer, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0x0E, 0x10, 0, 4)
			answer = append(answer, ip[:]...)
		}
		_, _ = s.conn.WriteTo(answer, from)
	}
}

func TestMovedHostIsFoundAtTheNextLookup(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn}
	var serving sync.WaitGroup
	serving.Go(s.serve)
	defer serving.Wait()
	defer conn.Close()
	dns := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	r := NewResolver(Options{Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return dns.LookupNetIP(ctx, "ip", host)
	}})
	for _, address := range []string{"10.0.0.7", "10.0.0.8", "192.168.1.7", "10.0.0.7"} {
		s.move(address)
		got, err := r.Resolve(t.Context(), "hq.example.com")
		if want := ports(address + ":1801"); err != nil || !slices.Equal(got, want) {
			t.Fatalf("after the move to %s: %v, %v; want %v", address, got, err, want)
		}
	}
}

// slow is a Lookup that answers when it is let, with what is true then.
type slow struct {
	asked  int
	let    chan struct{}
	answer []netip.Addr
}

func (s *slow) lookup(ctx context.Context, _ string) ([]netip.Addr, error) {
	s.asked++
	select {
	case <-s.let:
		return s.answer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestLookupsOfOneNameAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{}), answer: addrs("10.0.0.7")}
		r := NewResolver(Options{Lookup: s.lookup})
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				host := "hq.example.com"
				if i%2 > 0 {
					host = "HQ.example.com."
				}
				if got, err := r.Resolve(t.Context(), host); err != nil || len(got) != 1 {
					t.Errorf("Resolve = %v, %v", got, err)
				}
			})
		}
		synctest.Wait()
		close(s.let)
		wg.Wait()
		if s.asked != 1 {
			t.Errorf("100 at once asked %d times, want once", s.asked)
		}
		s.answer = addrs("10.0.0.8")
		if got, err := r.Resolve(t.Context(), "hq.example.com"); err != nil || s.asked != 2 || got[0].Addr() != s.answer[0] {
			t.Errorf("afterwards: %v, %v, asked %d times in all; want the new address", got, err, s.asked)
		}
		if len(r.asked) > 0 {
			t.Errorf("%d look-ups are remembered", len(r.asked))
		}
	})
}

func TestWhoWaitsForALookupAsksAgainIfItsCallerLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{}), answer: addrs("10.0.0.7")}
		r := NewResolver(Options{Lookup: s.lookup})
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := r.Resolve(first, "hq"); !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v", err)
			}
		})
		synctest.Wait()
		bored, leaveToo := context.WithCancel(t.Context())
		wg.Go(func() {
			if _, err := r.Resolve(bored, "hq"); !errors.Is(err, context.Canceled) {
				t.Errorf("who waited and left got %v", err)
			}
		})
		wg.Go(func() {
			if got, err := r.Resolve(t.Context(), "hq"); err != nil || len(got) != 1 {
				t.Errorf("who stayed got %v, %v", got, err)
			}
		})
		synctest.Wait()
		leaveToo()
		synctest.Wait()
		leave()
		synctest.Wait()
		close(s.let)
		wg.Wait()
		if s.asked != 2 {
			t.Errorf("asked %d times, want 2", s.asked)
		}
	})
}

func TestHangingLookupEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(Options{Lookup: (&slow{}).lookup}) // never let
		if _, err := r.Resolve(t.Context(), "hq"); !errors.Is(err, mq.ErrResolveAddress) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Resolve = %v", err)
		}
	})
}
