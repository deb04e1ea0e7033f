// Package transport carries messages between queue managers over MS-MQQB: it
// joins the engine (localqm) with sessions and routes. It finds where an
// outgoing queue goes, keeps at most one session to each next hop, sends what
// the queues hold in turn, gives what arrives to the engine, and acknowledges
// streams of transactional messages.
//
// # Ways
//
// With a Router, private and public names lead by a way to hosts that are next hops:
// to the best that is connected or may be. A queue changes its host only when nothing
// of it is under way. Hosts that cost less and failed are tried again while a way
// needs them.
//
// # Goroutines
//
// One goroutine dispatches rounds through the next hops, one serves the
// listeners, one sends order acknowledgements, two ask the Router and follow what it
// says; every round and question under way and every open session has one more. Close
// ends and waits for all of them.
//
// # Locks
//
// Transport.mu guards ways, hosts, links and sessions. It is a leaf: the engine calls
// hints with its own lock held, so nothing of the engine, of a session or of the
// resolver is called under it.
package transport
