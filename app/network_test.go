package app

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"posthouse/localqm/mq"
	"posthouse/localqm/qmtest"
	"posthouse/localqm/route"
	"posthouse/mgmtclient"
)

func TestAWindowGoesWithoutListeningWhereThePortIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	taken := network{listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, port: ln.Addr().(*net.TCPAddr).AddrPort().Port()}
	m := qmtest.StartLive(t, qmtest.On("ALPHA")).QueueManager
	if line, err := taken.connect(m, nil, nil, nil); err == nil {
		line.Close()
		t.Error("two listen on one port")
	}
	taken.modest = true
	line, err := taken.connect(m, nil, nil, nil)
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
		line, err := sending().connect(m, nil, c.names, nil)
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

func TestServeSaysWhyItDoesNotListen(t *testing.T) {
	n := &network{listen: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.5")}}
	on := mgmtclient.Machine{State: mq.MachineConnected, Network: &mgmtclient.Network{Listening: []string{"127.0.0.1:1801"}}}
	for what, c := range map[string]struct {
		change func(*mgmtclient.Machine)
		want   string
	}{
		"an address of somebody else": {func(*mgmtclient.Machine) {}, "203.0.113.5 is no address of this computer"},
		"hardened":                    {func(m *mgmtclient.Machine) { m.Network = &mgmtclient.Network{Hardened: true} }, "hardened"},
		"offline":                     {func(m *mgmtclient.Machine) { m.State = mq.MachineDisconnected }, "offline"},
	} {
		m := on
		c.change(&m)
		if got := notListening(n, m); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q", what, got)
		}
	}
	n.listen = []netip.Addr{netip.IPv4Unspecified()}
	if got := notListening(n, on); len(got) != 0 {
		t.Errorf("everywhere: %q", got)
	}
}
