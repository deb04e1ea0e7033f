// Package body turns the body of a message into lines to show: it guesses what
// the bytes are, decodes them, lays XML and JSON out, colours tokens, makes
// control characters visible, and writes hex rows. It paints nothing.
//
// A body may be anything anybody sent: every function takes any bytes, never
// fails, and is bounded by PreviewLimit, but for hex, which is written row by
// row on demand.
package body
