// Package archive writes queues and messages to a file and reads them back:
// JSON lines with every property, described in docs/export-format.md.
//
// A file is checked whole before anything is changed where it can be read
// twice; its last line has the number of messages and the hash of all bytes
// before it, so that a part of an export is never taken for all of it.
package archive
