// Package compose is the screen on which a message is written and sent: where
// to, how it is delivered and tracked, and a body that is typed, in hex, or
// taken from a file. Before it is sent, the queue manager is asked whether it
// would arrive.
//
// The editor is for what people type: a body above editLimit is not put into
// it but sent as it is.
package compose
