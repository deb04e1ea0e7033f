// Package local is a node on the queue manager of this process: it speaks for
// one caller, whose rights the queue manager checks at every call.
package local
