// Package epm is the endpoint mapper (C706 appendices L and O, MS-RPCE 2.2.1.2): the
// interface that a machine answers on port 135, and the question to it.
package epm
