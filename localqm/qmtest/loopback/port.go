// Package loopback finds ports for what is started on several loopback addresses.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports below those that systems give to clients by themselves (32768, 49152): a
// client of anybody, on any of the addresses, could have one of those a moment later.
const first, end = 12000, 32000

// Port is one that nobody has, by TCP or UDP, on any address. It is not held: others
// who look for one start elsewhere.
func Port() (uint16, error) {
	for range 100 {
		port := first + rand.IntN(end-first)
		at := fmt.Sprint("0.0.0.0:", port)
		ln, err := net.Listen("tcp4", at)
		if err != nil {
			continue
		}
		conn, err := net.ListenPacket("udp4", at)
		_ = ln.Close()
		if err != nil {
			continue
		}
		_ = conn.Close()
		return uint16(port), nil //nolint:gosec // below end
	}
	return 0, fmt.Errorf("no free port between %d and %d", first, end)
}
