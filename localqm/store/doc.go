// Package store keeps the queues and messages of a queue manager.
//
// A Store is batches plus reads by key. A change is a Step: a list of Ops that
// happen together or not at all. Steps are submitted from any goroutine, and a
// single writer commits everything that waits as one group; a Step's Done runs
// after that commit, in commit order, and before it nothing of the Step shows
// in reads or counters. Express messages live in memory under the same order
// and are merged into every read.
//
// Open gives the SQLite store of a data folder. Package store/memory is the
// model of the same interface that the tests compare it with. Nothing of
// SQLite shows here, so that a networked store can take its place.
//
// Locks of the SQLite store: a read holds open, and below it at most one of
// express.mu, countsMu, catalogue.mu and a segment's; the writer takes these one
// at a time, and writer.mu alone. No callback runs under a lock.
package store
