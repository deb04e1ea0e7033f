// Package directorytest is the suite that every directory.Directory must pass: the one
// in memory and the one on a domain controller. Every write is read back by something
// that is not ours where there is such a thing.
package directorytest
