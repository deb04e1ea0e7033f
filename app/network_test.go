package app

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"posthouse/localqm/qmtest"
	"posthouse/localqm/route"
)

func TestAWindowGoesWithoutListeningWhereThePortIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	taken := network{listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, port: ln.Addr().(*net.TCPAddr).AddrPort().Port()}
	m := qmtest.StartLive(t, qmtest.On("ALPHA")).QueueManager
	if line, err := taken.connect(m, nil, nil); err == nil {
		line.Close()
		t.Error("two listen on one port")
	}
	taken.modest = true
	line, err := taken.connect(m, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	if on := line.Listening(); len(on) != 0 {
		t.Errorf("it listens on %v", on)
	}
}

func TestAllAddressesOfItsComputerAreNamesOfAQueueManager(t *testing.T) {
	m := qmtest.StartLive(t, qmtest.On("ALPHA")).QueueManager
	all, err := (route.Own{}).Addresses(netip.IPv6Unspecified())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		names []string
		want  int
	}{{nil, 0}, {[]string{"alpha.example.org"}, len(all)}} {
		line, err := sending().connect(m, c.names, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := line.Names()
		line.Close()
		for _, a := range all {
			if slices.Contains(got, a.String()) != (c.want > 0) {
				t.Errorf("with the names %q it answers to %q, and the computer has %v", c.names, got, all)
			}
		}
	}
}
