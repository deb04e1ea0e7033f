//go:build !linux

package rpc

import "net"

// impatient ends a connection whose peer is gone. What is under way these systems give
// up by themselves.
func impatient(c *net.TCPConn) { _ = c.SetKeepAliveConfig(keepAlive) }
