// Package mgmtclient is the contract that the console and the command line
// speak: a Node is one queue manager, local or remote; what it can do beyond
// reading is found with Can, interface by interface of capability.go, so that
// a view hides what a node cannot do instead of failing at it.
//
// Implementations: local (the queue manager of this process), control (the
// running queue manager of a data folder), remote (one of another computer, over
// RPC), fake (in memory, for view tests).
// All pass mgmtclient/conformance. Every method may be called from many
// goroutines, obeys its context, and returns errors that carry an mq.HResult
// and the words for the person (mq.Error).
package mgmtclient
