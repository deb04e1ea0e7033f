// Package faults is tests alone: what whole queue managers promise when their
// processes are killed, the line between them is bad, and whoever connects is
// hostile.
package faults
