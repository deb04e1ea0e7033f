// Package outgoing is the screen of the outgoing queues of all computers: what
// waits to leave for which destination, how the line to it is and why, when it
// is tried next, and what to do about it.
//
// It lives on the counters of the window's feed and asks nothing itself.
package outgoing
