// Package ndr is NDR 2.0 (C706 14) for the stubs that go-msrpc generates: a Reader
// and a Writer in the place of that library's own. They keep to what a peer may be
// trusted with, tell NULL pointers from zeros, and are strict where the specification
// is. Each of their own files meets one shortcoming of the library, and its test
// says which.
package ndr
