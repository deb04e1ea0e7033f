package route

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// interfaces is what net.InterfaceAddrs says.
func interfaces(cidr ...string) func() ([]net.Addr, error) {
	return func() (all []net.Addr, err error) {
		for _, s := range cidr {
			ip, network, err := net.ParseCIDR(s)
			if err != nil {
				return nil, err
			}
			all = append(all, &net.IPNet{IP: ip, Mask: network.Mask})
		}
		return append(all, &net.UnixAddr{Name: "another protocol"}), nil
	}
}

func TestAddressesOfAListener(t *testing.T) {
	o := Own{interfaces("127.0.0.1/8", "::1/128", "192.168.1.7/24", "fe80::7/64", "10.0.0.7/8", "10.0.0.7/8")}
	for listen, want := range map[string][]netip.Addr{
		"0.0.0.0":            addrs("10.0.0.7", "127.0.0.1", "192.168.1.7"),
		"::":                 addrs("10.0.0.7", "127.0.0.1", "192.168.1.7", "::1", "fe80::7"),
		"10.0.0.7":           addrs("10.0.0.7"),
		"::ffff:10.0.0.7":    addrs("10.0.0.7"),
		"fe80::7%eth0":       addrs("fe80::7%eth0"),
		"127.0.0.11":         addrs("127.0.0.11"),
		"::1":                addrs("::1"),
		"10.0.0.8":           nil, // in the network of an interface, and another computer's
		"fe80::8":            nil,
		"::ffff:192.168.1.8": nil,
	} {
		if got, err := o.Addresses(netip.MustParseAddr(listen)); err != nil || !slices.Equal(got, want) {
			t.Errorf("Addresses(%s) = %v, %v; want %v", listen, got, err, want)
		}
	}
}

func TestThisComputerHasItsLoopbackAddress(t *testing.T) {
	lo := netip.MustParseAddr("127.0.0.1")
	for _, listen := range []netip.Addr{lo, netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		if got, err := (Own{}).Addresses(listen); err != nil || !slices.Contains(got, lo) {
			t.Errorf("Addresses(%s) = %v, %v; want %s among them", listen, got, err, lo)
		}
	}
}

func TestChangedAddressesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := func() ([]net.Addr, error) { return nil, errors.New("no answer") }
		now := failing
		var mu sync.Mutex
		set := func(f func() ([]net.Addr, error)) {
			mu.Lock()
			defer mu.Unlock()
			now = f
		}
		o := Own{func() ([]net.Addr, error) {
			mu.Lock()
			defer mu.Unlock()
			return now()
		}}
		var told [][]netip.Addr
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			o.Watch(ctx, netip.IPv4Unspecified(), 5*time.Second, func(a []netip.Addr) { told = append(told, a) })
		})
		expect := func(after time.Duration, n int, want []netip.Addr) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if len(told) != n || n > 0 && !slices.Equal(told[n-1], want) {
				t.Errorf("told %v; want %d times, last %v", told, n, want)
			}
		}
		expect(0, 0, nil)
		set(interfaces("10.0.0.7/8", "127.0.0.1/8"))
		expect(5*time.Second, 1, addrs("10.0.0.7", "127.0.0.1"))
		set(interfaces("127.0.0.1/8", "10.0.0.7/8"))
		expect(time.Minute, 1, addrs("10.0.0.7", "127.0.0.1"))
		set(interfaces("127.0.0.1/8", "192.168.1.7/24"))
		expect(5*time.Second, 2, addrs("127.0.0.1", "192.168.1.7"))
		set(failing)
		expect(time.Minute, 2, addrs("127.0.0.1", "192.168.1.7"))
		set(interfaces())
		expect(5*time.Second, 3, nil)
		stop()
		wg.Wait()
	})
}

func TestWatchTellsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		start := time.Now()
		Own{interfaces()}.Watch(ctx, netip.IPv4Unspecified(), time.Hour, func(a []netip.Addr) {
			if len(a) > 0 || time.Since(start) > 0 {
				t.Errorf("told %v after %s", a, time.Since(start))
			}
			stop()
		})
	})
}
