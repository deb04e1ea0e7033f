package app

import (
	"net"
	"net/netip"
	"testing"

	"posthouse/localqm/qmtest"
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
