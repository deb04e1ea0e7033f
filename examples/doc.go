// Package examples holds the examples of MS-MQOD section 3 as tests that read
// like its text: every queue manager is a process of its own with an address of
// its own, applications are command lines, and a line between two machines is a
// real one that can be cut. `make examples` runs them.
package examples
