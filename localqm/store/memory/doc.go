// Package memory is a store without a disk: the model that the tests compare
// the SQLite store with, and a fast store for tests of the queue manager. It
// is meant to be obviously right, not fast: every step works on a copy.
package memory
