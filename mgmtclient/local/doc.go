// Package local is a node on the queue manager of this process.
package local
