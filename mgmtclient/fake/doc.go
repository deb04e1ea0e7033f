// Package fake is a queue manager in memory, for tests of what stands on
// mgmtclient: it keeps the promises of the contract (package conformance is
// run on it), holds realistic sample data of the same bytes every time, and
// fails, waits or lacks a capability on demand.
package fake
