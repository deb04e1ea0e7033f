// Package conformance is the behaviour that every mgmtclient.Node has: one
// suite, run on the fake, on the queue manager itself and over connections.
package conformance
